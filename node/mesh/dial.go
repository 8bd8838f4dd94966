package mesh

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/sync/errgroup"
)

const (
	maxPinned   = 64
	dialTimeout = 20 * time.Second

	// A pinned peer is dialled again after one second, then two, up to two
	// minutes, each a half more or less.
	redialFirst = time.Second
	redialLast  = 2 * time.Minute

	// With fewer peers than this, remembered ones are dialled: now, after a
	// minute, and then ever more rarely.
	fewPeers  = 8
	seekFirst = time.Minute
	seekLast  = 30 * time.Minute
	seekAtAll = 4 // dials at the same time
)

// jitter spreads a pause by half of it either way, so that peers that lost each
// other together do not dial together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d)
}

// parsePeers reads full multiaddrs, one entry for each peer.
func parsePeers(addrs []string) ([]peer.AddrInfo, error) {
	var parsed []ma.Multiaddr
	for _, s := range addrs {
		if _, err := peer.AddrInfoFromString(s); err != nil {
			return nil, BadAddress{fmt.Errorf("mesh: peer %q: %w, want an address like /ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3…", s, err)}
		}
		parsed = append(parsed, ma.StringCast(s))
	}
	peers, err := peer.AddrInfosFromP2pAddrs(parsed...)
	if err != nil {
		return nil, BadAddress{fmt.Errorf("mesh: peers: %w", err)}
	}
	if len(peers) > maxPinned {
		return nil, BadAddress{fmt.Errorf("mesh: %d peers, want at most %d", len(peers), maxPinned)}
	}
	return peers, nil
}

// Dial connects to the peer at a full multiaddr, such as an invitation link
// holds.
func (m *Mesh) Dial(ctx context.Context, addr string) error {
	if m.ctx.Err() != nil {
		return ErrClosed
	}
	peers, err := parsePeers([]string{addr})
	if err != nil {
		return err
	}
	m.chosen.add(peers[0].ID)
	if err := m.connect(ctx, peers[0]); err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	m.origins.note(peers[0].ID, fromLink)
	return nil
}

// connect dials, whatever was tried before: when to try again is decided here.
func (m *Mesh) connect(ctx context.Context, p peer.AddrInfo) error {
	if s, ok := m.host.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
		s.Backoff().Clear(p.ID)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return m.host.Connect(ctx, p)
}

// pin prepares the connections that are kept: they are not trimmed, and their
// loss is noticed.
func (m *Mesh) pin() {
	m.down = make(map[PeerID]chan struct{}, len(m.pinned))
	m.pins.all = make(map[PeerID]peer.AddrInfo, len(m.pinned))
	for _, p := range m.pinned {
		m.pins.all[p.ID] = p
		m.chosen.add(p.ID)
		m.host.ConnManager().Protect(p.ID, "pinned")
		m.down[p.ID] = make(chan struct{}, 1)
	}
	m.host.Network().Notify(&network.NotifyBundle{
		DisconnectedF: func(_ network.Network, c network.Conn) {
			select {
			case m.down[c.RemotePeer()] <- struct{}{}:
			default: // not pinned, or told already
			}
		},
	})
}

// keep keeps one pinned peer connected until ctx ends.
func (m *Mesh) keep(ctx context.Context, p peer.AddrInfo) error {
	if p.ID == m.host.ID() {
		return nil
	}
	wait := redialFirst
	for {
		start := time.Now()
		err := m.connect(ctx, p)
		if err == nil {
			m.askPin(ctx, p.ID)
			err = m.untilDown(ctx, p.ID)
			m.mutual(p.ID, false)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m.log.Debug("mesh: pinned peer not connected", "peer", p.ID, "again", wait, "err", err)
		if time.Since(start) > redialLast { // else it takes us in and throws us out
			wait = redialFirst
		}
		if !pause(ctx, jitter(wait)) {
			return ctx.Err()
		}
		wait = min(2*wait, redialLast)
	}
}

// untilDown returns when a peer is no longer connected.
func (m *Mesh) untilDown(ctx context.Context, id PeerID) error {
	for m.host.Network().Connectedness(id) != network.NotConnected {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.down[id]:
		}
	}
	return nil
}

// seek dials remembered peers while there are few.
func (m *Mesh) seek(ctx context.Context) error {
	for wait := seekFirst; ; wait = min(2*wait, seekLast) {
		if m.roster.size() >= fewPeers {
			wait = seekFirst
		} else {
			m.seekOnce(ctx)
		}
		if !pause(ctx, jitter(wait)) {
			return ctx.Err()
		}
	}
}

func (m *Mesh) seekOnce(ctx context.Context) {
	var dials errgroup.Group
	dials.SetLimit(seekAtAll)
	known := m.roster.known()
	rand.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
	for _, p := range known {
		dials.Go(func() error {
			if m.roster.size() >= fewPeers || m.host.Network().Connectedness(p.ID) == network.Connected {
				return nil
			}
			if err := m.connect(ctx, p); err != nil {
				m.log.Debug("mesh: remembered peer not reached", "peer", p.ID, "err", err)
				return nil
			}
			m.origins.note(p.ID, fromCache)
			return nil
		})
	}
	_ = dials.Wait() // they return nothing
}
