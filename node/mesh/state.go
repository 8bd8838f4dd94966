package mesh

import (
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
)

// Reach says whether others can call this node from everywhere, as far as
// peers that tried have told it.
type Reach string

// What is known.
const (
	ReachUnknown Reach = "unknown"
	ReachPublic  Reach = "public"
	ReachPrivate Reach = "private"
)

// State is which of the ways to find and reach peers work right now. It names
// nobody.
type State struct {
	Reach  Reach
	Relays int  // keepers that take calls for this node
	Holes  int  // peers connected through a hole in the routers on both sides
	Relay  bool // it takes calls for others, as a keeper
	Guests int  // for so many

	Pinned   int // peers that a person named
	PinnedUp int // of which connected
	Direct   int // of which have pinned this node as well

	Cached    int  // remembered, with an address
	MDNS      bool // looks for neighbours
	MDNSFails bool // cannot look now: this machine is on no network where it could

	DHT   DHT
	Table int // servers of the DHT that it knows

	// Where the peers that are connected now came from.
	FromPins, FromLinks, FromCache, FromNeighbours, FromDHT int
	FromPeers                                               int // named by keepers: gossipsub's peer exchange
	Inbound                                                 int // they called
}

// State tells what works right now.
func (m *Mesh) State() State {
	s := State{
		Reach:     m.reachable(),
		Relays:    m.relayed(),
		Holes:     m.holes.count(m.host.Network()),
		Relay:     m.relaying.on.Load(),
		Guests:    int(m.relaying.guests.Load()),
		Pinned:    len(m.pins.all),
		Direct:    m.pins.count(),
		Cached:    m.roster.remembered(),
		MDNS:      m.cfg.MDNS,
		MDNSFails: m.deaf.Load(),
		DHT:       m.cfg.DHT,
		Table:     m.finder.tableSize(),
	}
	for id := range m.pins.all {
		if m.host.Network().Connectedness(id) == network.Connected {
			s.PinnedUp++
		}
	}
	m.origins.tally(m.Peers(), &s, m.pins.has)
	return s
}

// reachable is what AutoNAT v2 found for the addresses that others are told,
// else what AutoNAT v1 did. That of a keeper is forced, and says nothing.
func (m *Mesh) reachable() Reach {
	h, ok := m.host.(interface {
		ConfirmedAddrs() (reachable, unreachable, unknown []ma.Multiaddr)
		Reachability() network.Reachability
	})
	if !ok || m.cfg.NoProbe {
		return ReachUnknown
	}
	reachable, unreachable, _ := h.ConfirmedAddrs()
	switch {
	case len(reachable) > 0:
		return ReachPublic
	case len(unreachable) > 0:
		return ReachPrivate
	case m.cfg.Keeper:
		return ReachUnknown
	}
	switch h.Reachability() {
	case network.ReachabilityPublic:
		return ReachPublic
	case network.ReachabilityPrivate:
		return ReachPrivate
	}
	return ReachUnknown
}

// relayed is the number of relays through which this node can be called.
func (m *Mesh) relayed() int {
	relays := make(map[string]bool)
	for _, a := range m.host.Addrs() {
		if !isRelayed(a) {
			continue
		}
		if id, err := a.ValueForProtocol(ma.P_P2P); err == nil { // the first is the relay's
			relays[id] = true
		}
	}
	return len(relays)
}

// origin is how a peer was found.
type origin uint8

const (
	fromLink origin = iota + 1
	fromCache
	fromNeighbours
	fromDHT
)

// maxOrigins bounds the peers whose origin is remembered; there are never so
// many connected.
const maxOrigins = 1024

// origins is where the peers came from that we dialled.
type origins struct {
	mu    sync.Mutex
	known map[PeerID]origin
}

// note remembers how a peer was found. What was known before stays.
func (o *origins) note(id PeerID, from origin) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil || len(o.known) >= maxOrigins {
		o.known = make(map[PeerID]origin) // it counts, and says whose clocks do
	}
	if o.known[id] == 0 {
		o.known[id] = from
	}
}

func (o *origins) has(id PeerID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.known[id] != 0
}

// tally counts the peers by where they came from, and forgets those that have
// gone.
func (o *origins) tally(peers []Peer, s *State, pinned func(PeerID) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	here := make(map[PeerID]origin, len(peers))
	for _, p := range peers {
		from := o.known[p.ID]
		if from != 0 {
			here[p.ID] = from
		}
		switch {
		case !p.Votive:
		case pinned(p.ID):
			s.FromPins++
		case p.Direction == "inbound":
			s.Inbound++
		case from == fromLink:
			s.FromLinks++
		case from == fromCache:
			s.FromCache++
		case from == fromNeighbours:
			s.FromNeighbours++
		case from == fromDHT:
			s.FromDHT++
		default:
			s.FromPeers++
		}
	}
	o.known = here
}
