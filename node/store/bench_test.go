package store

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/proto/votive"
)

// Frames stored durably a second, on the disk of this machine, and beside that
// what it costs Pebble with its defaults to put the same 4 KiB in the same
// batches.
func BenchmarkPutBatch(b *testing.B) {
	frames := plenty()
	for _, size := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("%d/store", size), func(b *testing.B) {
			s := open(b, b.TempDir(), Options{})
			perFrame(b, size, func(at int) {
				put(b, s, frames[at:at+size]...)
				if at+size == len(frames) {
					b.StopTimer()
					forgetAll(b, s)
					b.StartTimer()
				}
			})
		})
		b.Run(fmt.Sprintf("%d/pebble", size), func(b *testing.B) {
			db, err := pebble.Open(b.TempDir(), &pebble.Options{Logger: silent{}})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			perFrame(b, size, func(at int) {
				batch := db.NewBatch()
				for _, f := range frames[at : at+size] {
					id := f.ID()
					_ = batch.Set(id[:], f.Bytes(), nil)
				}
				if err := batch.Commit(pebble.Sync); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// perFrame calls put for one batch after another.
func perFrame(b *testing.B, size int, put func(at int)) {
	b.SetBytes(int64(size) * votive.FrameSize)
	at := 0
	for b.Loop() {
		put(at)
		at = (at + size) % len(plenty())
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "frames/s")
}

// forgetAll takes out all frames, so that they can be put again.
func forgetAll(b *testing.B, s *Store) {
	b.Helper()
	if err := s.make(b.Context(), change{drop: s.Keys()}); err != nil {
		b.Fatal(err)
	}
}

type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(f string, a ...any) {
	panic(fmt.Sprintf(f, a...))
}

// fill makes a store of n frames that no stamp was spent on, so that they can
// be counted and not read.
func fill(tb testing.TB, dir string, n int) {
	tb.Helper()
	s := open(tb, dir, Options{})
	w := s.db.Writer(tb.Context())
	at := s.slots.take(n)
	err := s.slots.write(at, func(i int) []byte {
		u := bare(uint64(i), 16, votive.Lifetime(i%3), votive.DayOf(now)+votive.Day(i%8))
		k := Key{votive.DayOf(now) + votive.Day(i%8), u.Sum()}
		w.Put(headerRow(k), appendHeaderRow(nil, votive.Header(u.Bytes()), at[i]))
		w.Cut()
		return append(u.Bytes(), 0, 0, 0, 0, 0, 0, 0, 0)
	})
	if err := errors.Join(err, w.Finish()); err != nil {
		tb.Fatal(err)
	}
	// As it is after hours, not at the end of a flood.
	if err := s.db.Compact(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	closeStore(tb, s)
}

func BenchmarkOpen50000(b *testing.B) {
	dir := b.TempDir()
	fill(b, dir, 50_000)
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before, after := heap(), 0.0
	for b.Loop() {
		s, err := Open(dir, Options{})
		b.StopTimer()
		if err != nil || s.Len() != 50_000 {
			b.Fatalf("Open() = %v, want a store of 50000", err)
		}
		after = heap()
		closeStore(b, s)
		b.StartTimer()
	}
	b.ReportMetric((after-before)/50_000, "heap-B/frame")
}

func BenchmarkOpenEmpty(b *testing.B) {
	dir := b.TempDir()
	closeStore(b, open(b, dir, Options{}))
	for b.Loop() {
		closeStore(b, open(b, dir, Options{}))
	}
}

// What it takes to say what a full store has, after a change and without one.
func BenchmarkFingerprint65536(b *testing.B) {
	x := newIndex(0)
	for i := range DefaultQuota {
		id := votive.FrameID([]byte(fmt.Sprint(i)))
		x.add(Entry{ID: id, Header: votive.Header{1, 16, byte(i >> 10 & 3), byte(i)}}, slot(i))
	}
	b.Run("changed", func(b *testing.B) {
		e := Entry{ID: votive.FrameID([]byte("one more")), Header: votive.Header{1, 16, 0, 1}}
		for i := 0; b.Loop(); i++ {
			if i%2 == 0 {
				x.add(e, DefaultQuota)
			} else {
				x.remove(e.ID)
			}
			x.snapshot().Fingerprint()
		}
	})
	b.Run("same", func(b *testing.B) {
		for b.Loop() {
			x.snapshot().Fingerprint()
		}
	})
}

func BenchmarkGet(b *testing.B) {
	s := open(b, b.TempDir(), Options{FS: vfs.Default})
	put(b, s, plenty()...)
	if err := s.db.Compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if _, err := s.Get(b.Context(), plenty()[i%len(plenty())].ID()); err != nil {
			b.Fatal(err)
		}
	}
}
