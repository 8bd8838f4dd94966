package subscribe

import (
	"context"
	"log/slog"
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

var start = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

// person is somebody with a vault, and no network.
type person struct {
	t     testing.TB
	fs    *vfs.MemFS
	book  *almanac.Almanac
	sec   *secretary.Secretary
	clock atomic.Int64
	close func()
}

func newPerson(t testing.TB) *person {
	t.Helper()
	p := &person{t: t, fs: vfs.NewMem()}
	p.clock.Store(start.UnixNano())
	p.open()
	if _, err := p.sec.Init(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	return p
}

func (p *person) open() {
	p.t.Helper()
	s, err := store.Open("store", store.Options{FS: p.fs})
	if err != nil {
		p.t.Fatal(err)
	}
	v, err := vault.Open("vault", vault.Options{FS: p.fs, Cost: vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.book, err = almanac.Open(context.Background(), almanac.Options{
		Store: s, Vault: v, Effort: votive.MinEffort, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(0, p.clock.Load()).UTC() },
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.sec = secretary.New(p.book, secretary.Options{Log: slog.New(slog.DiscardHandler)})
	p.close = func() {
		if err := v.Close(); err != nil {
			p.t.Error(err)
		}
		if err := s.Close(); err != nil {
			p.t.Error(err)
		}
	}
}

// restart reads everything from the disk again.
func (p *person) restart() {
	p.t.Helper()
	p.close()
	p.open()
}

func said[T any](v T) *T { return &v }

func (p *person) announce(title, at string, circle votive.ID) votive.ID {
	p.t.Helper()
	when, err := votive.ParseTime(at, "Asia/Hong_Kong")
	if err != nil {
		p.t.Fatal(err)
	}
	id, err := p.sec.Announce(p.t.Context(), secretary.Wish{Title: &title, Start: &when, Place: said("Gate 3")}, circle, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func (p *person) joins(name string) votive.ID {
	p.t.Helper()
	id, err := p.sec.JoinCircle(p.t.Context(), name)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func (p *person) calendar(t Terms) (Calendar, Secrets) {
	p.t.Helper()
	c, s, err := New(p.t.Context(), p.book, t)
	if err != nil {
		p.t.Fatal(err)
	}
	return c, s
}
