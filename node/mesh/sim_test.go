package mesh

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	mocknet "github.com/libp2p/go-libp2p/p2p/net/mock"
	ma "github.com/multiformats/go-multiaddr"
)

// chance draws what a simulation leaves to chance: who dials whom and who
// publishes. What gossipsub draws for itself is not in our hands, so that the
// same seed gives the same network, and not the same run. VOTIVE_SEED in the
// environment gives the seed of another run.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("VOTIVE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("VOTIVE_SEED: %v", err)
		}
	}
	t.Logf("VOTIVE_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// sim is many meshes with the gossip of this package over connections that
// take 50 ms and cost next to nothing: mocknet, without QUIC under it.
type sim struct {
	net   mocknet.Mocknet
	nodes []*simNode
}

// simPlan is how many nodes there are, and that the first of them are keepers.
type simPlan struct{ nodes, keepers int }

// simNode is a node of a sim, and when each frame came to it.
type simNode struct {
	*Mesh
	mu     sync.Mutex
	frames map[string]time.Time
	copies int // of frames, duplicates included
}

const simLink = 50 * time.Millisecond

// openSim makes nodes on a network of their own. Nobody is connected yet.
func openSim(t *testing.T, p simPlan, chance *rand.Rand) *sim {
	t.Helper()
	s := &sim{net: mocknet.New()}
	s.net.SetLinkDefaults(mocknet.LinkOptions{Latency: simLink})
	t.Cleanup(func() {
		// First nobody answers any longer, and only then connections go: mocknet
		// forgets a stream that is opened while its connection closes.
		for _, n := range s.nodes {
			n.cancel()
		}
		synctest.Wait()
		for _, n := range s.nodes {
			_ = n.Close()
		}
		_ = s.net.Close() // its hosts are closed already
	})
	for i := range p.nodes {
		node, err := s.open(i, i < p.keepers, chance)
		if err != nil {
			t.Fatal(err)
		}
		s.nodes = append(s.nodes, node)
		if err := node.takePart(); err != nil { // which is [Mesh.Run] without the dialling
			t.Fatal(err)
		}
	}
	return s
}

// open is [Open] with a host of mocknet in the place of our own. All that comes
// after the host is the same.
func (s *sim) open(i int, keeper bool, chance *rand.Rand) (*simNode, error) {
	var seed [32]byte
	for j := range seed {
		seed[j] = byte(chance.Uint32())
	}
	key, _, err := crypto.GenerateEd25519Key(&repeat{seed})
	if err != nil {
		return nil, err
	}
	n := &simNode{frames: make(map[string]time.Time)}
	cfg := Config{
		Key: key, Topic: testTopic, FrameSize: testSize, NoProbe: true, Keeper: keeper,
		FrameID: func(b []byte) string {
			n.mu.Lock()
			n.copies++
			n.mu.Unlock()
			return frameID(b)
		},
		Verdict: n.verdict,
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	n.Mesh = &Mesh{cfg: cfg, log: cfg.Log, met: make(chan peer.AddrInfo, maxMet)}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.budget = newBudget(cfg.Budget)
	n.inflow.max = maxInbound
	addr := ma.StringCast(fmt.Sprintf("/ip4/100.%d.%d.%d/tcp/1", 64+i>>16, i>>8&255, i&255))
	if n.host, err = s.net.AddPeer(key, addr); err != nil {
		return nil, err
	}
	if err := n.openGossip(); err != nil {
		return nil, err
	}
	n.pin()
	n.answerPins()
	return n, nil
}

// repeat reads the same bytes over and over.
type repeat struct{ b [32]byte }

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r.b[:])
	}
	return n, nil
}

func (n *simNode) verdict(_ PeerID, f []byte) Verdict {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frames[frameID(f)] = time.Now()
	return Accept
}

// came is when a frame came.
func (n *simNode) came(f []byte) (time.Time, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	at, ok := n.frames[frameID(f)]
	return at, ok
}

// connect has each node dial so many others, one after the other, as people
// come.
func (s *sim) connect(t *testing.T, dials int, chance *rand.Rand) {
	t.Helper()
	for i, n := range s.nodes {
		for _, j := range chance.Perm(len(s.nodes))[:dials+1] {
			if j == i {
				continue
			}
			s.dial(t, n, s.nodes[j])
		}
	}
}

