package almanac

import (
	"cmp"
	"slices"
	"time"

	"votive/proto/votive"
)

// farthest is how far a date or a floating time may be from its reading in
// UTC, wherever the reader is.
const farthest = 14 * time.Hour

// agenda is the events by when they begin, so that the next ones are found
// without looking at those that are over.
type agenda struct {
	sorted []slot
	fresh  []slot // not sorted in yet
	where  map[votive.ID]slot
	long   map[votive.ID]slot // those of more than a day
	series map[votive.ID]slot // those that recur, which are in none of the others
}

// slot is when an event begins and ends, in Unix seconds, read in UTC.
type slot struct {
	start, end int64
	event      votive.ID
	recurs     bool
}

func (s slot) compare(other slot) int {
	if order := cmp.Compare(s.start, other.start); order != 0 {
		return order
	}
	return s.event.Compare(other.event)
}

const day = 24 * 60 * 60

// put has the event stand where its card says.
func (a *agenda) put(event votive.ID, card *votive.Card) {
	start, end := card.Span(time.UTC)
	s := slot{start.Unix(), end.Unix(), event, card.Recurs()}
	if a.where == nil {
		a.where, a.long, a.series = make(map[votive.ID]slot), make(map[votive.ID]slot), make(map[votive.ID]slot)
	}
	if a.where[event] == s {
		return
	}
	a.where[event] = s
	delete(a.long, event)
	delete(a.series, event)
	switch {
	case s.recurs:
		a.series[event] = s
		return
	case s.end-s.start > day:
		a.long[event] = s
	}
	a.fresh = append(a.fresh, s)
}

// remove takes an event off.
func (a *agenda) remove(event votive.ID) {
	delete(a.where, event)
	delete(a.long, event)
	delete(a.series, event)
}

// settle sorts in what was put. It costs one pass for any number of puts.
func (a *agenda) settle() {
	if len(a.fresh) == 0 {
		return
	}
	a.sorted = append(a.sorted, a.fresh...)
	a.fresh = nil
	slices.SortFunc(a.sorted, slot.compare)
	a.sorted = slices.Compact(a.sorted)
	a.sorted = slices.DeleteFunc(a.sorted, func(s slot) bool { return a.where[s.event] != s })
}

// each gives the events that may be on at or after from and that do not recur,
// those that begin first first, long ones before all others, until yield says to stop. Some
// that ended shortly before from are among them.
func (a *agenda) each(from time.Time, yield func(slot) bool) {
	since := from.Add(-farthest).Unix() - day
	for _, s := range a.long {
		if s.start < since && s.end >= since && !yield(s) {
			return
		}
	}
	first, _ := slices.BinarySearchFunc(a.sorted, since, func(s slot, since int64) int {
		return cmp.Compare(s.start, since)
	})
	for _, s := range a.sorted[first:] {
		if a.where[s.event] == s && !yield(s) {
			return
		}
	}
}

// recurring gives the events that recur and whose last occurrence may be on at
// or after from, in any order.
func (a *agenda) recurring(from time.Time, yield func(slot)) {
	since := from.Add(-farthest).Unix() - day
	for _, s := range a.series {
		if s.end >= since {
			yield(s)
		}
	}
}
