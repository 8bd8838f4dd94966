package secretary_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/vault"
	"votive/proto/votive"
)

// series is a yearly vigil of a host who hears of others, with an invitation to
// it.
func series(t *testing.T, w *world, host *person, capacity int, terms secretary.Terms) (votive.ID, secretary.Invitation) {
	t.Helper()
	event := host.vigil(votive.ID{})
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=YEARLY"), Capacity: &capacity}); err != nil {
		t.Fatal(err)
	}
	inv, err := host.Invite(host.ctx, event, terms)
	if err != nil {
		t.Fatal(err)
	}
	w.carry()
	return event, inv
}

// replies is a guest who accepts the invitation, if they have not, and replies.
func (p *person) replies(w *world, inv secretary.Invitation, say secretary.Rsvp) {
	p.t.Helper()
	if e := p.knows(inv.Event); e.Keep == nil {
		if err := p.accepts(inv.Link); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := p.Rsvp(p.ctx, inv.Event, say); err != nil {
		p.t.Fatal(err)
	}
	w.carry()
}

// answered is what the guest was answered.
func (p *person) answered(event votive.ID) votive.Admission {
	if a := p.knows(event).Answer; a != nil {
		return a.Admission
	}
	return votive.Pending
}

// endsFirst goes to an hour after the Inbox of the first date has served, and
// has it replaced.
func endsFirst(t *testing.T, w *world, host, other *person, event votive.ID) {
	t.Helper()
	first := host.knows(event).State.Card.Inbox
	w.at.Store(time.Date(2027, 6, 5, 15, 0, 0, 0, time.UTC).UnixNano()) // 25 h after its end
	other.joins("readers")                                              // the host hears of somebody
	w.carry()
	host.sweep()
	e := host.knows(event)
	if e.State.Card.Inbox == first || len(e.Replies()) != 0 {
		t.Fatalf("new Inbox %v, %d replies are left, want true, 0: nothing is tested", e.State.Card.Inbox != first, len(e.Replies()))
	}
}

// TestCountingOutlivesReplies: how many places are taken, and how many have come
// with an invitation, is known when the replies that it was counted by are
// destroyed with their Inbox, and nothing else of them is. SPEC 7.7, 8.7.
func TestCountingOutlivesReplies(t *testing.T) {
	if testing.Short() {
		t.Skip("much work, and nothing that others do not do at the same time")
	}
	yes := func(party int) secretary.Rsvp {
		return secretary.Rsvp{Status: votive.RsvpYes, Party: &party, Name: said("Lam Wing-kee"), Note: said("with my mother")}
	}
	for _, c := range []struct {
		what      string
		uses      int
		before    []secretary.Rsvp
		after     secretary.Rsvp // of somebody new
		want      votive.Admission
		remain    int // guests of whom anything is kept
		again     int // of those before, who says the same again when it is soon
		wantAgain votive.Admission
	}{
		{"a party of 3 has 3 of 4 places", 0, []secretary.Rsvp{yes(3)}, yes(2), votive.Waitlist, 1, 0, votive.In},
		{"two uses are used up", 2, []secretary.Rsvp{yes(1), {Status: votive.RsvpNo}, yes(1)}, yes(1), votive.Pending, 2, 1, votive.In},
		{"who said no to an invitation for all", 0, []secretary.Rsvp{{Status: votive.RsvpNo}}, yes(4), votive.In, 0, 0, votive.Waitlist},
	} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			host := w.person()
			guests := make([]*person, len(c.before)+1)
			for i := range guests {
				guests[i] = w.person()
			}
			late := guests[len(c.before)]
			event, inv := series(t, w, host, 4, secretary.Terms{Uses: c.uses})
			for i, say := range c.before {
				guests[i].replies(w, inv, say)
			}
			endsFirst(t, w, host, late, event)
			for range 2 { // as it is, and as it is read again
				left := host.knows(event).Came()
				if len(left) != c.remain {
					t.Errorf("%+v is left, want %d guests", left, c.remain)
				}
				host.relock()
			}
			if err := host.vault.Scan(host.ctx, func(name string, row []byte) error {
				if strings.HasPrefix(name, "g") && binary.BigEndian.Uint64(row[1:9]) > uint64(c.remain) {
					t.Errorf("a row says when a guest came, and not only in which order: %d", binary.BigEndian.Uint64(row[1:9]))
				}
				if bytes.Contains(row, []byte("Lam Wing-kee")) || bytes.Contains(row, []byte("with my mother")) {
					t.Errorf("a row says what a guest said: %q", row)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			late.replies(w, inv, c.after)
			if got := late.answered(event); got != c.want {
				t.Errorf("who comes next is answered %v, want %v", got, c.want)
			}
			w.at.Store(time.Date(2028, 5, 6, 12, 0, 0, 0, time.UTC).UnixNano()) // soon: all say it again
			w.carry()
			guests[c.again].replies(w, inv, yes(1))
			if got := guests[c.again].answered(event); got != c.wantAgain {
				t.Errorf("who came before and comes again is answered %v, want %v", got, c.wantAgain)
			}
			if got := late.answered(event); got != c.want {
				t.Errorf("who came next is answered %v in the end, want %v", got, c.want)
			}
			known := len(host.knows(event).Replies())
			if err := host.vault.Flush(host.ctx); err != nil {
				t.Fatal(err)
			}
			host.relock()
			if got := len(host.knows(event).Replies()); got != known {
				t.Errorf("read again there are %d replies, want %d", got, known)
			}
		})
	}
}

// TestUsesOutliveRestart: who came first with an invitation did so after a
// restart, too, whatever they have changed since. SPEC 7.7.
func TestUsesOutliveRestart(t *testing.T) {
	w := newWorld(t)
	host, first, second := w.person(), w.person(), w.person()
	event, inv := series(t, w, host, 4, secretary.Terms{Uses: 1})
	first.replies(w, inv, secretary.Rsvp{Status: votive.RsvpYes})
	w.pass(time.Minute)
	second.replies(w, inv, secretary.Rsvp{Status: votive.RsvpYes})
	w.pass(time.Minute)
	first.replies(w, inv, secretary.Rsvp{Status: votive.RsvpMaybe})
	if a, b := first.answered(event), second.answered(event); a != votive.In || b != votive.Pending {
		t.Fatalf("before, they are answered %v, %v, want in, pending", a, b)
	}
	if err := host.vault.Flush(host.ctx); err != nil {
		t.Fatal(err)
	}
	host.relock()
	second.replies(w, inv, secretary.Rsvp{Status: votive.RsvpMaybe})
	first.replies(w, inv, secretary.Rsvp{Status: votive.RsvpYes})
	if a, b := first.answered(event), second.answered(event); a != votive.In || b != votive.Pending {
		t.Errorf("after a restart they are answered %v, %v, want in, pending", a, b)
	}
	if got := host.knows(event).Replies()[0].ID(); got != first.knows(event).Mine.Reply.ID() {
		t.Error("after a restart the second is the first")
	}
}

// TestSecondDeviceOfSeries: a second computer, which cannot read the Inbox of a
// series, makes another one when it changes the series. What is sealed to the
// one before is read on the first computer until that has served. SPEC 8.7.
func TestSecondDeviceOfSeries(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event, inv := series(t, w, host, 4, secretary.Terms{})
	guest.replies(w, inv, secretary.Rsvp{Status: votive.RsvpYes, Name: said("Lam")})
	var backup [24]string
	_ = host.book.View(func(v *almanac.View) error { backup = v.Identity().Backup(); return nil })
	second := w.person(backup[:]...).withFrames(host.sent, guest.sent)
	w.people = []*person{host, second} // the guest is off
	if _, err := second.Edit(second.ctx, event, secretary.Wish{City: said("London")}); err != nil {
		t.Fatal(err)
	}
	w.carry()
	reads := func(when string, want int) {
		t.Helper()
		host.sweep()
		if e := host.knows(event); e.State.Card.City != "London" || len(e.Replies()) != want {
			t.Errorf("%s the first computer knows of %q and reads %d replies, want London and %d", when, e.State.Card.City, len(e.Replies()), want)
		}
	}
	reads("when the second has changed it", 1)
	w.at.Store(time.Date(2027, 6, 5, 13, 59, 0, 0, time.UTC).UnixNano()) // 23 h 59 min after its end
	reads("before a day has passed", 1)
	w.pass(2 * time.Minute)
	reads("when it has served", 0)
}

// TestForgettingThatFails: what could not be destroyed is known as before, and
// destroyed the next time. SPEC 8.7.
func TestForgettingThatFails(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event, inv := series(t, w, host, 4, secretary.Terms{})
	guest.replies(w, inv, secretary.Rsvp{Status: votive.RsvpYes})
	first := host.knows(event).State.Card.Inbox
	fails, cancel := context.WithCancel(host.ctx)
	cancel() // the vault does nothing
	forgets := func(what string, reads bool) {
		t.Helper()
		if err := host.book.Sweep(fails); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: Sweep = %v, want %v: nothing is tested", what, err, context.Canceled)
		}
		if e := host.knows(event); len(e.Replies()) != 1 || e.Reads() != reads {
			t.Errorf("%s: %d replies are known, reads %v, want 1, %v", what, len(e.Replies()), e.Reads(), reads)
		}
		host.sweep()
		if e := host.knows(event); len(e.Replies()) != 0 {
			t.Errorf("%s: %d replies are known in the end, want 0", what, len(e.Replies()))
		}
	}
	w.at.Store(time.Date(2027, 6, 5, 15, 0, 0, 0, time.UTC).UnixNano()) // 25 h after its end
	guest.joins("readers")
	w.carry()
	if host.knows(event).State.Card.Inbox == first {
		t.Fatal("there is no new Inbox: nothing is tested")
	}
	forgets("an Inbox that has served", true)

	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said(""), Start: at(t, "2027-07-04T20:00"), End: at(t, "2027-07-04T22:00")}); err != nil {
		t.Fatal(err)
	}
	w.carry()
	guest.replies(w, inv, secretary.Rsvp{Status: votive.RsvpMaybe})
	w.at.Store(time.Date(2027, 7, 6, 15, 0, 0, 0, time.UTC).UnixNano())
	forgets("an event that is over", true)
	if e := host.knows(event); e.Reads() || len(e.Came()) != 0 {
		t.Errorf("of what is over %d guests are known, reads %v, want 0, false", len(e.Came()), e.Reads())
	}
}

