package almanac

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	// inboxLife is how long an Inbox of an event that recurs serves beyond an
	// occurrence, and how long before one there is to be one. SPEC 8.6, 8.7.
	inboxLife = 30 * 24 * time.Hour
	// linkLife is how long a link waits for its record.
	linkLife = 30 * 24 * time.Hour
)

// forget destroys what must not be kept: the private key of an Inbox and the
// replies sealed to it, a day after the event; and links that came to nothing.
// A locked vault does not say what these are: they go within an hour of its
// being unlocked.
func (a *Almanac) forget(ctx context.Context) error {
	var over, replaced []votive.ID
	var stale []votive.Link
	err := a.View(func(v *View) error {
		for _, e := range v.taken() {
			if e.over(v.now) && len(e.keys)+len(e.replies)+len(e.sealed)+len(e.gone) > 0 {
				over = append(over, e.ID)
			} else if len(e.replaced(v.now)) > 0 {
				replaced = append(replaced, e.ID)
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
	for _, id := range replaced {
		if err := a.forgetReplaced(ctx, id); err != nil {
			return err
		}
	}
	if err := a.forgetPast(ctx); err != nil {
		return err
	}
	return a.purge(ctx)
}

// purge has the vault's files written again without what was destroyed, where
// that was not done since: now, or before votive ended in between.
func (a *Almanac) purge(ctx context.Context) error {
	if _, err := a.Vault.Get(ctx, purgeRow); errors.Is(err, vault.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if err := a.Vault.Purge(ctx); err != nil {
		return err
	}
	c := new(vault.Changes)
	c.Delete(purgeRow)
	return a.Vault.Commit(ctx, c)
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

// Spent reports whether the Inbox of an event that recurs has served: an
// occurrence has come and gone since it was made, and it is old, or there is
// none soon. SPEC 8.7.
func (e *Event) Spent(now time.Time) bool {
	return !e.State.Conflict && e.served(e.State.Card.Inbox, now)
}

// served is Spent for one of several Inboxes, and by the card that is shown.
func (e *Event) served(inbox votive.ID, now time.Time) bool {
	card := &e.State.Card
	since, known := e.since[inbox]
	if !known || !card.Recurs() {
		return false
	}
	by := now.Add(-replyLife)
	if card.Start.Kind() != votive.Zoned {
		by = by.Add(-farthest)
	}
	if now.Sub(since) < inboxLife && e.Soon(now) {
		return false
	}
	past, _ := card.Within(since, by, nil)
	return slices.ContainsFunc(past, func(o votive.Occurrence) bool {
		_, end := o.Span(nil)
		return !o.Cancelled && end.After(since) && !end.After(by)
	})
}

// Soon reports whether the event takes place within the time in which replies
// to it are to be readable; where it does not recur, it always does. SPEC 8.6.
func (e *Event) Soon(now time.Time) bool {
	if !e.State.Card.Recurs() {
		return true
	}
	next, ok := e.State.Card.Next(now, nil)
	start, _ := next.Span(nil)
	return !ok || start.Sub(now) <= inboxLife
}

// seals reports whether a head names this Inbox.
func (e *Event) seals(inbox votive.ID) bool {
	return inbox == e.State.Card.Inbox || slices.ContainsFunc(e.State.Alternatives, func(head *votive.Revision) bool {
		return head.Card().Inbox == inbox
	})
}

// replaced are the Inboxes whose keys are here, that have served and that no
// head names, of an event that recurs. What takes place once keeps them until it
// is over. One that was replaced before it had served was so by another device,
// which cannot read it: what was sealed to it is read here alone, and guests
// whose nodes are off have not said it again. SPEC 8.7.
func (e *Event) replaced(now time.Time) []votive.ID {
	if !e.Known {
		return nil
	}
	var all []votive.ID
	for inbox := range e.keys {
		if !e.seals(inbox) && e.served(inbox, now) {
			all = append(all, inbox)
		}
	}
	return all
}

// forgetReplaced deletes the keys of Inboxes that were replaced, and the replies
// that were sealed to them and not sent again. Who was answered what is kept, and
// what it takes to count places and uses: a guest who comes again has their
// place, and nobody else has it before.
func (a *Almanac) forgetReplaced(ctx context.Context, event votive.ID) error {
	return a.delete(ctx, func(x *index, c *vault.Changes) func() {
		e := x.events[event]
		if e == nil {
			return nil
		}
		inboxes := e.replaced(a.Now())
		left := x.remains(e, inboxes, a.Now())
		var destroyed []votive.ID
		for id, r := range e.replies {
			if !slices.Contains(inboxes, r.inbox) {
				continue
			}
			destroyed = append(destroyed, id)
			for _, kind := range []votive.Kind{votive.KindReply, votive.KindWalkIn} {
				c.Delete(recordKeys(event, kind) + string(id[:]))
			}
			if _, ok := left[id]; !ok {
				c.Delete(goneKey(event, id))
			}
		}
		for id, g := range left {
			c.Put(goneKey(event, id), g.row(event, id).encode())
		}
		for _, inbox := range inboxes {
			c.Delete(keepKey(e.keys[inbox]))
		}
		c.Put(purgeRow, []byte{1})
		return func() {
			for _, inbox := range inboxes {
				delete(x.keeps, e.keys[inbox].About())
				delete(e.keys, inbox)
				delete(e.since, inbox)
			}
			for _, id := range destroyed {
				e.leave(id)
			}
			for id, g := range left {
				e.leave(id)
				e.keepGone(id, g)
			}
		}
	})
}

// delete deletes from the vault, and then from the index what the function gives
// says. Nothing is read or taken between the two: else a row that came meanwhile
// would be deleted with what it replaced; and where the vault cannot do its part,
// the index keeps it as well, to be tried again.
func (a *Almanac) delete(ctx context.Context, what func(*index, *vault.Changes) (then func())) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.index == nil {
		return nil
	}
	c := new(vault.Changes)
	then := what(a.index, c)
	if then == nil {
		return nil
	}
	if err := a.Vault.Commit(ctx, c); err != nil {
		return err
	}
	then()
	return nil
}

// forgetReplies deletes an event's replies, what was answered to them, what is
// left of those that went before, and the keys that open them.
func (a *Almanac) forgetReplies(ctx context.Context, event votive.ID) error {
	gone := []string{goneRows + string(event[:])}
	for _, kind := range []votive.Kind{votive.KindReply, votive.KindWalkIn, votive.KindAnswer} {
		gone = append(gone, recordKeys(event, kind))
	}
	var names []string
	err := a.Vault.Scan(ctx, func(name string, _ []byte) error {
		if slices.ContainsFunc(gone, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.delete(ctx, func(x *index, c *vault.Changes) func() {
		e := x.events[event]
		if e == nil {
			return nil
		}
		for _, name := range names {
			c.Delete(name)
		}
		for _, k := range e.keys {
			c.Delete(keepKey(k))
		}
		c.Put(purgeRow, []byte{1})
		return func() {
			for _, k := range e.keys {
				delete(x.keeps, k.About())
			}
			e.keys, e.since, e.replies, e.gone, e.by, e.sealed = nil, nil, nil, nil, nil, nil
		}
	})
}

// forgetPast makes room in crowded circles: events that are over go, unless
// the person takes part in them.
func (a *Almanac) forgetPast(ctx context.Context) error {
	return a.delete(ctx, func(x *index, c *vault.Changes) func() {
		now := a.Now()
		var past []*Event
		load := maps.Clone(x.load)
		for id, e := range x.events {
			if load[e.Circle] < maxRevisions*3/4 || x.mine[id] != nil || !e.over(now.Add(-pastLife)) {
				continue
			}
			past = append(past, e)
			load[e.Circle] -= len(e.counted)
			for _, r := range e.State.History {
				revision := r.Revision().ID()
				c.Delete(recordKeys(e.Circle, votive.KindCircle) + string(revision[:]))
			}
			for hash := range e.inboxes {
				c.Delete(recordKeys(e.Circle, votive.KindCircle) + string(hash[:]))
			}
		}
		return func() {
			for _, e := range past {
				delete(x.events, e.ID)
				x.agenda.remove(e)
			}
			x.load = load
		}
	})
}

// forgetFrames forgets that frames were read which the store has no longer, and
// that do not wait to be published.
func (a *Almanac) forgetFrames() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.index == nil {
		return
	}
	waiting := make(map[votive.ID]bool)
	for _, o := range a.Unpublished() {
		waiting[o.Frame.Sum()] = true
	}
	for id := range a.index.opened {
		if !a.Store.Has(id) && !waiting[id] {
			delete(a.index.opened, id)
		}
	}
	for id := range a.index.unnamed {
		if !waiting[id] {
			delete(a.index.unnamed, id)
		}
	}
}
