package courier

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"votive/node/mesh"
	"votive/proto/recon"
	"votive/proto/votive"
)

// What a node would not have from one peer under one peer id it is not known by
// under the next: nobody else would leave it out.
func TestRefusedIsForgottenWithThePeerID(t *testing.T) {
	inWorld(t, func(w *world) {
		dead := usual
		dead.expiry = votive.DayOf(noon) - 3
		f := stampedFrame(t, dead, 0)
		r := f.Rank()
		key := recon.MakeKey(r.Rank, uint16(usual.expiry), r.ID) // a lie about when it dies
		var asked atomic.Int32
		eve := w.stranger(func(ctx context.Context, s mesh.Stream) {
			sc := script{t: t, ctx: ctx, s: s, frames: []votive.Frame{f}}
			_, ids := sc.offer(key)
			for _, id := range ids {
				asked.Add(1)
				sc.say(append([]byte{have}, sc.frame(id).Bytes()...)...)
			}
			sc.hear()
		})
		a := w.open(plan{})
		w.dial(a.mesh, eve)
		settle(10 * time.Second)
		if got := asked.Load(); got != 1 {
			t.Fatalf("asked for %d times, want 1: nothing is tested", got)
		}
		a.halt()
		w.run(a, plan{})
		w.dial(a.mesh, eve)
		settle(10 * time.Second)
		if got := asked.Load(); got != 2 {
			t.Error("a node does not ask under its new peer id for what it was given under the old one")
		}
	})
}

// Nor how often somebody asked it.
func TestAskersAreForgottenWithThePeerID(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{have: frames(t, 0, 5)})
		eve := w.stranger(nil)
		greets := func() (n int) {
			w.dial(eve, a.mesh)
			for range askedBurst + 2 {
				s := w.asker(eve, a)
				if _, ok := s.greet(); ok {
					n++
				}
				_ = s.Reset()
			}
			return n
		}
		before := greets()
		a.halt()
		w.run(a, plan{})
		if after := greets(); after != before {
			t.Errorf("answered %d times under one peer id and then %d times under the next, want as often", before, after)
		}
	})
}

// Peers that open streams and say nothing keep nobody from being served: they
// give way sooner than they are given up.
func TestSilentAskersGiveWay(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, 300)
		b := w.open(plan{have: all})
		for range maxOffers / maxOffersPerPeer {
			eve := w.stranger(nil)
			w.dial(eve, b.mesh)
			for range maxOffersPerPeer {
				s, err := eve.OpenStream(context.Background(), b.mesh.ID(), Protocol)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = s.Write([]byte{1}) // or it is not opened
			}
		}
		settle(offerSilent)
		c := w.open(plan{})
		w.dial(c.mesh, b.mesh)
		w.complete("a newcomer", c, len(all), (silence-offerSilent)/2)
	})
}

// Who takes what it asked for on a poor line is not silent.
func TestOfferWaitsForAPoorLine(t *testing.T) {
	began := time.Now()
	o := &offering{since: began}
	for _, c := range []struct {
		handed int
		after  time.Duration
		stops  bool
	}{
		{0, offerSilent - 1, false},
		{0, offerSilent, true},
		{maxBatch, 8400 * time.Millisecond, false}, // 1 MiB at 1 Mbit/s
		{maxBatch, silence + time.Second, true},
	} {
		o.waits(began, c.handed)
		if got := o.mayStop(began.Add(c.after)); got != c.stops {
			t.Errorf("%v after %d frames were handed out an offer gives way: %t, want %t", c.after, c.handed, got, c.stops)
		}
	}
	if o.works(); o.mayStop(began.Add(offerUndisturbed - 1)) {
		t.Error("an offer gives way while it works")
	}
}
