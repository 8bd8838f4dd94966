package votive

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// family is an event to be grown in a test.
type family struct {
	t       rapid.TB
	keys    []ID // ascending
	genesis Genesis
	first   *Counted
	made    int
}

// newFamily founds an event on the first so many of 9 keys.
func newFamily(t rapid.TB, founders int) *family {
	t.Helper()
	f := &family{t: t, keys: fakeKeys(9)}
	f.genesis = fakeGenesis(t, t.Name(), f.keys[:founders]...)
	f.first = f.grow(f.keys[:founders], f.keys[:founders])
	return f
}

// grow is a revision with a roster, the marks of some, and parents; with none
// it is a first one.
func (f *family) grow(roster, marks []ID, parents ...*Counted) *Counted {
	f.t.Helper()
	f.made++
	return fakeCount(fakeRevision(f.t, f.genesis, fakeCard(fmt.Sprint(f.made), roster...), nil, parents...), marks...)
}

// growInstead is grow with the founders' roster, for a revision that names
// others in instead.
func (f *family) growInstead(instead []*Counted, marks []ID, parents ...*Counted) *Counted {
	f.t.Helper()
	f.made++
	var ids []ID
	for _, c := range instead {
		ids = append(ids, c.revision.id)
	}
	card := fakeCard(fmt.Sprint(f.made), f.genesis.Founders()...)
	return fakeCount(fakeRevision(f.t, f.genesis, card, ids, parents...), marks...)
}

func (f *family) fold(counted ...*Counted) Event {
	f.t.Helper()
	e, ok := Fold(f.genesis.Event(), counted)
	if !ok {
		f.t.Fatalf("Fold(%d counted) = false, want true", len(counted))
	}
	return e
}

