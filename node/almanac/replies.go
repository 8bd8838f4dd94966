package almanac

import (
	"votive/proto/votive"
)

// maxSealed is how many replies that cannot be opened are kept of an event,
// and maxHeard how many in all, updates included.
const (
	maxSealed = 1_000
	maxHeard  = 2 * maxReplies
)

// sealedReply takes a guest's reply, and opens it if the Inbox's private half
// is here. SPEC 8.1.
func (x *index) sealedReply(_ votive.Record, b *votive.SealedReply, src source) ([]Change, bool) {
	e := x.event(src.about)
	if e == nil || e.heard >= maxHeard || e.over(src.arrived) {
		return nil, false
	}
	key := e.keys[b.Inbox]
	if key == nil {
		if len(e.sealed) >= maxSealed {
			return nil, false
		}
		e.sealed = append(e.sealed, sealedReply{b, src})
		return nil, true
	}
	reply, err := key.Key.Open(e.ID, b)
	if err != nil {
		return nil, false
	}
	e.heard++
	return x.reply(e, reply, src)
}

// reply takes an opened reply. One that names an invitation must prove to
// hold it; one of unknown invitation waits for nothing: it is ignored.
// SPEC 8.2.
func (x *index) reply(e *Event, r votive.Reply, src source) ([]Change, bool) {
	if !r.Invite.IsZero() {
		inv := x.invites[r.Invite]
		if inv == nil || inv.Event != e.ID || !r.Proves(inv.Invite) {
			return nil, false
		}
	}
	if r.Event != e.ID {
		return nil, false
	}
	id := r.ID()
	had := e.replies[id]
	switch {
	case had == nil && len(e.replies) >= maxReplies:
		return nil, false
	case had == nil:
		had = &Reply{Reply: r, First: src.arrived, number: len(e.replies)}
		if e.replies == nil {
			e.replies = make(map[votive.ID]*Reply)
		}
		if a, ok := e.answers[id]; ok {
			had.Answer = a.Body().(*votive.Answer)
		}
	case r.Newer(had.Reply):
		next := *had
		next.Reply = r
		had = &next
	default:
		return nil, false
	}
	e.replies[id] = had
	return []Change{{Kind: ReplyCame, Event: e.ID, Reply: id}}, true
}

// answer takes what organizers said to a reply, one's own or a guest's.
// SPEC 8.4.
func (x *index) answer(rec votive.Record, b *votive.Answer, _ source) ([]Change, bool) {
	e := x.event(b.Event)
	if e == nil {
		return nil, false
	}
	if had, ok := e.answers[b.Reply]; ok && !rec.Newer(had) {
		return nil, false
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
	return []Change{{Kind: AnswerCame, Event: e.ID, Reply: b.Reply}}, true
}

// learn keeps Details; which count is for the head's card to say.
func (e *Event) learn(d *votive.Details) {
	if d == nil {
		return
	}
	if e.details == nil {
		e.details = make(map[votive.ID]*votive.Details, 1)
	}
	e.details[d.Hash()] = d
}

// openSealed opens the replies that waited for a key.
func (x *index) openSealed(e *Event) []Change {
	waiting := e.sealed
	e.sealed = nil
	var changes []Change
	for _, s := range waiting {
		more, _ := x.sealedReply(votive.Record{}, s.body, s.src)
		changes = append(changes, more...)
	}
	return changes
}
