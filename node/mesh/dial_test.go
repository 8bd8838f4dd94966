package mesh

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	ma "github.com/multiformats/go-multiaddr"
)

func (n *node) connected(to *node) bool {
	return n.host.Network().Connectedness(to.ID()) == network.Connected
}

// A pinned peer is dialled when it comes late, when it comes back, and again.
func TestPinnedPeer(t *testing.T) {
	inWorld(t, func(w *world) {
		key := newKey(t)
		addr, opts := w.place()
		keeper := func() *node {
			return start(w.t, func(cfg *Config) {
				cfg.Key, cfg.Listen, cfg.Options, cfg.NoProbe = key, []string{addr}, opts, true
			})
		}
		id, err := peer.IDFromPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		n := w.open(func(cfg *Config) { cfg.Peers = []string{addr + "/p2p/" + id.String()} })
		settle(10 * time.Minute) // nobody there
		for i := range 3 {
			k := keeper()
			settle(2 * redialLast)
			if !n.connected(k) {
				t.Fatalf("start %d of the pinned peer: not connected", i+1)
			}
			w.publish(n, frame(i))
			settle(time.Second)
			if got := k.total(); got != 1 {
				t.Errorf("start %d of the pinned peer: it got %d frames, want 1", i+1, got)
			}
			k.stop()
			settle(time.Minute)
			if n.connected(k) {
				t.Fatalf("stop %d of the pinned peer: still connected", i+1)
			}
		}
	})
}

// Who asks to dial is not told that it failed a moment ago.
func TestDialAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		key := newKey(t)
		id, err := peer.IDFromPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		addr, opts := w.place()
		n := w.open(nil)
		full := addr + "/p2p/" + id.String()
		for range 3 {
			if err := n.Dial(w.t.Context(), full); err == nil {
				t.Error("Dial(nobody) = nil, want an error")
			}
		}
		start(w.t, func(cfg *Config) {
			cfg.Key, cfg.Listen, cfg.Options, cfg.NoProbe = key, []string{addr}, opts, true
		})
		if err := n.Dial(w.t.Context(), full); err != nil {
			t.Errorf("Dial() = %v", err)
		}
	})
}

func TestBackoffIsBounded(t *testing.T) {
	for range 1000 {
		if got := jitter(redialLast); got < redialLast/2 || got >= 2*redialLast {
			t.Fatalf("jitter(%v) = %v", redialLast, got)
		}
	}
}

// Remembered peers are dialled while there are few, and none is insisted upon.
func TestCachedPeers(t *testing.T) {
	inWorld(t, func(w *world) {
		var cached []string
		others := make([]*node, fewPeers+6)
		for i := range others {
			others[i] = w.open(nil)
			cached = append(cached, others[i].addr)
		}
		cached = append(cached, "no address", "/ip4/1.2.3.4/udp/1/quic-v1") // passed over
		n := w.open(func(cfg *Config) { cfg.Cached = cached })
		settle(10 * time.Second)
		got := len(n.Peers())
		if got < fewPeers || got > fewPeers+2*seekAtAll {
			t.Errorf("%d peers, want about %d", got, fewPeers)
		}
		for _, o := range others {
			o.stop()
		}
		settle(time.Second)
		if got := len(n.Remembered()); got != len(others) {
			t.Errorf("Remembered() has %d addresses, want %d", got, len(others))
		}
	})
}

