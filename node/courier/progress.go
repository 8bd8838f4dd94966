package courier

import (
	"sync"
	"sync/atomic"
	"time"
)

// Status is what there is to say about the carrying of frames.
type Status struct {
	// Running says that frames are being caught up with. Have is how many
	// frames the store holds, Want how many it would hold if all that is
	// offered now came, as far as the asks that run have been told.
	Running    bool
	Have, Want int

	// Skew is how far the clock of this computer seems to be ahead of those of
	// most peers that are connected and that this node called or pinned, at
	// least; negative where it seems behind, and zero where it may well be right.
	// SkewPeers is how many peers that is seen by.
	Skew      time.Duration
	SkewPeers int

	Heard time.Time // when the last frame came from a peer; zero: none since Open

	// Since Open: frames of gossip that were Rejected; Ignored for their clock
	// or rank; missed, for lack of time or budget, and left to catch-up. Then
	// frames caught up with, handed to peers that asked, and one's own
	// published.
	Rejected, Ignored, Missed, Fetched, Served, Published uint64

	Unasked int // one's own that peers were told of, and none has asked for
}

// Status may be called at any time.
func (c *Courier) Status() Status {
	s := Status{
		Have:      c.store.Len(),
		Rejected:  c.tally.rejected.Load(),
		Ignored:   c.tally.ignored.Load(),
		Missed:    c.tally.missed.Load(),
		Fetched:   c.tally.fetched.Load(),
		Served:    c.tally.served.Load(),
		Published: c.tally.published.Load(),
		Unasked:   int(c.tally.unasked.Load()),
	}
	if ms := c.tally.heard.Load(); ms != 0 {
		s.Heard = time.UnixMilli(ms)
	}
	s.Skew, s.SkewPeers = c.skew.apart(c.now(), time.Now())
	var lack int
	lack, s.Running = c.tally.most()
	s.Want = s.Have + lack
	return s
}

// tally is what Status tells.
type tally struct {
	rejected, ignored, missed, fetched, served, published atomic.Uint64

	heard   atomic.Int64 // Unix milliseconds; 0 for never
	unasked atomic.Int64

	mu   sync.Mutex
	asks map[any]int // how many frames each ask or fetch still has to bring
}

func (t *tally) hear(now time.Time) { t.heard.Store(now.UnixMilli()) }

func (t *tally) lack(a any, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asks == nil {
		t.asks = make(map[any]int)
	}
	t.asks[a] = n
}

func (t *tally) stop(a any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.asks, a)
}

// most is how many frames the ask with most to do still has to bring, and
// whether there is one: what two peers offer is mostly the same.
func (t *tally) most() (n int, running bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, lack := range t.asks {
		n = max(n, lack)
	}
	return n, len(t.asks) > 0
}
