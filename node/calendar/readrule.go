package calendar

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// Limits of what recurs. The first two are those of SPEC 6.7 and 6.10; where a
// rule has to be written as dates, it is followed for so many days.
const (
	maxDates     = 128
	maxDifferent = 64
	maxRules     = 4
	horizon      = 20 * 366

	maxLoose = 256 // rules of a file that are written as dates: some milliseconds each
)

// recurrence reads on which other dates an event takes place. What a rule of
// SPEC 6.8 cannot say is written as dates, with a notice of how far they go.
func (e *reading) recurrence(c *component) {
	rules := c.all("RRULE")
	if len(rules) > maxRules {
		e.say("there are more than %d rules; the first %d are kept", maxRules, maxRules)
		rules = rules[:maxRules]
	}
	if p := c.first("DTSTART"); p != nil && len(rules) > 0 && e.file.zones[p.param("TZID")].utc() {
		// In UTC it would be on other days of the week.
		e.say("what recurs in a zone that is not known here was left out: only the first time is kept")
		return
	}
	start := dateOf(e.Start)
	dates := make(map[recur.Date]bool)
	cut := false
	for i := range rules {
		rule, err := votive.ParseRule(rules[i].value, e.Start)
		if err == nil && len(rules) == 1 && rule.Gives(start, start) {
			e.Recurrence.Rule = rule
			break
		}
		cut = e.written(rules[i].value, dates) || cut
	}
	delete(dates, start)
	other := e.moreDates(c.all("RDATE"), dates)
	for d := range dates {
		e.Recurrence.Dates = append(e.Recurrence.Dates, d)
	}
	slices.Sort(e.Recurrence.Dates)
	if n := len(e.Recurrence.Dates); n > maxDates {
		e.Recurrence.Dates, cut = e.Recurrence.Dates[:maxDates], true
	}
	if len(rules) > 0 && e.Recurrence.Rule.IsZero() && len(dates) > 0 {
		e.say("it comes again by a rule that votive does not have, and was written as dates")
	}
	if cut {
		e.say("it comes again for longer than could be written: %d dates are kept, the last on %v",
			1+len(e.Recurrence.Dates), last(e.Recurrence.Dates, start))
	}
	if c.first("EXRULE") != nil {
		e.say("EXRULE, which no calendar writes any more, was left out: look at the dates")
	}
	if e.Recurrence.IsZero() {
		return
	}
	e.Occurrences = other
	e.except(c.all("EXDATE"))
}

// last is the last of ascending dates, or else.
func last(dates []recur.Date, other recur.Date) recur.Date {
	if len(dates) == 0 {
		return other
	}
	return dates[len(dates)-1]
}

// moreDates reads RDATE into dates. One at another time of day is a date of the
// event, and moved.
func (e *reading) moreDates(props []property, dates map[recur.Date]bool) []votive.Occurrence {
	var moved []votive.Occurrence
	start := dateOf(e.Start)
	var times []votive.Time
	var asked []recur.Date
	e.values(props, func(t votive.Time) {
		t, ok := e.likeStart(t)
		if !ok || dateOf(t) < start {
			e.say("RDATE %v was left out: it is before the start, or of another form", t)
			return
		}
		times = append(times, t)
		asked = append(asked, dateOf(t))
	})
	byRule := e.byRule(asked)
	for _, t := range times {
		d := dateOf(t)
		given := d == start || dates[d] || byRule[d]
		switch sameClock := on(e.Start, d) == t; {
		case len(dates) > 2*maxDates || given && sameClock:
		case sameClock:
			dates[d] = true
		case given || len(moved) == maxDifferent:
			e.say("RDATE %v was left out: votive has one time a day for an event", t)
		default:
			dates[d] = true
			moved = append(moved, votive.Occurrence{Date: d, Start: t})
		}
	}
	slices.SortFunc(moved, func(a, b votive.Occurrence) int { return int(a.Date - b.Date) })
	return moved
}

