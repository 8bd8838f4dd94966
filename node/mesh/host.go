package mesh

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/gologshim"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/protocol/autonatv2"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/libp2p/go-libp2p/x/rate"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// agent is all that a peer is told about this program: the same words for every
// build, so that nobody is told apart by version or system.
const (
	agent           = "votive"
	protocolVersion = "votive/1"
)

// Connections above the high mark are trimmed to the low one, worst first.
// Every map that is keyed by a connected peer is bounded by these.
const (
	connsLow        = 96
	connsHigh       = 128
	keeperConnsLow  = 384
	keeperConnsHigh = 512
	connsPerIP      = 32  // people in one room share one address
	keeperPerIP     = 128 // and so do the customers of one mobile network
)

var defaultListen = []string{
	"/ip4/0.0.0.0/udp/0/quic-v1",
	"/ip4/0.0.0.0/tcp/0",
	"/ip6/::/udp/0/quic-v1",
	"/ip6/::/tcp/0",
}

// silence stops libp2p from logging to stderr: it would write down peers and
// their addresses. Only GOLOG_LOG_LEVEL=debug in the environment, read by
// libp2p before any code of ours runs, still shows connections.
var silence = sync.OnceFunc(func() { gologshim.SetDefaultHandler(slog.DiscardHandler) })

// openHost builds the host and listens.
func (m *Mesh) openHost() error {
	silence()
	ready := make(chan struct{}) // closed when m.host may be read
	opts, err := m.hostOptions(ready)
	if err != nil {
		return err
	}
	if m.host, err = libp2p.New(append(opts, m.cfg.Options...)...); err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	close(ready)
	if !m.cfg.Keeper {
		// AutoNAT v2 brings its service along: strangers could have this node
		// call addresses of their choice, which is for keepers to bear.
		m.host.RemoveStreamHandler(autonatv2.DialProtocol)
	}
	if err := m.listen(); err != nil {
		_ = m.host.Close() // the reason is err
		return err
	}
	return nil
}

func (m *Mesh) listen() error {
	addrs, need := m.cfg.Listen, true
	if addrs == nil {
		addrs, need = defaultListen, false
	}
	var failed error
	for _, s := range addrs {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return BadAddress{fmt.Errorf("mesh: cannot listen on %q: %w", s, err)}
		}
		if err = m.host.Network().Listen(a); err == nil {
			continue
		}
		failed = fmt.Errorf("mesh: cannot listen on %q: %w", s, err)
		if need {
			return failed
		}
	}
	if len(m.host.Network().ListenAddresses()) == 0 {
		return failed
	}
	return nil
}

func (m *Mesh) hostOptions(ready <-chan struct{}) ([]libp2p.Option, error) {
	low, high, perIP := connsLow, connsHigh, connsPerIP
	if m.cfg.Keeper {
		low, high, perIP = keeperConnsLow, keeperConnsHigh, keeperPerIP
	}
	conns, err := connmgr.NewConnManager(low, high)
	if err != nil {
		return nil, fmt.Errorf("mesh: %w", err)
	}
	resources, err := resourceManager(high, perIP)
	if err != nil {
		return nil, fmt.Errorf("mesh: %w", err)
	}
	opts := []libp2p.Option{
		libp2p.Identity(m.cfg.Key),
		libp2p.UserAgent(agent),
		libp2p.ProtocolVersion(protocolVersion),
		libp2p.Transport(quic.NewTransport),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ConnectionManager(conns),
		libp2p.ResourceManager(resources),
		libp2p.ConnectionGater(gater{}),
		libp2p.AddrsFactory(tellable),
		libp2p.DisableMetrics(),
	}
	return append(append(opts, m.probeOptions(ready)...), libp2p.NoListenAddrs), nil
}

// probeOptions says how this node finds out whether it can be reached, and what
// it does about it.
func (m *Mesh) probeOptions(ready <-chan struct{}) []libp2p.Option {
	if m.cfg.NoProbe {
		return []libp2p.Option{libp2p.DisableRelay(), libp2p.DisableIdentifyAddressDiscovery()}
	}
	opts := []libp2p.Option{
		libp2p.EnableRelay(),
		libp2p.EnableHolePunching(holepunch.WithTracer(&m.holes)),
		libp2p.EnableAutoNATv2(),
	}
	if m.cfg.Keeper {
		return append(opts,
			libp2p.ForceReachabilityPublic(), // the relay service starts only then
			libp2p.EnableRelayService(relay.WithResources(relayResources()), relay.WithMetricsTracer(&m.relaying)),
			libp2p.EnableNATService(),
		)
	}
	relays := func(_ context.Context, n int) <-chan peer.AddrInfo {
		select {
		case <-ready:
			return m.relays(n)
		default:
			none := make(chan peer.AddrInfo)
			close(none)
			return none
		}
	}
	return append(opts, libp2p.EnableAutoRelayWithPeerSource(relays,
		autorelay.WithMinCandidates(1), autorelay.WithNumRelays(2)))
}

