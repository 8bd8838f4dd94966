package store

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"votive/proto/votive"
)

// failing is a disk on which every write fails with cause once n more were
// done, and every one to a name with that end.
type failing struct {
	n     atomic.Int64
	cause error
	end   string
}

func (f *failing) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.HasSuffix(op.Path, f.end) && f.n.Add(-1) < 0 {
		return f.cause
	}
	return nil
}

func (f *failing) String() string { return "failing" }

func fail(n int64, end string, cause error) *failing {
	f := &failing{cause: cause, end: end}
	f.n.Store(n)
	return f
}

// Wherever the disk is full, the process lives, the caller is told, reads go
// on, and what was acknowledged is there when there is room again.
func TestTortureDiskFull(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var opening, putting, closing int
	once := func(n int64) {
		mem := vfs.NewCrashableMem()
		var acked []votive.Frame
		if rng.IntN(2) == 0 {
			// A store that was cut off: opening it has much to write.
			s := open(t, "store", Options{FS: mem})
			acked = put(t, s, pool()[:160]...)
			mem = mem.CrashClone(vfs.CrashCloneCfg{})
			closeStore(t, s)
		}
		s, err := Open("store", Options{FS: errorfs.Wrap(mem, fail(n, "", syscall.ENOSPC)), Now: clock})
		switch {
		case err != nil && !errors.Is(err, ErrFull):
			t.Errorf("Open() with a disk full after %d writes = %v, want ErrFull", n, err)
		case err != nil:
			opening++
		default:
			more, frozen := fillUp(t, s, acked)
			if acked = more; frozen {
				putting++
			}
			if err := s.Close(); errors.Is(err, ErrFull) {
				closing++
			} else if err != nil {
				t.Errorf("Close() with a disk full after %d writes = %v, want ErrFull or none", n, err)
			}
		}
		s = open(t, "store", Options{FS: mem})
		wantAll(t, s, acked)
		closeStore(t, s)
	}
	for n := int64(0); n < 300; n += 1 + rng.Int64N(int64(600/rounds(120, 600))) {
		once(n)
	}
	for more := 0; closing <= putting && more < 200; more++ { // few rounds may not have met it
		once(rng.Int64N(300))
	}
	if opening == 0 || putting == 0 || closing <= putting {
		t.Errorf("the disk was full while opening, in Put and by the end %d, %d and %d times, want each", opening, putting, closing)
	}
}

// fillUp puts the pool, until Put says that the disk is full.
func fillUp(t *testing.T, s *Store, before []votive.Frame) (acked []votive.Frame, frozen bool) {
	t.Helper()
	acked = before
	for frames := pool()[len(acked):]; len(frames) > 0; frames = frames[20:] {
		added, err := s.Put(t.Context(), frames[:20]...)
		if err == nil {
			acked = append(acked, added...)
			continue
		}
		if !errors.Is(err, ErrFull) || s.Len() != len(acked) {
			t.Errorf("Put() = %v, Len() = %d, want ErrFull, %d", err, s.Len(), len(acked))
		}
		if _, err := s.Put(t.Context(), frames[20:]...); !errors.Is(err, ErrFull) && len(frames) > 20 {
			t.Errorf("Put() after that = %v, want ErrFull", err)
		}
		if _, err := s.Expire(t.Context(), now.AddDate(1, 0, 0)); !errors.Is(err, ErrFull) && s.Len() > 0 {
			t.Errorf("Expire() after that = %v, want ErrFull", err)
		}
		wantAll(t, s, acked)
		return acked, true
	}
	return acked, false
}

// What is carried for others leaves room for what a person writes.
func TestReserve(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, "store", Options{FS: mem})
	put(t, s, pool()[0])
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 63 << 20, TotalBytes: 1 << 30})
	if _, err := s.Put(t.Context(), pool()[1]); !errors.Is(err, ErrFull) || s.Has(pool()[1].ID()) {
		t.Errorf("Put() with 63 MiB to spare = %v, want ErrFull", err)
	}
	if got, err := s.Put(t.Context(), pool()[0]); err != nil || got != nil {
		t.Errorf("Put() of what is there with 63 MiB to spare = %d, %v, want none, no error", len(got), err)
	}
	if n, err := s.Expire(t.Context(), now.AddDate(1, 0, 0)); n != 1 || err != nil {
		t.Errorf("Expire() with 63 MiB to spare = %d, %v, want 1", n, err)
	}
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 65 << 20, TotalBytes: 1 << 30})
	put(t, s, pool()[1])
}
