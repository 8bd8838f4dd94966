package mesh

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"
)

const (
	newsTime = 3 * time.Second // gossipsub tells ids in three heartbeats
	maxNews  = queue
)

// news is the ids of what was passed on in the last heartbeats. gossipsub tells
// them to peers that are no links alone: what came after the last heartbeat
// before a peer became a link would be neither given to it nor told. Around a
// keeper many take turns at being links, and would miss a frame in a hundred. So
// a new link is told too, in the same way: one's own frames and others', in no
// order.
//
// gossipsub's event loop notes what it is about to pass on, and tells. It does
// both in one turn with what it does itself: what is told here it has, and can
// give.
type news struct {
	say func(PeerID, *pb.ControlMessage, ...*pb.Message) // in the event loop

	mu     sync.Mutex
	passed []passing // oldest first
}

type passing struct {
	id string
	at time.Time
}

func (n *news) pass(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.passed) >= maxNews {
		n.passed = slices.Delete(n.passed, 0, maxNews/4)
	}
	n.passed = append(n.passed, passing{id, time.Now()})
}

// tell tells a new link, from the event loop.
func (n *news) tell(to PeerID, topic string) {
	if ids := n.latest(); len(ids) > 0 {
		n.say(to, &pb.ControlMessage{Ihave: []*pb.ControlIHave{{TopicID: &topic, MessageIDs: ids}}})
	}
}

func (n *news) latest() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	since := time.Now().Add(-newsTime)
	n.passed = slices.DeleteFunc(n.passed, func(p passing) bool { return p.at.Before(since) })
	ids := make([]string, len(n.passed))
	for i, j := range rand.Perm(len(ids)) {
		ids[j] = n.passed[i].id
	}
	return ids
}
