package caldav

import (
	"slices"
	"sync"
)

// The bounds on what is remembered of former states.
const (
	maxStates  = 64
	maxEntries = 200_000 // of all states
)

// states are those that programs have been told of, of all collections, so that
// they can ask what has changed since. They are in memory: after a restart what
// has changed since has to be asked anew, what has not need not.
type states struct {
	mu    sync.Mutex
	all   []remembered // the one used last at the end
	total int
}

type remembered struct {
	collection, token string
	state             state
}

// remember keeps a state for later.
func (s *states) remember(collection string, now state) (token string) {
	token = now.token()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(collection, token)
	s.all = append(s.all, remembered{collection, token, now})
	s.total += len(now)
	for len(s.all) > 1 && (len(s.all) > maxStates || s.total > maxEntries) {
		s.total -= len(s.all[0].state)
		s.all = s.all[1:]
	}
	return token
}

// find is the state that a token names, nil where it is not known.
func (s *states) find(collection, token string) state {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, found := s.take(collection, token)
	if !found {
		return nil
	}
	s.all = append(s.all, r)
	s.total += len(r.state)
	return r.state
}

// take takes one out. Called with mu held.
func (s *states) take(collection, token string) (remembered, bool) {
	i := slices.IndexFunc(s.all, func(r remembered) bool { return r.collection == collection && r.token == token })
	if i < 0 {
		return remembered{}, false
	}
	r := s.all[i]
	s.all = slices.Delete(s.all, i, i+1)
	s.total -= len(r.state)
	return r, true
}

// forget forgets all, when the vault is locked.
func (s *states) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all, s.total = nil, 0
}
