package courier

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"votive/node/mesh"
	"votive/node/store"
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

// greet reads the fingerprint and says how many frames there are, or -1 where
// nothing is offered.
func (a asker) greet() int {
	if _, err := io.ReadFull(a, make([]byte, sumSize)); err != nil {
		return -1
	}
	n, err := readNumber(a)
	if err != nil {
		return -1
	}
	return n
}

// list has everything listed.
func (a asker) list() (keys []store.Key) {
	a.t.Helper()
	n := a.greet()
	a.say(listAll)
	for range n {
		var b [store.KeySize]byte
		if _, err := io.ReadFull(a, b[:]); err != nil {
			a.t.Fatalf("a key of %d: %v", n, err)
		}
		keys = append(keys, parseKey(&b))
	}
	return keys
}

func (a asker) say(b ...byte) { _, _ = a.Write(b) }

func (a asker) askFor(ids ...votive.ID) {
	b := appendNumber(nil, len(ids))
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	a.say(b...)
}

// over reports whether the stream has ended.
func (a asker) over() bool {
	_, err := io.Copy(io.Discard, a)
	return err != nil
}

// SPEC 10.2 to 10.4, byte for byte.
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

		var sum [sumSize]byte
		if _, err := io.ReadFull(a, sum[:]); err != nil {
			t.Fatal(err)
		}
		want := keysOf(all...)
		sortKeys(want)
		if sum != fingerprint(want) {
			t.Errorf("fingerprint %x, want %x", sum, fingerprint(want))
		}
		if n, err := readNumber(a); n != len(want) || err != nil {
			t.Fatalf("%d keys, %v, want %d", n, err, len(want))
		}
		a.say(listAll)
		for _, k := range want {
			var got [store.KeySize]byte
			if _, err := io.ReadFull(a, got[:]); err != nil || parseKey(&got) != k {
				t.Errorf("key %x, %v, want %x", got, err, k.Append(nil))
			}
		}
		a.askFor(all[3].ID(), votive.ID{1}, all[1].ID())
		for i, f := range []votive.Frame{all[3], {}, all[1]} {
			b := make([]byte, 1+len(f.Bytes()))
			if _, err := io.ReadFull(a, b); err != nil {
				t.Fatal(err)
			}
			if (b[0] == have) != (f.Bytes() != nil) || string(b[1:]) != string(f.Bytes()) {
				t.Errorf("answer %d to ask %d", b[0], i)
			}
		}
		a.say(appendNumber(nil, 0)...)
		if rest, err := io.ReadAll(a); len(rest) > 0 || err != nil {
			t.Errorf("afterwards %d bytes, %v, want the end", len(rest), err)
		}
	})
}

