package node

import (
	"context"
	"errors"
	"time"

	"votive/node/almanac"
	"votive/node/caldav"
	"votive/node/remind"
	"votive/node/secretary"
	"votive/node/subscribe"
)

// pruning is how often notes are looked through for those of what is gone.
const pruning = time.Hour

// errNothing says that there is nothing to prune.
var errNothing = errors.New("nothing to prune")

// prune forgets, until ctx ends, what only this computer keeps about events and
// circles that are gone from it: who opens the vault would else see of which there
// were some. Nothing is forgotten where a part of the vault cannot be read, since
// what seems gone may come back from others.
func (n *Node) prune(ctx context.Context) error {
	tick := time.NewTicker(pruning)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := n.pruneOnce(ctx); err != nil && ctx.Err() == nil {
			n.cfg.Log.Warn("what is kept of things that are gone could not be forgotten", "err", err)
		}
	}
}

func (n *Node) pruneOnce(ctx context.Context) error {
	if n.shut() || n.almanac.Damaged() > 0 {
		return nil
	}
	err := n.almanac.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		for _, gone := range []func(*almanac.View) []almanac.Note{caldav.Gone, remind.Gone, secretary.Gone, subscribe.Gone} {
			d.Note = append(d.Note, gone(v)...)
		}
		if len(d.Note) == 0 {
			return d, errNothing
		}
		return d, nil
	})
	if errors.Is(err, errNothing) || errors.Is(err, almanac.ErrLocked) {
		return nil
	}
	return err
}
