package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"votive/proto/recon"
	"votive/proto/votive"
)

// open opens a store that the test closes at its end.
func open(t testing.TB, dir string, o Options) *Store {
	t.Helper()
	if o.Now == nil {
		o.Now = clock
	}
	s, err := Open(dir, o)
	if err != nil {
		t.Fatalf("Open(%s) = %v", dir, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t testing.TB, s *Store, frames ...votive.Frame) []votive.Frame {
	t.Helper()
	added, err := s.Put(t.Context(), frames...)
	if err != nil {
		t.Fatalf("Put of %d frames = %v", len(frames), err)
	}
	return added
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
}

// wantAll fails unless every frame is there, whole.
func wantAll(t testing.TB, s *Store, frames []votive.Frame) {
	t.Helper()
	for _, f := range frames {
		if got, err := s.Get(t.Context(), f.ID()); err != nil || !slices.Equal(got.Bytes(), f.Bytes()) {
			t.Fatalf("Get(%v) = a frame of id %v, %v, want the frame", f.ID(), got.ID(), err)
		}
	}
}

func ids(frames []votive.Frame) []votive.ID {
	out := make([]votive.ID, len(frames))
	for i, f := range frames {
		out[i] = f.ID()
	}
	return out
}

func TestPutAndGet(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem()})
	frames := pool()[:20]
	if got := put(t, s, frames[0], frames[1], frames[0]); !slices.Equal(ids(got), ids(frames[:2])) {
		t.Errorf("Put with one frame twice added %d, want 2", len(got))
	}
	if got := put(t, s, frames...); !slices.Equal(ids(got), ids(frames[2:])) {
		t.Errorf("Put of 20, of which 2 are there, added %d, want 18", len(got))
	}
	if got := put(t, s); got != nil {
		t.Errorf("Put() added %d, want none", len(got))
	}
	wantAll(t, s, frames)
	if s.Len() != 20 || !s.Has(frames[3].ID()) {
		t.Errorf("Len(), Has() = %d, %t, want 20, true", s.Len(), s.Has(frames[3].ID()))
	}
	other := pool()[20]
	if _, err := s.Get(t.Context(), other.ID()); !errors.Is(err, ErrNotFound) || s.Has(other.ID()) {
		t.Errorf("Get(a frame not there) = %v, want ErrNotFound", err)
	}
	if _, err := s.Put(t.Context(), other, votive.Frame{}); err == nil || s.Has(other.ID()) {
		t.Errorf("Put(frame, none) = %v, want an error and nothing put", err)
	}
	if got := s.Disk(); got == 0 {
		t.Errorf("Disk() = 0, want what 20 frames take")
	}
}

func TestReopenKeepsEverything(t *testing.T) {
	for _, disk := range map[string]vfs.FS{"memory": vfs.NewMem(), "disk": vfs.Default} {
		dir := "store"
		if disk == vfs.Default {
			dir = t.TempDir() + "/made/by/open"
		}
		quota := len(alive()) - 10
		s := open(t, dir, Options{FS: disk, Quota: quota})
		for frames := range slices.Chunk(alive(), 50) {
			put(t, s, frames...)
		}
		floor, keys, sum := s.Floor(), s.Keys(), s.Snapshot().Fingerprint()
		closeStore(t, s)

		s = open(t, dir, Options{FS: disk, Quota: quota})
		if s.Floor() != floor || floor == (votive.Rank{}) {
			t.Errorf("Floor() = %v after reopening, want %v", s.Floor(), floor)
		}
		if !slices.Equal(s.Keys(), keys) || s.Snapshot().Fingerprint() != sum || len(keys) != quota {
			t.Errorf("%d keys after reopening, want the %d from before", len(s.Keys()), len(keys))
		}
		var arrived []Key
		for _, e := range s.Arrivals(0) {
			arrived = append(arrived, e.Key())
		}
		if !slices.Equal(arrived, keys) {
			t.Errorf("arrivals after reopening are not in the order of their keys")
		}
		wantAll(t, s, slices.DeleteFunc(alive(), func(f votive.Frame) bool { return f.Rank().Compare(floor) <= 0 }))
	}
}

