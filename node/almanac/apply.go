package almanac

import (
	"time"

	"votive/proto/votive"
)

// taken is what came of a record.
type taken struct {
	changes []Change

	// keep is what is worth a row in the vault: the record, or what it adds up
	// to with others; the zero Record for nothing.
	keep votive.Record
	row  votive.ID // names that row in place of the record's id, unless zero

	// first is when what the row is about first came, where this was not now.
	first time.Time

	// refused says that the record could not be used now and may be later: there
	// was no room, or something that it follows is not here yet. Its frame does
	// not count as read, and is found again in the store (again.go).
	refused bool
}

var refused = taken{refused: true}

// apply takes a record into the index: the same one, whether it was just
// written, received, or loaded from the vault.
//
// A bound that strangers can fill never refuses what counts, nor what is the
// person's own: what has to prove nothing to be here is only counted against
// others of its kind.
func (x *index) apply(rec votive.Record, src source) taken {
	if k := rec.Kind(); (k == votive.KindEvent || k == votive.KindDesk) && !concerns(rec.Body(), src.about) {
		return taken{} // under the secret of one event, about another
	}
	switch b := rec.Body().(type) {
	case *votive.Counted:
		return x.counted(rec, b, src)
	case *votive.Inbox:
		return x.inbox(rec, b)
	case *votive.Revoke:
		return x.revoke(rec, b, src)
	case *votive.SealedReply:
		return x.sealedReply(rec, b, src)
	case *votive.Answer:
		return x.answer(rec, b, src)
	case *votive.Invitation:
		return x.invitation(rec, b, src)
	case *votive.ContactCard:
		return x.found(b, src)
	case votive.Keep:
		return x.keep(rec, b, src)
	}
	return taken{} // of a later kind, or for rosters of several: left in the store
}

// concerns reports whether a body is about that event, as far as it says.
func concerns(b votive.Body, event votive.ID) bool {
	switch b := b.(type) {
	case *votive.Counted:
		return b.Revision().Event() == event
	case *votive.Inbox:
		return b.Event == event
	case *votive.Revoke:
		return b.Event == event
	case *votive.Invitation:
		return b.Event == event
	}
	return true
}

// own is the entry of an event that the person takes part in, made if there is
// none.
func (x *index) own(id votive.ID) *Event {
	e := x.events[id]
	if e == nil {
		e = &Event{ID: id}
		x.events[id] = e
	}
	x.mine[id] = e
	return e
}

// inbox takes the key that replies are sealed to, which takes no signature: it
// counts because a revision that counts names it. SPEC 6.6.
func (x *index) inbox(rec votive.Record, in *votive.Inbox) taken {
	e := x.events[in.Event]
	if e == nil || !x.loading && !e.names(in.Hash()) {
		return refused
	}
	if e.inboxes[in.Hash()] != nil {
		return taken{}
	}
	if e.inboxes == nil {
		e.inboxes = make(map[votive.ID]*votive.Inbox, 1)
	}
	e.inboxes[in.Hash()] = in
	return taken{changes: []Change{{Kind: PartCame, Event: e.ID}}, keep: rec}
}

// revoke takes the end of an invitation, by somebody who is an organizer, or
// was: whether it counts now is for the heads to say. SPEC 7.6.
func (x *index) revoke(rec votive.Record, r *votive.Revoke, src source) taken {
	e := x.events[r.Event]
	if e == nil || !x.loading && !e.votes(r.Author) {
		return refused
	}
	if e.revokes[rec.ID()] != nil {
		return taken{}
	}
	by := 0
	for _, had := range e.revokes {
		if had.Author == r.Author {
			by++
		}
	}
	if by >= maxRevokes && !src.own {
		return refused
	}
	if e.revokes == nil {
		e.revokes = make(map[votive.ID]*votive.Revoke, 1)
	}
	e.revokes[rec.ID()] = r
	return taken{changes: []Change{{Kind: PartCame, Event: e.ID}}, keep: rec}
}

// invitation takes one from the desk, which another organizer or an earlier
// self made, or the one that a pending link leads to.
func (x *index) invitation(rec votive.Record, inv *votive.Invitation, src source) taken {
	if rec.Kind() == votive.KindLink {
		return x.found(inv, src)
	}
	e := x.events[inv.Event]
	if e == nil || !x.loading && !e.votes(inv.Author) {
		return refused
	}
	id := votive.InviteHash(inv.Invite)
	if x.invites[id] != nil {
		return taken{} // its row says when it was made, and another copy does not
	}
	if e.invited >= maxInvites && !src.own {
		return refused
	}
	e.invited++
	x.invites[id] = &Invite{Invitation: inv, Made: src.arrived, arrived: src.arrived}
	x.watch(votive.KindReply, votive.ReplySecret(inv.Invite), inv.Event)
	return taken{keep: rec}
}

// found takes what a pending link leads to.
func (x *index) found(b votive.Body, src source) taken {
	p := x.links[src.about]
	if p == nil {
		return taken{}
	}
	p.Found = b
	return taken{changes: []Change{{Kind: LinkFound}}}
}
