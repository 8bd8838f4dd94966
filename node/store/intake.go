package store

import (
	"container/heap"

	"votive/proto/votive"
)

// intake is what the store has taken in on one day at the cost of what was
// there before. Once that is an eighth of the quota, what comes later on this
// day only takes the place of what came earlier on it: a flood can crowd out
// the news of its day, and never what was announced before. SPEC 2.8.
type intake struct {
	day     votive.Day
	since   uint64      // frames with a greater number came on that day
	evicted int         // frames of before that had to make room
	floor   votive.Rank // what is not greater is not taken for the rest of that day
}

// leastAllowance is for quotas so small that only tests have them.
const leastAllowance = 32

// allowance is how many frames of before a day may cost.
func allowance(quota int) int { return max(quota/8, leastAllowance) }

// on is the intake of that day: a new one, where another day has begun. last is
// the number of the last frame before it.
func (in intake) on(day votive.Day, last uint64) intake {
	if in.day != day {
		return intake{day: day, since: last}
	}
	return in
}

// floorOn is what holds on that day.
func (in intake) floorOn(day votive.Day) votive.Rank {
	if in.day != day {
		return votive.Rank{}
	}
	return in.floor
}

// greater is the greater of two ranks.
func greater(a, b votive.Rank) votive.Rank {
	if a.Compare(b) > 0 {
		return a
	}
	return b
}

// ranksSince is a heap of the ranks of what has a greater number. x.mu is held.
func (x *index) ranksSince(number uint64) rankHeap {
	h := rankHeap{}
	for i := x.position(number + 1); i < len(x.arrivals); i++ {
		if a := &x.arrivals[i]; !a.gone() {
			h = append(h, a.Rank())
		}
	}
	heap.Init(&h)
	return h
}

// numberOf is the number of a frame that is here. x.mu is held.
func (x *index) numberOf(id votive.ID) uint64 {
	at, ok := x.at.find(id, x.arrivals)
	if !ok {
		return 0
	}
	return x.arrivals[at].number
}
