package almanac

import (
	"bytes"
	"slices"

	"votive/proto/votive"
)

// counted takes a revision with its marks, if with it the revision counts, and
// whatever has waited for that. What cannot count yet waits, and what only
// strangers marked waits in the store alone. SPEC 5.4 to 5.6.
func (x *index) counted(rec votive.Record, c *votive.Counted, src source) taken {
	if x.loading {
		return x.reload(rec, c, src)
	}
	t, counts := x.count(rec, c, src)
	if !counts {
		return t
	}
	e := x.events[c.Revision().Event()]
	t.changes = append(t.changes, x.awake(e)...)
	x.lookAgain(e) // for what counts only with this one
	return t
}

// count takes a revision if it counts, and reports whether it does, newly.
func (x *index) count(rec votive.Record, c *votive.Counted, src source) (taken, bool) {
	r := c.Revision()
	e := x.events[r.Event()]
	if e == nil {
		if !r.First() || !x.room(rec, src) {
			return refused, false
		}
		e = &Event{ID: r.Event()}
	}
	had := e.counted.find(r.ID())
	if had != nil && !e.adds(c) {
		return x.placed(rec, e, src), false
	}
	if !e.follows(r) || len(e.counted) >= maxCounted && !src.own {
		return x.wait(rec, e, c, src), false
	}
	state, known := votive.Fold(e.ID, append(slices.Clip(e.counted), c))
	joined := in(state.History, r.ID())
	if !known || joined == nil {
		return x.wait(rec, e, c, src), false
	}
	x.events[e.ID] = e
	x.placed(rec, e, src)
	if had == nil && rec.Kind() == votive.KindCircle {
		x.load[src.about]++
	}
	e.counted.put(joined)
	e.learned(src)
	t := taken{changes: x.becomes(e, state), keep: rec}
	if joined != c {
		t.keep = whole(rec, joined)
	}
	return t, had == nil
}

// reload takes a row of the vault. It counted when it was kept; settle folds
// when all are here.
func (x *index) reload(rec votive.Record, c *votive.Counted, src source) taken {
	e := x.events[c.Revision().Event()]
	if e == nil {
		e = &Event{ID: c.Revision().Event()}
		x.events[e.ID] = e
	}
	x.placed(rec, e, src)
	if e.counted.find(c.Revision().ID()) == nil && rec.Kind() == votive.KindCircle {
		x.load[src.about]++
	}
	e.counted.put(c)
	e.learned(src)
	return taken{}
}

// learned notes when a revision that counts came.
func (e *Event) learned(src source) {
	if src.arrived.After(e.Learned) {
		e.Learned = src.arrived
	}
}

// in is the Counted of that revision in a history, or nil.
func in(history []*votive.Counted, revision votive.ID) *votive.Counted {
	i := slices.IndexFunc(history, func(c *votive.Counted) bool { return c.Revision().ID() == revision })
	if i < 0 {
		return nil
	}
	return history[i]
}

// whole is the record of what several Counted of one revision add up to.
func whole(rec votive.Record, joined *votive.Counted) votive.Record {
	b, err := votive.Encode(joined)
	if err != nil {
		return rec
	}
	if all, err := votive.Restore(rec.Kind(), b); err == nil {
		return all
	}
	return rec
}

// placed notes in which circle an event was found. A revision is worth a row
// under each kind of secret it came under.
func (x *index) placed(rec votive.Record, e *Event, src source) (t taken) {
	if rec.Kind() == votive.KindCircle && e.Circle.IsZero() {
		e.Circle = src.about
		if c := e.counted.find(rec.ID()); c != nil {
			t.keep = whole(rec, c)
		}
	}
	return t
}

// room reports whether there is room for a new event where it comes from. What
// strangers announce in a circle is held against that circle alone.
func (x *index) room(rec votive.Record, src source) bool {
	return src.own || rec.Kind() != votive.KindCircle || x.load[src.about] < maxRevisions
}

// adds reports whether c has a mark that the event's Counted of this revision
// lacks, by a key with a say in it.
func (e *Event) adds(c *votive.Counted) bool {
	had := e.counted.find(c.Revision().ID()).Signers()
	return slices.ContainsFunc(c.Signers(), func(key votive.ID) bool {
		return !slices.Contains(had, key) && e.hasSay(c.Revision(), key)
	})
}

// hasSay reports whether a key is in the revision's roster or in one of its
// parents'.
func (e *Event) hasSay(r *votive.Revision, key votive.ID) bool {
	if organizes(r, key) {
		return true
	}
	return slices.ContainsFunc(r.Parents(), func(p votive.ID) bool {
		c := e.counted.find(p)
		return c != nil && organizes(c.Revision(), key)
	})
}

