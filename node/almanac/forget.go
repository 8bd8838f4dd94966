package almanac

import (
	"context"
	"strings"
	"time"

	"votive/node/vault"
	"votive/proto/votive"
)

const (
	// replyLife is how long replies are kept after the event. SPEC 8.7.
	replyLife = 24 * time.Hour
	// pastLife is how long events of others are kept after they are over, in a
	// circle in which so much is announced that there may be no room for more.
	pastLife = 30 * 24 * time.Hour
	// linkLife is how long a link waits for its record.
	linkLife = 30 * 24 * time.Hour
)

// forget destroys what must not be kept: the private key of an Inbox and the
// replies sealed to it, a day after the event; and links that came to nothing.
// A locked vault does not say what these are: they go within an hour of its
// being unlocked.
func (a *Almanac) forget(ctx context.Context) error {
	var over []votive.ID
	var stale []votive.Link
	err := a.View(func(v *View) error {
		for _, e := range v.taken() {
			if e.over(v.now) && len(e.keys)+len(e.replies)+len(e.sealed) > 0 {
				over = append(over, e.ID)
			}
		}
		for _, p := range v.Pending() {
			if v.now.Sub(p.Since) > linkLife {
				stale = append(stale, p.Link)
			}
		}
		return nil
	})
	if err != nil {
		return nil // nothing can be read, so there is nothing to forget
	}
	for _, l := range stale {
		if err := a.Unlink(ctx, l); err != nil {
			return err
		}
	}
	for _, id := range over {
		if err := a.forgetReplies(ctx, id); err != nil {
			return err
		}
	}
	if err := a.forgetPast(ctx); err != nil {
		return err
	}
	if len(over) == 0 {
		return nil
	}
	return a.Vault.Purge(ctx)
}

// over reports whether the event's replies have served, wherever it is read,
// and whichever of several heads is right. SPEC 8.7.
func (e *Event) over(now time.Time) bool {
	if !e.Known {
		return false
	}
	cards := []votive.Card{e.State.Card}
	for _, head := range e.State.Alternatives {
		cards = append(cards, head.Card())
	}
	for _, card := range cards {
		_, end := card.Span(nil)
		if card.Start.Kind() != votive.Zoned {
			end = end.Add(farthest)
		}
		if !now.After(end.Add(replyLife)) {
			return false
		}
	}
	return true
}

// forgetReplies deletes an event's replies, what was answered to them, and the
// keys that open them.
func (a *Almanac) forgetReplies(ctx context.Context, event votive.ID) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.mu.Lock()
	x := a.index
	if x == nil || x.events[event] == nil {
		a.mu.Unlock()
		return nil
	}
	c := new(vault.Changes)
	e := x.events[event]
	for _, k := range e.keys {
		c.Delete(keepKey(k))
		delete(x.keeps, k.About())
	}
	e.keys, e.replies, e.by, e.sealed = nil, nil, nil, nil
	a.mu.Unlock()
	var gone []string
	for _, kind := range []votive.Kind{votive.KindReply, votive.KindWalkIn, votive.KindAnswer} {
		gone = append(gone, recordKeys(event, kind))
	}
	err := a.Vault.Scan(ctx, func(name string, _ []byte) error {
		for _, prefix := range gone {
			if strings.HasPrefix(name, prefix) {
				c.Delete(name)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.Vault.Commit(ctx, c)
}

// forgetPast makes room in crowded circles: events that are over go, unless
// the person takes part in them.
func (a *Almanac) forgetPast(ctx context.Context) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	now := a.Now()
	a.mu.Lock()
	x := a.index
	if x == nil {
		a.mu.Unlock()
		return nil
	}
	c := new(vault.Changes)
	for id, e := range x.events {
		if x.load[e.Circle] < maxRevisions*3/4 || x.mine[id] != nil || !e.over(now.Add(-pastLife)) {
			continue
		}
		for _, r := range e.State.History {
			revision := r.Revision().ID()
			c.Delete(recordKeys(e.Circle, votive.KindCircle) + string(revision[:]))
		}
		for hash := range e.inboxes {
			c.Delete(recordKeys(e.Circle, votive.KindCircle) + string(hash[:]))
		}
		x.load[e.Circle] -= len(e.counted)
		delete(x.events, id)
		x.agenda.remove(id)
	}
	a.mu.Unlock()
	return a.Vault.Commit(ctx, c)
}

// forgetFrames forgets that frames were read which the store has no longer.
func (a *Almanac) forgetFrames() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.index == nil {
		return
	}
	for id := range a.index.opened {
		if !a.Store.Has(id) {
			delete(a.index.opened, id)
		}
	}
}
