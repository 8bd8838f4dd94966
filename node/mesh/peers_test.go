package mesh

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

func TestPeers(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		began := time.Now()
		other := w.raw(b, "/votive/2")
		settle(time.Second)

		got := a.Peers()
		if len(got) != 1 {
			t.Fatalf("%d peers, want 1", len(got))
		}
		want := Peer{
			ID: b.ID(), Addr: strings.TrimSuffix(b.addr, "/p2p/"+b.ID().String()), Direction: "outbound",
			Since: got[0].Since, Votive: true, InMesh: true,
		}
		if got[0] != want || !got[0].Since.Before(began) {
			t.Errorf("Peers() = %+v, want %+v, before %v", got[0], want, began)
		}
		got = b.Peers()
		if len(got) != 2 || got[0].ID != a.ID() || got[1].ID != other.ID() {
			t.Fatalf("Peers() = %+v, want first %v, then %v", got, a.ID(), other.ID())
		}
		if got[0].Direction != "inbound" || got[1].Votive || got[1].InMesh {
			t.Errorf("Peers() = %+v", got)
		}
	})
}

// TestCalled: whom this node called and whom it has pinned it has chosen, and
// not who called it; and that only while they are connected.
func TestCalled(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		caller := w.open(func(cfg *Config) { cfg.Peers = []string{b.addr} })
		settle(5 * time.Second)
		other := w.raw(b, "/votive/2")
		settle(time.Second)
		is := func(what string, n *node, id PeerID, has, called bool) {
			t.Helper()
			if n.Has(id) != has || n.Called(id) != called {
				t.Errorf("%s: Has() = %t, Called() = %t, want %t, %t", what, n.Has(id), n.Called(id), has, called)
			}
		}
		is("dialled", a, b.ID(), true, true)
		is("who dialled", b, a.ID(), true, false)
		is("pinned", caller, b.ID(), true, true)
		is("who has pinned us", b, caller.ID(), true, false)
		is("who called for something else", b, other.ID(), true, false)
		is("nobody", b, "nobody", false, false)
		b.stop()
		settle(time.Minute)
		is("dialled, and gone", a, b.ID(), false, false)
		is("pinned, and gone", caller, b.ID(), false, false)
	})
}

// TestCalledByChance: an outbound connection that nobody decided on, as one that
// an inbound call through a relay becomes, is none of a peer that was called.
func TestCalledByChance(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(nil), w.open(nil)
		p, err := peer.AddrInfoFromString(b.addr)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := a.host.Connect(w.t.Context(), *p); err != nil {
			w.t.Fatal(err)
		}
		if !a.Has(b.ID()) || a.Called(b.ID()) {
			t.Errorf("Has() = %t, Called() = %t, want true, false", a.Has(b.ID()), a.Called(b.ID()))
		}
	})
}

// Who only calls this node, under however many ids, takes no place of those whom
// it has called: they are all that it will have to call after its next start.
func TestCallersDoNotTakeThePlaceOfTheCalled(t *testing.T) {
	var r roster
	var cached []string
	addr := ma.StringCast("/ip4/192.0.2.7/udp/4001/quic-v1")
	id := func() PeerID {
		key, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		id, err := peer.IDFromPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	comes := func(dialled bool) PeerID {
		caller := id()
		r.join(caller)
		r.note(caller, addr, dialled)
		r.leave(caller)
		return caller
	}
	for range maxRemembered / 2 {
		cached = append(cached, fullAddr(addr, id()))
	}
	r.remember("", cached)
	for range 2 * maxRemembered {
		comes(false)
	}
	if called := len(r.list(true)); called != len(cached) || r.remembered() != maxRemembered {
		t.Fatalf("%d of %d are remembered who were called, and %d in all; want all, and %d", called, len(cached), r.remembered(), maxRemembered)
	}
	for range maxRemembered {
		comes(true)
	}
	comes(false)
	last := comes(true)
	called := r.list(true)
	if len(called) != maxRemembered || called[0].ID != last {
		t.Errorf("%d are remembered who were called, the latest %v; want %d, %v", len(called), called[0].ID, maxRemembered, last)
	}
}

func TestConnected(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		ctx, cancel := context.WithCancel(w.t.Context())
		first, second := a.Connected(ctx), a.Connected(w.t.Context())
		next := func(ch <-chan PeerID) PeerID {
			select {
			case id := <-ch:
				return id
			default:
				return "nobody"
			}
		}
		if got := next(first); got != b.ID() {
			t.Errorf("Connected() gave %v, want %v, which was there", got, b.ID())
		}
		c := w.open(nil)
		w.dial(c, a)
		if got := next(first); got != c.ID() {
			t.Errorf("Connected() gave %v, want %v, which came", got, c.ID())
		}
		w.raw(a, "/votive/2")
		settle(time.Second)
		if got := next(first); got != "nobody" {
			t.Errorf("Connected() gave %v, which does not speak votive", got)
		}
		c.stop()
		settle(time.Second)
		cancel()
		settle(time.Second)
		if id, ok := <-first; ok {
			t.Errorf("Connected() gave %v after its context ended, want it closed", id)
		}
		a.stop()
		var got []PeerID
		for id := range second { // ends: Run has
			got = append(got, id)
		}
		if want := []PeerID{b.ID(), c.ID()}; !slices.Equal(got, want) {
			t.Errorf("Connected() gave %v, want %v", got, want)
		}
		if _, ok := <-a.Connected(w.t.Context()); ok {
			t.Error("Connected() after Run gave somebody, want it closed")
		}
	})
}

