package courier

import (
	"bufio"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"votive/node/mesh"
	"votive/proto/votive"
)

func unstampedOf(t *testing.T, frames []votive.Frame) []votive.Unstamped {
	t.Helper()
	var out []votive.Unstamped
	for _, f := range frames {
		u, err := votive.UnstampedFrom(f.Bytes()[:votive.FrameSize-8])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, u)
	}
	return out
}

// announce has n send frames whose stamps need not be searched for.
func (w *world) announce(n *node, frames []votive.Frame) {
	w.t.Helper()
	all := unstampedOf(w.t, frames)
	n.shelf.mu.Lock()
	for i, f := range frames {
		n.shelf.stamps[all[i].Sum()] = f
	}
	n.shelf.mu.Unlock()
	n.shelf.send(all...)
}

// SPEC 2.11: what gossip does not carry, catch-up does.
func TestBurst(t *testing.T) {
	const burst = 1000
	tests := []struct {
		name   string
		budget mesh.Budget // of the receiver
		gossip bool        // is enough
		within time.Duration
	}{
		{"gossip", mesh.Budget{}, true, 5 * time.Second},
		{"over budget", mesh.Budget{Burst: 100}, false, 30 * time.Second},
	}
	for _, tt := range tests {
		inWorld(t, func(w *world) {
			a, b := w.open(plan{}), w.open(plan{budget: tt.budget})
			w.dial(b.mesh, a.mesh)
			settle(3 * time.Second) // they are linked, and have asked each other
			w.announce(a, frames(t, 0, burst))
			took := w.complete(tt.name, b, burst, tt.within)
			s := b.Status()
			t.Logf("%s: %v for %d frames, %d by catch-up, %d missed", tt.name, took, burst, s.Fetched, s.Missed)
			if tt.gossip && s.Fetched > 0 {
				t.Errorf("%s: %d frames by catch-up, want 0", tt.name, s.Fetched)
			}
			if !tt.gossip && s.Missed == 0 {
				t.Errorf("%s: no frame was missed", tt.name)
			}
			settle(time.Minute)
			if got := a.shelf.waiting(); got != 0 {
				t.Errorf("%s: %d frames in the outbox, want 0", tt.name, got)
			}
			if got := a.Status().Published; got != burst {
				t.Errorf("%s: %d published, want %d", tt.name, got, burst)
			}
		})
	}
}

func TestLateJoiner(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, maxStamped)
		a := w.open(plan{have: all})
		b := w.open(plan{})
		w.dial(b.mesh, a.mesh)
		saw := false
		took, _ := within(time.Minute, func() bool {
			if s := b.Status(); s.Running {
				saw = true
				if s.Want > len(all) || s.Have > s.Want {
					t.Errorf("%d of %d, want at most %d", s.Have, s.Want, len(all))
				}
			}
			return b.store.Len() == len(all)
		})
		w.complete("the newcomer", b, len(all), 0)
		t.Logf("%v for %d frames", took, len(all))
		if !saw {
			t.Error("never running")
		}
		settle(time.Second)
		if s := b.Status(); s.Running || s.Have != len(all) || s.Want != len(all) || s.Heard.IsZero() {
			t.Errorf("afterwards %+v, want %d of %d, not running", s, len(all), len(all))
		}
	})
}

func TestChain(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{have: frames(t, 0, 500)})
		b := w.open(plan{have: frames(t, 400, 600)})
		c := w.open(plan{have: frames(t, 1000, 1100)})
		w.dial(a.mesh, b.mesh)
		w.dial(c.mesh, b.mesh)
		for name, n := range map[string]*node{"a": a, "b": b, "c": c} {
			w.complete(name, n, 700, 5*time.Minute)
		}
		w.announce(a, frames(t, 600, 650))
		took := w.complete("the far end", c, 750, 10*time.Second)
		t.Logf("50 frames over two hops took %v", took)
	})
}

