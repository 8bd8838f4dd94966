package store

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/bits"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/disk"
	"votive/proto/votive"
)

const (
	// slotsInFile is 64 MiB of frames. What is free at the end is given back to
	// the disk a file at a time, and each is open as long as the store is.
	slotsInFile = 1 << 14

	// slotsAtOnce is 256 KiB: so much is copied together to be written at once.
	slotsAtOnce = 64
)

// slot is a place for one frame: number n is the 4,096 bytes at n%slotsInFile
// times 4,096 in file n/slotsInFile.
type slot uint32

// slots is the files in which frames are, as they are, one behind the other.
// What is in a slot says nothing of whether it is taken: rows of the database
// do. So a slot is written while no row on disk names it, and given back when
// no row does any more; in between, nothing writes to it.
//
// Who reads a slot may find that it was given to another frame meanwhile. A
// frame proves itself, so that is seen, and where the index has it now is
// looked up again; see Store.Get.
type slots struct {
	fs  vfs.FS // guarded: the first write that fails is the last
	dir string
	per slot // slots in a file

	// Held for reading while a file is read, for writing to make or remove
	// one. It guards which files there are; what else is in them belongs to
	// who holds Store.writing.
	mu    sync.RWMutex
	files map[slot]*slotFile // by number

	// No file is removed while what is in free slots is looked for. It belongs
	// to who holds Store.writing, or opens the store.
	keep bool
}

// slotFile is one file. It is made when first something is written to it.
type slotFile struct {
	vfs.File
	had   slot     // slots that were in it when it was opened
	taken []uint64 // a bit for each slot
	n     slot     // of them
	low   int      // no slot is free in the words before
}

// slotFileName is that of file n in a store.
func slotFileName(n slot) string { return fmt.Sprintf("frames-%d%s", n, disk.OwnData) }

// openSlots opens the files in dir. No slot is taken.
func openSlots(fs vfs.FS, dir string, per slot) (*slots, error) {
	s := &slots{fs: fs, dir: dir, per: per, files: make(map[slot]*slotFile)}
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, name := range names {
		var n slot
		if _, err := fmt.Sscanf(name, "frames-%d", &n); err != nil || name != slotFileName(n) {
			continue
		}
		if err := s.open(n); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", fs.PathJoin(dir, name), err), s.close())
		}
	}
	return s, nil
}

