package secretary_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/recur"
	"votive/proto/votive"
)

// TestOccurrence is one date of an event that recurs, as a member of its circle
// comes to know it. SPEC 6.10.
func TestOccurrence(t *testing.T) {
	w := newWorld(t)
	host, member := w.person(), w.person()
	circle := host.joins("june4")
	member.joins("june4")
	event := host.vigil(circle)
	card := host.knows(event).State.Card
	first, err := recur.ParseDate(card.Start.Local()[:10])
	if err != nil {
		t.Fatal(err)
	}
	change := func(o votive.Occurrence) error {
		_, err := host.Occurrence(host.ctx, event, o)
		return err
	}
	if err := change(votive.Occurrence{Date: first, Cancelled: true}); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("cancelling a date of what does not recur = %v, want a refusal", err)
	}
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=WEEKLY")}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    votive.Occurrence
		want string
	}{
		{votive.Occurrence{Date: first + 1, Cancelled: true}, "it is not on"},
		{votive.Occurrence{Date: first + 7, Start: *at(t, "2020-01-01T20:00")}, "is past"},
		{votive.Occurrence{Date: first + 21, Cancelled: true}, ""},
		{votive.Occurrence{Date: first + 7, Start: card.Start}, ""},
		{votive.Occurrence{Date: first + 14, Cancelled: true}, ""},
		{votive.Occurrence{Date: first + 14, Cancelled: true}, ""}, // again is the same
	} {
		err := change(c.o)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Occurrence(%+v) = %v, want %q", c.o, err, c.want)
		}
	}
	w.carry()
	got := member.knows(event).State.Card
	if len(got.Occurrences) != 3 || got.Occurrences[0].Start != card.Start || !got.Occurrences[1].Cancelled || got.Occurrences[2].Date != first+21 {
		t.Errorf("a member knows of %+v", got.Occurrences)
	}
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=WEEKLY;COUNT=2")}); !errors.Is(err, secretary.ErrInput) {
		t.Errorf("a rule that loses a cancelled date = %v, want a refusal", err)
	}
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("")}); err != nil {
		t.Errorf("taking the recurrence away = %v", err)
	}
	if got := host.knows(event).State.Card; got.Recurs() || len(got.Occurrences) > 0 {
		t.Errorf("what recurs no longer is %+v, %+v", got.Recurrence, got.Occurrences)
	}
}

// TestInviteToSeries: an invitation to what never ends does.
func TestInviteToSeries(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{})
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=DAILY")}); err != nil {
		t.Fatal(err)
	}
	inv, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil || !inv.Expires.Equal(w.now().Add(366*24*time.Hour).Truncate(time.Second)) {
		t.Errorf("Invite = until %v, %v, want a year from %v", inv.Expires, err, w.now())
	}
}

// TestInboxOfSeries: who came to a vigil that is held every year can be read of
// until a day after it, and again a month before the next; what is held every
// week has a new Inbox now and then. SPEC 8.6, 8.7.
func TestInboxOfSeries(t *testing.T) {
	for _, c := range []struct {
		rule      string
		pass      time.Duration // after the first occurrence, until there is a new Inbox
		forgotten bool          // then, until the guest's node says it again
	}{
		{"FREQ=YEARLY", 0, true},
		{"FREQ=WEEKLY", 15 * 24 * time.Hour, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			w := newWorld(t)
			host, guest := w.person(), w.person()
			event := host.vigil(votive.ID{})
			if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said(c.rule)}); err != nil {
				t.Fatal(err)
			}
			inv, err := host.Invite(host.ctx, event, secretary.Terms{})
			if err != nil {
				t.Fatal(err)
			}
			w.carry()
			if err := guest.accepts(inv.Link); err != nil {
				t.Fatal(err)
			}
			if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: votive.RsvpYes, Name: said("Lam")}); err != nil {
				t.Fatal(err)
			}
			w.carry()
			guests := func(when string, want int) {
				t.Helper()
				for _, locked := range []bool{false, true} { // as it is, and as it is read again
					if got := host.knows(event).Replies(); len(got) != want || want > 0 && (got[0].Name != "Lam" || got[0].Answer == nil) {
						t.Errorf("%s (locked before: %v) the host reads of %+v, want %d guests", when, locked, got, want)
					}
					if e := host.knows(event); !e.Reads() {
						t.Errorf("%s the host cannot read replies", when)
					}
					if !locked {
						host.relock()
					}
				}
			}
			first := host.knows(event).State.Card.Inbox
			w.at.Store(time.Date(2027, 6, 5, 13, 59, 0, 0, time.UTC).UnixNano()) // 23 h 59 min after its end
			w.carry()
			host.sweep()
			guests("before a day has passed", 1)
			if got := host.knows(event).State.Card.Inbox; got != first {
				t.Error("there is a new Inbox before a day has passed")
			}
			w.pass(2*time.Minute + c.pass)
			w.carry()
			if got := host.knows(event).State.Card.Inbox; got != first {
				t.Error("there is a new Inbox on a computer that hears nobody")
			}
			guest.joins("readers") // which is a frame
			w.carry()
			host.sweep()
			second := host.knows(event).State.Card.Inbox
			if second == first {
				t.Fatal("there is no new Inbox")
			}
			w.pass(8 * 24 * time.Hour)
			w.carry()
			if got := host.knows(event).State.Card.Inbox; got != second {
				t.Error("there is another Inbox within the month")
			}
			if c.forgotten {
				guests("when it is over", 0)
				w.at.Store(time.Date(2028, 5, 1, 12, 0, 0, 0, time.UTC).UnixNano())
				w.carry()
				guests("a month before the next", 0)
				w.at.Store(time.Date(2028, 5, 6, 12, 0, 0, 0, time.UTC).UnixNano())
				w.carry()
			}
			guests("soon before the next", 1)
			if a := guest.knows(event).Answer; a == nil || a.Admission != votive.In || a.Counter != 1 {
				t.Errorf("the guest's answer is %+v, want the first", a)
			}
		})
	}
}

