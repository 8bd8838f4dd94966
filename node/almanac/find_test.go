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
		{"vigil", vigil, ""}, // a whole title goes before a part
		{"talk", talk, ""},
		{"for the", other, ""},
		{"facade", votive.ID{}, `2 events are called "facade": facade01, facade02`},
		{"book", votive.ID{}, `2 events are called "book": beefbeef, facade02`},
		{"beefbeef", votive.ID{}, `2 events are called "beefbeef": 01000000, beefbeef`},
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
