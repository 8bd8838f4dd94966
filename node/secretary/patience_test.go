package secretary_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// patient has everybody wait just the mean.
func (w *world) patient() *world {
	w.delay = func(mean time.Duration) time.Duration { return mean }
	return w
}

// after lets time pass, has somebody do their duties, and gives how many frames
// they want to publish then.
func (w *world) after(d time.Duration, p *person) int {
	w.t.Helper()
	w.pass(d)
	p.Duties(p.ctx)
	return p.book.Waiting()
}

// invites gives a vigil, and a link to it without a limit.
func (p *person) invites() (votive.ID, secretary.Invitation) {
	p.t.Helper()
	event := p.vigil(votive.ID{})
	inv, err := p.Invite(p.ctx, event, secretary.Terms{})
	if err != nil {
		p.t.Fatalf("Invite = %v", err)
	}
	return event, inv
}

func (p *person) comes(event votive.ID, party int) {
	p.t.Helper()
	if err := p.Rsvp(p.ctx, event, secretary.Rsvp{Status: votive.RsvpYes, Party: &party}); err != nil {
		p.t.Fatalf("Rsvp = %v", err)
	}
}

// SPEC 8.9: a guest is let in within seconds; and cannot have the organizer's
// node publish when they like, nor as often as they like.
func TestGuestDoesNotMakeTheOrganizerPublish(t *testing.T) {
	w := newWorld(t).patient()
	host, guest := w.person(), w.person()
	event, inv := host.invites()
	host.post(w)
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatal(err)
	}
	party := 0
	updates := func(n int) {
		for range n {
			party++
			guest.comes(event, party%3+1)
			guest.post(w)
			if got := w.after(0, host); got != 0 {
				t.Fatalf("an update has the organizer's node publish %d frames at once", got)
			}
		}
	}
	updates(1)
	if got := w.after(10*time.Second, host); got != 1 {
		t.Fatalf("10 s after the first reply %d answers wait to be published, want 1", got)
	}
	host.post(w)
	if a := guest.knows(event).Answer; a == nil || a.Admission != votive.In {
		t.Fatalf("the guest was answered %+v, want in", a)
	}
	for i, most := range []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 6 * time.Hour} {
		updates(3)
		if got := w.after(most-time.Second, host); got != 0 {
			t.Errorf("round %d: %d answers after %v, want none yet", i, got, most-time.Second)
		}
		// What is lost when the node stops is drawn again, and no sooner.
		if err := host.book.Lock(); err != nil {
			t.Fatal(err)
		}
		host.Duties(host.ctx)
		if err := host.book.Unlock(host.ctx, nil); err != nil {
			t.Fatal(err)
		}
		if got := w.after(time.Second, host); got != 0 {
			t.Errorf("round %d: %d answers as soon as the vault is open, want none", i, got)
		}
		if got := w.after(most, host); got != 1 {
			t.Errorf("round %d: %d answers after %v, want 1 to all updates", i, got, most)
		}
		host.post(w)
		if got := host.knows(event).Replies(); len(got) != 1 || got[0].Answer.Heard != got[0].Counter {
			t.Errorf("round %d: replies %+v, want one, answered", i, got)
		}
	}
}

// Who has a link without a limit can come as many guests. They are answered
// together, and the more come the longer they wait, up to what a guest bears.
func TestNewcomersAreAnsweredTogether(t *testing.T) {
	w := newWorld(t).patient()
	host := w.person()
	event, inv := host.invites()
	host.post(w)
	// Each is one computer, and one identity, that comes again as another.
	var waits []time.Duration
	for range 2 {
		const crowd = 8
		for range crowd {
			guest := w.carrier()
			if _, err := guest.Init(guest.ctx, nil, nil); err != nil {
				t.Fatal(err)
			}
			guest.receive(host.sent)
			if err := guest.accepts(inv.Link); err != nil {
				t.Fatal(err)
			}
			guest.comes(event, 1)
			guest.post(w)
			if got := w.after(0, host); got != 0 {
				t.Fatalf("a newcomer is answered at once")
			}
			w.leaves(guest)
		}
		waited := time.Duration(0)
		for host.book.Waiting() == 0 {
			waited += time.Second
			if w.after(time.Second, host); waited > time.Hour {
				t.Fatal("nobody is answered within an hour")
			}
		}
		if got := host.book.Waiting(); got != crowd {
			t.Errorf("%d answers are published at one moment, want %d", got, crowd)
		}
		host.post(w)
		waits = append(waits, waited)
	}
	if waits[1] <= waits[0] {
		t.Errorf("crowds waited %v, want the second longer", waits)
	}
}

