package diary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"votive/node/calendar"
	"votive/proto/recur"
	"votive/proto/votive"
)

// version is the first byte of a note of this form.
const version = 1

// maxNote is how many bytes of entries go into one note, see almanac.Note.
const maxNote = 64 << 10

// Limits of what a note says, those of SPEC 6.
const (
	maxTitle     = 200
	maxDates     = 128
	maxDifferent = 64
)

// entry is what is kept of an entry of another calendar: when it is, what it is
// called, and whether it takes time.
type entry struct {
	card votive.Card // title, status and times
	free bool        // it takes no time
}

// The bits of the first byte of an entry. The lowest two are the form of its
// times, a votive.TimeKind.
const (
	kindBits = 3
	hasEnd   = 1 << (iota + 1)
	recurs
	isFree
	isTentative
	isCancelled
)

// The bits of an occurrence.
const (
	dateCancelled = 1 << iota
	dateMoved
	dateEnds
)

// encode is the notes that say what drafts say, and head before the first.
func encode(drafts []calendar.Draft, head []byte) [][]byte {
	notes := [][]byte{append([]byte{version}, head...)}
	for i := range drafts {
		b := appendEntry(nil, &drafts[i])
		if last := len(notes) - 1; len(notes[last])+len(b) <= maxNote {
			notes[last] = append(notes[last], b...)
		} else {
			notes = append(notes, append([]byte{version}, b...))
		}
	}
	return notes
}

func appendEntry(b []byte, d *calendar.Draft) []byte {
	flags := byte(d.Start.Kind())
	set := func(bit byte, is bool) {
		if is {
			flags |= bit
		}
	}
	set(hasEnd, !d.End.IsZero())
	set(recurs, !d.Recurrence.IsZero())
	set(isFree, d.Free)
	set(isTentative, d.Status == votive.Tentative)
	set(isCancelled, d.Status == votive.Cancelled)
	b = append(b, flags)
	b = appendText(b, d.Title)
	b = appendTime(b, d.Start)
	if !d.End.IsZero() {
		b = appendTime(b, d.End)
	}
	if d.Recurrence.IsZero() {
		return b
	}
	b = appendText(b, d.Recurrence.Rule.String())
	before := dateOf(d.Start)
	for _, list := range [][]recur.Date{d.Recurrence.Dates, d.Recurrence.Except} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		last := before
		for _, date := range list {
			b, last = binary.AppendUvarint(b, uint64(date-last)), date
		}
	}
	b = binary.AppendUvarint(b, uint64(len(d.Occurrences)))
	for _, o := range d.Occurrences {
		b, before = binary.AppendUvarint(b, uint64(o.Date-before)), o.Date
		b = appendOccurrence(b, o)
	}
	return b
}

func appendOccurrence(b []byte, o votive.Occurrence) []byte {
	switch {
	case o.Start.IsZero():
		return append(b, dateCancelled)
	case o.End.IsZero():
		return appendTime(append(b, dateMoved), o.Start)
	default:
		return appendTime(appendTime(append(b, dateMoved|dateEnds), o.Start), o.End)
	}
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime writes what the clock reads, and which clock.
func appendTime(b []byte, t votive.Time) []byte {
	b = binary.AppendUvarint(b, uint64(wallOf(t)))
	if t.Kind() == votive.Zoned {
		b = appendText(b, t.Zone())
		b = binary.AppendVarint(b, int64(t.Offset()))
	}
	return b
}

const localLayout = "2006-01-02T15:04:05"

// wallOf is what the clock reads, in Unix seconds as if it were in UTC; of a
// date, the midnight.
func wallOf(t votive.Time) int64 {
	layout := localLayout
	if t.Kind() == votive.Date {
		layout = time.DateOnly
	}
	wall, _ := time.Parse(layout, t.Local()) // Local writes what this reads
	return wall.Unix()
}

// dateOf is the day on which a time begins, where it is.
func dateOf(t votive.Time) recur.Date { return recur.Date(wallOf(t) / 86400) }

var errDamaged = errors.New("it is damaged")

// decoder reads a note. Whatever is in it, it neither panics nor makes more of
// it than there is.
type decoder struct {
	b   []byte
	err error
}

// decode begins to read a note.
func decode(note []byte) *decoder {
	d := &decoder{b: note}
	if v := d.byte(); d.err == nil && v != version {
		d.fail(fmt.Errorf("it is of version %d, want %d", v, version))
	}
	return d
}

// more reports whether there is another entry to read.
func (d *decoder) more() bool { return d.err == nil && len(d.b) > 0 }

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err, d.b = err, nil
	}
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail(errDamaged)
		return 0
	}
	b := d.b[0]
	d.b = d.b[1:]
	return b
}

