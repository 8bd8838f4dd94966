package almanac

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// empty is an almanac without a vault, in memory.
func empty(t *testing.T) (*Almanac, context.Context) {
	t.Helper()
	s, err := store.Open("store", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	cheap := vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}
	v, err := vault.Open("vault", vault.Options{FS: vfs.NewMem(), Cost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), Options{
		Store: s, Vault: v, Effort: votive.MinEffort, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
		if err := v.Close(); err != nil {
			t.Errorf("vault.Close = %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("store.Close = %v", err)
		}
	})
	return a, ctx
}

// announcement is a frame that members of a circle read.
func announcement(t *testing.T, a *Almanac, circle votive.Secret) votive.Frame {
	t.Helper()
	var f votive.Frame
	for _, b := range frames(t, circle, 1) {
		var err error
		if f, err = votive.ParseFrame(b); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// joins is a wish to be in a circle.
func joins(circle votive.Secret) func(*View) (Draft, error) {
	return func(*View) (Draft, error) {
		return Draft{Keep: []votive.Keep{&votive.KeepCircle{Secret: circle, Name: "june4", Open: true, Counter: 1}}}, nil
	}
}

// known is how many events can be read.
func known(t *testing.T, a *Almanac) (n int) {
	t.Helper()
	if err := a.View(func(v *View) error { n = v.Events(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFrameOnItsWay: a frame that was shown before its secret was watched, and
// comes to the store afterwards, is read all the same.
func TestFrameOnItsWay(t *testing.T) {
	circle, err := votive.OpenCircleSecret("june4")
	if err != nil {
		t.Fatal(err)
	}
	id, err := votive.IdentityFrom(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	create := func(t *testing.T, a *Almanac, ctx context.Context) {
		t.Helper()
		if err := a.Create(ctx, nil, id); err != nil {
			t.Fatal(err)
		}
	}
	join := func(t *testing.T, a *Almanac, ctx context.Context) {
		t.Helper()
		if err := a.Write(ctx, joins(circle)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name          string
		before, after func(*testing.T, *Almanac, context.Context)
	}{
		{"shown before there is a vault", func(*testing.T, *Almanac, context.Context) {}, func(t *testing.T, a *Almanac, ctx context.Context) {
			create(t, a, ctx)
			join(t, a, ctx)
		}},
		{"shown before its circle was joined", create, join},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ctx := empty(t)
			f := announcement(t, a, circle)
			c.before(t, a, ctx)
			a.Show(f)
			for len(a.incoming) > 0 { // the opener reads it, and cannot
				runtime.Gosched()
			}
			changes := a.Watch(ctx, 64)
			c.after(t, a, ctx)
			if err := a.Carry(ctx, []votive.Frame{f}); err != nil {
				t.Fatal(err)
			}
			late := time.After(10 * time.Second)
			for known(t, a) == 0 {
				select {
				case <-changes:
				case <-late:
					t.Fatal("the frame was not read")
				}
			}
			if got := len(a.shown.with); got != 0 {
				t.Errorf("%d frames are noted as on their way, want none", got)
			}
		})
	}
}

// TestWatchedInOneGo: what is taken in together is opened together, with the
// secrets that were watched before. A frame under a secret that comes in another
// frame of the same batch is read all the same.
func TestWatchedInOneGo(t *testing.T) {
	circle, err := votive.OpenCircleSecret("june4")
	if err != nil {
		t.Fatal(err)
	}
	id, err := votive.IdentityFrom(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	a, ctx := empty(t)
	if err := a.Create(ctx, nil, id); err != nil {
		t.Fatal(err)
	}
	keep := &votive.KeepCircle{Secret: circle, Name: "june4", Open: true, Counter: 1}
	sealed, err := votive.NewReader(votive.KindSelf, id.Self()).Seal(keep, votive.Days8, votive.MinEffort, a.Now(), a.Random)
	if err != nil {
		t.Fatal(err)
	}
	self, err := sealed[0].Stamp(ctx)
	if err != nil {
		t.Fatal(err)
	}
	changes := a.Watch(ctx, 64)
	if err := a.Receive(ctx, []votive.Frame{self, announcement(t, a, circle)}); err != nil {
		t.Fatal(err)
	}
	late := time.After(10 * time.Second)
	for known(t, a) == 0 {
		select {
		case <-changes:
		case <-late:
			t.Fatal("the frame was not read")
		}
	}
}
