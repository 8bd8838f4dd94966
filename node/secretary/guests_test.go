package secretary_test

import (
	"bytes"
	"slices"
	"testing"

	"votive/node/secretary"
	"votive/proto/votive"
)

// reads are the records that frames open to under a secret.
func reads(t *testing.T, kind votive.Kind, secret votive.Secret, frames []votive.Frame) (all []votive.Record) {
	t.Helper()
	r := votive.NewReader(kind, secret)
	pieces := make(map[votive.ID][]votive.Piece)
	for _, f := range frames {
		p, err := r.Open(f)
		if err != nil {
			continue // under another secret
		}
		whole := pieces[p.Whole()]
		if slices.ContainsFunc(whole, func(had votive.Piece) bool { return had.Index() == p.Index() }) {
			continue // sent again
		}
		whole = append(whole, p)
		pieces[p.Whole()] = whole
		if len(whole) < p.Parts() {
			continue
		}
		rec, err := votive.Join(r, whole...)
		if err != nil {
			t.Fatalf("Join = %v", err)
		}
		all = append(all, rec)
	}
	return all
}

// TestGuestsLearnOfNoGuests: of all that an organizer sends once guests answer, a
// guest can read what they were answered themselves. SPEC 8.8.
func TestGuestsLearnOfNoGuests(t *testing.T) {
	w := newWorld(t)
	host, lam := w.person(), w.person()
	others := []*person{w.person(), w.person()}
	names := []string{"Wong Siu-ming", "Chan Tai-man"}
	circle := host.joins("june4")
	event := host.vigil(circle)
	inv, err := host.Invite(host.ctx, event, secretary.Terms{Uses: 5})
	if err != nil {
		t.Fatal(err)
	}
	w.carry()
	for _, p := range append(others, lam) {
		if err := p.accepts(inv.Link); err != nil {
			t.Fatal(err)
		}
	}
	before := len(host.sent)
	for i, p := range others {
		say := secretary.Rsvp{Status: votive.RsvpYes, Name: said(names[i]), Note: said("with " + names[1-i])}
		if err := p.Rsvp(p.ctx, event, say); err != nil {
			t.Fatal(err)
		}
	}
	if err := lam.Rsvp(lam.ctx, event, secretary.Rsvp{Status: votive.RsvpMaybe}); err != nil {
		t.Fatal(err)
	}
	w.carry()
	if got := host.knows(event).Replies(); len(got) != 3 {
		t.Fatalf("the host has %d replies, want 3", len(got))
	}
	answered := host.sent[before:]

	e := lam.knows(event)
	open, err := votive.OpenCircleSecret("june4")
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[votive.Kind]votive.Secret{
		votive.KindCircle: open, votive.KindEvent: e.Keep.Secret,
		votive.KindWalkIn: votive.WalkInSecret(e.Keep.Secret), votive.KindAnswer: e.Mine.Reply.Secret,
	}
	for kind, secret := range secrets {
		got := reads(t, kind, secret, answered)
		if kind == votive.KindAnswer {
			if len(got) == 0 {
				t.Error("the guest cannot read what they were answered")
			}
		} else if len(got) != 0 {
			t.Errorf("as many guests answered, the organizer sent %d records under the secret of the %v, want none", len(got), kind)
		}
	}

	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei"), Place: said("Gate 4")}); err != nil {
		t.Fatal(err)
	}
	w.carry()
	revised := 0
	for kind, secret := range secrets {
		for _, rec := range reads(t, kind, secret, host.sent[before:]) {
			revised++
			for _, name := range names {
				if bytes.Contains(rec.Bytes(), []byte(name)) {
					t.Errorf("a guest can read the name of another, %q, in a record under the secret of the %v", name, kind)
				}
			}
		}
	}
	if revised < 2 {
		t.Errorf("after a change the guest can read %d records, want the revision and their answer at least", revised)
	}
	if e := lam.knows(event); len(e.Replies()) != 0 || e.State.Card.City != "Taipei" {
		t.Errorf("the guest knows of %d guests, of the event in %s, want none, Taipei", len(e.Replies()), e.State.Card.City)
	}
}
