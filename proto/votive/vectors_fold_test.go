package votive

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
)

type foldIn struct {
	Event   octets   `json:"event"`
	Counted []octets `json:"counted"`
}

type foldOut struct {
	Counts     []octets `json:"counts"`
	Waiting    []octets `json:"waiting"`
	Heads      []octets `json:"heads"`
	Conflict   bool     `json:"conflict"`
	Shown      string   `json:"shown"` // the text of the card
	Sequence   int      `json:"sequence"`
	Safety     int      `json:"safety"`
	Protected  bool     `json:"protected"`
	NeedsNewer bool     `json:"needs_newer"`
	MovedTo    octets   `json:"moved_to,omitempty"`
}

// doFold folds in several orders: the outcome must not depend on them.
func doFold(in foldIn) (foldOut, error) {
	counted, err := countedOf(in.Counted)
	if err != nil {
		return foldOut{}, err
	}
	out := foldedOf(in.Event.id32(), counted)
	slices.Reverse(counted)
	again := foldedOf(in.Event.id32(), slices.Concat(counted, counted[:len(counted)/2]))
	if !reflect.DeepEqual(out, again) {
		return foldOut{}, badVector{fmt.Errorf("depends on the order: %+v and %+v", out, again)}
	}
	return out, nil
}

// countedOf opens the Counted that are given as bodies.
func countedOf(bodies []octets) ([]*Counted, error) {
	var list []*Counted
	for _, b := range bodies {
		rec, err := newRecord(NewReader(KindEvent, seedSecret("event")), b)
		if err != nil {
			return nil, badVector{err}
		}
		list = append(list, rec.Body().(*Counted))
	}
	return list, nil
}

func foldedOf(event ID, counted []*Counted) foldOut {
	e, _ := Fold(event, counted)
	out := foldOut{
		Counts: []octets{}, Waiting: idOctets(e.Waiting), Heads: idOctets(e.Heads), Conflict: e.Conflict, Shown: e.Card.Text,
		Sequence: e.Sequence, Safety: e.Safety, Protected: e.Protected, NeedsNewer: e.NeedsNewer,
	}
	if !e.MovedTo.IsZero() {
		out.MovedTo = e.MovedTo[:]
	}
	for _, c := range e.History {
		id := c.Revision().ID()
		out.Counts = append(out.Counts, id[:])
	}
	slices.SortFunc(out.Counts, func(a, b octets) int { return bytes.Compare(a, b) })
	return out
}

// case of a fold: what is there, and what of it counts and leads.
type foldCase struct {
	name, clauses    string
	bodies           [][]byte
	counts, heads    []*revised
	waiting          []*revised
	shown            string
	sequence, safety int
	newer            bool
	movedTo          []byte
}

func (c *chapter) fold(f *founding, k foldCase) {
	ids := func(list []*revised) []octets { return octetsOf(ascending(idsOf(list))) }
	c.accept("fold", k.name, k.clauses, foldIn{f.id, octetsOf(k.bodies)}, foldOut{
		Counts: ids(k.counts), Waiting: ids(k.waiting), Heads: ids(k.heads), Conflict: len(k.heads) > 1, Shown: k.shown,
		Sequence: k.sequence, Safety: k.safety, Protected: k.safety > 0, NeedsNewer: k.newer, MovedTo: k.movedTo,
	})
}

func list[T any](v ...T) []T { return v }

// three is the founders of most events here, of whom two are a majority.
var three = list("ana", "ben", "cyn")

func writeFold(c *chapter) {
	writeFoldFirst(c)
	writeMajorities(c)
	writeJoining(c)
	writeOneKey(c)
	writeAncestors(c)
	writeConflicts(c)
	writeCommon(c)
	writeInstead(c)
	writeManyHeads(c)
	writeDepths(c)
	writeSafety(c)
	writeCritical(c)
}

