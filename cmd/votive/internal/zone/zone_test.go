package zone

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestZone(t *testing.T) {
	none := func() (string, error) { return "", errors.New("no link") }
	link := func(name string) func() (string, error) {
		return func() (string, error) { return name, nil }
	}
	file := filepath.Join(t.TempDir(), "timezone")
	if err := os.WriteFile(file, []byte("Asia/Urumqi\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   system
		want string // empty: an error
	}{
		{"TZ", system{"Asia/Hong_Kong", link("Europe/Berlin"), file}, "Asia/Hong_Kong"},
		{"TZ with a colon", system{":Asia/Taipei", none, ""}, "Asia/Taipei"},
		{"TZ as a file", system{"/usr/share/zoneinfo/Europe/Paris", none, ""}, "Europe/Paris"},
		{"TZ is never guessed", system{"HKT-8", link("Europe/Berlin"), file}, ""},
		{"TZ that is nothing", system{"Asia/Nowhere", link("Europe/Berlin"), file}, ""},
		{"the link", system{"", link("Europe/Berlin"), file}, "Europe/Berlin"},
		{"a link into posix", system{"", link("posix/Europe/Berlin"), file}, "Europe/Berlin"},
		{"a link to nothing, then the file", system{"", link("Nowhere"), file}, "Asia/Urumqi"},
		{"the file", system{"", none, file}, "Asia/Urumqi"},
		{"nothing", system{"", none, filepath.Join(t.TempDir(), "no")}, ""},
		{"Local is no name", system{"Local", none, ""}, ""},
	} {
		got, err := c.in.zone()
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s: zone() = %v, want an error", c.name, got)
		case c.want != "" && (err != nil || got.String() != c.want):
			t.Errorf("%s: zone() = %v, %v, want %s", c.name, got, err, c.want)
		}
	}
}
