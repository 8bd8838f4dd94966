package mesh

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Real sockets: each transport alone carries a burst.
func TestTransports(t *testing.T) {
	for _, transport := range []string{"udp/0/quic-v1", "tcp/0"} {
		t.Run(transport, func(t *testing.T) {
			n := start(t, loopback(transport))
			r := bare(t, n, testTopic, libp2p.ListenAddrStrings("/ip4/127.0.0.1/"+transport))
			r.graft(testTopic)
			const burst = 100
			want := make(map[string]bool)
			for i := range burst {
				f := frame(i)
				want[string(f)] = true
				if err := n.Publish(t.Context(), f); err != nil {
					t.Fatalf("Publish() = %v", err)
				}
			}
			for i := range burst {
				select {
				case f := <-r.arrived:
					delete(want, f)
				case <-time.After(20 * time.Second):
					t.Fatalf("%d of %d frames arrived within 20 s", i, burst)
				}
			}
			if len(want) != 0 {
				t.Errorf("%d of %d frames did not arrive", len(want), burst)
			}
		})
	}
}

// Everything that is on by default, on real sockets, stops without a trace.
func TestRunStops(t *testing.T) {
	for _, keeper := range []bool{false, true} {
		a := start(t, func(cfg *Config) {
			loopback("udp/0/quic-v1", "tcp/0")(cfg)
			cfg.NoProbe, cfg.Keeper = false, keeper
		})
		b := start(t, func(cfg *Config) {
			loopback("udp/0/quic-v1", "tcp/0")(cfg)
			cfg.NoProbe, cfg.Peers = false, []string{a.addr}
		})
		met := b.Connected(t.Context())
		if id := <-met; id != a.ID() {
			t.Errorf("Connected() gave %v, want %v", id, a.ID())
		}
		b.stop()
		a.stop()
		if err := a.Run(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Run() again = %v, want %v", err, ErrClosed)
		}
	}
}

func TestCloseWithoutRun(t *testing.T) {
	h := &heard{}
	cfg := Config{Topic: testTopic, FrameSize: testSize, FrameID: frameID, Verdict: h.verdict}
	loopback("tcp/0")(&cfg)
	m, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if err := m.Close(); err != nil {
		t.Errorf("Close() again = %v", err)
	}
	if err := m.Run(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Run() = %v, want %v", err, ErrClosed)
	}
}

// Close ends Run as well.
func TestCloseEndsRun(t *testing.T) {
	h := &heard{}
	cfg := Config{Topic: testTopic, FrameSize: testSize, FrameID: frameID, Verdict: h.verdict}
	loopback("tcp/0")(&cfg)
	m, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- m.Run(context.Background()) }()
	if err := m.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("Run() = %v, want %v", err, ErrClosed)
	}
}

// What a peer is told about us: the same words for every build, and no address
// that is not public.
func TestIdentify(t *testing.T) {
	n := start(t, loopback("tcp/0", "udp/0/quic-v1"))
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"), libp2p.DisableMetrics())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	sub, err := h.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	i := slices.IndexFunc(n.Addrs(), func(s string) bool { return strings.HasPrefix(s, "/ip4/127.0.0.1/tcp/") })
	to, err := peer.AddrInfoFromString(n.Addrs()[i])
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context(), *to); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-sub.Out():
		got := e.(event.EvtPeerIdentificationCompleted)
		if got.AgentVersion != "votive" || got.ProtocolVersion != "votive/1" {
			t.Errorf("agent %q, protocol version %q", got.AgentVersion, got.ProtocolVersion)
		}
		for _, a := range got.ListenAddrs {
			if reach(a) < 300 {
				t.Errorf("told its address %s", a)
			}
		}
	case <-time.After(20 * time.Second):
		t.Fatal("not identified within 20 s")
	}
}

// A keeper relays for peers that cannot be reached, and its address is the one
// for links.
func TestKeeper(t *testing.T) {
	keeper := start(t, func(cfg *Config) {
		loopback("udp/0/quic-v1")(cfg)
		cfg.NoProbe, cfg.Keeper = false, true
	})
	n := start(t, func(cfg *Config) {
		loopback("udp/0/quic-v1")(cfg)
		cfg.NoProbe = false
	})
	told, err := n.host.EventBus().Subscribe([]any{new(event.EvtPeerIdentificationCompleted), new(event.EvtPeerProtocolsUpdated)})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	if err := n.Dial(t.Context(), keeper.addr); err != nil {
		t.Fatal(err)
	}
	for timeout := time.After(20 * time.Second); !n.isKeeper(keeper.ID()); {
		select {
		case <-told.Out():
		case <-timeout:
			t.Fatal("not told within 20 s that the keeper relays")
		}
	}
	if keeper.isKeeper(n.ID()) {
		t.Error("a node that is no keeper relays")
	}
	if got := n.KeeperAddr(); got != keeper.addr {
		t.Errorf("KeeperAddr() = %q, want the keeper's, %q", got, keeper.addr)
	}
	if got := keeper.KeeperAddr(); got != keeper.addr {
		t.Errorf("the keeper's KeeperAddr() = %q, want %q", got, keeper.addr)
	}
	relays := n.relays(3)
	if p, ok := <-relays; !ok || p.ID != keeper.ID() {
		t.Errorf("relays() gave %v, want %v", p.ID, keeper.ID())
	}
	if _, ok := <-relays; ok {
		t.Error("relays() gave a second, want one")
	}
	if got := n.host.Network().Connectedness(keeper.ID()); got != network.Connected {
		t.Errorf("Connectedness = %v, want %v", got, network.Connected)
	}
}
