package store

import (
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/proto/votive"
)

// calm is frames of rank 12, and flood of rank 16: 4 bits above.
var calm, flood = ranked(votive.Days120, 1<<30), ranked(votive.Days8, 1<<31)

func ranked(life votive.Lifetime, seed uint64) func() []votive.Frame {
	return sync.OnceValue(func() []votive.Frame {
		return some(400, seed, 16, life, votive.DayOf(now)+7)
	})
}

// some is n frames that differ in nothing but their ids.
func some(n int, seed uint64, effort uint8, life votive.Lifetime, expiry votive.Day) []votive.Frame {
	frames := make([]votive.Frame, n)
	var wg sync.WaitGroup
	for part := range 2 {
		wg.Go(func() {
			for i := part; i < len(frames); i += 2 {
				frames[i] = stamped(bare(seed+uint64(i), effort, life, expiry))
			}
		})
	}
	wg.Wait()
	return frames
}

// SPEC 2.8: a flood at 4 bits above evicts an eighth of the quota a day, and
// none of what was announced before it beyond that.
func TestDailyIntake(t *testing.T) {
	const quota = 400
	clock := now
	disk := vfs.NewMem()
	o := Options{FS: disk, Quota: quota, Now: func() time.Time { return clock }}
	s := open(t, "store", o)
	left := func() (n int) {
		for _, f := range calm() {
			if s.Has(f.ID()) {
				n++
			}
		}
		return n
	}
	put(t, s, calm()...)
	clock = clock.AddDate(0, 0, 1)
	put(t, s, flood()[:150]...)
	if got := left(); got != quota-quota/8 || s.Len() != quota {
		t.Fatalf("after a flood of 150 there are %d of before it, of %d, want %d of %d", got, s.Len(), quota-quota/8, quota)
	}
	if evicted, allowed := s.Intake(); evicted != quota/8 || allowed != quota/8 {
		t.Errorf("Intake() = %d, %d, want %d of %d", evicted, allowed, quota/8, quota/8)
	}
	put(t, s, flood()[150:]...)
	if got := left(); got != quota-quota/8 {
		t.Errorf("after all of the flood there are %d of before it, want %d", got, quota-quota/8)
	}
	least := s.Floor()
	for _, f := range flood() { // the greatest stay, in whatever order they came
		if s.Has(f.ID()) != (f.Rank().Compare(least) > 0) {
			t.Errorf("Has(%v) = %t with a floor of %v", f.Rank(), s.Has(f.ID()), least)
		}
	}
	if d := s.Dropped(); d.Rank != 12 || least.Rank != 16 {
		t.Errorf("Dropped(), Floor() = rank %d, %d, want 12, 16", d.Rank, least.Rank)
	}
	// A new start does not begin the day anew.
	closeStore(t, s)
	s = open(t, "store", o)
	put(t, s, flood()...)
	if got := left(); got != quota-quota/8 || s.Floor() != least {
		t.Errorf("%d of before the flood and a floor of %v, want %d and %v", got, s.Floor(), quota-quota/8, least)
	}
	// The next day does.
	clock = clock.AddDate(0, 0, 1)
	if got := s.Floor(); got.Rank != 12 {
		t.Errorf("Floor() = %v, want one of rank 12: that of yesterday's intake is over", got)
	}
	put(t, s, flood()...)
	if got := left(); got != quota-quota/4 {
		t.Errorf("%d of before the flood, want %d", got, quota-quota/4)
	}
}

// SPEC 2.8: once a day's intake is used up, what comes takes the place of what
// came that day and ranks lower, after a new start as before it: who raises
// their effort under a flood is heard, and none of before the flood is lost.
func TestDailyIntakeAfterAStart(t *testing.T) {
	const quota, raised = 400, 20
	clock := now.AddDate(0, 0, 1)
	today := votive.DayOf(clock)
	o := Options{FS: vfs.NewMem(), Quota: quota, Now: func() time.Time { return clock }}
	s := open(t, "store", o)
	has := func(frames []votive.Frame) (n int) {
		for _, f := range frames {
			if s.Has(f.ID()) {
				n++
			}
		}
		return n
	}
	put(t, s, calm()...)
	closeStore(t, s)
	s = open(t, "store", o)
	flood := some(150, 1<<32, 16, votive.Days8, today+8)
	put(t, s, flood...)
	if got := has(flood); got != quota/8 || has(calm()) != quota-quota/8 {
		t.Fatalf("%d of the flood and %d of before it, want %d and %d", got, has(calm()), quota/8, quota-quota/8)
	}
	closeStore(t, s)
	s = open(t, "store", o)
	higher := some(raised, 1<<33, 17, votive.Days8, today+8)
	put(t, s, higher...)
	if got := has(higher); got != raised {
		t.Errorf("%d of %d that rank higher than the flood are there, want all", got, raised)
	}
	if got := has(calm()); got != quota-quota/8 {
		t.Errorf("%d of before the flood, want %d", got, quota-quota/8)
	}
	if got := has(flood); got != quota/8-raised {
		t.Errorf("%d of the flood, want %d", got, quota/8-raised)
	}
}