// TestCounts is SPEC 5.5, clause by clause: whether the last of some revisions
// counts when all of them are here.
func TestCounts(t *testing.T) {
	tests := []struct {
		name     string
		founders int
		grow     func(f *family) []*Counted
		want     bool
	}{
		{"a: a merge of two", 1, func(f *family) []*Counted {
			k := f.keys[:1]
			a, b := f.grow(k, k, f.first), f.grow(k, k, f.first)
			return []*Counted{f.first, a, b, f.grow(k, k, a, b)}
		}, true},
		{"a: a parent is the other's parent", 1, func(f *family) []*Counted {
			k := f.keys[:1]
			a := f.grow(k, k, f.first)
			return []*Counted{f.first, a, f.grow(k, k, f.first, a)}
		}, false},
		{"a: a parent is the other's ancestor", 1, func(f *family) []*Counted {
			k := f.keys[:1]
			a := f.grow(k, k, f.first)
			b, c := f.grow(k, k, a), f.grow(k, k, a)
			d := f.grow(k, k, b)
			return []*Counted{f.first, a, b, c, d, f.grow(k, k, d, c, b)}
		}, false},
		{"a: a parent is the other's grandparent", 1, func(f *family) []*Counted {
			k := f.keys[:1]
			a := f.grow(k, k, f.first)
			b := f.grow(k, k, a)
			c := f.grow(k, k, b)
			return []*Counted{f.first, a, b, c, f.grow(k, k, c, a)}
		}, false},
		{"a: a parent is of another event", 1, func(f *family) []*Counted {
			other := newFamily(t, 2)
			return []*Counted{f.first, other.first, f.grow(f.keys[:1], f.keys[:2], other.first)}
		}, false},
		{"a: a parent is not here", 1, func(f *family) []*Counted {
			a := f.grow(f.keys[:1], f.keys[:1], f.first)
			return []*Counted{f.first, f.grow(f.keys[:1], f.keys[:1], a)}
		}, false},
		{"a: a parent does not count", 3, func(f *family) []*Counted {
			a := f.grow(f.keys[:3], f.keys[:1], f.first)
			return []*Counted{f.first, a, f.grow(f.keys[:3], f.keys[:3], a)}
		}, false},
		{"b: 1 of 1", 1, marksOf(1), true},
		{"b: 1 of 2", 2, marksOf(1), false},
		{"b: 2 of 2", 2, marksOf(2), true},
		{"b: 1 of 3", 3, marksOf(1), false},
		{"b: 2 of 3", 3, marksOf(2), true},
		{"b: 2 of 4", 4, marksOf(2), false},
		{"b: 3 of 4", 4, marksOf(3), true},
		{"b: 2 of 5", 5, marksOf(2), false},
		{"b: 3 of 5", 5, marksOf(3), true},
		{"b: strangers do not help", 3, func(f *family) []*Counted {
			return []*Counted{f.first, f.grow(f.keys[:3], append(f.keys[5:9:9], f.keys[0]), f.first)}
		}, false},
		{"b: a majority of one parent's roster only", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:3], k[:3], f.first), f.grow(k[2:7], k[:7], f.first)
			return []*Counted{f.first, a, b, f.grow(k[2:3], k[:3], a, b)}
		}, false},
		{"b: a majority of the other parent's roster only", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:3], k[:3], f.first), f.grow(k[2:7], k[:7], f.first)
			return []*Counted{f.first, a, b, f.grow(k[2:3], k[2:7], a, b)}
		}, false},
		{"b: a majority of both parents' rosters", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:3], k[:3], f.first), f.grow(k[2:7], k[:7], f.first)
			return []*Counted{f.first, a, b, f.grow(k[2:3], k[:5], a, b)}
		}, true},
		{"c: who joins has not signed", 3, func(f *family) []*Counted {
			return []*Counted{f.first, f.grow(f.keys[:4], f.keys[:3], f.first)}
		}, false},
		{"c: who joins has signed", 3, func(f *family) []*Counted {
			return []*Counted{f.first, f.grow(f.keys[:4], f.keys[1:4], f.first)}
		}, true},
		{"c: who is new to one of two parents has not signed", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:3], k[:3], f.first), f.grow(k[:4], k[:4], f.first)
			return []*Counted{f.first, a, b, f.grow(k[:4], k[:3], a, b)}
		}, false},
		{"c: who is new to one of two parents has signed", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:3], k[:3], f.first), f.grow(k[:4], k[:4], f.first)
			return []*Counted{f.first, a, b, f.grow(k[:4], k[:4], a, b)}
		}, true},
		{"c: who leaves need not sign", 3, func(f *family) []*Counted {
			return []*Counted{f.first, f.grow(f.keys[:2], f.keys[:2], f.first)}
		}, true},
		{"d: a founder has not signed the first", 5, func(f *family) []*Counted {
			return []*Counted{f.grow(f.keys[:5], f.keys[:4])}
		}, false},
		{"e: a roster of one does not grow", 1, func(f *family) []*Counted {
			return []*Counted{f.first, f.grow(f.keys[:2], f.keys[:2], f.first)}
		}, false},
		{"e: a roster of one is not handed on", 1, func(f *family) []*Counted {
			return []*Counted{f.first, f.grow(f.keys[1:2], f.keys[:2], f.first)}
		}, false},
		{"e: a roster of one is merged with another", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:1], k[:3], f.first), f.grow(k[:3], k[:3], f.first)
			return []*Counted{f.first, a, b, f.grow(k[:3], k[:3], a, b)}
		}, true},
		{"e: a roster of one, merged, does not grow", 3, func(f *family) []*Counted {
			k := f.keys
			a, b := f.grow(k[:1], k[:3], f.first), f.grow(k[:3], k[:3], f.first)
			return []*Counted{f.first, a, b, f.grow(k[:4], k[:4], a, b)}
		}, false},
		{"f: at depth 112", 1, func(f *family) []*Counted { return f.chain(112) }, true},
		{"f: at depth 113", 1, func(f *family) []*Counted { return f.chain(113) }, false},
		{"f: cancelled at depth 113", 1, func(f *family) []*Counted { return f.ended(113) }, true},
		{"f: cancelled at depth 128", 1, func(f *family) []*Counted { return f.ended(128) }, true},
		{"f: cancelled at depth 129", 1, func(f *family) []*Counted { return f.ended(129) }, false},
		{"f: a merge at depth 113", 1, func(f *family) []*Counted {
			k, long := f.keys[:1], f.chain(112)
			fork := f.grow(k, k, f.first)
			return append(long, fork, f.grow(k, k, long[111], fork))
		}, true},
		{"f: a merge at depth 129", 1, func(f *family) []*Counted {
			k, long := f.keys[:1], f.ended(128)
			fork := f.grow(k, k, f.first)
			return append(long, fork, f.grow(k, k, long[127], fork))
		}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFamily(t, test.founders)
			counted := test.grow(f)
			last := counted[len(counted)-1].revision.id
			e, _ := Fold(f.genesis.Event(), counted)
			got := slices.ContainsFunc(e.History, func(c *Counted) bool { return c.revision.id == last })
			if got != test.want {
				t.Errorf("counts = %v, want %v", got, test.want)
			}
			if waits := slices.Contains(e.Waiting, last); waits == test.want {
				t.Errorf("waits = %v, want %v", waits, !test.want)
			}
		})
	}
}

