package almanac

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"votive/proto/votive"
)

// Query is which events to find.
type Query struct {
	Circle votive.ID      // in that circle, or zero: anywhere
	From   time.Time      // not over by then
	To     time.Time      // begun by then; zero: any time
	Reader *time.Location // where dates and floating times are read; nil: UTC
	Text   string         // in title, text or city, whatever the case
	Tag    string
	Limit  int // at least 1
}

// Upcoming are the events that a query asks for, soonest first, and whether
// there are more. What it costs does not grow with the events that are over.
func (v *View) Upcoming(q Query) ([]*Event, bool) {
	if q.Reader == nil {
		q.Reader = time.UTC
	}
	type hit struct {
		start time.Time
		event *Event
	}
	var hits []hit
	order := func(a, b hit) int {
		return cmp.Or(a.start.Compare(b.start), a.event.ID.Compare(b.event.ID))
	}
	var settled int64 // nothing after this can come before the last of Limit
	v.x.agenda.recurring(q.From, func(s slot) {
		if start, ok := q.fits(s.event); ok {
			hits = append(hits, hit{start, s.event})
		}
	})
	// Of those that recur only the first of them can be among the first of all.
	slices.SortFunc(hits, order)
	hits = hits[:min(len(hits), q.Limit+1)]
	for _, h := range hits {
		settled = max(settled, h.start.Add(farthest).Unix())
	}
	v.x.agenda.each(q.From, func(s slot) bool {
		if len(hits) > q.Limit && s.start > settled {
			return false
		}
		if !q.To.IsZero() && s.start > q.To.Add(farthest).Unix() {
			return false
		}
		if start, ok := q.fits(s.event); ok {
			hits = append(hits, hit{start, s.event})
			if len(hits) <= q.Limit+1 {
				settled = max(settled, start.Add(farthest).Unix())
			}
		}
		return true
	})
	slices.SortFunc(hits, order)
	more := len(hits) > q.Limit
	events := make([]*Event, 0, min(len(hits), q.Limit))
	for _, h := range hits[:min(len(hits), q.Limit)] {
		events = append(events, h.event)
	}
	return events, more
}

// fits reports whether the event is one of those asked for, and when it begins
// for the reader: of one that recurs, its next occurrence.
func (q *Query) fits(e *Event) (time.Time, bool) {
	if !e.Known || !q.Circle.IsZero() && e.Circle != q.Circle {
		return time.Time{}, false
	}
	card := &e.State.Card
	start, end := card.Span(q.Reader)
	if card.Recurs() {
		next, ok := card.Next(q.From, q.Reader)
		if !ok {
			return start, false
		}
		start, end = next.Span(q.Reader)
	}
	if end.Equal(q.From) && start.Before(end) && !card.Recurs() { // on a date: it ended with the day before
		return start, false
	}
	if end.Before(q.From) || !q.To.IsZero() && start.After(q.To) {
		return start, false
	}
	if q.Tag != "" && !slices.ContainsFunc(card.Tags, func(t string) bool { return strings.EqualFold(t, q.Tag) }) {
		return start, false
	}
	text := strings.ToLower(q.Text)
	return start, text == "" || strings.Contains(strings.ToLower(card.Title), text) ||
		strings.Contains(strings.ToLower(card.City), text) || strings.Contains(strings.ToLower(card.Text), text)
}
