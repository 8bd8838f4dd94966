package secretary_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// again is the same person on another computer, which has these frames.
func (p *person) again(w *world, frames ...[]votive.Frame) *person {
	p.t.Helper()
	var backup [24]string
	if err := p.book.View(func(v *almanac.View) error { backup = v.Identity().Backup(); return nil }); err != nil {
		p.t.Fatal(err)
	}
	return w.person(backup[:]...).withFrames(frames...)
}

// TestMerge: who changes an event on two computers, each of which has not heard
// of the other, chooses one of the two versions, on either. SPEC 5.9.
func TestMerge(t *testing.T) {
	for _, c := range []struct {
		what string
		own  bool // the version is of the computer on which it is chosen
	}{{"its own", true}, {"that of the other", false}} {
		t.Run(c.what, func(t *testing.T) {
			w := newWorld(t)
			host, guest := w.person(), w.person()
			event, inv := host.invites()
			w.carry()
			if err := guest.accepts(inv.Link); err != nil {
				t.Fatal(err)
			}
			guest.comes(event, 1)
			w.carry()
			second := host.again(w, host.sent, guest.sent)
			all := w.people
			places := map[string]string{"Taipei": "Liberty Square", "London": "Trafalgar Square"}
			change := func(p *person, city string) votive.ID {
				t.Helper()
				w.people = []*person{p}
				if _, err := p.Edit(p.ctx, event, secretary.Wish{City: &city, Place: said(places[city])}); err != nil {
					t.Fatal(err)
				}
				p.post(w)
				return p.knows(event).State.Heads[0]
			}
			head := map[string]votive.ID{"Taipei": change(host, "Taipei"), "London": change(second, "London")}
			w.people = all
			frames := [][]votive.Frame{host.sent, second.sent}
			for _, p := range all {
				p.withFrames(frames...)
			}
			for _, p := range []*person{host, second, guest} {
				if s := p.knows(event).State; !s.Conflict || len(s.Alternatives) != 2 {
					t.Fatalf("conflict %v of %d versions, want 2: nothing is tested", s.Conflict, len(s.Alternatives))
				}
			}
			if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Macau")}); !errors.Is(err, secretary.ErrVersions) {
				t.Errorf("Edit of two versions = %v, want %v", err, secretary.ErrVersions)
			}
			if _, err := host.Merge(host.ctx, event, event); !errors.Is(err, secretary.ErrRefused) {
				t.Errorf("Merge that takes what is no version = %v, want a refusal", err)
			}
			if _, err := guest.Merge(guest.ctx, event, head["Taipei"]); !errors.Is(err, secretary.ErrRefused) {
				t.Errorf("Merge by a guest = %v, want a refusal", err)
			}
			take := "London"
			if c.own {
				take = "Taipei"
			}
			out, err := host.Merge(host.ctx, event, head[take])
			if err != nil || out.Bare {
				t.Fatalf("Merge = %+v, %v, want the place known, nil", out, err)
			}
			w.carry()
			for who, p := range map[string]*person{"host": host, "second": second, "guest": guest} {
				s := p.knows(event).State
				if s.Conflict || s.Card.City != take || s.Sequence != 2 {
					t.Errorf("the %s knows of %s, sequence %d, conflict %v, want %s, 2, false", who, s.Card.City, s.Sequence, s.Conflict, take)
				}
				if d := p.knows(event).Details(); d == nil || d.Place != places[take] {
					t.Errorf("the %s knows the place %+v, want %s", who, d, places[take])
				}
			}
			if _, err := host.Merge(host.ctx, event, head[take]); !errors.Is(err, secretary.ErrRefused) {
				t.Errorf("Merge of one version = %v, want a refusal", err)
			}
			for _, p := range []*person{second, host} {
				if _, err := p.Edit(p.ctx, event, secretary.Wish{Text: said("as every year")}); err != nil {
					t.Errorf("Edit after that = %v", err)
				}
				w.carry()
			}
			if s := guest.knows(event).State; s.Conflict || s.Card.Text != "as every year" {
				t.Errorf("a guest knows of %q, conflict %v, in the end", s.Card.Text, s.Conflict)
			}
		})
	}
}

