package courier

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"votive/node/mesh"
	"votive/proto/recon"
)

const (
	helloTime = 30 * time.Second // for the first answer
	hearTime  = 3 * time.Minute  // for each further one: some are long
	askTime   = 15 * time.Minute // for all of it, with what the peer fetches
)

// ask compares sets with a peer, has it bring what this node lacks, and then
// gives it what it lacks itself.
func (c *Courier) ask(ctx context.Context, m *mesh.Mesh, peer mesh.PeerID) outcome {
	s, err := m.OpenStream(ctx, peer, Protocol)
	if err != nil {
		return outcome{peer: peer, err: err}
	}
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	return c.askOver(ctx, s)
}

func (c *Courier) askOver(ctx context.Context, s mesh.Stream) outcome {
	ch := c.channel(s, askTime)
	o := outcome{peer: s.Peer()}
	o.err = ch.ask(ctx, &o)
	if o.err != nil {
		_ = s.Reset()
	} else {
		_ = s.Close() // nothing is left to arrive
	}
	return o
}

func (c *channel) ask(ctx context.Context, o *outcome) error {
	since := c.store.Last()
	a, hello := recon.Ask(c.store.Snapshot(), c.window(c.store.Floor()), nonce(), maxMissing)
	c.tally.lack(o, 0)
	defer c.tally.stop(o)
	over, err := c.compare(ctx, a, hello)
	if o.same, o.more = a.Same(), a.More(); err != nil || over {
		return err
	}
	if err := c.fetch(ctx, a, o, since); err != nil {
		return err
	}
	c.within(hearTime)
	last := a.Have()
	if last == nil {
		return c.say(ctx, a.Bye())
	}
	if err := c.say(ctx, last); err != nil {
		return err
	}
	return c.give(ctx, a)
}

// compare is the part of a session in which this side learns what it lacks;
// over where it is nothing.
func (c *channel) compare(ctx context.Context, a *recon.Asker, hello []byte) (over bool, err error) {
	c.within(helloTime)
	if err := c.say(ctx, hello); err != nil {
		return false, err
	}
	for first := true; ; first = false {
		msg, err := c.hear()
		switch {
		case first && err != nil && !errors.Is(err, errLie) && !errors.Is(err, os.ErrDeadlineExceeded):
			return false, fmt.Errorf("%w: %v", errBusy, err) // it did not take the stream
		case err != nil:
			return false, err
		}
		turn, err := a.Step(msg)
		if err != nil {
			return false, fmt.Errorf("%w: %v", errLie, err)
		}
		if turn.Over || turn.Learned {
			return turn.Over, nil
		}
		c.within(hearTime)
		if err := c.say(ctx, turn.Write); err != nil {
			return false, err
		}
	}
}

// give hands the peer what it asks for, until it has enough.
func (c *channel) give(ctx context.Context, a *recon.Asker) error {
	for {
		c.within(batchTime)
		msg, err := c.hear()
		if err != nil {
			return err
		}
		turn, err := a.Step(msg)
		if err != nil {
			return fmt.Errorf("%w: %v", errLie, err)
		}
		if turn.Over {
			return nil
		}
		if err := c.hand(ctx, turn.Send); err != nil {
			return err
		}
	}
}
