package recon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Turn is what is to be done after a message.
type Turn struct {
	// Write is a message to be written as it is; nil for none.
	Write []byte

	// Send is the frames that were asked for, in this order: each is answered
	// with the byte 1 and the frame, or with 0 where it is not there (any
	// longer). The zero ID is never there. SPEC 10.9.
	Send []ID

	// Learned says that the next word is this side's: what it lacks is known,
	// and it may Fetch, and has to end with Bye (an Asker with Have or Bye).
	Learned bool

	// Over says that nothing more comes, and nothing more is to be written.
	Over bool
}

// errOrder is about a message that is right and comes at the wrong time.
var errOrder = errors.New("message out of turn")

// session is what both sides have: the sets to be compared, and what was
// found. It belongs to one goroutine.
type session struct {
	whole  *Snapshot
	own    Window
	set    *Snapshot // the part of whole that is in both windows
	window Window
	level  int
	key    *secret
	budget int // keys that the peer may still have looked at

	missing []Short // ascending
	gone    []bool  // of these: asked for, or come by other ways
	drawn   uint64  // how often start was asked
	left    int     // not gone
}

// A peer may have every key looked at so often, with some to spare in a small
// set, and as many more for each frame it asks for. An honest one has a key
// looked at once in each block, once in a list, and for frames a leaf at most.
const (
	budgetPerKey   = maxBlocks + 4
	budgetSpare    = 1 << 16
	budgetPerFrame = 1 << 13
)

// meet is called when both nonces and windows are known.
func (s *session) meet(asker, offerer Nonce, other Window, level int) {
	s.window = s.own.Join(other)
	s.set = s.whole.Within(s.window)
	s.level = level
	s.key = newSecret(asker, offerer)
	s.budget = budgetPerKey*s.set.Len() + budgetSpare
}

func (s *session) spend(keys int) error {
	if s.budget -= keys; s.budget < 0 {
		return errors.New("peer asks for too much work")
	}
	return nil
}

// Window is which frames the session is about, once the peer has told its own.
func (s *session) Window() Window { return s.window }

// Short is the short id of a frame, once the session has a key. Whoever fetches
// MUST compare it with what was asked for: SPEC 10.9.
func (s *session) Short(id ID) Short { return s.key.short(id[:]) }

// lacks sets what is missing. Each fetch begins anywhere, so that a node that
// asks several peers at once, which say things in other words to each, is
// seldom brought the same frame twice: two that went on in order would meet,
// and go on side by side.
func (s *session) lacks(missing []Short) {
	slices.Sort(missing)
	s.missing = slices.Compact(missing)
	s.gone = make([]bool, len(s.missing))
	s.left = len(s.missing)
}

// start is a short id that depends on the key alone, another one each time.
func (s *session) start() Short {
	s.drawn++
	var d sum
	binary.BigEndian.PutUint64(d[:], s.drawn)
	return Short(s.key.mac(&d)) & shortMax
}

// Missing is how many frames are still to be fetched.
func (s *session) Missing() int { return s.left }

// Drop says that the frame with this id is not to be fetched any more: it has
// come from elsewhere, or is of no use. It reports whether it would have been.
func (s *session) Drop(id ID) bool {
	if s.left == 0 {
		return false
	}
	i, found := slices.BinarySearch(s.missing, s.Short(id))
	if !found || s.gone[i] {
		return false
	}
	s.gone[i] = true
	s.left--
	return true
}

// Fetch gives the next of what is missing, at most so many and at most
// MaxFetch, and the message that asks for them. Each is given once. The answer
// is as many answers, in this order. Those in leaves that busy reports are left
// for later; nil stands for none. No message where nothing else is missing.
func (s *session) Fetch(most int, busy func(leaf int) bool) ([]byte, []Short) {
	var some []Short
	most = min(most, MaxFetch, s.left)
	if most <= 0 {
		return nil, nil
	}
	at, _ := slices.BinarySearch(s.missing, s.start())
	for i := range s.missing {
		at := (at + i) % len(s.missing)
		if len(some) == most || len(some) > 0 && s.missing[at] < some[0] {
			break // what is asked for ascends
		}
		if !s.gone[at] && (busy == nil || !busy(s.missing[at].Leaf())) {
			s.gone[at] = true
			s.left--
			some = append(some, s.missing[at])
		}
	}
	if len(some) == 0 {
		return nil, nil
	}
	return seal(appendShorts(message(sayFetch, len(some)*shortSize), some)), some
}

// Bye is the message that ends a session, for whoever fetches.
func (s *session) Bye() []byte { return message(sayBye, 0) }

// asked reads a fetch. SPEC 10.9.
func (s *session) asked(body []byte) (Turn, error) {
	shorts, err := readShorts(body)
	if err != nil {
		return Turn{}, err
	}
	if len(shorts) == 0 {
		return Turn{}, errors.New("fetch of no frames")
	}
	s.budget += budgetPerFrame * len(shorts)
	ids := make([]ID, len(shorts))
	for i := 0; i < len(shorts); {
		l := s.set.leaves[shorts[i].Leaf()]
		end := i + 1
		for end < len(shorts) && shorts[end].Leaf() == shorts[i].Leaf() {
			end++
		}
		if err := s.spend(l.len()); err != nil {
			return Turn{}, err
		}
		for j := range l.len() {
			id := l.at(j)[idAt:]
			if at, found := slices.BinarySearch(shorts[i:end], s.key.short(id)); found {
				ids[i+at] = ID(id)
			}
		}
		i = end
	}
	return Turn{Send: ids}, nil
}

// cells makes a block of this side's keys.
func (s *session) cells(number, part int, chosen ranges) *block {
	b := newBlock(number, part)
	b.fill(s.set, s.key, chosen)
	return b
}

// count is how many keys there are in the chosen ranges.
func (s *session) count(chosen ranges) (n int) {
	for i := range chosen.leaves() {
		n += s.set.leaves[i].len()
	}
	return n
}

// shortsOf gives the short ids of a leaf, ascending, in the memory of some.
func (s *session) shortsOf(leaf int, some []Short) []Short {
	some = some[:0]
	l := s.set.leaves[leaf]
	for i := range l.len() {
		some = append(some, s.key.short(l.at(i)[idAt:]))
	}
	slices.Sort(some)
	return slices.Compact(some)
}

func unexpected(kind byte) error { return fmt.Errorf("%w: %d", errOrder, kind) }
