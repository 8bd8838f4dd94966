package mesh

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const (
	pinProtocol protocol.ID = "/votive/pin/1" // SPEC 12.6
	pinTimeout              = 10 * time.Second
)

// pins is who was pinned, and who of them has pinned us: a direct peer, that is
// sent every frame and never pruned.
type pins struct {
	all map[PeerID]peer.AddrInfo // fixed after Open

	inflow inflow     // of strangers too: they must not take the room of other streams
	turn   sync.Mutex // held while gossipsub is told: it is told in order
	mu     sync.Mutex
	mutual map[PeerID]bool
}

func (p *pins) has(id PeerID) bool {
	_, ok := p.all[id]
	return ok
}

// set notes whether a pin is mutual, and reports whether that is news.
func (p *pins) set(id PeerID, mutual bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mutual[id] == mutual {
		return false
	}
	if p.mutual == nil {
		p.mutual = make(map[PeerID]bool)
	}
	p.mutual[id] = mutual
	return true
}

func (p *pins) count() (mutual int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, yes := range p.mutual {
		if yes {
			mutual++
		}
	}
	return mutual
}

// answerPins serves the protocol of pins. Everybody speaks it, and whom we have
// pinned only they are told themselves.
func (m *Mesh) answerPins() {
	m.host.SetStreamHandler(pinProtocol, func(s network.Stream) {
		from := s.Conn().RemotePeer()
		if !m.calls.enter() {
			_ = s.Reset()
			return
		}
		defer m.calls.leave()
		if !m.pins.inflow.enter(from) {
			_ = s.Reset()
			return
		}
		defer m.pins.inflow.leave(from)
		defer context.AfterFunc(m.ctx, func() { _ = s.Reset() })()
		theirs, err := m.swapPins(s, from, false)
		if err != nil {
			_ = s.Reset()
			return
		}
		_ = s.Close() // the byte is on its way
		m.mutual(from, theirs && m.pins.has(from))
	})
}

// askPin asks a pinned peer whether it has pinned us.
func (m *Mesh) askPin(ctx context.Context, id PeerID) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "pins are asked of connected peers"), pinTimeout)
	defer cancel()
	s, err := m.host.NewStream(ctx, id, pinProtocol)
	if err != nil {
		m.log.Debug("mesh: pinned peer not asked", "peer", id, "err", err)
		return
	}
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	theirs, err := m.swapPins(s, id, true)
	_ = s.Close() // both bytes are through, or it has failed anyway
	if err != nil {
		m.log.Debug("mesh: pinned peer does not say", "peer", id, "err", err)
		return
	}
	m.mutual(id, theirs)
}

// swapPins sends whether we have pinned a peer and reads whether it has pinned
// us; who dialled sends first.
func (m *Mesh) swapPins(s network.Stream, id PeerID, first bool) (theirs bool, err error) {
	if err := s.SetDeadline(time.Now().Add(pinTimeout)); err != nil {
		return false, err
	}
	ours := []byte{0}
	if m.pins.has(id) {
		ours[0] = 1
	}
	answer := make([]byte, 1)
	if first {
		if _, err := s.Write(ours); err != nil {
			return false, err
		}
	}
	if _, err := io.ReadFull(s, answer); err != nil {
		return false, err
	}
	if !first {
		if _, err := s.Write(ours); err != nil {
			return false, err
		}
	}
	return answer[0] == 1, nil
}

// mutual makes a pinned peer a direct one, or no longer. gossipsub turns down
// the links that a direct peer asks for, so that where only one side had the
// other as direct, frames would come late or not at all (SPEC 12.6).
func (m *Mesh) mutual(id PeerID, yes bool) {
	if !m.pins.has(id) {
		return
	}
	m.pins.turn.Lock()
	defer m.pins.turn.Unlock()
	if !m.pins.set(id, yes) {
		return
	}
	// They fail only when gossipsub has stopped.
	if yes {
		_ = m.pubsub.AddDirectPeer(m.pins.all[id])
	} else {
		_ = m.pubsub.RemoveDirectPeer(id)
	}
	m.links.change(id, func() {
		if yes {
			m.links.direct[id] = true
		} else {
			delete(m.links.direct, id)
		}
	})
}
