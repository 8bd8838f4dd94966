package almanac

import (
	"bytes"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
)

// ErrTooMuch says that what only this computer keeps has no room for more.
var ErrTooMuch = errors.New("too much is kept on this computer already")

// maxLocal bounds all that is kept by Local, in bytes: it is in memory while
// the vault is open.
const maxLocal = 16 << 20

// Note is a value that only this computer keeps, in the vault: a setting, a
// reminder, a calendar that was read from a file. It is never sent, and no
// backup brings it back. Its name is of the package that wrote it, and begins
// with that package's name and a slash.
type Note struct {
	Name  string // up to 200 bytes
	Value []byte // up to 64 KiB; nil deletes
}

// Local is the note of that name, or nil.
func (v *View) Local(name string) []byte { return v.x.local[name] }

// Locals are the notes whose names begin with prefix, by name.
func (v *View) Locals(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, name := range slices.Sorted(maps.Keys(v.x.local)) {
			if strings.HasPrefix(name, prefix) && !yield(name, v.x.local[name]) {
				return
			}
		}
	}
}

// fits reports whether there is room for notes beside those that stay.
func (x *index) fits(notes []Note) bool {
	size := 0
	for name, value := range x.local {
		size += len(name) + len(value)
	}
	for _, n := range notes {
		size += len(n.Value) - len(x.local[n.Name])
	}
	return size <= maxLocal
}

// note takes notes into the index. They are copied: what a View gives out does
// not change.
func (x *index) note(notes []Note) {
	for _, n := range notes {
		if n.Value == nil {
			delete(x.local, n.Name)
		} else {
			x.local[n.Name] = bytes.Clone(n.Value)
		}
	}
}
