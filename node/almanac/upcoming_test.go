package almanac

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// TestUpcoming holds what is coming to a search through all events, those that
// recur and those that do not: each once, at its next occurrence.
func TestUpcoming(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	rules := []string{"", "", "", "FREQ=DAILY;COUNT=5", "FREQ=WEEKLY", "FREQ=MONTHLY;COUNT=3", "FREQ=YEARLY", "FREQ=YEARLY;UNTIL=20280101"}
	now := time.Date(2027, 6, 4, 12, 0, 0, 0, time.UTC)
	for round := range 50 {
		x := newIndex(votive.Identity{})
		for range 40 {
			var id votive.ID
			for i := range id {
				id[i] = byte(random.Uint32())
			}
			start := now.AddDate(0, 0, random.IntN(1200)-600)
			card := votive.Card{Title: "x"}
			var err error
			if random.IntN(3) == 0 {
				card.Start, err = votive.ParseTime(start.Format(time.DateOnly), "")
			} else {
				card.Start, err = votive.ParseTime(start.Format("2006-01-02T15:04"), "Asia/Hong_Kong")
			}
			if err != nil {
				t.Fatal(err)
			}
			if rule := rules[random.IntN(len(rules))]; rule != "" {
				if card.Recurrence.Rule, err = votive.ParseRule(rule, card.Start); err != nil {
					t.Fatal(err)
				}
			}
			for range random.IntN(3) + 1 { // put again, as after a change
				e := x.events[id]
				if e == nil {
					e = &Event{ID: id, Known: true}
					x.events[id] = e
				}
				e.State = votive.Event{ID: id, Card: card}
				x.agenda.put(e)
				if random.IntN(2) == 0 {
					card.Recurrence.Rule = recur.Rule{}
				}
			}
		}
		x.agenda.settle()
		q := Query{From: now.AddDate(0, 0, random.IntN(400)-100), Reader: time.UTC, Limit: 1 + random.IntN(30)}
		if random.IntN(2) == 0 {
			q.To = q.From.AddDate(0, 0, random.IntN(200))
		}
		type hit struct {
			start time.Time
			id    votive.ID
		}
		var want []hit
		for id, e := range x.events {
			if next, ok := e.State.Card.Next(q.From, time.UTC); ok {
				if start, _ := next.Span(time.UTC); q.To.IsZero() || !start.After(q.To) {
					want = append(want, hit{start, id})
				}
			}
		}
		slices.SortFunc(want, func(a, b hit) int { return cmp.Or(a.start.Compare(b.start), a.id.Compare(b.id)) })
		got, more := (&View{x: x, now: now}).Upcoming(q)
		if more != (len(want) > q.Limit) || len(got) != min(q.Limit, len(want)) {
			t.Fatalf("seed %d, round %d: %d events and more %v, want %d of %d", seed, round, len(got), more, min(q.Limit, len(want)), len(want))
		}
		for i, e := range got {
			if e.ID != want[i].id {
				t.Fatalf("seed %d, round %d: event %d is %v, want %v at %v", seed, round, i, e.ID, want[i].id, want[i].start)
			}
		}
	}
}