func TestClosed(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem()})
	put(t, s, pool()[:3]...)
	closeStore(t, s)
	closeStore(t, s) // does nothing
	if _, err := s.Put(t.Context(), pool()[4]); !errors.Is(err, ErrClosed) {
		t.Errorf("Put() = %v, want ErrClosed", err)
	}
	if _, err := s.Get(t.Context(), pool()[0].ID()); !errors.Is(err, ErrClosed) {
		t.Errorf("Get() = %v, want ErrClosed", err)
	}
	if _, err := s.Expire(t.Context(), now); !errors.Is(err, ErrClosed) {
		t.Errorf("Expire() = %v, want ErrClosed", err)
	}
	if s.Len() != 3 || s.Disk() != 0 {
		t.Errorf("Len(), Disk() = %d, %d, want 3, 0", s.Len(), s.Disk())
	}
}

func TestInUse(t *testing.T) {
	disk, mem := t.TempDir()+"/store", vfs.NewMem()
	open(t, disk, Options{})
	open(t, "store", Options{FS: mem})
	if _, err := Open(disk, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open of %s = %v, want ErrInUse", disk, err)
	}
	if _, err := Open("store", Options{FS: mem}); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open = %v, want ErrInUse", err)
	}
	if _, err := Salvage(t.Context(), disk, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("Salvage of an open store = %v, want ErrInUse", err)
	}
}

// SPEC 10.2
func TestSnapshot(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem()})
	empty := s.Snapshot()
	put(t, s, pool()...)
	all := s.Snapshot()
	if empty.Len() != 0 || empty.Fingerprint() == all.Fingerprint() {
		t.Errorf("a snapshot changed with the store")
	}
	if s.Snapshot() != all {
		t.Errorf("Snapshot() is made anew where nothing has changed")
	}
	if keys := s.Keys(); len(keys) != len(pool()) || all.Len() != len(keys) || !slices.IsSortedFunc(keys, Key.Compare) {
		t.Errorf("Keys() = %d keys of %d, want %d in order", len(keys), all.Len(), len(pool()))
	}
	for _, f := range pool() {
		r := f.Rank()
		if !all.Has(recon.MakeKey(r.Rank, uint16(r.Expiry), r.ID)) || all.Has(recon.MakeKey(r.Rank+1, uint16(r.Expiry), r.ID)) {
			t.Fatalf("Has() is wrong for %v", f.ID())
		}
	}

	// What another store with the same frames says, whatever their order.
	other := open(t, "other", Options{FS: vfs.NewMem()})
	for _, f := range slices.Backward(pool()) {
		put(t, other, f)
	}
	if other.Snapshot().Fingerprint() != all.Fingerprint() {
		t.Errorf("fingerprints of equal sets differ")
	}
}

func TestArrivals(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem()})
	put(t, s, pool()[:150]...)
	var cursor uint64
	seen := func(since uint64) (got []votive.ID) {
		for n, e := range s.Arrivals(since) {
			if n <= since {
				t.Fatalf("Arrivals(%d) gave number %d", since, n)
			}
			cursor, got = n, append(got, e.ID)
		}
		return got
	}
	if got := seen(0); !slices.Equal(got, ids(pool()[:150])) {
		t.Errorf("Arrivals(0) = %d frames, want 150 in the order of Put", len(got))
	}
	if got := seen(cursor); got != nil {
		t.Errorf("Arrivals(cursor) = %d frames, want none", len(got))
	}
	put(t, s, pool()[100:160]...)
	if got := seen(cursor); !slices.Equal(got, ids(pool()[150:160])) {
		t.Errorf("Arrivals(cursor) = %d frames, want the 10 new ones", len(got))
	}
	if got := seen(0); !slices.Equal(got, ids(pool()[:160])) {
		t.Errorf("Arrivals(0) = %d frames, want 160", len(got))
	}
	// What comes while somebody iterates is seen, once.
	var got []votive.ID
	for _, e := range s.Arrivals(0) {
		if got = append(got, e.ID); len(got) == 5 {
			put(t, s, pool()[160:170]...)
		}
	}
	if !slices.Equal(got, ids(pool()[:170])) {
		t.Errorf("Arrivals beside a Put = %d frames, want 170", len(got))
	}
}

