package mesh

import (
	"net"
	"net/netip"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// Peer scores (gossipsub v1.1). What is sent cannot be told from what is said,
// so a peer is judged by frames that are wrong by their bytes alone (SPEC 2.5):
// those no honest peer ever passes on. One costs a peer its place as a link,
// two its gossip, four that anything is taken from it; time mends it. That a
// peer brings few frames costs nothing: most hours bring few.
const (
	invalidWeight = -20.0
	gossipBelow   = -50.0
	publishBelow  = -100.0
	graylistBelow = -200.0

	// Peers that somebody chose, by flag or link, may name us other peers;
	// strangers cannot earn that, or they would choose our peers for us.
	chosenScore = 5.0
	earnedCap   = 4.0
)

var (
	loopback4 = netip.MustParsePrefix("127.0.0.0/8")
	loopback6 = netip.MustParsePrefix("::1/128")
)

// sharedNets are addresses that say nothing about who shares them.
var sharedNets = func() []*net.IPNet {
	var nets []*net.IPNet
	for _, s := range []string{
		loopback4.String(), loopback6.String(), "10.0.0.0/8", "100.64.0.0/10",
		"169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10",
	} {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			panic(err) // a mistake in the list above
		}
		nets = append(nets, n)
	}
	return nets
}()

func (m *Mesh) peerScore() (*pubsub.PeerScoreParams, *pubsub.PeerScoreThresholds) {
	hour := pubsub.ScoreParameterDecay(time.Hour)
	topic := &pubsub.TopicScoreParams{
		TopicWeight:                    1,
		TimeInMeshWeight:               0.02,
		TimeInMeshQuantum:              time.Minute,
		TimeInMeshCap:                  100,
		FirstMessageDeliveriesWeight:   0.1,
		FirstMessageDeliveriesDecay:    hour,
		FirstMessageDeliveriesCap:      20,
		InvalidMessageDeliveriesWeight: invalidWeight,
		InvalidMessageDeliveriesDecay:  hour,
		MeshMessageDeliveriesDecay:     hour, // weight 0: off
		MeshFailurePenaltyDecay:        hour, // weight 0: off
	}
	params := &pubsub.PeerScoreParams{
		Topics:            map[string]*pubsub.TopicScoreParams{m.cfg.Topic: topic},
		TopicScoreCap:     earnedCap,
		AppSpecificScore:  m.chosen.score,
		AppSpecificWeight: 1,
		// More than sixteen peers at one public address lose their standing:
		// a crowd behind one mobile network is common, a hundred are not.
		IPColocationFactorWeight:    -1,
		IPColocationFactorThreshold: 16,
		IPColocationFactorWhitelist: sharedNets,
		BehaviourPenaltyWeight:      -10,
		BehaviourPenaltyThreshold:   6,
		BehaviourPenaltyDecay:       pubsub.ScoreParameterDecay(10 * time.Minute),
		DecayInterval:               pubsub.DefaultDecayInterval,
		DecayToZero:                 pubsub.DefaultDecayToZero,
		RetainScore:                 10 * time.Minute,
	}
	return params, &pubsub.PeerScoreThresholds{
		GossipThreshold:             gossipBelow,
		PublishThreshold:            publishBelow,
		GraylistThreshold:           graylistBelow,
		AcceptPXThreshold:           chosenScore,
		OpportunisticGraftThreshold: 1,
	}
}

// maxChosen bounds the peers remembered as chosen.
const maxChosen = 256

// chosen is the set of peers that a person chose: pinned, or dialled from a
// link.
type chosen struct {
	mu    sync.Mutex
	peers map[PeerID]struct{}
}

func (c *chosen) add(id PeerID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peers == nil {
		c.peers = make(map[PeerID]struct{})
	}
	if len(c.peers) < maxChosen {
		c.peers[id] = struct{}{}
	}
}

// score is called from gossipsub's event loop.
func (c *chosen) score(id PeerID) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.peers[id]; ok {
		return chosenScore
	}
	return 0
}
