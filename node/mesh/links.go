package mesh

import (
	"context"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// links is the set of peers that gossipsub hands frames to directly: the
// topic's mesh. It is told by gossipsub's event loop and bounded by gossipsub's
// degree.
type links struct {
	mu    sync.Mutex
	peers map[PeerID]struct{}
	some  chan struct{} // closed while there are links; nil before the first question
}

func (l *links) add(id PeerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.peers == nil {
		l.peers = make(map[PeerID]struct{})
	}
	if len(l.peers) == 0 && l.some != nil {
		close(l.some)
	}
	l.peers[id] = struct{}{}
}

func (l *links) remove(id PeerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.peers[id]; !ok {
		return
	}
	delete(l.peers, id)
	if len(l.peers) == 0 {
		l.some = nil
	}
}

func (l *links) has(id PeerID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.peers[id]
	return ok
}

// wait reports whether there is a link within d, before ctx ends and before
// closed is.
func (l *links) wait(ctx context.Context, closed <-chan struct{}, d time.Duration) bool {
	l.mu.Lock()
	if len(l.peers) > 0 {
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
}

func (t tracer) Graft(id PeerID, _ string)        { t.links.add(id) }
func (t tracer) Prune(id PeerID, _ string)        { t.links.remove(id) }
func (t tracer) OnClosedOutboundStream(id PeerID) { t.links.remove(id) }
func (t tracer) RejectMessage(_ *pubsub.Message, why string) {
	if why == pubsub.RejectValidationQueueFull || why == pubsub.RejectValidationThrottled {
		t.budget.over.Add(1)
	}
}

func (tracer) OnNewOutboundStream(PeerID, protocol.ID)             {}
func (tracer) Join(string)                                         {}
func (tracer) Leave(string)                                        {}
func (tracer) ValidateMessage(*pubsub.Message)                     {}
func (tracer) DeliverMessage(*pubsub.Message)                      {}
func (tracer) DuplicateMessage(*pubsub.Message)                    {}
func (tracer) ThrottlePeer(PeerID)                                 {}
func (tracer) RecvRPC(*pubsub.RPC)                                 {}
func (tracer) SendRPC(*pubsub.RPC, PeerID)                         {}
func (tracer) SendRPCCompleted(*pubsub.RPC, PeerID, time.Duration) {}
func (tracer) DropRPC(*pubsub.RPC, PeerID)                         {}
func (tracer) UndeliverableMessage(*pubsub.Message)                {}