// A peer on a slow line gets and gives what it can, and holds nobody up.
func TestSlowPeer(t *testing.T) {
	const slow = 400_000 // bit/s
	inWorld(t, func(w *world) {
		all := frames(t, 0, 1500)
		a := w.open(plan{have: all, bits: slow})
		b := w.open(plan{})
		w.dial(b.mesh, a.mesh)
		took := w.complete("who asks a slow peer", b, len(all), 8*time.Minute)
		t.Logf("%d frames from a slow peer: %v", len(all), took)

		c := w.open(plan{})
		w.dial(c.mesh, a.mesh)
		settle(3 * time.Second)
		w.dial(c.mesh, b.mesh)
		took = w.complete("who asks a slow peer and a fast one", c, len(all), time.Minute)
		t.Logf("with a fast peer beside it: %v", took)
	})
}

// Two peers share the work.
func TestTwoOfferers(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, maxStamped)
		a, b := w.open(plan{have: all}), w.open(plan{have: all})
		c := w.open(plan{})
		w.dial(c.mesh, a.mesh)
		w.dial(c.mesh, b.mesh)
		w.complete("the newcomer", c, len(all), time.Minute)
		settle(10 * time.Second)
		from, too := a.Status().Served, b.Status().Served
		t.Logf("%d and %d of %d", from, too, len(all))
		if min(from, too) == 0 {
			t.Error("one of them did nothing")
		}
		if got := from + too; got > uint64(len(all)+len(all)/20) {
			t.Errorf("%d frames served, want at most a twentieth more than %d", got, len(all))
		}
	})
}

// What was interrupted goes on where it was.
func TestResume(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, maxStamped)
		a := w.open(plan{have: all, bits: 20_000_000})
		b := w.open(plan{})
		half := func() bool { return b.store.Len() >= len(all)/3 }
		w.dial(b.mesh, a.mesh)
		if _, ok := within(time.Minute, half); !ok || b.store.Len() == len(all) {
			t.Fatalf("%d frames, want a third of %d", b.store.Len(), len(all))
		}
		b.stop() // the asker goes away
		b = w.open(plan{disk: b.disk})
		first := b.store.Len()
		if first == 0 || first == len(all) {
			t.Fatalf("%d frames on disk, want some of %d", first, len(all))
		}
		w.dial(b.mesh, a.mesh)
		if _, ok := within(time.Minute, func() bool { return b.store.Len() > first+300 }); !ok {
			t.Fatalf("%d frames, want more than %d", b.store.Len(), first+300)
		}
		served := a.Status().Served
		a.stop() // the offerer goes away
		if b.store.Len() == len(all) {
			t.Fatal("nothing is left to bring")
		}
		a = w.open(plan{disk: a.disk})
		w.dial(b.mesh, a.mesh)
		took := w.complete("the asker", b, len(all), time.Minute)
		served += a.Status().Served
		t.Logf("complete %v after it went on; %d frames served for %d", took, served, len(all))
		if most := uint64(len(all) + 4*maxBatch); served > most {
			t.Errorf("%d frames served, want at most %d", served, most)
		}
	})
}

// A store that is full takes what is worth most, and does not ask for the rest
// again and again.
func TestFullStore(t *testing.T) {
	all := frames(t, 0, maxStamped)
	tests := []struct {
		name  string
		have  []votive.Frame
		first uint64 // frames served in the first 20 seconds, at most
	}{
		{"empty", nil, uint64(len(all))},
		{"full already", all, 0}, // what is below its floor is not asked for
	}
	for _, tt := range tests {
		inWorld(t, func(w *world) {
			a := w.open(plan{have: all})
			b := w.open(plan{quota: 200, have: tt.have})
			w.dial(b.mesh, a.mesh)
			settle(20 * time.Second)
			if got := a.Status().Served; tt.have == nil && got == 0 || got > tt.first {
				t.Errorf("%s: %d frames served at first, want at most %d", tt.name, got, tt.first)
			}
			settle(20 * time.Minute)
			if got := a.Status().Served; got > uint64(len(all)) {
				t.Errorf("%s: %d frames served in 20 minutes, want at most %d", tt.name, got, len(all))
			}
			if got := b.store.Len(); got != 200 {
				t.Errorf("%s: %d frames, want 200", tt.name, got)
			}
			floor := b.store.Floor()
			for _, f := range all {
				if above := f.Rank().Compare(floor) > 0; above != b.store.Has(f.ID()) {
					t.Fatalf("%s: frame of rank %v, floor %v: Has() = %v", tt.name, f.Rank(), floor, !above)
				}
			}
		})
	}
}

