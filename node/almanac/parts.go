package almanac

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"votive/proto/votive"
)

// Parts are the events that say that they are a part of that one, by when they
// begin for a reader in that zone, then by city. It is they alone who say so.
// SPEC 6.11.
func (v *View) Parts(event votive.ID, reader *time.Location) []*Event {
	var parts []*Event
	for _, e := range v.x.events {
		if e.Known && e.State.Card.PartOf == event {
			parts = append(parts, e)
		}
	}
	slices.SortFunc(parts, func(a, b *Event) int {
		begins, other := a.State.Card.Start.Instant(reader), b.State.Card.Start.Instant(reader)
		return cmp.Or(begins.Compare(other), strings.Compare(a.State.Card.City, b.State.Card.City), a.ID.Compare(b.ID))
	})
	return parts
}
