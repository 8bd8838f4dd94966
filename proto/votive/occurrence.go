package votive

import (
	"fmt"
	"slices"
	"time"

	"votive/proto/internal/wirepb"
	"votive/proto/recur"
)

// MaxOccurrences is how many occurrences of one event are ever looked at
// together.
const MaxOccurrences = 366

// Occurrence is one time at which an event takes place. On a card it says only
// what is different about it: when it was moved to, or that it was cancelled.
// SPEC 6.10.
type Occurrence struct {
	Date       recur.Date // on which it would be, and by which it is known
	Start, End Time       // End may not be set
	Cancelled  bool
	Moved      bool // never on a card

	lasts time.Duration // of what has no end of its own on the card
	own   bool          // it has
}

// Span is from when to when it is for a reader in that zone, nil being UTC.
func (o *Occurrence) Span(reader *time.Location) (start, end time.Time) {
	start = o.Start.Instant(reader)
	switch {
	case o.End.IsZero():
		return start, o.Start.end(reader)
	case o.Start.kind == Zoned && !o.own:
		// The clock may show this end twice; how long it lasts is certain.
		return start, start.Add(o.lasts)
	}
	return start, o.End.end(reader)
}

// Recurs reports whether the event takes place on more than one date.
func (c *Card) Recurs() bool { return !c.Recurrence.IsZero() }

// Occurrence is the one on that date, moved or not; false where that is no
// date of the event.
func (c *Card) Occurrence(date recur.Date) (Occurrence, bool) {
	for d := range c.dates(date) {
		if d == date {
			return c.on(d, c.lasts()), true
		}
		break
	}
	return Occurrence{}, false
}

// Next is the first occurrence that takes place and is not over at that moment
// for a reader in that zone; false where there is none.
func (c *Card) Next(at time.Time, reader *time.Location) (Occurrence, bool) {
	var next Occurrence
	var begins time.Time
	found := false
	look := func(o Occurrence) bool {
		start, end := o.Span(reader)
		if o.Cancelled || end.Before(at) {
			return false
		}
		if !found || start.Before(begins) {
			next, begins, found = o, start, true
		}
		return true
	}
	lasts := c.lasts()
	for _, o := range c.Occurrences {
		look(c.on(o.Date, lasts))
	}
	for d := range c.dates(perhaps(at, lasts)) {
		if !c.different(d) && look(c.on(d, lasts)) {
			break
		}
	}
	return next, found
}

// Within are the occurrences, cancelled ones too, that are on between two
// moments for a reader in that zone, soonest first: at most MaxOccurrences, and
// whether there are more. A zero to is no bound.
func (c *Card) Within(from, to time.Time, reader *time.Location) (on []Occurrence, more bool) {
	type begun struct {
		at time.Time
		Occurrence
	}
	var found []begun
	look := func(o Occurrence) (further bool) {
		start, end := o.Span(reader)
		if !to.IsZero() && start.After(to) {
			return false
		}
		if !end.Before(from) {
			found = append(found, begun{start, o})
		}
		return len(found) <= MaxOccurrences+maxDifferent
	}
	lasts := c.lasts()
	for _, o := range c.Occurrences {
		look(c.on(o.Date, lasts))
	}
	for d := range c.dates(perhaps(from, lasts)) {
		if !c.different(d) && !look(c.on(d, lasts)) {
			break
		}
	}
	slices.SortStableFunc(found, func(a, b begun) int { return a.at.Compare(b.at) })
	more = len(found) > MaxOccurrences
	for _, f := range found[:min(len(found), MaxOccurrences)] {
		on = append(on, f.Occurrence)
	}
	return on, more
}

// perhaps is a date before which everything that lasts so long and was not moved
// is over at a moment, wherever it is read.
func perhaps(at time.Time, lasts time.Duration) recur.Date {
	return dateOf(at.Add(-lasts).Unix()) - 2
}

