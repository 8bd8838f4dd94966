package page

import (
	"time"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// The kinds of time, SPEC 6.3.
const (
	zoned    = "zoned"
	date     = "date"
	floating = "floating"
)

const (
	dayForm   = "Mon 2 January 2006"
	clockForm = "15:04"
)

// moment is a time of an event as a reader sees it.
type moment struct {
	kind string
	own  time.Time // on the reader's clock; for a date and a floating time, as written
	at   time.Time // on the clock at the event
	zone string    // at the event
}

// read understands a time of the API. It is false for none, and for one that
// this votive does not know how to read.
func (r Reader) read(t *localpb.Time) (moment, bool) {
	m := moment{kind: t.GetKind(), zone: plain.Line(t.GetZone())}
	form := "2006-01-02T15:04:05"
	if m.kind == date {
		form = time.DateOnly
	}
	local, err := time.Parse(form, t.GetLocal())
	if err != nil {
		return m, false
	}
	m.own, m.at = local, local
	if m.kind == zoned {
		utc, err := time.Parse(time.RFC3339, t.GetUtc())
		if err != nil {
			return m, false
		}
		m.own = utc.In(r.Zone)
	}
	return m, m.kind == zoned || m.kind == date || m.kind == floating
}

// away says whether the reader's clock shows something else than the one at
// the event.
func (m moment) away() bool {
	return m.kind == zoned && m.own.Format(time.DateTime) != m.at.Format(time.DateTime)
}

// When writes a time or a span of it for the reader, most important first: at
// the event, and on the reader's own clock if that shows something else.
func (r Reader) When(start, end *localpb.Time) []string {
	from, ok := r.read(start)
	if !ok {
		return []string{plain.Line(start.GetLocal() + " " + start.GetZone())}
	}
	to, ended := r.read(end)
	if !ended {
		to = from
	}
	switch from.kind {
	case date:
		return []string{span(from.at, to.at, dayForm, "") + ", all day"}
	case floating:
		return []string{span(from.at, to.at, dayForm, clockForm) + ", wherever you are"}
	}
	lines := []string{span(from.at, to.at, dayForm, clockForm) + ", " + from.zone}
	if ended && to.zone != from.zone {
		lines = []string{
			"from " + span(from.at, from.at, dayForm, clockForm) + ", " + from.zone,
			"to " + span(to.at, to.at, dayForm, clockForm) + ", " + to.zone,
		}
	}
	if from.away() || to.away() {
		lines = append(lines, span(from.own, to.own, dayForm, clockForm)+" for you, "+r.Zone.String())
	}
	return lines
}

// span writes a beginning and an end, and what they share only once.
func span(from, to time.Time, day, clock string) string {
	first, last := from.Format(day), to.Format(day)
	if clock == "" {
		if first == last {
			return first
		}
		return first + " to " + last
	}
	first += ", " + from.Format(clock)
	switch {
	case from.Equal(to):
		return first
	case from.Format(day) == last:
		return first + " to " + to.Format(clock)
	default:
		return first + " to " + last + ", " + to.Format(clock)
	}
}

// Stamp writes a moment of RFC 3339 on the reader's clock.
func (r Reader) Stamp(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return plain.Line(rfc3339)
	}
	return t.In(r.Zone).Format("2 Jan 2006, " + clockForm)
}

// ago says how long ago a moment was, as people do.
func (r Reader) ago(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return plain.Line(rfc3339)
	}
	d := r.Now.Sub(t)
	switch {
	case d < -time.Minute:
		return "later than this computer's clock: is the clock right?"
	case d < time.Minute:
		return "less than a minute ago"
	case d < time.Hour:
		return count(uint32(d/time.Minute), "minute ago", "minutes ago")
	case d < 48*time.Hour:
		return count(uint32(d/time.Hour), "hour ago", "hours ago")
	default:
		return count(uint32(min(d/(24*time.Hour), 100_000)), "day ago", "days ago")
	}
}

// daysTo names days that are near.
func (r Reader) daysTo(day time.Time) string {
	y, m, d := r.Now.In(r.Zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	y, m, d = day.Date()
	switch time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(today) {
	case 0:
		return "today"
	case 24 * time.Hour:
		return "tomorrow"
	default:
		return ""
	}
}
