package courier

import (
	"maps"
	"slices"
	"sync"
	"time"

	"votive/node/mesh"
	"votive/proto/votive"
)

const (
	maxWitnesses = 64             // peers of whose clock something is remembered
	witnessFor   = 24 * time.Hour // for so long
	slackBetween = 48 * time.Hour // SPEC 2.6
)

// skew is what the clocks of others say about ours. Nobody tells the time, and
// nothing is ever decided by it: it is there to be shown. But who passes a frame
// on has not Ignored it, so that their clock is in the days in which it may be
// (SPEC 2.6). Where most who pass frames on would have to be wrong for our clock
// to be right, it seems to be wrong.
//
// What a peer says counts once, whatever it says, and only while it is connected,
// and only if it is one that we called or pinned: ids are free, and who calls us
// may be anybody as often as they like. So who wants to make us believe something
// needs to be most of those whom we chose to call.
type skew struct {
	mu     sync.Mutex
	called func(mesh.PeerID) bool // connected, and called or pinned by us; nil: nobody is
	all    map[mesh.PeerID]testimony
}

// among says who counts, from now on. The function is called with mu held.
func (s *skew) among(called func(mesh.PeerID) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.called = called
}

// testimony is what the frames that a peer passed on say of its clock.
type testimony struct {
	since    time.Time // when the first of them came, on no clock that can be set
	earliest time.Time // it was not before this, and is not
	latest   time.Time // it was not after this at since
}

// note takes a frame that a peer passed on, if the peer counts. now is monotonic,
// our own frames are left out by the caller.
func (s *skew) note(from mesh.PeerID, f votive.Frame, now time.Time) {
	dies := f.Expiry().Time()
	earliest := dies.AddDate(0, 0, -f.Lifetime().Days()).Add(-slackBetween)
	latest := dies.Add(slackBetween)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.counts(from) {
		return
	}
	w, known := s.all[from]
	if known && now.Sub(w.since) <= witnessFor {
		if earliest.After(w.earliest) {
			w.earliest = earliest
		}
		if latest = latest.Add(-now.Sub(w.since)); latest.Before(w.latest) {
			w.latest = latest
		}
		s.all[from] = w
		return
	}
	if s.all == nil {
		s.all = make(map[mesh.PeerID]testimony)
	}
	if !known && len(s.all) >= maxWitnesses && !s.makeRoom(now) {
		return // whoever is here has been for longer
	}
	s.all[from] = testimony{since: now, earliest: earliest, latest: latest}
}

// counts reports whether what a peer says does. Called with mu held.
func (s *skew) counts(id mesh.PeerID) bool { return s.called != nil && s.called(id) }

// makeRoom forgets who does not count any longer, and reports whether anybody
// was. Called with mu held.
func (s *skew) makeRoom(now time.Time) bool {
	maps.DeleteFunc(s.all, func(id mesh.PeerID, w testimony) bool {
		return now.Sub(w.since) > witnessFor || !s.counts(id)
	})
	return len(s.all) < maxWitnesses
}

// apart is how far our clock, which shows wall, is at least from those of most
// peers that count, and how many of them say so: positive where ours is ahead, negative
// where it is behind. It is zero where it may well be right. now is monotonic.
func (s *skew) apart(wall, now time.Time) (d time.Duration, peers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ahead, behind []time.Duration
	heard := 0
	for id, w := range s.all {
		since := now.Sub(w.since)
		if since > witnessFor {
			delete(s.all, id)
			continue
		}
		if !s.counts(id) {
			continue
		}
		heard++
		latest := w.latest.Add(since)
		switch {
		case w.earliest.After(latest): // its clock was set, or it does not mean it
		case wall.Before(w.earliest):
			behind = append(behind, w.earliest.Sub(wall))
		case wall.After(latest):
			ahead = append(ahead, wall.Sub(latest))
		}
	}
	switch {
	case 2*len(behind) > heard:
		return -median(behind), len(behind)
	case 2*len(ahead) > heard:
		return median(ahead), len(ahead)
	}
	return 0, 0
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
