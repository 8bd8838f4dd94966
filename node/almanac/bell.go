package almanac

import (
	"context"
	"sync"
)

// bell rings for whoever listens; rings that nobody has heard yet are one.
type bell struct {
	mu  sync.Mutex
	all map[chan struct{}]struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.all {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (b *bell) listen(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = make(map[chan struct{}]struct{})
	}
	b.all[c] = struct{}{}
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.all, c)
		close(c)
	})
	return c
}

// Frames rings whenever frames have come and are in the store, until ctx ends,
// when the channel is closed.
func (a *Almanac) Frames(ctx context.Context) <-chan struct{} { return a.arrivals.listen(ctx) }
