package disk

import (
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Ruins is the files of a database, of which anything may be broken.
type Ruins struct {
	dir  string
	disk vfs.FS
	lock *pebble.Lock
}

// Each calls see with what can be read of every file that can hold rows, with
// zeros where nothing can. Of a log there are two readings: as it is, and
// without what Pebble puts between the pieces of a row.
func (r *Ruins) Each(see func(io.Reader) error) error {
	names, err := dataFiles(r.dir, r.disk)
	if err != nil {
		return err
	}
	for _, name := range names {
		name = r.disk.PathJoin(r.dir, name)
		withRuins(name, r.disk, func(file io.Reader) { err = see(file) })
		if err == nil && isLogName(name) {
			withRuins(name, r.disk, func(file io.Reader) { err = see(&logBytes{r: file}) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Known calls see with the rows from lower to below upper that the database
// itself can still read; only to tell what is lost.
func (r *Ruins) Known(lower, upper string, see func(key, value []byte)) {
	e := newDatabase(r.dir, r.disk, nil)
	e.makeCache()
	defer e.cache.Unref()
	defer e.spare()
	e.lock = r.lock
	e.reported.Store(true) // that it is damaged is known
	o := e.options()
	o.ReadOnly = true
	db, err := openPebble(r.dir, o)
	if err != nil {
		return
	}
	e.db = db
	_ = e.Rows(lower, upper, func(key, value []byte) error { see(key, value); return nil })
	_ = db.Close()
}

// withRuins calls f with what can be read of a file; not at all where nothing
// can.
func withRuins(name string, disk vfs.FS, f func(io.Reader)) {
	file, err := disk.Open(name)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	if info, err := file.Stat(); err == nil {
		f(&ruinedFile{f: file, size: info.Size()})
	}
}

// ruinedFile reads a file that may not be readable everywhere, with zeros
// where it is not.
type ruinedFile struct {
	f        vfs.File
	at, size int64
}

func (r *ruinedFile) Read(p []byte) (int, error) {
	const sector = 4 << 10
	if r.at >= r.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.size-r.at)]
	n, err := r.f.ReadAt(p, r.at)
	if n == 0 && err != nil {
		// Up to where the next sector begins.
		n = int(min(int64(len(p)), sector-r.at%sector))
		clear(p[:n])
	}
	r.at += int64(n)
	return n, nil
}
