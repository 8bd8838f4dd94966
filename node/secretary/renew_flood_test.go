package secretary_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// cramped is a node whose store holds so many frames and goes by the clock of
// the world; without a vault.
func (w *world) cramped(quota int) *person {
	w.t.Helper()
	p := &person{t: w.t}
	var err error
	fs := vfs.NewMem()
	if p.store, err = store.Open("store", store.Options{FS: fs, Quota: quota, Now: w.clock}); err != nil {
		w.t.Fatalf("store.Open = %v", err)
	}
	if p.vault, err = vault.Open("vault", vault.Options{FS: fs, Cost: cheap}); err != nil {
		w.t.Fatalf("vault.Open = %v", err)
	}
	p.book, err = almanac.Open(w.t.Context(), almanac.Options{
		Store: p.store, Vault: p.vault, Effort: votive.MinEffort, Log: slog.New(slog.DiscardHandler), Now: w.clock,
	})
	if err != nil {
		w.t.Fatalf("almanac.Open = %v", err)
	}
	p.Secretary = secretary.New(p.book, secretary.Options{
		Log:   slog.New(slog.DiscardHandler),
		Delay: func(mean time.Duration) time.Duration { return w.delay(mean) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	p.ctx = ctx
	done := make(chan error, 1)
	go func() { done <- p.book.Run(ctx) }()
	p.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run = %v", err)
		}
		if err := p.vault.Close(); err != nil {
			w.t.Errorf("vault.Close = %v", err)
		}
		if err := p.store.Close(); err != nil {
			w.t.Errorf("store.Close = %v", err)
		}
	}
	w.t.Cleanup(p.stop)
	w.people = append(w.people, p)
	return p
}

// flood is n frames of strangers of that effort, which live 8 days.
func (w *world) flood(n int, effort uint8) (all []votive.Frame) {
	w.t.Helper()
	for range n {
		s, err := votive.NewSecret(rand.Reader)
		if err != nil {
			w.t.Fatal(err)
		}
		u, err := votive.NewReader(votive.KindSelf, s).Seal(&votive.KeepCircle{Secret: s}, votive.Days8, effort, w.now(), rand.Reader)
		if err != nil {
			w.t.Fatalf("Seal = %v", err)
		}
		for _, u := range u {
			f, err := u.Stamp(w.t.Context())
			if err != nil {
				w.t.Fatalf("Stamp = %v", err)
			}
			all = append(all, f)
		}
	}
	return all
}

// SPEC 2.8, 2.13: what a flood drives out of the stores, though it would live
// for weeks, a member says anew above the floor that the flood leaves, and there
// it stays and is found. The host need not be there for that.
func TestAnnounceAgainUnderFlood(t *testing.T) {
	const quota = 24
	w := newWorld(t)
	host := w.person()
	keeper, member := w.cramped(quota), w.cramped(quota)
	if _, err := member.Init(member.ctx, nil, nil); err != nil {
		t.Fatalf("Init = %v", err)
	}
	circle := host.joins("june4")
	member.joins("june4")
	event := host.vigil(circle)
	if _, err := host.Edit(host.ctx, event, secretary.Wish{City: said("Taipei")}); err != nil {
		t.Fatalf("Edit = %v", err)
	}
	w.carry()
	w.leaves(host)
	secret, err := votive.OpenCircleSecret("june4")
	if err != nil {
		t.Fatal(err)
	}
	r := votive.NewReader(votive.KindCircle, secret)
	first := keeper.under(r) // two revisions and an Inbox
	if first != 3 {
		t.Fatalf("%d frames under the circle, want 3", first)
	}
	anew := map[*person]*secretary.Renewals{member: new(secretary.Renewals)}
	w.pass(12 * time.Hour)
	w.hours(12, anew)
	before := len(member.sent)
	if got := keeper.under(r); got != first || member.said(r, 0) > 0 {
		t.Fatalf("%d frames under the circle, and the member said it anew, want the %d that are there left alone", got, first)
	}

	effort := uint8(votive.MinEffort + 1)
	for _, f := range w.flood(quota+8, effort) {
		keeper.receive([]votive.Frame{f})
		member.receive([]votive.Frame{f})
	}
	floor := member.store.Floor()
	if keeper.under(r) > 0 || member.under(r) > 0 || floor.Rank != effort {
		t.Fatalf("%d frames under the circle with the keeper, %d with the member, and the floor is %v: nothing is tested",
			keeper.under(r), member.under(r), floor)
	}
	w.hours(7, anew) // it is said within six hours
	if got := member.said(r, before); got != first {
		t.Errorf("the member said %d frames anew, want %d", got, first)
	}
	for _, f := range member.sent[before:] {
		if h := f.Header(); r.Knows(&h) && f.Rank().Compare(floor) <= 0 {
			t.Errorf("a frame of rank %v was sealed, which is not above the floor %v", f.Rank(), floor)
		}
	}
	for name, p := range map[string]*person{"the keeper": keeper, "the member": member} {
		if got := p.under(r); got != first {
			t.Errorf("%s has %d frames under the circle, want %d", name, got, first)
		}
	}

	// More of the same flood, on days that follow, has nothing to say to that.
	for range 2 {
		w.pass(24 * time.Hour)
		for _, f := range w.flood(quota, effort) {
			keeper.receive([]votive.Frame{f})
		}
	}
	var carried []votive.Frame
	for _, e := range keeper.store.Arrivals(0) {
		f, err := keeper.store.Get(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		carried = append(carried, f)
	}
	late := w.person()
	late.joins("june4")
	late.receive(carried)
	late.receive(carried) // what came before what it belongs to
	if e := late.knows(event); !e.Known || e.State.Card.City != "Taipei" || e.Inbox() == nil {
		t.Errorf("a newcomer knows %+v, want the vigil in Taipei and its Inbox", e.State.Card)
	}
}

// said counts the frames that a reader knows among those that the person has
// sent, from the nth on.
func (p *person) said(r *votive.Reader, n int) (count int) {
	for _, f := range p.sent[n:] {
		if h := f.Header(); r.Knows(&h) {
			count++
		}
	}
	return count
}
