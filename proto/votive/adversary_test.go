package votive

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Settle is recover, now and then: much has to go wrong in between.
func (w *world) Settle(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "settle") > 0 {
		t.Skip("not yet")
	}
	w.recover(t)
}

// recover delivers everything and has the honest organizers get back to one
// head, however often the adversary then comes with something that it kept.
func (w *world) recover(t *rapid.T) {
	w.deliver()
	for round := 0; ; round++ {
		if round > len(w.signatures) {
			t.Fatalf("not one head after %d rounds, want one", round)
		}
		complete := w.settle(t)
		w.unleash()
		e, _ := Fold(w.genesis.Event(), w.honest[0].desk.Counted)
		if complete {
			if e.Conflict {
				t.Fatalf("heads after all kept signatures were used = %d, want 1", len(e.Heads))
			}
			w.settled = e.heads[0]
		}
		if !e.Conflict {
			return
		}
	}
}

// settle has the honest organizers agree on a next revision, and reports
// whether it replaces all that any of them has signed and abandoned.
func (w *world) settle(t *rapid.T) bool {
	for step := 0; step < 10; step++ {
		leader := w.honest[rapid.IntRange(0, len(w.honest)-1).Draw(t, "leader")]
		h := newHistory(w.genesis.Event(), leader.desk.Counted)
		p, err := w.propose(leader, w.able(&leader.desk))
		if err != nil {
			t.Fatalf("proposing after delivery = %v, want a proposal", err)
		}
		w.say(leader, p)
		w.deliver()
		complete := true
		for _, o := range w.honest {
			for _, id := range h.abandoned(o.desk.Signed, h.oldHeads()) {
				complete = complete && slices.Contains(p.Revision.instead, id)
			}
			if err := w.sign(o, p); err != nil && !errors.Is(err, ErrNotOrganizer) {
				t.Fatalf("signing after delivery = %v, want no objection", err)
			}
		}
		w.deliver()
		if !w.count(leader, p) {
			t.Fatalf("signed by all honest organizers and does not count")
		}
		w.deliver()
		if e, _ := Fold(leader.desk.Event, leader.desk.Counted); !e.Conflict {
			return complete
		}
	}
	t.Fatalf("no one head after 10 steps")
	return false
}

// unleash has the adversary complete and show all that it can.
func (w *world) unleash() {
	for again := true; again; {
		again = false
		done := make(map[ID]bool)
		for _, s := range newHistory(w.genesis.Event(), w.counted).counted {
			done[s.revision.id] = true
		}
		for _, p := range w.proposals {
			if done[p.Revision.id] {
				continue
			}
			if _, ok := w.complete(p); ok {
				done[p.Revision.id] = true
				again = true
			}
		}
	}
	for _, o := range w.honest {
		for _, c := range w.counted {
			o.hear(c)
		}
	}
}

// Check holds after every action, of all that anybody has ever assembled.
func (w *world) Check(t *rapid.T) {
	h := newHistory(w.genesis.Event(), w.counted)
	for _, s := range h.counted {
		if !slices.ContainsFunc(s.Signers(), func(key ID) bool { return !w.isRogue(key) }) {
			t.Fatalf("revision %v counts with signers %v, want an honest one", s.revision.id, s.Signers())
		}
		for _, key := range s.revision.roster {
			signed := false
			h.walk([]*state{s}, func(s *state) bool {
				signed = signed || s.markOf(key) != nil
				return !signed
			})
			if !signed {
				t.Fatalf("organizer %v of revision %v signed = false, want true: SPEC 6.4", key, s.revision.id)
			}
		}
	}
	for _, o := range w.honest {
		heads := 0
		for _, head := range h.heads {
			if slices.Contains(o.desk.Signed, head.revision.id) {
				heads++
			}
		}
		if heads > 1 && !o.crowded {
			t.Fatalf("heads signed by one honest organizer = %d, want at most 1", heads)
		}
	}
	for _, head := range h.heads {
		if w.settled == nil {
			break
		}
		old := false
		h.walk([]*state{head}, func(s *state) bool {
			old = old || s.revision.id == w.settled.id
			return !old
		})
		if !old {
			t.Fatalf("head %v follows what all had settled on = false, want true", head.revision.id)
		}
	}
}

// TestAdversary: with a minority of the keys of every roster, withholding,
// forking, equivocating and completing what was abandoned, nobody makes a
// revision count that no honest organizer signed; and the honest organizers,
// when all that any of them has was delivered, get back to one head by what
// they may sign. SPEC 5.5, 5.13.
func TestAdversary(t *testing.T) {
	for n := 1; n <= 5; n++ {
		t.Run(fmt.Sprintf("founders=%d", n), func(t *testing.T) { checkAdversary(t, n) })
	}
}

func checkAdversary(t *testing.T, founders int) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, founders)
		t.Repeat(rapid.StateMachineActions(w))
		w.recover(t)
		e, _ := Fold(w.genesis.Event(), w.honest[0].desk.Counted)
		for _, o := range w.honest[1:] {
			if other, _ := Fold(w.genesis.Event(), o.desk.Counted); !reflect.DeepEqual(e.Heads, other.Heads) {
				t.Fatalf("heads of two organizers with equal sets = %v and %v, want one set", e.Heads, other.Heads)
			}
		}
	})
}
