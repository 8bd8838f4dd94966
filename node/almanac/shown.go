package almanac

import (
	"sync"

	"votive/proto/votive"
)

// shown is the frames that were shown and are not carried yet, with the ring
// that the opener had at most when it read them; nil where it did not. A secret
// that is watched from then on is looked for in the store, where they are not:
// they have to be read again once they are.
type shown struct {
	mu   sync.Mutex
	with map[votive.ID]*ring
	lost bool // there were too many to note
}

// maxShown bounds what was shown and nobody carries.
const maxShown = 1 << 16

func (s *shown) put(r *ring, frames []votive.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.with)+len(frames) > maxShown {
		clear(s.with)
		s.lost = true
	}
	if s.with == nil {
		s.with = make(map[votive.ID]*ring)
	}
	for _, f := range frames {
		s.with[f.ID()] = r
	}
}

// unread notes that frames could not be used when they were read, and may be
// later: those that are still on their way are read again when they are carried,
// since a look through the store would not find them before.
func (s *shown) unread(frames []votive.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range frames {
		if _, ok := s.with[id]; ok {
			s.with[id] = nil
		}
	}
}

// stale takes frames out that are carried now, and gives those that were read
// with another ring than r; and whether others may have been.
func (s *shown) stale(r *ring, frames []votive.Frame) (again []votive.Frame, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range frames {
		if with, ok := s.with[f.ID()]; ok && with != r && r != nil {
			again = append(again, f)
		}
		delete(s.with, f.ID())
	}
	if r == nil {
		return nil, false // all is read when there is a ring
	}
	lost, s.lost = s.lost, false
	return again, lost
}
