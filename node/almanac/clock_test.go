package almanac

import (
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// What came dead by a clock that was ahead is looked for once the clock is right.
func TestClockSetBack(t *testing.T) {
	now := time.Date(2027, 6, 4, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := must[*store.Store](t)(store.Open("store", store.Options{FS: vfs.NewMem(), Now: clock}))
	defer s.Close()
	v := must[*vault.Vault](t)(vault.Open("vault", vault.Options{FS: vfs.NewMem()}))
	defer v.Close()
	a := must[*Almanac](t)(Open(t.Context(), Options{
		Store: s, Vault: v, Effort: votive.MinEffort, Now: clock, Log: slog.New(slog.DiscardHandler),
	}))
	for _, c := range []struct {
		passed time.Duration
		back   bool
	}{{0, false}, {time.Hour, false}, {9 * 24 * time.Hour, false}, {-24 * time.Hour, true}, {time.Hour, false}} {
		now = now.Add(c.passed)
		if err := a.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := a.behind.Swap(false); got != c.back {
			t.Errorf("after %v the store is to be looked through: %t, want %t", c.passed, got, c.back)
		}
	}
	for _, c := range []struct {
		wall, passed time.Duration
		back         bool
	}{
		{time.Hour, time.Hour, false},
		{time.Hour - 30*time.Second, time.Hour, false}, // set right by a little
		{30 * time.Minute, time.Hour, true},
		{25 * time.Hour, time.Hour, false},
	} {
		if got := setBack(c.wall, c.passed); got != c.back {
			t.Errorf("setBack(%v, %v) = %t, want %t", c.wall, c.passed, got, c.back)
		}
	}
}
