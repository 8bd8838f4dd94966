package votive

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// Depths of a revision. SPEC 5.5 f.
const (
	maxDepth  = 128
	openDepth = 112 // beyond it only what ends something
)

// history is the revisions of one event that are here, and which of them
// count. It is a function of the set of Counted that it is made of.
type history struct {
	event   ID
	all     []*state // by id
	counted []*state // by depth, then id
	heads   []*state // by id
	walks   int
}

// state is a revision in a history.
type state struct {
	*Counted
	also    []*Counted // others for the same revision, with other marks
	parents []*state   // when all are here and count; none of a first revision
	depth   int
	counts  bool
	passed  bool // a counted revision has it as a parent or names it in instead
	awaits  int  // parents that do not count yet
	seen    int  // the last walk that came by
	reached int  // from how many heads in a row common came by
}

// newHistory finds out what counts. What belongs to other events is left out.
// SPEC 5.5-5.7.
func newHistory(event ID, counted []*Counted) *history {
	h := &history{event: event, all: statesOf(event, counted), counted: make([]*state, 0, len(counted))}
	h.count()
	slices.SortFunc(h.counted, func(a, b *state) int {
		return cmp.Or(cmp.Compare(a.depth, b.depth), a.revision.id.Compare(b.revision.id))
	})
	for _, s := range h.counted {
		for _, p := range s.parents {
			p.passed = true
		}
		for _, id := range s.revision.instead {
			if other := h.find(id); other != nil {
				other.passed = true
			}
		}
	}
	for _, s := range h.counted {
		if !s.passed {
			h.heads = append(h.heads, s)
		}
	}
	slices.SortFunc(h.heads, compareStates)
	return h
}

// statesOf is the revisions of an event, ascending by id, each with all the
// Counted that there are for it.
func statesOf(event ID, counted []*Counted) []*state {
	all := make([]*state, 0, len(counted))
	states := make([]state, len(counted)) // one piece of memory, and not many
	for i, c := range counted {
		if c.revision.event == event {
			states[i] = state{Counted: c, awaits: len(c.revision.parents)}
			all = append(all, &states[i])
		}
	}
	slices.SortFunc(all, compareStates)
	distinct := all[:0]
	for _, s := range all {
		last := len(distinct) - 1
		switch {
		case last < 0 || distinct[last].revision.id != s.revision.id:
			distinct = append(distinct, s)
		case distinct[last].Counted != s.Counted:
			distinct[last].also = append(distinct[last].also, s.Counted)
		}
	}
	return distinct
}

func compareStates(a, b *state) int { return a.revision.id.Compare(b.revision.id) }

// find is the revision with that id, or nil.
func (h *history) find(id ID) *state {
	i, found := slices.BinarySearchFunc(h.all, id, func(s *state, id ID) int { return s.revision.id.Compare(id) })
	if !found {
		return nil
	}
	return h.all[i]
}

// count goes from the genesis to whatever has all its parents counted.
func (h *history) count() {
	children := make(map[ID][]*state)
	var ready []*state
	for _, s := range h.all {
		if s.revision.First() {
			ready = append(ready, s)
			continue
		}
		for _, p := range s.revision.parents {
			children[p] = append(children[p], s)
		}
	}
	for len(ready) > 0 {
		last := len(ready) - 1
		s := ready[last]
		ready = ready[:last]
		s.parents, _ = h.parentsOf(s.revision)
		s.join()
		if h.allows(s.revision, s.parents) != nil || !s.enough() {
			continue
		}
		s.counts, s.depth = true, depthAbove(s.parents)
		h.counted = append(h.counted, s)
		for _, child := range children[s.revision.id] {
			if child.awaits--; child.awaits == 0 {
				ready = append(ready, child)
			}
		}
	}
}

// parentsOf finds the parents of a revision, none for a first one. It fails
// when one is not here or does not count.
func (h *history) parentsOf(r *Revision) ([]*state, error) {
	if r.First() {
		return nil, nil
	}
	parents := make([]*state, len(r.parents))
	for i, id := range r.parents {
		parents[i] = h.find(id)
		if parents[i] == nil || !parents[i].counts {
			return nil, fmt.Errorf("parent %v of revision %v is not here, or does not count", id, r.id)
		}
	}
	return parents, nil
}

func depthAbove(parents []*state) int {
	depth := 0
	for _, p := range parents {
		depth = max(depth, p.depth)
	}
	return depth + 1
}