// byRule is which of some dates the rule gives. It is walked once, whatever is
// asked: a rule with a COUNT is walked from its start, and there may be as many
// dates as lines.
func (e *reading) byRule(asked []recur.Date) map[recur.Date]bool {
	given := make(map[recur.Date]bool)
	if len(asked) == 0 || e.Recurrence.Rule.IsZero() {
		return given
	}
	start, first, last := dateOf(e.Start), slices.Min(asked), slices.Max(asked)
	e.file.looked += int(max(0, last-start))
	wanted := make(map[recur.Date]bool, len(asked))
	for _, d := range asked {
		wanted[d] = true
	}
	for d := range e.Recurrence.Rule.Dates(start, max(start, first)) {
		if d > last {
			break
		}
		if wanted[d] {
			given[d] = true
		}
	}
	return given
}

// values gives the times of a property that may be a list, of a PERIOD its
// beginning.
func (e *reading) values(props []property, give func(votive.Time)) {
	left := 1024
	for i := range props {
		for value := range strings.SplitSeq(props[i].value, ",") {
			if left--; left < 0 {
				e.say("%s has more than 1024 dates; the others were left out", props[i].name)
				return
			}
			value, _, period := strings.Cut(value, "/")
			if period {
				e.say("%s has dates with an end of their own, which was left out", props[i].name)
			}
			t, err := e.moment(&props[i], value)
			if err != nil {
				e.say("%s was left out: %v", props[i].name, err)
				continue
			}
			give(t)
		}
	}
}

// likeStart is t of the form of start, and on the same clock; false where it is
// of another form.
func (e *reading) likeStart(t votive.Time) (votive.Time, bool) {
	if t.Kind() != e.Start.Kind() || t.IsZero() {
		return t, false
	}
	if t.Kind() == votive.Zoned && t.Zone() != e.Start.Zone() {
		same, err := in(t, e.Start.Zone())
		return same, err == nil
	}
	return t, true
}

// dateBy is the date of the event that a RECURRENCE-ID or EXDATE names; many
// write a date alone.
func (e *reading) dateBy(t votive.Time) (recur.Date, bool) {
	if t.Kind() == votive.Date {
		return dateOf(t), true
	}
	t, ok := e.likeStart(t)
	if !ok {
		return 0, false
	}
	at := t.Instant(nil)
	for _, o := range e.Occurrences { // an RDATE at another time of day, so far
		if o.Start.Kind() == t.Kind() && o.Start.Instant(nil).Equal(at) {
			return o.Date, true
		}
	}
	d := dateOf(t)
	// Not by what the clock reads: where it is put forward over it, in the two
	// ways to write it, it reads otherwise.
	return d, on(e.Start, d).Instant(nil).Equal(at)
}

// except reads EXDATE. The start cannot be excepted on a card, and is cancelled.
func (e *reading) except(props []property) {
	start := dateOf(e.Start)
	all := make(map[recur.Date]bool)
	e.values(props, func(t votive.Time) {
		switch d, ok := e.dateBy(t); {
		case !ok || d < start:
			e.say("EXDATE %v was left out: the event does not begin then", t)
		case d == start:
			e.differ(votive.Occurrence{Date: d, Cancelled: true})
			e.say("the first date, %v, does not take place: it is kept as cancelled", d)
		default:
			all[d] = true
		}
	})
	var except []recur.Date
	for d := range all {
		except = append(except, d)
	}
	slices.Sort(except)
	if len(except) > maxDates {
		e.say("there are more than %d EXDATE; those after %v were left out", maxDates, except[maxDates-1])
		except = except[:maxDates]
	}
	e.Recurrence.Except = except
	e.Occurrences = slices.DeleteFunc(e.Occurrences, func(o votive.Occurrence) bool { return all[o.Date] })
}

// differ has something be different on a date, once; false where that is too
// much.
func (e *reading) differ(o votive.Occurrence) bool {
	i, found := slices.BinarySearchFunc(e.Occurrences, o.Date, func(p votive.Occurrence, d recur.Date) int { return int(p.Date - d) })
	switch {
	case found:
		e.Occurrences[i] = o
	case len(e.Occurrences) >= maxDifferent:
		return false
	default:
		e.Occurrences = slices.Insert(e.Occurrences, i, o)
	}
	return true
}

