package votive

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"votive/proto/internal/wirepb"
	"votive/proto/recur"
)

// Limits of what recurs. SPEC 6.7, 6.10.
const (
	maxDates     = 128
	maxDifferent = 64
)

// Recurrence is on which other dates than that of its start an event takes
// place. The zero Recurrence is that of an event that does not recur. SPEC 6.7.
type Recurrence struct {
	Rule   recur.Rule   // gives the date of the start, or is zero
	Dates  []recur.Date // besides, up to 128: ascending, after the start
	Except []recur.Date // not on these, up to 128: ascending, after the start
}

// IsZero reports whether the event does not recur.
func (r Recurrence) IsZero() bool {
	return r.Rule.IsZero() && len(r.Dates) == 0 && len(r.Except) == 0
}

// ParseRule reads an RRULE (RFC 5545, 3.8.5.3) of an event that begins at
// start, with or without the name of the property. An UNTIL with a time of day
// becomes the last date on which the event begins no later than that.
func ParseRule(text string, start Time) (recur.Rule, error) {
	text = strings.TrimSpace(text)
	if len(text) > len("RRULE:")+recur.MaxText {
		return recur.Rule{}, fmt.Errorf("rule of %d bytes, want at most %d", len(text), recur.MaxText)
	}
	if name := "RRULE:"; len(text) > len(name) && strings.EqualFold(text[:len(name)], name) {
		text = text[len(name):]
	}
	parts := strings.Split(text, ";")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if !strings.EqualFold(name, "UNTIL") || len(value) <= len("20270604") {
			continue
		}
		last, err := lastBy(strings.ToUpper(value), start)
		if err != nil {
			return recur.Rule{}, err
		}
		parts[i] = "UNTIL=" + strings.ReplaceAll(last.String(), "-", "")
	}
	return recur.Parse(strings.Join(parts, ";"))
}

// lastBy is the last date on which what begins at that time of day begins no
// later than until, 20270604T120000Z, or without Z on the clock at the event.
func lastBy(until string, start Time) (recur.Date, error) {
	digits, utc := strings.CutSuffix(until, "Z")
	t, err := time.Parse("20060102T150405", digits)
	if err != nil {
		return 0, fmt.Errorf("UNTIL=%.20s is not of the form 20270604 or 20270604T120000Z", until)
	}
	if utc && start.kind == Floating {
		return 0, fmt.Errorf("UNTIL=%.20s is in UTC, and the event is wherever the reader is", until)
	}
	d := dateOf(t.Unix())
	if y := t.Year(); y < firstYear || y > lastYear {
		return 0, fmt.Errorf("UNTIL=%.20s is not in the years %d to %d", until, firstYear, lastYear)
	}
	later := func(d recur.Date) bool { return start.on(d).wall > t.Unix() }
	switch {
	case start.kind == Date:
		return d, nil
	case utc:
		d = min(d+1, recur.Last)
		later = func(d recur.Date) bool { return start.on(d).Instant(nil).After(t) }
	}
	for d > recur.First && later(d) {
		d--
	}
	return d, nil
}

// RRule is the rule of an event that begins at start as iCalendar writes it,
// with an UNTIL of the form that RFC 5545, 3.3.10, asks for.
func (r Recurrence) RRule(start Time) string {
	text, until := r.Rule.String(), r.Rule.Until()
	if until == 0 || start.kind == Date {
		return text
	}
	date := strings.ReplaceAll(until.String(), "-", "")
	last := start.on(until)
	clock := time.Unix(last.wall, 0).UTC().Format("20060102T150405")
	if start.kind == Zoned {
		clock = last.Instant(nil).UTC().Format("20060102T150405Z")
	}
	return strings.Replace(text, "UNTIL="+date, "UNTIL="+clock, 1)
}

// dates are those of the event, ascending, from then on. SPEC 6.7.
func (c *Card) dates(from recur.Date) iter.Seq[recur.Date] {
	r := &c.Recurrence
	start := c.Start.date()
	return func(yield func(recur.Date) bool) {
		give := func(d recur.Date) bool {
			_, excepted := slices.BinarySearch(r.Except, d)
			return excepted || yield(d)
		}
		if r.Rule.IsZero() && start >= from && !give(start) {
			return
		}
		i, _ := slices.BinarySearch(r.Dates, from)
		besides := r.Dates[i:]
		for d := range r.Rule.Dates(start, from) {
			for len(besides) > 0 && besides[0] <= d {
				if besides[0] < d && !give(besides[0]) {
					return
				}
				besides = besides[1:]
			}
			if !give(d) {
				return
			}
		}
		for _, d := range besides {
			if !give(d) {
				return
			}
		}
	}
}

// finalDate is a date of the event after which there is none.
func (c *Card) finalDate() recur.Date {
	final := c.Start.date()
	if !c.Recurrence.Rule.IsZero() {
		final = max(final, c.Recurrence.Rule.Final(final))
	}
	if n := len(c.Recurrence.Dates); n > 0 {
		final = max(final, c.Recurrence.Dates[n-1])
	}
	return final
}

