package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// times reads start and end.
func (e *reading) times(c *component) error {
	p := c.first("DTSTART")
	switch {
	case p == nil && c.cancelled():
		return fmt.Errorf("it calls off what this file does not have")
	case p == nil:
		return fmt.Errorf("no DTSTART")
	}
	var err error
	if e.Start, err = e.moment(p, p.value); err != nil {
		return fmt.Errorf("DTSTART: %w", err)
	}
	if e.End, err = e.endOf(c, e.Start); err != nil {
		e.say("the end was left out: %v", err)
		e.End = votive.Time{}
	}
	return nil
}

// endOf is when what begins with start ends by DTEND or DURATION; not set where
// it ends at once, or with the day.
func (e *reading) endOf(c *component, start votive.Time) (votive.Time, error) {
	var end votive.Time
	var err error
	switch p, q := c.first("DTEND"), c.first("DURATION"); {
	case p != nil:
		if end, err = e.moment(p, p.value); err != nil {
			return votive.Time{}, err
		}
		if end.Kind() != start.Kind() {
			return votive.Time{}, fmt.Errorf("it is %v, and the start is %v", end.Kind(), start.Kind())
		}
		if end.Kind() == votive.Date { // the day after the last
			if end == start {
				return votive.Time{}, nil // of no days, which many write for one
			}
			if end, err = dateTime(dateOf(end) - 1); err != nil {
				return votive.Time{}, err
			}
		}
	case q != nil:
		if end, err = lasting(start, q.value); err != nil {
			return votive.Time{}, err
		}
	}
	if end == start || end.IsZero() {
		return votive.Time{}, nil
	}
	if local := start.Kind() != votive.Zoned; local && end.Local() < start.Local() ||
		!local && moment(end) < moment(start) {
		return votive.Time{}, fmt.Errorf("it is %v, before the start %v", end, start)
	}
	return end, nil
}

// moment is when a zoned time is by the offset in it, as SPEC 6.2 compares them.
func moment(t votive.Time) int64 {
	wall, _ := time.Parse("2006-01-02T15:04:05", t.Local())
	return wall.Unix() - int64(t.Offset())
}

// dateTime is a date as a time.
func dateTime(d recur.Date) (votive.Time, error) { return votive.NewTime(d.String(), "", 0) }

// lasting is the end of what lasts that long (RFC 5545, 3.3.6): days by the
// calendar, hours by the clock of nobody.
func lasting(start votive.Time, value string) (votive.Time, error) {
	days, rest, err := parseDuration(value)
	if err != nil {
		return votive.Time{}, err
	}
	if start.Kind() == votive.Date {
		if rest != 0 {
			return votive.Time{}, fmt.Errorf("it is no number of days, and the start is a date")
		}
		if days < 1 {
			return votive.Time{}, nil
		}
		return start.Lasting(time.Duration(days) * 24 * time.Hour)
	}
	wall, err := time.Parse("2006-01-02T15:04:05", start.Local())
	if err != nil {
		return votive.Time{}, err
	}
	later, err := inZone(wall.AddDate(0, 0, days), start.Zone())
	if err != nil || rest == 0 {
		return later, err
	}
	return later.Lasting(rest)
}

// maxDays is more days than there are in the years 2000 to 2100.
const maxDays = 40_000

// parseDuration reads P15DT5H0M20S and the like.
func parseDuration(value string) (days int, rest time.Duration, err error) {
	odd := fmt.Errorf("%s is no duration of the form P1DT2H30M", short(value))
	s := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(value)), "+")
	s, found := strings.CutPrefix(s, "P")
	if !found || s == "" {
		return 0, 0, odd
	}
	clock := false
	for s != "" {
		if s[0] == 'T' {
			clock, s = true, s[1:]
			continue
		}
		i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if i < 1 || i > 9 {
			return 0, 0, odd
		}
		n, _ := strconv.Atoi(s[:i])
		switch unit := s[i]; {
		case unit == 'W' && !clock:
			days += 7 * min(n, maxDays)
		case unit == 'D' && !clock:
			days += min(n, maxDays)
		case unit == 'H' && clock:
			rest += time.Duration(min(n, maxDays*24)) * time.Hour
		case unit == 'M' && clock:
			rest += time.Duration(min(n, maxDays*1440)) * time.Minute
		case unit == 'S' && clock:
			rest += time.Duration(n) * time.Second
		default:
			return 0, 0, odd
		}
		s = s[i+1:]
		if days > maxDays || rest > maxDays*24*time.Hour {
			return 0, 0, fmt.Errorf("%s is longer than there are years", short(value))
		}
	}
	return days, rest, nil
}

