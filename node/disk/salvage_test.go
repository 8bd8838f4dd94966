package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	ds "github.com/ipfs/go-datastore"
)

var quiet = slog.New(slog.DiscardHandler)

// rounds is how often a test of the unlikely tries: less with -short, to the
// full length where VOTIVE_LONG is set.
func rounds(usual, long int) int {
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		return long
	case testing.Short():
		return usual/5 + 1
	}
	return usual
}

// history writes, replaces and deletes rows of 1 KiB, with a table now and
// then, and gives what is there at the end.
func history(t *testing.T, e *Database, rng *rand.Rand, changes int) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for i := range changes {
		err := e.Write(t.Context(), func(b ds.Batch) error {
			for range 1 + rng.IntN(12) {
				k := ds.RawKey(fmt.Sprintf("/%052d", rng.IntN(200)))
				if rng.IntN(4) == 0 {
					delete(all, k.String())
					if err := b.Delete(t.Context(), k); err != nil {
						return err
					}
					continue
				}
				v := strings.Repeat(fmt.Sprintf("%08d%08d", i, rng.Uint32()%1e8), 64)
				all[k.String()] = v
				if err := b.Put(t.Context(), k, []byte(v)); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil && rng.IntN(12) == 0 {
			err = e.db.Flush()
		}
		if err == nil && rng.IntN(60) == 0 {
			err = e.Compact(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// rows is what is in a database.
func rows(t *testing.T, e *Database) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := e.Rows("/", "0", func(key, value []byte) error { all[string(key)] = string(value); return nil })
	if err != nil {
		t.Fatalf("Rows() = %v", err)
	}
	return all
}

// inTables is a disk with a database that was closed, inLog one with a
// database that was cut off, and what was in it.
func inTables(t *testing.T, rng *rand.Rand) (*vfs.MemFS, map[string]string) {
	mem := vfs.NewCrashableMem()
	e := open(t, mem)
	all := history(t, e, rng, 40+rng.IntN(80))
	closeDatabase(t, e)
	return mem, all
}

func inLog(t *testing.T, rng *rand.Rand) (*vfs.MemFS, map[string]string) {
	mem := vfs.NewCrashableMem()
	e := open(t, mem)
	all := history(t, e, rng, 40+rng.IntN(80))
	cut := mem.CrashClone(vfs.CrashCloneCfg{})
	closeDatabase(t, e)
	return cut, all
}

func salvage(t *testing.T, mem vfs.FS) (Salvaged, map[string]string) {
	t.Helper()
	s, err := Salvage(t.Context(), "db", mem, quiet, func([]byte, []byte) bool { return true })
	if err != nil {
		t.Fatalf("Salvage() = %v", err)
	}
	e := open(t, mem)
	defer closeDatabase(t, e)
	got := rows(t, e)
	if len(got) != s.Rows {
		t.Errorf("Salvage() = %+v, and there are %d rows", s, len(got))
	}
	return s, got
}

// What Pebble writes is what is looked for: of an undamaged database every row
// is found as it is, none that was replaced or deleted, and the manifest says
// what Pebble does. With no manifest, all is found where the log is the last.
func TestRowsInFiles(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for round := range rounds(20, 300) {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		for what, bed := range map[string]func(*testing.T, *rand.Rand) (*vfs.MemFS, map[string]string){"tables": inTables, "log": inLog} {
			mem, all := bed(t, rng)
			m, err := readManifest("db", mem)
			if err != nil {
				t.Fatalf("round %d, %s: readManifest() = %v", round, what, err)
			}
			if what == "tables" {
				e := open(t, mem)
				levels, err := e.db.SSTables()
				if err != nil {
					t.Fatal(err)
				}
				want := make(map[uint64]bool)
				for _, tables := range levels {
					for _, table := range tables {
						want[uint64(table.BackingSSTNum)] = true
					}
				}
				if !maps.Equal(m.tables, want) {
					t.Errorf("round %d: manifest of tables %v, want %v", round, m.tables, want)
				}
				closeDatabase(t, e)
			}
			s, got := salvage(t, mem)
			if !maps.Equal(got, all) {
				t.Fatalf("round %d, %s: Salvage() = %+v, and not what was there: %s", round, what, s, difference(got, all))
			}
		}
	}
}

func difference(got, want map[string]string) string {
	var missing, more, other int
	for k, v := range want {
		if g, ok := got[k]; !ok {
			missing++
		} else if g != v {
			other++
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			more++
		}
	}
	return fmt.Sprintf("%d of %d missing, %d other, %d more", missing, len(want), other, more)
}

// files is those in the database whose names begin and end so.
func files(t *testing.T, mem *vfs.MemFS, begin, end string) (names []string) {
	t.Helper()
	all, err := mem.List("db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if strings.HasPrefix(name, begin) && strings.HasSuffix(name, end) {
			names = append(names, path.Join("db", name))
		}
	}
	slices.Sort(names)
	return names
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

func anywhere(rng *rand.Rand) func([]byte) []byte {
	return func(b []byte) []byte {
		if len(b) > 0 {
			b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
		}
		return b
	}
}

// However one byte of a database is damaged: opening says so or works, and
// loses a block or a change at the most; so does Salvage; no row is other than
// it was.
func TestTortureDamage(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	said := 0
	n := rounds(40, 1500)
	for round := range n {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		bed, end := inTables, ".sst"
		if round%2 == 0 {
			bed, end = inLog, ".log"
		}
		mem, all := bed(t, rng)
		m, err := readManifest("db", mem)
		if err != nil {
			t.Fatal(err)
		}
		names := slices.DeleteFunc(files(t, mem, "", end), func(name string) bool { return !m.counts(path.Base(name), end == ".log") })
		rewrite(t, mem, names[rng.IntN(len(names))], anywhere(rng))

		// At most the 12 rows of a change, or the rows of a block; and what
		// was replaced by them, or deleted, is there as it was.
		const most = 16
		check := func(what string, got map[string]string) {
			lost := 0
			for k, v := range all {
				if got[k] != v {
					lost++
				}
			}
			for k := range got {
				if _, ok := all[k]; !ok {
					lost++
				}
			}
			if lost > most {
				t.Errorf("round %d of seed %d, %s: %s", round, seed, what, difference(got, all))
			}
		}
		e, err := Open("db", mem, quiet)
		if err == nil {
			if err = e.Check(t.Context()); err == nil {
				check("opened", rows(t, e))
			}
			closeDatabase(t, e)
		}
		if err != nil {
			said++
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("round %d of seed %d: %v, want ErrDamaged", round, seed, err)
			}
		}
		_, got := salvage(t, mem)
		check("salvaged", got)
	}
	if said == 0 {
		t.Errorf("none of %d damages was noticed", n)
	}
}

// What is lost when a file is, or its end, and what is not.
func TestSalvage(t *testing.T) {
	remove := func(begin, end string) func(*vfs.MemFS) {
		return func(mem *vfs.MemFS) {
			for _, name := range files(t, mem, begin, end) {
				if err := mem.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	table := func(change func([]byte) []byte) func(*vfs.MemFS) {
		return func(mem *vfs.MemFS) { rewrite(t, mem, files(t, mem, "", ".sst")[0], change) }
	}
	for _, c := range []struct {
		what   string
		damage func(*vfs.MemFS)
		lost   int
		opens  bool
		whole  bool // says Check
	}{
		{"nothing", func(*vfs.MemFS) {}, 0, true, true},
		{"the manifest", remove("MANIFEST", ""), 0, false, false},
		{"which manifest it is", remove("marker.manifest", ""), 0, false, false},
		{"a byte in the manifest", func(mem *vfs.MemFS) {
			rewrite(t, mem, files(t, mem, "MANIFEST", "")[0], flip(20))
		}, 0, false, false},
		{"the options", remove("OPTIONS", ""), 0, true, true},
		{"the end of a table", table(func(b []byte) []byte { return b[:len(b)-1] }), 0, false, false},
		{"the index of a table", table(func(b []byte) []byte { clear(b[len(b)-1200:]); return b }), 0, true, false},
		{"a byte at the beginning", table(flip(100)), 4, true, false},
		{"half a table", table(func(b []byte) []byte { return b[:len(b)/2] }), 110, false, false},
		{"all tables", remove("", ".sst"), 200, false, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			mem := vfs.NewCrashableMem()
			e := open(t, mem)
			if err := write(t.Context(), e, 200, 7); err != nil {
				t.Fatal(err)
			}
			if err := e.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			closeDatabase(t, e)
			c.damage(mem)
			e, err := Open("db", mem, quiet)
			if err != nil && !errors.Is(err, ErrDamaged) || (err == nil) != c.opens {
				t.Errorf("Open() = %v, want that it opens: %t", err, c.opens)
			}
			if err == nil {
				if err := e.Check(t.Context()); (err == nil) != c.whole || err != nil && !errors.Is(err, ErrDamaged) {
					t.Errorf("Check() = %v, want that all is whole: %t", err, c.whole)
				}
				closeDatabase(t, e)
			}
			s, got := salvage(t, mem)
			if len(got) < 200-c.lost || s.Aside != "db.damaged-1" {
				t.Errorf("Salvage() = %+v, want at least %d rows, db.damaged-1", s, 200-c.lost)
			}
			for k, v := range got {
				i := 0
				if _, err := fmt.Sscanf(k, "/%d", &i); err != nil || v != string(value(i, 7)) {
					t.Errorf("row %s is not what it was", k)
				}
			}
		})
	}
}

// An error, or a cut, leaves the damaged database; only in the last moment the
// new one is all there is.
func TestSalvageCutOff(t *testing.T) {
	mem, all := inTables(t, rand.New(rand.NewPCG(3, 4)))
	for _, name := range files(t, mem, "MANIFEST", "") {
		if err := mem.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	before := files(t, mem, "", "")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Salvage(cancelled, "db", mem, quiet, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Salvage() that is cancelled = %v", err)
	}
	if got := files(t, mem, "", ""); !slices.Equal(got, before) {
		t.Errorf("Salvage() that is cancelled left %v, want %v", got, before)
	}
	if _, got := salvage(t, mem); len(got) < len(all) {
		t.Errorf("Salvage() found %d rows, want all %d", len(got), len(all))
	}
	if err := mem.Rename("db", "db.salvaged"); err != nil {
		t.Fatal(err)
	}
	e := open(t, mem)
	if got := rows(t, e); len(got) < len(all) {
		t.Errorf("after a cut there are %d rows, want all %d", len(got), len(all))
	}
	closeDatabase(t, e)
	if _, err := Salvage(t.Context(), "elsewhere", mem, quiet, nil); err == nil {
		t.Error("Salvage() of nothing = nil, want an error")
	}
}

// Whatever is on disk: nothing panics, and what is whole is found.
func FuzzRuins(f *testing.F) {
	mem := vfs.NewMem()
	e, err := Open("db", mem, quiet)
	if err != nil {
		f.Fatal(err)
	}
	if err := write(context.Background(), e, 20, 1); err != nil {
		f.Fatal(err)
	}
	if err := e.Close(); err != nil {
		f.Fatal(err)
	}
	names, err := mem.List("db")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		file, err := mem.Open(mem.PathJoin("db", name))
		if err != nil {
			f.Fatal(err)
		}
		b, err := io.ReadAll(file)
		if err != nil {
			f.Fatal(err)
		}
		_ = file.Close()
		f.Add(b[:min(len(b), 1<<14)], 5)
	}
	f.Add([]byte{0, 0, 0, 0, 3, 0, 9}, 4)
	f.Add(slices.Concat(chunk(5, make([]byte, 100)), chunk(5, []byte("x"))), 5)
	f.Fuzz(func(t *testing.T, b []byte, number int) {
		isBroken(bytes.NewReader(b), uint32(number))
		eachBatch(bytes.NewReader(b), uint32(number), func([]byte, []version, bool) {})
		eachBlock(b, func(version) {})
		_, _ = batchRows(b, nil)
		m := manifest{tables: make(map[uint64]bool)}
		_ = m.apply(b)
		_, _ = io.ReadAll(&logBytes{r: bytes.NewReader(b)})
	})
}