// different reads the VEVENTs with a RECURRENCE-ID of an event.
func (e *reading) different(overrides []*component) {
	if len(overrides) == 0 {
		return
	}
	if e.Recurrence.IsZero() {
		e.say("changes of single dates were left out: the event takes place once")
		return
	}
	read := make(map[recur.Date]*component)
	var asked []recur.Date
	for _, c := range overrides {
		p := c.first("RECURRENCE-ID")
		t, err := e.moment(p, p.value)
		if err != nil {
			e.say("a changed date was left out: %v", err)
			continue
		}
		d, ok := e.dateBy(t)
		if !ok {
			e.say("the change of %v was left out: the event does not begin then", t)
			continue
		}
		if strings.EqualFold(p.param("RANGE"), "THISANDFUTURE") {
			e.say("the change of %v and all after it is kept for that date alone", d)
		}
		if before := read[d]; before == nil || number(c, "SEQUENCE") >= number(before, "SEQUENCE") {
			read[d] = c
		}
		asked = append(asked, d)
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	takes := e.among(asked)
	for _, d := range asked {
		if !takes[d] {
			e.say("the change of %v was left out: it is no date of the event", d)
			continue
		}
		if o, ok := e.change(d, read[d]); ok && !e.differ(o) {
			e.say("more than %d dates are changed; those after were left out", maxDifferent)
			return
		}
	}
}

// change is what an override says of a date; false where it is nothing that a
// card can say.
func (e *reading) change(d recur.Date, c *component) (votive.Occurrence, bool) {
	if c.cancelled() {
		return votive.Occurrence{Date: d, Cancelled: true}, true
	}
	if title := strings.TrimSpace(text1(c, "SUMMARY")); title != "" && e.cut("title", title, 200) != e.Title {
		e.say("on %v it is called %s, which was left out", d, short(title))
	}
	o := votive.Occurrence{Date: d}
	p := c.first("DTSTART")
	if p == nil {
		return o, false
	}
	var err error
	if o.Start, err = e.moment(p, p.value); err != nil || o.Start.Kind() != e.Start.Kind() {
		e.say("the change of %v was left out: it has no start that the event could have", d)
		return o, false
	}
	if o.End, err = e.endOf(c, o.Start); err != nil {
		e.say("the end on %v was left out: %v", d, err)
		o.End = votive.Time{}
	}
	if o.Start == on(e.Start, d) || o.Start.Instant(nil).Equal(on(e.Start, d).Instant(nil)) {
		usual := e.usual(d)
		_, end := usual.Span(nil)
		if o.End.IsZero() && usual.End.IsZero() || !o.End.IsZero() && o.End.Instant(nil).Equal(usual.End.Instant(nil)) ||
			o.End.Kind() == votive.Zoned && o.End.Instant(nil).Equal(end) {
			return o, false // nothing that is about when
		}
	}
	return o, true
}

// usual is the occurrence on a date of the event as if nothing were different.
// The rule, which would be walked to that date, makes no difference to it.
func (e *reading) usual(d recur.Date) votive.Occurrence {
	card := e.Card()
	card.Occurrences, card.Recurrence = nil, votive.Recurrence{}
	if d != dateOf(e.Start) {
		card.Recurrence.Dates = []recur.Date{d}
	}
	usual, _ := card.Occurrence(d)
	return usual
}

// among is which of some dates are dates of the event.
func (e *reading) among(asked []recur.Date) map[recur.Date]bool {
	r := &e.Recurrence
	takes := e.byRule(asked)
	if r.Rule.IsZero() {
		takes[dateOf(e.Start)] = true
	}
	for _, d := range r.Dates {
		takes[d] = true
	}
	for _, d := range r.Except {
		delete(takes, d)
	}
	return takes
}

// written writes a rule as dates after the start, and reports whether the rule
// goes on after them.
func (e *reading) written(text string, dates map[recur.Date]bool) (more bool) {
	w, ok := looseRule(text, e.Start)
	if e.file.loose++; !ok || e.file.loose > maxLoose {
		e.say("it comes again by a rule that is not understood, %s: only the first time is kept", short(text))
		return false
	}
	start := dateOf(e.Start)
	defer func() { e.file.looked += w.looked }()
	count := 1 // the start is the first of them, whatever the rule says
	for d := range w.dates(start) {
		switch {
		case d <= start:
			continue
		case w.until != 0 && d > w.until, w.count != 0 && count >= w.count:
			return false
		case count > maxDates:
			return true
		}
		count++
		dates[d] = true
	}
	// It ended at the horizon.
	return w.count == 0 && w.until == 0 || count < w.count || w.until > start+horizon
}

// loose is a rule of RFC 5545, 3.3.10, that SPEC 6.8 has not.
type loose struct {
	base        recur.Rule // the rest of it, without what follows
	count       int
	until       recur.Date
	positions   []int // BYSETPOS
	weeks, days []int // BYWEEKNO, BYYEARDAY
	years       int   // every how manieth, where base is daily for these two
	firstDay    int   // of the week, from Monday, 0

	looked int // at so many days
}

// byDay are the names of the days of the week in RFC 5545, from Monday.
var byDay = []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}

