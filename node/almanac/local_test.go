package almanac

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// writeNotes writes notes, or gives what is in the way.
func writeNotes(t *testing.T, a *Almanac, notes ...Note) error {
	t.Helper()
	return a.Write(t.Context(), func(*View) (Draft, error) { return Draft{Note: notes}, nil })
}

// notes are the names of the notes that begin with prefix.
func notes(t *testing.T, a *Almanac, prefix string) (names []string) {
	t.Helper()
	err := a.View(func(v *View) error {
		for name := range v.Locals(prefix) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestNotes(t *testing.T) {
	a := created(t)
	long := bytes.Repeat([]byte("busy "), 13_000) // many rows of the vault
	zone := []byte("Asia/Hong_Kong")
	if err := writeNotes(t, a, Note{"settings/zone", zone}, Note{"diary/work", long}, Note{"diary/home", []byte{}}); err != nil {
		t.Fatal(err)
	}
	zone[0] = 'X' // the caller's own bytes
	for range 2 { // as it was written, and as it is read again
		if got := notes(t, a, "diary/"); !slices.Equal(got, []string{"diary/home", "diary/work"}) {
			t.Errorf("Locals = %q", got)
		}
		_ = a.View(func(v *View) error {
			if got := v.Local("settings/zone"); string(got) != "Asia/Hong_Kong" {
				t.Errorf("settings/zone = %q", got)
			}
			if got := v.Local("diary/work"); !bytes.Equal(got, long) {
				t.Errorf("diary/work has %d bytes, want %d", len(got), len(long))
			}
			return nil
		})
		reopen(t, a)
	}
	if err := writeNotes(t, a, Note{"diary/work", nil}, Note{"diary/none", nil}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := notes(t, a, ""); !slices.Equal(got, []string{"diary/home", "settings/zone"}) {
			t.Errorf("after deleting: %q", got)
		}
		reopen(t, a)
	}
	if got := a.Waiting(); got != 0 {
		t.Errorf("%d frames wait, want none: notes are never sent", got)
	}
}

func TestNotesAreBounded(t *testing.T) {
	a := created(t)
	part := make([]byte, 1<<16)
	_ = a.View(func(v *View) error {
		for i := range maxLocal / len(part) {
			v.x.local[fmt.Sprint("diary/", i)] = part // as if it had been written
		}
		return nil
	})
	if err := writeNotes(t, a, Note{"diary/more", part}); !errors.Is(err, ErrTooMuch) {
		t.Errorf("Write = %v, want ErrTooMuch", err)
	}
	if got := notes(t, a, "diary/more"); got != nil {
		t.Errorf("kept all the same: %q", got)
	}
	if err := writeNotes(t, a, Note{"diary/1", nil}, Note{"diary/2", nil}, Note{"diary/more", part}); err != nil {
		t.Errorf("Write in place of what was there = %v", err)
	}
}
