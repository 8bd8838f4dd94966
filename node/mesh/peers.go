package mesh

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	maxRemembered = 64
	maxAddrLength = 256 // of a remembered address, as text
	maxUnheard    = 256 // connections that wait for a reader of Connected
)

// Peer is a connected peer.
type Peer struct {
	ID        PeerID
	Addr      string    // multiaddr of the other end
	Direction string    // "inbound" or "outbound": outbound is what we dialled
	Since     time.Time // when it connected
	Votive    bool      // it takes part in the topic
	InMesh    bool      // gossipsub gives it frames directly
}

// Peers lists the connected peers, longest connected first.
func (m *Mesh) Peers() []Peer {
	conns := m.host.Network().Conns()
	slices.SortStableFunc(conns, func(a, b network.Conn) int {
		return a.Stat().Opened.Compare(b.Stat().Opened)
	})
	seen := make(map[PeerID]bool, len(conns))
	peers := make([]Peer, 0, len(conns))
	for _, c := range conns {
		id := c.RemotePeer()
		if seen[id] {
			continue
		}
		seen[id] = true
		peers = append(peers, Peer{
			ID:        id,
			Addr:      c.RemoteMultiaddr().String(),
			Direction: strings.ToLower(c.Stat().Direction.String()),
			Since:     c.Stat().Opened,
			Votive:    m.roster.has(id),
			InMesh:    m.links.has(id),
		})
	}
	return peers
}

// Has reports whether a peer is connected.
func (m *Mesh) Has(id PeerID) bool {
	return m.host.Network().Connectedness(id) != network.NotConnected
}

// Called reports whether a peer is connected that this node has called, or that
// is pinned: not one that has only called this node, through a relay or by itself,
// or that others named. Ids are free, so that it says nothing that callers are many.
func (m *Mesh) Called(id PeerID) bool {
	if m.pins.has(id) {
		return m.Has(id)
	}
	// An inbound call through a relay may end in a direct connection that is
	// outbound: what tells is that the peer was found.
	return m.origins.has(id) && slices.ContainsFunc(m.host.Network().ConnsToPeer(id), func(c network.Conn) bool {
		return c.Stat().Direction == network.DirOutbound
	})
}

// Connected gives each peer that takes part in the topic when it connects, and
// first those that already have. The channel is closed when ctx ends or the
// Mesh closes. A reader that falls 256 peers behind misses some.
func (m *Mesh) Connected(ctx context.Context) <-chan PeerID {
	return m.roster.listen(ctx)
}

// Remembered gives addresses for Config.Cached of the next start: peers that
// took part in the topic and that this node has called, those connected now first,
// at most 64. It may be asked after Run, and then those are first that were
// connected to the end.
//
// Who only called this node is not among them, unless it is a keeper. The next start
// may be under another peer id, and from elsewhere. Whoever called with an id of
// their own for each node would know it again by whom it calls.
func (m *Mesh) Remembered() []string {
	for _, id := range m.roster.ids() { // some were not identified yet when they joined
		m.note(id)
	}
	known := m.roster.list(!m.cfg.Keeper)
	out := make([]string, 0, len(known))
	for _, p := range known {
		for _, a := range p.Addrs {
			out = append(out, fullAddr(a, p.ID))
		}
	}
	return out
}

// watchTopic keeps the roster.
func (m *Mesh) watchTopic(ctx context.Context, events *pubsub.TopicEventHandler) error {
	for {
		e, err := events.NextPeerEvent(ctx)
		if err != nil {
			return err
		}
		switch e.Type {
		case pubsub.PeerJoin:
			m.log.Debug("mesh: peer joined", "peer", e.Peer)
			m.roster.join(e.Peer)
			m.note(e.Peer)
		case pubsub.PeerLeave:
			m.log.Debug("mesh: peer left", "peer", e.Peer)
			m.note(e.Peer)
			m.roster.leave(e.Peer)
		}
	}
}

// note remembers a peer that is here by the address that we dialled, else by
// one that it tells everybody, if any.
func (m *Mesh) note(id PeerID) {
	for _, c := range m.host.Network().ConnsToPeer(id) {
		if c.Stat().Direction == network.DirOutbound && !isRelayed(c.RemoteMultiaddr()) {
			m.roster.note(id, c.RemoteMultiaddr(), true)
			return
		}
	}
	if told := tellable(m.host.Peerstore().Addrs(id)); len(told) > 0 {
		m.roster.note(id, slices.MaxFunc(told, func(a, b ma.Multiaddr) int { return cmp.Compare(ease(a), ease(b)) }), false)
	}
}