// open opens file n, which is there.
func (s *slots) open(n slot) error {
	f, err := s.fs.OpenReadWrite(s.path(n), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	of := s.add(n)
	of.File, of.had = f, slot(min(info.Size()/votive.FrameSize, int64(s.per)))
	return nil
}

func (s *slots) path(n slot) string { return s.fs.PathJoin(s.dir, slotFileName(n)) }

// add adds file n, in which no slot is taken.
func (s *slots) add(n slot) *slotFile {
	f := &slotFile{taken: make([]uint64, (s.per+63)/64)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[n] = f
	return f
}

var (
	errNoSlot    = errors.New("its slot is in no file")
	errTwoFrames = errors.New("its slot is that of another frame as well")
)

// claim takes a slot that a row names, when the store is opened: errNoSlot
// where there is none, errTwoFrames where another row has named it.
func (s *slots) claim(at slot) error {
	f := s.files[at/s.per]
	if f == nil || at%s.per >= f.had {
		return errNoSlot
	}
	if !f.take(at % s.per) {
		return errTwoFrames
	}
	return nil
}

// take takes a slot, unless it is taken.
func (f *slotFile) take(at slot) bool {
	if f.isTaken(at) {
		return false
	}
	f.taken[at/64] |= 1 << (at % 64)
	f.n++
	return true
}

// isTaken reports whether a slot is taken.
func (f *slotFile) isTaken(at slot) bool { return f.taken[at/64]>>(at%64)&1 != 0 }

// free gives a slot back that is taken.
func (f *slotFile) free(at slot) {
	f.taken[at/64] &^= 1 << (at % 64)
	f.n--
	f.low = min(f.low, int(at/64))
}

// take gives n free slots, in order: the first there are, so that files at the
// end become empty. They are taken from now on.
func (s *slots) take(n int) []slot {
	took := make([]slot, 0, n)
	for number := slot(0); len(took) < n; number++ {
		f := s.files[number]
		if f == nil {
			f = s.add(number)
		}
		for len(took) < n && f.n < s.per {
			for f.taken[f.low] == ^uint64(0) {
				f.low++
			}
			at := slot(64*f.low + bits.TrailingZeros64(^f.taken[f.low]))
			f.take(at)
			took = append(took, number*s.per+at)
		}
	}
	return took
}

// buffers spare clearing 256 KiB for each write.
var buffers = sync.Pool{New: func() any { return new([slotsAtOnce * votive.FrameSize]byte) }}

// write writes content to slots that were taken and are in order, and syncs
// them. Whether that was done, says the disk when it is asked last: see package
// disk.
func (s *slots) write(at []slot, content func(i int) []byte) error {
	buffer := buffers.Get().(*[slotsAtOnce * votive.FrameSize]byte)
	defer buffers.Put(buffer)
	var written []slot // files
	for i := 0; i < len(at); {
		number, first := at[i]/s.per, at[i]
		b := buffer[:0]
		for ; i < len(at) && at[i] == first+slot(len(b)/votive.FrameSize) && at[i]/s.per == number && len(b) < len(buffer); i++ {
			b = append(b, content(i)...)
		}
		if len(written) == 0 || written[len(written)-1] != number {
			written = append(written, number)
		}
		if err := s.writeAt(b, first); err != nil {
			return err
		}
	}
	for _, number := range written {
		if err := s.files[number].SyncData(); err != nil {
			return err
		}
	}
	return nil
}

// writeAt writes b from a slot on, to a file that is made if there is none.
func (s *slots) writeAt(b []byte, first slot) error {
	f := s.files[first/s.per]
	if f.File == nil {
		if err := s.create(first / s.per); err != nil {
			return err
		}
	}
	_, err := f.WriteAt(b, s.offset(first))
	return err
}

func (s *slots) offset(at slot) int64 { return int64(at%s.per) * votive.FrameSize }

// create makes file n, so that it outlasts a loss of power.
func (s *slots) create(n slot) error {
	f, err := s.fs.OpenReadWrite(s.path(n), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.files[n].File = f
	s.mu.Unlock()
	dir, err := s.fs.OpenDir(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// read reads a slot into b. Beside a write, what is read may be of two frames.
func (s *slots) read(at slot, b *[votive.FrameSize]byte) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := s.files[at/s.per]
	if f == nil || f.File == nil {
		return errNoSlot
	}
	_, err := f.ReadAt(b[:], s.offset(at))
	if errors.Is(err, io.EOF) {
		return errNoSlot
	}
	return err
}

// free gives slots back that no row on disk names. A file of which nothing is
// taken any more is removed, then or when something is given back next.
func (s *slots) free(at []slot) error {
	if len(at) == 0 {
		return nil
	}
	for _, at := range at {
		s.files[at/s.per].free(at % s.per)
	}
	if s.keep {
		return nil
	}
	for _, n := range slices.Collect(maps.Keys(s.files)) {
		if s.files[n].n == 0 {
			if err := s.remove(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove removes file n.
func (s *slots) remove(n slot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[n]
	delete(s.files, n)
	if f.File == nil {
		return nil
	}
	return errors.Join(f.Close(), s.fs.Remove(s.path(n)))
}

// wipe overwrites slots that were given back, where their file is still there,
// so that what is in them is not on disk until others need the room. It does
// not wait for the disk.
func (s *slots) wipe(at []slot) error {
	var zeros [votive.FrameSize]byte
	for _, at := range at {
		if f := s.files[at/s.per]; f != nil && f.File != nil {
			if err := s.writeAt(zeros[:], at); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachFree calls see with what is in each slot that is not taken, in order. See
// may take slots and give others back: what it did not see yet stays.
func (s *slots) eachFree(see func(b []byte) error) error {
	s.keep = true
	defer func() { s.keep = false }()
	var b [votive.FrameSize]byte
	for _, n := range slices.Sorted(maps.Keys(s.files)) {
		f := s.files[n]
		for at := range f.had {
			if f.isTaken(at) || s.read(n*s.per+at, &b) != nil {
				continue
			}
			if err := see(b[:]); err != nil {
				return err
			}
		}
	}
	return nil
}

// size is how many bytes the files have.
func (s *slots) size() (n uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, f := range s.files {
		if f.File == nil {
			continue
		}
		if info, err := f.Stat(); err == nil {
			n += uint64(info.Size())
		}
	}
	return n
}

// close closes all files.
func (s *slots) close() (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.File != nil {
			err = errors.Join(err, f.Close())
		}
	}
	clear(s.files)
	return err
}
