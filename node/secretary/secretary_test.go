package secretary_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

func TestAnnounceInCircle(t *testing.T) {
	w := newWorld(t)
	host, member, outsider, keeper := w.person(), w.person(), w.person(), w.carrier()
	circle := host.joins("june4")
	event := host.vigil(circle)
	w.carry()
	if member.knows(event).Known {
		t.Fatal("somebody who is not in the circle knows the event")
	}
	member.joins("June4") // what has come before is found now
	if e := member.knows(event); !e.Known || e.State.Card.Title != "Candlelight vigil" || e.Circle != circle {
		t.Errorf("a member knows %+v, want the vigil in the circle", e)
	}
	if e := member.knows(event); e.Details() != nil {
		t.Errorf("a member who was not let in knows the place %q", e.Details().Place)
	}
	if outsider.knows(event).Known {
		t.Error("an outsider knows the event")
	}
	if got, want := keeper.store.Len(), member.store.Len(); got != want {
		t.Errorf("the keeper carries %d frames, a member %d", got, want)
	}
}

func TestInviteAcceptReplyAnswer(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	inv, err := host.Invite(host.ctx, event, secretary.Terms{Uses: 2})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	w.carry()
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	if e := guest.knows(event); !e.Known || e.Details() != nil {
		t.Fatalf("the guest knows %+v, want the event without the place", e)
	}
	say := secretary.Rsvp{Status: votive.RsvpYes, Party: said(2), Name: said("Lam")}
	if err := guest.Rsvp(guest.ctx, event, say); err != nil {
		t.Fatalf("Rsvp = %v", err)
	}
	w.carry()
	replies := host.knows(event).Replies()
	if len(replies) != 1 || replies[0].Name != "Lam" || replies[0].Party != 2 {
		t.Fatalf("the host has replies %+v, want Lam's for 2", replies)
	}
	e := guest.knows(event)
	if e.Answer == nil || e.Answer.Admission != votive.In {
		t.Fatalf("the guest was answered %+v, want in", e.Answer)
	}
	if d := e.Details(); d == nil || d.Place != "Victoria Park, gate 3" {
		t.Errorf("the guest was told %+v, want the place", d)
	}
	t.Run("new details reach who was let in", func(t *testing.T) {
		if _, err := host.Edit(host.ctx, event, secretary.Wish{Place: said("Gate 5")}); err != nil {
			t.Fatalf("Edit = %v", err)
		}
		w.carry()
		e := guest.knows(event)
		if d := e.Details(); d == nil || d.Place != "Gate 5" {
			t.Errorf("the guest was told %+v, want gate 5", d)
		}
		if e.State.Card.City != "Hong Kong" || e.State.Sequence != 1 {
			t.Errorf("city %q, sequence %d, want what was not named unchanged, and 1", e.State.Card.City, e.State.Sequence)
		}
	})
	t.Run("a change of mind", func(t *testing.T) {
		if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: votive.RsvpNo}); err != nil {
			t.Fatalf("Rsvp = %v", err)
		}
		w.carry()
		if got := host.knows(event).Replies(); len(got) != 1 || got[0].Status != votive.RsvpNo || got[0].Name != "Lam" {
			t.Errorf("the host has %+v, want one reply, no, by Lam", got)
		}
		if a := guest.knows(event).Answer; a == nil || a.Admission != votive.Declined {
			t.Errorf("the guest was answered %+v, want declined", a)
		}
	})
}

