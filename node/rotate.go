package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"votive/node/mesh"
)

const (
	// peerKeyAge is how long a peer key is used by a node that is no keeper: it
	// goes as soon as nobody is connected after that, who would see one peer go
	// and another come from the same place, and a day later in any case. What
	// peers were told of under it and nobody asked for is not told of under the
	// next: see courier.
	peerKeyAge   = 7 * 24 * time.Hour
	peerKeyGrace = 24 * time.Hour

	ageEvery    = time.Minute      // how often the age of the key is looked at
	reopenAgain = 30 * time.Second // pause after a mesh could not be opened
)

var errOldKey = errors.New("peer key is old")

// meshes is the mesh that this node is on. One takes another's place.
type meshes struct {
	mu    sync.Mutex
	now   *mesh.Mesh
	taken chan struct{} // closed when now is another's place
}

// get gives the mesh, nil where none was opened, and what is closed when another
// has taken its place.
func (s *meshes) get() (*mesh.Mesh, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.taken
}

func (s *meshes) set(m *mesh.Mesh) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken != nil {
		close(s.taken)
	}
	s.now, s.taken = m, make(chan struct{})
}

// on is the mesh that this node is on.
func (n *Node) on() *mesh.Mesh {
	m, _ := n.mesh.get()
	return m
}

// carry carries frames until ctx ends: over one mesh after another, each under a
// peer key of its own. Everything but that goes on as it is, an unlocked vault
// above all.
func (n *Node) carry(ctx context.Context) error {
	for {
		err := n.carryOver(ctx, n.on())
		if !errors.Is(err, errOldKey) {
			return err
		}
		if err := n.reopen(ctx); err != nil {
			return err
		}
	}
}

// carryOver carries frames over a mesh until ctx ends, or its key is too old.
func (n *Node) carryOver(ctx context.Context, m *mesh.Mesh) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.Run(ctx) })
	g.Go(func() error { return n.courier.Run(ctx, m) })
	g.Go(func() error { return n.outlive(ctx, m) })
	return g.Wait()
}

// outlive waits until the key of a mesh is too old.
func (n *Node) outlive(ctx context.Context, m *mesh.Mesh) error {
	tick := time.NewTicker(n.ageEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		age := n.home.peerKeyAge(n.cfg.Keeper, time.Now())
		if age >= peerKeyAge && (age >= peerKeyAge+peerKeyGrace || len(m.Peers()) == 0) {
			return errOldKey
		}
	}
}

// reopen puts another mesh in the place of one that has closed. It tries until it
// can, or ctx ends.
func (n *Node) reopen(ctx context.Context) error {
	if err := n.home.savePeers(n.on().Remembered()); err != nil {
		n.cfg.Log.Error("addresses of peers cannot be kept", "err", err)
	}
	for ctx.Err() == nil {
		m, err := n.openMesh()
		if err == nil {
			n.mesh.set(m)
			n.cfg.Log.Info("this node has a new peer id")
			return nil
		}
		n.cfg.Log.Error("no way back to the network yet", "again", reopenAgain, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(reopenAgain):
		}
	}
	return ctx.Err()
}