// number reads a number of up to most.
func (d *decoder) number(most uint64) uint64 {
	n, size := binary.Uvarint(d.b)
	if size <= 0 || n > most {
		d.fail(errDamaged)
		return 0
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) text(most int) string {
	n := int(d.number(uint64(most)))
	if n > len(d.b) || !utf8.Valid(d.b[:n]) {
		d.fail(errDamaged)
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

// maxWall is more than any reading in the years that a time may be in.
const maxWall = 1 << 33

func (d *decoder) time(kind votive.TimeKind) votive.Time {
	wall := time.Unix(int64(d.number(maxWall)), 0).UTC()
	layout, zone, offset := localLayout, "", int64(0)
	switch kind {
	case votive.Date:
		layout = time.DateOnly
	case votive.Zoned:
		zone = d.text(64)
		var size int
		if offset, size = binary.Varint(d.b); size <= 0 {
			d.fail(errDamaged)
			return votive.Time{}
		}
		d.b = d.b[size:]
	}
	if d.err != nil {
		return votive.Time{}
	}
	t, err := votive.NewTime(wall.Format(layout), zone, int(offset))
	if err != nil || t.Kind() != kind {
		d.fail(errDamaged)
	}
	return t
}

// dates reads ascending dates after before.
func (d *decoder) dates(before recur.Date) []recur.Date {
	var list []recur.Date
	for range d.number(maxDates) {
		step := recur.Date(d.number(uint64(recur.Last)))
		if before += step; step == 0 || before > recur.Last {
			d.fail(errDamaged)
			return nil
		}
		list = append(list, before)
	}
	return list
}

// entry reads the next entry; it is only good where there is no error.
func (d *decoder) entry() entry {
	flags := d.byte()
	kind := votive.TimeKind(flags & kindBits)
	e := entry{free: flags&isFree != 0}
	c := &e.card
	switch {
	case kind == 0 || flags&(isTentative|isCancelled) == isTentative|isCancelled:
		d.fail(errDamaged)
	case flags&isTentative != 0:
		c.Status = votive.Tentative
	case flags&isCancelled != 0:
		c.Status = votive.Cancelled
	}
	c.Title = d.text(maxTitle)
	c.Start = d.time(kind)
	if flags&hasEnd != 0 {
		c.End = d.time(kind)
	}
	if flags&recurs != 0 && d.err == nil {
		d.recurrence(c)
	}
	if d.err == nil && !c.End.IsZero() && c.End.Instant(nil).Before(c.Start.Instant(nil)) {
		// By the rules of zones that are known now, which may not be those of when
		// it was imported. It is on at its start then.
		c.End = votive.Time{}
	}
	return e
}

func (d *decoder) recurrence(c *votive.Card) {
	start := dateOf(c.Start)
	if text := d.text(recur.MaxText); text != "" {
		rule, err := recur.Parse(text)
		if err != nil || !rule.Gives(start, start) {
			d.fail(errDamaged)
			return
		}
		c.Recurrence.Rule = rule
	}
	c.Recurrence.Dates = d.dates(start)
	c.Recurrence.Except = d.dates(start)
	if c.Recurrence.Rule.IsZero() && len(c.Recurrence.Dates) == 0 {
		d.fail(errDamaged)
	}
	before := start
	for i := range d.number(maxDifferent) {
		step := recur.Date(d.number(uint64(recur.Last)))
		if before += step; step == 0 && i > 0 || before > recur.Last || d.err != nil {
			d.fail(errDamaged)
			return
		}
		c.Occurrences = append(c.Occurrences, d.occurrence(before, c.Start.Kind()))
	}
}

func (d *decoder) occurrence(date recur.Date, kind votive.TimeKind) votive.Occurrence {
	o := votive.Occurrence{Date: date}
	switch d.byte() {
	case dateCancelled:
		o.Cancelled = true
	case dateMoved:
		o.Start = d.time(kind)
	case dateMoved | dateEnds:
		o.Start, o.End = d.time(kind), d.time(kind)
	default:
		d.fail(errDamaged)
	}
	return o
}
