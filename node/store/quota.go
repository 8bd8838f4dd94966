package store

import (
	"container/heap"
	"math"
	"slices"

	"votive/proto/votive"
)

// change is what one write does to the set of frames.
type change struct {
	add   []votive.Frame
	slots []slot // of add, once it is in them
	drop  []Key
	floor votive.Rank

	intake           intake
	buried, earliest votive.Day
}

// plan decides what of frames is taken, and what makes room for it. What dies
// by today counts as dead. Store.writing is held. SPEC 2.8.
func (x *index) plan(frames []votive.Frame, quota int, today votive.Day) change {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := change{floor: x.floor, intake: x.intake.on(today, x.last), buried: x.buried, earliest: x.earliest}
	c.add = x.wanted(frames, greater(c.floor, c.intake.floor))
	over := x.at.n + len(c.add) - quota
	if len(c.add) == 0 || over <= 0 {
		return c
	}
	over -= x.bury(&c, today)
	x.dropLeast(&c, over, allowance(quota))
	return c
}

// wanted is the frames that are neither here, nor twice in frames, nor below
// the floor, nor dead and buried. x.mu is held.
func (x *index) wanted(frames []votive.Frame, floor votive.Rank) []votive.Frame {
	var wanted []votive.Frame
	seen := make(map[votive.ID]bool, len(frames))
	for _, f := range frames {
		_, here := x.at.find(f.ID(), x.arrivals)
		if here || seen[f.ID()] || f.Rank().Compare(floor) <= 0 || f.Expiry() <= x.buried {
			continue
		}
		seen[f.ID()] = true
		wanted = append(wanted, f)
	}
	return wanted
}

// bury drops all the dead, says how many, and sees to it that they do not come
// back: each would make others pay again. x.mu is held.
func (x *index) bury(c *change, today votive.Day) (dropped int) {
	dead := func(f votive.Frame) bool { return f.Expiry() <= today }
	before := len(c.add)
	c.add = slices.DeleteFunc(c.add, dead)
	dropped = before - len(c.add)
	c.buried = max(c.buried, today)
	if x.earliest > today {
		return dropped
	}
	c.earliest = math.MaxUint16
	x.each(func(e *Entry) {
		if day := e.Header.Expiry(); day <= today {
			c.drop = append(c.drop, e.Key())
		} else {
			c.earliest = min(c.earliest, day)
		}
	})
	return dropped + len(c.drop)
}

// dropLeast drops so many of what is here and what is new, least first, and
// raises the floor to the greatest of them: of all that is here, until as much
// of what was there before this day has gone as may, and then of what came on
// it. x.mu is held.
func (x *index) dropLeast(c *change, over, allowed int) {
	if over <= 0 {
		return
	}
	x.rank()
	dropped := make(map[votive.ID]bool, len(c.drop))
	for _, k := range c.drop {
		dropped[k.ID] = true
	}
	byRank := slices.Clone(c.add)
	slices.SortFunc(byRank, func(a, b votive.Frame) int { return a.Rank().Compare(b.Rank()) })
	refused := 0
	var fresh rankHeap
	for ; over > 0; over-- {
		from, floor := &x.least, &c.floor
		if c.intake.evicted >= allowed {
			if from, floor = &fresh, &c.intake.floor; fresh == nil {
				fresh = x.ranksSince(c.intake.since)
			}
		}
		least, some := x.leastBut(from, dropped)
		if refused < len(byRank) && (!some || byRank[refused].Rank().Compare(least) < 0) {
			*floor = byRank[refused].Rank()
			refused++
			continue
		}
		heap.Pop(from)
		dropped[least.ID] = true
		*floor = least
		if x.numberOf(least.ID) <= c.intake.since {
			c.intake.evicted++
		}
		c.drop = append(c.drop, Key{least.Expiry, least.ID})
	}
	// In the order in which they came, as far as they stay.
	floor := greater(c.floor, c.intake.floor)
	c.add = slices.DeleteFunc(c.add, func(f votive.Frame) bool { return f.Rank().Compare(floor) <= 0 })
}

// rank makes the heap of all ranks if there is none. x.mu is held.
func (x *index) rank() {
	if x.least != nil {
		return
	}
	x.least = make(rankHeap, 0, x.at.n)
	x.each(func(e *Entry) { x.least = append(x.least, e.Rank()) })
	heap.Init(&x.least)
}

// leastBut is the top of the heap, after taking off what is not here or
// already dropped.
func (x *index) leastBut(from *rankHeap, dropped map[votive.ID]bool) (votive.Rank, bool) {
	for len(*from) > 0 {
		top := (*from)[0]
		if _, here := x.at.find(top.ID, x.arrivals); here && !dropped[top.ID] {
			return top, true
		}
		heap.Pop(from)
	}
	return votive.Rank{}, false
}

// apply makes the change that is on disk now, and gives the slots of what was
// dropped. Store.writing is held.
func (x *index) apply(c change) (free []slot) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.floor, x.intake, x.buried, x.earliest = c.floor, c.intake, c.buried, c.earliest
	for _, k := range c.drop {
		if at, ok := x.remove(k.ID); ok {
			free = append(free, at)
		}
	}
	for i, f := range c.add {
		e := Entry{f.ID(), f.Header()}
		x.add(e, c.slots[i])
		if x.least != nil {
			heap.Push(&x.least, e.Rank())
		}
	}
	if len(x.least) > 2*x.at.n+1024 {
		x.least = nil // most of it has gone
	}
	return free
}

// forgetPlan puts the heap right after a change that was planned and not made.
func (x *index) forgetPlan() { x.least = nil }

// expired is the change that drops the frames whose expiry day is over, and
// lowers the floor where there is room. Store.writing is held. SPEC 2.8.
func (x *index) expired(isOver func(votive.Day) bool, quota int) change {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := change{floor: x.floor, intake: x.intake, buried: x.buried, earliest: x.earliest}
	if isOver(x.earliest) {
		c.earliest = math.MaxUint16
		x.each(func(e *Entry) {
			if day := e.Header.Expiry(); isOver(day) {
				c.drop = append(c.drop, e.Key())
			} else {
				c.earliest = min(c.earliest, day)
			}
		})
	}
	// Not at the first free place: what is dropped would be taken again from
	// the next peer, and dropped again.
	if x.at.n-len(c.drop) < quota-quota/8 {
		c.floor = votive.Rank{}
	}
	return c
}
