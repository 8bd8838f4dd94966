package courier

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"votive/node/mesh"
	"votive/proto/recon"
	"votive/proto/votive"
)

// asker is a stream on which a peer asks as it likes.
type asker struct {
	t *testing.T
	mesh.Stream
}

func (w *world) asker(from *mesh.Mesh, to *node) asker {
	w.t.Helper()
	s, err := from.OpenStream(w.t.Context(), to.mesh.ID(), Protocol)
	if err != nil {
		w.t.Fatalf("OpenStream() = %v", err)
	}
	w.t.Cleanup(func() { _ = s.Reset() })
	return asker{w.t, s}
}

// greet says hello as one who has nothing, and reports whether it was
// answered.
func (a asker) greet() (*recon.Asker, bool) {
	r, hello := recon.Ask(recon.NewSet(nil).Snapshot(), recon.Window{}, recon.Nonce{7}, 1000)
	a.say(hello...)
	msg := hearFrom(a)
	if msg == nil {
		return r, false
	}
	turn, err := r.Step(msg)
	if err != nil {
		a.t.Fatalf("Step() = %v", err)
	}
	for turn.Write != nil {
		a.say(turn.Write...)
		if msg = hearFrom(a); msg == nil {
			return r, false
		}
		if turn, err = r.Step(msg); err != nil {
			a.t.Fatalf("Step() = %v", err)
		}
	}
	return r, true
}

func (a asker) say(b ...byte) { _, _ = a.Write(b) }

// over reports whether the stream has ended.
func (a asker) over() bool {
	_, err := io.Copy(io.Discard, a)
	return err != nil
}

// SPEC 10.3, 10.9: what is offered is what others could take, and a frame is
// answered by itself, or by nothing where it has gone.
func TestOffer(t *testing.T) {
	inWorld(t, func(w *world) {
		dying := usual
		dying.expiry = votive.DayOf(noon) - 1 // dead for 36 hours
		dead := usual
		dead.expiry = votive.DayOf(noon) - 2
		all := append(frames(t, 0, 5), stampedFrame(t, dying, 0))
		b := w.open(plan{have: append(all, stampedFrame(t, dead, 0))})
		peer := w.stranger(nil)
		w.dial(peer, b.mesh)
		a := w.asker(peer, b)
		r, ok := a.greet()
		if !ok || r.Missing() != len(all) {
			t.Fatalf("%d frames offered, %t, want %d", r.Missing(), ok, len(all))
		}
		msg, shorts := r.Fetch(recon.MaxFetch, nil)
		a.say(msg...)
		for _, short := range shorts {
			got := make([]byte, 1+votive.FrameSize)
			if _, err := io.ReadFull(a, got); err != nil || got[0] != have {
				t.Fatalf("answer %d, %v, want a frame", got[0], err)
			}
			f, err := votive.ParseFrame(got[1:])
			if err != nil || r.Short(recon.ID(f.ID())) != short {
				t.Errorf("frame %v, %v, which was not asked for", f.ID(), err)
			}
		}
		a.say(r.Bye()...)
		if rest, err := io.ReadAll(a); len(rest) > 0 || err != nil {
			t.Errorf("afterwards %d bytes, %v, want the end", len(rest), err)
		}
	})
}

// SPEC 10.3: the first day is the first of which frames are taken.
func TestWindow(t *testing.T) {
	died := usual.expiry.Time()
	for _, c := range []struct {
		now  time.Time
		want votive.Day
	}{
		{died.Add(tooLong), usual.expiry},
		{died.Add(tooLong + 1), usual.expiry + 1},
		{died.Add(tooLong - 1), usual.expiry},
		{died, usual.expiry - 2},
	} {
		courier, _ := still(t, at(c.now), 0)
		if got := courier.window(votive.Rank{}); got != (recon.Window{First: uint16(c.want)}) {
			t.Errorf("%v after a death: window from %d, want %d", c.now.Sub(died), got.First, c.want)
		}
	}
}

// SPEC 10.10: one session serves both sides.
func TestBothSides(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, 300)
		a, b := w.open(plan{have: all[:200]}), w.open(plan{have: all[100:]})
		w.dial(a.mesh, b.mesh)
		w.complete("one side", a, len(all), 10*time.Second)
		w.complete("the other side", b, len(all), 10*time.Second)
		if got := a.Status().Fetched + b.Status().Fetched; got != 200 {
			t.Errorf("%d frames fetched, want 200", got)
		}
	})
}

