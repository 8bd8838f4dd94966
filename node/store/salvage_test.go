package store

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/proto/votive"
)

// inTables is a disk with a store of the pool, closed; inLog is one that was
// cut off, with everything still in the log.
func inTables(t *testing.T) *vfs.MemFS { return onDisk(t, true) }
func inLog(t *testing.T) *vfs.MemFS    { return onDisk(t, false) }

// atATime is how many frames were put at once.
const atATime = 40

func onDisk(t *testing.T, flushed bool) *vfs.MemFS {
	t.Helper()
	mem := vfs.NewCrashableMem()
	s := open(t, "store", Options{FS: mem})
	for frames := range slices.Chunk(pool(), atATime) {
		put(t, s, frames...)
	}
	cut := mem.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	if flushed {
		return mem
	}
	return cut
}

// files is those in the store whose names begin and end so.
func files(t *testing.T, mem *vfs.MemFS, begin, end string) (names []string) {
	t.Helper()
	all, err := mem.List("store")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if strings.HasPrefix(name, begin) && strings.HasSuffix(name, end) {
			names = append(names, path.Join("store", name))
		}
	}
	if len(names) == 0 {
		t.Fatalf("no file %s…%s in the store, of %v", begin, end, all)
	}
	slices.Sort(names)
	return names
}

func remove(t *testing.T, mem *vfs.MemFS, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := mem.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
}

// rewrite makes what change gives the content of a file.
func rewrite(t *testing.T, mem *vfs.MemFS, name string, change func([]byte) []byte) {
	t.Helper()
	f, err := mem.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if f, err = mem.Create(name, vfs.WriteCategoryUnspecified); err == nil {
		_, err = f.Write(change(b))
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Sync()
	_ = f.Close()
}

// breakLog changes a byte of what the log says last of the row of a frame, so
// that the batch which says it is lost.
func breakLog(t *testing.T, mem *vfs.MemFS, f votive.Frame) {
	t.Helper()
	row, broken := headerRow(Key{f.Expiry(), f.ID()}).Bytes(), false
	for _, name := range files(t, mem, "", ".log") {
		rewrite(t, mem, name, func(b []byte) []byte {
			if at := bytes.LastIndex(b, row); at >= 0 {
				b, broken = flip(at)(b), true
			}
			return b
		})
	}
	if !broken {
		t.Fatalf("no log says anything of frame %v", f.ID())
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[at] ^= 0x55; return b }
}

func half(b []byte) []byte { return b[:len(b)/2] }

// What is lost, at most, when a file is damaged, and whether opening notices.
func TestSalvage(t *testing.T) {
	type bed = func(*testing.T) *vfs.MemFS
	table := func(t *testing.T, mem *vfs.MemFS) string { return files(t, mem, "", ".sst")[0] }
	const frames = "store/frames-0.data"
	for _, c := range []struct {
		what   string
		bed    bed
		damage func(*testing.T, *vfs.MemFS)
		lost   int
		opens  bool
	}{
		{"nothing", inTables, func(*testing.T, *vfs.MemFS) {}, 0, true},
		{"nothing, cut off", inLog, func(*testing.T, *vfs.MemFS) {}, 0, true},
		{"a byte in a frame", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, frames, flip(100_000))
		}, 1, true},
		{"the end of the frames", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, frames, func(b []byte) []byte { return b[:len(b)-1] })
		}, 1, false},
		{"half of the frames", inTables, func(t *testing.T, mem *vfs.MemFS) { rewrite(t, mem, frames, half) }, len(pool()) / 2, false},
		{"half of the frames, cut off", inLog, func(t *testing.T, mem *vfs.MemFS) { rewrite(t, mem, frames, half) }, len(pool()) / 2, false},
		{"the frames", inTables, func(t *testing.T, mem *vfs.MemFS) { remove(t, mem, frames) }, len(pool()), false},
		{"all but the frames", inTables, func(t *testing.T, mem *vfs.MemFS) {
			for _, name := range files(t, mem, "", "") {
				if name != frames && name != "store/LOCK" {
					remove(t, mem, name)
				}
			}
		}, 0, false},
		{"a byte in the rows", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, table(t, mem), func(b []byte) []byte {
				h := pool()[7].Header()
				return flip(bytes.Index(b, h[:]) + 30)(b)
			})
		}, 0, false},
		{"the end of a table", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, table(t, mem), func(b []byte) []byte { return b[:len(b)-1] })
		}, 0, false},
		{"half a table", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, table(t, mem), half)
		}, 0, false},
		{"a table", inTables, func(t *testing.T, mem *vfs.MemFS) { remove(t, mem, table(t, mem)) }, 0, false},
		{"the manifest", inTables, func(t *testing.T, mem *vfs.MemFS) { remove(t, mem, files(t, mem, "MANIFEST", "")...) }, 0, false},
		{"a byte in the manifest", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, files(t, mem, "MANIFEST", "")[0], flip(20))
		}, 0, false},
		{"which manifest it is", inTables, func(t *testing.T, mem *vfs.MemFS) { remove(t, mem, files(t, mem, "marker.manifest", "")...) }, 0, false},
		{"which manifest it is, cut off", inLog, func(t *testing.T, mem *vfs.MemFS) { remove(t, mem, files(t, mem, "marker.manifest", "")...) }, 0, false},
		{"which format it is", inTables, func(t *testing.T, mem *vfs.MemFS) { remove(t, mem, files(t, mem, "marker.format", "")...) }, 0, false},
		{"the options", inTables, func(t *testing.T, mem *vfs.MemFS) {
			rewrite(t, mem, files(t, mem, "OPTIONS", "")[0], half)
		}, 0, false},
		{"a byte in the log", inLog, func(t *testing.T, mem *vfs.MemFS) {
			logs := files(t, mem, "", ".log")
			rewrite(t, mem, logs[len(logs)-1], flip(10_000))
		}, 0, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			mem := c.bed(t)
			c.damage(t, mem)
			s, err := Open("store", Options{FS: mem, Now: clock})
			if err != nil && !errors.Is(err, ErrDamaged) || (err == nil) != c.opens {
				t.Errorf("Open() = %v, want that it opens: %t", err, c.opens)
			}
			if err == nil {
				checkDamaged(t, s, c.lost)
			}
			r, err := Salvage(t.Context(), "store", Options{FS: mem, Now: clock})
			if err != nil {
				t.Fatalf("Salvage() = %v", err)
			}
			if r.Whole < len(pool())-c.lost || r.Aside != "store.damaged-1" {
				t.Errorf("Salvage() = %+v, want at least %d whole, store.damaged-1", r, len(pool())-c.lost)
			}
			if c.opens && r.Damaged != len(pool())-r.Whole {
				t.Errorf("Salvage() = %+v, want %d damaged", r, len(pool())-r.Whole)
			}
			s = open(t, "store", Options{FS: mem})
			if got, err := s.Check(t.Context()); err != nil || got.Whole != r.Whole || got.Damaged != 0 {
				t.Errorf("Check() after that = %+v, %v, want %d whole", got, err, r.Whole)
			}
			put(t, s, pool()...)
			wantAll(t, s, pool())
		})
	}
}