func TestRemembered(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		if got, want := a.Remembered(), []string{b.addr}; !slices.Equal(got, want) {
			t.Errorf("Remembered() = %q, want what was dialled, %q", got, want)
		}
		if got := b.Remembered(); len(got) != 0 {
			t.Errorf("Remembered() = %q, want not who has called", got)
		}
		a.stop()
		if got, want := a.Remembered(), []string{b.addr}; !slices.Equal(got, want) {
			t.Errorf("Remembered() after Run = %q, want %q", got, want)
		}
		settle(time.Second)
		if known := b.roster.known(); len(known) != 1 || known[0].ID != a.ID() {
			t.Errorf("a peer that called and has left is not known any more: %v", known)
		}
		c := w.open(func(cfg *Config) { cfg.Cached = a.Remembered() })
		settle(5 * time.Second)
		if !c.connected(b) {
			t.Error("a remembered peer was not dialled at the next start")
		}
	})
}

// What was dialled is remembered, and what the peer says of itself is not put
// in its place.
func TestRememberedAsDialled(t *testing.T) {
	n := start(t, loopback("udp/0/quic-v1"))
	o := start(t, loopback("udp/0/quic-v1"))
	met := n.Connected(t.Context())
	if err := n.Dial(t.Context(), o.addr); err != nil {
		t.Fatal(err)
	}
	<-met
	n.host.Peerstore().AddAddr(o.ID(), ma.StringCast("/ip4/8.8.8.8/udp/1/quic-v1"), time.Hour)
	for _, when := range []string{"during", "after"} {
		if got, want := n.Remembered(), []string{o.addr}; !slices.Equal(got, want) {
			t.Errorf("Remembered() %s Run = %q, want %q", when, got, want)
		}
		n.stop()
	}
}

func TestAddrs(t *testing.T) {
	n := start(t, loopback("udp/0/quic-v1", "tcp/0"))
	addrs := n.Addrs()
	if len(addrs) != 2 {
		t.Fatalf("Addrs() = %q, want 2", addrs)
	}
	for _, s := range addrs {
		if _, err := parsePeers([]string{s}); err != nil || !strings.HasSuffix(s, "/p2p/"+n.ID().String()) {
			t.Errorf("Addrs() has %q: %v", s, err)
		}
		if strings.Contains(s, "/udp/0/") || strings.Contains(s, "/tcp/0/") {
			t.Errorf("Addrs() has %q, without its port", s)
		}
	}
	if got := n.OwnAddr(); !strings.Contains(got, "/quic-v1/p2p/") || !slices.Contains(addrs, got) {
		t.Errorf("OwnAddr() = %q, want the QUIC one of %q", got, addrs)
	}
	if got := n.KeeperAddr(); got != "" {
		t.Errorf("KeeperAddr() = %q of a node that is no keeper and knows none, want none", got)
	}
	all := start(t, func(cfg *Config) { cfg.NoProbe = true })
	if len(all.Addrs()) == 0 || all.OwnAddr() == "" {
		t.Errorf("listening everywhere: Addrs() = %q, OwnAddr() = %q", all.Addrs(), all.OwnAddr())
	}
	for _, s := range all.Addrs() {
		if strings.HasPrefix(s, "/ip4/0.0.0.0/") || strings.HasPrefix(s, "/ip6/::/") {
			t.Errorf("Addrs() has %q, which nobody can dial", s)
		}
	}
}

func TestReach(t *testing.T) {
	relay := "/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5/p2p-circuit"
	best := []string{ // each better than the next
		"/ip4/8.8.8.8/udp/1/quic-v1",
		"/ip6/2001:4860:4860::8888/udp/1/quic-v1",
		"/ip4/8.8.8.8/tcp/1",
		"/ip4/8.8.8.8/udp/1/quic-v1" + relay,
		"/ip4/192.168.1.7/udp/1/quic-v1",
		"/ip4/192.168.1.7/tcp/1",
		"/ip4/127.0.0.1/udp/1/quic-v1",
		"/ip6/::1/tcp/1",
		"/ip6/fe80::1/udp/1/quic-v1",
	}
	for i := range best[1:] {
		a, b := ma.StringCast(best[i]), ma.StringCast(best[i+1])
		if reach(a)+ease(a) <= reach(b)+ease(b) {
			t.Errorf("%s ranks no higher than %s", a, b)
		}
	}
}
