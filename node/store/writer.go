package store

import (
	"context"
	"fmt"

	ds "github.com/ipfs/go-datastore"
)

// batchSize is where one batch ends and the next begins, in bytes: Pebble
// takes those of half a memTableSize another way, that costs more RAM.
const batchSize = memTableSize * 3 / 8

// writer writes rows in batches. Its first error ends it, and is what finish
// gives.
type writer struct {
	*engine
	batch ds.Batch
	size  int
	err   error
}

func (w *writer) put(ctx context.Context, key ds.Key, value []byte) {
	w.row(ctx, len(value), func() error { return w.batch.Put(ctx, key, value) })
}

func (w *writer) delete(ctx context.Context, key ds.Key) {
	w.row(ctx, 0, func() error { return w.batch.Delete(ctx, key) })
}

func (w *writer) row(ctx context.Context, size int, add func() error) {
	const perRow = 128 // key and bookkeeping
	if w.err == nil && w.batch == nil {
		w.batch, w.err = w.Batch(ctx)
	}
	if w.err == nil {
		w.err = add()
	}
	w.size += size + perRow
}

// flush commits what is there if it is at least so many bytes.
func (w *writer) flush(ctx context.Context, least int) {
	if w.err != nil || w.batch == nil || w.size < least {
		return
	}
	if w.err = w.room(ctx); w.err == nil {
		w.err = w.batch.Commit(ctx)
	}
	w.size = 0
}

// room waits until the database is not crowded, and refuses a frozen disk.
func (w *writer) room(ctx context.Context) error {
	for {
		if err := w.frozen(); err != nil {
			return err
		}
		if !w.crowded() {
			return ctx.Err()
		}
		select {
		case <-w.flushed:
		case <-w.disk.frozen:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// finish commits the rest and syncs all. Where it gives nil, everything is on
// disk.
func (w *writer) finish(ctx context.Context) error {
	w.flush(ctx, 0)
	if w.err == nil {
		w.err = w.Sync(ctx, floorRow)
	}
	// A frozen disk takes everything and keeps nothing: ask it last.
	if err := w.frozen(); err != nil {
		return err
	}
	if w.err != nil && ctx.Err() == nil {
		return fmt.Errorf("store %s: %v", w.dir, w.err)
	}
	return w.err
}
