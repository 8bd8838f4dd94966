package votive

import (
	"bytes"
	"fmt"
	"slices"

	"votive/proto/internal/wirepb"
)

// by is a Counted of a majority of three.
func by(r *revised) []byte { return r.counted("ana", "ben") }

// marked is by for several.
func marked(revisions ...*revised) [][]byte {
	var bodies [][]byte
	for _, r := range revisions {
		bodies = append(bodies, by(r))
	}
	return bodies
}

// writeConflicts is SPEC 5.7 to 5.10.
func writeConflicts(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	a := f.revise("a", three, list(first))
	b := f.revise("b", three, list(first))
	a2 := f.revise("a2", three, list(a))
	base := append(marked(a, b), first.counted(three...))
	c.fold(f, foldCase{
		name: "two heads", clauses: "5.7 5.8 5.10", bodies: base,
		counts: list(first, a, b), heads: list(a, b), shown: "first", sequence: 1, safety: 1,
	})
	c.fold(f, foldCase{
		name: "two heads, one deeper", clauses: "5.7 5.8 5.10", bodies: append(slices.Clone(base), by(a2)),
		counts: list(first, a, b, a2), heads: list(b, a2), shown: "first", sequence: 2, safety: 1,
	})
	merge := f.revise("merge", three, list(b, a2))
	c.fold(f, foldCase{
		name: "a conflict is ended", clauses: "5.8 5.9 5.10", bodies: append(slices.Clone(base), by(a2), by(merge)),
		counts: list(first, a, b, a2, merge), heads: list(merge), shown: "merge", sequence: 3, safety: 1,
	})
	half := f.revise("half", three, list(a2))
	c.fold(f, foldCase{
		name: "a revision that follows one head of two", clauses: "5.8 5.9", bodies: append(slices.Clone(base), by(a2), by(half)),
		counts: list(first, a, b, a2, half), heads: list(b, half), shown: "first", sequence: 3, safety: 1,
	})
	gone := f.revise("gone", three, list(first), cancelling)
	c.fold(f, foldCase{
		name: "cancelled or not, in conflict", clauses: "5.8", bodies: append(marked(gone, a), first.counted(three...)),
		counts: list(first, gone, a), heads: list(gone, a), shown: "first", sequence: 1, safety: 1,
	})
	c.fold(f, foldCase{
		name: "cancelled", clauses: "5.8", bodies: append(marked(gone), first.counted(three...)),
		counts: list(first, gone), heads: list(gone), shown: "gone", sequence: 1, safety: 1,
	})
	moved := f.revise("moved", three, list(first), func(w *wirepb.Revision) { w.MovedTo = seedOf("event") })
	c.fold(f, foldCase{
		name: "moved", clauses: "5.15", bodies: append(marked(moved), first.counted(three...)),
		counts: list(first, moved), heads: list(moved), shown: "moved", sequence: 1, safety: 1, movedTo: seedOf("event"),
	})
}

// least is the revision of the least id.
func least(revisions ...*revised) *revised {
	return slices.MinFunc(revisions, func(a, b *revised) int { return bytes.Compare(a.id, b.id) })
}

// textOf is the text of a revision's card.
func textOf(r *revised) string {
	var w wirepb.Revision
	if err := unmarshal("revision", r.bytes, &w); err != nil {
		panic(err)
	}
	return w.GetCard().GetText()
}