// writeFoldFirst is SPEC 5.3, 5.4 and 5.5 d.
func writeFoldFirst(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	counts := func(name string, bodies ...[]byte) {
		c.fold(f, foldCase{name: name, clauses: "5.4 5.5 5.7 5.8 5.10 5.11", bodies: bodies, counts: list(first), heads: list(first), shown: "first", safety: 1})
	}
	waits := func(name string, bodies ...[]byte) {
		c.fold(f, foldCase{name: name, clauses: "5.4 5.5", bodies: bodies, waiting: list(first)})
	}
	counts("marked by all founders", first.counted(three...))
	waits("marked by two of three founders", first.counted("ana", "ben"))
	waits("marked by one founder", first.counted("cyn"))
	waits("marked by two founders and a stranger", first.counted("ana", "ben", "dov"))
	counts("marked by all founders and a stranger", first.counted("ana", "ben", "cyn", "dov"))
	counts("marks of several Counted are joined", first.counted("ana", "ben"), first.counted("ben", "cyn"))
	counts("marks of three Counted are joined", first.counted("ana"), first.counted("ben"), first.counted("cyn"))
	c.fold(f, foldCase{name: "nothing", clauses: "5.7"})

	alone := found("nonce", "ana")
	only := alone.revise("only", list("ana"), nil)
	c.fold(alone, foldCase{name: "the only founder", clauses: "5.5 5.11", bodies: list(only.counted("ana")), counts: list(only), heads: list(only), shown: "only"})
	other := found("another nonce", "ana").revise("other", list("ana"), nil)
	c.fold(alone, foldCase{name: "revisions of another event are left out", clauses: "5.5", bodies: list(only.counted("ana"), other.counted("ana")), counts: list(only), heads: list(only), shown: "only"})
	c.fold(alone, foldCase{name: "the id of another event", clauses: "5.3", bodies: list(other.counted("ana"))})
}

// writeMajorities is SPEC 5.5 b.
func writeMajorities(c *chapter) {
	five := list("ana", "ben", "cyn", "dov", "eva")
	for n := 1; n <= 5; n++ {
		names := five[:n]
		f := found("nonce", names...)
		first := f.revise("first", names, nil)
		second := f.revise("second", names, list(first))
		need := n/2 + 1
		c.fold(f, foldCase{
			name: fmt.Sprintf("marked by %d of %d", need, n), clauses: "5.5 5.10",
			bodies: list(first.counted(names...), second.counted(names[n-need:]...)),
			counts: list(first, second), heads: list(second), shown: "second", sequence: 1, safety: need - 1,
		})
		if n == 1 {
			continue
		}
		c.fold(f, foldCase{
			name: fmt.Sprintf("marked by %d of %d", need-1, n), clauses: "5.5",
			bodies: list(first.counted(names...), second.counted(names[:need-1]...)),
			counts: list(first), heads: list(first), waiting: list(second), shown: "first", safety: need - 1,
		})
	}
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	second := f.revise("second", three, list(first))
	c.fold(f, foldCase{
		name: "marked by one of three and strangers", clauses: "5.4 5.5",
		bodies: list(first.counted(three...), second.counted("ana", "dov", "eva", "fay")),
		counts: list(first), heads: list(first), waiting: list(second), shown: "first", safety: 1,
	})
	c.fold(f, foldCase{
		name: "majority joined of two Counted", clauses: "5.4 5.5",
		bodies: list(first.counted(three...), second.counted("ana"), second.counted("cyn")),
		counts: list(first, second), heads: list(second), shown: "second", sequence: 1, safety: 1,
	})
}

// writeJoining is SPEC 5.5 b and c where rosters differ.
func writeJoining(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	follow := func(name string, organizers []string, safety int, counts bool, signers ...string) {
		second := f.revise("second", organizers, list(first))
		k := foldCase{
			name: name, clauses: "5.5", bodies: list(first.counted(three...), second.counted(signers...)),
			counts: list(first), heads: list(first), waiting: list(second), shown: "first", safety: 1,
		}
		if counts {
			k.counts, k.heads, k.waiting, k.shown, k.sequence, k.safety = list(first, second), list(second), nil, "second", 1, safety
		}
		c.fold(f, k)
	}
	four := append(slices.Clone(three), "dov")
	follow("who joins has marked it", four, 1, true, "ana", "ben", "dov")
	follow("who joins has not marked it", four, 1, false, "ana", "ben", "cyn")
	follow("who joins is no part of the majority", four, 1, false, "ana", "dov")
	follow("who leaves need not have marked it", list("ana", "ben"), 1, true, "ana", "ben")
	follow("who leaves may have marked it", list("ana", "ben"), 1, true, "cyn", "ana")
	follow("who stays need not have marked it", list("ana", "ben"), 1, true, "ben", "cyn")
	follow("all others come, and have marked it", list("dov", "eva"), 1, true, "ana", "ben", "dov", "eva")
	follow("all others come, and the majority has not marked it", list("dov", "eva"), 1, false, "ana", "dov", "eva")
	follow("one alone stays", list("ana"), 0, true, "ana", "ben")
	follow("one alone joins", list("dov"), 0, true, "ana", "ben", "dov")

	a := f.revise("a", append(slices.Clone(three), "dov"), list(first))
	b := f.revise("b", three, list(first))
	merge := f.revise("merge", four, list(a, b))
	base := list(first.counted(three...), a.counted("ana", "ben", "dov"), b.counted("ben", "cyn"))
	c.fold(f, foldCase{
		name: "who joins for one of two parents has marked it", clauses: "5.5 5.9",
		bodies: append(slices.Clone(base), merge.counted("ana", "ben", "dov")),
		counts: list(first, a, b, merge), heads: list(merge), shown: "merge", sequence: 2, safety: 1,
	})
	c.fold(f, foldCase{
		name: "who joins for one of two parents has not marked it", clauses: "5.5",
		bodies: append(slices.Clone(base), merge.counted("ana", "ben", "cyn")),
		counts: list(first, a, b), heads: list(a, b), waiting: list(merge), shown: "first", sequence: 1, safety: 1,
	})
	c.fold(f, foldCase{
		name: "a majority of one of two parents", clauses: "5.5",
		bodies: append(slices.Clone(base), merge.counted("ana", "dov")),
		counts: list(first, a, b), heads: list(a, b), waiting: list(merge), shown: "first", sequence: 1, safety: 1,
	})
}