func organizes(r *votive.Revision, key votive.ID) bool {
	card := r.Card()
	return slices.ContainsFunc(card.Organizers, func(o votive.Organizer) bool { return o.Key == key })
}

// follows reports whether all that the revision follows counts.
func (e *Event) follows(r *votive.Revision) bool {
	return r.First() || !slices.ContainsFunc(r.Parents(), func(p votive.ID) bool { return e.counted.find(p) == nil })
}

// names reports whether a revision that counts names this Inbox.
func (e *Event) names(inbox votive.ID) bool {
	for _, c := range e.counted {
		if c.Revision().Card().Inbox == inbox {
			return true
		}
	}
	return false
}

// waiting is a revision that does not count yet.
type waiting struct {
	rec votive.Record
	src source
}

// wait keeps a revision until something else counts, if somebody with a say in
// the event has marked it and there is room. Else it is left in the store. The same
// may come in many frames: anybody can stamp one once more. SPEC 2.4.
func (x *index) wait(rec votive.Record, e *Event, c *votive.Counted, src source) taken {
	if slices.ContainsFunc(e.waits, func(w waiting) bool { return bytes.Equal(w.rec.Bytes(), rec.Bytes()) }) {
		return taken{}
	}
	if !e.Known || len(e.waits) >= maxWaiting || !slices.ContainsFunc(c.Signers(), e.votes) {
		return refused
	}
	e.waits = append(e.waits, waiting{rec, src})
	return taken{}
}

// awake counts what waited and may count now, as long as something does.
func (x *index) awake(e *Event) (changes []Change) {
	for more := true; more; {
		more = false
		waits := e.waits
		e.waits = nil
		for _, w := range waits {
			c := w.rec.Body().(*votive.Counted)
			if !e.follows(c.Revision()) {
				e.waits = append(e.waits, w)
				continue
			}
			t, counts := x.count(w.rec, c, w.src)
			more = more || counts
			changes = append(changes, t.changes...)
			if t.keep.Body() != nil {
				x.late = append(x.late, written{rec: t.keep, src: w.src})
			}
		}
	}
	return changes
}

// becomes makes a state the event's.
func (x *index) becomes(e *Event, state votive.Event) []Change {
	before := e.State
	e.State, e.Known = state, true
	for _, c := range state.History {
		for _, o := range c.Revision().Card().Organizers {
			if i, known := slices.BinarySearchFunc(e.voters, o.Key, votive.ID.Compare); !known {
				e.voters = slices.Insert(e.voters, i, o.Key)
			}
		}
	}
	x.agenda.put(e)
	changes := []Change{{Kind: EventChanged, Event: e.ID}}
	if e.State.Conflict && !before.Conflict {
		changes = append(changes, Change{Kind: ConflictCame, Event: e.ID})
	}
	return changes
}

// refold works an event out from what was loaded.
func (x *index) refold(e *Event) {
	state, known := votive.Fold(e.ID, e.counted)
	e.counted = nil
	for _, c := range state.History {
		e.counted.put(c)
	}
	if known {
		x.becomes(e, state)
	}
}

// Waiting are revisions that do not count, or not yet.
func (e *Event) Waiting() []*votive.Counted {
	all := make([]*votive.Counted, len(e.waits))
	for i, w := range e.waits {
		all[i] = w.rec.Body().(*votive.Counted)
	}
	return all
}

// Counted are the revisions that count.
func (e *Event) Counted() []*votive.Counted { return slices.Clone(e.counted) }

// votes reports whether a key is, or was, in the roster of a revision that
// counts.
func (e *Event) votes(key votive.ID) bool {
	_, ok := slices.BinarySearchFunc(e.voters, key, votive.ID.Compare)
	return ok
}

// revisions are some of one event, ascending by id: nearly always one.
type revisions []*votive.Counted

func (rs revisions) search(id votive.ID) (int, bool) {
	return slices.BinarySearchFunc(rs, id, func(c *votive.Counted, id votive.ID) int { return c.Revision().ID().Compare(id) })
}

// find is the revision with that id, or nil.
func (rs revisions) find(id votive.ID) *votive.Counted {
	i, found := rs.search(id)
	if !found {
		return nil
	}
	return rs[i]
}

// put adds a revision, or replaces it.
func (rs *revisions) put(c *votive.Counted) {
	i, found := rs.search(c.Revision().ID())
	if found {
		(*rs)[i] = c
		return
	}
	*rs = slices.Insert(*rs, i, c)
}
