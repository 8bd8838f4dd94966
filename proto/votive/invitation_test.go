package votive

import (
	"errors"
	"testing"
	"time"
)

// TestHonours is SPEC 7.2, 7.3 and 7.6: whose invitations count, and until
// when.
func TestHonours(t *testing.T) {
	ana, ben, eve := eventKey(t, "ana"), eventKey(t, "ben"), eventKey(t, "eve")
	g, err := NewGenesis([32]byte{7}, ana.Key(), ben.Key())
	if err != nil {
		t.Fatal(err)
	}
	first := fakeCount(fakeRevision(t, g, fakeCard("first", ana.Key(), ben.Key()), nil), ana.Key(), ben.Key())
	without := fakeCount(fakeRevision(t, g, fakeCard("ben left", ana.Key()), nil, first), ana.Key(), ben.Key())
	with := fakeCount(fakeRevision(t, g, fakeCard("ben stayed", ana.Key(), ben.Key()), nil, first), ana.Key(), ben.Key())
	event := func(counted ...*Counted) *Event {
		e, _ := Fold(g.Event(), counted)
		return &e
	}
	invite := func(s Signer, event ID) *Invitation {
		inv, err := NewInvitation(s, Invitation{Event: event, Secret: testSecret("event"), Invite: testSecret("invite"), Expires: noon})
		if err != nil {
			t.Fatal(err)
		}
		return inv
	}
	revoke := func(s Signer, event ID, secret string) []*Revoke {
		r, err := NewRevoke(s, event, testSecret(secret))
		if err != nil {
			t.Fatal(err)
		}
		return []*Revoke{r}
	}
	tests := []struct {
		name    string
		event   *Event
		inv     *Invitation
		revokes []*Revoke
		now     time.Time
		want    error
	}{
		{"an organizer's", event(first), invite(ben, g.Event()), nil, noon, nil},
		{"a second too late", event(first), invite(ben, g.Event()), nil, noon.Add(time.Second), ErrExpired},
		{"a stranger's", event(first), invite(eve, g.Event()), nil, noon, ErrNotOrganizer},
		{"a former organizer's", event(first, without), invite(ben, g.Event()), nil, noon, ErrNotOrganizer},
		{"an organizer's in conflict", event(first, with, without), invite(ana, g.Event()), nil, noon, nil},
		{"one who organizes one head of two", event(first, with, without), invite(ben, g.Event()), nil, noon, ErrNotOrganizer},
		{"revoked by another organizer", event(first), invite(ben, g.Event()), revoke(ana, g.Event(), "invite"), noon, ErrRevoked},
		{"revoked by a stranger", event(first), invite(ben, g.Event()), revoke(eve, g.Event(), "invite"), noon, nil},
		{"revoked by a former organizer", event(first, without), invite(ana, g.Event()), revoke(ben, g.Event(), "invite"), noon, nil},
		{"another one revoked", event(first), invite(ben, g.Event()), revoke(ana, g.Event(), "another"), noon, nil},
		{"revoked for another event", event(first), invite(ben, g.Event()), revoke(ana, ID{1}, "invite"), noon, nil},
		{"nothing known yet", event(), invite(ben, g.Event()), nil, noon, ErrNotOrganizer},
	}
	for _, test := range tests {
		if got := test.event.Honours(test.inv, test.revokes, test.now); !errors.Is(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("%s: Honours = %v, want %v", test.name, got, test.want)
		}
	}
	if err := event(first).Honours(invite(ben, ID{1}), nil, noon); err == nil {
		t.Error("Honours(invitation to another event) = nil, want an error")
	}
}

// TestNewInvitationRefuses: nothing is signed that could not be read.
// SPEC 7.1.
func TestNewInvitationRefuses(t *testing.T) {
	good := Invitation{Event: ID{1}, Secret: testSecret("event"), Invite: testSecret("invite"), Expires: noon}
	if _, err := NewInvitation(eventKey(t, "ana"), good); err != nil {
		t.Fatal(err)
	}
	bad := map[string]func(*Invitation){
		"to nothing":        func(i *Invitation) { i.Event = ID{} },
		"to both":           func(i *Invitation) { i.Circle = CircleID(i.Secret) },
		"without a secret":  func(i *Invitation) { i.Secret = Secret{} },
		"without an invite": func(i *Invitation) { i.Invite = Secret{} },
		"never expiring":    func(i *Invitation) { i.Expires = time.Time{} },
		"less than no uses": func(i *Invitation) { i.Uses = -1 },
		"too many uses":     func(i *Invitation) { i.Uses = 100_001 },
		"in no known role":  func(i *Invitation) { i.Role = 2 },
		"to a wrong circle": func(i *Invitation) { i.Event, i.Circle, i.Name = ID{}, ID{1}, "friends" },
		"to a nameless one": func(i *Invitation) { i.Event, i.Circle = ID{}, CircleID(i.Secret) },
		"named after text":  func(i *Invitation) { i.Name = "\xff" },
	}
	for name, spoil := range bad {
		inv := good
		spoil(&inv)
		if _, err := NewInvitation(eventKey(t, "ana"), inv); err == nil {
			t.Errorf("NewInvitation(%s) = nil, want an error", name)
		}
	}
}

// TestLinkSecret: what a link leads to is named by what was signed, and not by
// the signature. SPEC 7.4.
func TestLinkSecret(t *testing.T) {
	s := sampleNamed(t, "invitation")
	inv := s.body.(*Invitation)
	author := inv.Author
	if want := digest("votive-link-1", author[:], inv.payload); inv.LinkSecret() != (Secret{key: want}) {
		t.Errorf("LinkSecret = %x, want %v", inv.LinkSecret().Bytes(), want)
	}
	card := sampleNamed(t, "contact card").body.(*ContactCard)
	if card.LinkSecret().Equal(inv.LinkSecret()) {
		t.Error("two records behind one link, want two")
	}
}
