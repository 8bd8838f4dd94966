package secretary

import (
	"context"
	"errors"
	"slices"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Edited is what came of a change to an event.
type Edited struct {
	Signatures, Needed int // of the new revision
	Told               int // guests let in, who will learn of it
}

// Edit changes what the wish names of an event, and nothing else.
func (s *Secretary) Edit(ctx context.Context, event votive.ID, w Wish) (Edited, error) {
	return s.revise(ctx, event, func(r *revising) error {
		var err error
		if r.card, err = w.card(r.card, r.self); err != nil {
			return err
		}
		if err := notPast(&r.card, r.v.Now()); err != nil {
			return err
		}
		if r.notes, err = w.Notes.of(r.v, event); err != nil {
			return err
		}
		if !w.touchesDetails() {
			return nil
		}
		details, err := s.details(&w, r.keep.Details)
		if err != nil {
			return err
		}
		r.keep.Details, r.card.Details = details, votive.ID{}
		if details != nil {
			r.card.Details = details.Hash()
		}
		r.sealed = true
		return nil
	})
}

// Cancel says that an event will not take place. It stays in everybody's
// calendar, as cancelled.
func (s *Secretary) Cancel(ctx context.Context, event votive.ID, reason string, notes ...Notes) (Edited, error) {
	return s.revise(ctx, event, func(r *revising) error {
		for _, ask := range notes {
			more, err := ask.of(r.v, event)
			if err != nil {
				return err
			}
			r.notes = append(r.notes, more...)
		}
		if r.card.Status == votive.Cancelled {
			return refused("it is cancelled already")
		}
		r.card.Status, r.card.Reason = votive.Cancelled, reason
		return nil
	})
}

// revising is a revision while it is made.
type revising struct {
	v      *almanac.View
	event  *almanac.Event
	keep   votive.KeepEvent // a copy, to be changed
	card   votive.Card      // a copy, to be changed
	self   int              // the person's place among the organizers
	sealed bool             // the Details changed
	fresh  bool             // there is to be a new Inbox
	notes  []almanac.Note   // to be kept with it
}

// organized is what the person here organizes, or why they do not.
func organized(v *almanac.View, event votive.ID) (*almanac.Event, error) {
	e := v.Event(event)
	switch {
	case e == nil || !e.Known:
		return nil, almanac.ErrNotFound
	case !e.Organized():
		return nil, ErrNotOrganizer
	case e.State.Conflict:
		return nil, refused("its organizers disagree about it; a newer votive is needed to settle that")
	}
	return e, nil
}

// revise makes, signs and sends the next revision of an event.
func (s *Secretary) revise(ctx context.Context, event votive.ID, change func(*revising) error) (Edited, error) {
	var out Edited
	err := s.book.Write(ctx, func(v *almanac.View) (d almanac.Draft, err error) {
		d, out, err = s.revision(v, event, change)
		return d, err
	})
	return out, err
}

// revision is what the next revision of an event comes to.
func (s *Secretary) revision(v *almanac.View, event votive.ID, change func(*revising) error) (almanac.Draft, Edited, error) {
	var d almanac.Draft
	var out Edited
	e, err := organized(v, event)
	if err != nil {
		return d, out, err
	}
	if e.State.NeedsNewer { // what is not understood would be left out
		return d, out, refused("it was last changed with a newer votive, and only such a one can change it again")
	}
	signer := v.Identity().EventKey(e.Keep.Nonce)
	r := revising{v: v, event: e, keep: *e.Keep, card: e.State.Card}
	r.self = slices.IndexFunc(r.card.Organizers, func(o votive.Organizer) bool { return o.Key == signer.Key() })
	if r.self < 0 {
		return d, out, refused("you are no longer an organizer of it")
	}
	if err := change(&r); err != nil {
		return d, out, err
	}
	d.Note = r.notes
	var inbox *votive.Inbox
	if r.card.Answers != votive.AnswersClosed && (r.fresh || !e.Reads()) {
		if inbox, err = s.inbox(event, &r.card, &d); err != nil {
			return d, out, err
		}
	}
	counted, err := next(e, r.card, signer)
	if err != nil {
		return d, out, err
	}
	d.Send = append(d.Send, public(&r.keep, until(&r.card), counted, inbox)...)
	r.note(&d, counted.Revision().ID())
	if r.sealed {
		r.tell(&d)
	}
	return d, Edited{Signatures: 1, Needed: e.State.Quorum, Told: len(admitted(e))}, nil
}

// next is the revision that follows what is known, signed. It replaces what was
// signed here before and counts for nothing. What was signed is in the almanac
// before it leaves, and what a lost disk had comes back with its marks, or at
// least with the note of which was the last. SPEC 5.13 b.
func next(e *almanac.Event, card votive.Card, signer votive.Signer) (*votive.Counted, error) {
	desk := votive.Desk{Event: e.ID, Counted: append(e.Counted(), e.Waiting()...)}
	for _, c := range desk.Counted {
		if slices.Contains(c.Signers(), signer.Key()) {
			desk.Signed = append(desk.Signed, c.Revision().ID())
		}
	}
	if last := e.Keep.Signed; !last.IsZero() && !slices.Contains(desk.Signed, last) {
		desk.Signed = append(desk.Signed, last)
	}
	proposal, err := desk.Propose(votive.Draft{Card: card, MovedTo: e.State.MovedTo})
	if errors.Is(err, votive.ErrBehind) {
		return nil, refused("a change that you made earlier has not come back to this computer yet; wait until it has caught up")
	}
	if err != nil {
		return nil, input("%v", err)
	}
	return alone(&desk, proposal, signer)
}

// note keeps which revision was signed, with the Details that it names, here
// and for who restores: without it they would go by what came back first.
func (r *revising) note(d *almanac.Draft, signed votive.ID) {
	r.keep.Signed = signed
	r.keep.Counter = r.v.Counter(&r.keep) + 1
	d.Keep = append(d.Keep, &r.keep)
	d.Send = append(d.Send, toSelf(r.v, &r.keep, until(&r.card)))
}

// tell gives the new Details to everybody who was let in.
func (r *revising) tell(d *almanac.Draft) {
	for _, reply := range admitted(r.event) {
		d.Send = append(d.Send, answerTo(r.event, reply, votive.In, r.keep.Details))
	}
}

// admitted are the replies that were let in, and have not said no since.
func admitted(e *almanac.Event) []*almanac.Reply {
	return slices.DeleteFunc(e.Replies(), func(r *almanac.Reply) bool {
		return !r.Admitted()
	})
}
