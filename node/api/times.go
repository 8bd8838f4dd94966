package api

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"votive/proto/dates"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// zone is the reader's, UTC where they did not say.
func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, badInput(fmt.Errorf("zone %.80q is not known; give an IANA name like Asia/Hong_Kong", name))
	}
	return z, nil
}

// spoken is a time as somebody typed it.
type spoken struct {
	at, end, lasting, zone string
	floating               bool
	had                    *votive.Card // an event that is to change, or nil

	now    time.Time
	reader *time.Location // of who typed
}

// understand reads it, or says what is wrong with it. What was not said of an
// event that is to change stays: a start that moves takes its end with it.
func (s spoken) understand() (start, end votive.Time, err error) {
	if s.end != "" && s.lasting != "" {
		return start, end, errors.New("an end and a length were both given, give one")
	}
	if s.had != nil {
		start, end = s.had.Start, s.had.End
		if s.zone == "" && !s.floating {
			s.zone, s.floating = s.had.Start.Zone(), s.had.Start.Kind() == votive.Floating
		}
	}
	if s.at != "" {
		old := start
		if start, err = s.read(s.at); err != nil {
			return start, end, err
		}
		if s.had != nil && !end.IsZero() && s.end == "" && s.lasting == "" {
			if end, err = follow(old, end, start); err != nil {
				return start, end, err
			}
		}
	}
	switch {
	case s.end != "":
		end, err = s.read(s.end)
	case s.lasting != "":
		var d time.Duration
		if d, err = length(s.lasting); err == nil {
			end, err = lasting(start, d)
		}
	}
	if err == nil && !end.IsZero() && end.Kind() == start.Kind() && end.Instant(nil).Before(start.Instant(nil)) {
		err = fmt.Errorf("the end, %s, is before the start, %s", end, start)
	}
	return start, end, err
}

func (s spoken) read(text string) (votive.Time, error) {
	t, err := s.asTyped().Read(text)
	if err == nil && !onClock(t) {
		return t, fmt.Errorf("there is no %s in %s that day: clocks are put forward over it", t.Local(), t.Zone())
	}
	return t, err
}

// asTyped reads what was typed.
func (s spoken) asTyped() dates.Reader {
	return dates.Reader{Now: s.now, Zone: s.zone, Here: s.reader, Floating: s.floating}
}

// onClock reports whether the clock at the event ever shows this time: when
// clocks are put forward, it does not show the hour in between. What others
// signed with such a time has a meaning (RFC 5545, 3.3.5); who types one has
// mistaken something.
func onClock(t votive.Time) bool {
	return t.Kind() != votive.Zoned || t.Instant(nil).Format(localLayout) == t.Local()
}

// otherwise is the other moment at which the clock at the event shows this
// time, when clocks are put back; the zero time where there is none.
func otherwise(t votive.Time) time.Time {
	if t.Kind() != votive.Zoned {
		return time.Time{}
	}
	at := t.Instant(nil)
	_, before := at.Zone()
	_, after := at.Add(24 * time.Hour).Zone()
	again := at.Add(time.Duration(before-after) * time.Second)
	if before == after || again.Format(localLayout) != t.Local() {
		return time.Time{}
	}
	return again
}

// follow is the end of an event that is to begin at start and last as long as
// before.
func follow(oldStart, oldEnd, start votive.Time) (votive.Time, error) {
	d := oldEnd.Instant(nil).Sub(oldStart.Instant(nil))
	if start.Kind() != oldStart.Kind() {
		return votive.Time{}, fmt.Errorf("the event changes from %v to %v, say when it ends too", oldStart.Kind(), start.Kind())
	}
	if start.Kind() == votive.Date {
		d += 24 * time.Hour
	}
	return lasting(start, d)
}

// lasting is when what begins at start and lasts that long ends. The clock at
// the event must be able to say when that is.
func lasting(start votive.Time, d time.Duration) (votive.Time, error) {
	end, err := start.Lasting(d)
	if err == nil && start.Kind() == votive.Zoned && end.Instant(nil).Sub(start.Instant(nil)) != d {
		return end, fmt.Errorf("it would end at %s, which comes twice that night: say when it ends", end)
	}
	return end, err
}

// maxLength is how long an event may be said to last.
const maxLength = 366 * 24 * time.Hour

