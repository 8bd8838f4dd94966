package recon

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func idsOf(keys []Key) []ID {
	var ids []ID
	for _, k := range keys {
		ids = append(ids, k.ID())
	}
	return sortedIDs(ids)
}

func sortedIDs(ids []ID) []ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b ID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// Whatever is missing, and however much, is learned: in three rounds with what
// is asked for frames, where it is a hundred; and by both sides, unless the one
// that asks was told a list. SPEC 10.6 to 10.10.
func TestLearn(t *testing.T) {
	for _, c := range []struct {
		n, differ, rounds int
		listed            bool // the sets are small, or have little in common: a list is shorter than cells
	}{
		{0, 0, 1, false},
		{1, 0, 1, false},
		{5000, 0, 1, false},
		{1, 1, 2, true},
		{2, 2, 2, true},
		{100, 1, 2, true},
		{100, 100, 2, true},
		{5000, 1, 2, false},
		{5000, 2, 2, false},
		{5000, 10, 2, false},
		{20000, 100, 3, false},
		{65536, 1, 2, false},
		{65536, 30, 3, false},
		{65536, 100, 3, false},
		{65536, 1000, 3, false},
		{65536, 10000, 4, false},
		{20000, 16000, 3, true},
		{20000, 20000, 6, true},
	} {
		for _, s := range shapes {
			t.Run(fmt.Sprintf("%d of %d %s", c.differ, c.n, s.name), func(t *testing.T) {
				r := chance(uint64(c.n + c.differ))
				ours, theirs, missing := s.sets(r, c.n, c.differ)
				k := converse(t, ours.Snapshot(), theirs.Snapshot(), Window{}, Window{}, r, 1<<15)
				if k.rounds > c.rounds {
					t.Errorf("%d rounds, want at most %d", k.rounds, c.rounds)
				}
				lacked, had := missing, []Key(nil)
				// However few differ, there are tags to be told; the same sets need none.
				most := IDSize * c.differ
				if s.halves {
					most += most / 2
				}
				if c.differ == 0 && k.bytes >= 200 || c.differ >= 100 && !c.listed && k.bytes > most {
					t.Errorf("%d bytes, want at most %d, those of the ids, or less than 200 for the same sets", k.bytes, most)
				}
				if s.halves {
					half := len(missing) / 2
					lacked, had = missing[:half], missing[half:]
				}
				if got, want := sortedIDs(k.got), idsOf(lacked); !slices.Equal(got, want) {
					t.Errorf("the asker got %d frames, want %d", len(got), len(want))
				}
				if k.listed != c.listed {
					t.Errorf("the asker saw a list: %t, want %t", k.listed, c.listed)
				}
				if c.listed {
					had = nil // in a list the asker does not see what the offerer lacks
				}
				if got, want := sortedIDs(k.given), idsOf(had); !slices.Equal(got, want) {
					t.Errorf("the offerer got %d frames, want %d", len(got), len(want))
				}
				if k.asker.Same() != (c.differ == 0) || k.asker.More() {
					t.Errorf("Same(), More() = %t, %t", k.asker.Same(), k.asker.More())
				}
			})
		}
	}
}

// take puts what was fetched into a set.
func take(set *Set, from *Snapshot, ids []ID) {
	for k := range from.Keys() {
		if slices.Contains(ids, k.ID()) {
			set.Insert(k)
		}
	}
}

// Sets of any kind become the same as far as both windows go, nothing else is
// moved, and then they are said to be the same. SPEC 10.3.
func TestSetsMeet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := NewSet(slices.Values(rapid.SliceOfN(fewKeys, 0, 40).Draw(rt, "ours")))
		b := NewSet(slices.Values(rapid.SliceOfN(fewKeys, 0, 40).Draw(rt, "theirs")))
		r := chance(rapid.Uint64().Draw(rt, "seed"))
		n := rapid.IntRange(0, 3000).Draw(rt, "both")
		for range n {
			k := writtenOn(r, 100)
			a.Insert(k)
			b.Insert(k)
		}
		w, v := windows.Draw(rt, "our window"), windows.Draw(rt, "their window")
		joint := w.Join(v)
		for range 8 {
			ours, theirs := a.Snapshot(), b.Snapshot()
			k := converse(t, ours, theirs, w, v, r, 1<<14)
			if k.asker.Same() {
				break
			}
			take(a, theirs, k.got)
			take(b, ours, k.given)
			for key := range a.Snapshot().Keys() {
				if !ours.Has(key) && !joint.Has(key) {
					rt.Fatalf("moved %x, which is not in %x", key, joint)
				}
			}
			a, b, w, v = b, a, v, w // the other asks
		}
		if a.Snapshot().Within(joint).Fingerprint() != b.Snapshot().Within(joint).Fingerprint() {
			rt.Fatal("sets are not the same in the end")
		}
	})
}