func TestRememberedIsBounded(t *testing.T) {
	var r roster
	var cached []string
	id := func(int) PeerID {
		id, err := peer.IDFromPrivateKey(newKey(t))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for i := range 2 * maxRemembered {
		cached = append(cached, fmt.Sprintf("/ip4/192.0.2.7/udp/%d/quic-v1/p2p/%v", i+1, id(i)))
	}
	r.remember(id(0), cached)
	if got := len(r.known()); got != maxRemembered {
		t.Errorf("%d remembered, want %d", got, maxRemembered)
	}
	first, addr := id(0), ma.StringCast("/ip4/192.0.2.8/udp/1/quic-v1")
	r.join(first)
	for range 2 {
		r.note(first, addr, true)
	}
	r.note(id(1), addr, true) // is not here
	known := r.known()
	if len(known) != maxRemembered || known[0].ID != first || known[1].ID == first {
		t.Errorf("after join: %d remembered, first is new: %v", len(known), known[0].ID == first)
	}
	for i := range maxRemembered { // all connected at once: no room is made
		other := id(i)
		r.join(other)
		r.note(other, addr, false)
	}
	if got := len(r.known()); got != maxRemembered {
		t.Errorf("%d remembered, want %d", got, maxRemembered)
	}
	if !slices.ContainsFunc(r.known(), func(p peer.AddrInfo) bool { return p.ID == first }) {
		t.Error("a connected peer was forgotten")
	}
}

func TestBadAddresses(t *testing.T) {
	id, err := peer.IDFromPrivateKey(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	var many []string
	for i := range maxPinned + 1 {
		other, err := peer.IDFromPrivateKey(newKey(t))
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, fmt.Sprintf("/ip4/127.0.0.1/tcp/%d/p2p/%v", i+1, other))
	}
	tests := []struct {
		name   string
		change func(*Config)
	}{
		{"peer: empty", func(c *Config) { c.Peers = []string{""} }},
		{"peer: no id", func(c *Config) { c.Peers = []string{"/ip4/127.0.0.1/tcp/1"} }},
		{"peer: no multiaddr", func(c *Config) { c.Peers = []string{"127.0.0.1:1"} }},
		{"peers: too many", func(c *Config) { c.Peers = many }},
		{"listen: no multiaddr", func(c *Config) { c.Listen = []string{"127.0.0.1:1"} }},
		{"listen: one of two impossible", func(c *Config) {
			c.Listen = []string{"/ip4/127.0.0.1/tcp/0", "/ip4/203.0.113.1/tcp/1"}
		}},
		{"listen: webtransport", func(c *Config) { c.Listen = []string{"/ip4/127.0.0.1/udp/0/quic-v1/webtransport"} }},
		{"listen: webrtc", func(c *Config) { c.Listen = []string{"/ip4/127.0.0.1/udp/0/webrtc-direct"} }},
		{"listen: websocket", func(c *Config) { c.Listen = []string{"/ip4/127.0.0.1/tcp/0/ws"} }},
		{"no topic", func(c *Config) { c.Topic = "" }},
		{"no verdict", func(c *Config) { c.Verdict = nil }},
		{"no frame id", func(c *Config) { c.FrameID = nil }},
		{"no frame size", func(c *Config) { c.FrameSize = 0 }},
		{"negative budget", func(c *Config) { c.Budget.Burst = -1 }},
	}
	for _, tt := range tests {
		h := &heard{}
		cfg := Config{Topic: testTopic, FrameSize: testSize, FrameID: frameID, Verdict: h.verdict, NoProbe: true}
		cfg.Listen = []string{"/ip4/127.0.0.1/tcp/0"}
		tt.change(&cfg)
		if m, err := Open(cfg); err == nil {
			t.Errorf("%s: Open() = nil, want an error", tt.name)
			m.Close()
		}
	}
	n := start(t, loopback("tcp/0"))
	for _, addr := range []string{"", "x", "/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/udp/1/p2p/" + id.String(), n.addr} {
		if err := n.Dial(t.Context(), addr); err == nil {
			t.Errorf("Dial(%q) = nil, want an error", addr)
		}
	}
}

// Neighbours are found over multicast, which a machine or container may not
// have.
func TestMDNS(t *testing.T) {
	if err := multicast(); err != nil {
		t.Skipf("no multicast on this machine: %v", err)
	}
	change := func(cfg *Config) {
		loopback("udp/0/quic-v1")(cfg)
		cfg.MDNS = true
	}
	a := start(t, change)
	b := start(t, change)
	deadline := time.After(20 * time.Second)
	met := a.Connected(t.Context())
	for {
		select {
		case id := <-met:
			if id == b.ID() {
				return
			}
		case <-deadline:
			t.Fatal("the neighbour was not found within 20 s")
		}
	}
}

// TestMDNSFails: it is said when there is nowhere to look.
func TestMDNSFails(t *testing.T) {
	tried := make(chan struct{}, 1)
	cfg := Config{
		Topic: testTopic, FrameSize: testSize, FrameID: frameID, Verdict: new(heard).verdict, MDNS: true,
		Log: slog.New(loggedTo(tried)),
	}
	loopback("udp/0/quic-v1")(&cfg)
	m, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.State().MDNSFails {
		t.Error("mDNS is said to fail before it was tried")
	}
	if err := m.host.Network().Close(); err != nil { // it has no address any more to tell
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.meetNeighbours(ctx) }()
	select {
	case <-tried:
	case <-time.After(20 * time.Second):
		t.Error("without an address mDNS did not fail within 20 s")
	}
	if s := m.State(); !s.MDNS || !s.MDNSFails {
		t.Errorf("State() = mDNS %v, which fails %v, want true and true", s.MDNS, s.MDNSFails)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("meetNeighbours() = %v, want that it was cancelled", err)
	}
}

// loggedTo says that something was logged.
type loggedTo chan<- struct{}

func (l loggedTo) Enabled(context.Context, slog.Level) bool { return true }
func (l loggedTo) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l loggedTo) WithGroup(string) slog.Handler            { return l }
func (l loggedTo) Handle(context.Context, slog.Record) error {
	select {
	case l <- struct{}{}:
	default:
	}
	return nil
}

// multicast reports why a datagram to a multicast group does not come back.
func multicast() error {
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 53535}
	in, err := net.ListenMulticastUDP("udp4", nil, group)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := net.DialUDP("udp4", nil, group)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := out.Write([]byte("votive")); err != nil {
		return err
	}
	if err := in.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	_, _, err = in.ReadFromUDP(make([]byte, 16))
	return err
}

// An mDNS answer cannot make us call somebody who is no neighbour.
func TestNeighbourAddresses(t *testing.T) {
	tests := []struct {
		addr  string
		taken bool
	}{
		{"/ip4/192.168.1.7/udp/4001/quic-v1", true},
		{"/ip4/10.0.0.7/tcp/4001", true},
		{"/ip6/fe80::1/tcp/4001", true},
		{"/ip6/fd00::1/tcp/4001", true},
		{"/ip4/8.8.8.8/udp/4001/quic-v1", false},
		{"/ip6/2001:4860:4860::8888/tcp/4001", false},
		{"/dns4/example.org/tcp/4001", false},
	}
	for _, tt := range tests {
		met := make(chan peer.AddrInfo, 1)
		var found mdns.Notifee = neighbours(met)
		for range 2 { // the second must not block
			found.HandlePeerFound(peer.AddrInfo{ID: "x", Addrs: []ma.Multiaddr{ma.StringCast(tt.addr)}})
		}
		if got := len(met) == 1; got != tt.taken {
			t.Errorf("HandlePeerFound(%s): taken = %v, want %v", tt.addr, got, tt.taken)
		}
	}
}
