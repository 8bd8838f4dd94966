package diary

import (
	"cmp"
	"slices"
	"sort"
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

// covered is time that is in any of many intervals, most of which come in their
// order, and are in others.
type covered struct {
	joined []Interval // ascending, apart from each other
	more   []Interval // besides
	at     int        // where in joined the last one was looked for
}

// mostMore is how many intervals wait to be joined with the others.
const mostMore = 1 << 12

// add adds one.
func (c *covered) add(i Interval) {
	if c.at == len(c.joined) || c.joined[c.at].From > i.From {
		c.at = sort.Search(len(c.joined), func(n int) bool { return c.joined[n].To >= i.To })
	}
	for c.at < len(c.joined) && c.joined[c.at].To < i.To {
		c.at++
	}
	if c.at < len(c.joined) && c.joined[c.at].From <= i.From {
		return
	}
	if c.more = append(c.more, i); len(c.more) >= max(mostMore, len(c.joined)) {
		c.all()
	}
}

// all is all of it, as joined is. It is good until the next is added.
func (c *covered) all() []Interval {
	c.joined = union(append(c.joined, c.more...))
	c.more, c.at = c.more[:0], 0
	return c.joined
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