// Everything at once, for the race detector, and Close in the middle of it.
func TestConcurrent(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem(), Quota: 100, slotsInFile: 16})
	half := make(chan struct{})
	var wg sync.WaitGroup
	unlessClosed := func(err error, but ...error) bool {
		if err != nil && !errors.Is(err, ErrClosed) && !slices.ContainsFunc(but, func(b error) bool { return errors.Is(err, b) }) {
			t.Errorf("got %v, want none or ErrClosed", err)
		}
		return !errors.Is(err, ErrClosed)
	}
	for worker := range 4 {
		wg.Go(func() {
			for i := range 1 << 30 {
				at := 7 * i % len(pool())
				_, err := s.Put(t.Context(), pool()[at:min(at+worker+1, len(pool()))]...)
				if !unlessClosed(err) {
					return
				}
				if i == 200 && worker == 0 {
					close(half)
				}
			}
		})
		wg.Go(func() {
			for cursor := uint64(0); ; {
				for n, e := range s.Arrivals(cursor) {
					cursor = n
					if _, err := s.Get(t.Context(), e.ID); !unlessClosed(err, ErrNotFound) {
						return
					}
				}
				if _, err := s.Get(t.Context(), pool()[0].ID()); !unlessClosed(err, ErrNotFound) {
					return
				}
			}
		})
	}
	wg.Go(func() {
		for {
			_, err := s.Expire(t.Context(), now)
			if keys := s.Keys(); len(keys) > 100 || s.Len() > 100 {
				t.Errorf("%d keys, want at most the quota of 100", len(keys))
			}
			s.Snapshot().Fingerprint()
			if !unlessClosed(err) {
				return
			}
		}
	})
	<-half
	closeStore(t, s)
	wg.Wait()
}

// A frame that is dropped while somebody is about to read it, its slot given to
// others: that is no damage. Nor is it where it comes back, to another slot.
func TestGetWhileDropped(t *testing.T) {
	for _, back := range []bool{false, true} {
		reading, goOn := make(chan struct{}), make(chan struct{})
		var hold atomic.Bool
		disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, ".data") && hold.Swap(false) {
				close(reading)
				<-goOn
			}
			return nil
		}))
		s := open(t, "store", Options{FS: disk})
		f, others := pool()[0], pool()[1:3]
		put(t, s, f, others[0])
		hold.Store(true)
		got := make(chan error)
		go func() {
			read, err := s.Get(t.Context(), f.ID())
			if err == nil && read.ID() != f.ID() {
				err = fmt.Errorf("frame %v", read.ID())
			}
			got <- err
		}()
		<-reading
		drop(t, s, f)
		if put(t, s, others[1]); slotOf(t, s, others[1]) != 0 {
			t.Fatalf("the slot of what was dropped was not the next to be taken")
		}
		if back {
			put(t, s, f)
		}
		close(goOn)
		if err := <-got; back && err != nil || !back && !errors.Is(err, ErrNotFound) {
			t.Errorf("Get() = %v of a frame that is back: %t; want none then, ErrNotFound else", err, back)
		}
		if s.Has(f.ID()) != back {
			t.Errorf("Has() = %t after that, want %t", !back, back)
		}
	}
}

// drop drops frames, as making room does.
func drop(t testing.TB, s *Store, frames ...votive.Frame) {
	t.Helper()
	var c change
	for _, f := range frames {
		c.drop = append(c.drop, Key{f.Expiry(), f.ID()})
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.make(t.Context(), c); err != nil {
		t.Fatalf("make(drop) = %v", err)
	}
}

func slotOf(t testing.TB, s *Store, f votive.Frame) slot {
	t.Helper()
	a, ok := s.index.find(f.ID())
	if !ok {
		t.Fatalf("frame %v is not there", f.ID())
	}
	return a.slot
}

func TestNotWritable(t *testing.T) {
	file := t.TempDir() + "/file"
	f, err := vfs.Default.Create(file, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	_, err = Open(file+"/store", Options{})
	if err == nil || errors.Is(err, ErrDamaged) || errors.Is(err, ErrInUse) {
		t.Errorf("Open below a file = %v, want an error of the system", err)
	}
}
