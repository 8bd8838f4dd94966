package store

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"votive/proto/votive"
)

// powerLoss is a disk that is copied as a loss of power would leave it, before
// the nth thing that anybody does with it.
type powerLoss struct {
	*vfs.MemFS
	percent int // of what was not synced survives
	rng     *rand.Rand

	mu    sync.Mutex
	n     int
	copy  *vfs.MemFS
	acked int // deeds that had been done
	done  int // that have
}

func (p *powerLoss) before(errorfs.Op) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n--; p.n == 0 {
		p.copy = p.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: p.percent, RNG: p.rng})
		p.acked = p.done
	}
	return nil
}

// returned counts a deed, and says whether the power is lost.
func (p *powerLoss) returned() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	return p.copy != nil
}

func (p *powerLoss) lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.copy != nil
}

// deed is what is done to a store: frames are put, or it is told that it is
// later.
type deed struct {
	put   []votive.Frame
	later time.Time
}

func (d deed) do(t *testing.T, s *Store) {
	t.Helper()
	if d.later.IsZero() {
		put(t, s, d.put...)
	} else if _, err := s.Expire(t.Context(), d.later); err != nil {
		t.Fatalf("Expire() = %v", err)
	}
}

// someDeeds puts the pool in portions, some of it twice, while days pass.
func someDeeds(rng *rand.Rand) (deeds []deed) {
	later := now
	for rest := pool(); len(rest) > 0; {
		n := min(1+rng.IntN(20), len(rest))
		deeds, rest = append(deeds, deed{put: rest[:n]}), rest[n:]
		if rng.IntN(6) == 0 {
			later = later.Add(24 * time.Hour)
			at := rng.IntN(len(pool()) - 20)
			deeds = append(deeds, deed{later: later}, deed{put: pool()[at : at+20]})
		}
	}
	return deeds
}

// holding is the frames that a store holds after each of the deeds, before
// which it was empty.
func holding(deeds []deed, quota int) (after [][]votive.Frame) {
	m := &model{quota: quota}
	after = append(after, nil)
	for _, d := range deeds {
		if d.later.IsZero() {
			m.put(d.put, votive.DayOf(now))
		} else {
			m.expire(d.later)
		}
		after = append(after, slices.Clone(m.frames))
	}
	return after
}

// Whenever the power goes: the store opens, and what was acknowledged is there
// but for what had to make room.
func TestTorturePowerLoss(t *testing.T) {
	rounds := rounds(200, 2000)
	seed := rand.Uint64()
	missed := 0
	for round := range rounds {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		if !loseAndOpen(t, rng) {
			missed++
		}
		if t.Failed() {
			t.Fatalf("in round %d of seed %d", round, seed)
		}
	}
	if missed > rounds/2 {
		t.Errorf("power was lost after the end in %d of %d rounds", missed, rounds)
	}
}

// loseAndOpen says whether the power was lost before the end.
func loseAndOpen(t *testing.T, rng *rand.Rand) bool {
	p := &powerLoss{MemFS: vfs.NewCrashableMem(), percent: rng.IntN(101), rng: rng, n: 1 + rng.IntN(500)}
	o := Options{FS: errorfs.Wrap(p.MemFS, errorfs.InjectorFunc(p.before)), Quota: 50 + rng.IntN(300)}
	o.slotsInFile = slot(1 + rng.IntN(200))
	deeds := someDeeds(rng)
	after := holding(deeds, o.Quota)

	s := open(t, "home/store", o)
	for _, d := range deeds {
		d.do(t, s)
		if p.returned() {
			break
		}
	}
	closeStore(t, s)
	if !p.lost() {
		return false
	}

	s, err := Open("home/store", Options{FS: p.copy, Quota: o.Quota, Now: clock, slotsInFile: o.slotsInFile})
	if err != nil {
		t.Errorf("Open() after a loss of power = %v", err)
		return true
	}
	defer func() { _ = s.Close() }()
	next := after[min(p.acked+1, len(after)-1)]
	for _, f := range after[p.acked] {
		dropped := !contains(next, f)
		if _, err := s.Get(t.Context(), f.ID()); err != nil && !dropped {
			t.Errorf("Get(%v) = %v after %d deeds that were done and a loss of power", f.ID(), err, p.acked)
		}
	}
	n := s.Len()
	r, err := s.Check(t.Context())
	if err != nil || r.Damaged > 0 || r.Whole != n {
		t.Errorf("Check() = %+v, %v, want %d frames whole", r, err, n)
	}
	wantSlots(t, s)
	return true
}

// A store that is just being made, or opened, can be opened after a loss of
// power at every single step of that, whatever of it survives.
func TestPowerLossWhileOpening(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	mem := vfs.NewCrashableMem()
	var copies []*vfs.MemFS
	var mu sync.Mutex
	disk := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		for range rounds(8, 50) {
			if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				copies = append(copies, mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rng}))
			}
		}
		return nil
	}))
	for range 2 {
		closeStore(t, open(t, "home/store", Options{FS: disk}))
	}
	for i, c := range copies {
		s, err := Open("home/store", Options{FS: c})
		if err != nil {
			t.Fatalf("Open() after loss %d of %d = %v", i, len(copies), err)
		}
		closeStore(t, s)
	}
}
