package secretary_test

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// person is somebody with a store, a vault, an almanac and a secretary, and no
// network: carry takes frames from one to another.
type person struct {
	*secretary.Secretary
	t     *testing.T
	book  *almanac.Almanac
	store *store.Store
	vault *vault.Vault
	ctx   context.Context
	stop  func()
	sent  []votive.Frame
}

// start is the time at which every test begins: less than 30 days before all
// that is said of the vigil dies, so that its frames take little work.
var start = time.Date(2027, 5, 20, 12, 0, 0, 0, time.UTC)

// world is the clock that all share, and everybody's frames.
type world struct {
	t      *testing.T
	at     atomic.Int64 // what the clock shows, in nanoseconds since 1970
	people []*person
	delay  func(mean time.Duration) time.Duration // before what others caused; none
	clock  func() time.Time                       // now
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, delay: func(time.Duration) time.Duration { return 0 }}
	w.at.Store(start.UnixNano())
	w.clock = w.now
	return w
}

// now is read by almanacs too, while a test goes on.
func (w *world) now() time.Time { return time.Unix(0, w.at.Load()).UTC() }

// pass puts the clock d ahead.
func (w *world) pass(d time.Duration) { w.at.Add(int64(d)) }

// cheap makes vaults fast to open; what that costs in safety is not tested
// here.
var cheap = vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}

// person is somebody new, whose vault is made by init.
func (w *world) person(restore ...string) *person {
	w.t.Helper()
	p := w.carrier()
	if _, err := p.Init(p.ctx, nil, restore); err != nil {
		w.t.Fatalf("Init = %v", err)
	}
	return p
}

// carrier is a node without a vault.
func (w *world) carrier() *person {
	w.t.Helper()
	p := &person{t: w.t}
	var err error
	fs := vfs.NewMem()
	if p.store, err = store.Open("store", store.Options{FS: fs}); err != nil {
		w.t.Fatalf("store.Open = %v", err)
	}
	if p.vault, err = vault.Open("vault", vault.Options{FS: fs, Cost: cheap}); err != nil {
		w.t.Fatalf("vault.Open = %v", err)
	}
	p.book, err = almanac.Open(w.t.Context(), almanac.Options{
		Store: p.store, Vault: p.vault, Effort: votive.MinEffort, Log: slog.New(slog.DiscardHandler),
		Now: w.clock,
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

// carry takes everything that waits in outboxes to everybody, until nothing
// waits any more, doing what the secretaries do by themselves in between.
func (w *world) carry() {
	w.t.Helper()
	for range 8 {
		moved := 0
		for _, p := range w.people {
			moved += p.post(w)
			p.Duties(p.ctx)
			moved += p.book.Waiting()
		}
		if moved == 0 {
			return
		}
	}
	w.t.Fatal("frames go back and forth without end")
}

// post takes one person's outgoing frames to everybody.
func (p *person) post(w *world) int {
	w.t.Helper()
	n := 0
	for p.book.Waiting() > 0 {
		out, err := p.book.Outgoing(p.ctx)
		if err != nil {
			w.t.Fatalf("Outgoing = %v", err)
		}
		var frames []votive.Frame
		for _, o := range out {
			f, err := o.Frame.Stamp(p.ctx)
			if err != nil {
				w.t.Fatalf("Stamp = %v", err)
			}
			frames = append(frames, f)
		}
		p.sent = append(p.sent, frames...)
		for _, to := range w.people {
			to.receive(frames)
		}
		if err := p.book.Sent(p.ctx, out...); err != nil {
			w.t.Fatalf("Sent = %v", err)
		}
		n += len(out)
	}
	return n
}

func (p *person) receive(frames []votive.Frame) {
	p.t.Helper()
	if err := p.book.Receive(p.ctx, frames); err != nil {
		p.t.Fatalf("Receive = %v", err)
	}
	dead := func(f votive.Frame) bool { return !f.Expiry().Time().After(p.book.Now()) }
	p.book.Learn(p.ctx, slices.DeleteFunc(slices.Clone(frames), dead)) // what the opener does beside it, done by now
}

// withFrames is p, who has received these.
func (p *person) withFrames(frames ...[]votive.Frame) *person {
	p.t.Helper()
	for _, f := range frames {
		p.receive(f)
	}
	return p
}

// sweep is what the almanac does by itself once an hour.
func (p *person) sweep() {
	p.t.Helper()
	if err := p.book.Sweep(p.ctx); err != nil {
		p.t.Fatalf("Sweep = %v", err)
	}
}

// relock locks the vault, and opens it again.
func (p *person) relock() {
	p.t.Helper()
	if err := p.book.Lock(); err != nil {
		p.t.Fatalf("Lock = %v", err)
	}
	if err := p.book.Unlock(p.ctx, nil); err != nil {
		p.t.Fatalf("Unlock = %v", err)
	}
}

// knows is what the person knows of an event.
func (p *person) knows(event votive.ID) *almanac.Event {
	p.t.Helper()
	var e almanac.Event
	err := p.book.View(func(v *almanac.View) error {
		if known := v.Event(event); known != nil {
			e = *known
		}
		return nil
	})
	if err != nil {
		p.t.Fatalf("View = %v", err)
	}
	return &e
}

func at(t *testing.T, local string) *votive.Time {
	t.Helper()
	when, err := votive.ParseTime(local, "Asia/Hong_Kong")
	if err != nil {
		t.Fatalf("ParseTime(%q) = %v", local, err)
	}
	return &when
}

func said[T any](v T) *T { return &v }

// vigil is announced by p, in a circle or in none.
func (p *person) vigil(circle votive.ID) votive.ID {
	p.t.Helper()
	event, err := p.Announce(p.ctx, secretary.Wish{
		Title: said("Candlelight vigil"), City: said("Hong Kong"), Place: said("Victoria Park, gate 3"),
		Start: at(p.t, "2027-06-04T20:00"), End: at(p.t, "2027-06-04T22:00"), Capacity: said(3),
	}, circle, "")
	if err != nil {
		p.t.Fatalf("Announce = %v", err)
	}
	return event
}

func (p *person) joins(name string) votive.ID {
	p.t.Helper()
	id, err := p.JoinCircle(p.ctx, name)
	if err != nil {
		p.t.Fatalf("JoinCircle(%q) = %v", name, err)
	}
	return id
}

// files makes an invitation, its file, and what somebody reads who has that.
func (p *person) files(event votive.ID) (secretary.Invitation, []byte, *secretary.Opened) {
	p.t.Helper()
	inv, err := p.Invite(p.ctx, event, secretary.Terms{})
	if err != nil {
		p.t.Fatalf("Invite = %v", err)
	}
	file, err := p.File(p.ctx, inv)
	if err != nil {
		p.t.Fatalf("File = %v", err)
	}
	o, err := secretary.Read("", file)
	if err != nil {
		p.t.Fatalf("Read = %v", err)
	}
	return inv, file, o
}

// accepts opens a link and takes what is behind it.
func (p *person) accepts(link votive.Link) error {
	o, err := secretary.Read(link.String(), nil)
	if err != nil {
		return err
	}
	if err := p.Inspect(p.ctx, o); err != nil {
		return err
	}
	return p.Accept(p.ctx, o)
}