// TestPurgeIsOwed: what was destroyed goes out of the vault's files, also where
// votive ended before it could see to that. SPEC 8.7.
func TestPurgeIsOwed(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event, inv := series(t, w, host, 4, secretary.Terms{})
	guest.replies(w, inv, secretary.Rsvp{Status: votive.RsvpYes})
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("")}); err != nil {
		t.Fatal(err)
	}
	w.at.Store(time.Date(2028, 7, 6, 15, 0, 0, 0, time.UTC).UnixNano())
	owes := func() bool {
		t.Helper()
		_, err := host.vault.Get(host.ctx, "p")
		if err != nil && !errors.Is(err, vault.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil
	}
	cut := 0
	for n := range 100 { // the nth time that it is asked, the computer goes off
		err := host.book.Sweep(&ending{Context: host.ctx, left: n})
		if gone := len(host.knows(event).Replies()) == 0; gone && err != nil {
			cut++
			if !owes() {
				t.Errorf("cut off at %d, the replies are gone and no purge is owed", n)
			}
		}
		if err == nil {
			break
		}
	}
	if cut == 0 {
		t.Error("it was never cut off between the two: nothing is tested")
	}
	if owes() {
		t.Error("a purge is owed after one, want none")
	}
}

// ending is a context that ends when it was asked so many times.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

func (e *ending) Done() <-chan struct{} {
	done := make(chan struct{})
	if e.left <= 0 {
		close(done)
	}
	return done
}