// SPEC 8.6, 8.9: an organizer who changes the Inbox does not find out at once
// where all guests are, and not as often as they like.
func TestOrganizerDoesNotMakeGuestsPublish(t *testing.T) {
	w := newWorld(t).patient()
	host, guest := w.person(), w.person()
	event, inv := host.invites()
	host.post(w)
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatal(err)
	}
	guest.comes(event, 1)
	guest.post(w)
	var words [24]string
	_ = host.book.View(func(v *almanac.View) error { words = v.Identity().Backup(); return nil })
	for i, most := range []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour} {
		again := w.person(words[:]...) // a restored organizer makes a new Inbox
		again.receive(host.sent)
		if _, err := again.Edit(again.ctx, event, secretary.Wish{City: said("London " + string(rune('A'+i)))}); err != nil {
			t.Fatalf("Edit = %v", err)
		}
		again.post(w)
		host.sent = append(host.sent, again.sent...)
		w.leaves(again)
		if got := w.after(0, guest); got != 0 {
			t.Errorf("inbox %d: %d frames at once, want none", i, got)
		}
		if got := w.after(most-time.Second, guest); got != 0 {
			t.Errorf("inbox %d: %d frames after %v, want none yet", i, got, most-time.Second)
		}
		if got := w.after(2*time.Second, guest); got != 2 {
			t.Errorf("inbox %d: %d frames after %v, want the reply and the note to oneself", i, got, most)
		}
		guest.post(w)
	}
}

// Who holds a link that somebody waits for does not find out where they are by
// publishing what is behind it. The person sees it at once.
func TestPendingLinkDoesNotMakeGuestsPublish(t *testing.T) {
	w := newWorld(t).patient()
	host, guest := w.person(), w.person()
	event, inv := host.invites()
	guest.remembers(inv.Link)
	host.post(w)
	if got := w.after(0, guest); got != 0 {
		t.Errorf("%d frames at once, want none", got)
	}
	if got := guest.pending(); got != 0 || !guest.knows(event).Known {
		t.Errorf("%d links are pending, event known: %v, want 0 and true", got, guest.knows(event).Known)
	}
	if got := w.after(9*time.Minute, guest); got != 0 {
		t.Errorf("%d frames within 9 minutes, want none yet", got)
	}
	if got := w.after(time.Minute, guest); got != 1 {
		t.Errorf("%d frames after 10 minutes, want the note to oneself", got)
	}
	guest.post(w)
	if got := w.after(time.Hour, guest); got != 0 {
		t.Errorf("%d frames later on, want none", got)
	}
	var words [24]string
	_ = guest.book.View(func(v *almanac.View) error { words = v.Identity().Backup(); return nil })
	again := w.person(words[:]...)
	again.receive(append(host.sent, guest.sent...))
	if e := again.knows(event); e.Keep == nil || e.Keep.Invitation == nil {
		t.Error("who was restored has no invitation to the event")
	}
}

// A person says it themself: that waits for nothing, and what was automatic
// about the same reply is not sent beside it.
func TestPersonDoesNotWait(t *testing.T) {
	w := newWorld(t).patient()
	host, guest := w.person(), w.person()
	event, inv := host.invites()
	host.post(w)
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatal(err)
	}
	guest.comes(event, 1)
	guest.post(w)
	w.after(0, host)
	if got := w.after(time.Minute, host); got != 1 {
		t.Fatalf("%d answers wait in the outbox, want 1", got)
	}
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Place: said("Gate 5")}); err != nil {
		t.Fatal(err)
	}
	// The revision, the note to oneself, and one answer, with the new place.
	if got := host.book.Waiting(); got != 3 {
		t.Errorf("%d frames wait, want 3", got)
	}
	host.post(w)
	if d := guest.knows(event).Details(); d == nil || d.Place != "Gate 5" {
		t.Errorf("the guest was told %+v, want gate 5", d)
	}
}

// Run does by the clock what waits, with the waits it ships with.
func TestRunIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ahead := time.Until(start)
		w.clock = func() time.Time { return time.Now().Add(ahead) }
		host, guest := w.person(), w.person()
		event, inv := host.invites()
		host.post(w)
		if err := guest.accepts(inv.Link); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		s := secretary.New(host.book, secretary.Options{Log: host.Log})
		go func() { ended <- s.Run(ctx) }()
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Errorf("Run = %v", err)
			}
		}()
		answered := func(limit time.Duration) time.Duration {
			began := time.Now()
			for host.book.Waiting() == 0 {
				if time.Since(began) > limit {
					t.Fatalf("no answer within %v", limit)
				}
				time.Sleep(100 * time.Millisecond) // of the bubble
				synctest.Wait()
			}
			host.post(w)
			return time.Since(began)
		}
		guest.comes(event, 1)
		guest.post(w)
		if took := answered(time.Minute); took > 15*time.Second {
			t.Errorf("the first answer took %v, want at most some seconds", took)
		}
		guest.comes(event, 2)
		guest.post(w)
		answered(41 * time.Minute)
	})
}
