package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	ds "github.com/ipfs/go-datastore"

	"votive/proto/votive"
)

// wantSlots fails unless the slots that are taken are those of the index, one
// for each frame, in files that are there.
func wantSlots(t interface {
	Helper()
	Errorf(format string, args ...any)
}, s *Store,
) {
	t.Helper()
	taken := make(map[slot]votive.ID)
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	for i := range s.index.arrivals {
		a := &s.index.arrivals[i]
		if a.gone() {
			continue
		}
		if other, twice := taken[a.slot]; twice {
			t.Errorf("slot %d is that of %v and of %v", a.slot, other, a.ID)
		}
		taken[a.slot] = a.ID
		f := s.slots.files[a.slot/s.slots.per]
		if f == nil || f.File == nil || !f.isTaken(a.slot%s.slots.per) {
			t.Errorf("slot %d of %v is not taken", a.slot, a.ID)
		}
	}
	n := 0
	for _, f := range s.slots.files {
		n += int(f.n)
	}
	if n != len(taken) {
		t.Errorf("%d slots are taken, want %d for as many frames", n, len(taken))
	}
}

// What is on disk shrinks with what the store holds, and grows no further than
// its quota, and what one Put brings.
func TestFilesShrink(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, "store", Options{FS: mem, Quota: 100, slotsInFile: 8})
	count := func() int {
		names, err := mem.List("store")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, name := range names {
			if strings.HasSuffix(name, ".data") {
				n++
			}
		}
		return n
	}
	full := len(alive())
	for i := range full {
		put(t, s, alive()[i])
		if got, most := count(), 100/8+2; got > most {
			t.Fatalf("%d files of 8 slots for a quota of 100, want at most %d", got, most)
		}
	}
	before := s.Disk()
	if n, err := s.Expire(t.Context(), now.AddDate(0, 0, 6)); err != nil || n == 0 {
		t.Fatalf("Expire(in 6 days) = %d, %v, want some", n, err)
	}
	if got := s.Disk(); got >= before {
		t.Errorf("Disk() = %d after much has expired, want less than %d", got, before)
	}
	if n, err := s.Expire(t.Context(), now.AddDate(1, 0, 0)); err != nil || n == 0 || count() != 0 {
		t.Errorf("%d files after all %d that were left have expired, %v, want none", count(), n, err)
	}
	put(t, s, alive()...)
	wantSlots(t, s)
}

// What has expired is not in the files any more, even where others of its file
// are there.
func TestExpiredIsWiped(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, "store", Options{FS: mem})
	gone, stays := named["18+1"](), named["16+6"]()
	put(t, s, gone, stays)
	if n, err := s.Expire(t.Context(), now.AddDate(0, 0, 4)); n != 1 || err != nil {
		t.Fatalf("Expire(in 4 days) = %d, %v, want 1", n, err)
	}
	closeStore(t, s)
	for _, name := range files(t, mem, "", "") {
		rewrite(t, mem, name, func(b []byte) []byte {
			if bytes.Contains(b, gone.Bytes()[votive.HeaderSize:]) {
				t.Errorf("a frame that has expired is in %s", name)
			}
			return b
		})
	}
	s = open(t, "store", Options{FS: mem})
	wantAll(t, s, []votive.Frame{stays})
}

// setRow makes the row of a frame name another slot.
func setRow(t *testing.T, s *Store, f votive.Frame, at slot) {
	t.Helper()
	row := appendHeaderRow(nil, f.Header(), at)
	if err := s.db.Put(t.Context(), headerRow(Key{f.Expiry(), f.ID()}), row); err != nil {
		t.Fatal(err)
	}
}

// Two rows name one slot: what is in it says whose it is, whichever of them is
// read first.
func TestTwoRowsOneSlot(t *testing.T) {
	for _, c := range []struct{ wrong, right int }{{0, 1}, {1, 0}} {
		mem := vfs.NewMem()
		s := open(t, "store", Options{FS: mem})
		put(t, s, pool()[:3]...)
		wrong, right := pool()[c.wrong], pool()[c.right]
		setRow(t, s, wrong, slotOf(t, s, right))
		closeStore(t, s)
		s = open(t, "store", Options{FS: mem})
		if s.Has(wrong.ID()) || s.Len() != 2 {
			t.Errorf("Len() = %d, want 2 without the frame whose slot holds another", s.Len())
		}
		wantAll(t, s, []votive.Frame{right, pool()[2]})
		wantSlots(t, s)
		put(t, s, wrong) // as a peer brings it again
		closeStore(t, s)
		s = open(t, "store", Options{FS: mem})
		wantAll(t, s, pool()[:3])
		closeStore(t, s)
	}
}