// writeCommon is the last common revision of SPEC 5.8.
func writeCommon(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	second := f.revise("second", three, list(first))
	a := f.revise("a", three, list(second))
	b := f.revise("b", three, list(second))
	base := append(marked(second, a, b), first.counted(three...))
	c.fold(f, foldCase{
		name: "the last common revision is not the first", clauses: "5.8", bodies: base,
		counts: list(first, second, a, b), heads: list(a, b), shown: "second", sequence: 2, safety: 1,
	})
	m := f.revise("m", three, list(a, b))
	n := f.revise("n", three, list(a, b))
	c.fold(f, foldCase{
		name: "two common revisions of one depth", clauses: "5.8", bodies: append(slices.Clone(base), marked(m, n)...),
		counts: list(first, second, a, b, m, n), heads: list(m, n), shown: textOf(least(a, b)), sequence: 3, safety: 1,
	})
	// The other way round: the one that is written first has the greater id.
	for i := 0; ; i++ {
		x, y := f.revise(fmt.Sprint("x", i), three, list(second)), f.revise("y", three, list(second))
		if (least(x, y) == x) == (least(a, b) == a) {
			continue
		}
		m, n := f.revise("m", three, list(x, y)), f.revise("n", three, list(x, y))
		c.fold(f, foldCase{
			name: "two other common revisions of one depth", clauses: "5.8", bodies: append(marked(second, x, y, m, n), first.counted(three...)),
			counts: list(first, second, x, y, m, n), heads: list(m, n), shown: textOf(least(x, y)), sequence: 3, safety: 1,
		})
		break
	}
	deep := f.revise("deep", three, list(a))
	m2, n2 := f.revise("m2", three, list(deep, b)), f.revise("n2", three, list(deep, b))
	c.fold(f, foldCase{
		name: "two common revisions of two depths", clauses: "5.8", bodies: append(slices.Clone(base), marked(deep, m2, n2)...),
		counts: list(first, second, a, b, deep, m2, n2), heads: list(m2, n2), shown: "deep", sequence: 4, safety: 1,
	})
	third := f.revise("third", three, list(second))
	c.fold(f, foldCase{
		name: "common to two of three heads", clauses: "5.8", bodies: append(slices.Clone(base), marked(third, m, n)...),
		counts: list(first, second, a, b, third, m, n), heads: list(third, m, n), shown: "second", sequence: 3, safety: 1,
	})
	other := f.revise("another first", three, nil)
	c.fold(f, foldCase{
		name: "two first revisions have nothing in common", clauses: "5.8",
		bodies: list(first.counted(three...), other.counted(three...)),
		counts: list(first, other), heads: list(first, other), shown: textOf(least(first, other)), safety: 1,
	})
	c.fold(f, foldCase{
		name: "two first revisions, one followed", clauses: "5.8",
		bodies: append(marked(second), first.counted(three...), other.counted(three...)),
		counts: list(first, other, second), heads: list(other, second), shown: textOf(least(other, second)), sequence: 1, safety: 1,
	})
	end := f.revise("end", three, list(second, other))
	c.fold(f, foldCase{
		name: "two first revisions are merged", clauses: "5.8 5.9",
		bodies: append(marked(second, end), first.counted(three...), other.counted(three...)),
		counts: list(first, other, second, end), heads: list(end), shown: "end", sequence: 2, safety: 1,
	})
}

// writeInstead is SPEC 5.7 for what is named in instead.
func writeInstead(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	a := f.revise("a", three, list(first))
	r := f.revise("r", three, list(first), naming(a))
	a2 := f.revise("a2", three, list(a))
	base := append(marked(a, r), first.counted(three...))
	c.fold(f, foldCase{
		name: "a revision named in instead is no head", clauses: "5.7", bodies: base,
		counts: list(first, a, r), heads: list(r), shown: "r", sequence: 1, safety: 1,
	})
	c.fold(f, foldCase{
		name: "a revision named in instead that waits", clauses: "5.7",
		bodies: list(first.counted(three...), by(r), a.counted("cyn")),
		counts: list(first, r), heads: list(r), waiting: list(a), shown: "r", sequence: 1, safety: 1,
	})
	c.fold(f, foldCase{
		name: "what follows a revision named in instead is a head", clauses: "5.7", bodies: append(slices.Clone(base), by(a2)),
		counts: list(first, a, r, a2), heads: list(r, a2), shown: "first", sequence: 2, safety: 1,
	})
	c.fold(f, foldCase{
		name: "a revision that waits replaces nothing", clauses: "5.7",
		bodies: list(first.counted(three...), by(a), r.counted("cyn")),
		counts: list(first, a), heads: list(a), waiting: list(r), shown: "a", sequence: 1, safety: 1,
	})
	unseen := f.revise("unseen", three, list(first), naming(revisedOf([]byte("nobody"))))
	c.fold(f, foldCase{
		name: "a revision named in instead that nobody has", clauses: "5.5 5.7", bodies: append(marked(unseen), first.counted(three...)),
		counts: list(first, unseen), heads: list(unseen), shown: "unseen", sequence: 1, safety: 1,
	})
	b := f.revise("b", three, list(first))
	s := f.revise("s", three, list(r), naming(b))
	c.fold(f, foldCase{
		name: "a later revision replaces", clauses: "5.7", bodies: append(slices.Clone(base), marked(b, s)...),
		counts: list(first, a, r, b, s), heads: list(s), shown: "s", sequence: 2, safety: 1,
	})
}

