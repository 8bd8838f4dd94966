package recon

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// met is an asker and an offerer that know each other's tags, and what the
// asker says next.
func met(t testing.TB, n, differ int) (a *Asker, o *Offerer, next []byte, missing []Key) {
	t.Helper()
	r := chance(uint64(n))
	ours, theirs, missing := shapes[1].sets(r, n, differ)
	a, hello := Ask(ours.Snapshot(), Window{}, nonceOf(r), 1<<14)
	o = Offer(theirs.Snapshot(), Window{}, nonceOf(r))
	turn, err := o.Step(hello)
	if err != nil {
		t.Fatal(err)
	}
	if turn, err = a.Step(turn.Write); err != nil {
		t.Fatal(err)
	}
	return a, o, turn.Write, missing
}

func sealed(kind byte, body ...byte) []byte { return seal(append(message(kind, len(body)), body...)) }

// SPEC 10.1, 10.4: what is no message, or comes at another time, ends a session
// for good.
func TestWrongMessages(t *testing.T) {
	r := chance(1)
	some := setOf(someKeys(r, 50)...).Snapshot()
	_, hello := Ask(some, Window{}, nonceOf(r), 100)
	h := hello[HeaderSize:]
	fetch := sealed(sayFetch, 0, 0, 0, 0, 0, 1)
	level := func(l byte) []byte {
		b := slices.Clone(h)
		b[NonceSize+windowSize] = l
		return sealed(sayHello, b...)
	}
	for name, msg := range map[string][]byte{
		"nothing":           {},
		"no length":         {sayHello, 0, 0},
		"unknown":           sealed(12),
		"zero":              sealed(0),
		"short hello":       sealed(sayHello, h[1:]...),
		"long hello":        sealed(sayHello, append(slices.Clone(h), 0)...),
		"other length":      hello[:len(hello)-1],
		"level 3":           level(3),
		"level 11":          level(11),
		"fetch at first":    fetch,
		"bye at first":      sealed(sayBye),
		"have at first":     sealed(sayHave, 0, 0, 0, 0, 0, 1),
		"cells at first":    sealed(wantCells, 0, 0, 1, 255, 255),
		"an offerer's same": sealed(saySame),
	} {
		o := Offer(setOf().Snapshot(), Window{}, nonceOf(r))
		if turn, err := o.Step(msg); err == nil {
			t.Errorf("offerer.Step(%s) = %+v, want an error", name, turn)
		}
		if turn, err := o.Step(hello); err == nil {
			t.Errorf("offerer.Step(hello) after %s = %+v, want an error", name, turn)
		}
	}
	number := func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	ranges := bytes.Repeat([]byte{255}, 16)
	for name, msg := range map[string][]byte{
		"second hello":       hello,
		"block 4":            sealed(wantCells, append([]byte{4, 0, 1}, ranges...)...),
		"no cells":           sealed(wantCells, append([]byte{0, 0, 0}, ranges...)...),
		"8,193 cells":        sealed(wantCells, append([]byte{0, 32, 1}, ranges...)...),
		"cells, few ranges":  sealed(wantCells, append([]byte{0, 0, 1}, ranges[1:]...)...),
		"cells, many ranges": sealed(wantCells, append([]byte{0, 0, 1, 1}, ranges...)...),
		"list of none":       sealed(wantList, slices.Concat(make([]byte, 12), number(0), ranges)...),
		"list of 65,537":     sealed(wantList, slices.Concat(make([]byte, 12), number(65537), ranges)...),
		"list, few ranges":   sealed(wantList, slices.Concat(make([]byte, 12), number(1), ranges[1:])...),
		"fetch of none":      sealed(sayFetch),
		"fetch of a half":    sealed(sayFetch, 1, 2, 3),
		"fetch of 257":       sealed(sayFetch, make([]byte, 257*6)...),
		"fetch twice":        sealed(sayFetch, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1),
		"fetch descending":   sealed(sayFetch, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1),
		"have of none":       sealed(sayHave),
		"have twice":         sealed(sayHave, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1),
		"have of 16,385":     sealed(sayHave, make([]byte, 16385*6)...),
		"tags":               sealed(sayTags),
	} {
		_, o, _, _ := met(t, 3000, 10)
		if turn, err := o.Step(msg); err == nil {
			t.Errorf("offerer.Step(%s) = %+v, want an error", name, turn)
		}
	}
	// After the first fetch, the sets are compared no more.
	_, o, next, _ := met(t, 3000, 10)
	if _, err := o.Step(fetch); err != nil {
		t.Fatal(err)
	}
	if turn, err := o.Step(next); err == nil {
		t.Errorf("offerer.Step(want after fetch) = %+v, want an error", turn)
	}
}

