package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	ds "github.com/ipfs/go-datastore"

	"votive/node/disk"
	"votive/proto/recon"
	"votive/proto/votive"
)

// DefaultQuota is how many frames a store keeps: 256 MiB of them.
const DefaultQuota = 1 << 16

// Options of a store. The zero Options is the defaults.
type Options struct {
	Quota int              // frames kept at most; 0 means DefaultQuota
	FS    vfs.FS           // nil means the disk
	Now   func() time.Time // tells who died when there is no room; nil means time.Now
	Log   *slog.Logger     // nil means none

	slotsInFile slot // for tests; 0 means slotsInFile
}

func (o Options) orDefaults() Options {
	if o.Quota <= 0 {
		o.Quota = DefaultQuota
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.slotsInFile == 0 {
		o.slotsInFile = slotsInFile
	}
	return o
}

// Store is the frames in one directory. All methods may be called from any
// goroutine; after Close they give ErrClosed, or what was known last.
type Store struct {
	o     Options
	dir   string
	index *index

	writing sync.Mutex // held by the one write under way

	// Held for reading while the disk is used, for writing to close all.
	life   sync.RWMutex
	db     *disk.Database
	slots  *slots
	closed bool
}

// Open opens the store in dir, or makes a new one. ErrInUse, ErrFull and
// ErrDamaged are among what can be in the way; a damaged store is left as it
// is, for Salvage. A Salvage that was cut off when it was all but done is
// finished first.
func Open(dir string, o Options) (*Store, error) {
	o = o.orDefaults()
	db, err := disk.Open(dir, o.FS, o.Log)
	if err != nil {
		return nil, err
	}
	s := &Store{o: o, dir: dir, db: db}
	if s.slots, err = openSlots(db.Files(), dir, o.slotsInFile); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	// A file that cannot be opened to be written freezes the disk, and seems
	// empty. That is not to be taken for what is in it.
	if err := db.Frozen(); err != nil {
		_ = errors.Join(s.slots.close(), db.Close()) // says the same
		return nil, err
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.slots.close(), db.Close())
	}
	if db.Broken() {
		s.recoverRows()
	}
	return s, nil
}

// recoverRows puts the frames again that are whole and that no row names, where
// a log is damaged in which there may have been their rows. Some of them may
// not be here for a reason; a frame too many does no harm.
func (s *Store) recoverRows() {
	recovered := 0
	var frames []votive.Frame
	put := func() error {
		added, err := s.Put(context.Background(), frames...)
		recovered, frames = recovered+len(added), frames[:0]
		return err
	}
	// Put takes the first slots that are free, and so only such as were seen.
	err := s.slots.eachFree(func(b []byte) error {
		f, err := votive.ParseFrame(b)
		if err != nil {
			return nil //nolint:nilerr // most are empty
		}
		if frames = append(frames, f); len(frames) < atOnce {
			return nil
		}
		return put()
	})
	if err = errors.Join(err, put()); err != nil {
		s.o.Log.Warn("frames behind a damaged log could not be recovered", "store", s.dir, "error", err)
	} else if recovered > 0 {
		s.o.Log.Warn("recovered frames behind a damaged log", "store", s.dir, "frames", recovered)
	}
}

// load makes the index from the database: the headers, not the frames.
func (s *Store) load() error {
	var floor votive.Rank
	var in intake
	b, err := s.db.Get(context.Background(), floorRow)
	if err == nil {
		floor, in, err = parseFloor(b)
	}
	if err != nil && !errors.Is(err, ds.ErrNotFound) {
		return fmt.Errorf("%s is %w: %v", s.dir, ErrDamaged, err)
	}
	// Growing would touch all memory twice, which is most of what opening costs.
	s.index = newIndex(int(s.db.Estimate(headerPrefix, headerEnd) / leastHeaderRow))
	s.index.floor, s.index.intake = floor, in
	today := votive.DayOf(s.o.Now())
	ofToday := func(e *Entry) bool { return in.day == today && e.Header.Sealed() >= today }
	var wrong []Key
	var fresh []located
	err = s.db.Rows(headerPrefix, headerEnd, func(key, value []byte) error {
		e, at, err := parseHeaderRow(key, value)
		switch {
		case err == nil && ofToday(&e):
			fresh = append(fresh, located{e, at})
		case err == nil:
			wrong, err = s.loadRow(e, at, wrong)
		}
		return s.damaged(err)
	})
	// When a frame came is not on disk. What is here was here before this day,
	// but for what was sealed on it: were that left out, nothing could take its
	// place once the day's intake is used up, whatever its rank.
	s.index.intake.since = s.index.last
	for _, l := range fresh {
		if err == nil {
			wrong, err = s.loadRow(l.Entry, l.slot, wrong)
			err = s.damaged(err)
		}
	}
	if err != nil || len(wrong) == 0 {
		return err
	}
	return s.deleteWrong(wrong)
}