// The row that named the slot of another wrongly is not left behind, where it
// would name none once that one has expired.
func TestWrongRowGoes(t *testing.T) {
	for _, c := range []struct{ wrong, right int }{{0, 1}, {1, 0}} {
		mem := vfs.NewMem()
		s := open(t, "store", Options{FS: mem})
		put(t, s, pool()[:2]...)
		setRow(t, s, pool()[c.wrong], slotOf(t, s, pool()[c.right]))
		closeStore(t, s)
		s = open(t, "store", Options{FS: mem})
		wantRows(t, s, 1)
		if n, err := s.Expire(t.Context(), now.AddDate(1, 0, 0)); n != 1 || err != nil {
			t.Errorf("Expire(in a year) = %d, %v, want 1", n, err)
		}
		closeStore(t, s)
		if s, err := Open("store", Options{FS: mem}); err != nil || s.Close() != nil {
			t.Errorf("Open() after row %d in the slot of %d was told = %v, want none", c.wrong, c.right, err)
		}
	}
}

// wantRows fails unless there are so many rows of frames on disk.
func wantRows(t *testing.T, s *Store, want int) {
	t.Helper()
	got := 0
	err := s.db.Rows(headerPrefix, headerEnd, func(_, _ []byte) error { got++; return nil })
	if err != nil || got != want {
		t.Errorf("%d rows, %v, want %d", got, err, want)
	}
}

// While the slot of two rows cannot be read, neither row is given up.
func TestTwoRowsUnreadable(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, "store", Options{FS: mem})
	put(t, s, pool()[:2]...)
	setRow(t, s, pool()[0], slotOf(t, s, pool()[1]))
	closeStore(t, s)
	disk := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, ".data") {
			return syscall.EMFILE
		}
		return nil
	}))
	s = open(t, "store", Options{FS: disk})
	wantRows(t, s, 2)
	closeStore(t, s)
	s = open(t, "store", Options{FS: mem})
	wantAll(t, s, pool()[1:2])
	wantRows(t, s, 1)
}

// Where the damage in a log is to an Expire, after which files were removed, the
// store opens: what has expired is still gone, and all else is there.
func TestExpireLostWithTheLog(t *testing.T) {
	mem := vfs.NewCrashableMem()
	o := Options{FS: mem, slotsInFile: 1}
	s := open(t, "store", o)
	stays, over, later := named["16+6"](), frames("18+1 17+1"), named["16+5a"]()
	put(t, s, stays)
	put(t, s, over...)
	if n, err := s.Expire(t.Context(), now.AddDate(0, 0, 4)); n != len(over) || err != nil {
		t.Fatalf("Expire(in 4 days) = %d, %v, want %d", n, err, len(over))
	}
	put(t, s, later) // in the slot of the first, while that of the second is in no file
	cut := mem.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	breakLog(t, cut, over[0])
	o.FS = cut
	for range 2 {
		s = open(t, "store", o)
		wantAll(t, s, []votive.Frame{stays, later})
		wantRows(t, s, 2)
		wantSlots(t, s)
		closeStore(t, s)
	}
}

// A row that names a slot that is in no file says so, and Salvage has the
// frame, since it is there.
func TestNoSuchSlot(t *testing.T) {
	for _, at := range []slot{3, slotsInFile, 1<<32 - 1} {
		mem := vfs.NewMem()
		s := open(t, "store", Options{FS: mem})
		put(t, s, pool()[:3]...)
		setRow(t, s, pool()[1], at)
		closeStore(t, s)
		_, err := Open("store", Options{FS: mem})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(fmt.Sprint(err), pool()[1].ID().String()) {
			t.Errorf("Open() with a frame in slot %d of 3 = %v, want ErrDamaged and the frame", at, err)
		}
		if r, err := Salvage(t.Context(), "store", Options{FS: mem}); err != nil || r.Whole != 3 {
			t.Errorf("Salvage() = %+v, %v, want 3 whole", r, err)
		}
	}
}