// checkDamaged looks at a store that opened with so many frames damaged, has
// them brought again, and closes it.
func checkDamaged(t *testing.T, s *Store, lost int) {
	t.Helper()
	r, err := s.Check(t.Context())
	if err != nil || r.Whole != len(pool())-lost || r.Damaged > lost {
		t.Errorf("Check() = %+v, %v, want %d whole and at most %d damaged", r, err, len(pool())-lost, lost)
	}
	if s.Len() != r.Whole {
		t.Errorf("Len() = %d after Check, want the %d whole ones", s.Len(), r.Whole)
	}
	if got := put(t, s, pool()...); len(got) != lost {
		t.Errorf("Put(all) added %d, want the %d lost", len(got), lost)
	}
	wantAll(t, s, pool())
	closeStore(t, s)
}

// Frames behind a damaged log are found in files of which no row names a slot,
// also where what comes before them makes others go.
func TestRecoverOverQuota(t *testing.T) {
	const perFile = 64
	mem := vfs.NewCrashableMem()
	s := open(t, "store", Options{FS: mem, slotsInFile: perFile})
	least, lost, after := named["12+5"](), named["16+6"](), named["14+5"]()
	put(t, s, least)
	put(t, s, lost)
	put(t, s, after)
	// So many that some are put before all were seen; and the best in a file of
	// its own, behind them.
	best, others := named["18+1"](), frames("16+5a 16+5b")
	at := s.slots.take(atOnce + 2*perFile)
	err := s.slots.write(at, func(i int) []byte {
		if i == len(at)-1 {
			return best.Bytes()
		}
		return others[i%len(others)].Bytes()
	})
	if err != nil {
		t.Fatal(err)
	}
	cut := mem.CrashClone(vfs.CrashCloneCfg{})
	closeStore(t, s)
	breakLog(t, cut, lost)
	s = open(t, "store", Options{FS: cut, slotsInFile: perFile, Quota: 2})
	wantAll(t, s, []votive.Frame{lost, best})
	wantSlots(t, s)
}

// However a file is damaged: opening says so or works, no frame is read as
// another, and Salvage finds what is whole.
func TestTortureDamage(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	// Some take Pebble a second: it looks for the one bit that would be right.
	for round := range rounds(12, 500) {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		var mem *vfs.MemFS
		var names []string
		lost, opens := 0, true // frames that Salvage may not find; whether it opens, or may not
		flips := 1 + rng.IntN(3)
		switch round % 3 {
		case 0:
			mem = inLog(t)
			names = files(t, mem, "", ".log")
		case 1:
			mem, opens = inTables(t), false
			names = files(t, mem, "", ".sst")
		case 2:
			mem, lost = inTables(t), flips
			names = files(t, mem, "", ".data")
		}
		for range flips {
			rewrite(t, mem, names[rng.IntN(len(names))], func(b []byte) []byte {
				if len(b) > 0 {
					b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
				}
				return b
			})
		}
		s, err := Open("store", Options{FS: mem, Now: clock})
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("Open() in round %d = %v, want ErrDamaged or none", round, err)
		}
		if err == nil {
			// At the end of a log, damage cannot be told from a loss of power,
			// which takes what was put last.
			r, err := s.Check(t.Context())
			if err != nil || round%3 == 0 && r.Whole < len(pool())-atATime*flips || round%3 == 2 && r.Whole < len(pool())-flips {
				t.Errorf("Check() in round %d = %+v, %v after %d bytes changed", round, r, err, flips)
			}
			closeStore(t, s)
		} else if opens {
			t.Errorf("Open() in round %d = %v after %d bytes changed, want that it opens", round, err, flips)
		}
		r, err := Salvage(t.Context(), "store", Options{FS: mem, Now: clock})
		if err != nil || r.Whole < len(pool())-lost {
			t.Errorf("Salvage() in round %d = %+v, %v after %d bytes changed, want at most %d of %d lost",
				round, r, err, flips, lost, len(pool()))
		}
	}
}

