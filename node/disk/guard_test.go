package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	ds "github.com/ipfs/go-datastore"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a database that the test closes at its end.
func open(t testing.TB, disk vfs.FS) *Database {
	t.Helper()
	e, err := Open("db", disk, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	return e
}

func closeDatabase(t testing.TB, e *Database) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
}

func key(i int) ds.Key { return ds.RawKey(fmt.Sprintf("/%06d", i)) }

// value is 4 KiB that tell their key and which time it was written.
func value(i, time int) []byte {
	return bytes.Repeat([]byte(fmt.Sprintf("%08d%08d", i, time)), 256)
}

// write writes so many rows as one batch or more.
func write(ctx context.Context, e *Database, n, time int) error {
	w := e.Writer(ctx)
	for i := range n {
		w.Put(key(i), value(i, time))
		w.Cut()
	}
	return w.Finish()
}

// want fails unless the rows from 0 to below n are there, as of that time or,
// where a write was cut off, the next.
func want(t testing.TB, e *Database, n, time int) {
	t.Helper()
	for i := range n {
		got, err := e.Get(t.Context(), key(i))
		if err != nil || !bytes.Equal(got, value(i, time)) && !bytes.Equal(got, value(i, time+1)) {
			t.Fatalf("Get(%v) = %d bytes, %v, want those of time %d", key(i), len(got), err, time)
		}
	}
}

// failing is a disk on which every write to a name with that end fails with
// cause.
type failing struct {
	cause error
	end   string
}

func (f failing) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.HasSuffix(op.Path, f.end) {
		return f.cause
	}
	return nil
}

func (f failing) String() string { return "failing" }

// A disk on which only tables cannot be written: what is in RAM is read from
// there, and writers are not held up for ever.
func TestTablesCannotBeWritten(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT} {
		mem := vfs.NewMem()
		e := open(t, errorfs.Wrap(mem, failing{cause, ".sst"}))
		const rows = 160
		acked := 0
		var err error
		for err == nil && acked < 100 {
			if err = write(t.Context(), e, rows, acked+1); err == nil {
				acked++
			}
		}
		if broken := errors.Is(cause, syscall.EIO); errors.Is(err, ErrFull) == broken || broken && !errors.Is(err, cause) {
			t.Errorf("Finish() = %v, want what %v means", err, cause)
		}
		if acked == 0 {
			t.Error("nothing was written before the first table")
		}
		if err := e.Close(); err == nil {
			t.Errorf("Close() = nil, want why it froze")
		}
		e = open(t, mem)
		want(t, e, rows, acked)
		closeDatabase(t, e)
	}
}

// A writer waits while tables are not written, for as long as its context
// lasts, and until it is known that they cannot be.
func TestCrowded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan error)
		e := open(t, errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".sst") {
				return <-slow
			}
			return nil
		})))
		written := make(chan error)
		writeMuch := func(ctx context.Context) { written <- write(ctx, e, 8*memTableSize/4096, 0) }

		ctx, cancel := context.WithCancel(t.Context())
		go writeMuch(ctx)
		synctest.Wait()
		if got := e.db.Metrics().MemTable.Size; got < maxUnflushed*memTableSize || got > (maxUnflushed+2)*memTableSize {
			t.Errorf("%d bytes wait to become tables, want some %d", got, maxUnflushed*memTableSize)
		}
		cancel()
		if err := <-written; !errors.Is(err, context.Canceled) {
			t.Errorf("Finish() while it waits = %v, want that it was cancelled", err)
		}

		go writeMuch(t.Context())
		synctest.Wait()
		slow <- nil
		var err error
		for err = errNotYet; errors.Is(err, errNotYet); {
			select {
			case slow <- nil:
			case err = <-written:
			}
		}
		if err != nil {
			t.Errorf("Finish() when tables are written again = %v", err)
		}

		go writeMuch(t.Context())
		synctest.Wait()
		slow <- syscall.ENOSPC
		if err := <-written; !errors.Is(err, ErrFull) {
			t.Errorf("Finish() when the disk is full = %v, want ErrFull", err)
		}
		close(slow)
		if err := e.Close(); !errors.Is(err, ErrFull) {
			t.Errorf("Close() = %v, want ErrFull", err)
		}
	})
}

var errNotYet = errors.New("not yet")

// Pebble's last word to the log would end the process.
func TestFatalFreezes(t *testing.T) {
	var out bytes.Buffer
	e, err := Open("db", vfs.NewMem(), slog.New(slog.NewTextHandler(&out, nil)))
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	if err := write(t.Context(), e, 1, 1); err != nil {
		t.Fatalf("Finish() = %v", err)
	}
	pebbleLog{e}.Fatalf("level %d: %v", 6, syscall.ENOSPC)
	pebbleLog{e}.Fatalf("second thoughts")
	if err := write(t.Context(), e, 2, 2); !errors.Is(err, ErrFull) {
		t.Errorf("Finish() = %v, want ErrFull", err)
	}
	want(t, e, 1, 1)
	if err := e.Close(); !errors.Is(err, ErrFull) {
		t.Errorf("Close() = %v, want ErrFull", err)
	}
	if out.Len() > 0 {
		t.Errorf("logged %q, want nothing: the caller was told", out.String())
	}
}
