package disk

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	ds "github.com/ipfs/go-datastore"
)

// batchSize is where one batch of a Writer ends and the next begins, in bytes:
// Pebble takes those of half a memTableSize another way, that costs more RAM.
const batchSize = memTableSize * 3 / 8

// batch is one of Pebble's, as go-datastore has them. It is not go-ds-pebble's:
// that one copies each key once more, is written and synced in two steps, and
// its memory, as much again as what is in it for having grown, is used once.
type batch struct{ *pebble.Batch }

// newBatch begins a batch, which is to be closed.
func (e *Database) newBatch() batch {
	return batch{e.db.NewBatch(pebble.WithMaxRetainedSizeBytes(memTableSize))}
}

func (b batch) Put(_ context.Context, key ds.Key, value []byte) error {
	name := key.String()
	row := b.SetDeferred(len(name), len(value))
	copy(row.Key, name)
	copy(row.Value, value)
	return row.Finish()
}

func (b batch) Delete(_ context.Context, key ds.Key) error {
	name := key.String()
	row := b.DeleteDeferred(len(name))
	copy(row.Key, name)
	return row.Finish()
}

// Commit writes the batch, and does not sync it.
func (b batch) Commit(context.Context) error { return b.Batch.Commit(pebble.NoSync) }

// all is the prefix of every key, for Sync.
var all = ds.NewKey("/")

// Write writes what fill puts into a batch, as a whole or not at all, and
// syncs it. When it gives nil, it is on disk.
func (e *Database) Write(ctx context.Context, fill func(ds.Batch) error) error {
	w := e.Writer(ctx)
	w.begin()
	w.err = fill(w.batch)
	return w.Finish()
}

// Writer writes any number of rows, in batches that end at some of the calls
// of Cut: after a loss of power, what comes before one of those is there, and
// the rest is not. Its first error ends it, and is
// what Finish gives.
type Writer struct {
	db    *Database
	ctx   context.Context //nolint:containedctx // lives as long as one call of its owner
	batch *batch          // nil where nothing waits
	size  int
	err   error
}

// Writer begins to write. It belongs to one goroutine.
func (e *Database) Writer(ctx context.Context) *Writer { return &Writer{db: e, ctx: ctx} }

// Put puts a row.
func (w *Writer) Put(key ds.Key, value []byte) {
	w.row(len(value), func() error { return w.batch.Put(w.ctx, key, value) })
}

// Delete deletes a row, if it is there.
func (w *Writer) Delete(key ds.Key) {
	w.row(0, func() error { return w.batch.Delete(w.ctx, key) })
}

// versions writes again what was one batch, as one.
func (w *Writer) versions(rows []version) {
	w.Cut()
	for _, v := range rows {
		switch k := string(v.key); {
		case len(k) < 2 || k[0] != '/' || k[len(k)-1] == '/': // none of go-datastore's
		case v.deleted:
			w.Delete(ds.RawKey(k))
		default:
			w.Put(ds.RawKey(k), v.value)
		}
	}
}

func (w *Writer) row(size int, add func() error) {
	const perRow = 128 // key and bookkeeping
	if w.batch == nil {
		w.begin()
	}
	if w.err == nil {
		w.err = add()
	}
	w.size += size + perRow
}

// Cut says that what was written so far may be there without the rest.
func (w *Writer) Cut() {
	if w.size >= batchSize {
		w.commit(pebble.NoSync)
	}
}

func (w *Writer) begin() {
	b := w.db.newBatch()
	w.batch = &b
}

// commit commits what there is, and syncs it with all before it if how says so.
func (w *Writer) commit(how *pebble.WriteOptions) {
	if w.batch == nil {
		return
	}
	if w.err == nil {
		w.err = w.db.room(w.ctx)
	}
	if w.err == nil {
		w.err = w.batch.Batch.Commit(how)
	}
	// What met an error is left to Go: Pebble may still have hold of it.
	if w.err == nil && w.db.Frozen() == nil {
		_ = w.batch.Close() // it only gives the memory to the next
	}
	w.batch, w.size = nil, 0
}

// Finish commits the rest and syncs all. Where it gives nil, everything is on
// disk.
func (w *Writer) Finish() error {
	synced := w.batch != nil && !w.batch.Empty()
	w.commit(pebble.Sync)
	if w.err == nil && !synced {
		w.err = w.db.Sync(w.ctx, all)
	}
	// A frozen disk takes everything and keeps nothing: ask it last.
	if err := w.db.Frozen(); err != nil {
		return err
	}
	if w.err != nil && w.ctx.Err() == nil {
		return fmt.Errorf("%s: %w", w.db.dir, w.err)
	}
	return w.err
}

// room waits until not too much waits to become tables, and refuses a frozen
// disk.
func (e *Database) room(ctx context.Context) error {
	for {
		if err := e.Frozen(); err != nil {
			return err
		}
		if !e.crowded() {
			return ctx.Err()
		}
		select {
		case <-e.flushed:
		case <-e.disk.frozen:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Compact rewrites what is on disk, so that what was deleted or replaced is in
// no file any more, as far as Pebble can say; what the disk itself keeps is
// beyond us.
func (e *Database) Compact(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // Pebble may not ask
	}
	if err := e.db.Flush(); err != nil {
		return fmt.Errorf("%s: %w", e.dir, err)
	}
	return e.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
}

// Logged is how many bytes were written to the log since the database was
// opened: what an observer of the disk sees of every write.
func (e *Database) Logged() uint64 { return e.db.Metrics().WAL.BytesIn }

// Size is the number of bytes that the database has on disk.
func (e *Database) Size() uint64 { return e.db.Metrics().DiskSpaceUsage() }
