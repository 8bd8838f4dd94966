package recon

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// shape is how two sets differ: by keys that are the newest or scattered, all
// missing from the first or half from each.
type shape struct {
	name   string
	newest bool
	halves bool
}

var shapes = []shape{{"newest", true, false}, {"scattered", false, false}, {"halves", false, true}}

// sets gives two with so many keys together, that differ in so many.
func (s shape) sets(r *rand.Rand, n, differ int) (ours, theirs *Set, missing []Key) {
	both := someKeys(r, n-differ)
	for range differ {
		day := uint16(today)
		if !s.newest {
			day -= uint16(r.IntN(8))
		}
		missing = append(missing, writtenOn(r, day))
	}
	if !s.halves {
		return setOf(both...), setOf(slices.Concat(both, missing)...), missing
	}
	half := len(missing) / 2
	return setOf(slices.Concat(both, missing[half:])...), setOf(slices.Concat(both, missing[:half])...), missing
}

const forever = time.Duration(1<<63 - 1)

// yardstick is how long it takes to hash the ids of a set once.
func yardstick(n int) time.Duration {
	ids := make([]byte, n*IDSize)
	for i := range ids {
		ids[i] = byte(i * i)
	}
	began := time.Now()
	hashIDs(ids)
	return time.Since(began)
}

// BenchmarkLearn is a whole session: two sets of which some keys have just come
// are compared, and what is missing asked for, in halves both ways. Bytes are
// all that is written but the frames; rounds are those until the asker has
// learned, with as many as it takes to ask for the frames. The CPU is that of
// both sides, against the hashing of the ids of one set; cold is where nothing
// of either set has been hashed before. Overlooked is how many frames are left
// for the next session, where the tags of a range happen to be the same.
func BenchmarkLearn(b *testing.B) {
	for _, c := range []struct{ n, differ int }{{65536, 100}, {1 << 20, 100}, {65536, 10000}} {
		for _, s := range shapes {
			b.Run(fmt.Sprintf("n=%d/differ=%d/%s", c.n, c.differ, s.name), func(b *testing.B) {
				s.bench(b, c.n, c.differ)
			})
		}
	}
}

func (s shape) bench(b *testing.B, n, differ int) {
	r := chance(uint64(n + differ))
	ours, theirs, missing := s.sets(r, n, differ)
	// The least of all runs, by turns: the machine may have other things to do.
	took, cold, hashed := forever, forever, forever
	bytes, rounds, runs, most, missed := 0, 0, 0, 0, 0
	session := func() *talk {
		k := converse(b, ours.Snapshot(), theirs.Snapshot(), Window{}, Window{}, r, 1<<14)
		missed += differ - len(k.got) - len(k.given)
		return k
	}
	forget := func(s *Set) {
		for i := range s.leaves {
			s.own(i, 0)
		}
	}
	for b.Loop() {
		hashed = min(hashed, yardstick(n))
		runs++
		forget(ours)
		forget(theirs)
		runtime.GC()
		began := time.Now()
		session()
		cold = min(cold, time.Since(began))
		// What has just come is hashed again.
		for _, k := range missing {
			if theirs.Remove(k) {
				theirs.Insert(k)
			}
			if ours.Remove(k) {
				ours.Insert(k)
			}
		}
		runtime.GC()
		began = time.Now()
		k := session()
		took = min(took, time.Since(began))
		bytes += k.bytes
		rounds += k.rounds
		most = max(most, k.rounds)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(bytes)/float64(runs*differ*IDSize), "of-ids(goal<=1)")
	b.ReportMetric(float64(rounds)/float64(runs), "rounds(goal<=3)")
	b.ReportMetric(float64(most), "rounds-at-most")
	b.ReportMetric(float64(bytes)/float64(runs), "bytes")
	b.ReportMetric(float64(missed)/float64(2*runs), "overlooked")
	b.ReportMetric(float64(took)/float64(hashed), "of-hashing(goal<=3)")
	b.ReportMetric(float64(cold)/float64(hashed), "cold-of-hashing")
}
