package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
	ds "github.com/ipfs/go-datastore"
	pebbleds "github.com/ipfs/go-ds-pebble"
)

const (
	// What is written stays in RAM up to here before it becomes a table. It
	// begins with 256 KiB, and doubles each time it is full.
	memTableSize = 2 << 20
	// Rows are mostly read once, when a database is opened. It is for what says
	// where they are.
	cacheSize = 1 << 20
	// So many tables are as they were first written. All that follow rewrite
	// others, and keys are spread so evenly that each of those is touched: the
	// fewer times, the less is written.
	maxFresh = 12
	// A writer waits while so many times of that has not become tables.
	maxUnflushed = 3
)

// Database is an open database on a guarded disk.
type Database struct {
	ds.Batching
	db    *pebble.DB
	cache *pebble.Cache
	lock  *pebble.Lock
	disk  *guard
	dir   string
	log   *slog.Logger

	spare func() // gives the cache the room of memory tables

	broken bool // a log was, before it was mended

	wrote    atomic.Bool   // a table was begun
	rotated  atomic.Bool   // a new log began since crowded last looked
	flushed  chan struct{} // holds one when a table was written
	reported atomic.Bool   // a failure in the background was logged
}

// Open opens the database in dir, which is made if there is none. ErrInUse,
// ErrFull and ErrDamaged are among what can be in the way; a damaged one is
// left as it is, for Rebuild.
func Open(dir string, disk vfs.FS, log *slog.Logger) (*Database, error) {
	if err := finishRebuild(dir, disk); err != nil {
		return nil, err
	}
	e := newDatabase(dir, disk, log)
	if err := e.open(disk); err != nil {
		return nil, errors.Join(err, e.release())
	}
	return e, nil
}

func newDatabase(dir string, disk vfs.FS, log *slog.Logger) *Database {
	return &Database{
		disk: newGuard(disk), dir: dir, log: log,
		flushed: make(chan struct{}, 1),
	}
}

// makeCache makes a cache with room for two memory tables. Pebble takes those
// off it, the one that fills and one that is written or kept for later: of a
// cache without room for these nothing is left, and each look for a row reads
// four blocks of the disk. Until there are such tables nothing else is to take
// their place: opening a database reads much of it, once.
func (e *Database) makeCache() {
	e.cache = pebble.NewCache(cacheSize + 2*memTableSize)
	e.spare = sync.OnceFunc(e.cache.Reserve(2 * memTableSize))
}

func (e *Database) open(disk vfs.FS) (err error) {
	e.makeCache()
	if err := makeDir(e.dir, disk); err != nil {
		return explainOpen(e.dir, err)
	}
	if e.lock, err = pebble.LockDirectory(e.dir, disk); err != nil {
		return explainLock(e.dir, err)
	}
	if err := checkManifest(e.dir, disk); err != nil {
		return explainOpen(e.dir, err)
	}
	broken, err := brokenLogs(e.dir, disk)
	if err != nil {
		return explainOpen(e.dir, err)
	}
	e.broken = len(broken) > 0
	for _, log := range broken {
		if !log.last {
			continue
		}
		if err := e.mendLog(log, disk); err != nil {
			return explainOpen(e.dir, err)
		}
	}
	e.db, err = openPebble(e.dir, e.options())
	if cause := e.disk.err(); cause != nil {
		return explainOpen(e.dir, cause)
	} else if err != nil {
		return explainOpen(e.dir, err)
	}
	e.disk.arm()
	e.Batching, err = pebbleds.NewDatastore(e.dir, pebbleds.WithPebbleDB(e.db))
	return err
}

// openPebble turns what Pebble panics with, on files that make no sense to it,
// into an error.
func openPebble(dir string, o *pebble.Options) (db *pebble.DB, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("pebble: %v", r)
		}
	}()
	return pebble.Open(dir, o)
}

// checkManifest refuses a directory that has data but no list of what is
// valid. Pebble takes it for a new one, and would remove the data.
func checkManifest(dir string, disk vfs.FS) error {
	d, err := pebble.Peek(dir, disk)
	if err != nil || d.Exists {
		return err
	}
	names, err := dataFiles(dir, disk)
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("%d files of data and no manifest", len(names))
	}
	return err
}