// marksOf is a second revision that so many of the organizers mark.
func marksOf(n int) func(*family) []*Counted {
	return func(f *family) []*Counted {
		return []*Counted{f.first, f.grow(f.genesis.Founders(), f.keys[:n], f.first)}
	}
}

// chain is n revisions of one organizer, each a child of the one before.
func (f *family) chain(n int) []*Counted {
	all := []*Counted{f.first}
	for len(all) < n {
		all = append(all, f.grow(f.keys[:1], f.keys[:1], all[len(all)-1]))
	}
	return all
}

// ended is a chain of n, those beyond depth 112 cancelled or, every other one,
// moved.
func (f *family) ended(n int) []*Counted {
	all := f.chain(112)
	for len(all) < n {
		draft := Draft{Card: fakeCard("ended", f.keys[0])}
		if draft.Card.Status = Cancelled; len(all)%2 == 0 {
			draft.Card.Status, draft.MovedTo = Confirmed, f.keys[1]
		}
		r, err := newRevision(f.genesis, []ID{all[len(all)-1].revision.id}, nil, draft)
		if err != nil {
			f.t.Fatal(err)
		}
		all = append(all, fakeCount(r, f.keys[0]))
	}
	return all
}

// TestHeads is SPEC 5.7, 5.8 and 5.10.
func TestHeads(t *testing.T) {
	f := newFamily(t, 3)
	k := f.keys[:3]
	second := f.grow(k, k[:2], f.first)
	left, right := f.grow(k, k[:2], second), f.grow(k, k[1:], second)
	farRight := f.grow(k, k[1:], right)
	merge := f.grow(k, k, left, farRight)
	replacing := f.growInstead([]*Counted{left}, k, farRight)

	tests := []struct {
		name     string
		counted  []*Counted
		heads    []*Counted
		title    *Counted
		sequence int
	}{
		{"first", []*Counted{f.first}, []*Counted{f.first}, f.first, 0},
		{"second", []*Counted{second, f.first}, []*Counted{second}, second, 1},
		{"conflict", []*Counted{f.first, second, left, right, farRight}, []*Counted{left, farRight}, second, 3},
		{"merged", []*Counted{f.first, second, left, right, farRight, merge}, []*Counted{merge}, merge, 4},
		{"replaced", []*Counted{f.first, second, left, right, farRight, replacing}, []*Counted{replacing}, replacing, 4},
		{"replaced before it came", []*Counted{f.first, second, right, farRight, replacing}, []*Counted{replacing}, replacing, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := f.fold(test.counted...)
			var want []ID
			for _, c := range test.heads {
				want = append(want, c.revision.id)
			}
			if !slices.Equal(e.Heads, sortedSet(want)) {
				t.Errorf("heads = %v, want %v", e.Heads, want)
			}
			if e.Conflict != (len(want) > 1) || len(e.Alternatives) > 0 != e.Conflict {
				t.Errorf("conflict = %v with %d alternatives, want %v", e.Conflict, len(e.Alternatives), len(want) > 1)
			}
			if e.Card.Title != test.title.revision.card.Title {
				t.Errorf("title = %v, want %v", e.Card.Title, test.title.revision.card.Title)
			}
			if e.Sequence != test.sequence {
				t.Errorf("sequence = %d, want %d", e.Sequence, test.sequence)
			}
		})
	}
}