func TestCapacityAndUses(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{}) // room for 3
	inv, err := host.Invite(host.ctx, event, secretary.Terms{Uses: 3})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	w.carry()
	want := []votive.Admission{votive.In, votive.Waitlist, votive.In, votive.Pending} // the fourth has no use left
	for i, party := range []int{2, 2, 1, 1} {
		g := w.person()
		g.receive(host.sent)
		if err := g.accepts(inv.Link); err != nil {
			t.Fatalf("guest %d: Accept = %v", i, err)
		}
		if err := g.Rsvp(g.ctx, event, secretary.Rsvp{Status: votive.RsvpYes, Party: said(party)}); err != nil {
			t.Fatalf("guest %d: Rsvp = %v", i, err)
		}
		w.carry()
		got := votive.Pending
		if a := g.knows(event).Answer; a != nil {
			got = a.Admission
		}
		if got != want[i] {
			t.Errorf("guest %d, party of %d, was answered %v, want %v", i, party, got, want[i])
		}
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	host, guest, stranger := w.person(), w.person(), w.person()
	circle := host.joins("june4")
	event := host.vigil(circle)
	inv, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	revoked, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	brief, err := host.Invite(host.ctx, event, secretary.Terms{Expires: w.now().Add(time.Hour)})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	if err := host.Revoke(host.ctx, votive.InviteHash(revoked.Invitation.Invite)); err != nil {
		t.Fatalf("Revoke = %v", err)
	}
	w.carry()
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	w.pass(2 * time.Hour)
	for _, c := range []struct {
		why  string
		do   func() error
		want error
	}{
		{"an event in the past", func() error {
			_, err := host.Announce(host.ctx, secretary.Wish{Title: said("x"), Start: at(t, "2027-04-04T20:00")}, circle, "")
			return err
		}, secretary.ErrRefused},
		{"end before start", func() error {
			_, err := host.Announce(host.ctx, secretary.Wish{
				Title: said("x"), Start: at(t, "2027-06-04T20:00"), End: at(t, "2027-06-04T19:00"),
			}, circle, "")
			return err
		}, secretary.ErrInput},
		{"a title over the limit", func() error {
			_, err := host.Edit(host.ctx, event, secretary.Wish{Title: said(string(make([]byte, 201)))})
			return err
		}, secretary.ErrInput},
		{"a title that is not UTF-8", func() error {
			_, err := host.Edit(host.ctx, event, secretary.Wish{Title: said("\xff")})
			return err
		}, secretary.ErrInput},
		{"no start", func() error {
			_, err := host.Announce(host.ctx, secretary.Wish{Title: said("x")}, circle, "")
			return err
		}, secretary.ErrInput},
		{"an edit by a guest", func() error {
			_, err := guest.Edit(guest.ctx, event, secretary.Wish{Title: said("x")})
			return err
		}, secretary.ErrRefused},
		{"an invitation by a guest", func() error {
			_, err := guest.Invite(guest.ctx, event, secretary.Terms{})
			return err
		}, secretary.ErrRefused},
		{"a revoked invitation", func() error { return guest.accepts(revoked.Link) }, secretary.ErrRefused},
		{"a revoked invitation to somebody new", func() error { return stranger.accepts(revoked.Link) }, secretary.ErrRefused},
		{"a file without what its link leads to", func() error {
			made, err := host.File(host.ctx, inv)
			if err != nil {
				return err
			}
			made[20] ^= 1
			o, err := secretary.Read("", made)
			if err != nil {
				return err
			}
			return stranger.Inspect(stranger.ctx, o)
		}, secretary.ErrRefused},
		{"an expired invitation", func() error { return guest.accepts(brief.Link) }, secretary.ErrRefused},
		{"an invitation that expires in the past", func() error {
			_, err := host.Invite(host.ctx, event, secretary.Terms{Expires: start})
			return err
		}, secretary.ErrRefused},
		{"an invitation to an open circle", func() error {
			_, err := host.InviteToCircle(host.ctx, circle, secretary.Terms{})
			return err
		}, secretary.ErrRefused},
		{"an announcement in a circle that one is not in", func() error {
			_, err := guest.Announce(guest.ctx, secretary.Wish{Title: said("x"), Start: at(t, "2027-06-04T20:00")}, circle, "")
			return err
		}, secretary.ErrRefused},
		{"a circle without a name", func() error {
			_, err := host.NewCircle(host.ctx, " ")
			return err
		}, secretary.ErrInput},
		{"an unknown event", func() error {
			_, err := host.Cancel(host.ctx, votive.ID{1}, "")
			return err
		}, almanac.ErrNotFound},
		{"a reply to one's own event", func() error {
			return host.Rsvp(host.ctx, event, secretary.Rsvp{})
		}, secretary.ErrRefused},
	} {
		waiting := host.book.Waiting() + guest.book.Waiting()
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.why, err, c.want)
		}
		if now := host.book.Waiting() + guest.book.Waiting(); now != waiting {
			t.Errorf("%s: %d frames were sealed all the same", c.why, now-waiting)
		}
	}
}

