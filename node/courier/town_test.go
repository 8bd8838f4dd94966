package courier

import (
	"hash/fnv"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/marcopolo/simnet"

	"votive/node/mesh"
	"votive/proto/votive"
)

// sized is how much of something a simulation has: little in `make test`, all
// of it in `make sim`.
func sized(short, full int) int {
	if long() {
		return full
	}
	return short
}

func long() bool { return os.Getenv("VOTIVE_LONG") != "" }

// town is a world of many nodes, whose network loses packets and can be cut in
// two, or be one in which only keepers can be reached. The seed decides who dials whom, how long the lines are and which packets
// are lost. What libp2p draws for itself is not in our hands: the same seed gives
// the same network, and not the same run.
type town struct {
	*world
	chance *rand.Rand
	cut    atomic.Bool
	east   sync.Map // the addresses of one half, where there are two
	hidden atomic.Bool
	public sync.Map // the addresses of keepers: who is hidden reaches no others

	routed, lost atomic.Uint64 // packets; those that the cut takes are not lost
}

// never is when a packet arrives that is lost: the simulated network itself
// loses none.
const never = 1000 * time.Hour

// inTown runs f on a network that loses this share of all packets. VOTIVE_SEED
// gives the seed of a failure.
func inTown(t *testing.T, loss float64, f func(w *town)) {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("VOTIVE_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("VOTIVE_SEED: %v", err)
		}
	}
	t.Logf("VOTIVE_SEED=%d", seed)
	began := time.Now()
	w := &town{chance: rand.New(rand.NewPCG(seed, 0))}
	dice := rand.New(rand.NewPCG(seed, 1)) // of the one goroutine that routes
	latency := func(p *simnet.Packet) time.Duration {
		w.routed.Add(1)
		switch {
		case dice.Float64() < loss:
			w.lost.Add(1)
			return never
		case w.cut.Load() && w.eastern(p.From) != w.eastern(p.To):
			return never
		case w.hidden.Load() && !w.reachable(p.From) && !w.reachable(p.To):
			return never
		}
		return between(seed, p.From, p.To)
	}
	inNetwork(t, latency, func(inner *world) {
		w.world = inner
		f(w)
	})
	t.Logf("%.1f s of wall clock", time.Since(began).Seconds())
}

// between is how long a packet takes from here to there: 40 to 60 ms, always the
// same for the same two hosts, so that none overtakes another.
func between(seed uint64, from, to net.Addr) time.Duration {
	h := fnv.New64a()
	for _, s := range []string{strconv.FormatUint(seed, 10), from.String(), to.String()} {
		_, _ = h.Write([]byte(s)) // never fails
	}
	return 40*time.Millisecond + time.Duration(h.Sum64()%uint64(20*time.Millisecond))
}

func (w *town) eastern(a net.Addr) bool {
	_, ok := w.east.Load(a.(*net.UDPAddr).IP.String())
	return ok
}

func (w *town) reachable(a net.Addr) bool {
	_, ok := w.public.Load(a.(*net.UDPAddr).IP.String())
	return ok
}

// townsman is a node, and what it hears.
type townsman struct {
	*node
	heard *meter
}

// settleIn opens a node, in the east or not.
func (w *town) settleIn(p plan, east bool) *townsman {
	w.t.Helper()
	if east {
		w.east.Store(simnet.IntToPublicIPv4(w.n).String(), true)
	}
	if p.keeper {
		w.public.Store(simnet.IntToPublicIPv4(w.n).String(), true)
	}
	m := &meter{}
	p.opts = append(p.opts, libp2p.BandwidthReporter(m))
	return &townsman{w.open(p), m}
}

// populate opens n nodes, the second half of them in the east, and has each
// dial so many others.
func (w *town) populate(n, dials int, p plan) []*townsman {
	w.t.Helper()
	var all []*townsman
	for i := range n {
		all = append(all, w.settleIn(p, i >= n/2))
	}
	for _, n := range all {
		w.join(n, all, dials)
	}
	settle(10 * time.Second) // gossipsub has linked whom it wants
	return all
}

// join has a node dial so many of the others.
func (w *town) join(n *townsman, all []*townsman, dials int) {
	w.t.Helper()
	for _, i := range w.chance.Perm(len(all)) {
		if all[i] != n && dials > 0 {
			w.dial(n.mesh, all[i].mesh)
			dials--
		}
	}
}

// everybody waits until all have so many frames, and says how long it took.
func (w *town) everybody(all []*townsman, want int, d time.Duration) time.Duration {
	w.t.Helper()
	behind := func(n *townsman) bool { return n.store.Len() < want }
	took, ok := within(d, func() bool { return !slices.ContainsFunc(all, behind) })
	if ok {
		return took
	}
	for i, n := range all {
		if behind(n) {
			w.t.Errorf("node %d has %d frames after %v, want %d; %+v", i, n.store.Len(), d, want, n.Status())
		}
	}
	w.t.FailNow()
	return took
}

// meter counts what the streams of a host bring, the overhead of QUIC not
// included.
type meter struct {
	metrics.Reporter // asked for nothing here
	gossip, catchUp  atomic.Int64
}

func (*meter) LogSentMessage(int64)                                 {}
func (*meter) LogRecvMessage(int64)                                 {}
func (*meter) LogSentMessageStream(int64, protocol.ID, mesh.PeerID) {}

func (m *meter) LogRecvMessageStream(n int64, p protocol.ID, _ mesh.PeerID) {
	switch {
	case p == Protocol:
		m.catchUp.Add(n)
	case strings.HasPrefix(string(p), "/meshsub/"):
		m.gossip.Add(n)
	}
}

// reset begins to count anew.
func (m *meter) reset() {
	m.gossip.Store(0)
	m.catchUp.Store(0)
}

// copies is what came to nodes since their meters were reset, on average, in
// frames by each frame that was new.
func copies(all []*townsman, fresh int) (gossip, catchUp float64) {
	for _, n := range all {
		gossip += float64(n.heard.gossip.Load())
		catchUp += float64(n.heard.catchUp.Load())
	}
	once := float64(len(all) * fresh * votive.FrameSize)
	return gossip / once, catchUp / once
}

// fetched is how many frames came by catch-up, to all together.
func fetched(all []*townsman) (n uint64) {
	for _, t := range all {
		n += t.Status().Fetched
	}
	return n
}

// heap is what is alive in it, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
