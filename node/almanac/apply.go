package almanac

import (
	"slices"

	"votive/proto/votive"
)

// apply takes a record into the index: the same one, whether it was just
// written, received, or loaded from the vault. It gives what changed, and
// whether the record is worth a row in the vault.
func (x *index) apply(rec votive.Record, src source) (changes []Change, keep bool) {
	switch b := rec.Body().(type) {
	case *votive.Counted:
		return x.counted(rec, b, src)
	case *votive.Inbox:
		return x.inbox(rec, b, src)
	case *votive.Revoke:
		return x.revoke(rec, b, src)
	case *votive.SealedReply:
		return x.sealedReply(rec, b, src)
	case *votive.Answer:
		return x.answer(rec, b, src)
	case *votive.Invitation:
		return x.invitation(rec, b, src)
	case *votive.ContactCard:
		return x.found(rec, b, src)
	case votive.Keep:
		return x.keep(rec, b, src)
	}
	return nil, false // of a later kind, or for rosters of several: left in the store
}

// event is the entry of an event, made if there is room for it.
func (x *index) event(id votive.ID) *Event {
	e := x.events[id]
	if e == nil && len(x.events) < maxEvents {
		e = newEvent(id)
		x.events[id] = e
	}
	return e
}

// counted takes a revision with its marks. SPEC 5.4 to 5.6.
func (x *index) counted(rec votive.Record, c *votive.Counted, src source) ([]Change, bool) {
	id := c.Revision().Event()
	e := x.event(id)
	if e == nil {
		return nil, false
	}
	placed := rec.Kind() == votive.KindCircle && e.Circle.IsZero()
	if placed {
		e.Circle = src.about
	}
	revision := c.Revision().ID()
	had := e.counted[revision]
	if !news(had, c) {
		return nil, placed
	}
	if len(had) == 0 && len(e.counted)-len(e.State.History) >= maxUncounted {
		e.overflow = true
		return nil, false
	}
	e.counted[revision] = append(had, c)
	return x.refold(e), true
}

// maxMarked is how many Counted of one revision are kept: each must have a
// signer that the others lack.
const maxMarked = 48

// news reports whether c has a signer that none of had has.
func news(had []*votive.Counted, c *votive.Counted) bool {
	if len(had) >= maxMarked {
		return false
	}
	return slices.ContainsFunc(c.Signers(), func(key votive.ID) bool {
		return !slices.ContainsFunc(had, func(h *votive.Counted) bool { return slices.Contains(h.Signers(), key) })
	})
}

// refold works out the event's state again.
func (x *index) refold(e *Event) []Change {
	if x.loading {
		return nil // once, when all is here
	}
	before := e.State
	e.State, e.Known = votive.Fold(e.ID, e.Counted())
	if !e.Known {
		return nil
	}
	x.agenda.put(e.ID, &e.State.Card)
	if e.overflow && len(e.State.History) > len(before.History) {
		e.overflow, x.rescan = false, true
	}
	changes := []Change{{Kind: EventChanged, Event: e.ID}}
	if e.State.Conflict && !before.Conflict {
		changes = append(changes, Change{Kind: ConflictCame, Event: e.ID})
	}
	return changes
}

// inbox takes the key that replies are sealed to. SPEC 6.6.
func (x *index) inbox(rec votive.Record, in *votive.Inbox, _ source) ([]Change, bool) {
	e := x.event(in.Event)
	if e == nil || e.inboxes[in.Hash()] != nil {
		return nil, false
	}
	if len(e.inboxes) >= maxInboxes && e.State.Card.Inbox != in.Hash() {
		return nil, false
	}
	if e.inboxes == nil {
		e.inboxes = make(map[votive.ID]*votive.Inbox, 1)
	}
	e.inboxes[in.Hash()] = in
	return []Change{{Kind: PartCame, Event: e.ID}}, true
}

// revoke takes the end of an invitation. SPEC 7.6.
func (x *index) revoke(rec votive.Record, r *votive.Revoke, _ source) ([]Change, bool) {
	e := x.event(r.Event)
	if e == nil || e.revokes[rec.ID()] != nil || len(e.revokes) >= maxRevokes {
		return nil, false
	}
	if e.revokes == nil {
		e.revokes = make(map[votive.ID]*votive.Revoke, 1)
	}
	e.revokes[rec.ID()] = r
	return []Change{{Kind: PartCame, Event: e.ID}}, true
}

// invitation takes one from the desk, which another organizer or an earlier
// self made, or the one that a pending link leads to.
func (x *index) invitation(rec votive.Record, inv *votive.Invitation, src source) ([]Change, bool) {
	if rec.Kind() == votive.KindLink {
		return x.found(rec, inv, src)
	}
	if id := votive.InviteHash(inv.Invite); x.invites[id] == nil {
		x.invites[id] = &Invite{Invitation: inv, Made: src.arrived, arrived: src.arrived}
		x.watch(votive.KindReply, votive.ReplySecret(inv.Invite), inv.Event)
	}
	return nil, true
}

// found takes what a pending link leads to.
func (x *index) found(_ votive.Record, b votive.Body, src source) ([]Change, bool) {
	p := x.links[src.about]
	if p == nil {
		return nil, false
	}
	p.Found = b
	return []Change{{Kind: LinkFound}}, true
}
