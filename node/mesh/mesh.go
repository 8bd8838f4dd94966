package mesh

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/sync/errgroup"
)

// Verdict is what becomes of a frame.
type Verdict int

// The verdicts of SPEC 2.5 and 2.6.
const (
	Accept Verdict = iota // pass it on
	Ignore                // do not pass it on; nobody is to blame
	Reject                // do not pass it on; whoever sent it is to blame
)

// PeerID names a peer by its public key. It is unrelated to every identity and
// key of the people who use votive (SPEC 9.5).
type PeerID = peer.ID

// Config is what a [Mesh] is built from. Topic, FrameSize, FrameID and Verdict
// are needed; the zero value of every other field stands for its default.
type Config struct {
	// Key is the peer's key, Ed25519. Nil stands for a fresh random one.
	Key crypto.PrivKey

	// Listen holds multiaddrs; nil stands for any port of every interface,
	// QUIC and TCP, IPv4 and IPv6. An address given here that cannot be
	// listened on is an error; of the defaults one has to work.
	Listen []string

	// Peers holds full multiaddrs (with /p2p/ID), at most 64 peers, that are
	// dialled at once and whenever they are not connected.
	Peers []string

	// Cached holds full multiaddrs known from before, as [Mesh.Remembered]
	// gave them. They are dialled while there are few peers. Those past the
	// first 64, and those that cannot be read, are passed over.
	Cached []string

	// DHT is where peers are looked for while there are few, under the
	// rendezvous of the day (SPEC 12). A keeper says in it that it is there,
	// and serves the network's own; all others only ask.
	DHT DHT

	// Bootstrap holds full multiaddrs of up to 16 servers of the DHT to begin
	// with. The network's own begins with connected peers as well; for the
	// public one they are needed.
	Bootstrap []string

	// Rendezvous gives the multihash of a day (SPEC 12.2); a DHT needs it.
	Rendezvous func(at time.Time) []byte

	// MDNS makes this node known to its neighbours on the local network, and
	// finds them.
	MDNS bool

	// Keeper says that this node can be reached from everywhere and serves
	// others: it relays for peers that cannot be reached, tells peers whether
	// they can be, and names peers to those it has no room for.
	Keeper bool

	// NoProbe turns everything off by which a node finds out and mends
	// whether it can be reached: AutoNAT, observed addresses, the relay
	// client, hole punching. For a simulated network, where these would dial
	// real addresses.
	NoProbe bool

	// Topic is the one gossipsub topic, `/votive/1` (SPEC 2.9).
	Topic string

	// FrameSize is the length of every message, 4,096 (SPEC 2.1).
	FrameSize int

	// FrameID gives the id of FrameSize bytes, which is their gossipsub
	// message id (SPEC 2.3), or "" for bytes that have to be Rejected
	// whatever the clock says (SPEC 2.5). The "" matters where the id does not
	// cover every byte: a frame with its stamp spoilt, say, could otherwise
	// pass for the frame itself. Then whoever sends spoilt copies ahead of the
	// good ones would have those taken for duplicates of something invalid,
	// and the peers that bring them punished.
	//
	// It is called for every message, duplicates included, from gossipsub's
	// event loop among others, and must be fast.
	FrameID func(frame []byte) string

	// Verdict judges a frame of FrameSize bytes that was not seen in the last
	// two minutes. It is called from several goroutines at the same time and
	// must return at once: what takes time belongs into a queue. The bytes may
	// be kept and must not be changed. For a frame of our own, from
	// [Mesh.Publish], from is [Mesh.ID].
	Verdict func(from PeerID, frame []byte) Verdict

	// Budget bounds what is taken from one link. What is over is ignored
	// before anything is computed from it, and counted by [Mesh.Overbudget].
	Budget Budget

	// Log is written to at debug level only. Nil stands for no log.
	Log *slog.Logger

	// Options are given to the host after our own: for tests that run on a
	// simulated network.
	Options []libp2p.Option
}

// Budget is how many frames are taken from one link (SPEC 2.10).
type Budget struct {
	Rate  float64 // frames per second; 0 stands for 50
	Burst int     // frames at once; 0 stands for 4,096
}

// BadAddress is the error about an address that was given and cannot be one.
type BadAddress struct{ error }

func (b BadAddress) Unwrap() error { return b.error }

// ErrClosed says that the mesh has stopped.
var ErrClosed = errors.New("mesh: closed")

