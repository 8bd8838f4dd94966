package remind

import (
	"container/heap"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// often is how long the clock goes unread at most.
const often = time.Minute

// schedule is when to look at which event. It has one owner, Run.
type schedule struct {
	at    map[votive.ID]time.Time
	queue queue // of at, and what is no longer in it

	dirty map[votive.ID]bool // to look at whatever the time is
	all   bool               // everything is dirty
	notes bool               // what was chosen may have changed
	last  time.Time          // when it was last looked
}

// maxDirty is how many events are dirty at most before all are.
const maxDirty = 1_024

// entry is an event to look at, at a time.
type entry struct {
	at    time.Time
	event votive.ID
}

// queue is a heap of entries, the earliest first.
type queue []entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(entry)) }

func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}

// clear forgets everything, as a lock wants it.
func (s *schedule) clear() {
	*s = schedule{last: s.last}
}

// put has an event looked at at a time, or no longer where that is zero.
func (s *schedule) put(event votive.ID, at time.Time) {
	if at.IsZero() {
		delete(s.at, event)
		return
	}
	if s.at == nil {
		s.at = make(map[votive.ID]time.Time)
	}
	if had, ok := s.at[event]; ok && had.Equal(at) {
		return
	}
	s.at[event] = at
	heap.Push(&s.queue, entry{at, event})
	if len(s.queue) > 2*len(s.at)+64 { // mostly what is no longer
		s.queue = s.queue[:0]
		for event, at := range s.at {
			s.queue = append(s.queue, entry{at, event})
		}
		heap.Init(&s.queue)
	}
}

// due takes out the events whose time has come.
func (s *schedule) due(now time.Time) map[votive.ID]bool {
	events := make(map[votive.ID]bool)
	for len(s.queue) > 0 && !s.queue[0].at.After(now) {
		e := heap.Pop(&s.queue).(entry)
		if at, ok := s.at[e.event]; ok && at.Equal(e.at) {
			delete(s.at, e.event)
			events[e.event] = true
		}
	}
	return events
}

// wait is how long there is nothing to do, if nothing changes and the clock is
// right.
func (s *schedule) wait(now time.Time) time.Duration {
	if len(s.queue) == 0 {
		return often
	}
	return min(max(s.queue[0].at.Sub(now), 0), often)
}

// note takes in what changed, and reports whether there is something to look
// at.
func (s *schedule) note(c almanac.Change) bool {
	switch c.Kind {
	case almanac.LockChanged, almanac.Lagged, almanac.CircleChanged:
		s.all = true
	case almanac.NotesChanged:
		s.notes = true
	case almanac.EventChanged, almanac.ConflictCame:
		if s.dirty == nil {
			s.dirty = make(map[votive.ID]bool)
		}
		s.dirty[c.Event] = true
		s.all = s.all || len(s.dirty) > maxDirty
	default:
		return false
	}
	return true
}