// relayResources bounds what a keeper relays. Two peers need a relay for a
// moment, to arrange a direct connection; where they get none, frames reach
// them through the keeper's own gossip. So a relayed connection is short, and
// carries little.
func relayResources() relay.Resources {
	r := relay.DefaultResources()
	r.Limit = &relay.RelayLimit{Duration: time.Minute, Data: 64 << 10}
	r.MaxReservations = 256
	r.MaxCircuits = 4
	r.MaxReservationsPerIP = 32 // as many as may connect from one
	r.MaxReservationsPerASN = 128
	return r
}

// relays gives up to n connected peers that relay for others.
func (m *Mesh) relays(n int) <-chan peer.AddrInfo {
	found := make(chan peer.AddrInfo, n)
	defer close(found)
	for _, id := range m.host.Network().Peers() {
		if len(found) == n {
			break
		}
		if m.isKeeper(id) {
			found <- m.host.Peerstore().PeerInfo(id)
		}
	}
	return found
}

// isKeeper reports whether a peer relays for others.
func (m *Mesh) isKeeper(id PeerID) bool {
	known, err := m.host.Peerstore().SupportsProtocols(id, proto.ProtoIDv2Hop)
	return err == nil && len(known) > 0
}

// resourceManager bounds connections, streams and memory, overall and by peer,
// to libp2p's defaults scaled to this machine, with room for high connections
// and perIP of them from one address.
func resourceManager(high, perIP int) (network.ResourceManager, error) {
	scaled := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaled)
	conns := rcmgr.LimitVal(high + high/2) // the connection manager trims late
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: conns, ConnsInbound: conns, ConnsOutbound: conns,
			Streams: 16 * conns, StreamsInbound: 16 * conns, StreamsOutbound: 16 * conns,
		},
		// The DHT takes requests of up to 4 MiB, each on a stream of its own.
		Protocol: map[protocol.ID]rcmgr.ResourceLimits{
			kadProtocol: {StreamsInbound: maxAskStreams},
		},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{
			kadProtocol: {StreamsInbound: maxAskStreamsPerPeer},
		},
	}.Build(scaled.AutoScale())
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits),
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: perIP}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: perIP}, {PrefixLength: 48, ConnCount: 4 * perIP}},
		),
		rcmgr.WithConnRateLimiters(connRate(perIP)),
	)
}

// connRate bounds how fast one address may connect: perIP at once, then one a
// second. libp2p's own limit, 16 and then one in five seconds, would keep a
// room full of people waiting when their keeper restarts.
func connRate(perIP int) *rate.Limiter {
	limit := rate.Limit{RPS: 1, Burst: perIP}
	return &rate.Limiter{
		NetworkPrefixLimits: []rate.PrefixLimit{
			{Prefix: loopback4, Limit: rate.Limit{}},
			{Prefix: loopback6, Limit: rate.Limit{}},
		},
		SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: limit}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: limit}},
			GracePeriod:      time.Minute,
		},
	}
}

// tellable is what peers are told of our addresses: public ones, those of a
// public relay included. Those of the local network, of a VPN and the like would
// help to tell who and where somebody is.
func tellable(addrs []ma.Multiaddr) []ma.Multiaddr {
	out := make([]ma.Multiaddr, 0, len(addrs))
	for _, a := range addrs {
		if manet.IsPublicAddr(a) {
			out = append(out, a)
		}
	}
	return out
}

func isRelayed(a ma.Multiaddr) bool {
	_, err := a.ValueForProtocol(ma.P_CIRCUIT)
	return err == nil
}

// gater lets in peers with an Ed25519 key alone. Checking an RSA signature that
// a stranger chose costs far more than making one up.
type gater struct{}

func ed25519Peer(id PeerID) bool {
	key, err := id.ExtractPublicKey()
	return err == nil && key.Type() == crypto.Ed25519
}

func (gater) InterceptPeerDial(id PeerID) bool                                { return ed25519Peer(id) }
func (gater) InterceptAddrDial(PeerID, ma.Multiaddr) bool                     { return true }
func (gater) InterceptAccept(network.ConnMultiaddrs) bool                     { return true }
func (gater) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }
func (gater) InterceptSecured(_ network.Direction, id PeerID, _ network.ConnMultiaddrs) bool {
	return ed25519Peer(id)
}
