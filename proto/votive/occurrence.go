package votive

import (
	"cmp"
	"fmt"
	"iter"
	"math"
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
	var begins int64
	found := false
	w := c.walk(reader)
	look := func(date recur.Date) bool {
		o, start, end := w.on(date)
		if o.Cancelled || end < ceil(at) {
			return false
		}
		if !found || start < begins {
			next, begins, found = o, start, true
		}
		return true
	}
	for _, o := range c.Occurrences {
		look(o.Date)
	}
	for d := range c.dates(perhaps(at, w.lasts)) {
		if !c.different(d) && look(d) {
			break
		}
	}
	return next, found
}

// Within are the occurrences, cancelled ones too, that are on between two
// moments for a reader in that zone, soonest first: at most MaxOccurrences, and
// whether there are more. A zero to is no bound.
func (c *Card) Within(from, to time.Time, reader *time.Location) (on []Occurrence, more bool) {
	if c.Recurs() {
		on = make([]Occurrence, 0, 128)
	}
	var starts []int64 // of those in on; of use where some are different
	w := c.walk(reader)
	for o, span := range w.between(from, to) {
		on = append(on, o)
		if len(c.Occurrences) > 0 {
			starts = append(starts, span.start)
		}
		if len(on) > MaxOccurrences+maxDifferent {
			break
		}
	}
	if len(starts) > 0 {
		on = soonest(on, starts)
	}
	if len(on) > MaxOccurrences {
		return on[:MaxOccurrences:MaxOccurrences], true
	}
	return on, false
}

// soonest are occurrences in the order of their starts.
func soonest(on []Occurrence, starts []int64) []Occurrence {
	order := make([]int, len(on))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(starts[a], starts[b]) })
	sorted := make([]Occurrence, len(on))
	for i, at := range order {
		sorted[i] = on[at]
	}
	return sorted
}

// Spans are from when to when the event takes place, as far as that is between
// two moments for a reader in that zone: of as many occurrences as there are,
// in no order, those without cancelled ones.
func (c *Card) Spans(from, to time.Time, reader *time.Location) iter.Seq2[time.Time, time.Time] {
	return func(yield func(start, end time.Time) bool) {
		for s := range c.seconds(from, to, reader) {
			if !yield(time.Unix(s.start, 0).UTC(), time.Unix(s.end, 0).UTC()) {
				return
			}
		}
	}
}

// Seconds is Spans in Unix seconds, for whoever looks at thousands of cards.
func (c *Card) Seconds(from, to time.Time, reader *time.Location) iter.Seq2[int64, int64] {
	return func(yield func(start, end int64) bool) {
		for s := range c.seconds(from, to, reader) {
			if !yield(s.start, s.end) {
				return
			}
		}
	}
}

func (c *Card) seconds(from, to time.Time, reader *time.Location) iter.Seq[span] {
	since, until := ceil(from), int64(math.MaxInt64)
	if !to.IsZero() {
		until = to.Unix()
	}
	return func(yield func(span) bool) {
		w := c.walk(reader)
		for _, o := range w.Occurrences {
			o, start, end := w.on(o.Date)
			if !o.Cancelled && start <= until && end >= since && !yield(span{start, end}) {
				return
			}
		}
		for d := range w.dates(perhaps(from, w.lasts)) {
			if len(w.Occurrences) > 0 && w.different(d) {
				continue
			}
			s := w.usual(d)
			if s.start > until || s.end >= since && !yield(s) {
				return
			}
		}
	}
}

// Coming are the dates by which the occurrences are known that take place and
// are not over at a moment, for a reader in that zone: all there are, those that
// are different first, then the others, soonest first.
func (c *Card) Coming(at time.Time, reader *time.Location) iter.Seq[recur.Date] {
	return func(yield func(recur.Date) bool) {
		w := c.walk(reader)
		for o := range w.between(at, time.Time{}) {
			if !o.Cancelled && !yield(o.Date) {
				return
			}
		}
	}
}

// walk goes through the occurrences of a card, and keeps what is the same of
// all of them.
type walk struct {
	*Card
	lasts        time.Duration
	there, where clock  // of its start and its reader
	end          *clock // of its end, mostly that of its start
}