// different reports whether something is different on that date.
func (c *Card) different(date recur.Date) bool {
	_, found := c.findDifferent(date)
	return found
}

func (c *Card) findDifferent(date recur.Date) (int, bool) {
	return slices.BinarySearchFunc(c.Occurrences, date, func(o Occurrence, d recur.Date) int { return int(o.Date - d) })
}

// lasts is how long the event is, by its own start and end: RFC 5545, 3.8.5.3,
// "the same exact duration will apply to all the members of the generated
// recurrence set". Of a date it is from the first midnight to the last.
// SPEC 6.9.
func (c *Card) lasts() time.Duration {
	switch {
	case c.End.IsZero():
		return 0
	case c.Start.kind == Zoned:
		return max(0, c.End.Instant(nil).Sub(c.Start.Instant(nil)))
	}
	return time.Duration(c.End.wall-c.Start.wall) * time.Second
}

// on is the occurrence on a date of the event that lasts so long. SPEC 6.9,
// 6.10.
func (c *Card) on(date recur.Date, lasts time.Duration) Occurrence {
	o := Occurrence{Date: date, Start: c.Start.on(date), lasts: lasts}
	if i, found := c.findDifferent(date); found {
		said := c.Occurrences[i]
		o.Cancelled = said.Cancelled
		if !said.Start.IsZero() {
			o.Start, o.Moved = said.Start, true
			if o.own = !said.End.IsZero(); o.own {
				o.End = said.End
				return o
			}
		}
	}
	if date == c.Start.date() && !o.Moved {
		o.End, o.own = c.End, true
		return o
	}
	if !c.End.IsZero() {
		o.End = o.Start.after(o.lasts, c.End)
	}
	return o
}

// date is the day that the calendar shows.
func (t Time) date() recur.Date { return dateOf(t.wall) }

// dateOf is the day of a reading; one of the years 2000 to 2100.
func dateOf(wall int64) recur.Date {
	return recur.Date(min(max(wall/daySize, int64(recur.First)), int64(recur.Last)))
}

// on is the same reading of the clock on another day.
func (t Time) on(date recur.Date) Time {
	t.wall += int64(date-t.date()) * daySize
	if t.kind == Zoned {
		if zone := knownZone(t.zone); zone != nil {
			_, offset := onWall(t.wall, zone).Zone()
			t.offset = int32(offset)
		}
	}
	return t
}

// after is the end of what begins at t and lasts that long, read on the clock
// on which like was read.
func (t Time) after(d time.Duration, like Time) Time {
	if t.kind != Zoned {
		t.wall += int64(d / time.Second)
		return t
	}
	zone := knownZone(like.zone)
	if zone == nil {
		zone = time.FixedZone(like.zone, int(like.offset))
	}
	end := t.Instant(nil).Add(d).In(zone)
	_, offset := end.Zone()
	return Time{kind: Zoned, zone: like.zone, offset: int32(offset), wall: end.Unix() + int64(offset)}
}

func occurrencesFrom(list []*wirepb.Occurrence) ([]Occurrence, error) {
	if len(list) > maxDifferent {
		return nil, fmt.Errorf("%d occurrences, want at most %d", len(list), maxDifferent)
	}
	var all []Occurrence
	for _, w := range list {
		date, err := recur.ParseDate(w.GetDate())
		if err != nil {
			return nil, fmt.Errorf("occurrence: %w", err)
		}
		o := Occurrence{Date: date, Cancelled: w.GetCancelled()}
		if o.Start, err = timeFrom("start of an occurrence", w.GetStart()); err != nil {
			return nil, err
		}
		if o.End, err = timeFrom("end of an occurrence", w.GetEnd()); err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

func (o *Occurrence) wire() *wirepb.Occurrence {
	return &wirepb.Occurrence{
		Date: o.Date.String(), Start: o.Start.wire(), End: o.End.wire(), Cancelled: o.Cancelled,
	}
}
