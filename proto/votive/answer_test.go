package votive

import (
	"testing"
	"time"
)

// TestAutomatic is the table of SPEC 8.5: what is answered without a person,
// and what is not.
func TestAutomatic(t *testing.T) {
	ana := eventKey(t, "ana")
	g, err := NewGenesis([32]byte{7}, ana.Key())
	if err != nil {
		t.Fatal(err)
	}
	event := func(change func(*Card)) *Event {
		card := fakeCard("vigil", ana.Key())
		card.Capacity = 10
		change(&card)
		e, _ := Fold(g.Event(), []*Counted{fakeCount(fakeRevision(t, g, card, nil), ana.Key())})
		return &e
	}
	as := func(*Card) {}
	open := event(as)
	conflict := *open
	conflict.Conflict = true
	invite := func(s Signer, change func(*Invitation)) *Invitation {
		i := Invitation{Event: g.Event(), Secret: testSecret("event"), Invite: testSecret("invite"), Expires: noon, Uses: 3}
		change(&i)
		inv, err := NewInvitation(s, i)
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	inv := invite(ana, func(*Invitation) {})
	revoke, err := NewRevoke(ana, g.Event(), testSecret("invite"))
	if err != nil {
		t.Fatal(err)
	}
	reply := func(status Rsvp, party int) Reply {
		return Reply{Event: g.Event(), Secret: testSecret("reply"), Status: status, Party: party}
	}
	invited := func(status Rsvp, party int) Reply { return reply(status, party).WithInvite(testSecret("invite")) }
	forged := invited(RsvpYes, 1)
	forged.Party = 2

	tests := []struct {
		name    string
		request Request
		now     time.Time
		want    Admission
		answers bool
	}{
		{"yes", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: inv}, noon, In, true},
		{"maybe", Request{Event: open, Reply: invited(RsvpMaybe, 1), Invitation: inv}, noon, In, true},
		{"no", Request{Event: open, Reply: invited(RsvpNo, 1), Invitation: inv}, noon, Declined, true},
		{"the last places", Request{Event: open, Reply: invited(RsvpYes, 3), Invitation: inv, Seated: 7}, noon, In, true},
		{"one too many", Request{Event: open, Reply: invited(RsvpYes, 3), Invitation: inv, Seated: 8}, noon, Waitlist, true},
		{"full", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: inv, Seated: 10}, noon, Waitlist, true},
		{"a party of nobody takes a place", Request{Event: open, Reply: invited(RsvpYes, 0), Invitation: inv, Seated: 10}, noon, Waitlist, true},
		{"no when full", Request{Event: open, Reply: invited(RsvpNo, 1), Invitation: inv, Seated: 10}, noon, Declined, true},
		{"without a limit", Request{Event: event(func(c *Card) { c.Capacity = 0 }), Reply: invited(RsvpYes, 100), Invitation: inv, Seated: 100_000}, noon, In, true},
		{"the last use", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: inv, Order: 2}, noon, In, true},
		{"no use left", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: inv, Order: 3}, noon, Pending, false},
		{"uses without a limit", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: invite(ana, func(i *Invitation) { i.Uses = 0 }), Order: 1000}, noon, In, true},
		{"expired", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: inv}, noon.Add(time.Second), Pending, false},
		{"revoked", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: inv, Revokes: []*Revoke{revoke}}, noon, Pending, false},
		{"a stranger's invitation", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: invite(eventKey(t, "eve"), func(*Invitation) {})}, noon, Pending, false},
		{"another event's invitation", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: invite(ana, func(i *Invitation) { i.Event = ID{1} })}, noon, Pending, false},
		{"another invitation than the reply's", Request{Event: open, Reply: invited(RsvpYes, 1), Invitation: invite(ana, func(i *Invitation) { i.Invite = testSecret("another") })}, noon, Pending, false},
		{"a mac that does not hold", Request{Event: open, Reply: forged, Invitation: inv}, noon, Pending, false},
		{"a walk-in", Request{Event: open, Reply: reply(RsvpYes, 1)}, noon, Pending, false},
		{"a walk-in with somebody's invitation", Request{Event: open, Reply: reply(RsvpYes, 1), Invitation: inv}, noon, Pending, false},
		{"no of a walk-in", Request{Event: open, Reply: reply(RsvpNo, 1)}, noon, Declined, false},
		{"no of a walk-in who was let in", Request{Event: open, Reply: reply(RsvpNo, 1), Answered: In}, noon, Declined, true},
		{"no after expiry of who was let in", Request{Event: open, Reply: invited(RsvpNo, 1), Invitation: inv, Answered: In}, noon.Add(time.Hour), Declined, true},
		{"yes after expiry of who was let in", Request{Event: open, Reply: invited(RsvpYes, 2), Invitation: inv, Answered: In}, noon.Add(time.Hour), Pending, false},
		{"answered by people", Request{Event: event(func(c *Card) { c.Answers = AnswersApprove }), Reply: invited(RsvpYes, 1), Invitation: inv}, noon, Pending, false},
		{"closed", Request{Event: event(func(c *Card) { c.Answers = AnswersClosed }), Reply: invited(RsvpYes, 1), Invitation: inv}, noon, Pending, false},
		{"cancelled", Request{Event: event(func(c *Card) { c.Status = Cancelled }), Reply: invited(RsvpYes, 1), Invitation: inv}, noon, Pending, false},
		{"in conflict", Request{Event: &conflict, Reply: invited(RsvpYes, 1), Invitation: inv}, noon, Pending, false},
	}
	for _, test := range tests {
		got, answers := test.request.Automatic(test.now)
		if answers != test.answers || answers && got != test.want {
			t.Errorf("%s: Automatic = %v, %v, want %v, %v", test.name, got, answers, test.want, test.answers)
		}
	}
}
