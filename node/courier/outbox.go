package courier

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"votive/node/almanac"
	"votive/node/mesh"
	"votive/proto/votive"
)

const (
	// One's own frames leave at the rate at which a link takes frames (SPEC
	// 2.10), after a burst that leaves most of the link's to what is forwarded.
	publishRate  = 50
	publishBurst = 1024

	outboxAgain  = 5 * time.Second  // pause after the outbox or the store failed
	publishAgain = 10 * time.Second // and after nobody was there, unless a peer comes

	// Where there is no link, peers are told of a frame with the next three
	// heartbeats, and ask for it. For so long it is waited that one does; and so
	// long after it was published it is published again if none did, which
	// gossipsub would not do sooner.
	givenWithin = 4 * time.Second
	givenAgain  = 200 * time.Second
)

// errNotGiven is about frames that peers were told of, and none asked for.
var errNotGiven = errors.New("no peer has asked for what was published")

// publication is the frame of one's own that is being published: gossip asks
// for the verdict on it as on any other.
type publication struct {
	self mesh.PeerID
	id   votive.ID
}

// send takes one's own frames from the outbox, batch after batch. A frame
// leaves the outbox when a peer has been given it and it is in the store. After
// a crash before that it goes out again, and is the same frame.
func (c *Courier) send(ctx context.Context, m *mesh.Mesh) error {
	box := outbox{Courier: c, mesh: m, pace: rate.NewLimiter(publishRate, publishBurst)}
	for {
		batch, err := c.almanac.Outgoing(ctx)
		if err == nil {
			err = box.dispatch(ctx, batch)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, mesh.ErrClosed):
			return err
		case err != nil:
			c.log.Debug("courier: outbox", "again", outboxAgain, "err", err)
			if !pause(ctx, outboxAgain) {
				return nil
			}
		}
	}
}

// outbox is what the sender remembers between batches.
type outbox struct {
	*Courier
	mesh *mesh.Mesh
	pace *rate.Limiter
}

// told is what was published, and is still in the almanac's outbox. It outlives
// a Run: what was told of under one peer id is not told of under another, or who
// keeps it from everybody else would know that both are one, and whose it is.
type told struct {
	mu    sync.Mutex
	given map[votive.ID]publishing // by what is stamped
}

// publishing is a frame that was published, and whether a peer was given it.
type publishing struct {
	frame votive.Frame
	self  mesh.PeerID // who told of it
	at    time.Time
	given bool
}

// dispatch stamps frames one after the other on one core. Beside that it
// publishes those that have their stamps, and then makes them durable. Not
// before: what is in the store is offered to whoever asks, and who is offered
// what nobody else has knows whose it is.
func (b *outbox) dispatch(ctx context.Context, batch []almanac.Outgoing) error {
	ready, published := make(chan almanac.Outgoing, len(batch)), make(chan almanac.Outgoing, len(batch))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(ready)
		for _, o := range batch {
			var err error
			if o.Stamped, err = b.stamp(ctx, o.Frame); err != nil {
				return err
			}
			ready <- o
		}
		return nil
	})
	g.Go(func() error {
		defer close(published)
		for o := range ready {
			if err := b.publish(ctx, o); err != nil {
				return err
			}
			published <- o
		}
		return nil
	})
	// What was published is kept, also when the rest cannot be.
	keeping := context.WithoutCancel(ctx)
	g.Go(func() (missing error) {
		for first := range published {
			all := gather(first, published)
			some := b.left(ctx, all)
			if err := b.done(keeping, some); err != nil {
				return err
			}
			if len(some) < len(all) {
				missing = errNotGiven
			}
		}
		return missing
	})
	return g.Wait()
}

// stamp gives the frame that was told of, or finds its stamp: the same one each
// time, so that it is the same frame after a crash.
func (b *outbox) stamp(ctx context.Context, u votive.Unstamped) (votive.Frame, error) {
	b.told.mu.Lock()
	p, given := b.told.given[u.Sum()]
	b.told.mu.Unlock()
	if given {
		return p.frame, nil
	}
	return b.search(ctx, u)
}

// public reports whether a frame was published before. Nothing of one's own is
// in the store that was not; and who said again what all have had for hours
// would say that it is theirs.
func (b *outbox) public(o almanac.Outgoing) bool {
	b.told.mu.Lock()
	defer b.told.mu.Unlock()
	p, given := b.told.given[o.Frame.Sum()]
	return given && (p.given || p.self != b.mesh.ID() || time.Since(p.at) < givenAgain) || b.store.Has(o.Stamped.ID())
}

