package votive

import (
	"fmt"
	"time"

	"votive/proto/internal/wirepb"
)

// Admission is what the organizers say to a reply.
type Admission uint8

// The values of Admission.
const (
	Pending Admission = iota
	In
	Waitlist
	Declined
)

var admissionNames = []string{"pending", "in", "waitlist", "declined"}

// String is the admission in one lower-case word.
func (a Admission) String() string { return nameOf(admissionNames, int(a)) }

// Answer is what the organizers say to a reply. Nobody signs it. Which of
// several counts, Record.Newer says. SPEC 8.4.
type Answer struct {
	Event     ID
	Reply     ID     // a reply id
	Counter   uint32 // of several for one reply the highest counts
	Heard     uint32 // the counter of the reply that it answers
	Admission Admission
	Details   *Details // for who is let in, or nil
	Note      string   // up to 500 bytes

	unsigned
}

func answerFrom(w *wirepb.Answer) (*Answer, error) {
	a := &Answer{Counter: w.GetCounter(), Heard: w.GetHeard(), Note: w.GetNote()}
	var err error
	if a.Event, err = idFrom("event of an answer", w.GetEvent()); err != nil {
		return nil, err
	}
	if a.Reply, err = idFrom("reply of an answer", w.GetReply()); err != nil {
		return nil, err
	}
	if a.Admission, err = enumFrom[Admission]("admission", w.GetAdmission()); err != nil {
		return nil, err
	}
	if a.Details, err = optionalDetails(w.GetDetails()); err != nil {
		return nil, err
	}
	return a, nil
}

// check is SPEC 8.4.
func (a *Answer) check() error {
	if int(a.Admission) >= len(admissionNames) {
		return fmt.Errorf("admission %d is not known", a.Admission)
	}
	if a.Details != nil {
		if err := a.Details.check(); err != nil {
			return err
		}
	}
	return checkText("note", a.Note, 0, 500)
}

// prove refuses an answer to another reply than the one whose secret it came
// under: a guest could else be shown what was meant for another. SPEC 8.4.
func (a *Answer) prove(_ Kind, under Secret) ([]claim, error) {
	if want := replyID(under); a.Reply != want {
		return nil, fmt.Errorf("answer to reply %v under the secret of reply %v", a.Reply, want)
	}
	return nil, nil
}

func (a *Answer) wire() *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Answer{Answer: &wirepb.Answer{
		Event:     a.Event[:],
		Reply:     a.Reply[:],
		Counter:   a.Counter,
		Heard:     a.Heard,
		Admission: wirepb.Admission(a.Admission),
		Details:   a.Details.bytes(),
		Note:      a.Note,
	}}}
}

// Request is a reply that waits for an answer, with all that the answer
// depends on.
type Request struct {
	Event      *Event
	Reply      Reply
	Invitation *Invitation // the one that the reply is said to come with, or nil
	Revokes    []*Revoke   // those of the event
	Order      int         // how many other reply ids with its invite came before it
	Seated     int         // people let in already, those of this reply id not counted
	Answered   Admission   // what this reply id was last answered, if anything
}

// Automatic is the answer that the node of the organizer answered_by gives by
// itself; false where it gives none, and a person decides. SPEC 8.5.
func (r Request) Automatic(now time.Time) (Admission, bool) {
	e := r.Event
	if e.Card.Answers != AnswersAuto || e.Conflict || e.Card.Status == Cancelled {
		return Pending, false
	}
	honoured := r.honoured(now)
	switch {
	case r.Reply.Status == RsvpNo:
		// Who was answered before gives a place back, whatever has become
		// of the invitation since.
		return Declined, honoured || r.Answered != Pending
	case !honoured:
		return Pending, false
	case e.Card.Capacity > 0 && r.Seated+max(r.Reply.Party, 1) > e.Card.Capacity:
		return Waitlist, true
	}
	return In, true
}

// honoured reports whether the reply comes with an invitation that counts and
// has uses left. SPEC 7.7, 8.5.
func (r Request) honoured(now time.Time) bool {
	inv := r.Invitation
	return inv != nil && inv.Event == r.Event.ID && r.Reply.Event == r.Event.ID &&
		r.Reply.Proves(inv.Invite) &&
		(inv.Uses == 0 || r.Order < inv.Uses) &&
		r.Event.Honours(inv, r.Revokes, now) == nil
}
