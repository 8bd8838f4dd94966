package diary

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"votive/node/almanac"
	"votive/node/calendar"
)

// Limits of what is imported, of all calendars together. A year of it is gone
// through whenever the person asks for free time.
const (
	maxName    = 100             // bytes of a calendar's name
	maxImports = 64              // calendars
	maxEntries = 10_000          // entries
	maxKept    = 8 << 20         // bytes, half of what a computer keeps for itself
	imports    = "diary/import/" // begins the names of their notes
	firstNote  = "000"           // ends that of the first of them
	maxTime    = 253402300799    // 9999-12-31, in Unix seconds
)

// What an import can come to nothing for.
var (
	ErrName    = errors.New("that is no name for a calendar")
	ErrUnknown = errors.New("no such calendar was imported")
	ErrTooMuch = errors.New("too much is imported already")
)

// Import is a calendar that was read from a file, and is kept on this computer
// alone.
type Import struct {
	Name    string
	Entries int
	At      time.Time // when it was imported, in whole seconds
	Damaged bool      // a part of it cannot be read

	notes []string // names, in order
	size  int      // bytes
}

// checkName says why a calendar may not be called that.
func checkName(name string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) || r == '/' || r == utf8.RuneError }
	switch {
	case name == "" || len(name) > maxName:
		return fmt.Errorf("%w: it has %d bytes, want 1 to %d", ErrName, len(name), maxName)
	case strings.ContainsFunc(name, bad) || strings.TrimSpace(name) != name:
		return fmt.Errorf("%w: %.40q has a slash, a control character or space around it", ErrName, name)
	}
	return nil
}

// Imports are the calendars that were imported, by name.
func Imports(v *almanac.View) []Import {
	all := imported(v)
	for k := range all {
		i := &all[k]
		read := 0
		for range i.entries(i.values(v), &i.Damaged) {
			read++
		}
		i.Damaged = i.Damaged || read != i.Entries
	}
	slices.SortFunc(all, func(a, b Import) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// imported is the same without a look at whether all of them can be read.
func imported(v *almanac.View) []Import {
	var all []Import
	for note, value := range v.Locals(imports) {
		name, part, _ := strings.Cut(strings.TrimPrefix(note, imports), "/")
		if n := len(all); n == 0 || all[n-1].Name != name {
			all = append(all, Import{Name: name, Damaged: part != firstNote})
		}
		i := &all[len(all)-1]
		if part == firstNote {
			d := decode(value)
			at, entries := d.head()
			i.At, i.Entries, i.Damaged = time.Unix(at, 0).UTC(), entries, d.err != nil
		}
		i.notes = append(i.notes, note)
		i.size += len(note) + len(value)
	}
	return all
}

// head is what is before the entries of the first note: when they were
// imported, and how many there are in all notes.
func head(at time.Time, entries int) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(at.Unix())), uint64(entries))
}

func (d *decoder) head() (at int64, entries int) {
	return int64(d.number(maxTime)), int(d.number(maxEntries))
}

// values are those of its notes, which nobody changes.
func (i *Import) values(v *almanac.View) [][]byte {
	all := make([][]byte, len(i.notes))
	for n, name := range i.notes {
		all[n] = v.Local(name)
	}
	return all
}

// entries are those of a calendar that can be read in the values of its notes;
// damaged is set where some cannot. They are good until the next.
func (i *Import) entries(values [][]byte, damaged *bool) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for n, name := range i.notes {
			d := decode(values[n])
			if n == 0 && strings.HasSuffix(name, "/"+firstNote) {
				d.head()
			}
			for d.more() {
				if e := d.entry(); d.err == nil && !yield(&e) {
					return
				}
			}
			*damaged = *damaged || d.err != nil
		}
	}
}

// Keep keeps what was read of a calendar, in place of what was kept under that
// name before. It happens as a whole or not at all.
func Keep(ctx context.Context, book *almanac.Almanac, name string, drafts []calendar.Draft) (replaced bool, err error) {
	if err := checkName(name); err != nil {
		return false, err
	}
	return replaced, book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		notes := encode(drafts, head(v.Now(), len(drafts)))
		var d almanac.Draft
		sum, entries, calendars := 0, len(drafts), 1
		for i, value := range notes {
			d.Note = append(d.Note, almanac.Note{Name: noteName(name, i), Value: value})
			sum += len(value)
		}
		for _, i := range imported(v) {
			if i.Name != name {
				sum, entries, calendars = sum+i.size, entries+i.Entries, calendars+1
				continue
			}
			replaced = true
			for _, old := range i.notes {
				if !slices.ContainsFunc(d.Note, func(n almanac.Note) bool { return n.Name == old }) {
					d.Note = append(d.Note, almanac.Note{Name: old})
				}
			}
		}
		if sum > maxKept || entries > maxEntries || calendars > maxImports {
			return almanac.Draft{}, fmt.Errorf("%w: %d entries of %d calendars in %d KiB, want at most %d of %d in %d KiB",
				ErrTooMuch, entries, calendars, sum>>10, maxEntries, maxImports, maxKept>>10)
		}
		return d, nil
	})
}

// noteName is the name of a calendar's note of that number.
func noteName(name string, number int) string { return fmt.Sprintf("%s%s/%03d", imports, name, number) }

// Forget forgets an imported calendar.
func Forget(ctx context.Context, book *almanac.Almanac, name string) error {
	return book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		for _, i := range imported(v) {
			if i.Name == name {
				for _, note := range i.notes {
					d.Note = append(d.Note, almanac.Note{Name: note})
				}
			}
		}
		if len(d.Note) == 0 {
			return d, fmt.Errorf("%w: %.40q", ErrUnknown, name)
		}
		return d, nil
	})
}