func TestInvitationBySomebodyElse(t *testing.T) {
	w := newWorld(t)
	host, mallory, victim := w.person(), w.person(), w.person()
	event := host.vigil(votive.ID{})
	var keep *votive.KeepEvent
	_ = host.book.View(func(v *almanac.View) error { keep = v.Event(event).Keep; return nil })
	var forged *votive.Invitation
	err := mallory.book.Write(mallory.ctx, func(v *almanac.View) (almanac.Draft, error) {
		invite, err := votive.NewSecret(rand.Reader)
		if err != nil {
			return almanac.Draft{}, err
		}
		forged, err = votive.NewInvitation(v.Identity().EventKey([32]byte{1}), votive.Invitation{
			Event: event, Secret: keep.Secret, Invite: invite, Expires: w.now().Add(time.Hour),
		})
		return almanac.Draft{Send: []almanac.Letter{
			{Kind: votive.KindLink, Secret: forged.LinkSecret(), Body: forged, Until: w.now().Add(time.Hour)},
		}}, err
	})
	if err != nil {
		t.Fatalf("Write = %v", err)
	}
	link, err := votive.NewLink(forged.LinkSecret(), nil)
	if err != nil {
		t.Fatal(err)
	}
	mallory.post(w)
	// Before the event is here nobody can say who organizes it.
	if err := victim.accepts(link); err != nil {
		t.Fatalf("Accept before the event has come = %v", err)
	}
	w.carry()
	if err := victim.Rsvp(victim.ctx, event, secretary.Rsvp{Status: votive.RsvpYes}); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Rsvp with an invitation by no organizer = %v, want it refused", err)
	}
	if err := w.person().withFrames(host.sent, mallory.sent).accepts(link); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Accept of an invitation by no organizer = %v, want it refused", err)
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t)
	host, member := w.person(), w.person()
	event := host.vigil(host.joins("june4"))
	member.joins("june4")
	w.carry()
	if _, err := host.Cancel(host.ctx, event, "storm"); err != nil {
		t.Fatalf("Cancel = %v", err)
	}
	w.carry()
	card := member.knows(event).State.Card
	if card.Status != votive.Cancelled || card.Reason != "storm" {
		t.Errorf("a member sees it %v (%q), want cancelled (storm)", card.Status, card.Reason)
	}
	if _, err := host.Cancel(host.ctx, event, ""); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Cancel again = %v, want it refused", err)
	}
}

func TestClosedCircle(t *testing.T) {
	w := newWorld(t)
	host, member := w.person(), w.person()
	circle, err := host.NewCircle(host.ctx, "Friends of the square")
	if err != nil {
		t.Fatalf("NewCircle = %v", err)
	}
	event := host.vigil(circle)
	inv, err := host.InviteToCircle(host.ctx, circle, secretary.Terms{})
	if err != nil {
		t.Fatalf("InviteToCircle = %v", err)
	}
	w.carry()
	if err := member.accepts(inv.Link); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	if e := member.knows(event); !e.Known || e.Circle != circle {
		t.Errorf("a new member knows %+v, want the vigil", e)
	}
	if err := member.LeaveCircle(member.ctx, circle); err != nil {
		t.Fatalf("LeaveCircle = %v", err)
	}
	if member.knows(event).Known {
		t.Error("who left the circle knows the event still")
	}
	if err := member.accepts(inv.Link); err != nil {
		t.Fatalf("Accept again = %v", err)
	}
	if !member.knows(event).Known {
		t.Error("who came back to the circle does not know the event")
	}
}