func (c *Card) walk(reader *time.Location) *walk {
	if reader == nil {
		reader = time.UTC
	}
	w := &walk{Card: c, lasts: c.lasts(), where: clock{zone: reader}}
	if c.Start.kind == Zoned {
		w.there = clockOf(c.Start)
		w.end = &w.there
	}
	if end := c.End; end.kind == Zoned && (end.zone != c.Start.zone || end.offset != c.Start.offset) {
		there := clockOf(end)
		w.end = &there
	}
	return w
}

// span is from a moment to another, in Unix seconds.
type span struct{ start, end int64 }

// between gives the occurrences that are on between two moments, first those
// that are different, then the others, soonest first.
func (w *walk) between(from, to time.Time) iter.Seq2[Occurrence, span] {
	since := ceil(from)
	return func(yield func(Occurrence, span) bool) {
		for _, o := range w.Occurrences {
			o, start, end := w.on(o.Date)
			late := !to.IsZero() && start > to.Unix()
			if !late && end >= since && !yield(o, span{start, end}) {
				return
			}
		}
		for d := range w.dates(perhaps(from, w.lasts)) {
			if w.different(d) {
				continue
			}
			o, start, end := w.on(d)
			late := !to.IsZero() && start > to.Unix()
			if late || end >= since && !yield(o, span{start, end}) {
				return
			}
		}
	}
}

// ceil is the first whole second that is not before a moment.
func ceil(at time.Time) int64 { return at.Add(time.Second - 1).Unix() }

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
	w := c.walk(nil)
	w.lasts = lasts
	o, _, _ := w.on(date)
	return o
}

// on is the occurrence on a date, and from when to when it is, in Unix seconds.
func (w *walk) on(date recur.Date) (o Occurrence, start, end int64) {
	o = Occurrence{Date: date, lasts: w.lasts}
	if i, found := w.findDifferent(date); found {
		said := w.Occurrences[i]
		o.Cancelled = said.Cancelled
		if o.Moved = !said.Start.IsZero(); o.Moved {
			o.Start, o.End, o.own = said.Start, said.End, !said.End.IsZero()
		}
	}
	if !o.Moved {
		o.Start = w.Start
		o.Start.wall += int64(date-w.Start.date()) * daySize
	}
	switch {
	case o.Start.kind != Zoned:
		start = w.where.moment(o.Start.wall)
	case !o.Moved:
		start = w.there.moment(o.Start.wall)
		o.Start.offset = int32(w.there.at(start))
	default:
		start = o.Start.Instant(nil).Unix()
	}
	if date == w.Start.date() && !o.Moved {
		o.End, o.own = w.End, true
	}
	switch last := o.Start; {
	case o.own && !o.End.IsZero():
		return o, start, o.End.end(w.where.zone).Unix()
	case w.End.IsZero() || o.own:
		if last.kind == Date {
			return o, start, w.where.moment(last.wall + daySize)
		}
		return o, start, start
	case last.kind == Zoned:
		// The clock may show this end twice; how long it lasts is certain.
		end = start + int64(w.lasts/time.Second)
		o.End = w.end.reading(end, w.End.zone)
		return o, start, end
	default:
		last.wall += int64(w.lasts / time.Second)
		o.End = last
		if last.kind == Date {
			last.wall += daySize
		}
		return o, start, w.where.moment(last.wall)
	}
}

// usual is when it is on a date on which nothing is different, as on has it.
func (w *walk) usual(date recur.Date) span {
	if date == w.Start.date() {
		_, start, end := w.on(date) // its end is its own
		return span{start, end}
	}
	wall := w.Start.wall + int64(date-w.Start.date())*daySize
	if w.Start.kind == Zoned {
		start := w.there.moment(wall)
		return span{start, start + int64(w.lasts/time.Second)}
	}
	start := w.where.moment(wall)
	switch {
	case w.Start.kind == Date:
		return span{start, w.where.moment(wall + int64(w.lasts/time.Second) + daySize)}
	case w.End.IsZero():
		return span{start, start}
	}
	return span{start, w.where.moment(wall + int64(w.lasts/time.Second))}
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
		there := clockOf(t)
		t.offset = int32(there.at(there.moment(t.wall)))
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
	there := clockOf(like)
	return there.reading(t.Instant(nil).Unix()+int64(d/time.Second), like.zone)
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