// Mesh is a libp2p host on votive's one topic.
type Mesh struct {
	cfg    Config
	log    *slog.Logger
	host   host.Host
	pubsub *pubsub.PubSub
	topic  *pubsub.Topic

	ctx    context.Context // ends when Close begins
	cancel context.CancelFunc
	closed sync.Once
	calls  gate

	budget   budget
	links    links
	news     news
	leaves   leaves
	roster   roster
	chosen   chosen
	inflow   inflow
	pinned   []peer.AddrInfo
	pins     pins
	finder   *finder // nil: no DHT
	origins  origins
	holes    holes
	relaying relaying
	down     map[PeerID]chan struct{} // a pinned peer's connection was lost; fixed after Open
	met      chan peer.AddrInfo       // neighbours, from mDNS to Run
	deaf     atomic.Bool              // mDNS could not be started
}

// Open builds the host and listens. It neither blocks nor dials: that is
// [Mesh.Run]'s part. A Mesh that is never run has to be closed.
func Open(cfg Config) (*Mesh, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	pinned, err := parsePeers(cfg.Peers)
	if err != nil {
		return nil, err
	}
	m := &Mesh{cfg: cfg, log: cfg.Log, pinned: pinned, met: make(chan peer.AddrInfo, maxMet)}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.budget = newBudget(cfg.Budget)
	m.inflow.max, m.pins.inflow.max = maxInbound, maxInbound
	if err := m.open(); err != nil {
		m.cancel()
		return nil, err
	}
	if err := m.openGossip(); err != nil {
		m.Close()
		return nil, err
	}
	m.roster.remember(m.host.ID(), cfg.Cached)
	m.pin()
	m.answerPins()
	return m, nil
}

func (m *Mesh) open() error {
	if err := m.openFinder(); err != nil {
		return err
	}
	return m.openHost()
}

// complete fills in defaults and checks what has none.
func (cfg *Config) complete() error {
	switch {
	case cfg.Topic == "":
		return errors.New("mesh: no topic")
	case cfg.FrameSize < 1:
		return fmt.Errorf("mesh: frame size %d, want at least 1", cfg.FrameSize)
	case cfg.FrameID == nil || cfg.Verdict == nil:
		return errors.New("mesh: FrameID and Verdict are needed")
	case cfg.Budget.Rate < 0 || cfg.Budget.Burst < 0:
		return fmt.Errorf("mesh: budget %v per second, %d at once, want nothing negative", cfg.Budget.Rate, cfg.Budget.Burst)
	}
	if cfg.Budget.Rate == 0 {
		cfg.Budget.Rate = 50
	}
	if cfg.Budget.Burst == 0 {
		cfg.Budget.Burst = 4096
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Key == nil {
		key, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			return fmt.Errorf("mesh: peer key: %w", err)
		}
		cfg.Key = key
	}
	if t := cfg.Key.Type(); t != crypto.Ed25519 {
		return fmt.Errorf("mesh: peer key is %v, want Ed25519", t)
	}
	return nil
}

// Run takes part in the network until ctx ends: joins the topic, dials, keeps
// pinned peers connected. When it returns, everything is stopped and Verdict
// and stream handlers are no longer called. A Mesh runs once. The error is nil
// when ctx ended.
func (m *Mesh) Run(ctx context.Context) error {
	defer m.Close()
	if m.ctx.Err() != nil {
		return ErrClosed
	}
	joined, err := m.topic.EventHandler()
	if err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	defer joined.Cancel()
	if err := m.takePart(); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.watchTopic(ctx, joined) })
	g.Go(func() error { return m.seek(ctx) })
	g.Go(func() error { return m.meetNeighbours(ctx) })
	g.Go(func() error { return m.finder.find(ctx) })
	for _, p := range m.pinned {
		g.Go(func() error { return m.keep(ctx, p) })
	}
	g.Go(func() error { // Close ends Run too
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.ctx.Done():
			return ErrClosed
		}
	})
	if err := g.Wait(); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Close stops everything and returns when it has stopped. [Mesh.Run] calls it;
// it is for a Mesh that was opened and never run.
func (m *Mesh) Close() error {
	var err error
	m.closed.Do(func() {
		m.cancel()
		err = m.host.Close()
		m.calls.shut()
		m.roster.close()
	})
	return err
}

// ID is the name of this peer.
func (m *Mesh) ID() PeerID { return m.host.ID() }

// gate counts calls out of this package, so that Close can wait for them and
// none begins after it.
type gate struct {
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

// enter reports whether a call may begin; if so, leave has to follow.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside.Add(1)
	return true
}

func (g *gate) leave() { g.inside.Done() }

func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}

// pause waits for d and reports whether ctx still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
