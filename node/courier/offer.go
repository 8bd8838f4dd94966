package courier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"votive/node/mesh"
	"votive/proto/recon"
)

const (
	maxOffers        = 8
	maxOffersPerPeer = 2
	offerTime        = 10 * time.Minute // of one offer; the asker comes again
	silence          = 30 * time.Second // SPEC 10.11
	offerUndisturbed = time.Minute      // before it gives way to a peer that has none
	offerSilent      = 5 * time.Second  // and one in which the asker says nothing, before it does
	handTime         = time.Second / 10 // and for each frame on its way to it, on a poor line

	// What all offers together send, in units of a frame: 8 MiB a second, over
	// time. What one session can bring goes as fast as the line takes it: it is
	// for a node that is new, and the line between two machines in one room.
	serveRate  = 2048
	serveBurst = maxMissing

	// How often one peer may ask: an honest one asks about once a minute, and
	// sooner when it missed something.
	askedEvery = 10 * time.Second
	askedBurst = 6
	maxAskers  = 1024 // peers whose asking is remembered
)

// serve is the offerer's side of a stream that a peer opened.
func (c *Courier) serve(ctx context.Context, m *mesh.Mesh, s mesh.Stream) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := &offering{peer: s.Peer(), since: time.Now(), stop: func() {
		cancel()
		_ = s.Reset() // what it was doing fails
	}}
	if err := c.offers.enter(o, m.Has); err != nil {
		if errors.Is(err, errPest) {
			m.Blame(o.peer)
		}
		c.log.Debug("courier: offer refused", "peer", o.peer, "err", err)
		_ = s.Reset()
		return
	}
	defer c.offers.leave(o)
	ch := c.channel(s, offerTime)
	err := ch.offer(ctx, o)
	if errors.Is(err, errLie) {
		m.Blame(o.peer)
	}
	if err != nil {
		c.log.Debug("courier: offer ended", "peer", o.peer, "err", err)
		_ = s.Reset()
	}
}

// offer answers what the asker wants to know, hands out what it asks for, in
// the order in which it is asked for, and fetches in the end what the asker
// turned out to have. SPEC 10.4 to 10.10.
func (c *channel) offer(ctx context.Context, running *offering) error {
	since, set := c.store.Last(), c.store.Snapshot()
	o := recon.Offer(set, c.window(c.store.Dropped()), nonce())
	left := set.Len() // each may be asked for once
	for handed := 0; ; {
		c.within(silence)
		running.waits(time.Now(), handed)
		msg, err := c.hear()
		running.works()
		if err != nil {
			return err
		}
		turn, err := o.Step(msg)
		if err != nil {
			return fmt.Errorf("%w: %v", errLie, err)
		}
		handed = len(turn.Send)
		if left -= handed; left < 0 {
			return fmt.Errorf("%w: it asks for more frames than there are", errLie)
		}
		c.within(hearTime)
		if err := errors.Join(c.hand(ctx, turn.Send), c.say(ctx, turn.Write)); err != nil {
			return err
		}
		if turn.Over {
			return nil
		}
		if turn.Learned {
			return c.take(ctx, o, since)
		}
	}
}

// take fetches what the asker has. Where the day's intake is used up, what
// would be taken cannot be told by short ids: this node's own asks do.
func (c *channel) take(ctx context.Context, o *recon.Offerer, since uint64) error {
	out := outcome{peer: c.peer}
	// What others are bringing would mostly be the same; and a lot this node asks
	// for itself, of several peers.
	_, running := c.tally.most()
	if !running && o.Missing() <= recon.MaxFetch && c.store.Floor() == c.store.Dropped() {
		if err := c.fetch(ctx, o, &out, since); err != nil {
			return err
		}
	}
	c.within(hearTime)
	return c.say(ctx, o.Bye())
}

// Why an offer may not run.
var (
	errMany  = errors.New("too many offers run")
	errOften = errors.New("peer asks too often")
	// errPest is about a peer that does not let itself be told: an honest one
	// that was refused waits, longer each time.
	errPest = errors.New("peer asks again and again")
)

// offering is one offer that runs.
type offering struct {
	peer  mesh.PeerID
	since time.Time
	stop  func()
	quiet atomic.Pointer[time.Time] // until when the asker should have spoken; nil: it has not the word
}

