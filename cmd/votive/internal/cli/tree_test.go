package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/plain"
)

func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, below := range c.Commands() {
		all = append(all, commands(below)...)
	}
	return all
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, c := range commands(Commands("dev")) {
		path := strings.Fields(c.CommandPath())[1:]
		var out, err bytes.Buffer
		if code := Run(context.Background(), append(path, "--help"), Stdio{strings.NewReader(""), &out, &err}, "dev"); code != 0 {
			t.Errorf("%s --help exits with %d, want 0: %s", c.CommandPath(), code, err.String())
		}
		if c.Short == "" || c.Long == "" || !strings.HasPrefix(c.Example, "  votive") && c.Name() != "completion" {
			t.Errorf("%s lacks words or an example", c.CommandPath())
		}
		for line := range strings.Lines(out.String()) {
			if w := plain.Width(strings.TrimRight(line, "\n")); w > plain.Columns {
				t.Errorf("%s --help has a line of %d columns, want at most %d: %s", c.CommandPath(), w, plain.Columns, line)
			}
		}
	}
}

// The names are stable: other tools are written against them.
func TestCommandsAreThose(t *testing.T) {
	want := "init up down status doctor lock unlock passphrase backup wipe id " +
		"announce events show edit cancel merge occurrence watch free import remind " +
		"invite invites revoke accept rsvp guests " +
		"circle circle-new circle-join circle-list circle-link circle-leave " +
		"contacts contacts-list contacts-add " +
		"ics calendar calendar-new calendar-revoke calendar-confirm calendar-keep " +
		"bundle bundle-export bundle-import settings completion version"
	var got []string
	for _, c := range commands(Commands("dev"))[1:] {
		got = append(got, strings.ReplaceAll(strings.TrimPrefix(c.CommandPath(), "votive "), " ", "-"))
	}
	if g := strings.Join(got, " "); g != want {
		t.Errorf("commands are %s, want %s", g, want)
	}
}

func TestQuietIsSilentButForErrors(t *testing.T) {
	var err bytes.Buffer
	a := &app{Stdio: Stdio{strings.NewReader(""), io.Discard, &err}, quiet: true}
	a.say("talk")
	if err.Len() != 0 {
		t.Errorf("say() with --quiet wrote %q, want nothing", err.String())
	}
}
