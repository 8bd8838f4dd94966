package courier

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"votive/node/mesh"
	"votive/proto/votive"
)

// rounds is a state of rounds that nobody runs, over a real mesh.
func (w *world) rounds(m *mesh.Mesh) *rounds {
	c, _ := still(w.t, w.now, 0)
	return &rounds{Courier: c, mesh: m, peers: make(map[mesh.PeerID]*acquaintance)}
}

// What an ask came to decides when the peer is asked again. SPEC 10.5.
func TestSettle(t *testing.T) {
	lie := fmt.Errorf("%w: test", errLie)
	short := fmt.Errorf("%w: test", errShort)
	busy := fmt.Errorf("%w: test", errBusy)
	keep := fmt.Errorf("%w: test", errKeep)
	tests := []struct {
		name     string
		before   acquaintance
		o        outcome
		gone     bool // the peer is not connected any longer
		min, max time.Duration
		strikes  int
		wait     time.Duration
	}{
		{"same set", acquaintance{wait: roundTime}, outcome{same: true}, false, roundTime / 2, 3 * roundTime / 2, 0, roundTime},
		{"same set at last", acquaintance{wait: roundLast, strikes: 3}, outcome{same: true}, false, 0, 16 * roundTime, 0, roundTime},
		{"brought some", acquaintance{wait: 4 * roundTime, strikes: 1}, outcome{kept: 3, delivered: 3}, false, roundTime / 2, 3 * roundTime / 2, 0, roundTime},
		{"brought some and has more", acquaintance{wait: roundTime}, outcome{kept: 3, delivered: 3, more: true}, false, 0, 0, 0, roundTime},
		{"brought none and has more", acquaintance{wait: roundTime}, outcome{delivered: 3, more: true}, false, roundTime, 3 * roundTime, 0, 2 * roundTime},
		{"nothing of use", acquaintance{wait: roundTime}, outcome{}, false, roundTime, 3 * roundTime, 0, 2 * roundTime},
		{"nothing of use, again", acquaintance{wait: roundLast}, outcome{}, false, roundLast / 2, 3 * roundLast / 2, 0, roundLast},

		{"lies", acquaintance{wait: roundTime}, outcome{err: lie}, false, lieTime, lieTime + 2*roundTime, 1, roundTime},
		{"lies and goes", acquaintance{wait: roundTime}, outcome{err: lie}, true, lieTime, lieTime + 2*roundTime, 1, roundTime},
		{"lies, but brought some", acquaintance{wait: roundTime}, outcome{err: lie, kept: 5}, false, lieTime, lieTime + 2*roundTime, 1, roundTime},
		{"does not deliver", acquaintance{wait: roundTime}, outcome{err: short}, false, strikeFirst, 2 * strikeFirst, 1, roundTime},
		{"does not deliver and goes", acquaintance{wait: roundTime}, outcome{err: short}, true, strikeFirst, 2 * strikeFirst, 1, roundTime},
		{"silent", acquaintance{wait: roundTime}, outcome{err: os.ErrDeadlineExceeded}, false, strikeFirst, 2 * strikeFirst, 1, roundTime},
		{"silent for the fourth time", acquaintance{wait: roundTime, strikes: 3}, outcome{err: os.ErrDeadlineExceeded}, false, 8 * strikeFirst, 8 * strikeFirst, 4, roundTime},
		{"silent for ever", acquaintance{wait: roundTime, strikes: 1000}, outcome{err: os.ErrDeadlineExceeded}, false, strikeLast, strikeLast, 1001, roundTime},
		{"silent, but brought some", acquaintance{wait: roundTime, strikes: 3}, outcome{err: os.ErrDeadlineExceeded, kept: 1}, false, strikeFirst, 2 * strikeFirst, 1, roundTime},
		{"the line broke", acquaintance{wait: roundTime, strikes: 3}, outcome{err: io.ErrUnexpectedEOF}, true, 0, 2 * roundTime, 3, roundTime},
		{"busy", acquaintance{wait: time.Second}, outcome{err: busy}, false, busyFirst, busyFirst, 1, time.Second},
		{"busy for the third time", acquaintance{wait: time.Second, strikes: 2}, outcome{err: busy}, false, 4 * busyFirst, 4 * busyFirst, 3, time.Second},
		{"our disk is full", acquaintance{wait: time.Second, strikes: 0}, outcome{err: keep}, false, keepAgain, keepAgain, 0, time.Second},
	}
	inWorld(t, func(w *world) {
		m, there := w.stranger(nil), w.stranger(nil)
		w.dial(m, there)
		settle(3 * time.Second)
		for _, tt := range tests {
			r := w.rounds(m)
			r.asking = 1
			tt.o.peer = there.ID()
			if tt.gone {
				tt.o.peer = "somebody"
			}
			p := tt.before
			p.here, p.asking = true, true
			r.peers[tt.o.peer] = &p
			now := time.Now()
			r.settle(tt.o)
			if in := p.due.Sub(now); in < tt.min || in > tt.max {
				t.Errorf("%s: due in %v, want %v to %v", tt.name, in, tt.min, tt.max)
			}
			if p.strikes != tt.strikes || p.wait != tt.wait {
				t.Errorf("%s: %d strikes, wait %v, want %d, %v", tt.name, p.strikes, p.wait, tt.strikes, tt.wait)
			}
			if p.asking || r.asking != 0 || !p.last.Equal(now) {
				t.Errorf("%s: still asking", tt.name)
			}
		}
	})
}