// SPEC 10.4 to 10.8: what no honest offerer says.
func TestLyingOfferer(t *testing.T) {
	r := chance(2)
	a, o, next, _ := met(t, 3000, 10)
	answer, err := o.Step(next)
	if err != nil {
		t.Fatal(err)
	}
	cells := answer.Write[HeaderSize:]
	for name, msg := range map[string][]byte{
		"one cell less":     sealed(sayCells, cells[cellSize:]...),
		"one cell more":     sealed(sayCells, append(slices.Clone(cells), cells[:cellSize]...)...),
		"a list":            sealed(sayList, 0),
		"same":              sealed(saySame),
		"tags again":        sealed(sayTags),
		"fetch":             sealed(sayFetch, 0, 0, 0, 0, 0, 1),
		"bye":               sealed(sayBye),
		"an asker's have":   sealed(sayHave, 0, 0, 0, 0, 0, 1),
		"cells of no bytes": sealed(sayCells),
	} {
		b, _, _, _ := met(t, 3000, 10)
		if turn, err := b.Step(msg); err == nil {
			t.Errorf("asker.Step(%s) = %+v, want an error", name, turn)
		}
	}
	if turn, err := a.Step(answer.Write); err != nil || !turn.Learned {
		t.Errorf("asker.Step(cells) = %+v %v, want that it has learned", turn, err)
	}

	// An empty asker wants a list.
	short := func(n Short) []byte { return n.append(nil) }
	for name, body := range map[string][]byte{
		"nothing":             {},
		"no such word":        {2},
		"half a short id":     {0, 1, 2, 3},
		"descending":          slices.Concat([]byte{0}, short(5), short(4)),
		"the same twice":      slices.Concat([]byte{0}, short(5), short(5)),
		"more than it has":    slices.Concat([]byte{0}, short(5), short(6), short(7), short(8)),
		"more, and too few":   slices.Concat([]byte{1}, short(5)),
		"more, and nothing":   {1},
		"a range not wanted":  slices.Concat([]byte{0}, short(shortMax)),
		"one over all ranges": slices.Concat([]byte{0}, short(shortMax-1), short(shortMax)),
	} {
		b, _ := Ask(setOf().Snapshot(), Window{}, Nonce{7}, 100)
		tag := newSecret(Nonce{7}, Nonce{}).tagsOf(setOf().Snapshot(), minLevel)
		tag[0] += 3 // nothing but the first range differs
		turn, err := b.Step((&tags{keys: 3, tags: tag}).append())
		if err != nil || turn.Write[0] != wantList {
			t.Fatalf("asker.Step(tags) = %+v %v, want that it asks for a list", turn, err)
		}
		if turn, err = b.Step(sealed(sayList, body...)); err == nil {
			t.Errorf("asker.Step(list of %s) = %+v, want an error", name, turn)
		}
	}
	for name, msg := range map[string][]byte{
		"too few tags":   (&tags{keys: 3, tags: make([]uint16, 8)}).append(),
		"too many tags":  (&tags{keys: 3, tags: make([]uint16, 32)}).append(),
		"too many keys":  (&tags{keys: maxKeys + 1, tags: make([]uint16, 16)}).append(),
		"nothing at all": sealed(sayTags),
		"cells at once":  sealed(sayCells, make([]byte, 40)...),
	} {
		b, _ := Ask(setOf().Snapshot(), Window{}, nonceOf(r), 100)
		if turn, err := b.Step(msg); err == nil {
			t.Errorf("asker.Step(%s) = %+v, want an error", name, turn)
		}
	}
}

// Cells that are never solved cost an honest node four blocks and a list, and
// what it does not learn from this peer it learns from the next. SPEC 10.12.
func TestGarbage(t *testing.T) {
	r := chance(3)
	ours, theirs, missing := shapes[1].sets(r, 20000, 200)
	a, hello := Ask(ours.Snapshot(), Window{}, nonceOf(r), 1<<14)
	o := Offer(theirs.Snapshot(), Window{}, nonceOf(r))
	said, rounds, heard := hello, 0, 0
	for {
		if rounds++; rounds > 40 {
			t.Fatal("the asker goes on for ever")
		}
		turn, err := o.Step(said)
		if err != nil {
			t.Fatal(err)
		}
		if turn.Write[0] == sayCells {
			for i := range turn.Write[HeaderSize:] {
				turn.Write[HeaderSize+i] = byte(r.Uint32())
			}
		}
		heard += len(turn.Write)
		if turn, err = a.Step(turn.Write); err != nil {
			t.Fatal(err)
		}
		if turn.Learned {
			break
		}
		said = turn.Write
	}
	if heard > 20000*3*shortSize {
		t.Errorf("%d bytes of garbage, want less than three lists", heard)
	}
	k := &talk{asker: a, offerer: o}
	if k.finish(t); !slices.Equal(sortedIDs(k.got), idsOf(missing)) {
		t.Errorf("learned %d frames from the list, want %d", len(k.got), len(missing))
	}
	k = converse(t, ours.Snapshot(), theirs.Snapshot(), Window{}, Window{}, r, 1<<14)
	if !slices.Equal(sortedIDs(k.got), idsOf(missing)) {
		t.Errorf("learned %d frames from the next, want %d", len(k.got), len(missing))
	}
}