// looseRule reads one, false where it is none that comes on dates.
func looseRule(text string, start votive.Time) (loose, bool) {
	var w loose
	if len(text) > 512 {
		return w, false
	}
	parts := make(map[string]string)
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		name, value, _ := strings.Cut(part, "=")
		if parts[name] != "" {
			return w, false
		}
		if part != "" {
			parts[name] = value
		}
	}
	ok := true
	list := func(name string, most int) []int {
		numbers, fine := numbers(parts[name], most)
		ok = ok && fine
		delete(parts, name)
		return numbers
	}
	w.positions, w.weeks, w.days = list("BYSETPOS", 366), list("BYWEEKNO", 53), list("BYYEARDAY", 366)
	if c := list("COUNT", 1_000_000); len(c) == 1 && c[0] > 0 {
		w.count = c[0]
	}
	for name, reads := range clockParts(start) {
		value, there := parts[name]
		ok = ok && (!there || strings.TrimLeft(value, "0") == strings.TrimLeft(reads, "0"))
		delete(parts, name)
	}
	if until := parts["UNTIL"]; until != "" {
		rule, err := votive.ParseRule("FREQ=DAILY;UNTIL="+until, start)
		ok = ok && err == nil
		w.until = rule.Until()
		delete(parts, "UNTIL")
	}
	w.firstDay = max(0, slices.Index(byDay, parts["WKST"]))
	switch frequency := parts["FREQ"]; {
	case len(w.weeks)+len(w.days) > 0:
		interval := list("INTERVAL", 1000)
		w.years = 1
		if len(interval) == 1 {
			w.years = interval[0]
		}
		ok = ok && frequency == "YEARLY" && w.firstDay == 0 && w.years > 0 && !strings.ContainsAny(parts["BYDAY"], "0123456789")
		if len(w.weeks) > 0 && parts["BYDAY"] == "" && len(w.days) == 0 {
			parts["BYDAY"] = byDay[(int(dateOf(start).Weekday())+6)%7]
		}
		parts["FREQ"] = "DAILY"
		delete(parts, "WKST")
	case len(w.positions) > 0 && frequency != "DAILY":
		ok = ok && parts["BYDAY"]+parts["BYMONTHDAY"] != ""
	}
	var rest []string
	for _, name := range sorted(parts) {
		rest = append(rest, name+"="+parts[name])
	}
	var err error
	w.base, err = recur.Parse(strings.Join(rest, ";"))
	return w, ok && err == nil
}

// clockParts are the parts of a rule that may say again what the clock reads at
// the start.
func clockParts(start votive.Time) map[string]string {
	if start.Kind() == votive.Date {
		return nil
	}
	t, _ := time.Parse("2006-01-02T15:04:05", start.Local())
	return map[string]string{"BYHOUR": t.Format("15"), "BYMINUTE": t.Format("04"), "BYSECOND": t.Format("05")}
}

// dates are those of a rule, some of them before the start, up to the horizon.
func (w *loose) dates(start recur.Date) func(yield func(recur.Date) bool) {
	begin := start
	if w.years > 0 || len(w.positions) > 0 {
		begin = w.period(start).first
	}
	fits := w.inYears(start)
	return func(yield func(recur.Date) bool) {
		var set, chosen []recur.Date
		var of period
		flush := func() bool {
			chosen = chosen[:0]
			for _, n := range w.positions {
				if n < 0 {
					n += len(set) + 1
				}
				if n >= 1 && n <= len(set) {
					chosen = append(chosen, set[n-1])
				}
			}
			slices.Sort(chosen)
			for _, d := range slices.Compact(chosen) {
				if !yield(d) {
					return false
				}
			}
			set = set[:0]
			return true
		}
		for d := range w.base.Dates(begin, begin) {
			if d > start+horizon {
				break
			}
			if w.looked++; w.years > 0 && !fits(d) {
				continue
			}
			if len(w.positions) == 0 {
				if !yield(d) {
					return
				}
				continue
			}
			if d >= of.next {
				if !flush() {
					return
				}
				of = w.period(d)
			}
			set = append(set, d)
		}
		flush()
	}
}

