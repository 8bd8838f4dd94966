package recon

import (
	"fmt"
	"slices"
)

// Asker is the side that opened the stream. It belongs to one goroutine.
type Asker struct {
	session
	nonce Nonce
	most  int // frames that it wants to learn of in this session
	state state

	keys   int // in the other set
	chosen ranges
	blocks []*block
	found  difference
	list   *listing
	same   bool
	more   bool
}

// leastList is how many short ids are listed at a time, at least.
const leastList = 1 << 12

// listing is how far a list has come. It begins anywhere and goes round.
type listing struct {
	start      Short
	from, last Short   // what is asked for now
	most       int     // at a time
	listed     int     // how many came
	leaf       int     // whose short ids ours are; -1 for none
	ours       []Short // ascending
	missing    []Short
}

// Ask begins the asker's side, as Offer does, of a session that is to learn of
// so many missing frames, more or less, and says what it writes first.
func Ask(set *Snapshot, w Window, nonce Nonce, most int) (*Asker, []byte) {
	a := &Asker{session: session{whole: set, own: w}, nonce: nonce, most: most}
	a.set = set.Within(w)
	a.level = levelFor(a.set.Len())
	h := hello{nonce, w, a.level, a.set.Fingerprint()}
	return a, h.append()
}

// levelFor is how many ranges are compared, by measurement: with 128, a
// hundred differences are in half of the set, and comparing that costs less
// than hashing it. In a small set it does not matter.
func levelFor(keys int) int {
	if keys < 1<<10 {
		return minLevel
	}
	return 7
}

// Step is told what the offerer wrote, one whole message, and says what is to
// be done. After an error, which is always the peer's fault, there is nothing
// more to be said; what was found before it still counts.
func (a *Asker) Step(msg []byte) (Turn, error) {
	kind, body, err := split(msg)
	if err != nil {
		return a.refuse(err)
	}
	var turn Turn
	switch {
	case a.state == greeting && kind == saySame:
		a.state, a.same, turn.Over = over, true, true
	case a.state == greeting && kind == sayTags:
		turn, err = a.compare(body)
	case a.state == comparing && kind == sayCells && a.blocks != nil:
		turn, err = a.solve(body)
	case a.state == comparing && kind == sayList && a.list != nil:
		turn, err = a.listen(body)
	case a.state == turned && kind == sayFetch:
		turn, err = a.asked(body)
	case a.state == turned && kind == sayBye:
		a.state, turn.Over = over, true
	default:
		err = unexpected(kind)
	}
	if err != nil {
		return a.refuse(err)
	}
	return turn, nil
}

func (a *Asker) refuse(err error) (Turn, error) {
	a.state = over
	return Turn{}, err
}

// compare reads the tags and chooses how to go on. SPEC 10.6.
func (a *Asker) compare(body []byte) (Turn, error) {
	t, err := readTags(body, a.level)
	if err != nil {
		return Turn{}, err
	}
	a.meet(a.nonce, t.nonce, t.window, a.level)
	a.keys = t.keys
	a.state = comparing
	ours := a.key.tagsOf(a.set, a.level)
	var differ []int
	for i := range ours {
		if ours[i] != t.tags[i] {
			differ = append(differ, i)
		}
	}
	if len(differ) == 0 {
		a.same = true
		return a.learned(nil), nil
	}
	d := guess(ours, t.tags, a.keys-a.set.Len())
	if d == huge || a.set.Len() == 0 {
		return a.beginList(a.choose(differ)), nil
	}
	// A share of the ranges, where all would be too much: from anywhere on, so
	// that several sessions share the work.
	share := len(differ)
	if d > a.most {
		share = max(1, int(float64(share)*float64(a.most)/float64(d)))
	}
	a.more = share < len(differ)
	part := partFor(float64(d) * float64(share) / float64(len(differ)))
	first := int(a.start() % Short(len(differ)))
	differ = append(differ[first:], differ[:first]...)[:share]
	if !a.worth(part, share) {
		return a.beginList(a.choose(differ)), nil
	}
	a.chosen = a.choose(differ)
	return a.wantBlock(part), nil
}

// worth reports whether a block with such parts can be asked for, and takes
// fewer bytes than a list of so many ranges.
func (a *Asker) worth(part, share int) bool {
	return part <= maxPart && parts*part*cellSize <= (a.keys>>a.level)*share*shortSize
}

func (a *Asker) choose(some []int) ranges {
	chosen := newRanges(a.level)
	for _, i := range some {
		chosen.add(i)
	}
	return chosen
}