// SPEC 7.8: what is in a file is opened whatever its expiry: it may have been on
// its way for longer than frames live.
func TestFileIsReadAfterItsFramesDied(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event, err := host.Announce(host.ctx, secretary.Wish{Title: said("Vigil"), Start: at(t, "2028-06-04T20:00")}, votive.ID{}, "")
	if err != nil {
		t.Fatalf("Announce = %v", err)
	}
	inv, _, o := host.files(event)
	for _, f := range o.Frames {
		if d := f.Expiry().Time().Sub(w.now()); d > 0 {
			w.pass(d)
		}
	}
	if inv.Expired(w.now()) {
		t.Fatalf("the invitation has expired at %v, want one that outlives the frames", w.now())
	}
	if err := guest.Inspect(guest.ctx, o); err != nil {
		t.Fatalf("Inspect = %v", err)
	}
	if err := guest.Accept(guest.ctx, o); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	if e := guest.knows(event); !e.Known || e.Inbox() == nil {
		t.Errorf("the guest knows %+v, want all it takes to answer", e)
	}
}

func TestFileWorksOffline(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	_, file, o := host.files(event)
	if err := guest.Inspect(guest.ctx, o); err != nil {
		t.Fatalf("Inspect = %v", err)
	}
	if o.Event == nil || o.Event.Card.Title != "Candlelight vigil" {
		t.Fatalf("before accepting the guest sees %+v, want the vigil", o.Event)
	}
	if guest.knows(event).Known || guest.store.Len() != 0 {
		t.Error("looking at the file changed something")
	}
	if err := guest.Accept(guest.ctx, o); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	if e := guest.knows(event); !e.Known || e.Inbox() == nil {
		t.Errorf("the guest knows %+v, want all it takes to answer", e)
	}
	for cut := range len(file) {
		if cut%97 != 0 && cut < len(file)-9 {
			continue
		}
		if _, err := secretary.Read("", file[:cut]); cut > 0 && !errors.Is(err, secretary.ErrRefused) {
			t.Fatalf("Read(first %d of %d bytes) = %v, want it refused", cut, len(file), err)
		}
	}
}

func TestRestoreFromBackup(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	circle := host.joins("june4")
	event := host.vigil(circle)
	var backup [24]string
	_ = host.book.View(func(v *almanac.View) error { backup = v.Identity().Backup(); return nil })
	w.carry()
	again := w.person(backup[:]...)
	again.receive(host.sent)
	e := again.knows(event)
	if !e.Known || !e.Organized() || e.Circle != circle {
		t.Fatalf("after a restore %+v is known, want the organizer's event", e)
	}
	if _, err := again.Edit(again.ctx, event, secretary.Wish{City: said("London")}); err != nil {
		t.Fatalf("Edit after a restore = %v", err)
	}
	w.carry()
	if city := host.knows(event).State.Card.City; city != "London" {
		t.Errorf("the first device sees city %q, want London", city)
	}
}

func TestRestoredOrganizerHearsGuestsAgain(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	inv, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	w.carry()
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	var backup [24]string
	_ = host.book.View(func(v *almanac.View) error { backup = v.Identity().Backup(); return nil })
	again := w.person(backup[:]...)
	again.receive(host.sent)
	w.people = []*person{guest, again} // the first device is gone
	if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: votive.RsvpYes, Name: said("Lam")}); err != nil {
		t.Fatalf("Rsvp = %v", err)
	}
	w.carry()
	if got := again.knows(event).Replies(); len(got) != 0 {
		t.Fatalf("replies to a lost inbox = %+v, want none", got)
	}
	if _, err := again.Edit(again.ctx, event, secretary.Wish{City: said("London")}); err != nil {
		t.Fatalf("Edit = %v", err)
	}
	w.carry()
	if got := again.knows(event).Replies(); len(got) != 1 || got[0].Name != "Lam" {
		t.Errorf("replies to the new inbox = %+v, want Lam's", got)
	}
	if a := guest.knows(event).Answer; a == nil || a.Admission != votive.In {
		t.Errorf("the guest was answered %+v, want in", a)
	}
}