// inYears is whether BYWEEKNO and BYYEARDAY have a date, of dates that ascend:
// what a year has is looked up once. Weeks are those of ISO 8601, which RFC 5545,
// 3.3.10, has where they begin on Monday; they belong to the year of their
// Thursday.
func (w *loose) inYears(start recur.Date) func(recur.Date) bool {
	weekly := len(w.weeks) > 0
	yearOf := func(d recur.Date) int {
		if weekly {
			d = thursday(d)
		}
		return civil(d).Year()
	}
	since := yearOf(start)
	var first, next recur.Date // of the year that days and weeks are of
	var counts bool
	var days [367]bool
	var weeks [54]bool
	enter := func(year int) {
		first, next = newYear(year), newYear(year+1)
		counts = (year-since)%w.years == 0 && year >= since
		clear(days[:])
		clear(weeks[:])
		length := int(next - first)
		for _, n := range w.days {
			if n < 0 {
				n += length + 1
			}
			if n >= 1 && n <= length {
				days[n] = true
			}
		}
		last := int(thursday(newYear(year)+recur.Date(length)-4)-first)/7 + 1 // of December 28
		for _, n := range w.weeks {
			if n < 0 {
				n += last + 1
			}
			if n >= 1 && n <= last {
				weeks[n] = true
			}
		}
	}
	return func(d recur.Date) bool {
		of := d
		if weekly {
			of = thursday(d)
		}
		if of < first || of >= next {
			enter(civil(of).Year())
		}
		switch {
		case !counts, weekly && !weeks[(of-first)/7+1]:
			return false
		case len(w.days) == 0:
			return true
		case d < first || d >= next: // days are counted in the year of the date, weeks may be in another
			return w.hasDay(d)
		}
		return days[d-first+1]
	}
}

// hasDay is BYYEARDAY of a date at the turn of a year.
func (w *loose) hasDay(d recur.Date) bool {
	year := civil(d).Year()
	n, most := int(d-newYear(year))+1, int(newYear(year+1)-newYear(year))
	return slices.Contains(w.days, n) || slices.Contains(w.days, n-most-1)
}

// newYear is the first day of a year, also of one that no date is in.
func newYear(year int) recur.Date {
	return dateAt(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
}

// thursday is that of the week of a date, which begins on Monday.
func thursday(d recur.Date) recur.Date { return d + 3 - recur.Date((int(d.Weekday())+6)%7) }

// period is the day, week, month or year that positions are counted in, as far as
// it has dates, to the first that is of the next.
type period struct{ first, next recur.Date }

func (w *loose) period(d recur.Date) period {
	frequency := w.base.Frequency()
	if w.years > 0 {
		frequency = recur.Yearly
	}
	p := period{d, d + 1}
	switch frequency {
	case recur.Weekly:
		p.first = d - recur.Date((int(d.Weekday())+6-w.firstDay+7)%7)
		p.next = p.first + 7
	case recur.Monthly:
		first := civil(d).AddDate(0, 0, 1-civil(d).Day())
		p = period{dateAt(first), dateAt(first.AddDate(0, 1, 0))}
	case recur.Yearly:
		p = period{newYear(civil(d).Year()), newYear(civil(d).Year() + 1)}
	}
	p.first = max(p.first, recur.First)
	return p
}

// dateAt is the date of a midnight, also of one in other years than dates are.
func dateAt(midnight time.Time) recur.Date { return recur.Date(midnight.Unix() / 86400) }

// civil is a date as a moment.
func civil(d recur.Date) time.Time {
	year, month, day := d.Civil()
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// numbers reads a list of up to 64 numbers, none of them 0, up to most and from
// -most.
func numbers(list string, most int) (all []int, ok bool) {
	if list == "" {
		return nil, true
	}
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n == 0 || n < -most || n > most || len(all) == 64 {
			return nil, false
		}
		all = append(all, n)
	}
	return all, true
}