// writeManyHeads is SPEC 5.9 with more heads than a revision has parents.
func writeManyHeads(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	var heads []*revised
	for i := range 10 {
		heads = append(heads, f.revise(fmt.Sprint("head ", i), three, list(first)))
	}
	slices.SortFunc(heads, func(a, b *revised) int { return bytes.Compare(a.id, b.id) })
	bodies := append(marked(heads...), first.counted(three...))
	c.fold(f, foldCase{
		name: "ten heads", clauses: "5.8 5.9", bodies: bodies,
		counts: append(slices.Clone(heads), first), heads: heads, shown: "first", sequence: 1, safety: 1,
	})
	step := f.revise("step", three, heads[:8])
	bodies = append(bodies, by(step))
	c.fold(f, foldCase{
		name: "eight of ten heads are merged", clauses: "5.9", bodies: bodies,
		counts: append(slices.Clone(heads), first, step), heads: append(slices.Clone(heads[8:]), step), shown: "first", sequence: 2, safety: 1,
	})
	end := f.revise("end", three, append(slices.Clone(heads[8:]), step))
	c.fold(f, foldCase{
		name: "ten heads are merged in two steps", clauses: "5.9", bodies: append(bodies, by(end)),
		counts: append(slices.Clone(heads), first, step, end), heads: list(end), shown: "end", sequence: 3, safety: 1,
	})
}

// writeDepths is SPEC 5.5 f.
func writeDepths(c *chapter) {
	f := found("nonce", "ana")
	me := list("ana")
	signed := func(list ...*revised) [][]byte {
		var bodies [][]byte
		for _, r := range list {
			bodies = append(bodies, r.counted("ana"))
		}
		return bodies
	}
	chain := list(f.revise("depth 1", me, nil))
	for i := 2; i <= 112; i++ {
		chain = append(chain, f.revise(fmt.Sprint("depth ", i), me, chain[i-2:i-1]))
	}
	last := chain[111:]
	plain := f.revise("plain", me, last)
	// Behind 112: one that moves, one of two parents, and cancelled ones down
	// to 128, of which each is cancelled again.
	moved := f.revise("moved", me, last, func(w *wirepb.Revision) { w.MovedTo = seedOf("event") })
	twin := f.revise("twin", me, chain[110:111])
	merge := f.revise("merge", me, list(last[0], twin))
	counts := append(slices.Clone(chain), moved, twin, merge)
	gone := last
	for i := 113; i <= 128; i++ {
		gone = list(f.revise(fmt.Sprint("cancelled ", i), me, gone, cancelling))
		counts = append(counts, gone...)
	}
	beyond := f.revise("cancelled 129", me, gone, cancelling)
	beyond2 := f.revise("merge 129", me, append(slices.Clone(gone), moved))
	c.fold(f, foldCase{
		name: "what may be deeper than 112, and nothing deeper than 128", clauses: "5.5 5.8 5.10",
		bodies: signed(append(slices.Clone(counts), plain, beyond, beyond2)...),
		counts: counts, heads: list(moved, merge, gone[0]), waiting: list(plain, beyond, beyond2), shown: "depth 112", sequence: 127,
	})
}

