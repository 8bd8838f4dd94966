package secretary

import (
	"context"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Rsvp is what a guest wants to say. What is nil is left as it was said before.
type Rsvp struct {
	Status     votive.Rsvp
	Party      *int
	Name, Note *string
}

// Rsvp answers an event. Only its organizers can read it, and it is signed by
// nobody.
func (s *Secretary) Rsvp(ctx context.Context, event votive.ID, say Rsvp) error {
	return s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		e := v.Event(event)
		if err := mayAnswer(e, v.Now()); err != nil {
			return d, err
		}
		reply, err := s.compose(e, say)
		if err != nil {
			return d, err
		}
		keep := &votive.KeepReply{Reply: reply, Inbox: e.State.Card.Inbox, Secret: eventSecret(v, e)}
		if e.Keep != nil && e.Keep.Invitation != nil {
			keep.Invite = e.Keep.Invitation.Invite
		}
		keep.Counter = v.Counter(keep) + 1
		letter, err := sealedTo(e, keep)
		if err != nil {
			return d, err
		}
		d.Send = []almanac.Letter{letter, toSelf(v, keep, untilOf(e))}
		d.Keep = []votive.Keep{keep}
		return d, nil
	})
}

// mayAnswer says why an event cannot be answered now.
func mayAnswer(e *almanac.Event, now time.Time) error {
	switch {
	case e == nil || !e.Known:
		return almanac.ErrNotFound
	case e.Organized():
		return refused("you organize it")
	case e.State.Card.Answers == votive.AnswersClosed:
		return refused("its organizers take no answers")
	case e.State.Card.Status == votive.Cancelled:
		return refused("it is cancelled")
	case e.State.Conflict:
		return refused("its organizers disagree about it; answer when they have settled that")
	case e.Inbox() == nil:
		return refused("what is needed to seal your answer has not arrived yet; try again when more peers are connected")
	case e.Keep != nil && e.Keep.Invitation != nil && !e.State.Organizes(e.Keep.Invitation.Author):
		return refused("who invited you is not an organizer of it")
	}
	if _, end := e.State.Card.Span(time.UTC); end.Add(14 * time.Hour).Before(now) {
		return refused("it is over")
	}
	return nil
}

// compose is what the guest says, over what they said before.
func (s *Secretary) compose(e *almanac.Event, say Rsvp) (votive.Reply, error) {
	var r votive.Reply
	if e.Mine != nil {
		r = e.Mine.Reply
	} else {
		secret, err := s.secret()
		if err != nil {
			return r, err
		}
		r = votive.Reply{Event: e.ID, Secret: secret, Party: 1}
	}
	r.Counter++
	r.Status = say.Status
	set(&r.Party, say.Party)
	set(&r.Name, say.Name)
	set(&r.Note, say.Note)
	if e.Keep != nil && e.Keep.Invitation != nil {
		r = r.WithInvite(e.Keep.Invitation.Invite)
	}
	return r, nil
}

// eventSecret is the secret that walk-ins go by: known to guests, and to the
// members of the circle.
func eventSecret(v *almanac.View, e *almanac.Event) votive.Secret {
	if e.Keep != nil {
		return e.Keep.Secret
	}
	if c := v.Circle(e.Circle); c != nil {
		return votive.EventSecret(c.Secret, e.ID)
	}
	return votive.Secret{}
}

// sealedTo is a reply sealed to the event's organizers.
func sealedTo(e *almanac.Event, k *votive.KeepReply) (almanac.Letter, error) {
	sealed, err := e.Inbox().Seal(k.Reply)
	if err != nil {
		return almanac.Letter{}, input("%v", err)
	}
	letter := almanac.Letter{
		Kind: votive.KindWalkIn, Secret: votive.WalkInSecret(k.Secret), About: e.ID, Body: sealed, Until: untilOf(e),
		Topic: k.About(),
	}
	if !k.Invite.IsZero() {
		letter.Kind, letter.Secret = votive.KindReply, votive.ReplySecret(k.Invite)
	}
	return letter, nil
}
