package courier

import (
	"context"
	"sync"
	"time"

	"votive/proto/recon"
)

// bringing is what the fetches that run have asked for and not got yet, by the
// leaves of the ids. Each session names frames by short ids of its own, so that
// one cannot know which frames another is bringing; the leaf is the same in all
// of them (SPEC 10.5). A batch of one is so taken from leaves of which no other
// is bringing any.
type bringing struct {
	mu     sync.Mutex
	leaves [recon.Leaves]uint16 // how many are on their way
	ended  chan struct{}        // closed when a batch has ended; nil until somebody waits
}

// choose takes the next batch of a session. A patient one is given none whose
// leaf another is bringing; where it has no others, ended is closed when that
// may have changed.
func (b *bringing) choose(s session, most int, patient bool) (msg []byte, batch []recon.Short, ended <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	msg, batch = s.Fetch(most, func(leaf int) bool { return patient && b.leaves[leaf] > 0 })
	for _, short := range batch {
		b.leaves[short.Leaf()]++
	}
	if b.ended == nil {
		b.ended = make(chan struct{})
	}
	return msg, batch, b.ended
}

// end says that a batch has come, or will not.
func (b *bringing) end(batch []recon.Short) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, short := range batch {
		b.leaves[short.Leaf()]--
	}
	if b.ended != nil {
		close(b.ended)
		b.ended = nil
	}
}

// await waits until a batch has ended, for d at most.
func await(ctx context.Context, ended <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-ended:
	case <-t.C:
	}
}
