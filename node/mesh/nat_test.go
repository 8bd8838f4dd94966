package mesh

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/config"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/quic-go/quic-go"
	"go.uber.org/fx"
)

// firewalled is a socket behind a firewall: it hears only those whom it has
// called.
type firewalled struct {
	*simnet.SimConn
	mu     sync.Mutex
	called map[string]bool
}

func (f *firewalled) WriteTo(p []byte, to net.Addr) (int, error) {
	f.mu.Lock()
	f.called[to.String()] = true
	f.mu.Unlock()
	return f.SimConn.WriteTo(p, to)
}

func (f *firewalled) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := f.SimConn.ReadFrom(p)
		if err != nil {
			return n, from, err
		}
		f.mu.Lock()
		known := f.called[from.String()]
		f.mu.Unlock()
		if known {
			return n, from, nil
		}
	}
}

// sourceIP is the address of the only interface.
type sourceIP struct{ net.IP }

func (s sourceIP) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) { return s.IP, nil }

// behindFirewall is place, behind a firewall.
func (w *world) behindFirewall() (addr string, opts []libp2p.Option) {
	ip := simnet.IntToPublicIPv4(w.n)
	w.n++
	link := simnet.LinkSettings{BitsPerSecond: 100 * simlibp2p.OneMbps}
	return fmt.Sprintf("/ip4/%s/udp/8000/quic-v1", ip), []libp2p.Option{libp2p.QUICReuse(
		func(l fx.Lifecycle, reset quic.StatelessResetKey, token quic.TokenGeneratorKey, opts ...quicreuse.Option) (*quicreuse.ConnManager, error) {
			cm, err := quicreuse.NewConnManager(reset, token, opts...)
			if err == nil {
				l.Append(fx.StopHook(cm.Close))
			}
			return cm, err
		},
		quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return sourceIP{ip}, nil }),
		quicreuse.OverrideListenUDP(func(_ string, at *net.UDPAddr) (net.PacketConn, error) {
			c := w.net.NewEndpoint(at, simnet.NodeBiDiLinkSettings{Uplink: link, Downlink: link})
			return &firewalled{SimConn: c, called: make(map[string]bool)}, nil
		}),
	)}
}

// probing is a node that relays or is relayed for. AutoNAT is left out: what it
// would dial is not simulated. What it finds out is said instead.
func (w *world) probing(addr string, opts []libp2p.Option, found libp2p.Option, change func(*Config)) *node {
	w.t.Helper()
	return start(w.t, func(cfg *Config) {
		cfg.Listen = []string{addr}
		cfg.Options = append(slices.Clone(opts), found, func(c *config.Config) error {
			c.EnableAutoNATv2, c.EnableService = false, false
			return nil
		})
		change(cfg)
	})
}

func (w *world) keeper() *node {
	w.t.Helper()
	addr, opts := w.place()
	return w.probing(addr, opts, libp2p.ForceReachabilityPublic(), func(cfg *Config) { cfg.Keeper = true })
}

func (w *world) hidden(change func(*Config)) *node {
	w.t.Helper()
	addr, opts := w.behindFirewall()
	return w.probing(addr, opts, libp2p.ForceReachabilityPrivate(), change)
}

// Two who cannot be called reach each other through a keeper: by its relay for
// a moment, then directly, though both are behind a firewall.
func TestHolePunch(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.keeper()
		atKeeper := func(cfg *Config) { cfg.Peers = []string{keeper.addr} }
		a, b := w.hidden(atKeeper), w.hidden(atKeeper)
		settle(2 * time.Minute)
		if got := a.State().Relays; got != 1 {
			t.Fatalf("%d relays, want 1; addresses %v", got, a.host.Addrs())
		}
		if err := b.Dial(w.t.Context(), a.addr); err == nil {
			t.Fatal("Dial() past a firewall = nil, want an error: nothing is tested")
		}
		through := keeper.addr + "/p2p-circuit/p2p/" + a.ID().String()
		if err := b.Dial(w.t.Context(), through); err != nil {
			t.Fatalf("Dial() through the keeper = %v", err)
		}
		settle(time.Minute)
		if got := b.host.Network().Connectedness(a.ID()); got != network.Connected {
			t.Fatalf("connectedness is %v, want %v: directly", got, network.Connected)
		}
		for name, n := range map[string]*node{"a": a, "b": b} {
			if got := n.State().Holes; got != 1 {
				t.Errorf("%s: %d peers through a hole, want 1", name, got)
			}
		}
		if s := keeper.State(); !s.Relay || s.Guests != 2 || s.Holes != 0 {
			t.Errorf("the keeper relays: %v, for %d, with %d holes, want true, 2, 0", s.Relay, s.Guests, s.Holes)
		}
		for _, n := range []*node{a, b} {
			for _, addr := range n.host.Addrs() {
				if reach(addr) < 300 {
					t.Errorf("told %s", addr)
				}
			}
		}
		keeper.stop()
		settle(time.Minute)
		w.publish(b, frame(1))
		settle(time.Second)
		if got := a.count(frame(1)); got != 1 {
			t.Errorf("without the keeper the frame came %d times, want once", got)
		}
		b.stop()
		settle(time.Minute)
		if got := a.State().Holes; got != 0 {
			t.Errorf("%d peers through a hole when the only one has gone, want 0", got)
		}
	})
}