// waits notes that the asker has the word, with so many frames on their way to it.
func (o *offering) waits(now time.Time, handed int) {
	until := now.Add(offerSilent + time.Duration(handed)*handTime)
	o.quiet.Store(&until)
}

// works notes that the asker has spoken.
func (o *offering) works() { o.quiet.Store(nil) }

// mayStop reports whether an offer gives way to a peer that has none: it has run
// for long, or has only waited for a while. To open a stream and say nothing is
// free, so that else a crowd of those would take all the places.
func (o *offering) mayStop(now time.Time) bool {
	quiet := o.quiet.Load()
	return now.Sub(o.since) >= offerUndisturbed || quiet != nil && !now.Before(*quiet)
}

// offers bounds how many offers run, how much they send, and how often one
// peer may ask.
type offers struct {
	pace *rate.Limiter

	mu      sync.Mutex
	running []*offering // oldest first
	askers  map[mesh.PeerID]*askerPace
	closed  bool
	done    sync.WaitGroup
}

func newOffers() offers {
	return offers{
		pace:   rate.NewLimiter(serveRate, serveBurst),
		askers: make(map[mesh.PeerID]*askerPace),
	}
}

// askerPace is how often a peer may ask, and how often it may be refused for
// having asked too often.
type askerPace struct{ asks, refusals *rate.Limiter }

func newAskerPace() *askerPace {
	every := rate.Every(askedEvery)
	return &askerPace{rate.NewLimiter(every, askedBurst), rate.NewLimiter(every, askedBurst)}
}

// idle reports whether nothing is remembered.
func (p *askerPace) idle() bool {
	return p.asks.Tokens() >= askedBurst && p.refusals.Tokens() >= askedBurst
}

// ask counts one.
func (p *askerPace) ask() error {
	switch {
	case p.asks.Allow():
		return nil
	case p.refusals.Allow():
		return errOften
	}
	return errPest
}

// enter has an offer run, or says why it may not. Where there are too many, a
// peer that has none takes the place of the one that has run longest. has says
// whether a peer is connected, and is called with mu held.
func (o *offers) enter(now *offering, has func(mesh.PeerID) bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return errMany
	}
	if err := o.mayAsk(now.peer, has); err != nil {
		return err
	}
	same := 0
	for _, r := range o.running {
		if r.peer == now.peer {
			same++
		}
	}
	if same >= maxOffersPerPeer {
		return errMany
	}
	if len(o.running) >= maxOffers {
		i := slices.IndexFunc(o.running, func(r *offering) bool { return r.mayStop(now.since) }) // the oldest
		if same > 0 || i < 0 {
			return errMany
		}
		o.running[i].stop()
		o.running = slices.Delete(o.running, i, i+1)
	}
	o.running = append(o.running, now)
	o.done.Add(1)
	return nil
}

func (o *offers) leave(gone *offering) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running = slices.DeleteFunc(o.running, func(r *offering) bool { return r == gone })
	o.done.Done()
}

// mayAsk counts an ask against the pace of a peer. The caller holds mu.
func (o *offers) mayAsk(id mesh.PeerID, has func(mesh.PeerID) bool) error {
	asker, ok := o.askers[id]
	if !ok {
		if len(o.askers) >= maxAskers && !o.forget(has) {
			return errMany
		}
		asker = newAskerPace()
		o.askers[id] = asker
	}
	return asker.ask()
}

// forget makes room for an asker: of those of whom nothing is remembered, else of
// one that is not connected, and reports whether there is some. Ids are free, so
// that the askers that have gone, however lately, may be there to leave no room.
// The caller holds mu.
func (o *offers) forget(has func(mesh.PeerID) bool) bool {
	for id, a := range o.askers {
		if a.idle() {
			delete(o.askers, id)
		}
	}
	if len(o.askers) < maxAskers {
		return true
	}
	for id := range o.askers {
		if !has(id) {
			delete(o.askers, id)
			return true
		}
	}
	return false
}

// open lets offers begin again, and forgets who asked before.
func (o *offers) open() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = false
	clear(o.askers)
}

// shut ends what runs, lets nothing begin, and waits.
func (o *offers) shut() {
	o.mu.Lock()
	o.closed = true
	for _, r := range o.running {
		r.stop()
	}
	o.mu.Unlock()
	o.done.Wait()
}