// The listing is the same for the offerer and for whoever compares with it.
func TestListing(t *testing.T) {
	c, shelf := still(t, at(noon), 0)
	if l := c.listing(); len(l.keys) != 0 || l.sum != fingerprint(nil) {
		t.Errorf("listing() of nothing = %v", l)
	}
	all := frames(t, 0, 100)
	if err := shelf.Carry(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	want := keysOf(all...)
	sortKeys(want)
	l := c.listing()
	if l.sum != fingerprint(want) || len(l.keys) != len(want) {
		t.Errorf("listing() = %d keys, %x, want %d, %x", len(l.keys), l.sum, len(want), fingerprint(want))
	}
	c.now = at(usual.expiry.Time().Add(tooLong))
	if got := len(c.listing().keys); got != len(all) {
		t.Errorf("48 hours dead: %d keys, want %d", got, len(all))
	}
	c.now = at(usual.expiry.Time().Add(tooLong + 1))
	if l := c.listing(); len(l.keys) != 0 || l.sum != fingerprint(nil) {
		t.Errorf("48 hours and a bit dead: %d keys, want 0", len(l.keys))
	}
}

func TestBadAsker(t *testing.T) {
	tests := []struct {
		name string
		ask  func(a asker, all []votive.Frame)
		over time.Duration // at most, until the stream ends with an error
	}{
		{"answers 2", func(a asker, _ []votive.Frame) { a.greet(); a.say(2) }, time.Second},
		{"silent at first", func(a asker, _ []votive.Frame) { a.greet() }, 31 * time.Second},
		{"silent later", func(a asker, _ []votive.Frame) { a.list() }, 31 * time.Second},
		{"silent within an ask", func(a asker, _ []votive.Frame) { a.list(); a.say(0, 0, 0, 9, 1) }, 31 * time.Second},
		{"asks for 257", func(a asker, _ []votive.Frame) { a.list(); a.say(appendNumber(nil, maxBatch+1)...) }, time.Second},
		{"asks for 4 billion", func(a asker, _ []votive.Frame) { a.list(); a.say(255, 255, 255, 255) }, time.Second},
		{"asks for more than there is", func(a asker, all []votive.Frame) {
			a.list()
			for range 5 {
				ids := make([]votive.ID, 100)
				for i := range ids {
					ids[i] = all[0].ID()
				}
				a.askFor(ids...)
			}
		}, 5 * time.Second},
	}
	for _, tt := range tests {
		inWorld(t, func(w *world) {
			all := frames(t, 0, 300)
			b := w.open(plan{have: all})
			peer := w.stranger(nil)
			w.dial(peer, b.mesh)
			a := w.asker(peer, b)
			tt.ask(a, all)
			start := time.Now()
			if !a.over() {
				t.Errorf("%s: the stream ended well", tt.name)
			}
			if took := time.Since(start); took > tt.over {
				t.Errorf("%s: the stream ended after %v, want at most %v", tt.name, took, tt.over)
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

// Who asks again and again is served at first, and then once in a while.
func TestAskingAgainAndAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		b := w.open(plan{have: frames(t, 0, 10)})
		peer := w.stranger(nil)
		w.dial(peer, b.mesh)
		served := 0
		for range 300 { // 5 minutes
			a := w.asker(peer, b)
			if a.greet() >= 0 {
				served++
				a.say(sameSet)
			}
			_ = a.Reset()
			settle(time.Second)
		}
		if want := askedBurst + 30; served < want-2 || served > want+2 {
			t.Errorf("served %d times in 5 minutes, want about %d", served, want)
		}
	})
}

// Offers that last are bounded in number, for each peer and in all, and give
// way to a peer that has none.
func TestHoldingOffers(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, 300)
		b := w.open(plan{have: all})
		var held []asker
		for i := range maxOffers {
			peer := w.stranger(nil)
			w.dial(peer, b.mesh)
			for range maxOffersPerPeer + 1 {
				if a := w.asker(peer, b); a.greet() >= 0 {
					a.say(listAll)
					held = append(held, a)
				}
			}
			if want := min((i+1)*maxOffersPerPeer, maxOffers); len(held) != want {
				t.Fatalf("%d peers hold %d offers, want %d", i+1, len(held), want)
			}
		}
		ctx, cancel := context.WithCancel(w.t.Context())
		defer cancel()
		for _, a := range held { // each keeps its offer with a frame now and then
			go func() {
				for pause(ctx, 20*time.Second) {
					a.askFor(all[0].ID())
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

func TestOffersAreBounded(t *testing.T) {
	o := newOffers()
	for i := range maxAskers + 10 {
		id := mesh.PeerID(appendNumber(nil, i))
		one := &offering{peer: id, stop: func() {}}
		got := o.enter(one)
		if want := i < maxAskers; got != want {
			t.Fatalf("asker %d: enter() = %v, want %v", i, got, want)
		}
		if got {
			o.leave(one)
		}
	}
	if len(o.askers) != maxAskers {
		t.Errorf("%d askers remembered, want %d", len(o.askers), maxAskers)
	}
	o.shut()
	if o.enter(&offering{peer: "x", stop: func() {}}) {
		t.Error("enter() after shut() = true, want false")
	}
}

// An ask remembers so many keys and no more, the last ones.
func TestListen(t *testing.T) {
	c, _ := still(t, at(noon), 0)
	for _, n := range []int{0, 1, maxMissing, maxMissing + 1, 2*maxMissing + 5} {
		all := invented(n)
		a := &ask{Courier: c, s: &talk{}, in: bufio.NewReader(bytes.NewReader(all))}
		if err := a.listen(n); err != nil {
			t.Fatalf("listen(%d) = %v", n, err)
		}
		var got []byte
		for _, k := range a.missing {
			got = k.Append(got)
		}
		if want := all[max(0, n-maxMissing)*store.KeySize:]; !bytes.Equal(got, want) {
			t.Errorf("listen(%d) remembers %d keys, want the last %d, ascending", n, len(a.missing), len(want)/store.KeySize)
		}
		if want := n > maxMissing; a.more != want {
			t.Errorf("listen(%d): more = %v, want %v", n, a.more, want)
		}
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
		if got := a.greet(); got != 0 {
			t.Fatalf("offered %d frames, want 0", got)
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
		if got := w.asker(peer, n).greet(); got >= 0 {
			t.Errorf("offered %d frames after Run, want nothing", got)
		}
	})
}
