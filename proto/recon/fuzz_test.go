package recon

import (
	"bytes"
	"slices"
	"testing"
)

// spoken cuts a stream into messages, as a courier does.
func spoken(said []byte) (messages [][]byte) {
	for len(said) >= HeaderSize {
		n, err := Length([HeaderSize]byte(said))
		if err != nil || len(said)-HeaderSize < n {
			break
		}
		messages = append(messages, said[:HeaderSize+n])
		said = said[HeaderSize+n:]
	}
	return append(messages, said)
}

// small is two sets that differ, and what both sides write in a session.
func small(t testing.TB, n, differ, most int) (ours, theirs *Snapshot, asked, offered []byte) {
	t.Helper()
	r := chance(uint64(n))
	a, b, _ := shapes[2].sets(r, n, differ)
	ours, theirs = a.Snapshot(), b.Snapshot()
	asker, said := Ask(ours, Window{}, Nonce{1}, most)
	o := Offer(theirs, Window{}, Nonce{2})
	for {
		asked = append(asked, said...)
		turn, err := o.Step(said)
		if err != nil {
			t.Fatal(err)
		}
		offered = append(offered, turn.Write...)
		if turn, err = asker.Step(turn.Write); err != nil {
			t.Fatal(err)
		}
		if turn.Learned || turn.Over {
			break
		}
		said = turn.Write
	}
	if msg, _ := asker.Fetch(5, nil); msg != nil {
		asked = append(asked, msg...)
	}
	if msg := asker.Have(); msg != nil {
		asked = append(asked, msg...)
		_, err := o.Step(msg)
		if err != nil {
			t.Fatal(err)
		}
		msg, _ = o.Fetch(5, nil)
		offered = slices.Concat(offered, msg, o.Bye())
	}
	return ours, theirs, asked, offered
}

var fuzzed = []struct{ n, differ, most int }{{2000, 20, 1 << 14}, {40, 6, 1 << 14}, {300, 300, 50}, {900, 0, 9}}

// FuzzOffer has the fuzzer ask: nothing it says makes the offerer answer more
// than is bounded, or name a frame that it has not.
func FuzzOffer(f *testing.F) {
	var set *Snapshot
	for _, c := range fuzzed {
		_, theirs, asked, _ := small(f, c.n, c.differ, c.most)
		f.Add(asked)
		if set == nil {
			set = theirs
		}
	}
	has := make(map[ID]bool)
	for k := range set.Keys() {
		has[k.ID()] = true
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		o := Offer(set, Window{First: 5}, Nonce{2})
		for _, msg := range spoken(said) {
			turn, err := o.Step(msg)
			if err != nil {
				if turn, err := o.Step(msg); err == nil {
					t.Fatalf("Step() after an error = %+v", turn)
				}
				return
			}
			if len(turn.Write) > MaxMessage || len(turn.Send) > MaxFetch || turn.Over && turn.Learned {
				t.Fatalf("Step(%x) = %+v", msg, turn)
			}
			for _, id := range turn.Send {
				if id != (ID{}) && !has[id] {
					t.Fatalf("Step(%x) sends %x, which is not here", msg, id)
				}
			}
			if turn.Learned && (o.Missing() == 0 || o.Missing() > maxHave) {
				t.Fatalf("Missing() = %d after a have", o.Missing())
			}
		}
	})
}

// FuzzAsk has the fuzzer offer: the asker ends, and asks for nothing that it
// has not been told of.
func FuzzAsk(f *testing.F) {
	var sets []*Snapshot
	for i, c := range fuzzed {
		ours, _, _, offered := small(f, c.n, c.differ, c.most)
		f.Add(uint8(i), offered)
		sets = append(sets, ours)
	}
	f.Fuzz(func(t *testing.T, which uint8, said []byte) {
		c := fuzzed[int(which)%len(fuzzed)]
		a, _ := Ask(sets[int(which)%len(fuzzed)], Window{}, Nonce{1}, c.most)
		for _, msg := range spoken(said) {
			turn, err := a.Step(msg)
			if err != nil || turn.Over {
				return
			}
			if len(turn.Write) > 0 {
				if _, _, err := split(turn.Write); err != nil {
					t.Fatalf("Step(%x) writes %x: %v", msg, turn.Write, err)
				}
			}
			if !turn.Learned {
				continue
			}
			if missing := a.Missing(); missing*cellSize > len(said)*2 {
				t.Fatalf("%d frames are missing after %d bytes", missing, len(said))
			}
			for last := a.Missing(); a.Missing() > 0; last = a.Missing() {
				msg, shorts := a.Fetch(300, nil)
				if len(shorts) == 0 || len(shorts) != last-a.Missing() {
					t.Fatalf("Fetch() = %x, with %d left of %d", shorts, a.Missing(), last)
				}
				if _, body, err := split(msg); err != nil || len(body) != len(shorts)*shortSize {
					t.Fatalf("Fetch() = %x %v", msg, err)
				}
			}
			if a.Have() == nil {
				return
			}
		}
	})
}

// FuzzMessage: what is read is written again as it came.
func FuzzMessage(f *testing.F) {
	for _, c := range fuzzed {
		_, _, asked, offered := small(f, c.n, c.differ, c.most)
		for _, msg := range slices.Concat(spoken(asked), spoken(offered)) {
			f.Add(msg)
		}
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		kind, body, err := split(msg)
		if err != nil {
			return
		}
		var again []byte
		for level := minLevel; level <= maxLevel && again == nil; level++ {
			switch kind {
			case sayHello:
				if h, err := readHello(body); err == nil {
					again = h.append()
				}
			case sayTags:
				if g, err := readTags(body, level); err == nil {
					again = g.append()
				}
			case wantCells:
				if w, err := readCellsWanted(body, level); err == nil {
					again = w.append()
				}
			case wantList:
				if w, err := readListWanted(body, level); err == nil {
					again = w.append()
				}
			case sayFetch, sayHave:
				if shorts, err := readShorts(body); err == nil {
					again = seal(appendShorts(message(kind, 0), shorts))
				}
			case sayCells:
				if n := len(body); n > 0 && n%(parts*cellSize) == 0 {
					b := newBlock(0, n/parts/cellSize)
					b.subtract(body)
					again = seal(b.append(message(kind, 0)))
				}
			}
		}
		if again != nil && !bytes.Equal(again, msg) {
			t.Errorf("%x is written again as %x", msg, again)
		}
	})
}
