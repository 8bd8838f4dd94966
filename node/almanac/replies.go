package almanac

import (
	"time"

	"votive/proto/votive"
)

// sealedReply takes a guest's reply, and opens it if the Inbox's private half
// is here. SPEC 8.1.
func (x *index) sealedReply(rec votive.Record, b *votive.SealedReply, src source) taken {
	e := x.events[src.about]
	if e == nil || e.over(src.arrived) {
		return taken{}
	}
	key := e.keys[b.Inbox]
	switch {
	case key == nil && e.Reads() && e.names(b.Inbox) && !e.seals(b.Inbox):
		return taken{} // to an Inbox that was replaced, whose key is gone
	case key == nil:
		return e.seal(rec, src)
	}
	reply, err := key.Key.Open(e.ID, b)
	if err != nil || reply.Event != e.ID {
		return taken{}
	}
	return x.reply(e, rec, reply, b.Inbox, src)
}

// seal puts a reply aside that cannot be opened here. Those who have an
// invitation and those who have none are bounded apart. The same may come in many
// frames: anybody can stamp one once more. SPEC 2.4.
func (e *Event) seal(rec votive.Record, src source) taken {
	n := 0
	for _, s := range e.sealed {
		if s.rec.Kind() != rec.Kind() {
			continue
		}
		if n++; s.rec.ID() == rec.ID() {
			return taken{}
		}
	}
	if n >= maxSealed {
		return refused
	}
	e.sealed = append(e.sealed, sealedReply{rec, src})
	return taken{keep: rec}
}

// reply takes an opened reply. One that names an invitation must prove to
// hold it; one of unknown invitation waits for nothing: it is ignored. What
// walk-ins say, and what other guests or other updates say, never keeps out
// who is invited. SPEC 8.2.
func (x *index) reply(e *Event, rec votive.Record, r votive.Reply, inbox votive.ID, src source) taken {
	most := maxWalkIns
	if !r.Invite.IsZero() {
		inv := x.invites[r.Invite]
		if inv == nil || inv.Event != e.ID || !r.Proves(inv.Invite) {
			return taken{}
		}
		most = maxReplies
	}
	id := r.ID()
	had := e.replies[id]
	before, came := e.gone[id]
	switch {
	case had == nil && !came && e.by[r.Invite] >= most:
		return refused
	case had == nil:
		had = &Reply{Reply: r, First: before.first, inbox: inbox, heard: 1}
		if e.replies == nil {
			e.replies = make(map[votive.ID]*Reply)
		}
		if !came {
			had.First = x.first(e, src)
		}
		e.comes(r.Invite, 1)
		e.comesGone(before, -1)
		if a, ok := e.answers[id]; ok {
			had.Answer = a.Body().(*votive.Answer)
		}
	case had.heard < maxUpdates && r.Newer(had.Reply):
		next := *had
		next.Reply, next.inbox, next.heard = r, inbox, had.heard+1
		had = &next
	case !e.seals(had.inbox) && inbox == e.State.Card.Inbox && !had.Newer(r): // the same, said to the Inbox that follows
		next := *had
		next.inbox = inbox
		e.replies[id] = &next
		return taken{keep: rec, row: id, first: had.First}
	default:
		return taken{}
	}
	e.replies[id] = had
	return taken{changes: []Change{{Kind: ReplyCame, Event: e.ID, Reply: id}}, keep: rec, row: id, first: had.First}
}

// first is when a new reply first came: later than all before it, so that their
// order is the same when they are loaded again. SPEC 7.7.
func (x *index) first(e *Event, src source) time.Time {
	first := src.arrived.Truncate(time.Millisecond)
	if !x.loading && !first.After(e.last) {
		first = e.last.Add(time.Millisecond)
	}
	if first.After(e.last) {
		e.last = first
	}
	return first
}

// comes counts guests who reply with an invitation, or none.
func (e *Event) comes(invite votive.ID, n int) {
	if e.by == nil {
		e.by = make(map[votive.ID]int)
	}
	e.by[invite] += n
}

// answer takes what organizers said to a reply, one's own or a guest's.
// SPEC 8.4.
func (x *index) answer(rec votive.Record, b *votive.Answer, src source) taken {
	e := x.events[src.about]
	if e == nil || b.Event != e.ID {
		return taken{}
	}
	if had, ok := e.answers[b.Reply]; ok && !rec.Newer(had) {
		return taken{}
	}
	if e.answers == nil {
		e.answers = make(map[votive.ID]votive.Record, 1)
	}
	e.answers[b.Reply] = rec
	if r := e.replies[b.Reply]; r != nil {
		next := *r
		next.Answer = b
		e.replies[b.Reply] = &next
	}
	if e.Mine != nil && e.Mine.Reply.ID() == b.Reply {
		e.Answer = b
	}
	e.learn(b.Details)
	return taken{changes: []Change{{Kind: AnswerCame, Event: e.ID, Reply: b.Reply}}, keep: rec}
}

// learn keeps Details; which count is for the head's card to say.
func (e *Event) learn(d *votive.Details) {
	if d == nil {
		return
	}
	if e.details == nil {
		e.details = make(map[votive.ID]*votive.Details, 1)
	}
	if _, known := e.details[d.Hash()]; !known && len(e.details) >= maxDetails {
		for hash := range e.details { // those that no card names make room
			if hash != e.State.Card.Details && hash != e.mine() {
				delete(e.details, hash)
			}
		}
	}
	e.details[d.Hash()] = d
}

// mine is the hash of the Details that the person here wrote, or zero.
func (e *Event) mine() (hash votive.ID) {
	if e.Keep != nil && e.Keep.Details != nil {
		return e.Keep.Details.Hash()
	}
	return hash
}

// openSealed opens the replies that waited for a key.
func (x *index) openSealed(e *Event) []Change {
	waiting := e.sealed
	e.sealed = nil
	var changes []Change
	for _, s := range waiting {
		changes = append(changes, x.sealedReply(s.rec, s.rec.Body().(*votive.SealedReply), s.src).changes...)
	}
	return changes
}
