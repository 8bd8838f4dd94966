package courier

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"votive/node/almanac"
	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is an Almanac that knows nothing: what it receives is in the store, and
// what it is to send is in a list.
type shelf struct {
	store *store.Store

	mu      sync.Mutex
	out     []almanac.Outgoing
	more    chan struct{}              // holds one when out has grown
	fail    error                      // of Carry
	locked  bool                       // Sent fails
	stamps  map[votive.ID]votive.Frame // found beforehand
	batches int                        // Carries
}

func newShelf(s *store.Store) *shelf {
	return &shelf{store: s, more: make(chan struct{}, 1), stamps: make(map[votive.ID]votive.Frame)}
}

func (s *shelf) Carry(ctx context.Context, frames []votive.Frame) error {
	s.mu.Lock()
	fail := s.fail
	s.batches++
	s.mu.Unlock()
	if fail != nil {
		return fail
	}
	_, err := s.store.Put(ctx, frames...)
	return err
}

func (s *shelf) Outgoing(ctx context.Context) ([]almanac.Outgoing, error) {
	for {
		s.mu.Lock()
		batch := slices.Clone(s.out[:min(len(s.out), 256)])
		s.mu.Unlock()
		if len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *shelf) Sent(_ context.Context, done ...almanac.Outgoing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locked {
		return almanac.ErrLocked
	}
	s.out = slices.DeleteFunc(s.out, func(o almanac.Outgoing) bool {
		return slices.ContainsFunc(done, func(d almanac.Outgoing) bool { return d.Key == o.Key })
	})
	return nil
}

// send puts frames into the outbox.
func (s *shelf) send(out ...votive.Unstamped) {
	s.mu.Lock()
	for _, u := range out {
		s.out = append(s.out, almanac.Outgoing{Key: u.Sum().String(), Frame: u})
	}
	s.mu.Unlock()
	signal(s.more)
}

func (s *shelf) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.out)
}

func (s *shelf) breakDown(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// stamp finds the stamp of a frame.
func (s *shelf) stamp(ctx context.Context, u votive.Unstamped) (votive.Frame, error) {
	s.mu.Lock()
	f, found := s.stamps[u.Sum()]
	s.mu.Unlock()
	if found {
		return f, nil
	}
	return u.Stamp(ctx)
}

// lock has Sent fail from now on, or no longer.
func (s *shelf) lock(locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = locked
}

// world is a simulated network inside a synctest bubble.
type world struct {
	t   *testing.T
	net *simnet.Simnet
	n   int
	now func() time.Time
}

// inWorld runs f on a simulated network with 10 ms between any two hosts, from
// noon on.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	inNetwork(t, simnet.StaticLatency(10*time.Millisecond), f)
}

// inNetwork runs f on a network on which packets take as long as latency says.
func inNetwork(t *testing.T, latency func(*simnet.Packet) time.Duration, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ahead := time.Until(noon)
		w := &world{
			t: t,
			net: &simnet.Simnet{
				LatencyFunc: latency,
				Logger:      slog.New(slog.DiscardHandler),
			},
			now: func() time.Time { return time.Now().Add(ahead) },
		}
		w.net.Start()
		t.Cleanup(w.net.Close)
		f(w)
	})
}

// plan is how a node differs from others.
type plan struct {
	disk   vfs.FS // nil: a new one
	quota  int
	budget mesh.Budget
	bits   int // of its line, a second; 0: 100 Mbit/s
	keeper bool
	have   []votive.Frame
	opts   []libp2p.Option // further ones
}

// place gives a new host its address and its way onto the network.
func (w *world) place(bits int) (addr string, opts []libp2p.Option) {
	if bits == 0 {
		bits = 100 * simlibp2p.OneMbps
	}
	link := simnet.LinkSettings{BitsPerSecond: bits}
	addr = fmt.Sprintf("/ip4/%s/udp/8000/quic-v1", simnet.IntToPublicIPv4(w.n))
	w.n++
	return addr, []libp2p.Option{
		simlibp2p.QUICSimnet(w.net, simnet.NodeBiDiLinkSettings{Uplink: link, Downlink: link}),
	}
}

// meshConfig is that of a host that judges with verdict.
func (w *world) meshConfig(p plan, verdict func(mesh.PeerID, []byte) mesh.Verdict) mesh.Config {
	addr, opts := w.place(p.bits)
	return mesh.Config{
		Listen: []string{addr}, Options: append(opts, p.opts...), NoProbe: true, Budget: p.budget, Keeper: p.keeper,
		Topic: votive.Topic, FrameSize: votive.FrameSize,
		FrameID: func(b []byte) string { id := votive.FrameID(b); return string(id[:]) },
		Verdict: verdict,
	}
}