// Where the disk cannot read one place, that frame is damaged, and no other.
// Where it says nothing of the kind, the frame is not given up.
func TestUnreadableSlot(t *testing.T) {
	for _, c := range []struct {
		cause error
		gone  bool
	}{{syscall.EIO, true}, {syscall.EMFILE, false}} {
		var failing atomic.Bool
		disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if failing.Load() && op.Kind == errorfs.OpFileReadAt && op.Offset == votive.FrameSize {
				return c.cause
			}
			return nil
		}))
		s := open(t, "store", Options{FS: disk})
		put(t, s, pool()[:3]...)
		failing.Store(true)
		f := pool()[1]
		if _, err := s.Get(t.Context(), f.ID()); err == nil || errors.Is(err, ErrDamaged) != c.gone || s.Has(f.ID()) == c.gone {
			t.Errorf("Get() with %v = %v, Has() = %t, want an error; that it is damaged and gone: %t", c.cause, err, s.Has(f.ID()), c.gone)
		}
		wantAll(t, s, []votive.Frame{pool()[0], pool()[2]})
		failing.Store(false)
		put(t, s, f)
		wantAll(t, s, pool()[:3])
		if c.gone && slotOf(t, s, f) != 3 {
			t.Errorf("a damaged frame that came again is in slot %d, want a new one", slotOf(t, s, f))
		}
		closeStore(t, s)
	}
}

// A store cannot be opened where a file of it cannot be, and is not damaged by
// that.
func TestUnreadableFile(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, "store", Options{FS: mem})
	put(t, s, pool()[:3]...)
	closeStore(t, s)
	for _, cause := range []error{fs.ErrPermission, syscall.EACCES, syscall.EMFILE} {
		disk := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if strings.HasSuffix(op.Path, ".data") {
				return cause
			}
			return nil
		}))
		if _, err := Open("store", Options{FS: disk}); !errors.Is(err, cause) || errors.Is(err, ErrDamaged) || errors.Is(err, ErrFull) {
			t.Errorf("Open() where a file cannot be opened = %v, want %v alone", err, cause)
		}
	}
	s = open(t, "store", Options{FS: mem})
	wantAll(t, s, pool()[:3])
}

// A store of an earlier votive, which kept each frame in a row, says what to
// do, and that helps.
func TestOldLayout(t *testing.T) {
	mem := vfs.NewMem()
	s := open(t, "store", Options{FS: mem})
	w := s.db.Writer(t.Context())
	for _, f := range pool() {
		h, row := f.Header(), headerRow(Key{f.Expiry(), f.ID()})
		w.Put(row, h[:])
		w.Put(ds.RawKey("/f/"+strings.TrimPrefix(row.String(), headerPrefix)), f.Bytes())
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	if _, err := Open("store", Options{FS: mem}); !errors.Is(err, ErrDamaged) || !strings.Contains(fmt.Sprint(err), "votive doctor --mend") {
		t.Errorf("Open() of an old store = %v, want what to do", err)
	}
	if r, err := Salvage(t.Context(), "store", Options{FS: mem, Now: clock}); err != nil || r.Whole != len(pool()) {
		t.Errorf("Salvage() of an old store = %+v, %v, want %d whole", r, err, len(pool()))
	}
	s = open(t, "store", Options{FS: mem})
	wantAll(t, s, pool())
}

// A Put that was cancelled leaves nothing behind, also in slots.
func TestCancelledPut(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Put(ctx, pool()[:10]...); !errors.Is(err, ctx.Err()) || s.Len() != 0 {
		t.Errorf("Put() after its context has ended = %v, Len() = %d, want that it has, 0", err, s.Len())
	}
	wantSlots(t, s)
	put(t, s, pool()[:10]...)
	if got := slotOf(t, s, pool()[9]); got != 9 {
		t.Errorf("the tenth frame is in slot %d, want 9", got)
	}
}

// Many frames at once are written in few pieces, and one piece never spans two
// files.
func TestPieces(t *testing.T) {
	writes := 0
	disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWriteAt && strings.HasSuffix(op.Path, ".data") {
			writes++
		}
		return nil
	}))
	s := open(t, "store", Options{FS: disk, slotsInFile: 100, Now: func() time.Time { return now.AddDate(-1, 0, 0) }})
	put(t, s, pool()...) // 320: 64 and 36 for each file of 100, and 20
	if writes != 7 {
		t.Errorf("320 frames were written in %d pieces, want 7", writes)
	}
	drop(t, s, pool()[10], pool()[12], pool()[13], pool()[200])
	writes = 0
	if put(t, s, pool()[10], pool()[12], pool()[13], pool()[200]); writes != 3 {
		t.Errorf("4 frames in slots 10, 12, 13 and 200 were written in %d pieces, want 3", writes)
	}
	wantAll(t, s, pool())
	wantSlots(t, s)
}
