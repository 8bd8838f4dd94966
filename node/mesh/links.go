package mesh

import (
	"context"
	"slices"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// links is the set of peers that gossipsub hands frames to directly: those in
// the topic's mesh to which a stream is open, and direct ones. A peer can make
// itself part of the mesh before that. It is told by gossipsub's event loop; gossipsub's
// degree bounds the mesh, the connection manager the streams.
//
// It also knows the other peers to which a stream is open. Those are told the ids
// of what passes here in each heartbeat (SPEC 2.14), and ask for what they lack.
type links struct {
	mu      sync.Mutex
	open    map[PeerID]bool
	grafted map[PeerID]bool
	direct  map[PeerID]bool      // mutual pins
	told    map[PeerID]time.Time // open and no link, and that for good from then on
	live    int                  // how many are links
	some    chan struct{}        // closed while live > 0; nil until somebody waits
}

// change makes a change to the sets and sees what it did to live.
func (l *links) change(id PeerID, how func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open, l.grafted, l.direct = make(map[PeerID]bool), make(map[PeerID]bool), make(map[PeerID]bool)
		l.told = make(map[PeerID]time.Time)
	}
	before := l.linked(id)
	how()
	after := l.linked(id)
	if after || !l.open[id] {
		delete(l.told, id)
	}
	switch {
	case before && !after:
		if l.live--; l.live == 0 {
			l.some = nil
		}
	case !before && after:
		if l.live++; l.live == 1 && l.some != nil {
			close(l.some)
		}
	}
}

func (l *links) has(id PeerID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.linked(id)
}

// linked is has for a caller that holds mu.
func (l *links) linked(id PeerID) bool { return l.open[id] && (l.grafted[id] || l.direct[id]) }

// tells reports whether one of these peers, who take part in the topic, is told
// ids.
func (l *links) tells(peers []PeerID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(peers, func(id PeerID) bool {
		from, ok := l.told[id]
		return ok && !time.Now().Before(from)
	})
}

// any reports whether there is a link.
func (l *links) any() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.live > 0
}

// wait reports whether there is a link within d, before ctx ends and before
// closed is.
func (l *links) wait(ctx context.Context, closed <-chan struct{}, d time.Duration) bool {
	l.mu.Lock()
	if l.live > 0 {
		l.mu.Unlock()
		return true
	}
	if l.some == nil {
		l.some = make(chan struct{})
	}
	some := l.some
	l.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-some:
		return true
	case <-t.C:
	case <-ctx.Done():
	case <-closed:
	}
	return false
}

// tracer is what gossipsub tells about itself. It is called from gossipsub's
// event loop and must not block.
type tracer struct {
	links  *links
	budget *budget
	news   *news
	leaves *leaves
}

func (t tracer) Graft(id PeerID, topic string) {
	t.links.change(id, func() { t.links.grafted[id] = true })
	t.news.tell(id, topic)
}

// Prune leaves the peer without a link for a minute at least.
func (t tracer) Prune(id PeerID, _ string) {
	t.links.change(id, func() {
		delete(t.links.grafted, id)
		t.links.told[id] = time.Now()
	})
}

// OnNewOutboundStream is of a peer that may become a link in the next heartbeat.
// Then it is not told what was published before.
func (t tracer) OnNewOutboundStream(id PeerID, _ protocol.ID) {
	t.links.change(id, func() {
		t.links.open[id] = true
		t.links.told[id] = time.Now().Add(linkWait)
	})
}

// OnClosedOutboundStream also takes the peer out of the mesh: gossipsub does,
// and does not say so.
func (t tracer) OnClosedOutboundStream(id PeerID) {
	t.links.change(id, func() {
		delete(t.links.open, id)
		delete(t.links.grafted, id)
	})
}

func (t tracer) RejectMessage(_ *pubsub.Message, why string) {
	if why == pubsub.RejectValidationQueueFull || why == pubsub.RejectValidationThrottled {
		t.budget.over.Add(1)
	}
}

// SendRPCCompleted is called by who writes to the peer, not by the event loop.
func (t tracer) SendRPCCompleted(rpc *pubsub.RPC, _ PeerID, _ time.Duration) {
	for _, msg := range rpc.GetPublish() {
		t.leaves.give(msg.GetData())
	}
}

func (tracer) Join(string)                          {}
func (tracer) DeliverMessage(*pubsub.Message)       {}
func (tracer) Leave(string)                         {}
func (tracer) ValidateMessage(*pubsub.Message)      {}
func (tracer) DuplicateMessage(*pubsub.Message)     {}
func (tracer) ThrottlePeer(PeerID)                  {}
func (tracer) RecvRPC(*pubsub.RPC)                  {}
func (tracer) SendRPC(*pubsub.RPC, PeerID)          {}
func (tracer) DropRPC(*pubsub.RPC, PeerID)          {}
func (tracer) UndeliverableMessage(*pubsub.Message) {}