// TestPlacesOfSeries: a place is not given away because the reply that asked for
// it was destroyed with its Inbox. SPEC 8.7.
func TestPlacesOfSeries(t *testing.T) {
	w := newWorld(t)
	host, first, second := w.person(), w.person(), w.person()
	event := host.vigil(votive.ID{})
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=YEARLY"), Capacity: said(1)}); err != nil {
		t.Fatal(err)
	}
	inv, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	w.carry()
	comes := func(guest *person) {
		t.Helper()
		if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: votive.RsvpYes}); err != nil {
			t.Fatal(err)
		}
		w.carry()
	}
	for _, guest := range []*person{first, second} {
		if err := guest.accepts(inv.Link); err != nil {
			t.Fatal(err)
		}
	}
	comes(first)
	w.at.Store(time.Date(2027, 6, 5, 15, 0, 0, 0, time.UTC).UnixNano()) // 25 h after its end
	first.joins("readers")                                              // the host hears of somebody
	w.carry()
	host.sweep()
	if got := len(host.knows(event).Replies()); got != 0 {
		t.Fatalf("%d replies are here, want them destroyed: nothing is tested", got)
	}
	host.relock()
	comes(second)
	if a := second.knows(event).Answer; a == nil || a.Admission != votive.Waitlist {
		t.Errorf("who comes to a full event is answered %+v, want the waitlist", a)
	}
	if a := first.knows(event).Answer; a == nil || a.Admission != votive.In {
		t.Errorf("who had the place is answered %+v, want in", a)
	}
}

// TestOlderReplyToNewInbox: what a guest said last counts, whichever of their
// computers says what again to a new Inbox. SPEC 8.2, 8.6.
func TestOlderReplyToNewInbox(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=YEARLY")}); err != nil {
		t.Fatal(err)
	}
	inv, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	w.carry()
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatal(err)
	}
	says := func(status votive.Rsvp) votive.Reply {
		t.Helper()
		if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: status}); err != nil {
			t.Fatal(err)
		}
		w.carry()
		return guest.knows(event).Mine.Reply
	}
	older := says(votive.RsvpYes)
	says(votive.RsvpNo)
	first := host.knows(event).State.Card.Inbox
	w.at.Store(time.Date(2027, 6, 5, 15, 0, 0, 0, time.UTC).UnixNano()) // 25 h after its end
	guest.joins("readers")                                              // the host hears of somebody
	w.carry()
	e := host.knows(event)
	if e.State.Card.Inbox == first || len(e.Replies()) != 1 {
		t.Fatalf("new Inbox %v, %d replies, want true, 1: nothing is tested", e.State.Card.Inbox != first, len(e.Replies()))
	}
	sealed, err := e.Inbox().Seal(older)
	if err != nil {
		t.Fatal(err)
	}
	err = guest.book.Write(guest.ctx, func(v *almanac.View) (almanac.Draft, error) {
		return almanac.Draft{Send: []almanac.Letter{{
			Kind: votive.KindReply, Secret: votive.ReplySecret(guest.knows(event).Keep.Invitation.Invite), About: event, Body: sealed, Until: v.Now().Add(time.Hour),
		}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	guest.post(w)
	if err := host.vault.Flush(host.ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := host.store.Expire(host.ctx, w.now().AddDate(1, 0, 0)); err != nil { // what is left is the vault
		t.Fatal(err)
	}
	for range 2 {
		if got := host.knows(event).Replies(); len(got) != 1 || got[0].Status != votive.RsvpNo {
			t.Errorf("the host reads of %+v, want no", got)
		}
		host.relock()
	}
}

// warnings counts what is logged as a warning.
type warnings struct {
	slog.Handler
	n *int
}

func (w warnings) Enabled(context.Context, slog.Level) bool { return true }

func (w warnings) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		*w.n++
	}
	return nil
}

// TestInboxThatCannotBe: what cannot be done for years is said once, and tried
// again in hours.
func TestInboxThatCannotBe(t *testing.T) {
	w := newWorld(t)
	w.delay = func(mean time.Duration) time.Duration { return mean }
	host, other := w.person(), w.person()
	event := host.vigil(votive.ID{})
	if _, err := host.Edit(host.ctx, event, secretary.Wish{Rule: said("FREQ=YEARLY;COUNT=2")}); err != nil {
		t.Fatal(err)
	}
	said := 0
	host.Log = slog.New(warnings{slog.DiscardHandler, &said})
	// No votive of today can write such a revision.
	newer := func(yes bool) {
		if err := host.book.View(func(v *almanac.View) error { v.Event(event).State.NeedsNewer = yes; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	newer(true)
	w.at.Store(time.Date(2027, 6, 5, 15, 0, 0, 0, time.UTC).UnixNano())
	hours := func(n int) {
		t.Helper()
		for range 60 * n {
			w.pass(time.Minute)
			host.Duties(host.ctx)
		}
	}
	other.joins("readers")
	other.post(w) // somebody is heard
	hours(14)
	if said != 1 {
		t.Errorf("in 14 hours it was said %d times, want once", said)
	}
	first := host.knows(event).State.Card.Inbox
	newer(false)
	other.joins("writers")
	other.post(w)
	hours(13)
	if host.knows(event).State.Card.Inbox == first {
		t.Error("when it is possible there is no new Inbox")
	}
}
