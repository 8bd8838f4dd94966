package almanac

import (
	"context"
	"sync"

	"votive/node/vault"
	"votive/proto/votive"
)

// Outgoing is a frame of one's own that has not been published yet. It is in
// the vault until Sent, so that after a crash the same frame goes out, not a
// second one.
type Outgoing struct {
	Key   string // of its row in the vault
	Frame votive.Unstamped
}

// outbox is what waits to be published, oldest first.
type outbox struct {
	mu      sync.Mutex
	waiting []Outgoing
	last    uint64
	changed chan struct{} // holds one when there may be something new
}

// next numbers a row.
func (o *outbox) next() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	return o.last
}

func (o *outbox) add(more ...Outgoing) {
	if len(more) == 0 {
		return
	}
	o.mu.Lock()
	o.waiting = append(o.waiting, more...)
	o.mu.Unlock()
	o.signal()
}

func (o *outbox) signal() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// from goes on numbering after last.
func (o *outbox) from(last uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = max(o.last, last)
}

// clear forgets what waits, when the vault is locked. The rows stay.
func (o *outbox) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = nil
}

// maxOutgoing is how many frames Outgoing hands out at once.
const maxOutgoing = 256

// Outgoing waits until there is something to publish and gives the oldest of
// it. What it gave stays until Sent.
func (a *Almanac) Outgoing(ctx context.Context) ([]Outgoing, error) {
	for {
		a.out.mu.Lock()
		batch := append([]Outgoing(nil), a.out.waiting[:min(len(a.out.waiting), maxOutgoing)]...)
		a.out.mu.Unlock()
		if len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-a.out.changed:
		}
	}
}

// Sent says that these were published, and are in the store.
func (a *Almanac) Sent(ctx context.Context, done ...Outgoing) error {
	gone := make(map[string]bool, len(done))
	c := new(vault.Changes)
	for _, o := range done {
		gone[o.Key] = true
		c.Delete(o.Key)
	}
	if err := a.Vault.Commit(ctx, c); err != nil {
		return err
	}
	a.out.mu.Lock()
	defer a.out.mu.Unlock()
	left := a.out.waiting[:0:0]
	for _, o := range a.out.waiting {
		if !gone[o.Key] {
			left = append(left, o)
		}
	}
	a.out.waiting = left
	return nil
}

// Waiting is how many frames of one's own are not published yet.
func (a *Almanac) Waiting() int {
	a.out.mu.Lock()
	defer a.out.mu.Unlock()
	return len(a.out.waiting)
}

// Sealed seals and stamps letters for a file, at the least effort: they are
// opened by who gets the file, and never published.
func (a *Almanac) Sealed(ctx context.Context, letters ...Letter) ([]votive.Frame, error) {
	var frames []votive.Frame
	for _, l := range letters {
		life := votive.LifetimeUntil(l.Until, a.Now())
		sealed, err := votive.NewReader(l.Kind, l.Secret).Seal(l.Body, life, votive.MinEffort, a.Now(), a.Random)
		if err != nil {
			return nil, err
		}
		for _, u := range sealed {
			f, err := u.Stamp(ctx)
			if err != nil {
				return nil, err
			}
			frames = append(frames, f)
		}
	}
	return frames, nil
}
