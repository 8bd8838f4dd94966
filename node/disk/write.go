package disk

import (
	"context"
	"fmt"

	ds "github.com/ipfs/go-datastore"
)

// BatchSize is how many bytes of rows, about, are best written at once: Pebble
// takes batches of half a memTableSize another way, that costs more RAM.
const BatchSize = memTableSize * 3 / 8

// all is the prefix of every key, for Sync.
var all = ds.NewKey("/")

// Write writes what fill puts into a batch, as a whole or not at all, and
// syncs it. When it gives nil, it is on disk.
func (e *Database) Write(ctx context.Context, fill func(ds.Batch) error) error {
	if err := e.Room(ctx); err != nil {
		return err
	}
	batch, err := e.Batch(ctx)
	if err == nil {
		err = fill(batch)
	}
	if err == nil {
		err = batch.Commit(ctx)
	}
	if err == nil {
		err = e.Sync(ctx, all)
	}
	// A frozen disk takes everything and keeps nothing: ask it last.
	if frozen := e.Frozen(); frozen != nil {
		return frozen
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", e.dir, err)
	}
	return err
}

// Room waits until not too much waits to become tables, and refuses a frozen
// disk.
func (e *Database) Room(ctx context.Context) error {
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
	if err := e.db.Flush(); err != nil {
		return fmt.Errorf("%s: %w", e.dir, err)
	}
	return e.db.Compact(ctx, []byte{0}, []byte{0xff}, false)
}

// Logged is how many bytes were written to the log since the database was
// opened: what an observer of the disk sees of every write.
func (e *Database) Logged() uint64 { return e.db.Metrics().WAL.BytesIn }
