package courier

import (
	"fmt"
	"testing"
	"time"

	"votive/node/mesh"
	"votive/proto/votive"
)

// dying is a frame of a class that dies on a day. Its stamp is of no account
// here.
func dying(t *testing.T, life votive.Lifetime, expiry votive.Day) votive.Frame {
	t.Helper()
	return stampedFrame(t, header{1, votive.MinEffort, life, expiry}, 1)
}

func TestSkew(t *testing.T) {
	const day = 24 * time.Hour
	today := votive.DayOf(noon)
	fit := dying(t, votive.Days8, today+8)
	late, later := dying(t, votive.Days8, today+8+5), dying(t, votive.Days8, today+8+9)
	dead := dying(t, votive.Days8, today-4)
	start := time.Now()
	for _, c := range []struct {
		name  string
		said  map[mesh.PeerID][]votive.Frame
		after time.Duration // between what was said and the look at it
		wall  time.Time
		want  time.Duration
		peers int
	}{
		{"nobody said anything", nil, 0, noon, 0, 0},
		{"what there is now", map[mesh.PeerID][]votive.Frame{"a": {fit}, "b": {fit}}, 0, noon, 0, 0},
		{"one peer, of a day to come", map[mesh.PeerID][]votive.Frame{"a": {late}}, 0, noon, -(3*day - 12*time.Hour), 1},
		{"and the clock was set right", map[mesh.PeerID][]votive.Frame{"a": {late}}, time.Minute, noon.Add(5 * day), 0, 0},
		{"one of two", map[mesh.PeerID][]votive.Frame{"a": {late}, "b": {fit}}, 0, noon, 0, 0},
		{"two of three", map[mesh.PeerID][]votive.Frame{"a": {late}, "b": {late, late}, "c": {fit}}, 0, noon, -(3*day - 12*time.Hour), 2},
		{"what was older came too", map[mesh.PeerID][]votive.Frame{"a": {fit, late, fit}}, 0, noon, -(3*day - 12*time.Hour), 1},
		{"some by more", map[mesh.PeerID][]votive.Frame{"a": {late}, "b": {later}, "c": {later}}, 0, noon, -(7*day - 12*time.Hour), 3},
		{"what has died", map[mesh.PeerID][]votive.Frame{"a": {dead}, "b": {dead}}, 0, noon, 2*day + 12*time.Hour, 2},
		{"what has died, and died longer since", map[mesh.PeerID][]votive.Frame{"a": {dead}}, 20 * time.Hour, noon.Add(20 * time.Hour), 2*day + 12*time.Hour, 1},
		{"what has died, and the clock was set right", map[mesh.PeerID][]votive.Frame{"a": {dead}}, time.Minute, noon.Add(-5 * day), 0, 0},
		{"what cannot be both", map[mesh.PeerID][]votive.Frame{"a": {late, dead}}, 0, noon, 0, 0},
		{"long ago", map[mesh.PeerID][]votive.Frame{"a": {late}}, 25 * time.Hour, noon, 0, 0},
	} {
		s := skew{called: anybody}
		for id, said := range c.said {
			for _, f := range said {
				s.note(id, f, start)
			}
		}
		if got, peers := s.apart(c.wall, start.Add(c.after)); got != c.want || peers != c.peers {
			t.Errorf("%s: apart by %v, as %d peers say, want %v, %d", c.name, got, peers, c.want, c.peers)
		}
	}
}

func anybody(mesh.PeerID) bool { return true }

