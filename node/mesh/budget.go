package mesh

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets bounds the peers whose budget is remembered. A bucket that is full
// again is forgotten, so that this many peers would have to send something
// within the same minute and a half; frames of further ones are over budget.
const maxBuckets = 4096

// budget holds one token bucket for each peer that sends frames (SPEC 2.10).
// Only gossipsub's event loop takes from it; over may be read from anywhere.
type budget struct {
	limit   Budget
	buckets map[PeerID]*bucket
	over    *atomic.Uint64
}

// bucket is what one link may bring, and what it was lately asked for.
type bucket struct {
	*rate.Limiter
	asked int
	since time.Time
}

// askTime is for how long what was asked for may be on its way: as long as
// gossipsub tells of it again.
const askTime = newsTime

func newBudget(limit Budget) budget {
	return budget{limit: limit, buckets: make(map[PeerID]*bucket), over: new(atomic.Uint64)}
}

// take reports whether one more frame from this peer is within its budget, and
// counts it if not.
func (b *budget) take(from PeerID) bool {
	l := b.of(from)
	if l == nil || !l.Allow() {
		b.over.Add(1)
		return false
	}
	return true
}

// of is the bucket of a link; nil where there are too many.
func (b *budget) of(from PeerID) *bucket {
	l, ok := b.buckets[from]
	if !ok {
		if len(b.buckets) >= maxBuckets && !b.sweep() {
			return nil
		}
		l = &bucket{Limiter: rate.NewLimiter(rate.Limit(b.limit.Rate), b.limit.Burst)}
		b.buckets[from] = l
	}
	return l
}

// ask says for how many frames a link may be asked that says that it has n: what
// it may bring now, less what it was asked for lately.
func (b *budget) ask(from PeerID, n int) int {
	l := b.of(from)
	if l == nil {
		b.over.Add(1)
		return 0
	}
	if now := time.Now(); now.Sub(l.since) > askTime {
		l.asked, l.since = 0, now
	}
	may := min(n, max(int(l.Tokens())-l.asked, 0))
	l.asked += may
	if may < n { // what it has beside comes by catch-up
		b.over.Add(1)
	}
	return may
}

// sweep forgets the buckets that are full and reports whether there were any.
func (b *budget) sweep() bool {
	before := len(b.buckets)
	for id, bucket := range b.buckets {
		if bucket.Tokens() >= float64(b.limit.Burst) {
			delete(b.buckets, id)
		}
	}
	return len(b.buckets) < before
}

// Overbudget is the number of frames ignored since Open because a link brought
// more than its budget, or gossipsub's queue was full. When it has grown,
// frames were missed that catch-up has to bring.
func (m *Mesh) Overbudget() uint64 { return m.budget.over.Load() }