// dial connects two nodes. Nodes that nobody connects cannot reach each other.
func (s *sim) dial(t *testing.T, from, to *simNode) {
	t.Helper()
	if _, err := s.net.LinkPeers(from.ID(), to.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.net.ConnectPeers(from.ID(), to.ID()); err != nil {
		t.Fatal(err)
	}
}

// hops is how many connections are between a node and each other one, by the
// shortest way; -1: there is none.
func (s *sim) hops(from int) []int {
	index := make(map[PeerID]int, len(s.nodes))
	hops := make([]int, len(s.nodes))
	for i, n := range s.nodes {
		index[n.ID()], hops[i] = i, -1
	}
	hops[from] = 0
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, id := range s.nodes[queue[0]].host.Network().Peers() {
			if j := index[id]; hops[j] < 0 {
				hops[j] = hops[queue[0]] + 1
				queue = append(queue, j)
			}
		}
	}
	return hops
}

// diameter is the longest of the shortest ways between any two nodes.
func (s *sim) diameter(t *testing.T) int {
	t.Helper()
	most := 0
	for i := range s.nodes {
		hops := s.hops(i)
		if slices.Contains(hops, -1) {
			t.Fatal("the network is in pieces")
		}
		most = max(most, slices.Max(hops))
	}
	return most
}

// A frame reaches everybody, and about as fast as the network could carry it:
// all of it, over the shortest ways there are, and not those alone that
// gossipsub made links of.
func TestSimReach(t *testing.T) {
	size, whole := 200, simLink // where the ways are short, one link is more than the goal leaves room for
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		size, whole = 1000, 1
	case testing.Short(): // the race detector bears 8,128 goroutines
		size = 40
	}
	const dials, published = 4, 5
	chance := chance(t)
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := openSim(t, simPlan{nodes: size}, chance)
		s.connect(t, dials, chance)
		settle(20 * time.Second) // gossipsub has linked whom it wants
		bound := time.Duration(s.diameter(t)) * simLink
		t.Logf("%d goroutines", runtime.NumGoroutine())
		var all []time.Duration
		s.copies()
		for i := range published {
			took := s.publish(t, s.nodes[chance.IntN(size)], frame(i))
			if missed := size - len(took); missed > 0 {
				t.Errorf("frame %d: missed by %d of %d nodes, want 0", i, missed, size)
			}
			all = append(all, took...)
		}
		slices.Sort(all)
		p50, p99, last := all[len(all)/2], all[len(all)*99/100], all[len(all)-1]
		t.Logf("%d nodes, %d frames, bound %v: p50 %v, p99 %v (%.2f of the bound), last %v (%.2f), %.2f copies a node",
			size, published, bound, p50, p99, ratio(p99, bound), last, ratio(last, bound),
			float64(s.copies())/float64(published*size))
		if most, latest := upTo(bound*6/5, whole), upTo(bound*3/2, whole); p99 > most || last > latest {
			t.Errorf("p99 %v, last %v, want at most %v and %v", p99, last, most, latest)
		}
	})
	t.Logf("%.1f s of wall clock (goal with 1,000 nodes: 120)", time.Since(began).Seconds())
}

// publish gives how long a frame took to each node that it came to.
func (s *sim) publish(t *testing.T, by *simNode, f []byte) (took []time.Duration) {
	t.Helper()
	start := time.Now()
	if err := by.Publish(t.Context(), f); err != nil {
		t.Fatalf("Publish() = %v", err)
	}
	settle(20 * time.Second)
	for _, n := range s.nodes {
		if at, ok := n.came(f); ok {
			took = append(took, at.Sub(start))
		}
	}
	return took
}

// upTo rounds up to a multiple.
func upTo(d, multiple time.Duration) time.Duration { return (d + multiple - 1) / multiple * multiple }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// copies is how many copies of frames came to all nodes since it was asked.
func (s *sim) copies() int {
	sum := 0
	for _, n := range s.nodes {
		n.mu.Lock()
		sum += n.copies
		n.copies = 0
		n.mu.Unlock()
	}
	return sum
}
