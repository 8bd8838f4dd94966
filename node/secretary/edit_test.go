package secretary_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// follow signs the next revision that a desk comes to, by the host of an
// event, without telling anybody.
func (p *person) follow(desk *votive.Desk, draft votive.Draft) *votive.Counted {
	p.t.Helper()
	var counted *votive.Counted
	err := p.book.View(func(v *almanac.View) error {
		signer := v.Identity().EventKey(v.Event(desk.Event).Keep.Nonce)
		proposal, err := desk.Propose(draft)
		if err != nil {
			return err
		}
		signature, err := votive.Sign(signer, proposal.Revision.ID())
		if err != nil {
			return err
		}
		desk.Signatures = append(desk.Signatures, signature)
		var enough bool
		if counted, enough = desk.Assemble(proposal); !enough {
			return errors.New("the host's signature is not enough")
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	desk.Counted = append(desk.Counted, counted)
	return counted
}

// takes is a revision that comes back to who signed it, as to a computer that
// was restored.
func (p *person) takes(event votive.ID, c *votive.Counted) {
	p.t.Helper()
	err := p.book.Write(p.ctx, func(v *almanac.View) (almanac.Draft, error) {
		return almanac.Draft{Send: []almanac.Letter{{
			Kind: votive.KindEvent, Secret: v.Event(event).Keep.Secret, About: event, Body: c, Until: start.AddDate(1, 0, 0),
		}}}, nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestEditKeepsWhereItWent: a change that names only the city leaves that the
// event goes on as another one. SPEC 5.15.
func TestEditKeepsWhereItWent(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{})
	e := host.knows(event)
	other := votive.ID{7}
	host.takes(event, host.follow(&votive.Desk{Event: event, Counted: e.Counted()}, votive.Draft{Card: e.State.Card, MovedTo: other}))
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei")}); err != nil {
		t.Fatalf("Edit = %v", err)
	}
	if s := host.knows(event).State; s.MovedTo != other || s.Card.City != "Taipei" || s.Sequence != 2 {
		t.Errorf("after an edit the event in %s, sequence %d, goes on as %v, want Taipei, 2, %v", s.Card.City, s.Sequence, s.MovedTo, other)
	}
}

// TestEditRefusesWhatItDoesNotUnderstand: what a newer votive said, and said
// that it matters, would be left out of the next revision. SPEC 5.12.
func TestEditRefusesWhatItDoesNotUnderstand(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{})
	// No votive of today can write such a revision.
	if err := host.book.View(func(v *almanac.View) error { v.Event(event).State.NeedsNewer = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei")}); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Edit = %v, want %v", err, secretary.ErrRefused)
	}
	if _, err := host.Cancel(host.ctx, event, ""); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Cancel = %v, want %v", err, secretary.ErrRefused)
	}
	if s := host.knows(event).State; s.Sequence != 0 {
		t.Errorf("sequence = %d after what was refused, want 0", s.Sequence)
	}
}

// TestRestoredOrganizerWaits: who signed a revision that has come back, and not
// the one before it, signs nothing beside it. SPEC 5.13 b.
func TestRestoredOrganizerWaits(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{})
	e := host.knows(event)
	desk := &votive.Desk{Event: event, Counted: e.Counted()}
	card := e.State.Card
	card.City = "Taipei"
	second := host.follow(desk, votive.Draft{Card: card})
	card.City = "Tainan"
	third := host.follow(desk, votive.Draft{Card: card})
	host.takes(event, third)
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Macau")}); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Edit before the second revision is here = %v, want %v", err, secretary.ErrRefused)
	}
	host.takes(event, second)
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Macau")}); err != nil {
		t.Errorf("Edit when all is here = %v, want nil", err)
	}
	if s := host.knows(event).State; s.Conflict || s.Card.City != "Macau" || s.Sequence != 3 {
		t.Errorf("city %s, sequence %d, conflict %v, want Macau, 3, false", s.Card.City, s.Sequence, s.Conflict)
	}
}

// TestRestoredOrganizerKnowsWhatWasLast: the note to oneself says what was
// signed last, also where that has not come back.
func TestRestoredOrganizerKnowsWhatWasLast(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(host.joins("june4"))
	host.post(w)
	founded := len(host.sent)
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei")}); err != nil {
		t.Fatal(err)
	}
	host.post(w)
	revision, rest := host.sent[founded:founded+1], host.sent[founded+1:]
	var backup [24]string
	_ = host.book.View(func(v *almanac.View) error { backup = v.Identity().Backup(); return nil })
	again := w.person(backup[:]...).withFrames(host.sent[:founded], rest)
	if e := again.knows(event); !e.Organized() || e.State.Sequence != 0 {
		t.Fatalf("sequence %d came back, want the organizer's event without its second revision", e.State.Sequence)
	}
	if _, err := again.Edit(again.ctx, event, secretary.Wish{City: said("Macau")}); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Edit before the second revision is here = %v, want %v", err, secretary.ErrRefused)
	}
	again.withFrames(revision)
	if _, err := again.Edit(again.ctx, event, secretary.Wish{City: said("Macau")}); err != nil {
		t.Errorf("Edit when all is here = %v, want nil", err)
	}
	again.post(w)
	if s := host.knows(event).State; s.Conflict || s.Card.City != "Macau" {
		t.Errorf("the first device sees %s, conflict %v, want Macau and none", s.Card.City, s.Conflict)
	}
}

// TestInboxIsDestroyedInConflict: organizers who disagree do not keep the key
// that opens replies for ever; it goes a day after the last of the ends that
// they name. SPEC 8.7.
func TestInboxIsDestroyedInConflict(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{})
	e := host.knows(event)
	first := slices.Clip(e.Counted())
	for _, end := range []string{"2027-06-04T21:00", "2027-06-05T21:00"} { // 13:00 UTC
		card := e.State.Card
		card.End = *at(t, end)
		desk := &votive.Desk{Event: event, Counted: first}
		host.takes(event, host.follow(desk, votive.Draft{Card: card}))
	}
	if e := host.knows(event); !e.State.Conflict || !e.Reads() {
		t.Fatalf("conflict %v, reads replies %v, want both", e.State.Conflict, e.Reads())
	}
	w.at.Store(time.Date(2027, 6, 6, 12, 59, 0, 0, time.UTC).UnixNano())
	host.sweep()
	if !host.knows(event).Reads() {
		t.Error("the key is gone before the later end has passed for a day")
	}
	w.pass(2 * time.Minute)
	host.sweep()
	if host.knows(event).Reads() {
		t.Error("the key is there a day after the later end")
	}
}