// length reads 90m, 2h, 2h30m or 3d.
func length(text string) (time.Duration, error) {
	bad := fmt.Errorf("length %.40q is not understood; say 90m, 2h, 2h30m or 3d", text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > 366 {
			return 0, bad
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > maxLength || d%time.Second != 0 {
		return 0, bad
	}
	return d, nil
}

// echo says a time so that nobody can mistake it: local at the event, in UTC,
// and in the reader's zone.
func echo(start, end votive.Time, reader *time.Location) []string {
	if start.IsZero() {
		return nil
	}
	switch start.Kind() {
	case votive.Date:
		return []string{"on     " + span(start, end, dateLayout) + ", wherever you are"}
	case votive.Floating:
		return []string{"at     " + span(start, end, clockLayout) + ", wherever you are"}
	}
	lines := []string{"there  " + span(start, end, clockLayout) + " " + start.Zone()}
	from, to := start.Instant(nil), end
	lines = append(lines, "UTC    "+moments(from, to, time.UTC))
	if here := moments(from, to, reader); here != moments(from, to, time.UTC) && reader.String() != start.Zone() {
		lines = append(lines, "here   "+here+" "+reader.String())
	}
	for _, t := range []votive.Time{start, end} {
		if !otherwise(t).IsZero() {
			lines = append(lines, "note   clocks are put back that night; of the two "+reading(t).Format("15:04")+", the first is meant")
		}
	}
	return lines
}

// until reads until when something is valid: a moment in RFC 3339, a duration
// from now, or a time, in the reader's zone, where a date means the whole day.
// Nothing is the zero time.
func (a *API) until(text string, reader *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if d, err := length(text); err == nil {
		return a.Almanac.Now().Add(d), nil
	}
	return a.instant(text, reader, time.Time{}, true)
}

// readUntil says how until is understood, before it is signed: where an event
// is, in UTC, and in the reader's zone.
func (a *API) readUntil(text string, event *votive.Card, reader *time.Location) (*localpb.ReadTimeResponse, error) {
	at, err := a.until(text, reader)
	if err != nil {
		return nil, err
	}
	at = at.Add(time.Second - 1).Truncate(time.Second) // of a duration, never less than was said
	t, err := votive.NewTime(at.UTC().Format(localLayout), "UTC", 0)
	if err != nil {
		return nil, badInput(err)
	}
	m := &localpb.ReadTimeResponse{Start: timeMessage(t)}
	if event != nil && event.Start.Kind() == votive.Zoned && event.Start.Zone() != reader.String() {
		if there, err := zone(event.Start.Zone()); err == nil {
			m.Echo = append(m.Echo, "there  "+at.In(there).Format(clockLayout)+" "+event.Start.Zone())
		}
	}
	m.Echo = append(m.Echo, "UTC    "+at.UTC().Format(clockLayout))
	if reader != time.UTC {
		m.Echo = append(m.Echo, "here   "+at.In(reader).Format(clockLayout)+" "+reader.String())
	}
	return m, nil
}

const (
	localLayout = "2006-01-02T15:04:05"
	dateLayout  = "Mon 2006-01-02"
	clockLayout = "Mon 2006-01-02 15:04"
)

// span is the readings of two times.
func span(start, end votive.Time, layout string) string {
	s := reading(start).Format(layout)
	if end.IsZero() {
		return s
	}
	return s + " to " + shorter(reading(start), reading(end), layout)
}

// reading is the wall clock of a time, as if in UTC.
func reading(t votive.Time) time.Time {
	layout := localLayout
	if t.Kind() == votive.Date {
		layout = time.DateOnly
	}
	r, _ := time.Parse(layout, t.Local()) // Local writes what this reads
	return r
}

func moments(from time.Time, end votive.Time, z *time.Location) string {
	s := from.In(z).Format(clockLayout)
	if end.IsZero() {
		return s
	}
	return s + " to " + shorter(from.In(z), end.Instant(nil).In(z), clockLayout)
}

// shorter leaves the day out where it is the same.
func shorter(start, end time.Time, layout string) string {
	if layout == clockLayout && start.YearDay() == end.YearDay() && start.Year() == end.Year() {
		return end.Format("15:04")
	}
	return end.Format(layout)
}

// instant reads a bound of a search, in the reader's zone: a time, or a date,
// which as an upper bound means the whole day.
func (a *API) instant(text string, reader *time.Location, otherwise time.Time, last bool) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	t, err := dates.Reader{Now: a.Almanac.Now(), Zone: reader.String(), Here: reader}.Read(text)
	if err != nil {
		return time.Time{}, badInput(err)
	}
	at := t.Instant(reader)
	if last && t.Kind() == votive.Date {
		at = at.AddDate(0, 0, 1).Add(-time.Second)
	}
	return at, nil
}
