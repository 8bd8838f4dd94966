package secretary_test

import (
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// hours lets time pass for everybody: stores drop what has died, and every
// hour all look for what is fading.
func (w *world) hours(n int, all map[*person]*secretary.Renewals) {
	w.t.Helper()
	for range n {
		w.pass(time.Hour)
		for _, p := range w.people {
			if _, err := p.store.Expire(p.ctx, w.now()); err != nil {
				w.t.Fatalf("Expire = %v", err)
			}
			if all[p] == nil {
				continue
			}
			if err := all[p].Renew(p.ctx, p.book); err != nil {
				w.t.Fatalf("Renew = %v", err)
			}
		}
		w.carry() // not before all have looked: what keeps them apart is the draw
	}
}

// leaves has a person, and what they carry, be gone for good.
func (w *world) leaves(p *person) {
	for i, q := range w.people {
		if p == q {
			w.people = append(w.people[:i:i], w.people[i+1:]...)
		}
	}
}

// under counts the frames in a store that a reader knows.
func (p *person) under(r *votive.Reader) (n int) {
	for _, e := range p.store.Arrivals(0) {
		if r.Knows(&e.Header) {
			n++
		}
	}
	return n
}

// SPEC 2.13: an event outlives the frames it was announced in, and the one who
// announced it; and its circle does not say it ten times.
func TestAnnounceAgain(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	keeper := w.carrier()
	var members []*person
	anew := make(map[*person]*secretary.Renewals)
	for range 5 {
		members = append(members, w.person())
	}
	for _, p := range append(members, host) {
		p.joins("june4")
		w.carry()
	}
	event, err := host.Announce(host.ctx, secretary.Wish{
		Title: said("Candlelight vigil"), City: said("Hong Kong"), Start: at(t, "2028-06-04T20:00"),
	}, host.joins("june4"), "")
	if err != nil {
		t.Fatalf("Announce = %v", err)
	}
	w.carry()
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei")}); err != nil {
		t.Fatalf("Edit = %v", err)
	}
	w.carry()
	w.leaves(host)
	for _, p := range members {
		anew[p] = new(secretary.Renewals)
	}
	circle, err := votive.OpenCircleSecret("june4")
	if err != nil {
		t.Fatal(err)
	}
	r := votive.NewReader(votive.KindCircle, circle)
	first := keeper.under(r) // two revisions and an Inbox
	if first != 3 {
		t.Fatalf("%d frames under the circle, want 3", first)
	}
	w.hours(24, anew)
	if got := keeper.under(r); got != first {
		t.Errorf("after a day %d frames under the circle, want the %d that will live for months", got, first)
	}
	for range 3 { // lifetimes
		w.pass(117 * 24 * time.Hour)
		w.hours(3*24, anew) // the last two days before the death, and the draw
		// Some draw the same hour as others, one in ten or so, and so say it too.
		if got := keeper.under(r); got < first || got > 4*first {
			t.Errorf("%v: %d frames under the circle, want each said anew about once: %d to %d, and not by all %d: %d",
				w.now(), got, first, 4*first, len(members), (1+len(members))*first)
		}
		w.hours(3*24, anew) // what died is dropped
		if got := keeper.under(r); got < first || got > 3*first {
			t.Errorf("%v: %d frames under the circle, want about %d", w.now(), got, first)
		}
		late := w.person()
		var carried []votive.Frame
		for _, e := range keeper.store.Arrivals(0) {
			f, err := keeper.store.Get(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			carried = append(carried, f)
		}
		late.joins("june4")
		late.receive(carried)
		late.receive(carried) // what came before what it belongs to
		e := late.knows(event)
		if !e.Known || e.State.Card.City != "Taipei" || e.Inbox() == nil {
			t.Errorf("%v: a newcomer knows %+v, want the vigil in Taipei and its Inbox", w.now(), e.State.Card)
		}
		w.leaves(late)
	}
}

// What 24 words are to bring back is said to oneself anew.
func TestRestoreAfterYears(t *testing.T) {
	w := newWorld(t)
	me, keeper := w.person(), w.carrier()
	id, err := me.NewCircle(me.ctx, "friends")
	if err != nil {
		t.Fatal(err)
	}
	w.carry()
	anew := map[*person]*secretary.Renewals{me: new(secretary.Renewals)}
	for range 4 {
		w.hours(2, anew)
		w.pass(117 * 24 * time.Hour)
		w.hours(3*24, anew)
	}
	var words []string
	_ = me.book.View(func(v *almanac.View) error { b := v.Identity().Backup(); words = b[:]; return nil })
	again := w.person(words...)
	for _, e := range keeper.store.Arrivals(0) {
		f, err := keeper.store.Get(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		again.receive([]votive.Frame{f})
	}
	_ = again.book.View(func(v *almanac.View) error {
		if v.Circle(id) == nil {
			t.Error("who was restored is not in the circle")
		}
		return nil
	})
}

// An event that is over, and a circle that was left, are not said anew.
func TestNothingAnew(t *testing.T) {
	w := newWorld(t)
	host := w.person()
	circle, err := host.NewCircle(host.ctx, "friends")
	if err != nil {
		t.Fatal(err)
	}
	host.vigil(circle)
	w.carry()
	if err := host.LeaveCircle(host.ctx, circle); err != nil {
		t.Fatal(err)
	}
	w.carry()
	sent := len(host.sent)
	anew := map[*person]*secretary.Renewals{host: new(secretary.Renewals)}
	w.pass(100 * 24 * time.Hour)
	w.hours(40*24, anew)
	if got := len(host.sent); got != sent {
		t.Errorf("%d frames were sent by themselves, want 0", got-sent)
	}
}