// allows is what of SPEC 5.5 no signature can mend: a, e and f.
func (h *history) allows(r *Revision, parents []*state) error {
	if h.related(parents) {
		return fmt.Errorf("one parent of revision %v is an ancestor of another", r.id)
	}
	for _, p := range parents {
		if len(p.revision.roster) > 1 {
			continue
		}
		for _, key := range r.roster {
			if !slices.ContainsFunc(parents, func(p *state) bool { return slices.Contains(p.revision.roster, key) }) {
				return fmt.Errorf("organizer %v cannot join an event that one key alone could change: found a new event and move to it", key)
			}
		}
	}
	depth := depthAbove(parents)
	if depth > maxDepth {
		return fmt.Errorf("revision of depth %d, want at most %d: found a new event", depth, maxDepth)
	}
	if depth > openDepth && len(parents) < 2 && r.card.Status != Cancelled && r.movedTo.IsZero() {
		return fmt.Errorf("revision of depth %d, which may only merge, cancel or move the event: found a new event and move to it", depth)
	}
	return nil
}

// related reports whether one of several revisions is an ancestor of another.
func (h *history) related(revisions []*state) bool {
	if len(revisions) < 2 {
		return false
	}
	least := maxDepth
	var above []*state
	for _, s := range revisions {
		least = min(least, s.depth)
		above = append(above, s.parents...)
	}
	found := false
	h.walk(above, func(s *state) bool {
		found = found || slices.Contains(revisions, s)
		return !found && s.depth > least
	})
	return found
}

// walk calls visit once for each of some revisions and their ancestors, and
// goes no further up where it says no.
func (h *history) walk(from []*state, visit func(*state) bool) {
	h.walks++
	for next := slices.Clone(from); len(next) > 0; {
		last := len(next) - 1
		s := next[last]
		next = next[:last]
		if s.seen == h.walks {
			continue
		}
		s.seen = h.walks
		if visit(s) {
			next = append(next, s.parents...)
		}
	}
}

// voters is the keys that have a say in a revision: its own roster and those
// of its parents.
func voters(r *Revision, parents []*state) []ID {
	keys := slices.Clone(r.roster)
	for _, p := range parents {
		keys = append(keys, p.revision.roster...)
	}
	return sortedSet(keys)
}

// hasSay reports whether a key is among the voters.
func (s *state) hasSay(key ID) bool {
	return slices.Contains(s.revision.roster, key) ||
		slices.ContainsFunc(s.parents, func(p *state) bool { return slices.Contains(p.revision.roster, key) })
}

// join leaves the marks of those who have a say, whatever Counted they came
// in: nobody else's matter, and anybody can add some. SPEC 5.4.
func (s *state) join() {
	if len(s.also) == 0 && !slices.ContainsFunc(s.marks, func(m mark) bool { return !s.hasSay(m.key) }) {
		return
	}
	keys := voters(s.revision, s.parents)
	joined := &Counted{revision: s.revision}
	for _, key := range keys {
		var least []byte
		for _, c := range append(s.also, s.Counted) {
			if m := c.markOf(key); m != nil && (least == nil || bytes.Compare(m, least) < 0) {
				least = m
			}
		}
		if least != nil {
			joined.marks = append(joined.marks, mark{key: key, signature: least})
		}
	}
	s.Counted = joined
}

// enough is what of SPEC 5.5 takes signatures: b, c and d. The roster of a
// first revision is the founders.
func (s *state) enough() bool { return len(s.lacks()) == 0 }

// lacks is the marks that are still missing, where any of several will do the
// first of them: b, c and d of SPEC 5.5.
func (s *state) lacks() []ID {
	var missing []ID
	for _, key := range s.revision.roster {
		if s.markOf(key) == nil && s.joins(key) {
			missing = append(missing, key)
		}
	}
	for _, p := range s.parents {
		have := 0
		var others []ID
		for _, key := range p.revision.roster {
			if s.markOf(key) != nil || slices.Contains(missing, key) {
				have++
			} else {
				others = append(others, key)
			}
		}
		if need := majority(len(p.revision.roster)) - have; need > 0 {
			missing = append(missing, others[:need]...)
		}
	}
	return missing
}

// joins reports whether a key of the roster is missing in any one parent's.
func (s *state) joins(key ID) bool {
	if len(s.parents) == 0 {
		return true
	}
	return slices.ContainsFunc(s.parents, func(p *state) bool { return !slices.Contains(p.revision.roster, key) })
}

// majority is more than half of n.
func majority(n int) int { return n/2 + 1 }

// common is the last revision that all heads have in common, or nil. SPEC 5.8.
func (h *history) common() *state {
	for i, head := range h.heads {
		h.walk([]*state{head}, func(s *state) bool {
			if s.reached == i {
				s.reached = i + 1
			}
			return true
		})
	}
	var last *state
	for _, s := range h.counted { // by depth, then id
		if s.reached == len(h.heads) && (last == nil || s.depth > last.depth) {
			last = s
		}
	}
	return last
}
