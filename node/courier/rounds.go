package courier

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"votive/node/mesh"
)

const (
	maxAsks = 4 // at the same time

	metWithin = time.Second      // a peer that has come is asked within this
	roundTime = time.Minute      // and then about this often
	roundLast = 16 * time.Minute // or this, while it offers nothing that is kept
	rushAfter = 10 * time.Second // and this soon when frames were missed
	rushPeers = 2                // by so many peers, which are asked at once
	lookEvery = 5 * time.Second  // how often the mesh is looked at

	strikeFirst = time.Minute // a peer that fails is left alone for this, then for twice as long
	strikeLast  = time.Hour
	busyFirst   = rushAfter   // one that has no time for us, for this at first
	lieTime     = time.Hour   // and one that lies for this
	keepAgain   = time.Minute // pause after frames could not be kept
	maxPeers    = 1024        // peers that anything is remembered about
)

// acquaintance is what is known about a peer.
type acquaintance struct {
	here    bool
	asking  bool
	due     time.Time     // of the next ask
	last    time.Time     // when the last ask ended
	wait    time.Duration // between asks
	strikes int           // failures in a row
	barred  time.Time     // it is not asked before
}

// strike leaves a peer alone for a while, twice as long each time in a row.
func (p *acquaintance) strike(now time.Time, first time.Duration) {
	p.barred = now.Add(min(first<<min(p.strikes, 10), strikeLast))
	p.strikes++
}

// rounds decides when to ask whom. It belongs to one goroutine.
type rounds struct {
	*Courier
	mesh   *mesh.Mesh
	peers  map[mesh.PeerID]*acquaintance
	asking int
	done   chan outcome
	owed   bool   // frames were missed, and not enough peers asked since
	over   uint64 // what mesh.Overbudget was
}

