package cli

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
)

// hintFor is what is hinted at when words are typed that are no command.
func hintFor(t *testing.T, words ...string) string {
	t.Helper()
	var err bytes.Buffer
	if code := Run(context.Background(), words, Stdio{strings.NewReader(""), io.Discard, &err}, "dev"); code != exitUsage {
		t.Fatalf("votive %s exits with %d, want %d: %s", strings.Join(words, " "), code, exitUsage, err.String())
	}
	_, hint, ok := strings.Cut(err.String(), "\nhint: ")
	if !ok {
		t.Fatalf("votive %s gives no hint: %s", strings.Join(words, " "), err.String())
	}
	return strings.TrimSuffix(hint, "\n")
}

func TestHintIsWhatWasMeant(t *testing.T) {
	const none = "votive --help"
	for _, c := range []struct{ typed, want string }{
		{"evnts", "votive events"},
		{"Evetns", "votive events"},
		{"anounce", "votive announce"},
		{"ann", "votive announce"},
		{"annuonec", "votive announce"},
		{"stauts", "votive status"},
		{"sho", "votive show"},
		{"invit", "votive invite"},
		{"contact", "votive contacts"},
		{"hlep", "votive help"},
		{"circle lst", "votive circle list"},
		{"circle joni", "votive circle join"},
		{"bundle exprt", "votive bundle export"},
		// Nothing is near.
		{"hide", none},
		{"hide 3f2a9c", none},
		{"hid", none},
		{"open", none},
		{"poll", none},
		{"tell", none},
		{"re", none},
		{"rev", none},
		{"circle frobnicate", "votive circle --help"},
		// What is near takes something away, or shows a secret.
		{"wip", none},
		{"wpie", none},
		{"wide", none},
		{"whipe", none},
		{"dwon", none},
		{"cancl", none},
		{"revok", none},
		{"bakcup", none},
		{"pasphrase", none},
		{"circle leav", "votive circle --help"},
		{"calendar revok", "votive calendar --help"},
		{"calendar confrm", "votive calendar --help"},
	} {
		if got := hintFor(t, strings.Fields(c.typed)...); got != c.want {
			t.Errorf("votive %s hints at %q, want %q", c.typed, got, c.want)
		}
	}
}

// TestHintNeverDestroys mistypes every command in every way that is one letter
// away, and some more.
func TestHintNeverDestroys(t *testing.T) {
	root := Commands("dev")
	harm := []string{"votive wipe", "votive down", "votive cancel", "votive revoke", "votive backup", "votive passphrase"}
	for _, name := range harm {
		if c, _, err := root.Find(strings.Fields(name)[1:]); err != nil || c == root {
			t.Fatalf("there is no %s, whose hint this test looks for", name)
		}
	}
	near := 0
	for _, c := range root.Commands() {
		name := c.Name()
		for i := range len(name) {
			for _, r := range "abcdefghijklmnopqrstuvwxyz" {
				for _, typed := range []string{
					name[:i] + string(r) + name[i:], name[:i] + string(r) + name[i+1:], name[:i] + name[i+1:], name[:i+1],
				} {
					got := suggest(root, typed)
					if slices.Contains(harm, got) {
						t.Errorf("votive %s hints at %s", typed, got)
					}
					if got != "" {
						near++
					}
				}
			}
		}
	}
	if near == 0 {
		t.Error("no slip has a hint at all")
	}
}

// A command that was renamed would else not be offered any more.
func TestSuggestedExist(t *testing.T) {
	root := Commands("dev")
	root.InitDefaultHelpCmd()
	var paths []string
	for _, c := range commands(root)[1:] {
		paths = append(paths, strings.TrimPrefix(c.CommandPath(), "votive "))
	}
	for path := range suggested {
		if !slices.Contains(paths, path) {
			t.Errorf("%q is suggested, and is no command", path)
		}
	}
}
