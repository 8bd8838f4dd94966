package calendar

import (
	"fmt"
	"time"

	"votive/proto/votive"
)

// known is the zone of that name, nil where votive does not know it. It is asked
// of a time in it, so that both go by the same rules.
func known(name string) *time.Location {
	t, err := votive.NewTime("2027-06-04T20:00:00", name, 0)
	if err != nil || t.Kind() != votive.Zoned {
		return nil
	}
	zone := t.Instant(nil).Location()
	if zone.String() != name {
		return nil
	}
	return zone
}

// tzid is by what a zoned time names its zone. One that is not known here is
// what it is to votive, its offset, and its name says so.
func tzid(t votive.Time) string {
	if known(t.Zone()) != nil {
		return t.Zone()
	}
	return t.Zone() + " UTC" + offset(t.Offset())
}

// offset is a UTC-OFFSET (RFC 5545, 3.3.14).
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf("%02d", seconds%60)
	}
	return s
}

// used is a zone of a file, and from when to when times in it are.
type used struct {
	zone     *time.Location
	from, to time.Time
}

// zones writes a VTIMEZONE for each zone that events use, once.
func (w *text) zones(events []Event) {
	all := make(map[string]used)
	use := func(t votive.Time, from, to time.Time) {
		if t.Kind() != votive.Zoned || tzid(t) == "UTC" {
			return
		}
		id := tzid(t)
		u, found := all[id]
		if !found {
			u = used{known(t.Zone()), from, to}
			if u.zone == nil {
				u.zone = time.FixedZone(t.Zone(), t.Offset())
			}
		}
		if from.Before(u.from) {
			u.from = from
		}
		if to.After(u.to) {
			u.to = to
		}
		all[id] = u
	}
	for _, e := range events {
		from, to := e.Card.Span(nil)
		// What was moved, and where to, is around that: the dates by which
		// readers know it can be before, and are years apart at most where
		// somebody moved it by years.
		for _, o := range e.Card.Occurrences {
			if t := on(e.Card.Start, o.Date).Instant(nil); t.After(to) {
				to = t
			}
		}
		if t := e.Card.Start.Instant(nil); t.Before(from) {
			from = t
		}
		use(e.Card.Start, from, to)
		use(e.Card.End, from, to)
		for _, o := range e.Card.Occurrences {
			use(o.Start, from, to)
			use(o.End, from, to)
		}
	}
	for _, id := range sorted(all) {
		w.zone(id, all[id])
	}
}

// zone writes a VTIMEZONE (RFC 5545, 3.6.5) that holds from the one moment to
// the other.
func (w *text) zone(id string, u used) {
	w.line("BEGIN", "VTIMEZONE")
	w.line("TZID", id)
	for _, o := range observances(u) {
		w.observance(o)
	}
	w.line("END", "VTIMEZONE")
}

// observance is an offset that a clock was set to on one day, or every year.
type observance struct {
	first, last time.Time // when, in the zone of the offset before
	from, to    int       // seconds east of UTC
	name        string
	daylight    bool

	nth, fromEnd int // the manieth weekday of its month all of them are, or 0
}

// observances are those of a zone, by their beginning. Those that come on one
// weekday of a month in every year are one with a rule: what the rule says is
// thereby so in every year that it covers.
//
// They are looked for day by day: no clock is set twice in one, and
// time.Time.ZoneBounds comes to a stand in the rules for years to come.
func observances(u used) []observance {
	at := u.from.AddDate(0, 0, -2).In(u.zone)
	until := u.to.AddDate(0, 0, 2)
	// What came before is of no concern to what is written.
	name, seconds := at.Zone()
	begin := time.Date(1970, 1, 1, 0, 0, 0, 0, time.FixedZone("", seconds))
	all := []observance{{first: begin, last: begin, from: seconds, to: seconds, name: name, daylight: at.IsDST()}}
	for at.Before(until) {
		next := at.Add(24 * time.Hour)
		if !alike(at, next) {
			set := change(firstUnlike(at, next))
			joined := false
			for i := range all {
				joined = joined || all[i].join(set)
			}
			if !joined {
				all = append(all, set)
			}
		}
		at = next
	}
	return all
}

// alike reports whether a clock was not set between two moments.
func alike(a, b time.Time) bool {
	aName, aOffset := a.Zone()
	bName, bOffset := b.Zone()
	return aName == bName && aOffset == bOffset && a.IsDST() == b.IsDST()
}

// firstUnlike is the second in which a clock was set, between two moments.
func firstUnlike(before, after time.Time) time.Time {
	for after.Unix()-before.Unix() > 1 {
		middle := before.Add(after.Sub(before) / 2).Truncate(time.Second)
		if alike(before, middle) {
			before = middle
		} else {
			after = middle
		}
	}
	return after
}

// change is what begins with that moment.
func change(at time.Time) observance {
	_, before := at.Add(-time.Second).Zone()
	name, after := at.Zone()
	t := at.In(time.FixedZone("", before))
	o := observance{first: t, last: t, from: before, to: after, name: name, daylight: at.IsDST()}
	o.nth = (t.Day()-1)/7 + 1
	if t.AddDate(0, 0, 7).Month() != t.Month() {
		o.fromEnd = -1
	}
	return o
}

// join has o be next as well, where one rule says both.
func (o *observance) join(next observance) bool {
	a, b := o.last, next.first
	switch {
	case b.Year() != a.Year()+1 || b.Month() != a.Month() || b.Weekday() != a.Weekday(),
		b.Hour() != a.Hour() || b.Minute() != a.Minute() || b.Second() != a.Second(),
		o.from != next.from || o.to != next.to || o.name != next.name || o.daylight != next.daylight,
		(o.nth == 0 || o.nth != next.nth) && (o.fromEnd == 0 || next.fromEnd == 0):
		return false
	}
	if o.nth != next.nth {
		o.nth = 0
	}
	if next.fromEnd == 0 {
		o.fromEnd = 0
	}
	o.last = b
	return true
}

func (w *text) observance(o observance) {
	kind := "STANDARD"
	if o.daylight {
		kind = "DAYLIGHT"
	}
	w.line("BEGIN", kind)
	w.line("DTSTART", o.first.Format("20060102T150405"))
	if !o.last.Equal(o.first) {
		nth := o.nth
		if o.fromEnd != 0 {
			nth = o.fromEnd
		}
		day := [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}[o.first.Weekday()]
		// A day more, in which nothing is set: dateutil for one reads UNTIL on
		// the clock of the zone, and would leave out the last.
		until := o.last.UTC().AddDate(0, 0, 1).Format(utcForm)
		w.line("RRULE", fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s;UNTIL=%s", o.first.Month(), nth, day, until))
	}
	w.line("TZOFFSETFROM", offset(o.from))
	w.line("TZOFFSETTO", offset(o.to))
	w.line("TZNAME", escaped(o.name))
	w.line("END", kind)
}
