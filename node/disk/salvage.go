package disk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Salvaged is what a Salvage came to.
type Salvaged struct {
	Rows  int    // that are in the new database
	Aside string // where the damaged one is
}

// Salvage makes a new database of every row in dir that is whole, puts it in
// the place of the damaged one, and moves that aside, as Rebuild does. A row is
// found in whole blocks and batches, whose checksums say so, and counts where
// isRow agrees. Of a row that is there more than once the newest counts; where
// the manifest is lost as well, a row that was replaced or deleted not long
// before may come back.
func Salvage(ctx context.Context, dir string, disk vfs.FS, log *slog.Logger, isRow func(key, value []byte) bool) (s Salvaged, err error) {
	s.Aside, err = Rebuild(dir, disk, func(old *Ruins, into string) (err error) {
		newest, err := old.newest(ctx)
		if err != nil {
			return err
		}
		e, err := Open(into, disk, log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, e.Close()) }()
		w := e.Writer(ctx)
		err = old.versions(ctx, func(file int, v version) {
			if is, ok := newest[string(v.key)]; !ok || is != (place{v.sequence, file}) || v.deleted {
				return
			}
			delete(newest, string(v.key))
			if isRow(v.key, v.value) {
				w.versions([]version{v})
				s.Rows++
			}
		})
		return errors.Join(err, w.Finish())
	})
	if err != nil {
		return Salvaged{}, err
	}
	return s, nil
}

// place is where a version is.
type place struct {
	sequence uint64
	file     int
}

// newest is where the newest version of each row is.
func (r *Ruins) newest(ctx context.Context) (map[string]place, error) {
	newest := make(map[string]place)
	err := r.versions(ctx, func(file int, v version) {
		is, ok := newest[string(v.key)]
		if !ok || v.sequence > is.sequence || v.sequence == is.sequence && file > is.file {
			newest[string(v.key)] = place{v.sequence, file}
		}
	})
	return newest, err
}

// versions calls see with every whole version of a row in the files that
// count, which it numbers in the order in which they were made.
func (r *Ruins) versions(ctx context.Context, see func(file int, v version)) error {
	names, err := dataFiles(r.dir, r.disk)
	if err != nil {
		return err
	}
	m, err := readManifest(r.dir, r.disk)
	if err != nil {
		m = guessManifest(names)
	}
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !m.counts(name, isLogName(name)) {
			continue
		}
		number, _ := fileNumber(name)
		withRuins(r.disk.PathJoin(r.dir, name), r.disk, func(f io.Reader) {
			b, _ := io.ReadAll(f) // where it cannot be read it is zeros
			if isLogName(name) {
				eachBatch(bytes.NewReader(b), uint32(number), func(_ []byte, rows []version, _ bool) {
					for _, v := range rows {
						see(i, v)
					}
				})
				return
			}
			eachBlock(b, func(v version) { see(i, v) })
		})
	}
	return nil
}

// eachBlock calls see with the rows of every whole block in a table, wherever
// it begins.
func eachBlock(b []byte, see func(version)) {
	for len(b) > 0 {
		rows, size := blockAt(b)
		for _, v := range rows {
			see(v)
		}
		b = b[max(size, 1):]
	}
}
