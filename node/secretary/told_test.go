package secretary_test

import (
	"slices"
	"testing"

	"votive/node/almanac"
	"votive/node/secretary"
)

// TestToldOnce: what a person does to an event is one change to who watches,
// however many records it takes to write it down.
func TestToldOnce(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	circle := host.joins("june4")
	guest.joins("june4")
	watched := map[string]<-chan almanac.Change{"host": host.book.Watch(t.Context(), 64), "guest": guest.book.Watch(t.Context(), 64)}
	told := func(did string, want int) {
		t.Helper()
		w.carry()
		for who, changes := range watched {
			var kinds []string
			for len(changes) > 0 {
				kinds = append(kinds, (<-changes).Kind)
			}
			got := len(slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k != almanac.EventChanged }))
			if got != want {
				t.Errorf("%s: the %s was told that the event changed %d times, want %d: %v", did, who, got, want, kinds)
			}
		}
	}
	event := host.vigil(circle)
	told("announced", 1)
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei"), Place: said("Gate 4")}); err != nil {
		t.Fatal(err)
	}
	told("edited", 1)
}
