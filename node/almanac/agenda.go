package almanac

import (
	"cmp"
	"slices"
	"time"
)

// farthest is how far a date or a floating time may be from its reading in
// UTC, wherever the reader is.
const farthest = 14 * time.Hour

// agenda is the events by when they begin, so that the next ones are found
// without looking at those that are over.
type agenda struct {
	events int // that are on it
	sorted []slot
	fresh  []slot          // not sorted in yet
	gone   bool            // some in sorted or fresh are left over
	long   map[*Event]slot // those of more than a day
	series map[*Event]slot // those that recur, which are in none of the others
}

// slot is when an event begins and ends, in Unix seconds, read in UTC. Where an
// event stands now, it says itself: others of its slots are left over.
type slot struct {
	start, end int64
	event      *Event // nil for an event that is on no agenda
	recurs     bool
}

func (s slot) stands() bool { return s.event.slot == s }

func (s slot) compare(other slot) int {
	if order := cmp.Compare(s.start, other.start); order != 0 {
		return order
	}
	return s.event.ID.Compare(other.event.ID)
}

const day = 24 * 60 * 60

// put has the event stand where its card says.
func (a *agenda) put(e *Event) {
	card := &e.State.Card
	start, end := card.Span(time.UTC)
	s := slot{start.Unix(), end.Unix(), e, card.Recurs()}
	if e.slot == s {
		return
	}
	a.remove(e)
	e.slot = s
	a.events++
	if a.long == nil {
		a.long, a.series = make(map[*Event]slot), make(map[*Event]slot)
	}
	switch {
	case s.recurs:
		a.series[e] = s
		return
	case s.end-s.start > day:
		a.long[e] = s
	}
	a.fresh = append(a.fresh, s)
}

// remove takes an event off, if it is on it.
func (a *agenda) remove(e *Event) {
	if e.slot.event == nil {
		return
	}
	e.slot = slot{}
	a.events--
	a.gone = true
	delete(a.long, e)
	delete(a.series, e)
}

// settled reports whether settle has nothing to do.
func (a *agenda) settled() bool { return len(a.fresh) == 0 && !a.gone }

// settle sorts in what was put, and lets go of what was removed. It costs one
// pass for any number of puts.
func (a *agenda) settle() {
	if a.settled() {
		return
	}
	a.sorted = append(a.sorted, a.fresh...)
	a.fresh, a.gone = nil, false
	slices.SortFunc(a.sorted, slot.compare)
	a.sorted = slices.Compact(a.sorted)
	a.sorted = slices.DeleteFunc(a.sorted, func(s slot) bool { return !s.stands() })
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
		if s.stands() && !yield(s) {
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
