package courier

import (
	"maps"
	"slices"
	"sync"
	"time"

	"votive/proto/votive"
)

const (
	maxRefused = 32768            // ids in each of two halves
	refusedFor = 30 * time.Minute // at least, unless there are too many
)

// refused remembers the frames that an ask brought and this node did not keep,
// so that they are not brought again with every ask. A floor can sink and a
// clock be set right: what is remembered is forgotten, half of it at a time.
type refused struct {
	mu       sync.Mutex
	new, old map[votive.ID]struct{}
	since    time.Time // when new was begun
}

func (r *refused) add(id votive.ID, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.new == nil || len(r.new) >= maxRefused || now.Sub(r.since) > refusedFor {
		r.old, r.new, r.since = r.new, make(map[votive.ID]struct{}), now
	}
	r.new[id] = struct{}{}
}

// all is what is remembered.
func (r *refused) all() []votive.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(slices.Collect(maps.Keys(r.new)), slices.Collect(maps.Keys(r.old)))
}

func (r *refused) has(id votive.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, inNew := r.new[id]
	_, inOld := r.old[id]
	return inNew || inOld
}

func (r *refused) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.new, r.old = nil, nil
}
