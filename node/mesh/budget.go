package mesh

import (
	"sync/atomic"

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
	buckets map[PeerID]*rate.Limiter
	over    *atomic.Uint64
}

func newBudget(limit Budget) budget {
	return budget{limit: limit, buckets: make(map[PeerID]*rate.Limiter), over: new(atomic.Uint64)}
}

// take reports whether one more frame from this peer is within its budget, and
// counts it if not.
func (b *budget) take(from PeerID) bool {
	bucket, ok := b.buckets[from]
	if !ok {
		if len(b.buckets) >= maxBuckets && !b.sweep() {
			b.over.Add(1)
			return false
		}
		bucket = rate.NewLimiter(rate.Limit(b.limit.Rate), b.limit.Burst)
		b.buckets[from] = bucket
	}
	if !bucket.Allow() {
		b.over.Add(1)
		return false
	}
	return true
}

// left is how many frames a link may bring now.
func (b *budget) left(from PeerID) int {
	bucket, ok := b.buckets[from]
	if !ok {
		return b.limit.Burst
	}
	return int(bucket.Tokens())
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
