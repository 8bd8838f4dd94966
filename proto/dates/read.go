package dates

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// maxText is how many bytes a time may have.
const maxText = 100

// understood is what a refusal says would be right.
const understood = `write 2027-06-04T20:00, "2027-06-04 20:00", 2027-06-04, "tomorrow 20:00", "fri 8pm", "4 June 20:00", "in 3 days", "6月4日 20:00", "6月4日晚上8点" or "明天 20:00"`

// Reader is who reads a time.
type Reader struct {
	Now      time.Time
	Zone     string         // in which clocks are meant: an IANA name
	Here     *time.Location // of who types; nil: UTC
	Floating bool           // clocks are meant wherever somebody is, and Zone means nothing
}

// Read is the time that somebody typed: a clock time in the zone, or a date. A
// day without a year is the next one that there is; a day that is already
// another one here than in the zone is refused where that makes a difference.
func (r Reader) Read(text string) (votive.Time, error) {
	if len(text) > maxText {
		return votive.Time{}, fmt.Errorf("time of %d bytes, want at most %d", len(text), maxText)
	}
	if r.Here == nil {
		r.Here = time.UTC
	}
	folded := fold(text)
	if absolute(folded) {
		return r.absolute(strings.ToUpper(folded))
	}
	p, err := parse(folded)
	if err != nil {
		return votive.Time{}, fmt.Errorf("time %q: %w", text, err)
	}
	there := r.Here
	if !r.Floating && r.Zone != "" {
		if there, err = locate(r.Zone); err != nil {
			return votive.Time{}, err
		}
	}
	if p.after != 0 {
		return r.later(p.after, there)
	}
	day, err := r.day(text, p, there)
	if err != nil {
		return votive.Time{}, err
	}
	if p.clock == noClock {
		return votive.NewTime(day.String(), "", 0)
	}
	return r.absolute(day.String() + "T" + p.clock.String())
}

// absolute reports whether a text is, or means to be, one of the forms that
// name a day and a clock in figures.
func absolute(folded string) bool {
	return strings.Trim(folded, "0123456789-:t ") == "" && strings.Count(folded, "-") == 2
}

// absolute reads such a form.
func (r Reader) absolute(text string) (votive.Time, error) {
	if r.Floating {
		return votive.ParseFloating(text)
	}
	return votive.ParseTime(text, r.Zone)
}

// locate is the zone of that name.
func locate(zone string) (*time.Location, error) {
	t, err := votive.ParseTime("2000-01-01T00:00", zone)
	if err != nil {
		return nil, err
	}
	return t.Instant(nil).Location(), nil
}

// day is the day that is meant, for who types and at the event alike.
func (r Reader) day(text string, p phrase, there *time.Location) (recur.Date, error) {
	day, err := p.day(today(r.Now.In(there), p.clock))
	if err != nil {
		return 0, fmt.Errorf("time %q: %w", text, err)
	}
	own, err := p.day(today(r.Now.In(r.Here), p.clock))
	if err != nil {
		return 0, fmt.Errorf("time %q: %w", text, err)
	}
	if day != own {
		return 0, fmt.Errorf("time %q is %v in %v and %v here, in %v: write the date", text, day, there, own, r.Here)
	}
	return day, nil
}

// today is the day that a clock shows, and whether a time of day is over on it.
func today(now time.Time, at clock) moment {
	d, ok := recur.DateOf(now.Year(), int(now.Month()), now.Day())
	if !ok {
		d = recur.First
		if now.Year() > 2100 {
			d = recur.Last
		}
	}
	clock := clock(now.Hour()*3600 + now.Minute()*60 + now.Second())
	return moment{today: d, over: at != noClock && at <= clock}
}

// moment is the day it is, and whether the time of day that is meant is over.
type moment struct {
	today recur.Date
	over  bool
}

// later is what the clock shows after that time, to the minute.
func (r Reader) later(after time.Duration, there *time.Location) (votive.Time, error) {
	at := r.Now.Add(after).Truncate(time.Minute).In(there)
	t, err := r.absolute(at.Format("2006-01-02T15:04"))
	if err == nil && t.Kind() == votive.Zoned && !t.Instant(nil).Equal(at) {
		return votive.Time{}, fmt.Errorf("that is %v, which comes twice that night: write another time", t)
	}
	return t, err
}

// errUnderstood says what would be right.
var errUnderstood = errors.New("not understood: " + understood)