// TestCancelOfVersions: what is called off is so at once, however many versions
// of it there are: more than one revision can follow, too. SPEC 5.9.
func TestCancelOfVersions(t *testing.T) {
	for _, versions := range []int{2, 8, 9, 20} {
		w := newWorld(t)
		host := w.person()
		event := host.vigil(votive.ID{})
		e := host.knows(event)
		first := e.Counted()
		for i := range versions {
			card := e.State.Card
			card.City = time.Month(i%12+1).String() + time.Weekday(i%7).String()
			host.takes(event, host.follow(&votive.Desk{Event: event, Counted: first[:1:1]}, votive.Draft{Card: card}))
		}
		if got := len(host.knows(event).State.Heads); got != versions {
			t.Fatalf("%d heads, want %d: nothing is tested", got, versions)
		}
		if _, err := host.Cancel(host.ctx, event, "the square is closed off"); err != nil {
			t.Fatalf("Cancel of %d versions = %v", versions, err)
		}
		if s := host.knows(event).State; s.Conflict || s.Card.Status != votive.Cancelled || s.Card.Reason == "" {
			t.Errorf("of %d versions, conflict %v, status %v, want false, cancelled", versions, s.Conflict, s.Card.Status)
		}
	}
}

// TestLostRevision: who was restored, and waits in vain for what they signed
// last, can go on without it after a week if they say so; should it come, there
// are two versions, and everybody sees that. SPEC 9.4.
func TestLostRevision(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(host.joins("june4"))
	host.post(w)
	founded := len(host.sent)
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei")}); err != nil {
		t.Fatal(err)
	}
	host.post(w)
	lost, rest := host.sent[founded:founded+1], host.sent[founded+1:]
	again := host.again(w, host.sent[:founded], rest)
	w.people = []*person{again}
	edit := func(say bool) error {
		_, err := again.Edit(again.ctx, event, secretary.Wish{City: said("Macau"), Lost: say})
		return err
	}
	for _, say := range []bool{false, true} {
		if err := edit(say); !errors.Is(err, secretary.ErrRefused) || errors.Is(err, secretary.ErrLost) {
			t.Errorf("at first Edit, lost %v, = %v, want a refusal", say, err)
		}
	}
	again.relock()
	w.pass(7*24*time.Hour - time.Minute)
	if err := edit(true); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("before a week has passed Edit = %v, want a refusal", err)
	}
	w.pass(time.Minute)
	if err := edit(false); !errors.Is(err, secretary.ErrLost) {
		t.Errorf("after a week Edit by who says nothing = %v, want %v", err, secretary.ErrLost)
	}
	if _, err := again.Cancel(again.ctx, event, ""); !errors.Is(err, secretary.ErrLost) {
		t.Errorf("after a week Cancel by who says nothing = %v, want %v", err, secretary.ErrLost)
	}
	if err := edit(true); err != nil {
		t.Fatalf("after a week Edit by who says that it is lost = %v", err)
	}
	if _, err := again.Edit(again.ctx, event, secretary.Wish{City: said("Tainan")}); err != nil {
		t.Errorf("the next Edit = %v", err)
	}
	if s := again.knows(event).State; s.Conflict || s.Card.City != "Tainan" {
		t.Errorf("without it there is %s, conflict %v, want Tainan and none", s.Card.City, s.Conflict)
	}
	again.withFrames(lost)
	s := again.knows(event).State
	if !s.Conflict || len(s.Alternatives) != 2 {
		t.Fatalf("when it has come, conflict %v of %d versions, want 2", s.Conflict, len(s.Alternatives))
	}
	if _, err := again.CancelLost(again.ctx, event, ""); err != nil {
		t.Errorf("Cancel of both = %v", err)
	}
}

