package courier

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"votive/node/almanac"
	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

// Almanac is what the courier needs of [almanac.Almanac].
type Almanac interface {
	// Show lets the person's side read frames, if it can, and returns at once.
	Show(frames ...votive.Frame)
	// Carry makes frames durable in the store. It may keep the slice.
	Carry(ctx context.Context, frames []votive.Frame) error
	// Outgoing waits for frames of one's own and gives the oldest. What it
	// gave it gives again until Sent.
	Outgoing(ctx context.Context) ([]almanac.Outgoing, error)
	// Sent ends that.
	Sent(ctx context.Context, done ...almanac.Outgoing) error
}

// Config is what a [Courier] is made of.
type Config struct {
	Store   *store.Store // what Almanac.Carry fills
	Almanac Almanac
	Now     func() time.Time // nil stands for time.Now
	Log     *slog.Logger     // nil stands for no log
}

// Courier carries frames.
type Courier struct {
	store   *store.Store
	almanac Almanac
	now     func() time.Time
	log     *slog.Logger
	search  func(context.Context, votive.Unstamped) (votive.Frame, error) // for a stamp

	intake     intake
	publishing atomic.Pointer[publication] // the frame of our own that Publish is called with
	broken     atomic.Bool                 // the last frames could not be kept

	offers   offers
	refused  refused
	brought  brought
	told     told
	bringing bringing
	hurry    chan struct{} // holds one when frames were missed
	came     chan struct{} // holds one when a peer has come
	tally    tally
	skew     skew
}

// Open makes a courier. It starts nothing, but from now on Judge may be called.
func Open(cfg Config) (*Courier, error) {
	if cfg.Store == nil || cfg.Almanac == nil {
		return nil, errors.New("courier: a store and an almanac are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Courier{
		store:   cfg.Store,
		almanac: cfg.Almanac,
		now:     cfg.Now,
		log:     cfg.Log,
		search:  func(ctx context.Context, u votive.Unstamped) (votive.Frame, error) { return u.Stamp(ctx) },
		intake:  newIntake(),
		told:    told{given: make(map[votive.ID]publishing)},
		offers:  newOffers(),
		hurry:   make(chan struct{}, 1),
		came:    make(chan struct{}, 1),
	}, nil
}

// Run carries frames over m until ctx ends. m is run by the caller, beside it.
// When Run returns, nothing of it goes on, and it may be called again, with
// another mesh: what was in flight is in flight still. The error is nil when ctx
// ended.
//
// What peers said and did is forgotten each time. Under another peer id, that
// this node leaves out what it had refused, passes on what it was brought, or has
// no time for somebody who asked often, would say that it is the same one.
func (c *Courier) Run(ctx context.Context, m *mesh.Mesh) error {
	g, ctx := errgroup.WithContext(ctx)
	c.refused.clear()
	c.brought.clear()
	c.offers.open()
	c.skew.among(m.Called)
	m.Handle(Protocol, func(ctx context.Context, s mesh.Stream) { c.serve(ctx, m, s) })
	defer c.offers.shut()
	g.Go(func() error { return c.write(ctx) })
	g.Go(func() error { return c.send(ctx, m) })
	g.Go(func() error { return c.catchUp(ctx, m) })
	return g.Wait()
}

// keep makes frames durable and takes them out of flight. It is called from
// the writer, the asks and the outbox, at the same time.
func (c *Courier) keep(ctx context.Context, frames []votive.Frame) error {
	if len(frames) == 0 {
		return nil
	}
	defer c.intake.end(frames...)
	err := c.almanac.Carry(ctx, frames)
	switch {
	case err == nil:
		c.broken.Store(false)
	case ctx.Err() == nil && !c.broken.Swap(true): // once, not for every batch
		c.log.Error("frames cannot be kept", "err", err)
	}
	return err
}

// miss says that frames went by that have to be caught up with.
func (c *Courier) miss(n int) {
	c.tally.missed.Add(uint64(n))
	signal(c.hurry)
}

// signal leaves one token in a channel that holds one.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause reports whether d has passed; else ctx has ended.
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
