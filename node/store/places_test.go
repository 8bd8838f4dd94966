package store

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"votive/proto/votive"
)

// Whatever is put and removed, in any order: places knows what a map knows.
func TestPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlaces(rapid.IntRange(0, 40).Draw(t, "room"))
		want := make(map[votive.ID]int)
		var in []arrival
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			// Few ids, and fewer that differ in what is hashed.
			var id votive.ID
			n := rapid.Uint64Range(1, 60).Draw(t, "id")
			binary.LittleEndian.PutUint64(id[:], n%7)
			binary.LittleEndian.PutUint64(id[8:], n)
			at, here := want[id]
			if got, ok := p.find(id, in); ok != here || ok && got != at {
				t.Fatalf("find(%d) = %d, %t, want %d, %t", n, got, ok, at, here)
			}
			if here {
				p.remove(at, in)
				in[at].Entry = Entry{}
				delete(want, id)
			} else {
				in = append(in, arrival{Entry: Entry{ID: id}})
				p.put(len(in)-1, in)
				want[id] = len(in) - 1
			}
			if p.n != len(want) {
				t.Fatalf("n = %d, want %d", p.n, len(want))
			}
		}
		for id, at := range want {
			if got, ok := p.find(id, in); !ok || got != at {
				t.Fatalf("find() = %d, %t, want %d", got, ok, at)
			}
		}
	})
}
