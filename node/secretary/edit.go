package secretary

import (
	"context"
	"errors"
	"slices"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Edited is what came of a change to an event.
type Edited struct {
	Signatures, Needed int // of the new revision
	Told               int // guests let in, who will learn of it

	Bare bool // its Details are not known here, and it has none now
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
		r.lost = w.Lost
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
// calendar, as cancelled. Notes are written with it.
//
// Where there are several versions it ends all of them: that is not to wait
// until somebody has chosen. It says what that of them said which would have ended
// last: a guest who knows no other is told for as long as they may go there.
func (s *Secretary) Cancel(ctx context.Context, event votive.ID, reason string, notes ...Notes) (Edited, error) {
	return s.cancel(ctx, event, reason, false, notes...)
}

// CancelLost is Cancel by who goes on without what they signed before, as with
// [Wish.Lost].
func (s *Secretary) CancelLost(ctx context.Context, event votive.ID, reason string) (Edited, error) {
	return s.cancel(ctx, event, reason, true)
}

func (s *Secretary) cancel(ctx context.Context, event votive.ID, reason string, lost bool, notes ...Notes) (Edited, error) {
	return s.write(ctx, event, true, func(r *revising) error {
		r.lost = lost
		for _, ask := range notes {
			more, err := ask.of(r.v, event)
			if err != nil {
				return err
			}
			r.notes = append(r.notes, more...)
		}
		if !r.event.State.Conflict && r.card.Status == votive.Cancelled {
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
	bare   bool             // the card's Details are not known here, and it has none now
	lost   bool             // it goes on without what was signed before and is lost
	moved  votive.ID        // the event as which it goes on, or zero
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
	}
	return e, nil
}

// ErrVersions says that something is for events of one version alone.
var ErrVersions = refused("it has several versions that exclude each other: one of them has to be chosen first")

// settled is organized for what needs an event of one version.
func settled(v *almanac.View, event votive.ID) (*almanac.Event, error) {
	e, err := organized(v, event)
	if err == nil && e.State.Conflict {
		return nil, ErrVersions
	}
	return e, err
}

// revise makes, signs and sends the next revision of an event.
func (s *Secretary) revise(ctx context.Context, event votive.ID, change func(*revising) error) (Edited, error) {
	return s.write(ctx, event, false, change)
}

// write is revise, which may merge what has several versions.
func (s *Secretary) write(ctx context.Context, event votive.ID, merges bool, change func(*revising) error) (Edited, error) {
	var out Edited
	err := s.book.Write(ctx, func(v *almanac.View) (d almanac.Draft, err error) {
		which := settled
		if merges {
			which = organized
		}
		e, err := which(v, event)
		if err != nil {
			return d, err
		}
		d, out, err = s.revision(v, e, change)
		return d, err
	})
	return out, err
}

// revision is what the next revision of an event comes to.
func (s *Secretary) revision(v *almanac.View, e *almanac.Event, change func(*revising) error) (almanac.Draft, Edited, error) {
	var d almanac.Draft
	var out Edited
	var err error
	if e.State.NeedsNewer { // what is not understood would be left out
		return d, out, refused("it was last changed with a newer votive, and only such a one can change it again")
	}
	signer := v.Identity().EventKey(e.Keep.Nonce)
	r := revising{v: v, event: e, keep: *e.Keep, card: e.State.Card, moved: e.State.MovedTo}
	if last := endsLast(e.State.Alternatives, signer.Key()); last != nil {
		r.take(last)
	}
	r.self = slices.IndexFunc(r.card.Organizers, func(o votive.Organizer) bool { return o.Key == signer.Key() })
	if r.self < 0 {
		return d, out, refused("you are no longer an organizer of it")
	}
	if err := change(&r); err != nil {
		return d, out, err
	}
	var inbox *votive.Inbox
	if r.card.Answers != votive.AnswersClosed && (r.fresh || !e.Opens(r.card.Inbox)) {
		if inbox, err = s.inbox(e.ID, &r.card, &d); err != nil {
			return d, out, err
		}
	}
	steps, err := r.next(signer)
	if err != nil {
		return d, out, err
	}
	for _, counted := range steps {
		d.Send = append(d.Send, public(&r.keep, r.until(), counted)...)
	}
	d.Send = append(d.Send, public(&r.keep, r.until(), inbox)...)
	d.Note = r.notes
	r.note(&d, steps[len(steps)-1].Revision().ID())
	if r.sealed {
		r.tell(&d)
	}
	return d, Edited{Signatures: 1, Needed: e.State.Quorum, Told: len(admitted(e)), Bare: r.bare}, nil
}

// until is how long the revision matters: what it replaces is believed until
// then.
func (r *revising) until() time.Time {
	before, after := untilOf(r.event), until(&r.card)
	if before.After(after) {
		return before
	}
	return after
}

// endsLast is that of several versions which ends last, of those whose organizer
// has this key; nil for none.
func endsLast(versions []*votive.Revision, key votive.ID) (last *votive.Revision) {
	var latest time.Time
	for _, version := range versions {
		card := version.Card()
		if !slices.ContainsFunc(card.Organizers, func(o votive.Organizer) bool { return o.Key == key }) {
			continue
		}
		if ends := until(&card); last == nil || ends.After(latest) {
			last, latest = version, ends
		}
	}
	return last
}

// take has one of the event's versions be the one from now on, with the Details
// that it names; those are told anew where another version names others.
func (r *revising) take(version *votive.Revision) {
	r.card, r.moved = version.Card(), version.MovedTo()
	r.keep.Details = r.event.Names(r.card.Details)
	if r.bare = r.keep.Details == nil && !r.card.Details.IsZero(); r.bare {
		r.card.Details = votive.ID{}
	}
	r.sealed = slices.ContainsFunc(r.event.State.Alternatives, func(v *votive.Revision) bool { return v.Card().Details != r.card.Details })
}

// next is the revision that follows what is known, signed. It replaces what was
// signed here before and counts for nothing. What was signed is in the almanac
// before it leaves, and what a lost disk had comes back with its marks, or at
// least with the note of which was the last; what was taken for lost stays so
// until it comes. SPEC 5.13 b, 9.4. Where there are several versions it merges
// them; with more than 8, in steps. SPEC 5.9.
func (r *revising) next(signer votive.Signer) (steps []*votive.Counted, err error) {
	e := r.event
	desk := votive.Desk{Event: e.ID, Counted: append(e.Counted(), e.Waiting()...)}
	for _, c := range desk.Counted {
		if slices.Contains(c.Signers(), signer.Key()) {
			desk.Signed = append(desk.Signed, c.Revision().ID())
		}
	}
	if last := e.Keep.Signed; !last.IsZero() && !slices.Contains(desk.Signed, last) {
		desk.Signed = append(desk.Signed, last)
	}
	missing := misses(e)
	lost := takenForLost(r.v, e, missing)
	desk.Signed = slices.DeleteFunc(desk.Signed, func(id votive.ID) bool { return slices.Contains(lost, id) })
	draft := votive.Draft{Card: r.card, MovedTo: r.moved}
	for heads := len(e.State.Heads); heads > 0; heads -= 7 { // a step makes 1 of 8
		propose := desk.Propose
		if heads > 1 {
			propose = desk.Merge
		}
		proposal, err := propose(draft)
		if errors.Is(err, votive.ErrBehind) {
			if err := r.without(); err != nil {
				return nil, err
			}
			desk.Signed = slices.DeleteFunc(desk.Signed, func(id votive.ID) bool {
				if missing(id) {
					lost = append(lost, id)
					return true
				}
				return false
			})
			r.notes = append(r.notes, noteLost(e.ID, lost))
			proposal, err = propose(draft)
		}
		if err != nil {
			return nil, input("%v", err)
		}
		counted, err := alone(&desk, proposal, signer)
		if err != nil {
			return nil, err
		}
		steps = append(steps, counted)
		desk.Counted = append(desk.Counted, counted)
		desk.Signed = append(desk.Signed, counted.Revision().ID())
		if heads <= 8 {
			break
		}
	}
	return steps, nil
}

// lostAfter is how long a revision that was signed on another computer is waited
// for. SPEC 9.4.
const lostAfter = 7 * 24 * time.Hour

// without says why the event cannot be changed without a revision that was signed
// before and is not here, or nothing: its only organizer may take it for lost
// when it was long in coming. Should it come, it is a version beside this one.
// SPEC 9.4.
func (r *revising) without() error {
	from := r.event.Noted().Add(lostAfter)
	switch {
	case r.event.State.Quorum > 1 || r.v.Now().Before(from) && !r.lost:
		return refused("a change that you made earlier has not come back to this computer yet; wait until it has caught up")
	case r.v.Now().Before(from):
		return refused("a change that you made earlier has not come back to this computer yet; wait until it has caught up, or until %s: then it can be taken for lost",
			from.UTC().Format("2 January 2006 15:04 MST"))
	case !r.lost:
		return ErrLost
	}
	return nil
}

// ErrLost says that the event can be changed if the person says that what they
// signed before is lost.
var ErrLost = refused("a change that you made earlier has not come back to this computer in a week; " +
	"if the computer that it was made on is up, let it; if it is lost for good, say so")

// note keeps which revision was signed, with the Details that it names, here
// and for who restores: without it they would go by what came back first.
func (r *revising) note(d *almanac.Draft, signed votive.ID) {
	r.keep.Signed = signed
	r.keep.Counter = r.v.Counter(&r.keep) + 1
	d.Keep = append(d.Keep, &r.keep)
	d.Send = append(d.Send, toSelf(r.v, &r.keep, r.until()))
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
