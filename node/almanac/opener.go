package almanac

import (
	"context"
	"slices"
	"time"

	"votive/proto/votive"
)

// atOnce is how many frames are opened before the index takes in what they say:
// where many come, the lock is taken once for all of them, and whoever watches is
// woken once.
const atOnce = 64

// open is the opener: the goroutine that reads what Show was given.
func (a *Almanac) open(ctx context.Context) error {
	var batch []votive.Frame
	tick := time.NewTicker(againEvery)
	defer tick.Stop()
	may := true // look through the store once more, before the next tick
	for {
		select {
		case <-ctx.Done():
			return nil
		case frames := <-a.incoming:
			batch = a.more(append(batch[:0], frames...))
			a.read(ctx, a.ring.Load(), batch...)
			clear(batch)
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

// more takes what else was shown, until it is enough for one go.
func (a *Almanac) more(batch []votive.Frame) []votive.Frame {
	defer func() { a.queued.Add(-int64(len(batch))) }()
	for len(batch) < atOnce {
		select {
		case frames := <-a.incoming:
			batch = append(batch, frames...)
		default:
			return batch
		}
	}
	return batch
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
	var batch []votive.Frame
	now := a.Now()
	for _, e := range a.Store.Arrivals(0) {
		if _, ours := r.find(&e.Header); !ours || a.opened(e.ID) || dead(e.Header, now) {
			continue
		}
		f, err := a.Store.Get(ctx, e.ID)
		if err != nil {
			a.Log.Debug("a frame in the store could not be read", "err", err)
			continue
		}
		if batch = append(batch, f); len(batch) == atOnce {
			a.read(ctx, r, batch...)
			batch = batch[:0]
		}
	}
	a.read(ctx, r, batch...)
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

// read opens those of some frames of the network that are ours, and takes in what
// they say.
//
// What has died is carried for another 48 hours, and not read. Nobody may take it
// from us any longer, so that we may be the only ones who were given it; and what
// we alone know, and say anew, says that we could read it. SPEC 2.7, 2.13.
func (a *Almanac) read(ctx context.Context, r *ring, frames ...votive.Frame) {
	now := a.Now()
	living := make([]votive.Frame, 0, len(frames))
	for _, f := range frames {
		if !dead(f.Header(), now) {
			living = append(living, f)
		}
	}
	a.learn(ctx, r, living)
}

// dead reports whether a frame has died, by a clock.
func dead(h votive.Header, now time.Time) bool { return !now.Before(h.Expiry().Time()) }

// learn is read, whatever the expiry.
func (a *Almanac) learn(ctx context.Context, r *ring, frames []votive.Frame) {
	for some := range slices.Chunk(frames, atOnce) {
		a.admit(ctx, a.ours(ctx, r, some))
	}
}

// ours is what those of some frames say that are ours. What is wrong with it is
// its author's business: it is ignored.
func (a *Almanac) ours(ctx context.Context, r *ring, frames []votive.Frame) []joined {
	var unproven []votive.Unproven
	var origins []origin
	for _, f := range frames {
		header := f.Header()
		w, ours := r.find(&header)
		if !ours || a.opened(f.ID()) {
			continue
		}
		u, from, err := a.pieces.join(w, f, a.reopen(ctx, w))
		switch {
		case err != nil:
			a.invalid(err)
		case from.frames != nil:
			unproven, origins = append(unproven, u), append(origins, from)
		}
	}
	proven, errs := votive.Prove(unproven...)
	records := make([]joined, 0, len(proven))
	for i, rec := range proven {
		if errs[i] != nil {
			a.invalid(errs[i])
			continue
		}
		records = append(records, joined{rec, origins[i]})
	}
	return records
}

func (a *Almanac) invalid(err error) {
	a.Log.Debug("a frame under a secret of ours says nothing valid", "err", err)
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

// admit takes records from the network into the index, and has the vault keep
// them.
func (a *Almanac) admit(ctx context.Context, records []joined) {
	if len(records) == 0 {
		return
	}
	a.mu.Lock()
	if a.index == nil {
		a.mu.Unlock()
		return
	}
	told := make([]Change, 0, len(records))
	for _, all := range records {
		told = append(told, a.take(all)...)
	}
	a.keepLate()
	added, due := a.follow(), len(a.index.again) > 0
	a.mu.Unlock()
	a.watchers.tell(told...)
	a.scan(ctx, added)
	if due {
		a.nudge()
	}
}

// take takes one record in, unless its last frame has been read before. Called
// with mu held.
func (a *Almanac) take(all joined) []Change {
	src := source{about: all.about, frame: all.frames[len(all.frames)-1], arrived: a.Now()}
	if _, read := a.index.opened[src.frame]; read {
		a.index.mark(all.rec, all.about, all.frames)
		return nil
	}
	t := a.index.apply(all.rec, src)
	if t.refused {
		a.index.left++
		a.shown.unread(all.frames)
	} else {
		a.index.mark(all.rec, all.about, all.frames)
	}
	if !t.first.IsZero() {
		src.arrived = t.first
	}
	if t.keep.Body() != nil {
		a.index.late = append(a.index.late, written{rec: t.keep, src: src, row: t.row})
	}
	return t.changes
}

// keepLate has the vault keep what is worth a row now. Called with mu held.
func (a *Almanac) keepLate() {
	if a.index == nil {
		return
	}
	for _, w := range a.index.late {
		a.Vault.Receive(w.key(), w.src.row(w.rec).encode())
	}
	clear(a.index.late)
	a.index.late = a.index.late[:0]
}
