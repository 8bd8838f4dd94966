package almanac

import (
	"slices"

	"votive/proto/votive"
)

// watched is a frame secret that this node looks out for, and the event,
// circle or link that what is found under it is about.
type watched struct {
	*votive.Reader
	about votive.ID
}

func (w watched) key() ringKey { return ringKey{w.Kind(), w.Secret()} }

// ring is the frame secrets that this node watches. It is replaced when it
// changes, so that the opener reads it without a lock.
type ring struct {
	all  []watched
	seen map[ringKey]bool
}

type ringKey struct {
	kind   votive.Kind
	secret votive.Secret
}

// maxWatched bounds the ring: every frame that comes by costs an HMAC for
// each of them.
const maxWatched = 65536

// with is the ring with more on it and less of it, and those that are new.
func (r *ring) with(more []watched, less []ringKey) (*ring, []watched) {
	next := &ring{seen: make(map[ringKey]bool)}
	if r != nil {
		for _, w := range r.all {
			if !slices.Contains(less, w.key()) {
				next.all = append(next.all, w)
				next.seen[w.key()] = true
			}
		}
	}
	var added []watched
	for _, w := range more {
		if next.seen[w.key()] || len(next.all) >= maxWatched {
			continue
		}
		next.seen[w.key()] = true
		next.all = append(next.all, w)
		added = append(added, w)
	}
	return next, added
}

// find is whose frame this is, if it is ours.
func (r *ring) find(h *votive.Header) (watched, bool) {
	if r == nil {
		return watched{}, false
	}
	for _, w := range r.all {
		if w.Knows(h) {
			return w, true
		}
	}
	return watched{}, false
}

// follow has the ring watch for what the index wants watched, and gives what
// is new on it. Called with mu held.
func (a *Almanac) follow() *ring {
	x := a.index
	if x == nil || len(x.wanted)+len(x.unwanted) == 0 {
		return nil
	}
	next, added := a.ring.Load().with(x.wanted, x.unwanted)
	a.ring.Store(next)
	x.wanted, x.unwanted = nil, nil
	if len(added) == 0 {
		return nil
	}
	return &ring{all: added}
}
