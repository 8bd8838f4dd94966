package recon

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

const today = 2500

// chance gives the same random numbers for the same seed.
func chance(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// writtenOn is the key of a frame written on that day.
func writtenOn(r *rand.Rand, day uint16) Key {
	var id ID
	for i := 0; i < IDSize; i += 8 {
		binary.BigEndian.PutUint64(id[i:], r.Uint64())
	}
	class := r.IntN(3)
	return MakeKey(uint8(16+r.IntN(3)-2*class+4), day+[]uint16{8, 30, 120}[class], id)
}

// someKeys are those of n frames written in the days up to today.
func someKeys(r *rand.Rand, n int) []Key {
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = writtenOn(r, today-uint16(r.IntN(8)))
	}
	return keys
}

func setOf(keys ...Key) *Set { return NewSet(slices.Values(keys)) }

// nonceOf is a nonce for tests.
func nonceOf(r *rand.Rand) (n Nonce) {
	binary.BigEndian.PutUint64(n[:], r.Uint64())
	binary.BigEndian.PutUint64(n[8:], r.Uint64())
	return n
}

// talk is what came of a session.
type talk struct {
	asker   *Asker
	offerer *Offerer
	bytes   int  // both ways, without frames
	rounds  int  // until the asker has learned
	listed  bool // the asker has seen a list
	got     []ID // what the asker fetched
	given   []ID // what the offerer did
}

// learn has an asker and an offerer talk until the asker has learned.
func learn(t testing.TB, a *Asker, hello []byte, o *Offerer) *talk {
	t.Helper()
	k := &talk{asker: a, offerer: o, bytes: len(hello)}
	said := hello
	for {
		k.rounds++
		turn, err := o.Step(said)
		if err != nil {
			t.Fatalf("offerer, round %d: %v", k.rounds, err)
		}
		k.bytes += len(turn.Write)
		k.listed = k.listed || turn.Write[0] == sayList
		turn, err = a.Step(turn.Write)
		if err != nil {
			t.Fatalf("asker, round %d: %v", k.rounds, err)
		}
		if turn.Learned || turn.Over {
			return k
		}
		said = turn.Write
		k.bytes += len(said)
	}
}

// fetch has one side fetch all that it lacks from the other.
func (k *talk) fetch(t testing.TB, s *session, peer interface{ Step([]byte) (Turn, error) }) (got []ID) {
	t.Helper()
	for {
		msg, shorts := s.Fetch(MaxFetch, nil)
		if msg == nil {
			return got
		}
		turn, err := peer.Step(msg)
		if err != nil {
			t.Fatalf("fetch of %d: %v", len(shorts), err)
		}
		k.bytes += len(msg) + len(shorts)
		if len(turn.Send) != len(shorts) {
			t.Fatalf("fetch of %d = %d frames", len(shorts), len(turn.Send))
		}
		for i, id := range turn.Send {
			if id == (ID{}) {
				continue
			}
			if s.Short(id) != shorts[i] {
				t.Fatalf("fetch of %x = %x, which is %x", shorts[i], id, s.Short(id))
			}
			got = append(got, id)
		}
	}
}

// converse is a whole session, with both sides fetching.
func converse(t testing.TB, ours, theirs *Snapshot, w, v Window, r *rand.Rand, most int) *talk {
	t.Helper()
	a, hello := Ask(ours, w, nonceOf(r), most)
	k := learn(t, a, hello, Offer(theirs, v, nonceOf(r)))
	k.finish(t)
	return k
}

func (k *talk) finish(t testing.TB) {
	t.Helper()
	if k.asker.state == over {
		return
	}
	k.got = k.fetch(t, &k.asker.session, k.offerer)
	last := k.asker.Have()
	if last == nil {
		last = k.asker.Bye()
	}
	k.bytes += len(last)
	turn, err := k.offerer.Step(last)
	if err != nil {
		t.Fatal(err)
	}
	if turn.Over {
		return
	}
	k.given = k.fetch(t, &k.offerer.session, k.asker)
	k.bytes += HeaderSize
	if turn, err = k.asker.Step(k.offerer.Bye()); err != nil || !turn.Over {
		t.Fatalf("bye = %v %v, want the end", turn, err)
	}
}

// hashIDs is the yardstick of CPU: one SHA-256 over the ids of a set.
func hashIDs(ids []byte) [32]byte { return sha256.Sum256(ids) }