// SPEC 10.1, 10.11, 10.12: an asker that does not keep to the protocol is left
// alone, and is no link any longer if it lied; the log says why; others are
// served.
func TestBadAsker(t *testing.T) {
	tests := []struct {
		name string
		ask  func(a asker, all []votive.Frame)
		over time.Duration // at most, until the stream ends with an error
		says string        // the log
		lies bool
	}{
		{"of no kind", func(a asker, _ []votive.Frame) { a.say(99, 0, 0, 0) }, time.Second, "peer lies: message 99", true},
		{"too long", func(a asker, _ []votive.Frame) { a.say(1, 255, 255, 255) }, time.Second, "peer lies: message 1 of", true},
		{"silent at first", func(asker, []votive.Frame) {}, 31 * time.Second, "", false}, // nothing came of it
		{"silent later", func(a asker, _ []votive.Frame) { a.greet() }, 31 * time.Second, "deadline exceeded", false},
		{"silent within an ask", func(a asker, _ []votive.Frame) { a.greet(); a.say(9, 0, 0, 12, 1) }, 31 * time.Second, "deadline exceeded", false},
		{"asks for 257", func(a asker, _ []votive.Frame) {
			a.greet()
			a.say(append([]byte{9, 0, 6, 6}, make([]byte, 257*6)...)...)
		}, time.Second, "peer lies: message 9 of", true},
		{"asks for more than there is", func(a asker, all []votive.Frame) {
			r, _ := a.greet()
			msg, shorts := r.Fetch(100, nil) // fewer, where so much is not yet worked out
			for asked := 0; asked <= len(all) && len(shorts) > 0; asked += len(shorts) {
				a.say(msg...)
			}
		}, 5 * time.Second, "peer lies: it asks for more frames than there are", true},
	}
	for _, tt := range tests {
		inWorld(t, func(w *world) {
			all := frames(t, 0, 300)
			b := w.open(plan{have: all})
			peer := w.stranger(nil)
			w.dial(peer, b.mesh)
			settle(2 * time.Second)
			if !isLink(b.mesh, peer.ID()) {
				t.Fatalf("%s: the peer is no link at first", tt.name)
			}
			a := w.asker(peer, b)
			tt.ask(a, all)
			start := time.Now()
			if !a.over() {
				t.Errorf("%s: the stream ended well", tt.name)
			}
			if took := time.Since(start); took > tt.over {
				t.Errorf("%s: the stream ended after %v, want at most %v", tt.name, took, tt.over)
			}
			b.says(t, peer.ID(), "offer ended", tt.says)
			settle(2 * time.Second)
			if link := isLink(b.mesh, peer.ID()); link == tt.lies {
				t.Errorf("%s: the peer is a link still: %t, want that of all but those that lie", tt.name, link)
			}
			if got := b.Status().Served; got > uint64(len(all)) {
				t.Errorf("%s: %d frames served, want at most %d", tt.name, got, len(all))
			}
			c := w.open(plan{})
			w.dial(c.mesh, b.mesh)
			w.complete(tt.name+": another", c, len(all), 10*time.Second)
		})
	}
}

// Who asks again and again is served at first, and then once in a while; it is
// told off in the log and loses its place, and others are served all the same. An
// honest peer that is refused now and then does not.
func TestAskingAgainAndAgain(t *testing.T) {
	for _, tt := range []struct {
		name        string
		every       time.Duration
		least, most int // served in 5 minutes
		says        string
		pest        bool
	}{
		{"every second", time.Second, askedBurst + 28, askedBurst + 32, "peer asks again and again", true},
		{"every 10 seconds", askedEvery, 30, 30, "", false},
		{"every 7 seconds", 7 * time.Second, askedBurst + 28, askedBurst + 32, "peer asks too often", false},
	} {
		inWorld(t, func(w *world) {
			all := frames(t, 0, 10)
			b := w.open(plan{have: all})
			peer := w.stranger(nil)
			w.dial(peer, b.mesh)
			served := 0
			for range 5 * time.Minute / tt.every {
				a := w.asker(peer, b)
				if _, ok := a.greet(); ok {
					served++
					_ = a.Close()
				} else {
					_ = a.Reset()
				}
				settle(tt.every)
			}
			if served < tt.least || served > tt.most {
				t.Errorf("%s: served %d times in 5 minutes, want %d to %d", tt.name, served, tt.least, tt.most)
			}
			b.says(t, peer.ID(), "offer refused", tt.says)
			if link := isLink(b.mesh, peer.ID()); link == tt.pest {
				t.Errorf("%s: the peer is a link still: %t, want %t", tt.name, link, !tt.pest)
			}
			c := w.open(plan{})
			w.dial(c.mesh, b.mesh)
			w.complete(tt.name+": another", c, len(all), 10*time.Second)
			if b.store.Len() != len(all) {
				t.Errorf("%s: %d frames are left, want %d", tt.name, b.store.Len(), len(all))
			}
		})
	}
}

