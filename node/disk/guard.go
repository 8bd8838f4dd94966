package disk

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard stands between Pebble and the disk, because Pebble ends the process
// when a write fails, in part by unlocking a mutex twice, which nothing can
// catch, or tries again for ever. The first write that fails freezes the disk
// as it is, as a loss of power at that moment would: this write and all later
// ones change nothing and are reported as done. Database asks the
// guard before it believes that anything is done.
//
// Once the guard is armed, tables are the exception. They are written in the
// background, to be read soon; who writes one on a frozen disk waits, so that
// reads go on from what is there, and is refused when the database closes.
type guard struct {
	vfs.FS

	mu     sync.Mutex
	armed  bool
	cause  error
	frozen chan struct{} // closed with the first failure
	ending chan struct{} // closed when the database closes
}

func newGuard(disk vfs.FS) *guard {
	return &guard{FS: disk, frozen: make(chan struct{}), ending: make(chan struct{})}
}

// arm says that the database is open, and will be read.
func (g *guard) arm() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed = true
}

// end lets go of those who wait to write a table.
func (g *guard) end() { close(g.ending) }

// freeze makes err the cause, if it is the first.
func (g *guard) freeze(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cause == nil {
		g.cause = err
		close(g.frozen)
	}
}

// waits reports whether on a frozen disk a write to path has to wait.
func (g *guard) waits(path string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.armed && strings.HasSuffix(path, ".sst")
}

// err is why the disk is frozen, or nil.
func (g *guard) err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cause
}

var errEnding = errors.New("database closes with its disk frozen")

// write does what changes the file at path, or not, as the guard's comment
// says. done reports whether it was really done.
func (g *guard) write(path string, change func() error) (done bool, err error) {
	if g.err() == nil {
		err := change()
		// Files that are there, or not there, are no failure of the disk.
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			return true, err
		}
		g.freeze(err)
	}
	if g.waits(path) {
		<-g.ending
		return false, errEnding
	}
	return false, nil
}

// open is write for what gives a file; on a frozen disk, an empty one that
// nobody else sees.
func (g *guard) open(path string, how func() (vfs.File, error)) (vfs.File, error) {
	var f vfs.File
	done, err := g.write(path, func() (err error) { f, err = how(); return err })
	if err == nil && !done {
		f, err = vfs.NewMem().Create("frozen", vfs.WriteCategoryUnspecified)
	}
	if err != nil {
		return nil, err
	}
	return &guardedFile{File: f, guard: g, path: path}, nil
}

func (g *guard) change(path string, how func() error) error {
	_, err := g.write(path, how)
	return err
}

func (g *guard) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return g.open(name, func() (vfs.File, error) {
		// A marker says which manifest is valid. Pebble syncs both at once, and
		// a loss of power can leave the marker alone.
		if strings.HasPrefix(g.PathBase(name), "marker.") {
			if err := syncDir(g.PathDir(name), g.FS); err != nil {
				return nil, err
			}
		}
		return g.FS.Create(name, c)
	})
}

func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return g.open(name, func() (vfs.File, error) { return g.FS.OpenReadWrite(name, c, o...) })
}

func (g *guard) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return g.open(newname, func() (vfs.File, error) { return g.FS.ReuseForWrite(oldname, newname, c) })
}

func (g *guard) OpenDir(name string) (vfs.File, error) {
	return g.open(name, func() (vfs.File, error) { return g.FS.OpenDir(name) })
}

func (g *guard) Link(oldname, newname string) error {
	return g.change(newname, func() error { return g.FS.Link(oldname, newname) })
}

func (g *guard) Rename(oldname, newname string) error {
	return g.change(newname, func() error { return g.FS.Rename(oldname, newname) })
}

func (g *guard) MkdirAll(dir string, perm os.FileMode) error {
	return g.change(dir, func() error { return g.FS.MkdirAll(dir, perm) })
}

// Removing is refused to nobody, not even for tables: on a frozen disk what
// was to go just stays.
func (g *guard) Remove(name string) error {
	return g.change("", func() error { return g.FS.Remove(name) })
}

func (g *guard) RemoveAll(name string) error {
	return g.change("", func() error { return g.FS.RemoveAll(name) })
}

func (g *guard) Unwrap() vfs.FS { return g.FS }

// guardedFile is a file or directory that Pebble writes to.
type guardedFile struct {
	vfs.File
	guard *guard
	path  string
}

func (f *guardedFile) Write(p []byte) (n int, err error) {
	done, err := f.guard.write(f.path, func() (err error) { n, err = f.File.Write(p); return err })
	if !done && err == nil {
		n = len(p)
	}
	return n, err
}

func (f *guardedFile) WriteAt(p []byte, at int64) (n int, err error) {
	done, err := f.guard.write(f.path, func() (err error) { n, err = f.File.WriteAt(p, at); return err })
	if !done && err == nil {
		n = len(p)
	}
	return n, err
}

func (f *guardedFile) Sync() error     { return f.guard.change(f.path, f.File.Sync) }
func (f *guardedFile) SyncData() error { return f.guard.change(f.path, f.File.SyncData) }

func (f *guardedFile) SyncTo(length int64) (full bool, err error) {
	done, err := f.guard.write(f.path, func() (err error) { full, err = f.File.SyncTo(length); return err })
	return full || !done, err
}

// Close always closes, so that no file is left open behind a frozen disk.
func (f *guardedFile) Close() error {
	err := f.File.Close()
	return f.guard.change("", func() error { return err })
}
