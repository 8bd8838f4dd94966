package disk

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	ds "github.com/ipfs/go-datastore"
)

// Memory tables are taken off the cache, and something of it has to be left:
// what says where rows are is read again with each of them otherwise.
func TestCacheKeepsSomething(t *testing.T) {
	e := open(t, vfs.NewMem())
	defer closeDatabase(t, e)
	const n = 4 * memTableSize / 4096
	if err := write(t.Context(), e, n, 1); err != nil {
		t.Fatal(err)
	}
	if err := e.db.Flush(); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		err := e.See(key(i), func(got []byte) error {
			if !bytes.Equal(got, value(i, 1)) {
				t.Errorf("See(%v) = %.16q, want %.16q", key(i), got, value(i, 1))
			}
			return nil
		})
		if err != nil {
			t.Fatalf("See(%v) = %v", key(i), err)
		}
	}
	if size := e.db.Metrics().BlockCache.Size; size < cacheSize/2 || size > cacheSize+2*memTableSize {
		t.Errorf("%d bytes in the cache, want some %d", size, cacheSize)
	}
	if err := e.See(key(n), func([]byte) error { return nil }); !errors.Is(err, ds.ErrNotFound) {
		t.Errorf("See of no row = %v, want %v", err, ds.ErrNotFound)
	}
}

// Opening reads a database once: that is not what the cache is for.
func TestCacheIsSmallAtFirst(t *testing.T) {
	disk := vfs.NewMem()
	e := open(t, disk)
	if err := write(t.Context(), e, 4*memTableSize/4096, 1); err != nil {
		t.Fatal(err)
	}
	closeDatabase(t, e)
	e = open(t, disk)
	defer closeDatabase(t, e)
	if err := e.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if size := e.db.Metrics().BlockCache.Size; size > cacheSize {
		t.Errorf("%d bytes in the cache, want at most %d", size, cacheSize)
	}
}

// A log whose rows are in tables may hold anything.
func TestOldLogsAreNotRead(t *testing.T) {
	disk := vfs.NewMem()
	e := open(t, disk)
	if err := write(t.Context(), e, 10, 1); err != nil {
		t.Fatal(err)
	}
	closeDatabase(t, e)
	for _, c := range []struct {
		name   string
		number uint32
		want   int
	}{{"db/000001.log", 1, 0}, {"db/999999.log", 999_999, 1}} {
		other := chunk(c.number, []byte("other"))
		f, err := disk.Create(c.name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(slices.Concat(flip(19)(slices.Clone(other)), other))
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if logs, err := brokenLogs("db", disk); len(logs) != c.want || err != nil {
			t.Errorf("with %s: %d broken logs, %v, want %d", c.name, len(logs), err, c.want)
		}
	}
}

// What was deleted is in no file, those of the log included, which Pebble would
// keep to write over.
func TestCompactLeavesNothing(t *testing.T) {
	disk := vfs.NewMem()
	e := open(t, disk)
	defer closeDatabase(t, e)
	secret := []byte("the key of an Inbox that has served")
	for i := range 20 { // over some logs
		if err := e.Put(t.Context(), key(i), secret); err != nil {
			t.Fatal(err)
		}
		if err := e.db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	e.db.TestOnlyWaitForCleaning()
	if !slices.ContainsFunc(contents(t, disk), func(b []byte) bool { return bytes.Contains(b, secret) }) {
		t.Fatal("what was put is in no file, so that nothing can be said of what is deleted")
	}
	for i := range 20 {
		if err := e.Delete(t.Context(), key(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.db.TestOnlyWaitForCleaning()
	for i, b := range contents(t, disk) {
		if bytes.Contains(b, secret) {
			t.Errorf("file %d, %d bytes, has what was deleted", i, len(b))
		}
	}
}

// contents is what is in all files of a database.
func contents(t *testing.T, disk vfs.FS) (all [][]byte) {
	t.Helper()
	names, err := disk.List("db")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := disk.Open(disk.PathJoin("db", name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}
