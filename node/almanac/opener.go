package almanac

import (
	"context"

	"votive/proto/votive"
)

// open is the opener: the goroutine that reads what Show was given.
func (a *Almanac) open(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case frames := <-a.incoming:
			for _, f := range frames {
				a.read(ctx, a.ring.Load(), f)
			}
		case <-a.wake:
			if a.behind.Swap(false) {
				a.scan(ctx, a.ring.Load())
			}
		}
	}
}

// scan opens what is in the store and can be read with r. What is known
// already is passed over.
func (a *Almanac) scan(ctx context.Context, r *ring) {
	if r == nil || len(r.all) == 0 {
		return
	}
	for _, e := range a.Store.Arrivals(0) {
		if _, ours := r.find(&e.Header); !ours || a.opened(e.ID) {
			continue
		}
		f, err := a.Store.Get(ctx, e.ID)
		if err != nil {
			a.Log.Debug("a frame in the store could not be read", "err", err)
			continue
		}
		a.read(ctx, r, f)
	}
}

// opened reports whether a frame has been read before.
func (a *Almanac) opened(frame votive.ID) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.index == nil {
		return true
	}
	_, opened := a.index.opened[frame]
	return opened
}

// read opens one frame if it is ours, and takes in what it says. What is
// wrong with it is its author's business: it is ignored.
func (a *Almanac) read(ctx context.Context, r *ring, f votive.Frame) {
	header := f.Header()
	w, ours := r.find(&header)
	if !ours || a.opened(f.ID()) {
		return
	}
	rec, whole, err := a.pieces.join(w, f)
	if err != nil {
		a.Log.Debug("a frame under a secret of ours says nothing valid", "err", err)
		return
	}
	if whole {
		a.admit(ctx, rec, w.about, f.ID())
	}
}

// admit takes a record from the network into the index, and has the vault
// keep it.
func (a *Almanac) admit(ctx context.Context, rec votive.Record, about, frame votive.ID) {
	a.mu.Lock()
	if a.index == nil {
		a.mu.Unlock()
		return
	}
	a.index.opened[frame] = placeOf(rec.Kind(), about, rec.Bytes())
	src := source{about: about, frame: frame, arrived: a.Now()}
	changes, keep := a.index.apply(rec, src)
	if keep {
		a.Vault.Receive(rowKey(rec, src), src.row(rec).encode())
	}
	added := a.follow()
	a.mu.Unlock()
	a.watchers.tell(changes...)
	a.scan(ctx, added)
}