// Who is no keeper neither relays nor calls addresses for others.
func TestOnlyKeepersServe(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.keeper()
		addr, opts := w.place()
		other := w.probing(addr, opts, libp2p.ForceReachabilityPublic(), func(*Config) {})
		for _, tt := range []struct {
			n    *node
			want bool
		}{{keeper, true}, {other, false}} {
			r := w.raw(tt.n, testTopic)
			settle(time.Second)
			to := peer.AddrInfo{ID: tt.n.ID(), Addrs: tt.n.host.Network().ListenAddresses()}
			_, err := client.Reserve(w.t.Context(), r.Host, to)
			if (err == nil) != tt.want {
				t.Errorf("Reserve() = %v, want %v", err, tt.want)
			}
			known, err := r.Peerstore().SupportsProtocols(tt.n.ID(), proto.ProtoIDv2Hop)
			if err != nil || (len(known) > 0) != tt.want {
				t.Errorf("says that it relays: %v, %v, want %v", known, err, tt.want)
			}
		}
	})
	for _, keeper := range []bool{false, true} { // never asked: the service is only listed
		n := start(t, func(cfg *Config) {
			loopback("udp/0/quic-v1")(cfg)
			cfg.NoProbe, cfg.Keeper = false, keeper
		})
		if got := slices.Contains(n.host.Mux().Protocols(), autonatv2.DialProtocol); got != keeper {
			t.Errorf("keeper %v: calls addresses for others: %v", keeper, got)
		}
	}
}

// A keeper relays little, for a moment, and for a bounded number.
func TestRelayIsBounded(t *testing.T) {
	r := relayResources()
	if r.Limit == nil || r.Limit.Data > 1<<20 || r.Limit.Duration > 2*time.Minute {
		t.Errorf("limits of a relayed connection are %+v", r.Limit)
	}
	inWorld(t, func(w *world) {
		keeper := w.keeper()
		hidden := w.hidden(func(cfg *Config) { cfg.Peers = []string{keeper.addr} })
		settle(2 * time.Minute)
		caller := w.hidden(func(cfg *Config) {
			cfg.Peers = []string{keeper.addr}
			cfg.Options = append(cfg.Options, func(c *config.Config) error { c.EnableHolePunching = false; return nil })
		})
		settle(time.Minute)
		to := peer.AddrInfo{ID: hidden.ID(), Addrs: []ma.Multiaddr{ma.StringCast(keeper.addr + "/p2p-circuit")}}
		ctx := network.WithAllowLimitedConn(w.t.Context(), "a test")
		if err := caller.host.Connect(ctx, to); err != nil {
			t.Fatal(err)
		}
		got := make(chan int, 1)
		hidden.host.SetStreamHandler("/much", func(s network.Stream) {
			n, b := 0, make([]byte, 4096)
			for {
				m, err := s.Read(b)
				if n += m; err != nil {
					got <- n
					return
				}
			}
		})
		s, err := caller.host.NewStream(ctx, hidden.ID(), "/much")
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		for range 64 {
			n, err := s.Write(make([]byte, 4096))
			if sent += n; err != nil {
				break
			}
		}
		if n := <-got; int64(n) > r.Limit.Data {
			t.Errorf("%d bytes relayed, want at most %d", n, r.Limit.Data)
		}
	})
}