// node is a running courier with all that it carries between.
type node struct {
	*Courier
	shelf *shelf
	mesh  *mesh.Mesh
	store *store.Store
	disk  vfs.FS
	said  *saying
	halt  func() // ends Run, waits for it
	stop  func() // and closes the store
}

func (w *world) open(p plan) *node {
	w.t.Helper()
	if p.disk == nil {
		p.disk = vfs.NewMem()
	}
	s, err := store.Open("store", store.Options{Quota: p.quota, FS: p.disk, Now: w.now})
	if err != nil {
		w.t.Fatalf("store.Open() = %v", err)
	}
	if _, err := s.Put(w.t.Context(), p.have...); err != nil {
		w.t.Fatalf("Put() = %v", err)
	}
	n := &node{shelf: newShelf(s), store: s, disk: p.disk, said: new(saying)}
	if n.Courier, err = Open(Config{Store: s, Almanac: n.shelf, Now: w.now, Log: n.said.log()}); err != nil {
		w.t.Fatalf("Open() = %v", err)
	}
	n.search = n.shelf.stamp
	w.run(n, p)
	n.stop = sync.OnceFunc(func() {
		n.halt()
		if err := s.Close(); err != nil {
			w.t.Errorf("Close() = %v, want nil", err)
		}
	})
	w.t.Cleanup(n.stop)
	return n
}

// run has the courier of a node run, again if it has before, over a mesh of its
// own.
func (w *world) run(n *node, p plan) {
	w.t.Helper()
	m, err := mesh.Open(w.meshConfig(p, n.Judge))
	if err != nil {
		w.t.Fatalf("mesh.Open() = %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.Run(ctx) })
	g.Go(func() error { return n.Courier.Run(ctx, m) })
	n.mesh = m
	n.halt = sync.OnceFunc(func() {
		cancel()
		if err := g.Wait(); err != nil {
			w.t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// saying is what a courier logs. It is shown where somebody looks for it.
type saying struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *saying) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if os.Getenv("COURIER_LOG") != "" {
		_, _ = os.Stderr.Write(b)
	}
	return s.text.Write(b)
}

func (s *saying) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// of is what was logged about a peer at debug level, a line each.
func (s *saying) of(id mesh.PeerID) (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.text.String()) {
		if strings.Contains(line, "level=DEBUG") && strings.Contains(line, "peer="+id.String()+" ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// says wants a line about a peer that says what has happened and gives such a
// reason; or no such line, where no reason is given.
func (n *node) says(t *testing.T, id mesh.PeerID, what, reason string) {
	t.Helper()
	lines := slices.DeleteFunc(n.said.of(id), func(line string) bool { return !strings.Contains(line, `"courier: `+what+`"`) })
	told := func(line string) bool { return strings.Contains(line, "err=") && strings.Contains(line, reason) }
	if reason == "" && len(lines) > 0 || reason != "" && !slices.ContainsFunc(lines, told) {
		t.Errorf("the log says %q, want %q", lines[:min(len(lines), 3)], reason)
	}
}

// stranger is a mesh that takes part in the topic and serves catch-up in its
// own way, or not at all.
func (w *world) stranger(serve func(ctx context.Context, s mesh.Stream)) *mesh.Mesh {
	w.t.Helper()
	m, err := mesh.Open(w.meshConfig(plan{}, func(mesh.PeerID, []byte) mesh.Verdict { return mesh.Ignore }))
	if err != nil {
		w.t.Fatalf("mesh.Open() = %v", err)
	}
	if serve != nil {
		m.Handle(Protocol, serve)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run() = %v, want nil", err)
		}
	})
	return m
}

// dial connects two hosts; it does not wait for anything that comes of it.
func (w *world) dial(from, to *mesh.Mesh) {
	w.t.Helper()
	if err := from.Dial(w.t.Context(), to.Addrs()[0]); err != nil {
		w.t.Fatalf("Dial(%s) = %v", to.Addrs()[0], err)
	}
}

// settle lets the simulated world go on for a while.
func settle(d time.Duration) {
	time.Sleep(d) // simulated time
	synctest.Wait()
}

// within lets the world go on until ok, or for d, and says how long it took.
func within(d time.Duration, ok func() bool) (time.Duration, bool) {
	start := time.Now()
	for !ok() {
		if time.Since(start) >= d {
			return d, false
		}
		settle(100 * time.Millisecond)
	}
	return time.Since(start), true
}

// complete waits until n has so many frames.
func (w *world) complete(name string, n *node, want int, d time.Duration) time.Duration {
	w.t.Helper()
	took, ok := within(d, func() bool { return n.store.Len() == want })
	if !ok {
		w.t.Fatalf("%s has %d frames after %v, want %d; %+v", name, n.store.Len(), d, want, n.Status())
	}
	return took
}

// Show is for who can read; the shelf cannot.
func (s *shelf) Show(...votive.Frame) {}