// Offers that last are bounded in number, for each peer and in all, and give
// way to a peer that has none.
func TestHoldingOffers(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, 300)
		b := w.open(plan{have: all})
		var held []asker
		var fetches []*recon.Asker
		for i := range maxOffers {
			peer := w.stranger(nil)
			w.dial(peer, b.mesh)
			for range maxOffersPerPeer + 1 {
				a := w.asker(peer, b)
				if r, ok := a.greet(); ok {
					held, fetches = append(held, a), append(fetches, r)
				}
			}
			if want := min((i+1)*maxOffersPerPeer, maxOffers); len(held) != want {
				t.Fatalf("%d peers hold %d offers, want %d", i+1, len(held), want)
			}
		}
		ctx, cancel := context.WithCancel(w.t.Context())
		defer cancel()
		for i, a := range held { // each keeps its offer with a frame now and then
			go func() {
				for pause(ctx, 20*time.Second) {
					msg, _ := fetches[i].Fetch(1, nil)
					a.say(msg...)
				}
			}()
		}
		c := w.open(plan{})
		w.dial(c.mesh, b.mesh)
		settle(30 * time.Second)
		if got := c.store.Len(); got != 0 {
			t.Errorf("a newcomer has %d frames, want 0", got)
		}
		took := w.complete("the newcomer", c, len(all), 3*time.Minute)
		t.Logf("the newcomer was served after %v more", took)
		settle(offerTime)
		if got := len(b.offers.running); got != 0 {
			t.Errorf("%d offers run on, want 0", got)
		}
	})
}

// Askers that are remembered are bounded in number; one that comes takes the
// place of one that has gone, and not of one that is connected.
func TestOffersAreBounded(t *testing.T) {
	o := newOffers()
	gone := make(map[mesh.PeerID]bool)
	has := func(id mesh.PeerID) bool { return !gone[id] }
	enter := func(id mesh.PeerID) error {
		one := &offering{peer: id, stop: func() {}}
		err := o.enter(one, has)
		if err == nil {
			o.leave(one)
		}
		return err
	}
	for i := range maxAskers + 10 {
		err := enter(mesh.PeerID(fmt.Sprint(i)))
		if want := i < maxAskers; (err == nil) != want {
			t.Fatalf("asker %d: enter() = %v, want it to enter: %t", i, err, want)
		}
	}
	gone["5"] = true
	if err := enter("new"); err != nil {
		t.Errorf("with one gone: enter() = %v, want nil", err)
	}
	if err := enter("newer"); err == nil {
		t.Error("with none gone: enter() = nil, want an error")
	}
	if o.askers["5"] != nil || o.askers["6"] == nil || len(o.askers) != maxAskers {
		t.Errorf("%d askers remembered, the one that has gone: %t, one that has not: %t, want %d, false, true",
			len(o.askers), o.askers["5"] != nil, o.askers["6"] != nil, maxAskers)
	}
	o.shut()
	if o.enter(&offering{peer: "x", stop: func() {}}, has) == nil {
		t.Error("enter() after shut() = nil, want an error")
	}
}

// When Run has returned no offer goes on and none begins, though the mesh does.
func TestRunEndsOffers(t *testing.T) {
	inWorld(t, func(w *world) {
		c, _ := still(w.t, w.now, 0)
		m, peer := w.stranger(nil), w.stranger(nil)
		ctx, cancel := context.WithCancel(w.t.Context())
		done := make(chan error)
		go func() { done <- c.Run(ctx, m) }()
		w.dial(peer, m)
		n := &node{mesh: m}
		a := w.asker(peer, n)
		hello := func() []byte {
			_, hello := recon.Ask(recon.NewSet(slices.Values(invented(1))).Snapshot(), recon.Window{}, recon.Nonce{7}, 1000)
			return hello
		}
		a.say(hello()...)
		if hearFrom(a) == nil {
			t.Fatal("nothing is offered")
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		if len(c.offers.running) != 0 {
			t.Errorf("%d offers run on", len(c.offers.running))
		}
		start := time.Now()
		if !a.over() || time.Since(start) > time.Second {
			t.Errorf("the offer ended after %v", time.Since(start))
		}
		a = w.asker(peer, n)
		if a.say(hello()...); hearFrom(a) != nil {
			t.Error("something is offered after Run")
		}
	})
}
