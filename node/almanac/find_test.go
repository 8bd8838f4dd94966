package almanac

import (
	"errors"
	"testing"

	"votive/proto/votive"
)

// SPEC says nothing of this: it is about who may be taken for whom. Anybody can
// announce an event that is called like the id of another.
func TestFind(t *testing.T) {
	id := func(first ...byte) (id votive.ID) { copy(id[:], first); return id }
	vigil, talk, other, posing := id(0xfa, 0xca, 0xde, 1), id(0xfa, 0xca, 0xde, 2), id(0xbe, 0xef, 0xbe, 0xef), id(1)
	all := map[votive.ID]string{
		vigil: "Vigil", talk: "Book talk", other: "Vigil for the book", posing: "beefbeef",
	}
	for _, c := range []struct {
		name string
		want votive.ID // zero: refused
		err  string
	}{
		{vigil.String(), vigil, ""},
		{"facade01", vigil, ""},
		{" FACADE01 ", vigil, ""},
		{"vigil for the book", other, ""},
		{"vigil", votive.ID{}, `2 events may be meant by "vigil": beefbeef, facade01`}, // however well one fits
		{"talk", talk, ""},
		{"for the", other, ""},
		{"facade", votive.ID{}, `2 events may be meant by "facade": facade01, facade02`},
		{"book", votive.ID{}, `2 events may be meant by "book": beefbeef, facade02`},
		{"beefbeef", votive.ID{}, `2 events may be meant by "beefbeef": ` + posing.String() + ", " + other.String()},
		{other.String(), other, ""},
		{"faca", votive.ID{}, `no event is called "faca"`},
		{"", votive.ID{}, `no event is called ""`},
		{"nothing", votive.ID{}, `no event is called "nothing"`},
	} {
		got, err := find(all, c.name, "event", func(title string) string { return title })
		switch {
		case c.err == "" && (err != nil || got != all[c.want]):
			t.Errorf("find(%q) = %q, %v, want %q", c.name, got, err, all[c.want])
		case c.err != "" && (!errors.Is(err, ErrNotFound) || err.Error() != c.err):
			t.Errorf("find(%q) = %q, %v, want %s", c.name, got, err, c.err)
		}
	}
}

// Who shortens a title says "candlelight" for "Candlelight vigil". An event of a
// stranger that is called just so, or whose id was searched for until it begins
// so, must not be given what was meant for the other.
func TestAbbreviationIsNotCaptured(t *testing.T) {
	vigil, posing := votive.ID{1}, votive.ID{0xde, 0xca, 0xde}
	for _, c := range []struct{ name, vigil, posing string }{
		{"Candlelight", "Candlelight vigil", "candlelight"},
		{"candlelight", "Candlelight vigil", "Candlelight"},
		{"decade", "A decade later", "nothing"},
	} {
		all := map[votive.ID]string{vigil: c.vigil, posing: c.posing}
		got, err := find(all, c.name, "event", func(title string) string { return title })
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("find(%q) of %q and %q = %q, %v, want it refused", c.name, c.vigil, c.posing, got, err)
		}
	}
}

// What is shown of ids tells them apart, also those that were searched for
// until they begin alike.
func TestShortIDsDiffer(t *testing.T) {
	a, b := votive.ID{1, 2, 3, 4, 5}, votive.ID{1, 2, 3, 4, 6}
	all := map[votive.ID]string{a: "Vigil", b: "Vigil"}
	want := `2 events may be meant by "vigil": 0102030405, 0102030406`
	if _, err := find(all, "vigil", "event", func(title string) string { return title }); err == nil || err.Error() != want {
		t.Errorf("find = %v, want %s", err, want)
	}
}
