package diary

import (
	"cmp"
	"slices"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/proto/votive"
)

// Mine reports whether an event is in the person's own calendar: they organize
// it, or said that they come, or may.
func Mine(e *almanac.Event) bool {
	return e.Organized() || e.Mine != nil && e.Mine.Reply.Status != votive.RsvpNo
}

// In gives whether an event was found in that circle, or announced to it.
func In(circle votive.ID) func(*almanac.Event) bool {
	return func(e *almanac.Event) bool { return e.Circle == circle }
}

// Everything is every event that can be read here.
func Everything(*almanac.Event) bool { return true }

// Entries are the events of which which is true, as a calendar has them, by
// when they first begin. An event without a time is in no calendar. They are
// good until the function that View called returns.
func Entries(v *almanac.View, which func(*almanac.Event) bool) []calendar.Event {
	var all []calendar.Event
	for e := range v.All() {
		if e.Known && !e.State.Card.Start.IsZero() && which(e) {
			all = append(all, Entry(e))
		}
	}
	slices.SortFunc(all, func(a, b calendar.Event) int {
		return cmp.Or(a.Card.Start.Instant(nil).Compare(b.Card.Start.Instant(nil)), a.ID.Compare(b.ID))
	})
	return all
}

// Entry is an event as a calendar has it. The exact place is in it where the
// person was told.
func Entry(e *almanac.Event) calendar.Event {
	entry := calendar.Event{ID: e.ID, Sequence: e.State.Sequence, Card: &e.State.Card, Stamp: e.Learned}
	if d := e.Details(); d != nil {
		entry.Place, entry.Joins = d.Place, d.Join
	}
	return entry
}