// TestNoCommon: two first revisions have nothing in common, and the head with
// the least id stands in. SPEC 5.8.
func TestNoCommon(t *testing.T) {
	f := newFamily(t, 1)
	other := f.grow(f.keys[:1], f.keys[:1])
	e := f.fold(f.first, other)
	want := f.first.revision
	if other.revision.id.Compare(want.id) < 0 {
		want = other.revision
	}
	if e.Card.Title != want.card.Title || !e.Conflict {
		t.Errorf("title, conflict = %v, %v, want %v, true", e.Card.Title, e.Conflict, want.card.Title)
	}
}

// TestSafety is SPEC 5.11: the least of all rosters on the way counts.
func TestSafety(t *testing.T) {
	k := fakeKeys(9)
	tests := []struct {
		name    string
		rosters [][]ID // the founders, and what follows
		want    int
	}{
		{"one", [][]ID{k[:1]}, 0},
		{"two", [][]ID{k[:2]}, 1},
		{"three", [][]ID{k[:3]}, 1},
		{"four", [][]ID{k[:4]}, 2},
		{"five", [][]ID{k[:5]}, 2},
		{"five that were three", [][]ID{k[:3], k[:5]}, 1},
		{"three that were one for a time", [][]ID{k[:3], k[:2], k[:1]}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFamily(t, len(test.rosters[0]))
			all := []*Counted{f.first}
			for _, roster := range test.rosters[1:] {
				all = append(all, f.grow(roster, k, all[len(all)-1]))
			}
			e := f.fold(all...)
			if e.Safety != test.want || e.Protected != (test.want > 0) {
				t.Errorf("safety, protected = %d, %v, want %d, %v", e.Safety, e.Protected, test.want, test.want > 0)
			}
			last := test.rosters[len(test.rosters)-1]
			if e.Quorum != len(last)/2+1 {
				t.Errorf("quorum = %d, want %d", e.Quorum, len(last)/2+1)
			}
		})
	}
}

// TestManyHeads merges 20 heads in steps of 8. SPEC 5.9.
func TestManyHeads(t *testing.T) {
	f := newFamily(t, 1)
	d := Desk{Event: f.genesis.Event(), Counted: []*Counted{f.first}}
	for range 20 {
		d.Counted = append(d.Counted, f.grow(f.keys[:1], f.keys[:1], f.first))
	}
	for _, want := range []int{20, 13, 6, 1} {
		e := f.fold(d.Counted...)
		if len(e.Heads) != want {
			t.Fatalf("heads = %d, want %d", len(e.Heads), want)
		}
		if want == 1 {
			break
		}
		p, err := d.Merge(Draft{Card: fakeCard("merge", f.keys[0])})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Revision.Parents(); !slices.Equal(got, e.Heads[:min(8, want)]) {
			t.Fatalf("parents = %v, want the least of %v", got, e.Heads)
		}
		if err := d.MaySign(p, f.keys[0]); err != nil {
			t.Fatalf("MaySign(a step) = %v, want nil", err)
		}
		d.Counted = append(d.Counted, fakeCount(p.Revision, f.keys[0]))
	}
}

// TestMovedTo: where an event goes on is what its head says. SPEC 5.15.
func TestMovedTo(t *testing.T) {
	f := newFamily(t, 1)
	d := Desk{Event: f.genesis.Event(), Counted: []*Counted{f.first}}
	p, err := d.Propose(Draft{Card: fakeCard("moved", f.keys[0]), MovedTo: ID{9}})
	if err != nil {
		t.Fatal(err)
	}
	e := f.fold(f.first, fakeCount(p.Revision, f.keys[0]))
	if e.MovedTo != (ID{9}) || p.Revision.MovedTo() != e.MovedTo {
		t.Errorf("moved to %v and %v, want %v", e.MovedTo, p.Revision.MovedTo(), ID{9})
	}
	if got := p.Revision.Genesis().Event(); got != e.ID {
		t.Errorf("event of the genesis = %v, want %v", got, e.ID)
	}
}
