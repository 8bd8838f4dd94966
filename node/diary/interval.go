package diary

import (
	"cmp"
	"slices"
)

// Interval is the time from a moment until another, which is not in it any
// more, in Unix seconds.
type Interval struct{ From, To int64 }

// Empty reports whether there is no time in it.
func (i Interval) Empty() bool { return i.From >= i.To }

// Overlaps reports whether there is a time that is in both.
func (i Interval) Overlaps(other Interval) bool {
	return i.From < other.To && other.From < i.To && !i.Empty() && !other.Empty()
}

// in is the part of i that is in another one; it may be empty.
func (i Interval) in(other Interval) Interval {
	return Interval{max(i.From, other.From), min(i.To, other.To)}
}

// union is the time that is in any of all: ascending, apart from each other.
// It is made in the place of all.
func union(all []Interval) []Interval {
	all = slices.DeleteFunc(all, Interval.Empty)
	slices.SortFunc(all, func(a, b Interval) int { return cmp.Compare(a.From, b.From) })
	joined := all[:0]
	for _, i := range all {
		if n := len(joined); n > 0 && i.From <= joined[n-1].To {
			joined[n-1].To = max(joined[n-1].To, i.To)
		} else {
			joined = append(joined, i)
		}
	}
	return joined
}

// without is the time that is in one of whole and in none of busy; both are
// ascending and apart from each other, and so is what comes of them.
func without(whole, busy []Interval) []Interval {
	var free []Interval
	for _, w := range whole {
		for len(busy) > 0 && busy[0].To <= w.From {
			busy = busy[1:]
		}
		from := w.From
		for _, b := range busy {
			if b.From >= w.To {
				break
			}
			if b.From > from {
				free = append(free, Interval{from, b.From})
			}
			from = max(from, b.To)
		}
		if from < w.To {
			free = append(free, Interval{from, w.To})
		}
	}
	return free
}
