package recon

import (
	"encoding/base32"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// rows is a database with the headers of frames as node/store keeps them, for
// keys of expiry day and id; and how to read the ids from it.
type rows struct{ db *pebble.DB }

var rowNames = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

func writeRows(b *testing.B, keys []Key) rows {
	b.Helper()
	db, err := pebble.Open(b.TempDir(), &pebble.Options{Logger: quiet{}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	for some := range slices.Chunk(keys, 4096) {
		batch := db.NewBatch()
		for _, k := range some {
			header := make([]byte, 52)
			header[1] = k.Rank()
			copy(header[2:], k[expiryAt:idAt])
			copy(header[4:], k[idAt:]) // not to be squeezed, as a salt is not
			copy(header[36:], k[idAt+16:])
			name := append([]byte("/h/"), rowNames.EncodeToString(k[expiryAt:])...)
			if err := batch.Set(name, header, nil); err != nil {
				b.Fatal(err)
			}
		}
		if err := db.Apply(batch, pebble.NoSync); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Flush(); err != nil {
		b.Fatal(err)
	}
	return rows{db}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

func (r rows) read(b *testing.B, keys []Key) []Key {
	b.Helper()
	it, err := r.db.NewIter(&pebble.IterOptions{LowerBound: []byte("/h/"), UpperBound: []byte("/h0")})
	if err != nil {
		b.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		var raw [35]byte
		if _, err := rowNames.Decode(raw[:], it.Key()[3:]); err != nil {
			b.Fatal(err)
		}
		keys = append(keys, MakeKey(it.Value()[1], uint16(raw[0])<<8|uint16(raw[1]), ID(raw[2:34])))
	}
	if err := it.Close(); err != nil {
		b.Fatal(err)
	}
	return keys
}

func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkBuild is the structure at start, from the keys in the order of the
// disk, against reading these from the disk; and what it takes in memory: as
// it was built, and when as many keys again have come and gone.
func BenchmarkBuild(b *testing.B) {
	const n = 1 << 20
	r := chance(3)
	disk := writeRows(b, someKeys(r, n))
	keys := disk.read(b, make([]Key, 0, n))
	built, read := forever, forever
	var fresh, used float64
	for b.Loop() {
		began := time.Now()
		keys = disk.read(b, keys[:0])
		read = min(read, time.Since(began))
		before := heap()
		began = time.Now()
		set := NewSet(slices.Values(keys))
		sum := set.Snapshot().Fingerprint()
		built = min(built, time.Since(began))
		fresh = heap() - before
		for i := range keys {
			set.Remove(keys[i])
			set.Insert(writtenOn(r, today))
		}
		used = heap() - before
		if set.Len() != n || set.Snapshot().Fingerprint() == sum {
			b.Fatalf("Len() = %d, want %d and another fingerprint", set.Len(), n)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(built)/float64(read), "of-reading(goal<=1.5)")
	b.ReportMetric(fresh/n, "B/frame(goal<=64)")
	b.ReportMetric(used/n, "used-B/frame")
}

// BenchmarkSame is two equal sets.
func BenchmarkSame(b *testing.B) {
	r := chance(4)
	keys := someKeys(r, 1<<20)
	ours, theirs := setOf(keys...), setOf(keys...)
	var k *talk
	for b.Loop() {
		k = converse(b, ours.Snapshot(), theirs.Snapshot(), Window{}, Window{}, r, 1<<14)
		if !k.asker.Same() {
			b.Fatal("Same() = false for equal sets")
		}
	}
	b.ReportMetric(float64(k.bytes), "bytes(goal<200)")
	b.ReportMetric(float64(k.rounds), "rounds(goal<=1)")
}