// left gives those of the frames that a peer was given, as far as can be known:
// what nobody has is not offered to whoever asks first, and is not lost when
// this node is. What nobody would carry any longer has left too, whether it was
// published or not: so nothing waits longer than it lives. What it says, and
// matters still, is said in another frame. SPEC 2.13, 2.14.
func (b *outbox) left(ctx context.Context, all []almanac.Outgoing) (some []almanac.Outgoing) {
	ctx, cancel := context.WithTimeout(ctx, givenWithin)
	defer cancel()
	for _, o := range all {
		b.told.mu.Lock()
		p, published := b.told.given[o.Frame.Sum()]
		b.told.mu.Unlock()
		if published && !p.given && b.carried(o.Stamped) && !b.store.Has(o.Stamped.ID()) {
			if p.self != b.mesh.ID() || !b.mesh.Given(ctx, o.Stamped.Bytes()) {
				continue
			}
			p.given = true
			b.told.mu.Lock()
			b.told.given[o.Frame.Sum()] = p
			b.told.mu.Unlock()
		}
		some = append(some, o)
	}
	b.count()
	return some
}

// count says how many frames peers were told of, and none has asked for.
func (b *outbox) count() {
	b.told.mu.Lock()
	defer b.told.mu.Unlock()
	n := 0
	for _, p := range b.told.given {
		if !p.given {
			n++
		}
	}
	b.tally.unasked.Store(int64(n))
}

// gather takes what else is ready.
func gather(first almanac.Outgoing, ready <-chan almanac.Outgoing) []almanac.Outgoing {
	all := []almanac.Outgoing{first}
	for {
		select {
		case o, ok := <-ready:
			if !ok {
				return all
			}
			all = append(all, o)
		default:
			return all
		}
	}
}

// done makes frames that were published durable, as those of others, and says so
// to the outbox.
func (b *outbox) done(ctx context.Context, some []almanac.Outgoing) error {
	if len(some) == 0 {
		return nil
	}
	var fresh []votive.Frame
	for _, o := range some {
		f := o.Stamped
		if b.carried(f) && !b.store.Has(f.ID()) && b.intake.begin(f.ID()) {
			fresh = append(fresh, f)
		}
	}
	if err := b.keep(ctx, fresh); err != nil {
		return err
	}
	if err := b.almanac.Sent(ctx, some...); err != nil {
		return err
	}
	b.told.mu.Lock()
	for _, o := range some {
		delete(b.told.given, o.Frame.Sum())
	}
	b.told.mu.Unlock()
	b.count()
	return nil
}

// carried reports whether others would carry a frame of one's own. If they
// would not, nor do we: that we alone did would say whose it is.
func (c *Courier) carried(f votive.Frame) bool {
	_, verdict, _ := votive.Judge(f.Bytes(), c.store.Floor(), c.now())
	return verdict == votive.Accept
}

// publish gives a frame of one's own to the mesh, and waits for a peer.
func (b *outbox) publish(ctx context.Context, o almanac.Outgoing) error {
	for f := o.Stamped; !b.public(o); { // it may come back by catch-up after a crash
		if !b.carried(f) {
			b.log.Warn("a frame of one's own has died or is below the floor, and is not published")
			return nil
		}
		if err := b.pace.Wait(ctx); err != nil {
			return err
		}
		b.publishing.Store(&publication{b.mesh.ID(), f.ID()})
		err := b.mesh.Publish(ctx, f.Bytes())
		b.publishing.Store(nil)
		switch {
		case err == nil:
			b.tally.published.Add(1)
			b.told.mu.Lock()
			b.told.given[o.Frame.Sum()] = publishing{frame: f, self: b.mesh.ID(), at: time.Now()}
			b.told.mu.Unlock()
		case !errors.Is(err, mesh.ErrNoPeers):
			return err
		case !b.peer(ctx):
			return ctx.Err()
		}
	}
	return nil
}

// peer waits for a peer, or for a while, and reports whether ctx goes on.
func (b *outbox) peer(ctx context.Context) bool {
	again := time.NewTimer(publishAgain)
	defer again.Stop()
	select {
	case <-ctx.Done():
	case <-again.C:
	case <-b.came:
	}
	return ctx.Err() == nil
}
