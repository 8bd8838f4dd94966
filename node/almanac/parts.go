package almanac

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"votive/proto/votive"
)

// Parts are the events that say that they are a part of that one, by when they
// begin for a reader in that zone, one that recurs the next time, then by city. It is they alone who say so.
// SPEC 6.11.
func (v *View) Parts(event votive.ID, reader *time.Location) []*Event {
	var parts []*Event
	for _, e := range v.x.events {
		if e.Known && e.State.Card.PartOf == event {
			parts = append(parts, e)
		}
	}
	begins := make(map[*Event]time.Time, len(parts))
	for _, e := range parts {
		card := &e.State.Card
		begins[e] = card.Start.Instant(reader)
		if next, ok := card.Next(v.now, reader); ok && card.Recurs() {
			begins[e] = next.Start.Instant(reader)
		}
	}
	slices.SortFunc(parts, func(a, b *Event) int {
		return cmp.Or(begins[a].Compare(begins[b]), strings.Compare(a.State.Card.City, b.State.Card.City), a.ID.Compare(b.ID))
	})
	return parts
}