// moment reads a DATE or DATE-TIME (RFC 5545, 3.3.4 and 3.3.5), whose zone is
// with the property.
func (e *reading) moment(p *property, value string) (votive.Time, error) {
	value = strings.TrimSpace(value)
	wall, err := time.Parse("20060102", value)
	if err == nil {
		return votive.NewTime(wall.Format("2006-01-02"), "", 0)
	}
	digits, utc := strings.CutSuffix(strings.ToUpper(value), "Z")
	if len(digits) == 15 && digits[13:] == "60" { // RFC 5545, 3.3.12
		digits = digits[:13] + "59"
	}
	if wall, err = time.Parse("20060102T150405", digits); err != nil || len(digits) != 15 {
		return votive.Time{}, fmt.Errorf("%s is no time of the form 20270604, 20270604T200000 or 20270604T120000Z", short(value))
	}
	name := p.param("TZID")
	switch {
	case p.param("VALUE") == "DATE":
		return votive.NewTime(wall.Format("2006-01-02"), "", 0)
	case utc:
		return inZone(wall, "UTC")
	case name == "":
		return votive.NewTime(wall.Format("2006-01-02T15:04:05"), "", 0)
	}
	z := e.file.zone(name, wall.Year())
	if z.notice != "" {
		e.say("%s", z.notice)
	}
	switch {
	case z.iana == "":
		return votive.Time{}, fmt.Errorf("the zone %s is not known here, and the file does not say what it is", short(name))
	case z.shift != 0:
		wall = wall.Add(-time.Duration(z.shift) * time.Second)
	case z.own != nil:
		clock := e.file.clock(z.own, wall.Year())
		if len(clock) == 0 {
			return votive.Time{}, fmt.Errorf("the zone %s is not known here, and the file does not say what it is in %d", short(name), wall.Year())
		}
		wall = time.Unix(clock.moment(wall.Unix()), 0).UTC()
	}
	return inZone(wall, z.iana)
}

// inZone is what the clock of a known zone reads; of none, a floating time.
func inZone(wall time.Time, zone string) (votive.Time, error) {
	local := wall.Format("2006-01-02T15:04:05")
	if zone == "" {
		return votive.NewTime(local, "", 0)
	}
	t, err := votive.NewTime(local, zone, 0)
	if err != nil {
		return t, err
	}
	_, offset := t.Instant(nil).Zone()
	return votive.NewTime(local, zone, offset)
}

// in is t on the clock of another zone that is known.
func in(t votive.Time, zone string) (votive.Time, error) {
	return inZone(t.Instant(nil).In(known(zone)), zone)
}

// zone is what a TZID stands for.
type zone struct {
	iana   string     // empty: nobody knows
	shift  int        // seconds that the clock is ahead of it
	own    *component // a VTIMEZONE by which its times are turned into UTC
	notice string
}

// utc reports whether times in it are only right one by one.
func (z zone) utc() bool { return z.shift != 0 || z.own != nil }

// maxZones is how many TZIDs of a file are looked into.
const maxZones = 256

// zone finds out what a TZID is, in a year of use. Names that are known are
// believed over the VTIMEZONE that comes with them: those are often old.
func (f *file) zone(name string, year int) zone {
	z, found := f.zones[name]
	if !found && len(f.zones) < maxZones {
		z = f.findZone(name, year)
		f.zones[name] = z
	}
	return z
}

