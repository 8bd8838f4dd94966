package mesh

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testTopic = "/votive/1"
	testSize  = 4096
)

// frame makes the n-th frame: as long as votive's, with a stamp of eight zero
// bytes that holds.
func frame(n int) []byte {
	f := make([]byte, testSize)
	binary.BigEndian.PutUint64(f, uint64(n)+1)
	return f
}

// spoilt is the same frame with a stamp that does not hold.
func spoilt(f []byte) []byte {
	f = bytes.Clone(f)
	f[testSize-1] = 1
	return f
}

func sound(f []byte) bool { return bytes.Equal(f[testSize-8:], make([]byte, 8)) }

// frameID leaves the stamp out, as SPEC 2.3 does.
func frameID(f []byte) string {
	if !sound(f) {
		return ""
	}
	id := sha256.Sum256(f[:testSize-8])
	return string(id[:])
}

// heard is a node's Verdict that remembers what it was asked.
type heard struct {
	mu     sync.Mutex
	frames [][]byte
	from   []PeerID
	say    func(from PeerID, frame []byte) Verdict // nil: Accept what is sound
}

func (h *heard) verdict(from PeerID, f []byte) Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frames = append(h.frames, f)
	h.from = append(h.from, from)
	switch {
	case h.say != nil:
		return h.say(from, f)
	case !sound(f):
		return Reject
	}
	return Accept
}

// count is how often the verdict on f was asked for.
func (h *heard) count(f []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, g := range h.frames {
		if bytes.Equal(f, g) {
			n++
		}
	}
	return n
}

func (h *heard) total() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.frames)
}

// world is a simulated network inside a synctest bubble.
type world struct {
	t   *testing.T
	net *simnet.Simnet
	n   int
}

// inWorld runs f on a simulated network with 10 ms between any two hosts.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: &simnet.Simnet{
			LatencyFunc: simnet.StaticLatency(10 * time.Millisecond),
			Logger:      slog.New(slog.DiscardHandler),
		}}
		w.net.Start()
		t.Cleanup(w.net.Close)
		f(w)
	})
}

// place gives a new host its address and its way onto the network.
func (w *world) place() (addr string, opts []libp2p.Option) {
	link := simnet.LinkSettings{BitsPerSecond: 100 * simlibp2p.OneMbps}
	addr = fmt.Sprintf("/ip4/%s/udp/8000/quic-v1", simnet.IntToPublicIPv4(w.n))
	w.n++
	return addr, []libp2p.Option{
		simlibp2p.QUICSimnet(w.net, simnet.NodeBiDiLinkSettings{Uplink: link, Downlink: link}),
	}
}

// node is a running Mesh and what it heard.
type node struct {
	*Mesh
	*heard
	addr string // full, for others to dial
	stop func() // ends Run and waits for it
}

// open starts a node; change may adapt its configuration.
func (w *world) open(change func(*Config)) *node {
	w.t.Helper()
	addr, opts := w.place()
	return start(w.t, func(cfg *Config) {
		cfg.Listen, cfg.Options, cfg.NoProbe = []string{addr}, opts, true
		if change != nil {
			change(cfg)
		}
	})
}

// start opens and runs a Mesh until the test ends.
func start(t *testing.T, change func(*Config)) *node {
	t.Helper()
	h := &heard{}
	cfg := Config{Topic: testTopic, FrameSize: testSize, FrameID: frameID, Verdict: h.verdict, Log: slog.New(hush{t})}
	change(&cfg)
	m, err := Open(cfg)
	if err != nil {
		t.Fatalf("Open(%v) = %v", cfg.Listen, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	t.Cleanup(stop)
	return &node{Mesh: m, heard: h, addr: m.Addrs()[0], stop: stop}
}

// hush fails a test in which anything is logged above debug level: it would
// name peers.
type hush struct{ t *testing.T }

func (hush) Enabled(context.Context, slog.Level) bool { return true }
func (h hush) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h hush) WithGroup(string) slog.Handler          { return h }
func (h hush) Handle(_ context.Context, r slog.Record) error {
	if r.Level > slog.LevelDebug {
		h.t.Errorf("logged %q at level %v", r.Message, r.Level)
	}
	return nil
}

// settle lets the simulated world go on for a while.
func settle(d time.Duration) {
	time.Sleep(d) // simulated time
	synctest.Wait()
}

// dial connects two nodes and waits until gossipsub has linked them.
func (w *world) dial(from *node, to *node) {
	w.t.Helper()
	if err := from.Dial(w.t.Context(), to.addr); err != nil {
		w.t.Fatalf("Dial(%s) = %v", to.addr, err)
	}
	settle(3 * time.Second)
	if !from.links.has(to.ID()) {
		w.t.Fatalf("after Dial: not linked")
	}
}

func (w *world) publish(n *node, f []byte) {
	w.t.Helper()
	if err := n.Publish(w.t.Context(), f); err != nil {
		w.t.Fatalf("Publish() = %v", err)
	}
}

func newKey(t *testing.T) crypto.PrivKey {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// loopback listens on this machine alone.
func loopback(transports ...string) func(*Config) {
	return func(cfg *Config) {
		cfg.NoProbe = true
		for _, s := range transports {
			cfg.Listen = append(cfg.Listen, "/ip4/127.0.0.1/"+s)
		}
	}
}