// What all offers together send is paced: frames, and what is said about them
// by its length. SPEC 10.12.
func TestServingIsPaced(t *testing.T) {
	const burst, perSecond = 100, 50
	inWorld(t, func(w *world) {
		all := frames(t, 0, 1000)
		a := w.open(plan{have: all})
		a.offers.pace.SetBurst(burst)
		a.offers.pace.SetLimit(perSecond)
		for range 2 { // who ask at the same time share it
			w.dial(w.open(plan{}).mesh, a.mesh)
		}
		const passed = 10 * time.Second
		settle(passed)
		most := uint64(burst + perSecond*passed/time.Second)
		if got := a.Status().Served; got < most*3/4 || got > most {
			t.Errorf("%d frames served in %v, want %d or a little less", got, passed, most)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, _ := still(t, at(noon), 0)
		c.offers.pace.SetBurst(1)
		c.offers.pace.SetLimit(1)
		ch := channel{Courier: c, out: bufio.NewWriter(io.Discard)}
		began := time.Now()
		if err := ch.say(t.Context(), make([]byte, 10*votive.FrameSize)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 9*time.Second {
			t.Errorf("a message as long as 10 frames took %v, want 9 s where one goes a second", took)
		}
	})
}

// What is brought and cannot be kept, here since the clock is wrong, is not
// brought again with every ask.
func TestRefusedIsBroughtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, 50)
		a := w.open(plan{have: all})
		right := w.now
		w.now = func() time.Time { return right().AddDate(0, 0, -10) }
		b := w.open(plan{})
		w.dial(b.mesh, a.mesh)
		settle(refusedFor / 2)
		if got := a.Status().Served; got != uint64(len(all)) {
			t.Errorf("%d frames served to a peer that takes none of %d, want each once", got, len(all))
		}
		if got := b.store.Len(); got != 0 {
			t.Errorf("%d frames of days to come are kept, want 0: nothing is tested", got)
		}
	})
}

// SPEC 2.8, 10.3: once a day's intake is used up, what it would not take is not
// asked for either, though it was dropped by nobody and may be taken tomorrow.
func TestIntakeUsedUp(t *testing.T) {
	const quota, flood = 256, 1000
	inWorld(t, func(w *world) {
		old := header{1, votive.MinEffort, votive.Days120, votive.DayOf(noon) + 7}
		b := w.open(plan{quota: quota, have: func() (have []votive.Frame) {
			for i := range quota {
				have = append(have, stampedFrame(t, old, i))
			}
			return have
		}()})
		b.stop() // what is there at the start is of before
		b = w.open(plan{quota: quota, disk: b.disk})
		first := w.open(plan{have: frames(t, 0, flood)})
		w.dial(b.mesh, first.mesh)
		settle(10 * time.Minute)
		if evicted, allowed := b.store.Intake(); evicted != allowed || b.store.Floor() == b.store.Dropped() {
			t.Fatalf("the intake is %d of %d: nothing is tested", evicted, allowed)
		}
		taken := 0
		for _, f := range frames(t, flood, 2*flood) {
			if f.Rank().Compare(b.store.Floor()) > 0 {
				taken++
			}
		}
		second := w.open(plan{have: frames(t, flood, 2*flood)})
		w.dial(b.mesh, second.mesh)
		settle(10 * time.Minute)
		if got := second.Status().Served; got == 0 || got > uint64(taken) {
			t.Errorf("%d frames of %d were asked for, want some of the %d above the floor", got, flood, taken)
		}
		// What it would not take today, and has, it offers.
		c := w.open(plan{})
		w.dial(c.mesh, b.mesh)
		w.complete("a newcomer", c, quota, time.Minute)
	})
}
