package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/proto/votive"
)

// Beside the directory of a store: what a Salvage under way has built.
const salvaged = ".salvaged"

// Salvage makes a new store of every frame in dir that is still whole, moves
// the damaged one aside, to dir with ".damaged-" and a number behind it, and
// puts the new one in its place. It uses nothing of the database but the bytes
// of its files, so it does not matter what is broken. Frames that had been
// dropped may come back. The floor does not.
//
// Until the new store is complete the damaged one is not touched; an error, or
// a crash, leaves it as it was.
func Salvage(ctx context.Context, dir string, o Options) (Report, error) {
	o = o.orDefaults()
	if err := finishSalvage(dir, o.FS); err != nil {
		return Report{}, err
	}
	lock, err := pebble.LockDirectory(dir, o.FS)
	if err != nil {
		return Report{}, explainLock(dir, err)
	}
	r, err := rebuild(ctx, dir, lock, o)
	// Some systems move no directory of which a file is open.
	if err := errors.Join(err, lock.Close()); err != nil {
		return Report{}, err
	}
	if r.Aside, err = freeName(dir+".damaged-", o.FS); err != nil {
		return Report{}, err
	}
	if err := o.FS.Rename(dir, r.Aside); err != nil {
		return Report{}, fmt.Errorf("store %s could not be moved aside: %w", dir, err)
	}
	return r, finishSalvage(dir, o.FS)
}

// rebuild makes a store beside dir of what is whole in dir.
func rebuild(ctx context.Context, dir string, lock *pebble.Lock, o Options) (r Report, err error) {
	if err := o.FS.RemoveAll(dir + salvaged); err != nil {
		return r, fmt.Errorf("store %s: %w", dir+salvaged, err)
	}
	s, err := Open(dir+salvaged, o)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	names, err := dataFiles(dir, o.FS)
	if err != nil {
		return r, fmt.Errorf("store %s: %w", dir, err)
	}
	for _, name := range names {
		if err := s.salvageFile(ctx, o.FS.PathJoin(dir, name)); err != nil {
			return r, err
		}
	}
	r.Whole = s.Len()
	for _, k := range knownKeys(dir, lock, o) {
		if !s.Has(k.ID) {
			r.Damaged++
		}
	}
	return r, nil
}

// salvageFile puts every whole frame in a file of another store.
func (s *Store) salvageFile(ctx context.Context, name string) error {
	var some []votive.Frame
	put := func() error {
		_, err := s.Put(ctx, some...)
		some = some[:0]
		return err
	}
	err := carveFile(ctx, name, s.o.FS, func(f votive.Frame) error {
		if some = append(some, f); len(some) < 512 {
			return nil
		}
		return put()
	})
	if err != nil {
		return err
	}
	return put()
}

// knownKeys is the frames that the damaged store itself knows of, as far as it
// can still be read; only to tell how many are lost.
func knownKeys(dir string, lock *pebble.Lock, o Options) (keys []Key) {
	e := &engine{disk: newGuard(o.FS), lock: lock, cache: pebble.NewCache(cacheSize), dir: dir, log: o.Log}
	defer e.cache.Unref()
	e.reported.Store(true) // that it is damaged is known
	options := e.options()
	options.ReadOnly = true
	db, err := openPebble(dir, options)
	if err != nil {
		return nil
	}
	defer func() { _ = db.Close() }()
	rows, err := db.NewIter(headerRows)
	if err != nil {
		return nil
	}
	defer func() { _ = rows.Close() }()
	for ok := rows.First(); ok; ok = rows.Next() {
		if e, err := parseHeaderRow(rows.Key(), rows.Value()); err == nil {
			keys = append(keys, e.Key())
		}
	}
	return keys
}

// finishSalvage puts the salvaged store in the place of one that was moved
// aside, where there is none.
func finishSalvage(dir string, disk vfs.FS) error {
	if there, err := exists(dir, disk); there || err != nil {
		return err
	}
	if there, err := exists(dir+salvaged, disk); !there || err != nil {
		return err
	}
	if err := disk.Rename(dir+salvaged, dir); err != nil {
		return fmt.Errorf("store %s could not be moved to %s: %w", dir+salvaged, dir, err)
	}
	if err := syncDir(disk.PathDir(dir), disk); err != nil {
		return fmt.Errorf("directory of store %s: %w", dir, err)
	}
	return nil
}