// TestSkewIsOfPeersCalled: what many say that nobody called neither makes the
// clock seem wrong nor hides that it is, and nor does what those said who have
// gone.
func TestSkewIsOfPeersCalled(t *testing.T) {
	fit := dying(t, votive.Days8, votive.DayOf(noon)+8)
	late := dying(t, votive.Days8, votive.DayOf(noon)+8+5)
	start := time.Now()
	for _, c := range []struct {
		name          string
		called, other votive.Frame
		leave         bool // those called, in the end
		peers         int
	}{
		{"strangers say that it is wrong", fit, late, false, 0},
		{"strangers say that it is right", late, fit, false, 3},
		{"those called have gone", late, fit, true, 0},
	} {
		called := map[mesh.PeerID]bool{"a": true, "b": true, "c": true}
		s := skew{called: func(id mesh.PeerID) bool { return called[id] }}
		strangers := func() {
			for i := range 2 * maxWitnesses {
				s.note(mesh.PeerID(fmt.Sprint(i)), c.other, start)
			}
		}
		strangers()
		for id := range called {
			s.note(id, c.called, start)
		}
		strangers()
		if c.leave {
			clear(called)
		}
		if _, peers := s.apart(noon, start); peers != c.peers {
			t.Errorf("%s: it is seen by %d peers, want %d", c.name, peers, c.peers)
		}
	}
}

// TestSkewIsBounded: however many peers come and go, few are remembered, and
// those who come later take the place of who has gone, and of nobody else.
func TestSkewIsBounded(t *testing.T) {
	fit := dying(t, votive.Days8, votive.DayOf(noon)+8)
	late := dying(t, votive.Days8, votive.DayOf(noon)+8+5)
	gone := make(map[mesh.PeerID]bool)
	s := skew{called: func(id mesh.PeerID) bool { return !gone[id] }}
	start := time.Now()
	fill := func(f votive.Frame, from int) {
		for i := range 10 * maxWitnesses {
			s.note(mesh.PeerID(fmt.Sprint(from+i)), f, start)
		}
	}
	fill(late, 0)
	fill(fit, 1000)
	if _, peers := s.apart(noon, start); peers != maxWitnesses || len(s.all) != maxWitnesses {
		t.Errorf("%d peers are remembered and %d of the first count, want %d each", len(s.all), peers, maxWitnesses)
	}
	for id := range s.all {
		gone[id] = true
	}
	fill(late, 2000)
	if _, peers := s.apart(noon, start); peers != maxWitnesses || len(s.all) != maxWitnesses {
		t.Errorf("%d peers are remembered and %d of the last count, want %d each", len(s.all), peers, maxWitnesses)
	}
}

// TestRunSaysWhoseClockCounts: of the peers that are connected those that this
// node called, and not those that called it.
func TestRunSaysWhoseClockCounts(t *testing.T) {
	inWorld(t, func(w *world) {
		late := dying(t, votive.Days8, votive.DayOf(noon)+8+5)
		n, called := w.open(plan{}), w.stranger(nil)
		w.dial(n.mesh, called)
		callers := []*mesh.Mesh{w.stranger(nil), w.stranger(nil)}
		for _, m := range callers {
			w.dial(m, n.mesh)
			n.Judge(m.ID(), late.Bytes())
		}
		if got := n.Status().SkewPeers; got != 0 {
			t.Errorf("as %d peers say, the clock is wrong; want none of those that called", got)
		}
		n.Judge(called.ID(), late.Bytes())
		if got := n.Status().SkewPeers; got != 1 {
			t.Errorf("as %d peers say, the clock is wrong; want the one that was called", got)
		}
	})
}

// TestJudgeTellsSkew: frames of peers that are Ignored for our clock say so, and
// our own do not.
func TestJudgeTellsSkew(t *testing.T) {
	f := frames(t, 0, 1)[0]
	for _, c := range []struct {
		name  string
		now   time.Time
		own   bool
		ahead int
	}{
		{"right", noon, false, 0},
		{"six days behind", noon.AddDate(0, 0, -6), false, -1},
		{"twelve days ahead", noon.AddDate(0, 0, 12), false, 1},
		{"six days behind, our own", noon.AddDate(0, 0, -6), true, 0},
	} {
		courier, _ := still(t, at(c.now), 0)
		courier.skew.among(anybody)
		if c.own {
			courier.publishing.Store(&publication{"peer", f.ID()})
		}
		courier.Judge("peer", f.Bytes())
		got := courier.Status()
		if sign := int(max(min(got.Skew, 1), -1)); sign != c.ahead || got.SkewPeers != max(c.ahead, -c.ahead) {
			t.Errorf("%s: Status() = %v, by %d peers, want the sign of %d", c.name, got.Skew, got.SkewPeers, c.ahead)
		}
	}
}
