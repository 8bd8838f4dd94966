package votive

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawSet draws revisions of one event that fit together more or less, with
// marks, and some that do not belong.
func drawSet(t *rapid.T) (ID, []*Counted) {
	keys := fakeKeys(7)
	founders := keys[:rapid.IntRange(1, 5).Draw(t, "founders")]
	g := fakeGenesis(t, "drawn", founders...)
	all := []*Counted{fakeCount(fakeRevision(t, g, fakeCard("first", founders...), nil), founders...)}
	for i := range rapid.IntRange(0, 25).Draw(t, "revisions") {
		var parents []*Counted
		for range rapid.SampledFrom([]int{1, 1, 1, 2, 3, 8}).Draw(t, "parents") {
			p := all[len(all)-1-rapid.IntRange(0, len(all)-1).Draw(t, "parent")]
			if !slices.Contains(parents, p) {
				parents = append(parents, p)
			}
		}
		roster := slices.Clone(parents[0].revision.roster)
		if rapid.IntRange(0, 3).Draw(t, "change the roster") == 0 {
			at := rapid.IntRange(0, 6).Draw(t, "first organizer")
			roster = keys[at : at+rapid.IntRange(1, min(5, 7-at)).Draw(t, "organizers")]
		}
		var instead []ID
		if rapid.IntRange(0, 3).Draw(t, "replace") == 0 {
			instead = append(instead, all[rapid.IntRange(0, len(all)-1).Draw(t, "replaced")].revision.id)
		}
		marks := keys
		if rapid.IntRange(0, 3).Draw(t, "too few marks") == 0 {
			marks = keys[:rapid.IntRange(1, 7).Draw(t, "marks")]
		}
		all = append(all, fakeCount(fakeRevision(t, g, fakeCard(fmt.Sprint(i), roster...), instead, parents...), marks...))
	}
	other := fakeGenesis(t, "other", keys[0])
	return g.Event(), append(all, fakeCount(fakeRevision(t, other, fakeCard("other", keys[0]), nil), keys[0]))
}

// TestFoldOfSet: the event depends on the set of marked revisions alone. Any
// order, duplication, spreading of marks over several Counted, and delivery in
// parts with a fold in between give the same. What counts once counts for
// good. SPEC 5.5-5.8.
func TestFoldOfSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		event, all := drawSet(t)
		want, _ := Fold(event, all)

		again := slices.Clone(all)
		for _, c := range all {
			if rapid.Bool().Draw(t, "twice") {
				again = append(again, c)
			}
			for _, m := range c.marks {
				if rapid.Bool().Draw(t, "apart") {
					again = append(again, &Counted{revision: c.revision, marks: []mark{m}})
				}
				if rapid.IntRange(0, 9).Draw(t, "signed otherwise") == 0 {
					greater := mark{key: m.key, signature: bytes.Repeat([]byte{0xff}, 64)}
					again = append(again, &Counted{revision: c.revision, marks: []mark{greater}})
				}
			}
		}
		for i := range again { // an order of arrival
			j := rapid.IntRange(i, len(again)-1).Draw(t, "next")
			again[i], again[j] = again[j], again[i]
		}
		part := again[:rapid.IntRange(0, len(again)).Draw(t, "at first")]
		early, _ := Fold(event, part)
		got, _ := Fold(event, again)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("Fold of the same set = %+v, want %+v", got, want)
		}
		for _, c := range early.History {
			if !slices.ContainsFunc(got.History, func(d *Counted) bool { return d.revision.id == c.revision.id }) {
				t.Fatalf("revision %v counts no longer, want for good", c.revision.id)
			}
		}
		if len(got.History) > 0 && len(got.Heads) == 0 {
			t.Fatalf("heads of %d counted = 0, want at least 1", len(got.History))
		}
	})
}

// BenchmarkFold is the cost of an event at start, where tens of thousands of
// one revision are folded, and of one that was changed often.
func BenchmarkFold(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("revisions=%d", n), func(b *testing.B) {
			f := newFamily(b, 1)
			all := f.chain(n)
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := Fold(f.genesis.Event(), all); !ok {
					b.Fatal("Fold = false, want true")
				}
			}
		})
	}
}
