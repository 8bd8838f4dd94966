package courier

import (
	"slices"
	"sync"
	"time"

	"votive/proto/votive"
)

const (
	maxBrought = maxBatch
	broughtFor = time.Minute
)

// brought remembers what catch-up brought last. A frame that is new can overtake
// gossip, which tells most peers its id alone, and that after up to a second:
// then those behind this node still wait to have it from here, and it is passed
// on though it is in the store.
//
// They are few. Who sends a newcomer again what it has just fetched is not to
// have it send all of that to its links.
type brought struct {
	mu  sync.Mutex
	all []arrival // oldest first
}

type arrival struct {
	id votive.ID
	at time.Time
}

func (b *brought) add(now time.Time, frames ...votive.Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, frame := range frames {
		b.all = append(b.all, arrival{frame.ID(), now})
	}
	b.all = slices.Delete(b.all, 0, max(0, len(b.all)-maxBrought))
}

// has reports whether a frame came by catch-up a moment ago.
func (b *brought) has(id votive.ID, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.all, func(a arrival) bool { return a.id == id && now.Sub(a.at) <= broughtFor })
}

func (b *brought) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = nil
}
