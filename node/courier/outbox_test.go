package courier

import (
	"errors"
	"testing"
	"time"

	"votive/proto/votive"
)

// fresh gives frames whose stamps nobody has found yet.
func fresh(t *testing.T, n, m int) (out []votive.Unstamped) {
	t.Helper()
	for i := n; i < m; i++ {
		out = append(out, unstamped(t, usual, i))
	}
	return out
}

// What nobody was given stays in the outbox, over a restart too, and is in the
// store for whoever asks. Afterwards the same frames go out, not others.
func TestOutboxWaitsForPeers(t *testing.T) {
	inWorld(t, func(w *world) {
		out := fresh(t, 5000, 5003)
		a := w.open(plan{})
		a.shelf.send(out...)
		settle(time.Minute)
		if got := a.store.Len(); got != 3 {
			t.Errorf("%d frames in the store, want 3", got)
		}
		if got := a.shelf.waiting(); got != 3 {
			t.Errorf("%d frames in the outbox of a node without peers, want 3", got)
		}
		a.stop()

		a = w.open(plan{disk: a.disk})
		a.shelf.send(out...)
		settle(time.Minute)
		b := w.open(plan{})
		w.dial(b.mesh, a.mesh)
		w.complete("the peer", b, 3, 5*time.Second)
		if took, ok := within(3*time.Second, func() bool { return a.shelf.waiting() == 0 }); !ok {
			t.Errorf("after %v %d frames in the outbox, want 0", took, a.shelf.waiting())
		}
		for _, u := range out {
			if !b.store.Has(u.ID()) {
				t.Errorf("frame %v did not arrive", u.ID())
			}
		}
		if got := a.Status().Published; got != 3 {
			t.Errorf("%d published, want 3", got)
		}
	})
}

// A stamp that was being searched for does not hold up the end.
func TestOutboxStops(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{})
		hard := usual
		hard.effort = 60
		a.shelf.send(unstamped(t, hard, 0))
		a.stop()
	})
}

func TestOutboxDropsTheDead(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		dead := usual
		dead.expiry = votive.DayOf(noon) - 3
		a.shelf.send(unstamped(t, dead, 0), unstamped(t, usual, 5000))
		w.complete("the peer", b, 1, 10*time.Second)
		settle(time.Minute)
		if got := a.shelf.waiting(); got != 0 {
			t.Errorf("%d frames in the outbox, want 0", got)
		}
		if got := a.Status().Published; got != 1 {
			t.Errorf("%d published, want 1", got)
		}
		if a.store.Len() != 1 {
			t.Errorf("%d frames in the store, want 1", a.store.Len())
		}
	})
}

// What cannot be stored is not published either: peers that ask for it would
// not get it.
func TestOutboxNeedsTheStore(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		a.shelf.breakDown(errors.New("no room"))
		a.shelf.send(fresh(t, 5000, 5002)...)
		settle(time.Minute)
		if s := a.Status(); s.Published != 0 || a.shelf.waiting() != 2 {
			t.Errorf("%d published, %d in the outbox, want 0 and 2", s.Published, a.shelf.waiting())
		}
		a.shelf.breakDown(nil)
		w.complete("the peer", b, 2, 10*time.Second)
	})
}

// One's own frames leave no faster than a link takes them.
func TestOutboxPace(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		settle(3 * time.Second)
		const n = publishBurst + 10*publishRate
		start := time.Now()
		w.announce(a, frames(t, 0, n))
		for _, after := range []int{1, 5} {
			settle(time.Duration(after)*time.Second - time.Since(start))
			want := publishBurst + after*publishRate
			if got := int(a.Status().Published); got < want-publishRate || got > want+publishRate {
				t.Errorf("%d published in %d s, want about %d", got, after, want)
			}
		}
		took, ok := within(time.Minute, func() bool { return a.shelf.waiting() == 0 })
		if !ok || took < 3*time.Second {
			t.Errorf("the rest took %v, want about 4s", took)
		}
		w.complete("the peer", b, n, time.Second)
		if got := b.Status().Fetched; got > n/2 {
			t.Errorf("%d of %d by catch-up", got, n)
		}
	})
}