// located is an entry, and where its row says that the frame is.
type located struct {
	Entry
	slot slot
}

// damaged is what an error in a row means for the store; nil for none.
func (s *Store) damaged(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s is %w: %v", s.dir, ErrDamaged, err)
}

// loadRow adds what a row says to the index, and to wrong the row that names a
// slot wrongly, if this shows that one does.
//
// A log that was damaged may bring back rows that were deleted, whose slots were
// given to others, or went with their files.
func (s *Store) loadRow(e Entry, at slot, wrong []Key) ([]Key, error) {
	switch err := s.slots.claim(at); {
	case errors.Is(err, errTwoFrames):
		// The slot itself says whose it is, and the other frame is not there.
		if _, err := s.read(e.Key(), at); errors.Is(err, ErrDamaged) {
			return append(wrong, e.Key()), nil
		} else if err != nil {
			return wrong, nil //nolint:nilerr // counts as gone, until it can be read
		}
		if other, ok := s.index.removeIn(at); ok {
			wrong = append(wrong, other)
		}
	case errors.Is(err, errNoSlot) && s.db.Broken():
		return append(wrong, e.Key()), nil
	case err != nil:
		return wrong, fmt.Errorf("frame %v: %v", e.ID, err)
	}
	s.index.add(e, at)
	return wrong, nil
}

// deleteWrong deletes rows that name slots wrongly. If they stayed, nobody here
// would know of them when the file of their slot is removed, and the store could
// not be opened after that.
func (s *Store) deleteWrong(rows []Key) error {
	s.o.Log.Warn("rows of frames that are not there, as damage to a log brings them back", "store", s.dir, "rows", len(rows))
	w := s.db.Writer(context.Background())
	for _, k := range rows {
		w.Delete(headerRow(k))
		w.Cut()
	}
	return w.Finish()
}

// use keeps the engine open until done is called.
func (s *Store) use() (done func(), err error) {
	s.life.RLock()
	if s.closed {
		s.life.RUnlock()
		return nil, ErrClosed
	}
	return s.life.RUnlock, nil
}

// Close waits for the calls under way and closes the store. It gives the error
// that froze the disk, if one did. A second Close does nothing.
func (s *Store) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.slots.close()
	return errors.Join(s.db.Close(), err)
}

// Has reports whether the frame is here.
func (s *Store) Has(id votive.ID) bool { return s.index.has(id) }

// Find is what the store knows of a frame without reading it, if it is here.
func (s *Store) Find(id votive.ID) (Entry, bool) {
	a, ok := s.index.find(id)
	return a.Entry, ok
}

// Wants reports whether a frame of this key could be taken, as far as the key
// tells: it is not here, and it is not of those that died first when there was
// no room. What a catch-up asks for is what is wanted.
func (s *Store) Wants(k Key) bool {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	_, here := s.index.at.find(k.ID, s.index.arrivals)
	return !here && k.Expiry > s.index.buried
}

// Len is the number of frames.
func (s *Store) Len() int { return s.index.len() }

// Floor is the rank below which nothing is taken now; zero for none. SPEC 2.8.
func (s *Store) Floor() votive.Rank {
	today := votive.DayOf(s.o.Now())
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return greater(s.index.floor, s.index.intake.floorOn(today))
}

// Dropped is the rank up to which frames have had to make room, and are not
// here; zero for none. It is the Floor, but for what only this day's intake
// refuses. SPEC 2.8.
func (s *Store) Dropped() votive.Rank {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.floor
}

