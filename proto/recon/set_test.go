package recon

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// fewKeys draws keys that meet in few leaves, days and ranks.
var fewKeys = rapid.Custom(func(t *rapid.T) Key {
	var id ID
	id[0] = rapid.SampledFrom([]byte{0, 1, 0xff}).Draw(t, "leaf")
	id[1] = rapid.SampledFrom([]byte{0, 0x3f, 0x40, 0xff}).Draw(t, "more of it")
	id[2] = rapid.ByteRange(1, 3).Draw(t, "id")
	rank, expiry := rapid.Uint8Range(14, 16).Draw(t, "rank"), rapid.Uint16Range(254, 257).Draw(t, "expiry")
	id[3], id[4] = rank, byte(expiry) // who has another header has another id
	return MakeKey(rank, expiry, id)
})

var windows = rapid.Custom(func(t *rapid.T) Window {
	w := Window{First: rapid.Uint16Range(253, 258).Draw(t, "first")}
	if rapid.Bool().Draw(t, "floor") {
		w.Floor = fewKeys.Draw(t, "floor")
	}
	return w
})

// inSnapshot is the keys of a snapshot, which have to ascend in each leaf.
func inSnapshot(t *rapid.T, s *Snapshot) []Key {
	keys := slices.Collect(s.Keys())
	for i := 1; i < len(keys); i++ {
		a, b := keys[i-1], keys[i]
		if leafOf(a[idAt:]) == leafOf(b[idAt:]) && a.Compare(b) >= 0 || leafOf(a[idAt:]) > leafOf(b[idAt:]) {
			t.Fatalf("key %x after %x", b, a)
		}
	}
	if len(keys) != s.Len() {
		t.Fatalf("Len() = %d, want %d", s.Len(), len(keys))
	}
	slices.SortFunc(keys, Key.Compare)
	return keys
}

// A set is what a map would be; snapshots stay as they were; and fingerprints
// are of the keys, whatever has come and gone.
func TestSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SliceOfN(fewKeys, 0, 20).Draw(t, "start")
		set, model := NewSet(slices.Values(start)), make(map[Key]bool)
		for _, k := range start {
			model[k] = true
		}
		type taken struct {
			snapshot *Snapshot
			keys     []Key
		}
		var snapshots []taken
		sorted := func() []Key { return slices.SortedFunc(maps.Keys(model), Key.Compare) }
		check := func() {
			s := set.Snapshot()
			if got := inSnapshot(t, s); !slices.Equal(got, sorted()) {
				t.Fatalf("keys = %x, want %x", got, sorted())
			}
			if got, want := s.Fingerprint(), setOf(sorted()...).Snapshot().Fingerprint(); got != want {
				t.Fatalf("Fingerprint() = %x, want %x", got, want)
			}
			snapshots = append(snapshots, taken{s, sorted()})
		}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			k := fewKeys.Draw(t, "key")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				if got := set.Insert(k); got == model[k] {
					t.Fatalf("Insert(%x) = %t, want %t", k, got, !model[k])
				}
				model[k] = true
			case 1:
				if got := set.Remove(k); got != model[k] {
					t.Fatalf("Remove(%x) = %t, want %t", k, got, model[k])
				}
				delete(model, k)
			case 2:
				if got := set.Has(k); got != model[k] || set.Snapshot().Has(k) != got {
					t.Fatalf("Has(%x) = %t, want %t", k, got, model[k])
				}
			case 3:
				check()
			}
			if set.Len() != len(model) {
				t.Fatalf("Len() = %d, want %d", set.Len(), len(model))
			}
		}
		check()
		w := windows.Draw(t, "window")
		for _, s := range snapshots {
			if got := inSnapshot(t, s.snapshot); !slices.Equal(got, s.keys) {
				t.Fatalf("a snapshot has become %x, want %x", got, s.keys)
			}
			want := slices.DeleteFunc(slices.Clone(s.keys), func(k Key) bool { return !w.Has(k) })
			part := s.snapshot.Within(w)
			if got := inSnapshot(t, part); !slices.Equal(got, want) {
				t.Fatalf("Within(%x) = %x, want %x", w, got, want)
			}
			if part.Fingerprint() != setOf(want...).Snapshot().Fingerprint() {
				t.Fatalf("Within(%x) has another fingerprint than its keys", w)
			}
			if len(want) == len(s.keys) && part != s.snapshot {
				t.Fatalf("Within(%x) made another set of the same keys", w)
			}
		}
	})
}

// SPEC 10.3: what is in both windows is in the joined one, and nothing else.
func TestJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, k := windows.Draw(t, "a"), windows.Draw(t, "b"), fewKeys.Draw(t, "key")
		if got, want := a.Join(b).Has(k), a.Has(k) && b.Has(k); got != want || a.Join(b) != b.Join(a) {
			t.Fatalf("%x.Join(%x).Has(%x) = %t, want %t", a, b, k, got, want)
		}
	})
}

func TestKey(t *testing.T) {
	r := chance(1)
	k := writtenOn(r, today)
	if got := MakeKey(k.Rank(), k.Expiry(), k.ID()); got != k {
		t.Errorf("MakeKey() = %x, want %x", got, k)
	}
	// SPEC 2.8: by rank, then expiry day, then id.
	ascending := []Key{
		MakeKey(15, 300, ID{9}), MakeKey(16, 255, ID{8}), MakeKey(16, 256, ID{7}), MakeKey(16, 256, ID{7, 1}),
		MakeKey(16, 256, ID{200}), MakeKey(17, 1, ID{}),
	}
	if !slices.IsSortedFunc(ascending, Key.Compare) {
		t.Errorf("keys %x do not ascend", ascending)
	}
}

// Many sessions may use the snapshots of a set that changes meanwhile; the race
// detector has to agree.
func TestSnapshotsAtOnce(t *testing.T) {
	r := chance(9)
	set := setOf(someKeys(r, 3000)...)
	var sessions sync.WaitGroup
	for i := range 8 {
		ours := set.Snapshot()
		for range 20 {
			set.Insert(writtenOn(r, today))
		}
		theirs := set.Snapshot()
		for j := range 2 {
			sessions.Go(func() {
				k := converse(t, ours, theirs, Window{}, Window{First: today}, chance(uint64(2*i+j)), 1<<14)
				if len(k.got) != 20 {
					t.Errorf("got %d frames, want 20", len(k.got))
				}
			})
		}
	}
	sessions.Wait()
}
