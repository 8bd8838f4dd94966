package mesh

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const (
	maxInbound        = 64 // streams that peers opened, of all protocols of ours
	maxInboundPerPeer = 4
	openTimeout       = 15 * time.Second
	streamIdle        = 30 * time.Second // SPEC 10.11
)

// Stream is a pair of byte streams between two peers. Reading or writing that
// makes no progress for 30 seconds fails (SPEC 10.11). It is reset when the Mesh
// closes.
type Stream interface {
	io.ReadWriter

	// Peer is the other end.
	Peer() PeerID

	// SetDeadline bounds all that is still to come, the pauses included. The
	// zero time stands for no such bound. It may not be called while another
	// goroutine reads or writes.
	SetDeadline(t time.Time) error

	// CloseWrite tells the other end that nothing more follows.
	CloseWrite() error

	// Close ends the stream; what was written still arrives.
	Close() error

	// Reset ends the stream in both directions at once: the other end sees an
	// error.
	Reset() error
}

// stream adds the deadlines.
type stream struct {
	s     network.Stream
	until time.Time   // set by SetDeadline
	free  func() bool // takes the reset at closing time back
}

// wrap makes a Stream that is reset when ctx ends.
func wrap(ctx context.Context, s network.Stream) *stream {
	return &stream{s: s, free: context.AfterFunc(ctx, func() { _ = s.Reset() })}
}

// deadline is the earlier of 30 seconds from now and what SetDeadline said.
func (s *stream) deadline() time.Time {
	idle := time.Now().Add(streamIdle)
	if !s.until.IsZero() && s.until.Before(idle) {
		return s.until
	}
	return idle
}

func (s *stream) Read(p []byte) (int, error) {
	if err := s.s.SetReadDeadline(s.deadline()); err != nil {
		return 0, err
	}
	return s.s.Read(p)
}

func (s *stream) Write(p []byte) (int, error) {
	if err := s.s.SetWriteDeadline(s.deadline()); err != nil {
		return 0, err
	}
	return s.s.Write(p)
}

func (s *stream) Peer() PeerID { return s.s.Conn().RemotePeer() }

func (s *stream) SetDeadline(t time.Time) error {
	s.until = t
	return nil
}

func (s *stream) CloseWrite() error { return s.s.CloseWrite() }

func (s *stream) Close() error {
	s.free()
	return s.s.Close()
}

func (s *stream) Reset() error {
	s.free()
	return s.s.Reset()
}

// Handle serves a protocol. h runs in a goroutine of its own for each stream
// that a peer opens, at most 4 for one peer and 64 in all; further ones are
// reset. ctx ends when the Mesh closes, and the stream is closed when h returns.
func (m *Mesh) Handle(id string, h func(ctx context.Context, s Stream)) {
	m.host.SetStreamHandler(protocol.ID(id), func(raw network.Stream) {
		from := raw.Conn().RemotePeer()
		if !m.calls.enter() {
			_ = raw.Reset()
			return
		}
		defer m.calls.leave()
		if !m.inflow.enter(from) {
			_ = raw.Reset()
			return
		}
		defer m.inflow.leave(from)
		s := wrap(m.ctx, raw)
		defer func() { _ = s.Close() }() // the peer may be gone; h has seen that
		h(m.ctx, s)
	})
}

// OpenStream opens a stream to a connected peer. It does not dial.
func (m *Mesh) OpenStream(ctx context.Context, id PeerID, proto string) (Stream, error) {
	if m.ctx.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "catch-up is with connected peers"), openTimeout)
	defer cancel()
	s, err := m.host.NewStream(ctx, id, protocol.ID(proto))
	if err != nil {
		return nil, fmt.Errorf("mesh: stream %s: %w", proto, err)
	}
	return wrap(m.ctx, s), nil
}

// inflow counts the streams that peers opened.
type inflow struct {
	mu    sync.Mutex
	max   int
	total int
	peers map[PeerID]int
}

func (f *inflow) enter(id PeerID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.total >= f.max || f.peers[id] >= maxInboundPerPeer {
		return false
	}
	if f.peers == nil {
		f.peers = make(map[PeerID]int)
	}
	f.total++
	f.peers[id]++
	return true
}

func (f *inflow) leave(id PeerID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total--
	if f.peers[id]--; f.peers[id] == 0 {
		delete(f.peers, id)
	}
}