func (f *file) findZone(name string, year int) zone {
	if z := named(name); z != "" {
		return zone{iana: z}
	}
	i := slices.IndexFunc(f.timezones, func(c *component) bool {
		p := c.first("TZID")
		return p != nil && clean(p.value) == name
	})
	if i < 0 {
		return zone{}
	}
	if z := named(text1(f.timezones[i], "X-LIC-LOCATION")); z != "" {
		return zone{iana: z}
	}
	clock := clockOf(f.timezones[i], year)
	if fixed, ok := clock.fixed(); ok {
		if fixed == 0 {
			return zone{iana: "UTC"}
		}
		hours := fixed / 3600
		z := fmt.Sprintf("Etc/GMT%+d", -hours)
		if fixed%3600 == 0 && known(z) != nil {
			return zone{iana: z, notice: fmt.Sprintf("the zone %s is not known here; its times are taken as UTC%s all year", short(name), offset(fixed))}
		}
	}
	for _, windows := range sorted(windowsZones) {
		if z := windowsZones[windows]; clock.like(known(z), year) {
			return zone{iana: z, notice: fmt.Sprintf("the zone %s is not known here; its times are taken as those of %s, where the clocks go alike", short(name), z)}
		}
	}
	if fixed, ok := clock.fixed(); ok {
		return zone{iana: "UTC", shift: fixed, notice: fmt.Sprintf("the zone %s is not known here; its times were turned into UTC from UTC%s", short(name), offset(fixed))}
	}
	if len(clock) == 0 {
		return zone{}
	}
	return zone{iana: "UTC", own: f.timezones[i], notice: fmt.Sprintf("the zone %s is not known here, nor one like it; its times were turned into UTC by what the file says of it", short(name))}
}

// year is a VTIMEZONE around a year.
type year struct {
	of *component
	in int
}

// clock reads a VTIMEZONE around a year, up to maxZones of them in a file.
func (f *file) clock(of *component, in int) clock {
	c, found := f.clocks[year{of, in}]
	if !found && len(f.clocks) < maxZones {
		c = clockOf(of, in)
		f.clocks[year{of, in}] = c
	}
	return c
}

// named is the IANA zone that a name stands for by itself, or empty: one, one of
// Windows, or one behind a path, as in /mozilla.org/20050126_1/Europe/Berlin.
func named(name string) string {
	name = strings.TrimSpace(name)
	if z := windowsZones[name]; z != "" {
		name = z
	}
	if known(name) != nil {
		return name
	}
	parts := strings.Split(name, "/")
	for n := min(3, len(parts)-1); n >= 2; n-- {
		if z := strings.Join(parts[len(parts)-n:], "/"); known(z) != nil {
			return z
		}
	}
	return ""
}

// clock is how a VTIMEZONE sets the clock around a year, by its readings before
// it is set, in Unix seconds as if they were in UTC.
type clock []setting

type setting struct {
	at       int64
	from, to int // seconds east of UTC
}

// maxSettings is how often a VTIMEZONE may set the clock, as far as it is read: to
// compare it with a zone, each setting is held to all of them.
const maxSettings = 1024

