package mesh

import (
	"context"
	"sync"
	"time"
)

// leaveTime is for how long it is remembered whether a frame left: longer than
// gossipsub remembers it, which forgets once a minute what is two minutes old.
// Then it can be published again.
const leaveTime = 190 * time.Second

// leaves is the frames of our own that were published last, and whether a peer
// was given them. Only our own are in it.
type leaves struct {
	mu   sync.Mutex
	byID map[string]*leave
	byAt map[*byte]*leave // by where its bytes are, which gossipsub does not copy
}

type leave struct {
	begun time.Time
	first *byte
	given chan struct{} // closed when a peer was given it
}

func (l *leaves) begin(id string, frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID == nil {
		l.byID, l.byAt = make(map[string]*leave), make(map[*byte]*leave)
	}
	now := time.Now()
	for old, one := range l.byID {
		if now.Sub(one.begun) > leaveTime {
			delete(l.byID, old)
			delete(l.byAt, one.first)
		}
	}
	if l.byID[id] == nil { // gossipsub does nothing the second time
		one := &leave{begun: now, first: &frame[0], given: make(chan struct{})}
		l.byID[id], l.byAt[one.first] = one, one
	}
}

// give is told of every message that was written to a peer.
func (l *leaves) give(frame []byte) {
	if len(frame) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.byAt[&frame[0]]; one != nil {
		delete(l.byAt, one.first)
		close(one.given)
	}
}

func (l *leaves) wait(ctx context.Context, id string) bool {
	l.mu.Lock()
	one := l.byID[id]
	l.mu.Unlock()
	if one == nil {
		return false
	}
	select {
	case <-one.given:
		return true
	default:
	}
	select {
	case <-one.given:
		return true
	case <-ctx.Done():
		return false
	}
}