// checkRecurrence is SPEC 6.7 to 6.10.
func (c *Card) checkRecurrence() error {
	r := &c.Recurrence
	if r.IsZero() {
		if len(c.Occurrences) > 0 {
			return fmt.Errorf("%d occurrences of an event that does not recur", len(c.Occurrences))
		}
		return nil
	}
	start := c.Start.date()
	if r.Rule.IsZero() && len(r.Dates) == 0 {
		return fmt.Errorf("recurs by no rule and on no dates")
	}
	if !r.Rule.IsZero() && !r.Rule.Gives(start, start) {
		return fmt.Errorf("begins on %v, a %v, which its rule %v leaves out", start, start.Weekday(), r.Rule)
	}
	if err := checkDates("dates", r.Dates, start); err != nil {
		return err
	}
	if err := checkDates("dates excepted", r.Except, start); err != nil {
		return err
	}
	return c.checkOccurrences()
}

// checkDates is SPEC 6.7 for a list.
func checkDates(what string, dates []recur.Date, start recur.Date) error {
	if len(dates) > maxDates {
		return fmt.Errorf("%d %s, want at most %d", len(dates), what, maxDates)
	}
	before := start
	for _, d := range dates {
		if d <= before {
			return fmt.Errorf("%s are not ascending and after the start: %v before %v", what, before, d)
		}
		if d > recur.Last {
			return fmt.Errorf("%s: %v is after the year %d", what, d, lastYear)
		}
		before = d
	}
	return nil
}

// checkOccurrences is SPEC 6.10.
func (c *Card) checkOccurrences() error {
	if len(c.Occurrences) > maxDifferent {
		return fmt.Errorf("%d occurrences, want at most %d", len(c.Occurrences), maxDifferent)
	}
	for i, o := range c.Occurrences {
		switch {
		case i > 0 && c.Occurrences[i-1].Date >= o.Date:
			return fmt.Errorf("occurrences are not ascending: %v before %v", c.Occurrences[i-1].Date, o.Date)
		case o.Start.IsZero() != o.Cancelled:
			return fmt.Errorf("occurrence on %v is not either moved or cancelled", o.Date)
		case o.Start.IsZero() && !o.End.IsZero():
			return fmt.Errorf("occurrence on %v has an end and no start", o.Date)
		case !o.Start.IsZero() && o.Start.kind != c.Start.kind:
			return fmt.Errorf("occurrence on %v is %v and the event is %v, want one form", o.Date, o.Start.kind, c.Start.kind)
		}
		if !o.Start.IsZero() {
			if err := checkSpan(o.Start, o.End); err != nil {
				return fmt.Errorf("occurrence on %v: %w", o.Date, err)
			}
		}
	}
	return c.checkAmong()
}

// checkAmong looks for the dates of the occurrences among those of the event.
// Those that a COUNT bounds are counted once.
func (c *Card) checkAmong() error {
	left := c.Occurrences
	for len(left) > 0 {
		found := false
		for d := range c.dates(left[0].Date) {
			for len(left) > 0 && left[0].Date == d {
				left, found = left[1:], true
			}
			if len(left) == 0 || left[0].Date < d || c.Recurrence.Rule.Count() == 0 {
				break
			}
		}
		if !found {
			return fmt.Errorf("occurrence on %v, which is no date of the event", left[0].Date)
		}
	}
	return nil
}

func recurrenceFrom(w *wirepb.Recurrence) (Recurrence, error) {
	var r Recurrence
	if w == nil {
		return r, nil
	}
	var err error
	if w.GetRule() != "" {
		if r.Rule, err = recur.Parse(w.GetRule()); err != nil {
			return r, err
		}
		if again := r.Rule.String(); again != w.GetRule() {
			return r, fmt.Errorf("rule %s, which is written %s", w.GetRule(), again)
		}
	}
	if r.Dates, err = datesFrom("dates", w.GetDates()); err != nil {
		return r, err
	}
	if r.Except, err = datesFrom("dates excepted", w.GetExcept()); err != nil {
		return r, err
	}
	if r.IsZero() {
		return r, fmt.Errorf("recurs by no rule and on no dates")
	}
	return r, nil
}

func datesFrom(what string, list []string) ([]recur.Date, error) {
	if len(list) > maxDates {
		return nil, fmt.Errorf("%d %s, want at most %d", len(list), what, maxDates)
	}
	var dates []recur.Date
	for _, text := range list {
		d, err := recur.ParseDate(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		dates = append(dates, d)
	}
	return dates, nil
}

func (r Recurrence) wire() *wirepb.Recurrence {
	if r.IsZero() {
		return nil
	}
	w := &wirepb.Recurrence{Rule: r.Rule.String()}
	for _, d := range r.Dates {
		w.Dates = append(w.Dates, d.String())
	}
	for _, d := range r.Except {
		w.Except = append(w.Except, d.String())
	}
	return w
}