// roster is who takes part in the topic, who listens for that, and who did
// before.
type roster struct {
	mu        sync.Mutex
	here      map[PeerID]bool
	listeners map[chan PeerID]struct{}
	closed    bool
	past      []acquaintance // at most maxRemembered
}

type acquaintance struct {
	peer.AddrInfo
	last   time.Time // when it was last here; zero: only told
	called bool      // by this node, or one that it was before
}

func (r *roster) has(id PeerID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.here[id]
}

func (r *roster) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.here)
}

func (r *roster) remembered() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.past)
}

func (r *roster) ids() []PeerID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.here))
}

func (r *roster) join(id PeerID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.here == nil {
		r.here = make(map[PeerID]bool)
	}
	r.here[id] = true
	for l := range r.listeners {
		select {
		case l <- id:
		default: // it is far behind
		}
	}
}

// note remembers a peer that is here as reachable at addr. One that was dialled
// is better than what is known, one that was not is worse.
func (r *roster) note(id PeerID, addr ma.Multiaddr, dialled bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.here[id] || len(fullAddr(addr, id)) > maxAddrLength {
		return
	}
	for i := range r.past {
		if r.past[i].ID == id {
			r.past[i].last = time.Now()
			if dialled {
				r.past[i].Addrs, r.past[i].called = []ma.Multiaddr{addr}, true
			}
			return
		}
	}
	if len(r.past) >= maxRemembered && !r.forget(dialled) {
		return
	}
	r.past = append(r.past, acquaintance{peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{addr}}, time.Now(), dialled})
}

// forget drops whoever was here the longest time ago and is not here now, of those
// who have only called this node if there is one. Those who were called make room
// for others who were, and for nobody else: ids are free, and whoever comes with
// many would leave this node nobody to call after its next start.
func (r *roster) forget(dialled bool) bool {
	oldest := -1
	for i, a := range r.past {
		if r.here[a.ID] || a.called && !dialled {
			continue
		}
		if oldest < 0 || a.called != r.past[oldest].called && !a.called ||
			a.called == r.past[oldest].called && a.last.Before(r.past[oldest].last) {
			oldest = i
		}
	}
	if oldest < 0 {
		return false
	}
	r.past = slices.Delete(r.past, oldest, oldest+1)
	return true
}

func (r *roster) leave(id PeerID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.here, id)
}

// remember takes in addresses from an earlier run.
func (r *roster) remember(self PeerID, cached []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range cached {
		p, err := peer.AddrInfoFromString(s)
		if err != nil || p.ID == self || len(s) > maxAddrLength || len(r.past) >= maxRemembered ||
			slices.ContainsFunc(r.past, func(a acquaintance) bool { return a.ID == p.ID }) {
			continue
		}
		r.past = append(r.past, acquaintance{AddrInfo: *p, called: true})
	}
}

// known lists everybody whose address is remembered, those here now first, then
// the latest.
func (r *roster) known() []peer.AddrInfo { return r.list(false) }

// list is known, or those of them that were called.
func (r *roster) list(called bool) []peer.AddrInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.past, func(a, b acquaintance) int {
		if ha, hb := r.here[a.ID], r.here[b.ID]; ha != hb {
			if ha {
				return -1
			}
			return 1
		}
		return b.last.Compare(a.last)
	})
	out := make([]peer.AddrInfo, 0, len(r.past))
	for _, a := range r.past {
		if a.called || !called {
			out = append(out, a.AddrInfo)
		}
	}
	return out
}

func (r *roster) listen(ctx context.Context) <-chan PeerID {
	l := make(chan PeerID, maxUnheard)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		close(l)
		return l
	}
	for id := range r.here {
		select {
		case l <- id:
		default:
		}
	}
	if r.listeners == nil {
		r.listeners = make(map[chan PeerID]struct{})
	}
	r.listeners[l] = struct{}{}
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.hangUp(l)
	})
	return l
}

// hangUp closes a listener once. The caller holds mu.
func (r *roster) hangUp(l chan PeerID) {
	if _, ok := r.listeners[l]; ok {
		delete(r.listeners, l)
		close(l)
	}
}

func (r *roster) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for l := range r.listeners {
		r.hangUp(l)
	}
}