func TestRush(t *testing.T) {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	type peers map[mesh.PeerID]*acquaintance
	tests := []struct {
		name  string
		peers func() peers
		due   []mesh.PeerID
		owed  bool
	}{
		{"nobody", func() peers { return peers{} }, nil, true},
		{"one", func() peers {
			return peers{"a": {here: true, last: ago(time.Minute), due: in(time.Hour)}}
		}, []mesh.PeerID{"a"}, false},
		{"the two asked longest ago", func() peers {
			return peers{
				"a": {here: true, last: ago(3 * time.Minute), due: in(time.Hour)},
				"b": {here: true, last: ago(1 * time.Minute), due: in(time.Hour)},
				"c": {here: true, last: ago(2 * time.Minute), due: in(time.Hour)},
			}
		}, []mesh.PeerID{"a", "c"}, false},
		{"one was asked just now", func() peers {
			return peers{
				"a": {here: true, last: ago(time.Second), due: in(time.Hour)},
				"b": {here: true, last: ago(time.Minute), due: in(time.Hour)},
			}
		}, []mesh.PeerID{"b"}, true},
		{"one is being asked", func() peers {
			return peers{
				"a": {here: true, asking: true, due: in(time.Hour)},
				"b": {here: true, last: ago(time.Minute), due: in(time.Hour)},
			}
		}, []mesh.PeerID{"b"}, true},
		{"one is barred, one not here", func() peers {
			return peers{
				"a": {here: true, barred: in(time.Minute), due: in(time.Hour)},
				"b": {due: in(time.Hour)},
				"c": {here: true, last: ago(time.Minute), due: in(time.Hour)},
			}
		}, []mesh.PeerID{"c"}, false},
	}
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range tests {
			r := &rounds{peers: tt.peers(), owed: true}
			r.rush()
			for id, p := range r.peers {
				want := slices.Contains(tt.due, id)
				if got := !p.due.After(time.Now()); got != want {
					t.Errorf("%s: %q is due: %v, want %v", tt.name, string(id), got, want)
				}
			}
			if r.owed != tt.owed {
				t.Errorf("%s: owed = %v, want %v", tt.name, r.owed, tt.owed)
			}
		}
	})
}

// Asks are bounded, and whoever waited longest comes first.
func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &rounds{peers: make(map[mesh.PeerID]*acquaintance)}
		for i := range maxAsks + 3 {
			r.peers[mesh.PeerID(rune('a'+i))] = &acquaintance{here: true, due: time.Now().Add(-time.Duration(i) * time.Second)}
		}
		r.peers["z"] = &acquaintance{here: true, due: time.Now().Add(7 * time.Second)}
		r.peers["y"] = &acquaintance{due: time.Now()}
		if got, want := r.start(), []mesh.PeerID{"g", "f", "e", "d"}; !slices.Equal(got, want) {
			t.Errorf("start() = %q, want %q", got, want)
		}
		if got := r.start(); len(got) != 0 {
			t.Errorf("start() with no room = %v, want none", got)
		}
		if got := r.next(); got != roundLast {
			t.Errorf("next() with no room = %v, want %v", got, roundLast)
		}
		r.asking = 0
		if got, want := r.start(), []mesh.PeerID{"c", "b", "a"}; !slices.Equal(got, want) {
			t.Errorf("start() = %q, want %q", got, want)
		}
		if got, want := r.next(), 7*time.Second; got != want {
			t.Errorf("next() = %v, want %v", got, want)
		}
	})
}

// Whatever comes and goes, what is remembered of peers is bounded, and those
// who are here or barred for long are not forgotten for those who are not.
func TestPeersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := still(t, time.Now, 0)
		r := &rounds{Courier: c, peers: make(map[mesh.PeerID]*acquaintance)}
		for i := range 2 * maxPeers {
			id := mesh.PeerID(fmt.Sprint(i))
			r.meet(id)
			if p := r.peers[id]; p != nil && i >= 10 {
				p.here, p.barred = false, time.Now().Add(time.Duration(i)*time.Second)
			}
		}
		if got := len(r.peers); got != maxPeers {
			t.Errorf("%d peers, want %d", got, maxPeers)
		}
		for i := range 2 * maxPeers {
			want := i < 10 || i >= maxPeers+10
			if _, got := r.peers[mesh.PeerID(fmt.Sprint(i))]; got != want {
				t.Fatalf("peer %d is remembered: %v, want %v", i, got, want)
			}
		}
		for _, p := range r.peers {
			p.here = true
		}
		r.meet("one too many")
		if got := len(r.peers); got != maxPeers {
			t.Errorf("%d peers, want %d", got, maxPeers)
		}
	})
}

func TestRefused(t *testing.T) {
	id := func(n int) votive.ID { return votive.ID(binary.BigEndian.AppendUint32(make([]byte, 28), uint32(n))) }
	var r refused
	if r.has(id(0)) {
		t.Error("has() of the empty set = true")
	}
	for i := range 5 * maxRefused {
		r.add(id(i), noon)
		if !r.has(id(i)) {
			t.Fatalf("has(%d) just added = false", i)
		}
	}
	if got := len(r.new) + len(r.old); got > 2*maxRefused {
		t.Errorf("%d ids, want at most %d", got, 2*maxRefused)
	}
	if r.has(id(0)) || !r.has(id(4*maxRefused)) {
		t.Error("the oldest are remembered, or the latest not")
	}

	r = refused{}
	r.add(id(1), noon)
	r.add(id(2), noon.Add(refusedFor+1))
	if !r.has(id(1)) {
		t.Error("forgotten at once")
	}
	r.add(id(3), noon.Add(2*refusedFor+2))
	if r.has(id(1)) || !r.has(id(2)) {
		t.Error("not forgotten, or the wrong one")
	}
}
