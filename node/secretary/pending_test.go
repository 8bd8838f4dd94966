package secretary_test

import (
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// pending is how many links somebody waits for.
func (p *person) pending() (n int) {
	p.t.Helper()
	if err := p.book.View(func(v *almanac.View) error { n = len(v.Pending()); return nil }); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// remembers keeps a link whose record has not come.
func (p *person) remembers(link votive.Link) {
	p.t.Helper()
	o, err := secretary.Read(link.String(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.Remember(p.ctx, o); err != nil {
		p.t.Fatalf("Remember = %v", err)
	}
}

func TestPendingLinkIsTakenWhenItComes(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	circle, err := host.NewCircle(host.ctx, "Friday readers")
	if err != nil {
		t.Fatal(err)
	}
	toEvent, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	toCircle, err := host.InviteToCircle(host.ctx, circle, secretary.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	guest.remembers(toEvent.Link)
	guest.remembers(toCircle.Link)
	if got := guest.pending(); got != 2 || guest.knows(event).Known {
		t.Fatalf("%d links are pending, event known: %v, want 2 and false", got, guest.knows(event).Known)
	}
	w.carry()
	if got := guest.pending(); got != 0 {
		t.Errorf("%d links are pending after their records came, want 0", got)
	}
	if !guest.knows(event).Known {
		t.Error("the event behind a pending link is not known")
	}
	_ = guest.book.View(func(v *almanac.View) error {
		if c := v.Circles(); len(c) != 1 || c[0].ID != circle {
			t.Errorf("the guest is in %v, want the circle behind the pending link", c)
		}
		return nil
	})
	if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: votive.RsvpYes}); err != nil {
		t.Errorf("Rsvp = %v", err)
	}
}

func TestPendingLinkThatExpiredIsDropped(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	inv, err := host.Invite(host.ctx, event, secretary.Terms{Expires: w.now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	guest.remembers(inv.Link)
	w.pass(2 * time.Hour)
	w.carry()
	if got := guest.pending(); got != 0 || guest.knows(event).Known {
		t.Errorf("%d links are pending, event known: %v, want 0 and false", got, guest.knows(event).Known)
	}
}
