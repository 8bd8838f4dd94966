package vault

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// powerLoss is a disk that is copied as a loss of power would leave it, before
// the nth thing that anybody does with it.
type powerLoss struct {
	*vfs.MemFS
	percent int // of what was not synced survives
	rng     *rand.Rand

	mu     sync.Mutex
	n      int  // to go; below 1: not counted
	within bool // a call is under way
	done   int  // calls that have returned
	copy   *vfs.MemFS
	midway bool // within, when it was copied
	acked  int  // done, when it was copied
}

func newPowerLoss(rng *rand.Rand) *powerLoss {
	return &powerLoss{
		MemFS: vfs.NewCrashableMem(), percent: []int{0, rng.IntN(101), 100}[rng.IntN(3)],
		rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), // whoever comes to the disk uses it
	}
}

// arm counts from now on.
func (p *powerLoss) arm(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n = n
}

// disk is what a vault is opened on.
func (p *powerLoss) disk() vfs.FS {
	return errorfs.Wrap(p.MemFS, errorfs.InjectorFunc(func(errorfs.Op) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.n--; p.n == 0 {
			p.lose()
		}
		return nil
	}))
}

func (p *powerLoss) lose() {
	p.copy = p.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: p.percent, RNG: p.rng})
	p.midway, p.acked = p.within, p.done
}

// during makes one call, which has to succeed.
func (p *powerLoss) during(t *testing.T, name string, call func() error) {
	t.Helper()
	p.set(true, 0)
	if err := call(); err != nil {
		t.Fatalf("%s = %v", name, err)
	}
	p.set(false, 1)
}

func (p *powerLoss) set(within bool, done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.within, p.done = within, p.done+done
}

// lost says whether the power has gone.
func (p *powerLoss) lost() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.copy != nil
}

// end is what is left at the latest when all calls have returned.
func (p *powerLoss) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.copy == nil {
		p.lose()
	}
}

// randomChanges are some to a vault that holds rows, which it makes to those as
// well: long rows and short ones, new ones, others in place of old, and gone.
func randomChanges(rng *rand.Rand, rows map[string]string) *Changes {
	longest := []int{100, 6000, 6000, 6000, 6000, maxValue}[rng.IntN(6)]
	c := new(Changes)
	names := rng.Perm(12)
	for _, i := range names[:1+rng.IntN(5)] {
		name := fmt.Sprint(i)
		if _, there := rows[name]; there && rng.IntN(3) == 0 {
			c.Delete(name)
			delete(rows, name)
			continue
		}
		value := bytes.Repeat([]byte{byte(rng.Uint32())}, rng.IntN(longest+1))
		c.Put(name, value)
		rows[name] = string(value)
	}
	return c
}

