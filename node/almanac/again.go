package almanac

import (
	"context"
	"time"

	"votive/proto/votive"
)

// againEvery is how long it is at least between two looks through the store
// for what was refused: strangers can make one due as often as they like.
const againEvery = 10 * time.Second

// lookAgain has the store looked through once more for what came under the
// secrets of an event: what was refused for what was missing may count now.
// There is nothing to look for as long as nothing was refused.
func (x *index) lookAgain(e *Event) {
	if x.left == 0 {
		return
	}
	if x.again == nil {
		x.again = make(map[votive.ID]bool)
	}
	x.again[e.ID] = true
	if !e.Circle.IsZero() {
		x.again[e.Circle] = true
	}
}

// retry looks through the store for what was refused, where something has
// changed since, and reports whether it did. It belongs to the opener.
func (a *Almanac) retry(ctx context.Context) bool {
	a.mu.Lock()
	if a.index == nil || len(a.index.again) == 0 {
		a.mu.Unlock()
		return false
	}
	abouts := a.index.again
	a.index.again, a.index.left = nil, 0 // what is refused again is counted again
	a.mu.Unlock()
	some := &ring{}
	if r := a.ring.Load(); r != nil {
		for _, w := range r.all {
			if abouts[w.about] {
				some.all = append(some.all, w)
			}
		}
	}
	a.scan(ctx, some)
	return true
}

// due reports whether retry has something to do.
func (a *Almanac) due() bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.index != nil && len(a.index.again) > 0
}

// nudge has the opener look up.
func (a *Almanac) nudge() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}
