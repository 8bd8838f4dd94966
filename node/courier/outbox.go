package courier

import (
	"cmp"
	"context"
	"errors"
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
)

// publication is the frame of one's own that is being published: gossip asks
// for the verdict on it as on any other.
type publication struct {
	self mesh.PeerID
	id   votive.ID
}

// stamped is a frame on its way from the outbox to the mesh.
type stamped struct {
	almanac.Outgoing
	frame votive.Frame
}

// send takes one's own frames from the outbox, batch after batch. A frame
// leaves the outbox when a peer has been given it. After a crash before that
// it goes out again, and is the same frame.
func (c *Courier) send(ctx context.Context, m *mesh.Mesh) error {
	pace := rate.NewLimiter(publishRate, publishBurst)
	for {
		batch, err := c.almanac.Outgoing(ctx)
		if err == nil {
			err = c.dispatch(ctx, m, pace, batch)
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

// dispatch stamps frames one after the other on one core. Beside that it makes
// durable those that have their stamps, so that peers that ask find them, and
// then publishes them.
func (c *Courier) dispatch(ctx context.Context, m *mesh.Mesh, pace *rate.Limiter, batch []almanac.Outgoing) error {
	ready, stored := make(chan stamped, len(batch)), make(chan stamped, len(batch))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(ready)
		for _, o := range batch {
			f, err := c.stamp(ctx, o.Frame)
			if err != nil {
				return err
			}
			ready <- stamped{o, f}
		}
		return nil
	})
	g.Go(func() error {
		defer close(stored)
		for first := range ready {
			some := gather(first, ready)
			if err := c.keepOwn(ctx, some); err != nil {
				return err
			}
			for _, s := range some {
				stored <- s
			}
		}
		return nil
	})
	g.Go(func() error {
		for first := range stored {
			if err := c.release(ctx, m, pace, gather(first, stored)); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// gather takes what else is ready.
func gather(first stamped, ready <-chan stamped) []stamped {
	all := []stamped{first}
	for {
		select {
		case s, ok := <-ready:
			if !ok {
				return all
			}
			all = append(all, s)
		default:
			return all
		}
	}
}

// stamp finds the stamp of a frame, in the store if it was found before.
func (c *Courier) stamp(ctx context.Context, u votive.Unstamped) (votive.Frame, error) {
	if c.store.Has(u.ID()) {
		if f, err := c.store.Get(ctx, u.ID()); err == nil {
			return f, nil
		}
	}
	return u.Stamp(ctx)
}

// keepOwn makes frames durable, as those of others.
func (c *Courier) keepOwn(ctx context.Context, some []stamped) error {
	var fresh []votive.Frame
	for _, s := range some {
		if c.carried(s.frame) && !c.store.Has(s.frame.ID()) && c.intake.begin(s.frame.ID()) {
			fresh = append(fresh, s.frame)
		}
	}
	return c.keep(ctx, fresh)
}

// carried reports whether others would carry a frame of one's own. If they
// would not, nor do we: that we alone did would say whose it is.
func (c *Courier) carried(f votive.Frame) bool {
	_, verdict, _ := votive.Judge(f.Bytes(), c.store.Floor(), c.now())
	return verdict == votive.Accept
}

// release publishes frames, and says so to the outbox.
func (c *Courier) release(ctx context.Context, m *mesh.Mesh, pace *rate.Limiter, stored []stamped) error {
	var done []almanac.Outgoing
	var failed error
	for _, s := range stored {
		if failed = c.publish(ctx, m, pace, s.frame); failed != nil {
			break
		}
		done = append(done, s.Outgoing)
	}
	if len(done) == 0 {
		return failed
	}
	return cmp.Or(failed, c.almanac.Sent(ctx, done...))
}

// publish gives a frame of one's own to the mesh, and waits for a peer.
func (c *Courier) publish(ctx context.Context, m *mesh.Mesh, pace *rate.Limiter, f votive.Frame) error {
	if err := pace.Wait(ctx); err != nil {
		return err
	}
	for {
		if !c.carried(f) {
			c.log.Warn("a frame of one's own has died or is below the floor, and is not published")
			return nil
		}
		c.publishing.Store(&publication{m.ID(), f.ID()})
		err := m.Publish(ctx, f.Bytes())
		c.publishing.Store(nil)
		if err == nil {
			c.tally.published.Add(1)
		}
		if !errors.Is(err, mesh.ErrNoPeers) {
			return err
		}
		again := time.NewTimer(publishAgain)
		select {
		case <-ctx.Done():
		case <-again.C:
		case <-c.came:
		}
		again.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