// An error, or a cut, leaves the damaged store; only in the last moment the new
// one is all there is.
func TestSalvageCutOff(t *testing.T) {
	mem := inTables(t)
	remove(t, mem, files(t, mem, "MANIFEST", "")...)
	list := func() []string {
		names, err := mem.List("store")
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		return names
	}
	before := list()

	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 20, TotalBytes: 1 << 30})
	if _, err := Salvage(t.Context(), "store", Options{FS: mem}); !errors.Is(err, ErrFull) {
		t.Errorf("Salvage() on a full disk = %v, want ErrFull", err)
	}
	if got := list(); !slices.Equal(got, before) {
		t.Errorf("Salvage() on a full disk left %v, want %v", got, before)
	}
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 30, TotalBytes: 1 << 30})
	if r, err := Salvage(t.Context(), "store", Options{FS: mem}); err != nil || r.Whole != len(pool()) {
		t.Errorf("Salvage() = %+v, %v, want all %d", r, err, len(pool()))
	}
	// As if it had been cut off before its last step.
	if err := mem.Rename("store", "store.salvaged"); err != nil {
		t.Fatal(err)
	}
	s := open(t, "store", Options{FS: mem})
	wantAll(t, s, pool())
	closeStore(t, s)
	if r, err := Salvage(t.Context(), "store", Options{FS: mem}); err != nil || r.Aside != "store.damaged-2" {
		t.Errorf("second Salvage() = %+v, %v, want store.damaged-2", r, err)
	}
	if _, err := Salvage(t.Context(), "elsewhere", Options{FS: mem}); err == nil {
		t.Errorf("Salvage() of nothing = nil, want an error")
	}
}

// A frame in the slot of another is not taken for it.
func TestFrameInAnotherSlot(t *testing.T) {
	s := open(t, "store", Options{FS: vfs.NewMem()})
	a, b := pool()[0], pool()[9] // of one day
	put(t, s, a)
	if err := s.slots.write([]slot{0}, func(int) []byte { return b.Bytes() }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), a.ID()); !errors.Is(err, ErrDamaged) || s.Has(a.ID()) {
		t.Errorf("Get() of a frame replaced by another = %v, want ErrDamaged and that it is gone", err)
	}
}

func TestBadRows(t *testing.T) {
	f := pool()[0]
	h := f.Header()
	row := appendHeaderRow(nil, h, 1<<31+5)
	for what, row := range map[string]struct {
		key   string
		value []byte
	}{
		"no key":      {headerPrefix, row},
		"a short key": {headerPrefix + strings.Repeat("0", 54), row},
		"a long key":  {headerPrefix + strings.Repeat("0", 57), row},
		"not base32":  {headerPrefix + strings.Repeat("z", 55), row},
		"a short row": {headerRow(Key{f.Expiry(), f.ID()}).String(), row[1:]},
		"no slot":     {headerRow(Key{f.Expiry(), f.ID()}).String(), h[:]},
		"another day": {headerRow(Key{f.Expiry() + 1, f.ID()}).String(), row},
	} {
		if _, _, err := parseHeaderRow([]byte(row.key), row.value); err == nil {
			t.Errorf("parseHeaderRow(%s) = nil, want an error", what)
		}
	}
	if _, _, err := parseFloor(make([]byte, floorSize-1)); err == nil {
		t.Errorf("parseFloor(short) = nil, want an error")
	}
	want := Entry{f.ID(), h}
	if got, at, err := parseHeaderRow([]byte(headerRow(want.Key()).String()), row); err != nil || got != want || at != 1<<31+5 {
		t.Errorf("parseHeaderRow() = %v, %d, %v, want what was written", got, at, err)
	}
	floor := votive.Rank{Rank: 17, Expiry: 2700, ID: f.ID()}
	in := intake{day: 2580, evicted: 1 << 20, floor: votive.Rank{Rank: 20, Expiry: 2710, ID: f.ID()}}
	if got, gotIn, err := parseFloor(appendFloor(nil, floor, in)); err != nil || got != floor || gotIn != in {
		t.Errorf("parseFloor() = %v, %v, %v, want %v, %v", got, gotIn, err, floor, in)
	}
}