// TestTorturePowerLoss cuts the power before any thing that is done with the
// disk: the vault opens, and holds what every Commit that had returned left, or
// that and the whole of the one under way, to the byte.
func TestTorturePowerLoss(t *testing.T) {
	rounds := 200
	switch {
	case os.Getenv("VOTIVE_LONG") != "":
		rounds = 1000
	case testing.Short():
		rounds = 60
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var midway, kept int
	for round := range rounds {
		m, k := loseAndOpen(t, rand.New(rand.NewPCG(seed, uint64(round))))
		if t.Failed() {
			t.Fatalf("in round %d of seed %d", round, seed)
		}
		midway += m
		kept += k
	}
	t.Logf("%d rounds, in %d the power went in the middle of a Commit, which was there afterwards in %d", rounds, midway, kept)
	if midway < rounds/2 || kept == midway || kept == 0 && !testing.Short() {
		t.Errorf("the power went in the middle of %d Commits, of which %d were there: want %d at least, and both ends", midway, kept, rounds/2)
	}
}

// How many things are done with the disk, about, by Create and by the Commits of
// a round.
const (
	creating   = 30
	committing = 40
	commits    = 12
)

// loseAndOpen says whether the power was lost in the middle of a Commit, and
// whether what that wrote was there afterwards, as 0 or 1.
func loseAndOpen(t *testing.T, rng *rand.Rand) (midway, kept int) {
	p := newPowerLoss(rng)
	v := open(t, p.disk())
	if rng.IntN(8) == 0 {
		p.arm(1 + rng.IntN(creating))
	}
	p.during(t, "Create", func() error { return v.Create(nil, identity(t)) })
	if !p.lost() {
		p.arm(1 + rng.IntN(committing))
	}
	now := make(map[string]string)
	after := []map[string]string{nil, maps.Clone(now)} // so many calls
	for range commits {
		c := randomChanges(rng, now)
		after = append(after, maps.Clone(now))
		p.during(t, "Commit", func() error { return v.Commit(t.Context(), c) })
		if p.lost() {
			break
		}
	}
	p.end()
	if err := v.Close(); err != nil {
		t.Fatalf("Close = %v", err)
	}

	v = open(t, p.copy)
	defer func() { _ = v.Close() }()
	if p.acked == 0 {
		if !v.Exists() { // then as if nothing had happened
			if err := v.Create(nil, identity(t)); err != nil {
				t.Errorf("Create after a loss of power during the first = %v", err)
			}
		}
	} else if !v.Exists() || v.Locked() {
		t.Errorf("the vault exists: %t, is locked: %t, want it open", v.Exists(), v.Locked())
		return 0, 0
	}
	got := rows(t, v)
	if len(got) == 0 && p.acked == 0 || maps.Equal(got, after[p.acked]) {
		if p.midway && p.acked > 0 {
			midway = 1
		}
	} else if p.midway && maps.Equal(got, after[p.acked+1]) {
		midway, kept = 1, 1
	} else {
		t.Errorf("the vault holds %s, want %s, or all of the next", brief(got), brief(after[p.acked]))
	}
	for name, value := range got {
		if single, err := v.Get(t.Context(), name); err != nil || string(single) != value {
			t.Errorf("Get(%q) = %d bytes, %v, want the %d that Scan gave", name, len(single), err, len(value))
		}
	}
	return midway, kept
}

// brief is what to print of rows.
func brief(rows map[string]string) string {
	short := make(map[string]string)
	for name, value := range rows {
		short[name] = fmt.Sprintf("%d x %.1x", len(value), value)
	}
	return fmt.Sprint(short)
}

// TestRewrapOutlivesPowerLoss cuts the power around and in the middle of a
// change of passphrase: the old one or the new one opens the vault, and only
// the new one where the change was acknowledged.
func TestRewrapOutlivesPowerLoss(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var old, fresh int
	for range 60 {
		p := newPowerLoss(rng)
		v := made(t, p.MemFS, "old")
		put(t, v, "row", "value")
		if err := v.Close(); err != nil {
			t.Fatalf("Close = %v", err)
		}
		v = open(t, p.MemFS)
		v.o.FS = p.disk()
		p.arm(1 + rng.IntN(15))
		p.during(t, "ChangePassphrase", func() error { return v.ChangePassphrase([]byte("old"), []byte("new")) })
		p.end()
		_ = v.Close()
		v = open(t, p.copy)
		err := v.Unlock([]byte("new"))
		if p.acked == 0 && errors.Is(err, ErrWrongPassphrase) {
			old++
			err = v.Unlock([]byte("old"))
		} else {
			fresh++
		}
		if err != nil {
			t.Fatalf("seed %d: Unlock after %d changes that were acknowledged = %v", seed, p.acked, err)
		}
		if got, err := v.Get(t.Context(), "row"); err != nil || string(got) != "value" {
			t.Fatalf("seed %d: Get = %q, %v, want what was there", seed, got, err)
		}
		_ = v.Close()
	}
	if old == 0 || fresh == 0 {
		t.Errorf("the old passphrase was the right one %d times and the new one %d, want both", old, fresh)
	}
	v := made(t, vfs.NewMem(), "old")
	if err := v.ChangePassphrase([]byte("guess"), []byte("new")); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("ChangePassphrase with a guess = %v, want %v", err, ErrWrongPassphrase)
	}
}