// catchUp asks every peer when it comes, and then about once a minute, and two
// at once when frames were missed, until ctx ends.
func (c *Courier) catchUp(ctx context.Context, m *mesh.Mesh) error {
	r := &rounds{Courier: c, mesh: m, peers: make(map[mesh.PeerID]*acquaintance), done: make(chan outcome)}
	ctx, cancel := context.WithCancel(ctx)
	var asks sync.WaitGroup
	defer asks.Wait()
	defer cancel()
	come := m.Connected(ctx)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		for _, id := range r.start() {
			asks.Go(func() {
				o := c.ask(ctx, m, id)
				select {
				case r.done <- o:
				case <-ctx.Done():
				}
			})
		}
		next := time.NewTimer(r.next())
		hurry := c.hurry
		if r.owed {
			hurry = nil // a flood does not keep us busy here: look is soon enough
		}
		select {
		case <-ctx.Done():
		case id, ok := <-come:
			if !ok {
				come = nil // the mesh has closed
				break
			}
			r.meet(id)
		case o := <-r.done:
			r.settle(o)
		case <-hurry:
			r.owed = true
			r.rush()
		case <-look.C:
			r.look()
		case <-next.C:
		}
		next.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// start gives the peers to be asked now, those first that have been due
// longest.
func (r *rounds) start() []mesh.PeerID {
	now := time.Now()
	var due []mesh.PeerID
	for id, p := range r.peers {
		if p.here && !p.asking && !p.due.After(now) {
			due = append(due, id)
		}
	}
	slices.SortFunc(due, func(a, b mesh.PeerID) int { return r.peers[a].due.Compare(r.peers[b].due) })
	due = due[:min(len(due), maxAsks-r.asking)]
	for _, id := range due {
		r.peers[id].asking = true
	}
	r.asking += len(due)
	return due
}

// next is how long nobody is due. While there is no room for another ask that
// does not matter.
func (r *rounds) next() time.Duration {
	next := roundLast
	for _, p := range r.peers {
		if p.here && !p.asking && r.asking < maxAsks {
			next = min(next, time.Until(p.due))
		}
	}
	return next
}

// meet is told of a peer that has come.
func (r *rounds) meet(id mesh.PeerID) {
	p := r.peers[id]
	if p == nil {
		if len(r.peers) >= maxPeers && !r.forget() {
			return
		}
		p = &acquaintance{wait: roundTime}
		r.peers[id] = p
	}
	p.here = true
	p.due = latest(time.Now().Add(rand.N(metWithin)), p.last.Add(rushAfter), p.barred)
	signal(r.came)
}

// forget drops a peer that is not here, the one that may be asked soonest.
func (r *rounds) forget() bool {
	var who mesh.PeerID
	for id, p := range r.peers {
		if !p.here && !p.asking && (who == "" || p.barred.Before(r.peers[who].barred)) {
			who = id
		}
	}
	delete(r.peers, who)
	return who != ""
}

// look sees what the mesh does not tell by itself: who has gone, and whether
// links brought more than was taken.
func (r *rounds) look() {
	here := r.present()
	for id, p := range r.peers {
		if p.here = p.here && here[id]; !p.here && !p.asking && time.Now().After(p.barred) {
			delete(r.peers, id)
		}
	}
	for id := range here {
		if p := r.peers[id]; p == nil || !p.here {
			r.meet(id)
		}
	}
	if over := r.mesh.Overbudget(); over > r.over {
		r.tally.missed.Add(over - r.over)
		r.over, r.owed = over, true
	}
	r.rush()
}

// present is who takes part in the topic now.
func (r *rounds) present() map[mesh.PeerID]bool {
	here := make(map[mesh.PeerID]bool)
	for _, p := range r.mesh.Peers() {
		if p.Votive {
			here[p.ID] = true
		}
	}
	return here
}

// rush makes those due at once that were asked the longest time ago, if frames
// were missed. A peer that is being asked may have told what it has before
// that; so it counts when it is asked again.
func (r *rounds) rush() {
	if !r.owed {
		return
	}
	now := time.Now()
	var able []*acquaintance
	willing := 0
	for _, p := range r.peers {
		if !p.here || p.barred.After(now) {
			continue
		}
		willing++
		if !p.asking && now.Sub(p.last) >= rushAfter {
			able = append(able, p)
		}
	}
	slices.SortFunc(able, func(a, b *acquaintance) int { return a.last.Compare(b.last) })
	able = able[:min(len(able), rushPeers)]
	for _, p := range able {
		p.due = now
	}
	r.owed = len(able) < min(willing, rushPeers) || willing == 0
}

// settle draws the conclusions from an ask.
func (r *rounds) settle(o outcome) {
	r.asking--
	p, now := r.peers[o.peer], time.Now()
	p.asking, p.last = false, now
	if o.err != nil {
		r.log.Debug("courier: ask ended", "peer", o.peer, "err", o.err)
	}
	switch {
	case errors.Is(o.err, errLie):
		r.mesh.Blame(o.peer)
		p.strikes++
		p.barred = now.Add(lieTime)
	case errors.Is(o.err, errKeep): // our fault
		p.barred = now.Add(keepAgain)
	case errors.Is(o.err, errBusy):
		p.strike(now, busyFirst)
	case o.err != nil && !errors.Is(o.err, errShort) && !r.present()[o.peer]: // it has gone
		p.here = false
	case o.err != nil:
		if o.kept > 0 { // slow, but of use
			p.strikes = 0
		}
		p.strike(now, strikeFirst)
	case o.same || o.kept > 0:
		p.strikes, p.wait = 0, roundTime
	default: // it listed all it has, for nothing
		p.strikes, p.wait = 0, min(2*p.wait, roundLast)
	}
	p.due = latest(now.Add(p.wait/2+rand.N(p.wait)), p.barred)
	if o.err == nil && o.more && o.kept > 0 {
		p.due = now
	}
}

func latest(first time.Time, more ...time.Time) time.Time {
	for _, t := range more {
		if t.After(first) {
			first = t
		}
	}
	return first
}
