package votive

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"votive/proto/internal/wirepb"
	"votive/proto/recur"
)

// sample is a body with the kind and the secret under which it counts.
type sample struct {
	name   string
	kind   Kind
	secret Secret
	body   Body
}

// eventKey is the same in every run: the key of somebody for the test event.
func eventKey(t testing.TB, who string) Signer {
	t.Helper()
	return testIdentity(t, who).EventKey([32]byte{7})
}

// vigil is a first revision of ana, ben and cem, with everything on its card,
// signed by all of them.
func vigil(t testing.TB) (*Revision, *Counted) {
	t.Helper()
	signers := []Signer{eventKey(t, "ana"), eventKey(t, "ben"), eventKey(t, "cem")}
	slices.SortFunc(signers, func(a, b Signer) int { return a.Key().Compare(b.Key()) })
	g, err := NewGenesis([32]byte{7}, signers[0].Key(), signers[1].Key(), signers[2].Key())
	if err != nil {
		t.Fatal(err)
	}
	start, err := ParseTime("2027-06-04T20:00", "Asia/Hong_Kong")
	if err != nil {
		t.Fatal(err)
	}
	end, err := start.Lasting(2 * time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	card := Card{
		Title: "六四燭光晚會", Text: "Bring a candle.", Status: Tentative, Start: start, End: end,
		City: "Hong Kong", Tags: []string{"vigil", "june4"}, Language: "zh-HK",
		Links: []string{"https://example.org/"}, Capacity: 100, Answers: AnswersApprove, AnsweredBy: 2,
		Inbox: testInboxKey(t, "vigil").Public(g.Event()).Hash(), Details: testDetails(t).Hash(), Reason: "none yet",
	}
	for _, s := range signers {
		card.Organizers = append(card.Organizers, Organizer{Key: s.Key(), By: "an organizer"})
	}
	if card.Organizers[1], err = card.Organizers[1].Attest(testIdentity(t, "ben").PersonKey(), g.Event()); err != nil {
		t.Fatal(err)
	}
	card.PartOf, card.Geo = ID{8}, &Geo{Latitude: 22_282_222, Longitude: 114_188_333}
	p, err := NewEvent(g, card)
	if err != nil {
		t.Fatal(err)
	}
	d := Desk{Event: g.Event(), Proposals: []*Proposal{p}}
	for _, s := range signers {
		if err := d.MaySign(p, s.Key()); err != nil {
			t.Fatal(err)
		}
		sig, err := Sign(s, p.Revision.ID())
		if err != nil {
			t.Fatal(err)
		}
		d.Signatures = append(d.Signatures, sig)
	}
	c, counts := d.Assemble(p)
	if !counts {
		t.Fatal("Assemble with all signatures = false, want true")
	}
	return p.Revision, c
}

func testInboxKey(t testing.TB, name string) InboxKey {
	t.Helper()
	k, err := NewInboxKey(seeded("inbox " + name))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testDetails(t testing.TB) *Details {
	t.Helper()
	d, err := NewDetails(seeded("details"), "12 Pak Tin Street, back door", []string{"https://example.org/room"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// testReply comes with the invite secret "invite".
func testReply(event ID) Reply {
	return Reply{
		Event: event, Secret: testSecret("reply"), Counter: 3, Status: RsvpYes,
		Party: 2, Name: "Dee", Note: "a note",
	}.WithInvite(testSecret("invite"))
}

// samples has a body of every type, with nothing left out.
func samples(t testing.TB) []sample {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r, counted := vigil(t)
	event := r.Event()
	again := r.Card()
	again.Recurrence = Recurrence{Rule: recur.Every(recur.Weekly), Dates: []recur.Date{day(t, "2027-06-05")}, Except: []recur.Date{day(t, "2027-06-25")}}
	again.Occurrences = []Occurrence{
		{Date: day(t, "2027-06-11"), Start: again.End, End: again.End},
		{Date: day(t, "2027-06-18"), Cancelled: true},
	}
	weekly, err := NewEvent(r.Genesis(), again)
	ok(err)
	signature, err := Sign(eventKey(t, "ana"), r.ID())
	ok(err)
	invitation, err := NewInvitation(eventKey(t, "ana"), Invitation{
		Event: event, Secret: testSecret("event"), Invite: testSecret("invite"),
		Expires: noon, Uses: 5, Role: RoleOrganizer,
	})
	ok(err)
	circle := testSecret("circle")
	intoCircle, err := NewInvitation(testIdentity(t, "ana").CircleKey(CircleID(circle)), Invitation{
		Circle: CircleID(circle), Secret: circle, Invite: testSecret("invite"), Expires: noon, Name: "friends",
	})
	ok(err)
	revoke, err := NewRevoke(eventKey(t, "ana"), event, testSecret("invite"))
	ok(err)
	key := testInboxKey(t, "card")
	card, err := NewContactCard(testIdentity(t, "ana").PersonKey(), "Ana", testSecret("inbox"), key, noon)
	ok(err)
	inbox := testInboxKey(t, "vigil").Public(event)
	sealed, err := inbox.Seal(testReply(event))
	ok(err)
	link, err := NewLink(invitation.LinkSecret(), nil)
	ok(err)
	self := testIdentity(t, "ana").Self()
	reply := testSecret("reply")
	return []sample{
		{"counted", KindCircle, circle, counted},
		{"counted for guests", KindEvent, circle, counted},
		{"counted on the desk", KindDesk, circle, counted},
		{"proposal", KindDesk, circle, &Proposal{Revision: r}},
		{"proposal that recurs", KindDesk, circle, weekly},
		{"signature", KindDesk, circle, signature},
		{"inbox", KindCircle, circle, inbox},
		{"inbox for guests", KindEvent, circle, inbox},
		{"details", KindDesk, circle, testDetails(t)},
		{"invitation", KindLink, invitation.LinkSecret(), invitation},
		{"invitation on the desk", KindDesk, circle, invitation},
		{"invitation to a circle", KindLink, intoCircle.LinkSecret(), intoCircle},
		{"revoke", KindEvent, circle, revoke},
		{"contact card", KindLink, card.LinkSecret(), card},
		{"reply", KindReply, circle, sealed},
		{"reply of a walk-in", KindWalkIn, circle, sealed},
		{"answer", KindAnswer, reply, &Answer{
			Event: event, Reply: testReply(event).ID(), Counter: 2, Heard: 3, Admission: In, Details: testDetails(t), Note: "welcome",
		}},
		{"kept circle", KindSelf, self, &KeepCircle{
			Counter: 1, Secret: circle, Name: "friends", Open: true, Left: true, Issuer: card.Author,
		}},
		{"kept event", KindSelf, self, &KeepEvent{
			Counter: 2, Event: event, Secret: testSecret("event"), Circle: circle, Nonce: [32]byte{7}, Desk: testSecret("desk"),
			Details: testDetails(t), Invitation: invitation, Opened: true, Attest: "invited", Signed: ID{8},
		}},
		{"kept invitation", KindSelf, self, &KeepInvite{Counter: 3, Invitation: invitation, Made: noon}},
		{"kept reply", KindSelf, self, &KeepReply{
			Counter: 4, Reply: testReply(event), Inbox: inbox.Hash(), Invite: testSecret("invite"), Secret: testSecret("event"),
		}},
		{"kept contact", KindSelf, self, &KeepContact{Counter: 5, Card: card, Petname: "Ana from work", Verified: true, Muted: true}},
		{"kept card", KindSelf, self, &KeepCard{Counter: 6, Card: card, Key: key}},
		{"kept inbox", KindSelf, self, &KeepInbox{Counter: 7, Event: event, Key: testInboxKey(t, "vigil")}},
		{"kept link", KindSelf, self, &KeepLink{Counter: 8, Link: link, Since: noon}},
	}
}

// ownDisk reports whether a sample is never to be found in a frame. SPEC 9.4.
func (s sample) ownDisk() bool {
	switch s.body.(type) {
	case *KeepInbox, *KeepLink:
		return true
	}
	return false
}

// message is the body of a sample for a test to spoil.
func (s sample) message() *wirepb.Body { return proto.CloneOf(s.body.wire()) }

// sampleNamed is one of them.
func sampleNamed(t testing.TB, name string) sample {
	t.Helper()
	all := samples(t)
	i := slices.IndexFunc(all, func(s sample) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("no sample %q", name)
	}
	return all[i]
}