func TestRepliesAreDestroyed(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
	inv, err := host.Invite(host.ctx, event, secretary.Terms{})
	if err != nil {
		t.Fatalf("Invite = %v", err)
	}
	w.carry()
	if err := guest.accepts(inv.Link); err != nil {
		t.Fatalf("Accept = %v", err)
	}
	if err := guest.Rsvp(guest.ctx, event, secretary.Rsvp{Status: votive.RsvpYes, Name: said("Lam")}); err != nil {
		t.Fatalf("Rsvp = %v", err)
	}
	w.carry()
	w.at.Store(time.Date(2027, 6, 5, 13, 59, 0, 0, time.UTC).UnixNano()) // it ended at 14:00 UTC the day before
	host.sweep()
	if got := host.knows(event).Replies(); len(got) != 1 {
		t.Fatalf("before 24 hours have passed there are %d replies, want 1", len(got))
	}
	w.pass(2 * time.Minute)
	host.sweep()
	if e := host.knows(event); len(e.Replies()) != 0 || e.Reads() {
		t.Errorf("after 24 hours there are %d replies, and the key is there: %v", len(e.Replies()), e.Reads())
	}
	rows := 0
	if err := host.vault.Scan(host.ctx, func(_ string, row []byte) error {
		if kind := votive.Kind(row[0]); kind == votive.KindReply || kind == votive.KindAnswer {
			rows++
		}
		return nil
	}); err != nil || rows != 0 {
		t.Errorf("the vault holds %d rows of replies (%v), want 0", rows, err)
	}
}

func TestLockAndUnlock(t *testing.T) {
	w := newWorld(t)
	host, late := w.person(), w.carrier()
	if _, err := late.Init(late.ctx, []byte("correct horse"), nil); err != nil {
		t.Fatalf("Init = %v", err)
	}
	late.joins("june4")
	if err := late.book.Lock(); err != nil {
		t.Fatalf("Lock = %v", err)
	}
	event := host.vigil(host.joins("june4"))
	w.carry()
	if err := late.book.View(func(*almanac.View) error { return nil }); err == nil {
		t.Fatal("View of a locked almanac = nil, want ErrLocked")
	}
	if late.store.Len() == 0 {
		t.Fatal("a locked node carries nothing")
	}
	if err := late.book.Unlock(late.ctx, []byte("correct horse")); err != nil {
		t.Fatalf("Unlock = %v", err)
	}
	if !late.knows(event).Known {
		t.Error("what came while locked is not known after unlocking")
	}
}

func TestContacts(t *testing.T) {
	w := newWorld(t)
	a, b := w.person(), w.person()
	if err := a.Introduce(a.ctx, "Ms. Chan"); err != nil {
		t.Fatalf("Introduce = %v", err)
	}
	link, err := a.Card(a.ctx, false, false)
	if err != nil {
		t.Fatalf("Card = %v", err)
	}
	w.carry()
	o, err := secretary.Read(link.QR(), nil)
	if err != nil {
		t.Fatalf("Read = %v", err)
	}
	if err := b.Inspect(b.ctx, o); err != nil {
		t.Fatalf("Inspect = %v", err)
	}
	if err := b.AddContact(b.ctx, o, "Auntie"); err != nil {
		t.Fatalf("AddContact = %v", err)
	}
	_ = b.book.View(func(v *almanac.View) error {
		c := v.Contacts()
		if len(c) != 1 || c[0].Petname != "Auntie" || c[0].Card.Name != "Ms. Chan" {
			t.Errorf("contacts = %+v, want Auntie, who says she is Ms. Chan", c)
		}
		return nil
	})
	if err := a.AddContact(a.ctx, o, "me"); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("AddContact(own card) = %v, want it refused", err)
	}
}

// TestSecondDeviceTakesNoReplies: a word changed on a device that cannot read
// the replies does not have the one that can destroy them, of guests whose
// nodes are off. SPEC 8.7.
func TestSecondDeviceTakesNoReplies(t *testing.T) {
	w := newWorld(t)
	host, guest := w.person(), w.person()
	event := host.vigil(votive.ID{})
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
	var backup [24]string
	_ = host.book.View(func(v *almanac.View) error { backup = v.Identity().Backup(); return nil })
	second := w.person(backup[:]...).withFrames(host.sent, guest.sent)
	w.people = []*person{host, second} // the guest is off
	if _, err := second.Edit(second.ctx, event, secretary.Wish{City: said("London")}); err != nil {
		t.Fatal(err)
	}
	w.carry()
	host.sweep()
	if e := host.knows(event); e.State.Card.City != "London" || len(e.Replies()) != 1 {
		t.Errorf("the first device knows of %q and reads %d replies, want London and 1", e.State.Card.City, len(e.Replies()))
	}
}
