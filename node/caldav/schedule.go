package caldav

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"votive/node/calendar"
	"votive/node/secretary"
	"votive/proto/recur"
	"votive/proto/votive"
)

// schedule is when an event takes place.
type schedule struct {
	start, end  votive.Time
	recurrence  votive.Recurrence
	occurrences []votive.Occurrence
}

func scheduleOf(c *votive.Card) schedule {
	return schedule{c.Start, c.End, c.Recurrence, c.Occurrences}
}

func scheduleSaid(d *calendar.Draft) schedule {
	return schedule{d.Start, d.End, d.Recurrence, d.Occurrences}
}

// card is one that says nothing else.
func (s *schedule) card() *votive.Card {
	return &votive.Card{Start: s.start, End: s.end, Recurrence: s.recurrence, Occurrences: s.occurrences}
}

// wish has an event take place so: as a whole, since a date that is different
// must be one of the event.
func (s *schedule) wish(w *secretary.Wish) {
	w.Start, w.End = &s.start, &s.end
	var rule string
	if !s.recurrence.Rule.IsZero() {
		rule = s.recurrence.RRule(s.start)
	}
	w.Rule, w.Dates, w.Except, w.Occurrences = &rule, &s.recurrence.Dates, &s.recurrence.Except, &s.occurrences
}

// coming are the dates by which what is to come is known, ascending. A date, and
// a time without a zone, is over when it is that everywhere.
func (s *schedule) coming(now time.Time) []recur.Date {
	if s.start.Kind() != votive.Zoned {
		now = now.Add(-wherever)
	}
	dates := slices.Collect(s.card().Coming(now, nil))
	slices.Sort(dates)
	return dates
}

// without are the dates to come that other does not have. There are none where
// all of them move together: each is there again, as many days later or earlier
// as the first one is, and what is there is not merely less of what was.
func (s *schedule) without(other *schedule, now time.Time) []recur.Date {
	had, has := s.coming(now), other.coming(now)
	gone := minus(had, has)
	by := dateOf(other.start) - dateOf(s.start)
	if by == 0 || len(gone) == 0 || len(minus(has, had)) == 0 {
		return gone
	}
	moved := make([]recur.Date, len(had))
	for i, d := range had {
		moved[i] = d + by
	}
	if len(minus(moved, has)) == 0 {
		return nil
	}
	return gone
}

// minus are those of all that are not among others; both are ascending.
func minus(all, others []recur.Date) []recur.Date {
	var left []recur.Date
	for _, d := range all {
		for len(others) > 0 && others[0] < d {
			others = others[1:]
		}
		if len(others) == 0 || others[0] != d {
			left = append(left, d)
		}
	}
	return left
}

// dateOf is the date that a time reads.
func dateOf(t votive.Time) recur.Date {
	d, _ := recur.ParseDate(t.Local()[:len(time.DateOnly)])
	return d
}

// with is s where dates that s does not have are again as had has them; false
// where that is not to be said, since it recurs by another rule.
func (s *schedule) with(dates []recur.Date, had *schedule) (schedule, bool) {
	r, other := &s.recurrence, &had.recurrence
	if r.Rule.String() != other.Rule.String() || dateOf(s.start) != dateOf(had.start) {
		return *s, false
	}
	among := func(d recur.Date) bool {
		_, found := slices.BinarySearch(dates, d)
		return found
	}
	whole := *s
	whole.recurrence.Except = slices.DeleteFunc(slices.Clone(r.Except), among)
	whole.recurrence.Dates = slices.Clone(r.Dates)
	for _, d := range other.Dates {
		if i, found := slices.BinarySearch(whole.recurrence.Dates, d); !found && among(d) {
			whole.recurrence.Dates = slices.Insert(whole.recurrence.Dates, i, d)
		}
	}
	whole.occurrences = slices.DeleteFunc(slices.Clone(s.occurrences), func(o votive.Occurrence) bool { return among(o.Date) })
	for _, o := range had.occurrences {
		if among(o.Date) {
			whole.occurrences = append(whole.occurrences, o)
		}
	}
	slices.SortFunc(whole.occurrences, func(a, b votive.Occurrence) int { return int(a.Date - b.Date) })
	return whole, true
}

// written is a schedule as a note has it. Rules are as recur.Parse reads
// them.
type written struct {
	Start       clock        `json:"start"`
	End         clock        `json:"end,omitzero"`
	Rule        string       `json:"rule,omitempty"`
	Dates       []recur.Date `json:"dates,omitempty"`
	Except      []recur.Date `json:"except,omitempty"`
	Occurrences []different  `json:"occurrences,omitempty"`
}

// clock is a votive.Time; the zero clock is none.
type clock struct {
	Local  string `json:"local"`
	Zone   string `json:"zone,omitempty"`
	Offset int    `json:"offset,omitempty"`
}

// different is a votive.Occurrence as a card has it.
type different struct {
	Date      recur.Date `json:"date"`
	Start     clock      `json:"start,omitzero"`
	End       clock      `json:"end,omitzero"`
	Cancelled bool       `json:"cancelled,omitempty"`
}

func clockOf(t votive.Time) clock {
	if t.IsZero() {
		return clock{}
	}
	return clock{t.Local(), t.Zone(), t.Offset()}
}

func (c clock) time() (votive.Time, error) {
	if c == (clock{}) {
		return votive.Time{}, nil
	}
	return votive.NewTime(c.Local, c.Zone, c.Offset)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s schedule) MarshalJSON() ([]byte, error) {
	w := written{
		Start: clockOf(s.start), End: clockOf(s.end), Rule: s.recurrence.Rule.String(),
		Dates: s.recurrence.Dates, Except: s.recurrence.Except,
	}
	for _, o := range s.occurrences {
		w.Occurrences = append(w.Occurrences, different{o.Date, clockOf(o.Start), clockOf(o.End), o.Cancelled})
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads a schedule. What it comes to is looked at by whoever makes
// a card of it.
func (s *schedule) UnmarshalJSON(b []byte) error {
	var w written
	err := json.Unmarshal(b, &w)
	if err != nil {
		return err
	}
	var all schedule
	if all.start, err = w.Start.time(); err != nil {
		return err
	}
	if all.start.IsZero() {
		return errors.New("it begins at no time")
	}
	if all.end, err = w.End.time(); err != nil {
		return err
	}
	if w.Rule != "" {
		if all.recurrence.Rule, err = recur.Parse(w.Rule); err != nil {
			return err
		}
	}
	all.recurrence.Dates, all.recurrence.Except = w.Dates, w.Except
	for _, d := range w.Occurrences {
		o := votive.Occurrence{Date: d.Date, Cancelled: d.Cancelled}
		if o.Start, err = d.Start.time(); err != nil {
			return err
		}
		if o.End, err = d.End.time(); err != nil {
			return err
		}
		all.occurrences = append(all.occurrences, o)
	}
	*s = all
	return nil
}

// mark is the same for the same schedule, and for no other.
func (s *schedule) mark() string {
	text, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