// A node that has nothing gets all, by sessions that are each bounded; two that
// ask at once begin at other places; and one that was cut goes on.
func TestNewNode(t *testing.T) {
	const n, most = 30000, 4000
	r := chance(5)
	full, empty := setOf(someKeys(r, n)...).Snapshot(), setOf()
	byShort := func(s *session) map[Short]Key {
		keys := make(map[Short]Key)
		for k := range full.Keys() {
			keys[s.Short(k.ID())] = k
		}
		return keys
	}
	bytes, sessions := 0, 0
	for empty.Len() < n {
		if sessions++; sessions > 2*n/most {
			t.Fatalf("%d frames after %d sessions", empty.Len(), sessions)
		}
		a, hello := Ask(empty.Snapshot(), Window{}, nonceOf(r), most)
		k := learn(t, a, hello, Offer(full, Window{}, nonceOf(r)))
		if missing := n - empty.Len(); a.Missing() > 3*most || a.Missing() < min(most/2, missing) || a.More() != (a.Missing() < missing) {
			t.Fatalf("Missing(), More() = %d, %t of %d, want about %d", a.Missing(), a.More(), missing, most)
		}
		bytes += k.bytes
		keys := byShort(&a.session)
		for fetches := 0; a.Missing() > 0 && fetches < 13; fetches++ { // and then it is cut
			_, shorts := a.Fetch(MaxFetch, nil)
			for _, s := range shorts {
				if !empty.Insert(keys[s]) {
					t.Fatalf("%x is fetched, and was here", keys[s])
				}
			}
		}
	}
	if perFrame := float64(bytes) / n; perFrame > 40 {
		t.Errorf("%f bytes to learn of a frame, want at most 40", perFrame)
	}
}

func TestSessionsBeginElsewhere(t *testing.T) {
	r := chance(6)
	ours, theirs, missing := shapes[1].sets(r, 20000, 2000)
	seen := make(map[ID]int)
	for range 4 {
		a, hello := Ask(ours.Snapshot(), Window{}, nonceOf(r), 1<<14)
		o := Offer(theirs.Snapshot(), Window{}, nonceOf(r))
		learn(t, a, hello, o)
		msg, _ := a.Fetch(MaxFetch, nil)
		turn, err := o.Step(msg)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range turn.Send {
			seen[id]++
		}
	}
	if len(seen) < 2*MaxFetch {
		t.Errorf("4 sessions fetched %d of %d frames first, want at least %d", len(seen), len(missing), 2*MaxFetch)
	}
}

// What comes from elsewhere is not fetched.
func TestDrop(t *testing.T) {
	r := chance(7)
	ours, theirs, missing := shapes[0].sets(r, 3000, 50)
	a, hello := Ask(ours.Snapshot(), Window{}, nonceOf(r), 1<<14)
	k := learn(t, a, hello, Offer(theirs.Snapshot(), Window{}, nonceOf(r)))
	for _, m := range missing[:20] {
		if !a.Drop(m.ID()) || a.Drop(m.ID()) {
			t.Fatalf("Drop(%x) is not true once", m.ID())
		}
	}
	if a.Drop(ID{1, 2, 3}) || a.Missing() != 30 {
		t.Errorf("Missing() = %d, want 30", a.Missing())
	}
	k.finish(t)
	if got := sortedIDs(k.got); !slices.Equal(got, idsOf(missing[20:])) {
		t.Errorf("got %d frames, want 30", len(got))
	}
	if a.Missing() != 0 || a.Drop(missing[30].ID()) {
		t.Errorf("Missing() = %d, want 0", a.Missing())
	}
}

// full is a store with a quota and a floor. SPEC 2.8.
type full struct {
	set   *Set
	floor Key
	quota int
}

func (f *full) take(k Key) bool {
	if k.Compare(f.floor) <= 0 || !f.set.Insert(k) {
		return false
	}
	if f.set.Len() > f.quota {
		least := Key{255}
		for k := range f.set.Snapshot().Keys() {
			if k.Compare(least) < 0 {
				least = k
			}
		}
		f.set.Remove(least)
		f.floor = least
	}
	return f.set.Has(k)
}

// Nodes of unequal quota move each frame at most once, and then none, though
// new ones come. SPEC 10.3.
func TestUnequalQuotas(t *testing.T) {
	r := chance(8)
	nodes := []*full{{setOf(), Key{}, 600}, {setOf(), Key{}, 400}, {setOf(), Key{}, 250}}
	moved := make(map[string]bool)
	for round := range 40 {
		if round < 20 {
			for range 60 {
				nodes[r.IntN(len(nodes))].take(writtenOn(r, today))
			}
		}
		for i, asker := range nodes {
			offerer := nodes[(i+1+round%2)%len(nodes)]
			theirs := offerer.set.Snapshot()
			k := converse(t, asker.set.Snapshot(), theirs, Window{Floor: asker.floor}, Window{Floor: offerer.floor}, r, 1<<14)
			for key := range theirs.Keys() {
				if !slices.Contains(k.got, key.ID()) {
					continue
				}
				name := fmt.Sprintf("%d %x", i, key)
				if round > 24 || moved[name] {
					t.Fatalf("round %d: %s has moved, again or too late", round, name)
				}
				moved[name] = true
				asker.take(key)
			}
		}
	}
	if nodes[0].set.Len() != 600 || nodes[2].floor.Compare(nodes[1].floor) <= 0 || len(moved) < 500 {
		t.Errorf("%d frames, %d moved: this tested nothing", nodes[0].set.Len(), len(moved))
	}
}