// Whoever makes frames can choose the first bits of their ids, and have two
// nodes get other ones. It makes the guess wrong, and hides nothing.
func TestChosenIDs(t *testing.T) {
	r := chance(4)
	ours, theirs, missing := shapes[1].sets(r, 20000, 50)
	for i := range 4000 {
		k := writtenOn(r, today)
		k[idAt], k[idAt+1] = 77, k[idAt+1]&0x3f
		if i%2 == 0 {
			ours.Insert(k)
		} else {
			theirs.Insert(k)
			missing = append(missing, k)
		}
	}
	k := converse(t, ours.Snapshot(), theirs.Snapshot(), Window{}, Window{}, r, 1<<14)
	if !slices.Equal(sortedIDs(k.got), idsOf(missing)) {
		t.Errorf("learned %d frames, want %d", len(k.got), len(missing))
	}
	if k.rounds > 8 || k.bytes > 5000*IDSize {
		t.Errorf("%d rounds and %d bytes, want at most 8 and %d", k.rounds, k.bytes, 5000*IDSize)
	}
}

// SPEC 10.2: ids that cancel when they are added or xored are not to be had
// from a hash of them all.
func TestCancelling(t *testing.T) {
	base := someKeys(chance(5), 40)
	a := base[0].ID()
	var x, y ID // a ^ x ^ y is zero
	copy(x[:], a[:2])
	copy(y[2:], a[2:])
	x[31], y[31] = 1, a[31]^1
	full := setOf(append(slices.Clone(base), MakeKey(16, today+8, x), MakeKey(16, today+8, y))...)
	less := setOf(base[1:]...)
	if full.Snapshot().Fingerprint() == less.Snapshot().Fingerprint() {
		t.Error("fingerprints are the same for sets that are not")
	}
}

// A peer can have a set looked at a few times in a session, however it asks.
// SPEC 10.12.
func TestTooMuchWork(t *testing.T) {
	all := bytes.Repeat([]byte{255}, 16)
	for name, msg := range map[string][]byte{
		"cells": sealed(wantCells, append([]byte{0, 32, 0}, all...)...),
		"lists": sealed(wantList, slices.Concat(Short(0).append(nil), shortMax.append(nil), []byte{0, 0, 0, 1}, all)...),
		"long lists": sealed(wantList, slices.Concat(Short(0).append(nil), shortMax.append(nil),
			[]byte{0, 1, 0, 0}, all)...),
	} {
		_, o, _, _ := met(t, 20000, 10)
		steps := 0
		for ; ; steps++ {
			if _, err := o.Step(msg); err != nil {
				if !strings.Contains(err.Error(), "too much work") {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
			if steps > 1000 {
				t.Errorf("%s: 1,000 of them are answered", name)
				break
			}
		}
		if steps < 4 {
			t.Errorf("%s: %d are answered, want what an honest peer asks for", name, steps)
		}
	}
	// Frames are looked for in their leaf alone, and all of a fetch at once.
	_, o, _, _ := met(t, 20000, 10)
	for i := range 3000 {
		turn, err := o.Step(sealed(sayFetch, Short(uint64(i)<<34).append(nil)...))
		if err != nil || len(turn.Send) != 1 || turn.Send[0] != (ID{}) {
			t.Fatalf("fetch %d = %+v %v, want one frame that is not there", i, turn, err)
		}
	}
}

// A node with all its frames in one leaf, which its enemy saw to, gives up
// whoever asks for them one by one.
func TestFullLeaf(t *testing.T) {
	r := chance(6)
	set := setOf()
	for range 30000 {
		k := writtenOn(r, today)
		k[idAt], k[idAt+1] = 0, k[idAt+1]&0x3f
		set.Insert(k)
	}
	a, hello := Ask(setOf().Snapshot(), Window{}, nonceOf(r), 1<<15)
	o := Offer(set.Snapshot(), Window{}, nonceOf(r))
	k := learn(t, a, hello, o)
	if k.finish(t); len(k.got) != 30000 {
		t.Fatalf("got %d frames, want 30000", len(k.got))
	}
	o = Offer(set.Snapshot(), Window{}, nonceOf(r))
	if _, err := o.Step(hello); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if i > 100 {
			t.Fatal("100 fetches of one frame are answered")
		}
		if _, err := o.Step(sealed(sayFetch, Short(i).append(nil)...)); err != nil {
			return
		}
	}
}
