package mesh

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/pb"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
)

// holes is the peers that were reached through a hole in the routers on both
// sides, which a relay helped to punch (DCUtR).
type holes struct {
	mu    sync.Mutex
	peers map[PeerID]bool
}

// Trace is told by libp2p how every attempt goes.
func (h *holes) Trace(e *holepunch.Event) {
	if end, ok := e.Evt.(*holepunch.EndHolePunchEvt); !ok || !end.Success {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.peers == nil || len(h.peers) >= maxOrigins {
		h.peers = make(map[PeerID]bool)
	}
	h.peers[e.Remote] = true
}

// count is how many of these peers are connected directly, and forgets the others.
func (h *holes) count(n network.Network) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range h.peers {
		if n.Connectedness(id) != network.Connected { // Limited: by a relay
			delete(h.peers, id)
		}
	}
	return len(h.peers)
}

// relaying is what the relay service of a keeper says about itself.
type relaying struct {
	on     atomic.Bool
	guests atomic.Int64 // for whom it takes calls
}

var _ relay.MetricsTracer = (*relaying)(nil)

func (r *relaying) RelayStatus(on bool) { r.on.Store(on) }

func (r *relaying) ReservationAllowed(again bool) {
	if !again {
		r.guests.Add(1)
	}
}

func (r *relaying) ReservationClosed(n int) { r.guests.Add(-int64(n)) }

func (*relaying) ConnectionOpened()                   {}
func (*relaying) ConnectionClosed(time.Duration)      {}
func (*relaying) ConnectionRequestHandled(pb.Status)  {}
func (*relaying) ReservationRequestHandled(pb.Status) {}
func (*relaying) BytesTransferred(int)                {}
