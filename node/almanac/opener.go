package almanac

import (
	"context"
	"time"

	"votive/proto/votive"
)

// open is the opener: the goroutine that reads what Show was given.
func (a *Almanac) open(ctx context.Context) error {
	tick := time.NewTicker(againEvery)
	defer tick.Stop()
	may := true // look through the store once more, before the next tick
	for {
		select {
		case <-ctx.Done():
			return nil
		case frames := <-a.incoming:
			a.queued.Add(-int64(len(frames)))
			for _, f := range frames {
				a.read(ctx, a.ring.Load(), f)
			}
		case <-tick.C:
			may = !a.retry(ctx)
		case <-a.wake:
			if a.behind.Swap(false) {
				a.scan(ctx, a.ring.Load())
			}
			if may {
				may = !a.retry(ctx)
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
	a.pass(ctx, r)
	if a.due() { // what came before what it follows counts in a second pass
		a.pass(ctx, r)
	}
}

func (a *Almanac) pass(ctx context.Context, r *ring) {
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
	all, whole, err := a.pieces.join(w, f, a.reopen(ctx, w))
	if err != nil {
		a.Log.Debug("a frame under a secret of ours says nothing valid", "err", err)
		return
	}
	if whole {
		a.admit(ctx, all, w.about)
	}
}

// reopen opens frames of the store for who joins them.
func (a *Almanac) reopen(ctx context.Context, w watched) func(votive.ID) (votive.Piece, error) {
	return func(id votive.ID) (votive.Piece, error) {
		f, err := a.Store.Get(ctx, id)
		if err != nil {
			return votive.Piece{}, err
		}
		return w.Open(f)
	}
}

// admit takes a record from the network into the index, and has the vault
// keep it.
func (a *Almanac) admit(ctx context.Context, all joined, about votive.ID) {
	a.mu.Lock()
	if a.index == nil {
		a.mu.Unlock()
		return
	}
	src := source{about: about, frame: all.frames[len(all.frames)-1], arrived: a.Now()}
	t := a.index.apply(all.rec, src)
	if t.refused {
		a.index.left++
		a.shown.unread(all.frames)
	} else {
		p := placeOf(all.rec.Kind(), about, all.rec.Bytes())
		for _, id := range all.frames {
			a.index.opened[id] = p
		}
	}
	if !t.first.IsZero() {
		src.arrived = t.first
	}
	if t.keep.Body() != nil {
		a.index.late = append(a.index.late, written{t.keep, src, t.row})
	}
	a.keepLate()
	added, due := a.follow(), len(a.index.again) > 0
	a.mu.Unlock()
	a.watchers.tell(t.changes...)
	a.scan(ctx, added)
	if due {
		a.nudge()
	}
}

// keepLate has the vault keep what is worth a row now. Called with mu held.
func (a *Almanac) keepLate() {
	if a.index == nil {
		return
	}
	for _, w := range a.index.late {
		a.Vault.Receive(w.key(), w.src.row(w.rec).encode())
	}
	a.index.late = nil
}
