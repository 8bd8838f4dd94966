package almanac

import (
	"slices"
	"time"

	"votive/proto/votive"
)

// gone is what is left of a reply that was destroyed with its Inbox: what it
// takes to count with it, and nothing of what it said. SPEC 8.7.
type gone struct {
	invite votive.ID // that it came with, if its uses are limited; else zero
	seats  int       // its places; 0 for who was not let in, or has left
	first  time.Time // no time, but where it stands in the order: see remains
}

// Came is a guest who replied, whether what they said is still here or not.
type Came struct {
	ID     votive.ID // of the reply
	Invite votive.ID // whose uses it is counted against, or zero
	Seats  int       // how many places it has
	Reply  *Reply    // nil where it was destroyed and has not come again
	first  time.Time
}

// Came is who ever replied and counts, in the order in which they first did.
func (e *Event) Came() []Came {
	all := make([]Came, 0, len(e.replies)+len(e.gone))
	for id, r := range e.replies {
		all = append(all, Came{id, r.Invite, r.seats(), r, r.First})
	}
	for id, g := range e.gone {
		if e.replies[id] == nil {
			all = append(all, Came{id, g.invite, g.seats, nil, g.first})
		}
	}
	slices.SortFunc(all, func(a, b Came) int { return a.first.Compare(b.first) })
	return all
}

// Admitted reports whether the guest was let in, and has not said no since.
func (r *Reply) Admitted() bool {
	return r.Answer != nil && r.Answer.Admission == votive.In && r.Status != votive.RsvpNo
}

// seats is how many places it has. SPEC 8.5.
func (r *Reply) seats() int {
	if !r.Admitted() {
		return 0
	}
	return max(r.Party, 1)
}

// remains is what is to be left of the replies when those sealed to some
// Inboxes are destroyed: of who has places, and of who was among the first that
// an invitation still lets in. It has what was left before as well, where that
// changes: the order in which they came is kept, and not when they did, and so each
// comes a millisecond after the one before it, the first at the beginning of time.
// Where the one before it is a reply that stays, that has its time.
func (x *index) remains(e *Event, inboxes []votive.ID, now time.Time) map[votive.ID]gone {
	left := make(map[votive.ID]gone)
	used := make(map[votive.ID]int)
	unlimited := 0
	before := time.UnixMilli(0)
	for _, c := range e.Came() {
		first := before.Add(time.Millisecond)
		if first.After(c.first) {
			first = c.first
		}
		order := used[c.Invite]
		used[c.Invite]++
		if c.Reply == nil {
			if c.Invite.IsZero() {
				unlimited++
			}
			if g := e.gone[c.ID]; !g.first.Equal(first) {
				g.first = first
				left[c.ID] = g
			}
			before = first
			continue
		}
		if !slices.Contains(inboxes, c.Reply.inbox) {
			before = c.first
			continue
		}
		g := gone{seats: c.Seats, first: first}
		if i := x.invites[c.Invite]; i != nil && i.Uses > 0 && order < i.Uses && i.Expires.After(now) {
			g.invite = c.Invite
		}
		if !g.invite.IsZero() || g.seats > 0 && unlimited < maxGone {
			left[c.ID] = g
			before = first
		}
		if g.invite.IsZero() && g.seats > 0 {
			unlimited++
		}
	}
	return left
}

// leave forgets a reply, and what was left of it.
func (e *Event) leave(reply votive.ID) {
	if r := e.replies[reply]; r != nil {
		e.comes(r.Invite, -1)
		delete(e.replies, reply)
	} else {
		e.comesGone(e.gone[reply], -1)
	}
	delete(e.gone, reply)
}

// keepGone takes what is left of a reply.
func (e *Event) keepGone(reply votive.ID, g gone) {
	if e.gone == nil {
		e.gone = make(map[votive.ID]gone, 1)
	}
	e.gone[reply] = g
	if e.replies[reply] == nil {
		e.comesGone(g, 1)
	}
	if g.first.After(e.last) {
		e.last = g.first
	}
}

// comesGone counts guests whose replies were destroyed, while the invitation
// that they came with is known. The others have a bound of their own.
func (e *Event) comesGone(g gone, n int) {
	if !g.invite.IsZero() {
		e.comes(g.invite, n)
	}
}

// goneKey names the row of what is left of a reply.
func goneKey(event, reply votive.ID) string { return goneRows + string(event[:]) + string(reply[:]) }

// row is what the vault keeps of it: the reply's id, the invitation's, the places
// in one byte, and where it stands in the order.
func (g gone) row(event, reply votive.ID) row {
	body := append(slices.Concat(reply[:], g.invite[:]), byte(g.seats))
	return row{arrived: g.first, about: event, body: body}
}

// restoreGone takes such a row into the index, and gives how many could not be
// read. They come before replies: these may have come again.
func (x *index) restoreGone(r row) int {
	if len(r.body) != 32+32+1 {
		return 1
	}
	x.own(r.about).keepGone(votive.ID(r.body[:32]), gone{
		invite: votive.ID(r.body[32:64]), seats: int(r.body[64]), first: r.arrived,
	})
	return 0
}