// TestLostStays: what was taken for lost is so for the changes after that too,
// though a revision that follows it is here, and another comes; the event can be
// called off at any time. The note of it goes with the event. SPEC 9.4.
func TestLostStays(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(host.joins("june4"))
	host.post(w)
	founded := len(host.sent)
	for _, city := range []string{"Taipei", "Tainan", "Macau"} { // each a revision and a keep
		if _, err := host.Edit(host.ctx, event, secretary.Wish{City: &city}); err != nil {
			t.Fatal(err)
		}
		if n := host.post(w); n != 2 {
			t.Fatalf("an edit sent %d frames, want 2", n)
		}
	}
	sent := func(i int) []votive.Frame { return host.sent[founded+i : founded+i+1] }
	second, third, fourth := sent(0), sent(2), sent(4)
	again := host.again(w, host.sent[:founded], third, sent(3))
	w.people = []*person{again}
	edit := func(city string, say bool) error {
		_, err := again.Edit(again.ctx, event, secretary.Wish{City: &city, Lost: say})
		return err
	}
	if n := len(again.knows(event).Waiting()); n != 1 {
		t.Fatalf("%d revisions wait, want the third: nothing is tested", n)
	}
	w.pass(7 * 24 * time.Hour)
	if err := edit("London", false); !errors.Is(err, secretary.ErrLost) {
		t.Fatalf("Edit by who says nothing = %v, want %v", err, secretary.ErrLost)
	}
	if err := edit("London", true); err != nil {
		t.Fatalf("Edit by who says that it is lost = %v", err)
	}
	if err := edit("Paris", false); err != nil {
		t.Errorf("the next Edit = %v", err)
	}
	again.relock()
	again.withFrames(third, fourth)
	if n := len(again.knows(event).Waiting()); n != 2 {
		t.Fatalf("%d revisions wait, want the third and the fourth", n)
	}
	if err := edit("Rome", false); err != nil {
		t.Errorf("Edit when what follows the lost has come = %v", err)
	}
	if _, err := again.Cancel(again.ctx, event, ""); err != nil {
		t.Errorf("Cancel = %v", err)
	}
	again.withFrames(second)
	if s := again.knows(event).State; !s.Conflict || len(s.Alternatives) != 2 {
		t.Errorf("when all has come, conflict %v of %d versions, want 2", s.Conflict, len(s.Alternatives))
	}
	var known almanac.Note
	err := again.book.Write(again.ctx, func(v *almanac.View) (almanac.Draft, error) {
		for name, value := range v.Locals("secretary/lost/") {
			known = almanac.Note{Name: name, Value: value}
		}
		return almanac.Draft{Note: []almanac.Note{{Name: "secretary/lost/" + votive.ID{7}.String(), Value: known.Value}}}, nil
	})
	if err != nil || !strings.HasSuffix(known.Name, event.String()) {
		t.Fatalf("the note is %q, %v, want one that names the event", known.Name, err)
	}
	err = again.book.View(func(v *almanac.View) error {
		if gone := secretary.Gone(v); len(gone) != 1 || gone[0].Name == known.Name || gone[0].Value != nil {
			t.Errorf("to go are the notes %v, want that of the event that is not known", gone)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCancelOutlivesVersions: of versions of which one is later, all that is said
// lasts as long as the later does: who knows of that one alone goes there. What
// is called off says so of it, and has its Details. SPEC 5.8, 2.13.
func TestCancelOutlivesVersions(t *testing.T) {
	w := newWorld(t)
	host, keeper := w.person(), w.carrier()
	event := host.vigil(host.joins("june4")) // June 4
	w.carry()
	second := host.again(w, host.sent)
	all := w.people
	change := func(p *person, start, end, place string) {
		t.Helper()
		w.people = []*person{p}
		wish := secretary.Wish{Start: at(t, start), End: at(t, end), Place: &place}
		if _, err := p.Edit(p.ctx, event, wish); err != nil {
			t.Fatal(err)
		}
		p.post(w)
	}
	change(second, "2027-08-01T20:00", "2027-08-01T22:00", "Liberty Square")
	for _, gate := range []string{"4", "5"} { // the keep of more changes counts
		change(host, "2027-06-05T20:00", "2027-06-05T22:00", "Victoria Park, gate "+gate)
	}
	w.people = all
	for _, p := range all {
		p.withFrames(host.sent, second.sent)
	}
	if s := host.knows(event).State; len(s.Alternatives) != 2 || s.Card.Start != *at(t, "2027-06-04T20:00") {
		t.Fatalf("%d versions, after %v: want 2, after June 4: nothing is tested", len(s.Alternatives), s.Card.Start)
	}
	if d := host.knows(event).Keep.Details; d == nil || d.Place != "Victoria Park, gate 5" {
		t.Fatalf("the host keeps %+v, want gate 5: nothing is tested", d)
	}
	w.leaves(second)

	// The frames of what was said of June are dropped in these days.
	w.at.Store(time.Date(2027, 6, 17, 0, 0, 0, 0, time.UTC).UnixNano())
	w.hours(6*24, map[*person]*secretary.Renewals{host: new(secretary.Renewals)})
	late := w.person()
	late.joins("june4")
	for range 2 { // what came before what it belongs to
		for _, e := range keeper.store.Arrivals(0) {
			f, err := keeper.store.Get(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			late.receive([]votive.Frame{f})
		}
	}
	if e := late.knows(event); !e.Known || len(e.State.Alternatives) != 2 {
		t.Fatalf("who comes on %v knows %d versions, want 2", w.now(), len(e.State.Alternatives))
	}

	w.at.Store(time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	sent := len(host.sent)
	if _, err := host.Cancel(host.ctx, event, ""); err != nil {
		t.Fatalf("Cancel = %v", err)
	}
	w.carry()
	for _, p := range []*person{host, late} {
		s := p.knows(event).State
		if s.Conflict || s.Card.Status != votive.Cancelled || s.Card.Start != *at(t, "2027-08-01T20:00") {
			t.Errorf("conflict %v, status %v, on %v, want what was on August 1 cancelled", s.Conflict, s.Card.Status, s.Card.Start)
		}
	}
	for _, f := range host.sent[sent:] {
		header := f.Header()
		if dies := header.Expiry().Time(); dies.Before(time.Date(2027, 8, 8, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("a frame of it dies on %v, want a week after August 1 or later", dies)
		}
	}
	e := host.knows(event)
	if d := e.Details(); d == nil || d.Place != "Liberty Square" || e.Keep.Details == nil || e.Keep.Details.Place != d.Place {
		t.Errorf("cancelled is what is at %+v, kept %+v, want Liberty Square", d, e.Keep.Details)
	}
	if _, err := host.Cancel(host.ctx, event, ""); !errors.Is(err, secretary.ErrRefused) {
		t.Errorf("Cancel again = %v, want %v", err, secretary.ErrRefused)
	}
}

// TestCancelOfCancelled: that the last that all versions have in common is
// cancelled is nothing to who knows one that takes place. SPEC 5.8.
func TestCancelOfCancelled(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	event := host.vigil(votive.ID{})
	if _, err := host.Cancel(host.ctx, event, ""); err != nil {
		t.Fatal(err)
	}
	e := host.knows(event)
	first := slices.Clip(e.Counted())
	for _, city := range []string{"Taipei", "Tainan"} {
		card := e.State.Card
		card.City, card.Status = city, votive.Confirmed
		host.takes(event, host.follow(&votive.Desk{Event: event, Counted: first}, votive.Draft{Card: card}))
	}
	if s := host.knows(event).State; !s.Conflict || s.Card.Status != votive.Cancelled {
		t.Fatalf("conflict %v after what is %v, want one after what is cancelled: nothing is tested", s.Conflict, s.Card.Status)
	}
	if _, err := host.Cancel(host.ctx, event, "the square is closed off"); err != nil {
		t.Errorf("Cancel = %v", err)
	}
	if s := host.knows(event).State; s.Conflict || s.Card.Status != votive.Cancelled || s.Card.Reason == "" {
		t.Errorf("conflict %v, status %v, want false, cancelled", s.Conflict, s.Card.Status)
	}
}
