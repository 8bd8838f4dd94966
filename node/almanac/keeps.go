package almanac

import (
	"time"

	"votive/proto/votive"
)

// LinkID names a pending link; it does not open it.
func LinkID(l votive.Link) votive.ID { return (&votive.KeepLink{Link: l}).About() }

// counterOf is which of several keeps about one thing k is. SPEC 9.4.
func counterOf(k votive.Keep) uint32 {
	switch k := k.(type) {
	case *votive.KeepCircle:
		return k.Counter
	case *votive.KeepEvent:
		return k.Counter
	case *votive.KeepReply:
		return k.Counter
	case *votive.KeepContact:
		return k.Counter
	}
	return 0 // the others are said once
}

// keep takes what the person said to themself, here or on another device.
func (x *index) keep(rec votive.Record, k votive.Keep, src source) taken {
	if had, ok := x.keeps[k.About()]; ok && !rec.Newer(had) {
		if k, is := k.(*votive.KeepEvent); is && x.events[k.Event] != nil {
			x.events[k.Event].learn(k.Details) // another version of the event may name them
		}
		return taken{}
	}
	x.keeps[k.About()] = rec
	return taken{changes: x.kept(k, src), keep: rec}
}

// kept has what is kept take effect.
func (x *index) kept(k votive.Keep, src source) []Change {
	switch k := k.(type) {
	case *votive.KeepCircle:
		return x.keepCircle(k)
	case *votive.KeepEvent:
		return x.keepEvent(k, src)
	case *votive.KeepInvite:
		x.invites[votive.InviteHash(k.Invitation.Invite)] = &Invite{Invitation: k.Invitation, Made: k.Made, arrived: src.arrived}
		if !k.Invitation.Event.IsZero() {
			x.watch(votive.KindReply, votive.ReplySecret(k.Invitation.Invite), k.Invitation.Event)
		}
	case *votive.KeepReply:
		return x.keepReply(k)
	case *votive.KeepContact:
		x.contacts[k.Card.Author] = &Contact{Key: k.Card.Author, KeepContact: k}
		return []Change{{Kind: ContactMet}}
	case *votive.KeepCard:
		x.cards = append(x.cards, k)
		x.watch(votive.KindInbox, k.Card.Inbox, votive.ID{})
	case *votive.KeepInbox:
		return x.keepInbox(k, src)
	case *votive.KeepLink:
		id := LinkID(k.Link)
		x.links[id] = &Pending{ID: id, KeepLink: k}
		x.watch(votive.KindLink, k.Link.Secret(), id)
	}
	return nil
}

// keepCircle joins a circle, or leaves it: what was found in it and concerns
// the person no further is forgotten.
func (x *index) keepCircle(k *votive.KeepCircle) []Change {
	id := votive.CircleID(k.Secret)
	changes := []Change{{Kind: CircleChanged}}
	if !k.Left {
		x.circles[id] = &Circle{ID: id, KeepCircle: k}
		x.watch(votive.KindCircle, k.Secret, id)
		return changes
	}
	delete(x.circles, id)
	x.unwatch(votive.KindCircle, k.Secret)
	clear(x.opened) // its frames are to be read again by who comes back
	delete(x.load, id)
	for event, e := range x.events {
		if e.Circle == id && e.Keep == nil {
			delete(x.events, event)
			x.agenda.remove(e)
			changes = append(changes, Change{Kind: EventChanged, Event: event})
		}
	}
	return changes
}

// keepEvent takes part in an event, as organizer or guest.
func (x *index) keepEvent(k *votive.KeepEvent, src source) []Change {
	e := x.own(k.Event)
	if e.Keep == nil || e.Keep.Signed != k.Signed {
		e.noted = src.arrived
	}
	e.Keep = k
	e.learn(k.Details)
	if !k.Circle.IsZero() {
		e.Circle = votive.CircleID(k.Circle)
	}
	x.watch(votive.KindEvent, k.Secret, k.Event)
	x.watch(votive.KindDesk, k.Desk, k.Event)
	if e.Organized() {
		x.watch(votive.KindWalkIn, votive.WalkInSecret(k.Secret), k.Event)
	}
	return []Change{{Kind: EventChanged, Event: k.Event}}
}

// keepReply is what the person answered to an event.
func (x *index) keepReply(k *votive.KeepReply) []Change {
	e := x.own(k.Reply.Event)
	e.Mine, e.Answer = k, nil
	if a, ok := e.answers[k.Reply.ID()]; ok {
		e.Answer = a.Body().(*votive.Answer)
	}
	x.watch(votive.KindAnswer, k.Reply.Secret, e.ID)
	return []Change{{Kind: EventChanged, Event: e.ID}}
}

// keepInbox is the private half of an Inbox, with which replies are opened.
func (x *index) keepInbox(k *votive.KeepInbox, src source) []Change {
	e := x.own(k.Event)
	if e.keys == nil {
		e.keys, e.since = make(map[votive.ID]*votive.KeepInbox, 1), make(map[votive.ID]time.Time, 1)
	}
	inbox := k.Key.Public(k.Event).Hash()
	e.keys[inbox], e.since[inbox] = k, src.arrived
	if x.loading {
		return nil // its replies are opened when their invitations are here
	}
	return x.openSealed(e)
}
