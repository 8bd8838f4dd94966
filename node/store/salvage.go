package store

import (
	"context"
	"errors"
	"io"

	"votive/node/disk"
	"votive/proto/votive"
)

// Salvage makes a new store of every frame in dir that is still whole, puts it
// in the place of the damaged one, and moves that aside. It looks for frames in
// the bytes of the files, so it does not matter what else is broken. Frames
// that had been dropped may come back. The floor does not.
//
// Until the new store is complete the damaged one is not touched; an error, or
// a crash, leaves it as it was.
func Salvage(ctx context.Context, dir string, o Options) (r Report, err error) {
	o = o.orDefaults()
	r.Aside, err = disk.Rebuild(dir, o.FS, func(old *disk.Ruins, into string) (err error) {
		s, err := Open(into, o)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		if err := old.Each(func(file io.Reader) error { return s.salvage(ctx, file) }); err != nil {
			return err
		}
		r.Whole = s.Len()
		old.Known(headerPrefix, headerEnd, func(key, value []byte) {
			if e, _, err := parseHeaderRow(key, value); err == nil && !s.Has(e.ID) {
				r.Damaged++
			}
		})
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	return r, nil
}

// atOnce is how many frames are put at once where there may be very many.
const atOnce = 512

// salvage puts every whole frame in a file of another store.
func (s *Store) salvage(ctx context.Context, file io.Reader) error {
	var some []votive.Frame
	put := func() error {
		_, err := s.Put(ctx, some...)
		some = some[:0]
		return err
	}
	err := carve(ctx, file, func(f votive.Frame) error {
		if some = append(some, f); len(some) < atOnce {
			return nil
		}
		return put()
	})
	if err != nil {
		return err
	}
	return put()
}
