package store

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"votive/proto/votive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is when tests happen, unless they say otherwise.
var now = time.Date(2027, 6, 4, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// bare is a frame without content, of any rank: random where it would be
// sealed. The same seed gives the same frame.
func bare(seed uint64, effort uint8, life votive.Lifetime, expiry votive.Day) votive.Unstamped {
	b := make([]byte, votive.FrameSize-8)
	var s [32]byte
	binary.BigEndian.PutUint64(s[:], seed)
	_, _ = rand.NewChaCha8(s).Read(b) // never fails
	b[0], b[1] = 1, effort
	binary.BigEndian.PutUint16(b[2:], uint16(life)<<14|uint16(expiry))
	u, err := votive.UnstampedFrom(b)
	if err != nil {
		panic(err)
	}
	return u
}

func stamped(u votive.Unstamped) votive.Frame {
	f, err := u.Stamp(context.Background())
	if err != nil {
		panic(err)
	}
	return f
}

// rounds is how often a test of the unlikely tries: less with -short, to the
// full length where VOTIVE_LONG is set.
func rounds(usual, long int) int {
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		return long
	case testing.Short():
		return usual/5 + 1
	}
	return usual
}

// pool is frames of many ranks and expiry days around now, made once and in
// parallel: each costs some 2^16 hashes. They are in no order at all.
var pool = sync.OnceValue(func() []votive.Frame { return stampMany(320, 1) })

// plenty is more of the same, for benchmarks.
var plenty = sync.OnceValue(func() []votive.Frame { return stampMany(1024, 1<<32) })

func stampMany(n int, seed uint64) []votive.Frame {
	frames := make([]votive.Frame, n)
	var wg sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := worker; i < n; i += runtime.GOMAXPROCS(0) {
				effort := votive.MinEffort + uint8(i%16/15) // mostly the least
				life := votive.Lifetime(i / 16 % 3)
				expiry := votive.DayOf(now) - 3 + votive.Day(i%9)
				frames[i] = stamped(bare(seed+uint64(i), effort, life, expiry))
			}
		})
	}
	wg.Wait()
	return frames
}

// alive is the frames of the pool that have not died.
func alive() []votive.Frame {
	return slices.DeleteFunc(slices.Clone(pool()), func(f votive.Frame) bool { return f.Expiry() <= votive.DayOf(now) })
}