// Intake is how many frames of before had to make room today, and how many may.
func (s *Store) Intake() (evicted, allowed int) {
	today := votive.DayOf(s.o.Now())
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	if s.index.intake.day == today {
		evicted = s.index.intake.evicted
	}
	return evicted, allowance(s.o.Quota)
}

// Disk is the number of bytes that the store has on disk; 0 once it is closed.
func (s *Store) Disk() uint64 {
	done, err := s.use()
	if err != nil {
		return 0
	}
	defer done()
	return s.db.Size() + s.slots.size()
}

// Snapshot is the frames that are here now, as catch-up compares them. SPEC
// 10.2.
func (s *Store) Snapshot() *recon.Snapshot { return s.index.snapshot() }

// Keys is those of all frames, ascending.
func (s *Store) Keys() []Key { return s.index.keys() }

// Arrivals is all frames with a number greater than since, in the order in
// which they arrived in this run, with their numbers; those that were there
// when the store was opened come first, in the order of their keys but for what
// was sealed on that day, which follows. The number of the last one seen is where
// to go on later, and 0 is the beginning.
//
// What arrives during the iteration is part of it. What goes during it may be
// as well: Get then gives ErrNotFound.
func (s *Store) Arrivals(since uint64) iter.Seq2[uint64, Entry] {
	return func(yield func(uint64, Entry) bool) {
		some := make([]arrival, 0, 128)
		for {
			some = s.index.after(since, some[:0])
			if len(some) == 0 {
				return
			}
			for i := range some {
				since = some[i].number
				if !yield(since, some[i].Entry) {
					return
				}
			}
		}
	}
}

// Last is the number of the frame that arrived last.
func (s *Store) Last() uint64 {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.last
}

// Get reads a frame: ErrNotFound where there is none, ErrDamaged where it is
// not what was put there. A damaged frame counts as gone from then on, so that
// peers can bring it again.
func (s *Store) Get(ctx context.Context, id votive.ID) (votive.Frame, error) {
	if err := ctx.Err(); err != nil {
		return votive.Frame{}, err
	}
	done, err := s.use()
	if err != nil {
		return votive.Frame{}, err
	}
	defer done()
	a, ok := s.index.find(id)
	if !ok {
		return votive.Frame{}, fmt.Errorf("frame %v: %w", id, ErrNotFound)
	}
	f, err := s.read(a.Key(), a.slot)
	if err == nil {
		return f, nil
	}
	// Was it dropped meanwhile, and its slot given to another? Between two
	// writes, index and disk agree.
	s.writing.Lock()
	defer s.writing.Unlock()
	if a, ok = s.index.find(id); !ok {
		return votive.Frame{}, fmt.Errorf("frame %v: %w", id, ErrNotFound)
	}
	if f, err = s.read(a.Key(), a.slot); errors.Is(err, ErrDamaged) {
		s.index.forget(id)
	}
	return f, err
}

// frameBuffers are for what is read, which ParseFrame copies.
var frameBuffers = sync.Pool{New: func() any { return new([votive.FrameSize]byte) }}

// read reads the frame with this key from its slot, and has it prove itself.
func (s *Store) read(k Key, at slot) (votive.Frame, error) {
	b := frameBuffers.Get().(*[votive.FrameSize]byte)
	defer frameBuffers.Put(b)
	switch err := s.slots.read(at, b); {
	case errors.Is(err, errNoSlot), disk.IsDamage(err):
		return votive.Frame{}, fmt.Errorf("frame %v is %w: %v", k.ID, ErrDamaged, err)
	case err != nil:
		return votive.Frame{}, fmt.Errorf("frame %v: %v", k.ID, err)
	}
	f, err := votive.ParseFrame(b[:])
	if err == nil && (f.ID() != k.ID || f.Expiry() != k.Expiry) {
		err = fmt.Errorf("it is frame %v", f.ID())
	}
	if err != nil {
		return votive.Frame{}, fmt.Errorf("frame %v is %w: %v", k.ID, ErrDamaged, err)
	}
	return f, nil
}