func (a *Asker) wantBlock(part int) Turn {
	w := cellsWanted{len(a.blocks), part, a.chosen}
	a.blocks = append(a.blocks, newBlock(w.number, part))
	return Turn{Write: w.append()}
}

// solve reads a block. Where it cannot be solved, another one of twice the size
// is asked for, and in the end a list: somebody has chosen ids so that the guess
// is wrong, and must not keep from this node what else is in these ranges.
func (a *Asker) solve(body []byte) (Turn, error) {
	b := a.blocks[len(a.blocks)-1]
	if want := len(b.cells) * cellSize; len(body) != want {
		return Turn{}, fmt.Errorf("cells of %d bytes, want %d", len(body), want)
	}
	b.fill(a.set, a.key, a.chosen)
	b.subtract(body)
	a.found.catchUp(b)
	switch {
	case a.found.solve(a.blocks, a.chosen):
		return a.learned(a.found.theirs), nil
	case len(a.blocks) < maxBlocks && a.worth(2*b.part, a.chosen.len()):
		return a.wantBlock(2 * b.part), nil
	}
	return a.beginList(a.chosen), nil
}

// beginList asks for a list of ranges.
func (a *Asker) beginList(chosen ranges) Turn {
	a.chosen = chosen
	most := min(max(2*a.most, leastList), maxList)
	start := Short(0)
	if a.keys > most { // several lists: not always the same one first
		start = a.start()
	}
	a.blocks = nil
	a.list = &listing{start: start, from: start, last: shortMax, most: most, leaf: -1}
	return a.wantList()
}

func (a *Asker) wantList() Turn {
	w := listWanted{a.list.from, a.list.last, a.list.most, a.chosen}
	return Turn{Write: w.append()}
}

// listen reads a list. SPEC 10.8.
func (a *Asker) listen(body []byte) (Turn, error) {
	l := a.list
	if len(body) < 1 || body[0] > 1 {
		return Turn{}, fmt.Errorf("list of %d bytes that begins with none of 0 and 1", len(body))
	}
	more := body[0] == 1
	shorts, err := readShorts(body[1:])
	if err != nil {
		return Turn{}, err
	}
	if l.listed += len(shorts); l.listed > a.keys {
		return Turn{}, fmt.Errorf("list of %d short ids, want at most %d", l.listed, a.keys)
	}
	if len(shorts) > l.most || more && len(shorts) < l.most {
		return Turn{}, fmt.Errorf("list of %d short ids, with more to come: %t, want %d", len(shorts), more, l.most)
	}
	for _, s := range shorts {
		if s < l.from || s > l.last || !a.chosen.has(s) {
			return Turn{}, fmt.Errorf("list of a short id that was not asked for")
		}
		l.hear(&a.session, s)
	}
	switch {
	case len(l.missing) >= a.most:
		a.more = true
	case more && shorts[len(shorts)-1] < l.last:
		l.from = shorts[len(shorts)-1] + 1
		return a.wantList(), nil
	case l.last == shortMax && l.start > 0:
		l.from, l.last = 0, l.start-1
		return a.wantList(), nil
	}
	return a.learned(l.missing), nil
}

// hear is told a short id of theirs, ascending.
func (l *listing) hear(s *session, theirs Short) {
	if leaf := theirs.Leaf(); leaf != l.leaf {
		l.leaf, l.ours = leaf, s.shortsOf(leaf, l.ours)
	}
	if _, here := slices.BinarySearch(l.ours, theirs); !here {
		l.missing = append(l.missing, theirs)
	}
}

func (a *Asker) learned(missing []Short) Turn {
	a.state = fetching
	a.lacks(missing)
	a.blocks, a.list = nil, nil
	return Turn{Learned: true}
}

// Same reports whether the two sets are the same, as far as both windows go.
func (a *Asker) Same() bool { return a.same }

// More reports whether another session is likely to find more.
func (a *Asker) More() bool { return a.more }

// Have tells the offerer what it lacks and turns the session round, at the end
// instead of Bye: from now on Step is told what it asks for. No message where
// it is not known to lack anything. SPEC 10.10.
func (a *Asker) Have() []byte {
	if a.state != fetching || len(a.found.ours) == 0 {
		return nil
	}
	ours := slices.Clone(a.found.ours)
	slices.Sort(ours)
	ours = ours[:min(len(ours), maxHave)]
	a.state = turned
	return seal(appendShorts(message(sayHave, len(ours)*shortSize), ours))
}
