package remind

import (
	"testing"
	"time"

	"votive/proto/votive"
)

// BenchmarkTick is the look of every minute at which nothing is due, with 50,000
// events to come; per-look is how many of these a look at one event costs.
func BenchmarkTick(b *testing.B) {
	h := newHouse(b)
	l := &looker{Remind: New(h.book, Options{Now: h.now, Zone: time.UTC})}
	for i := range 50_000 {
		l.put(votive.ID{byte(i), byte(i >> 8)}, h.now().Add(time.Hour+time.Duration(i)*time.Second))
	}
	ctx := b.Context()
	for b.Loop() {
		l.look(ctx)
	}
	tick := b.Elapsed() / time.Duration(b.N)
	start := at(b, "2027-06-02 20:00", "Asia/Hong_Kong")
	p := plan{card: &votive.Card{Start: start, Recurrence: rule(b, "FREQ=WEEKLY", start)}, before: list(b, "1d,1h")}
	const looks = 1_000
	began := time.Now()
	for range looks {
		p.look(h.now(), time.UTC, nil)
	}
	b.ReportMetric(float64(tick)*looks/float64(time.Since(began)), "look-of-one/op")
}