// clockOf reads a VTIMEZONE (RFC 5545, 3.6.5).
func clockOf(c *component, year int) clock {
	var all clock
	for _, o := range c.children[:min(len(c.children), 64)] {
		from, ok := parseOffset(text1(o, "TZOFFSETFROM"))
		to, ok2 := parseOffset(text1(o, "TZOFFSETTO"))
		begin, err := time.Parse("20060102T150405", text1(o, "DTSTART"))
		if !ok || !ok2 || err != nil {
			continue
		}
		set := func(t time.Time) {
			if len(all) < maxSettings {
				all = append(all, setting{t.Unix(), from, to})
			}
		}
		set(begin)
		if p := o.first("RRULE"); p != nil {
			for _, t := range yearly(p.value, begin, from, year) {
				set(t)
			}
		}
		for _, p := range o.all("RDATE") {
			for _, value := range strings.SplitN(p.value, ",", 129) {
				if t, err := time.Parse("20060102T150405", value); err == nil {
					set(t)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b setting) int { return cmp.Compare(a.at, b.at) })
	return all
}

// yearly is when a rule of an observance comes around a year, or where it has
// ended, when it last came: that holds on. The clock is from seconds ahead of UTC
// by then.
func yearly(value string, begin time.Time, from, year int) []time.Time {
	end := time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	var parts []string
	for part := range strings.SplitSeq(strings.ToUpper(value), ";") {
		until, found := strings.CutPrefix(part, "UNTIL=")
		if !found {
			parts = append(parts, part)
			continue
		}
		digits, utc := strings.CutSuffix(until, "Z")
		t, err := time.Parse("20060102T150405", digits)
		if err != nil {
			if t, err = time.Parse("20060102", digits); err != nil {
				return nil
			}
			t = t.AddDate(0, 0, 1).Add(-time.Second)
		}
		if end = t; utc {
			end = t.Add(time.Duration(from) * time.Second)
		}
	}
	rule, err := recur.Parse(strings.Join(parts, ";"))
	if err != nil || rule.Count() != 0 || rule.Interval() > 1 || rule.Frequency() != recur.Yearly {
		return nil
	}
	start, found := recur.DateOf(2000, int(begin.Month()), begin.Day())
	if !found {
		return nil
	}
	var all []time.Time
	for y := max(begin.Year(), min(year-2, end.Year()-1)); y <= min(year+2, end.Year()); y++ {
		// There are no dates before 2000. After 28 years the days of the week are
		// the same again, from 1901 to 2099.
		like := y
		for like <= 2000 {
			like += 28
		}
		first, found := recur.DateOf(like, 1, 1)
		if !found {
			break
		}
		for d := range rule.Dates(start, first) {
			in, month, day := d.Civil()
			if in > like || len(all) == 64 {
				break
			}
			t := time.Date(y, time.Month(month), day, begin.Hour(), begin.Minute(), begin.Second(), 0, time.UTC)
			if !t.Before(begin) && !t.After(end) {
				all = append(all, t)
			}
		}
	}
	return all
}

// parseOffset reads a UTC-OFFSET (RFC 5545, 3.3.14).
func parseOffset(s string) (seconds int, ok bool) {
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:], 10, 32)
	if err != nil {
		return 0, false
	}
	if len(s) == 5 {
		n *= 100
	}
	seconds = int(n/10000*3600 + n/100%100*60 + n%100)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, seconds >= -18*3600 && seconds <= 18*3600
}

// fixed is the offset where there is but one.
func (c clock) fixed() (seconds int, ok bool) {
	for _, o := range c {
		if o.to != c[0].to {
			return 0, false
		}
		seconds = o.to
	}
	return seconds, len(c) > 0
}

// like reports whether a zone reads the same all through that year and the next.
func (c clock) like(z *time.Location, year int) bool {
	if len(c) == 0 || z == nil {
		return false
	}
	for t := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC); t.Year() <= year+1; t = t.AddDate(0, 0, 7) {
		_, seconds := t.In(z).Zone()
		if seconds != c.at(t.Unix()) {
			return false
		}
	}
	for _, o := range c { // in the same second, too
		for _, unix := range []int64{o.at - int64(o.from), o.at - int64(o.from) - 1} {
			t := time.Unix(unix, 0).In(z)
			if _, seconds := t.Zone(); t.Year() >= year && t.Year() <= year+1 && seconds != c.at(unix) {
				return false
			}
		}
	}
	return true
}

// moment is when the clock reads that, both in Unix seconds: as in package votive,
// with the offset before a gap, and for the first time where it comes twice
// (RFC 5545, 3.3.5).
func (c clock) moment(wall int64) int64 {
	const day = 24 * 60 * 60
	earlier, later := int64(c.at(wall-day)), int64(c.at(wall+day))
	if earlier != later && int64(c.at(wall-earlier)) != earlier && int64(c.at(wall-later)) == later {
		return wall - later
	}
	return wall - earlier
}

// at is the offset at a moment.
func (c clock) at(unix int64) int {
	seconds := c[0].from
	for _, o := range c {
		if o.at-int64(o.from) > unix {
			break
		}
		seconds = o.to
	}
	return seconds
}