// writeSafety is SPEC 5.11.
func writeSafety(c *chapter) {
	five := list("ana", "ben", "cyn", "dov", "eva")
	f := found("nonce", five...)
	first := f.revise("first", five, nil)
	mostOf := func(r *revised) []byte { return r.counted("ana", "ben", "cyn") }
	few := f.revise("few", three, list(first))
	back := f.revise("back", five, list(few))
	c.fold(f, foldCase{
		name: "five founders", clauses: "5.11", bodies: list(first.counted(five...)),
		counts: list(first), heads: list(first), shown: "first", safety: 2,
	})
	c.fold(f, foldCase{
		name: "three of five are left", clauses: "5.11", bodies: list(first.counted(five...), mostOf(few)),
		counts: list(first, few), heads: list(few), shown: "few", sequence: 1, safety: 1,
	})
	c.fold(f, foldCase{
		name: "three of five were left for a while", clauses: "5.11", bodies: list(first.counted(five...), mostOf(few), back.counted(five...)),
		counts: list(first, few, back), heads: list(back), shown: "back", sequence: 2, safety: 1,
	})
	side := f.revise("side", five, list(first))
	c.fold(f, foldCase{
		name: "three of five on the way to one of two heads", clauses: "5.11", bodies: list(first.counted(five...), mostOf(few), back.counted(five...), mostOf(side)),
		counts: list(first, few, back, side), heads: list(back, side), shown: "first", sequence: 2, safety: 1,
	})
	instead := f.revise("instead", five, list(first), naming(few))
	c.fold(f, foldCase{
		name: "three of five beside the way", clauses: "5.7 5.11", bodies: list(first.counted(five...), mostOf(few), mostOf(instead)),
		counts: list(first, few, instead), heads: list(instead), shown: "instead", sequence: 1, safety: 2,
	})
}

// writeCritical is SPEC 5.12.
func writeCritical(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	critical := func(w *wirepb.Revision) { w.Critical = true }
	later := func(r *revised) *revised { return revisedOf(withField(r.bytes, 7)) }
	headed := func(name string, newer bool, r *revised) {
		c.fold(f, foldCase{
			name: name, clauses: "5.12", bodies: append(marked(r), first.counted(three...)),
			counts: list(first, r), heads: list(r), shown: textOf(r), sequence: 1, safety: 1, newer: newer,
		})
	}
	headed("critical, with a field that is not known", true, later(f.revise("r", three, list(first), critical)))
	headed("critical, with nothing unknown", false, f.revise("r", three, list(first), critical))
	headed("not critical, with a field that is not known", false, later(f.revise("r", three, list(first))))
	deep := func(change func(*wirepb.Revision)) *revised {
		return f.revise("r", three, list(first), critical, change)
	}
	headed("critical, with a field that is not known in the card", true, deep(func(w *wirepb.Revision) {
		w.Card.ProtoReflect().SetUnknown(withField(nil, 25))
	}))
	headed("critical, with a field that is not known in the start", true, deep(func(w *wirepb.Revision) {
		w.Card.Start.ProtoReflect().SetUnknown(withField(nil, 4))
	}))
	headed("critical, with a field that is not known in an organizer", true, deep(func(w *wirepb.Revision) {
		w.Card.Organizers[2].ProtoReflect().SetUnknown(withField(nil, 4))
	}))

	r := later(f.revise("r", three, list(first), critical))
	s := f.revise("s", three, list(r))
	c.fold(f, foldCase{
		name: "critical before the head", clauses: "5.12", bodies: append(marked(r, s), first.counted(three...)),
		counts: list(first, r, s), heads: list(s), shown: "s", sequence: 2, safety: 1,
	})
	c.fold(f, foldCase{
		name: "critical and not counted", clauses: "5.12", bodies: list(first.counted(three...), r.counted("ana")),
		counts: list(first), heads: list(first), waiting: list(r), shown: "first", safety: 1,
	})
	side := f.revise("side", three, list(first))
	c.fold(f, foldCase{
		name: "critical in one of two heads", clauses: "5.8 5.12", bodies: append(marked(r, side), first.counted(three...)),
		counts: list(first, r, side), heads: list(r, side), shown: "first", sequence: 1, safety: 1, newer: true,
	})
}
