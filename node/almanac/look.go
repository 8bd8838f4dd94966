package almanac

import (
	"context"
	"iter"

	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// Look opens what the store, or these frames, hold under one secret, and
// changes nothing: neither is it watched from now on, nor kept. It is how
// somebody sees what is behind a link before they agree to anything.
func (a *Almanac) Look(ctx context.Context, kind votive.Kind, s votive.Secret, frames ...votive.Frame) []votive.Record {
	w := watched{Reader: votive.NewReader(kind, s)}
	var p pieces
	var unproven []votive.Unproven
	seen := make(map[votive.ID]bool)
	take := func(f votive.Frame) {
		if seen[f.ID()] {
			return
		}
		seen[f.ID()] = true
		if u, from, err := p.join(w, f, a.reopen(ctx, w)); err == nil && from.frames != nil {
			unproven = append(unproven, u)
		}
	}
	for _, f := range frames {
		if h := f.Header(); w.Knows(&h) {
			take(f)
		}
	}
	for e := range entries(a.Store) {
		if !w.Knows(&e.Header) {
			continue
		}
		if f, err := a.Store.Get(ctx, e.ID); err == nil {
			take(f)
		}
	}
	found, errs := votive.Prove(unproven...)
	held := found[:0]
	for i, rec := range found {
		if errs[i] == nil {
			held = append(held, rec)
		}
	}
	return held
}

// entries are all frames of the store.
func entries(s *store.Store) iter.Seq[store.Entry] {
	return func(yield func(store.Entry) bool) {
		for _, e := range s.Arrivals(0) {
			if !yield(e) {
				return
			}
		}
	}
}

// Learn opens frames that came in a file, whatever their expiry, with the
// secrets that are watched. They go into no store and to nobody: the same
// records travel in frames of their own, and a frame that one node has and no
// other would say who was given the file. SPEC 7.8.
func (a *Almanac) Learn(ctx context.Context, frames []votive.Frame) {
	for range 2 { // what the first pass opens may open more
		for _, f := range frames {
			a.learn(ctx, a.ring.Load(), []votive.Frame{f})
		}
	}
}

// Unlink forgets a pending link: it was accepted, or came to nothing.
func (a *Almanac) Unlink(ctx context.Context, l votive.Link) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	k := &votive.KeepLink{Link: l}
	a.mu.Lock()
	if a.index == nil {
		a.mu.Unlock()
		return vault.ErrLocked
	}
	_, pending := a.index.links[k.About()]
	a.mu.Unlock()
	if !pending {
		return nil
	}
	c := new(vault.Changes)
	c.Delete(keepKey(k))
	if err := a.Vault.Commit(ctx, c); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.index != nil {
		delete(a.index.links, k.About())
		delete(a.index.keeps, k.About())
		a.index.unwatch(votive.KindLink, l.Secret())
		a.follow()
	}
	return nil
}