func (e *Database) options() *pebble.Options {
	o := &pebble.Options{
		FS:     e.disk,
		Lock:   e.lock,
		Cache:  e.cache,
		Logger: pebbleLog{e},
		// Compact is to leave nothing of what was deleted.
		Cleaner: cleaner{},
		// Not the newest: a later Pebble must not turn databases into what
		// earlier ones cannot read.
		FormatMajorVersion: pebble.FormatWALSyncChunks,
		MemTableSize:       memTableSize,
		// Pebble's own ways to hold up a writer would hold it for ever on a
		// frozen disk: crowded comes first. The former is also how many logs
		// it keeps to write on.
		MemTableStopWritesThreshold: 2 * maxUnflushed,
		L0StopWritesThreshold:       1 << 20,
		L0CompactionThreshold:       2 * maxFresh, // it counts each twice
		MaxOpenFiles:                256,
		CompactionConcurrencyRange:  e.compactions,
		EventListener: &pebble.EventListener{
			FlushBegin: func(i pebble.FlushInfo) {
				if i.InputBytes > 0 { // not the nothing that is written while opening
					e.wrote.Store(true)
					e.spare()
				}
			},
			BackgroundError: e.background,
			DataCorruption:  func(i pebble.DataCorruptionInfo) { e.background(i.Details) },
			WALCreated:      func(pebble.WALCreateInfo) { e.rotated.Store(true) },
			FlushEnd: func(pebble.FlushInfo) {
				select {
				case e.flushed <- struct{}{}:
				default:
				}
			},
		},
	}
	// Nothing but compactions says how many of them there are.
	o.Experimental.L0CompactionConcurrency = 1 << 20
	o.Experimental.CompactionDebtConcurrency = 1 << 40
	o.Experimental.CompactionGarbageFractionForMaxConcurrency = func() float64 { return 0 }
	// What is sealed looks random: compressing it is work for nothing, and
	// would hide it from Rebuild.
	for i := range o.Levels {
		o.Levels[i].Compression = func() *block.CompressionProfile { return block.NoCompression }
		// Which of the fresh tables has a row, without reading a block of each.
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// compactions is how many tables-to-tables jobs run at once: none until
// something was written that became a table. What was left over when the
// database was closed is no reason to keep those waiting who open it.
func (e *Database) compactions() (usual, most int) {
	if e.wrote.Load() {
		return 1, 1
	}
	return 0, 1
}

// background hears of failures that no caller sees. One is enough to say that
// the database needs a look.
func (e *Database) background(err error) {
	if !errors.Is(err, errEnding) && !e.reported.Swap(true) {
		e.log.Warn("a database has a problem in the background", "database", e.dir, "error", err)
	}
}

// Frozen is why nothing more is written, or nil. Only after it gave nil is what
// was synced before really on disk.
func (e *Database) Frozen() error {
	if err := e.disk.err(); err != nil {
		return explainWrite(e.dir, err)
	}
	return nil
}

// Files is the disk as the database sees it, for files of OwnData. A write that
// fails freezes all of it, and changes nothing, like all later ones; that is to be
// asked of Frozen, or of a Finish that comes after.
func (e *Database) Files() vfs.FS { return e.disk }

// crowded reports whether so much waits to become tables that writers should.
func (e *Database) crowded() bool {
	if !e.rotated.Load() {
		return false
	}
	if e.db.Metrics().MemTable.Size >= maxUnflushed*memTableSize {
		return true
	}
	e.rotated.Store(false)
	return false
}

// Close writes what is in RAM as a table, so that the next open is quick, and
// closes the database.
func (e *Database) Close() error {
	if done, err := e.db.AsyncFlush(); err == nil {
		select {
		case <-done:
		case <-e.disk.frozen:
		}
	}
	err := e.release()
	if frozen := e.Frozen(); frozen != nil {
		return frozen
	}
	if err != nil {
		return fmt.Errorf("%s: %v", e.dir, err)
	}
	return nil
}

// release gives back whatever was taken.
func (e *Database) release() (err error) {
	e.disk.end()
	if e.db != nil {
		err = e.db.Close()
	}
	if e.cache != nil {
		e.spare()
		e.cache.Unref()
	}
	if e.lock != nil {
		err = errors.Join(err, e.lock.Close())
	}
	return err
}

// pebbleLog hears what Pebble has to say. What it deems fatal freezes the
// disk, and the process lives.
type pebbleLog struct{ *Database }

func (l pebbleLog) Infof(string, ...any) {}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Debug("pebble", "error", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) {
	for _, a := range args {
		if err, ok := a.(error); ok {
			l.disk.freeze(err)
			return
		}
	}
	l.disk.freeze(fmt.Errorf(format, args...))
}