// writeOneKey is SPEC 5.5 e.
func writeOneKey(c *chapter) {
	alone := found("nonce", "ana")
	first := alone.revise("first", list("ana"), nil)
	for _, names := range [][]string{{"ana", "ben"}, {"ben"}} {
		second := alone.revise("second", names, list(first))
		c.fold(alone, foldCase{
			name: fmt.Sprintf("nobody joins one key: %v", names), clauses: "5.5",
			bodies: list(first.counted("ana"), second.counted("ana", "ben")),
			counts: list(first), heads: list(first), waiting: list(second), shown: "first",
		})
	}
	two := list("ana", "ben")
	f := found("nonce", two...)
	both := f.revise("both", two, nil)
	one := f.revise("one", list("ana"), list(both))
	still := f.revise("still", two, list(both))
	base := list(both.counted(two...), one.counted(two...), still.counted(two...))
	merge := f.revise("merge", two, list(one, still))
	c.fold(f, foldCase{
		name: "a key of another parent is not new to a parent of one key", clauses: "5.5",
		bodies: append(slices.Clone(base), merge.counted(two...)),
		counts: list(both, one, still, merge), heads: list(merge), shown: "merge", sequence: 2,
	})
	wrong := f.revise("wrong", append(slices.Clone(two), "cyn"), list(one, still))
	c.fold(f, foldCase{
		name: "a key of no parent is new to a parent of one key", clauses: "5.5",
		bodies: append(slices.Clone(base), wrong.counted("ana", "ben", "cyn")),
		counts: list(both, one, still), heads: list(one, still), waiting: list(wrong), shown: "both", sequence: 1,
	})
}

// writeAncestors is SPEC 5.5 a and 5.6.
func writeAncestors(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	a := f.revise("a", three, list(first))
	b := f.revise("b", three, list(a))
	side := f.revise("side", three, list(first))
	by := func(r *revised) []byte { return r.counted("ana", "ben") }
	base := list(first.counted(three...), by(a), by(b), by(side))
	refused := func(name string, parents ...*revised) {
		r := f.revise("related", three, parents)
		c.fold(f, foldCase{
			name: name, clauses: "5.5", bodies: append(slices.Clone(base), by(r)),
			counts: list(first, a, b, side), heads: list(b, side), waiting: list(r), shown: "first", sequence: 2, safety: 1,
		})
	}
	refused("a parent and its parent", a, b)
	refused("a parent and the first revision", first, b)
	refused("a parent that is an ancestor among three", a, b, side)
	other := found("another nonce", three...).revise("other", three, nil)
	refused("a parent of another event", b, other)
	refused("a parent that nobody has", b, revisedOf([]byte("nobody")))

	c.fold(f, foldCase{
		name: "a revision waits for its parent", clauses: "5.5 5.6",
		bodies: list(first.counted(three...), by(b)),
		counts: list(first), heads: list(first), waiting: list(b), shown: "first", safety: 1,
	})
	c.fold(f, foldCase{
		name: "a revision waits for its parent to count", clauses: "5.5 5.6",
		bodies: list(first.counted(three...), a.counted("ana"), by(b)),
		counts: list(first), heads: list(first), waiting: list(a, b), shown: "first", safety: 1,
	})
	c.fold(f, foldCase{
		name: "a revision counts when its parent has come", clauses: "5.5 5.6",
		bodies: list(by(b), by(a), first.counted(three...)),
		counts: list(first, a, b), heads: list(b), shown: "b", sequence: 2, safety: 1,
	})
	d := f.revise("merge", three, list(b, side))
	c.fold(f, foldCase{
		name: "a revision with one parent of two waits", clauses: "5.5 5.6",
		bodies: list(first.counted(three...), by(side), by(d)),
		counts: list(first, side), heads: list(side), waiting: list(d), shown: "side", sequence: 1, safety: 1,
	})
}
