package diary

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// within is every second that is in one of all, of the first few.
func within(all []Interval) (in [64]bool) {
	for _, i := range all {
		for s := i.From; s < i.To; s++ {
			in[s] = true
		}
	}
	return in
}

var intervals = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Interval {
	from := rapid.Int64Range(0, 63).Draw(t, "from")
	return Interval{from, from + rapid.Int64Range(-3, 63-from).Draw(t, "lasts")}
}), 0, 12)

// apart reports whether intervals are ascending and do not even touch.
func apart(all []Interval) bool {
	for k, i := range all {
		if i.Empty() || k > 0 && all[k-1].To >= i.From {
			return false
		}
	}
	return true
}

// TestIntervals holds the arithmetic to sets of seconds: what is busy and what
// is free partition the window, and the order of what is busy does not matter.
func TestIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said := intervals.Draw(t, "busy")
		whole := union(intervals.Draw(t, "window"))
		busy := union(slices.Clone(said))
		if within(busy) != within(said) || !apart(busy) {
			t.Fatalf("union(%v) = %v", said, busy)
		}
		free := without(whole, busy)
		in, taken, left := within(whole), within(busy), within(free)
		for s := range in {
			if left[s] != (in[s] && !taken[s]) {
				t.Fatalf("without(%v, %v) = %v, which is wrong at %d", whole, busy, free, s)
			}
		}
		if !apart(free) {
			t.Fatalf("without(%v, %v) = %v, want them apart", whole, busy, free)
		}
		other := slices.Clone(said)
		rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0)).Shuffle(len(other), func(i, j int) {
			other[i], other[j] = other[j], other[i]
		})
		if again := without(whole, union(other)); !slices.Equal(again, free) {
			t.Fatalf("in another order %v are free, want %v", again, free)
		}
		if len(said) > 1 {
			a, b := said[0], said[1]
			in, other := within([]Interval{a}), within([]Interval{b})
			both := false
			for s := range in {
				both = both || in[s] && other[s]
			}
			if a.Overlaps(b) != both || b.Overlaps(a) != both || !a.in(b).Empty() != both {
				t.Fatalf("%v and %v overlap: %v, want %v", a, b, a.Overlaps(b), both)
			}
		}
	})
}

// TestCovered: it is what union makes of all that was added.
func TestCovered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c covered
		var all []Interval
		rounds := rapid.IntRange(1, 4).Draw(t, "rounds")
		for range rounds {
			from := int64(0)
			for range rapid.IntRange(0, 60).Draw(t, "number") {
				from += int64(rapid.IntRange(-5, 40).Draw(t, "step"))
				i := Interval{from, from + int64(rapid.IntRange(1, 30).Draw(t, "length"))}
				all = append(all, i)
				c.add(i)
			}
			if got, want := c.all(), union(slices.Clone(all)); !slices.Equal(got, want) {
				t.Fatalf("covered %v, want %v", got, want)
			}
		}
	})
}
