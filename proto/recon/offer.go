package recon

import (
	"errors"
)

// Offerer is the side that is asked. It belongs to one goroutine.
type Offerer struct {
	session
	nonce Nonce
	state state
}

type state uint8

const (
	greeting  state = iota // no word has been said, or only the hello
	comparing              // tags are known, cells and lists are asked for
	fetching               // frames are asked for
	turned                 // the other side asks for frames
	over
)

// Offer begins the offerer's side: with the set that it serves, which frames it
// takes part with, and a random nonce that nobody was told yet.
func Offer(set *Snapshot, w Window, nonce Nonce) *Offerer {
	return &Offerer{session: session{whole: set, own: w}, nonce: nonce}
}

// Step is told what the asker wrote, one whole message, and says what is to be
// done. After an error, which is always the peer's fault, there is nothing
// more.
func (o *Offerer) Step(msg []byte) (Turn, error) {
	kind, body, err := split(msg)
	if err != nil {
		return o.refuse(err)
	}
	var turn Turn
	switch {
	case o.state == greeting && kind == sayHello:
		turn, err = o.greet(body)
	case o.state == comparing && kind == wantCells:
		turn, err = o.fill(body)
	case o.state == comparing && kind == wantList:
		turn, err = o.list(body)
	case (o.state == comparing || o.state == fetching) && kind == sayFetch:
		o.state = fetching
		turn, err = o.asked(body)
	case (o.state == comparing || o.state == fetching) && kind == sayHave:
		turn, err = o.turn(body)
	case (o.state == comparing || o.state == fetching) && kind == sayBye:
		o.state, turn.Over = over, true
	default:
		err = unexpected(kind)
	}
	if err != nil {
		return o.refuse(err)
	}
	return turn, nil
}

func (o *Offerer) refuse(err error) (Turn, error) {
	o.state = over
	return Turn{}, err
}

// greet answers a hello: that the sets are the same, or with tags. SPEC 10.4,
// 10.6.
func (o *Offerer) greet(body []byte) (Turn, error) {
	h, err := readHello(body)
	if err != nil {
		return Turn{}, err
	}
	o.meet(h.nonce, o.nonce, h.window, h.level)
	// What the asker hashed is in its own window, so that sets in a smaller
	// one are found to be the same by their tags.
	if o.window == h.window && o.set.Fingerprint() == h.sum {
		o.state = over
		return Turn{Write: message(saySame, 0), Over: true}, nil
	}
	o.state = comparing
	t := tags{o.nonce, o.own, o.set.Len(), o.key.tagsOf(o.set, o.level)}
	return Turn{Write: t.append()}, nil
}

// fill answers with a block of cells. SPEC 10.7.
func (o *Offerer) fill(body []byte) (Turn, error) {
	w, err := readCellsWanted(body, o.level)
	if err != nil {
		return Turn{}, err
	}
	if err := o.spend(o.count(w.chosen) + w.part); err != nil {
		return Turn{}, err
	}
	b := o.cells(w.number, w.part, w.chosen)
	return Turn{Write: seal(b.append(message(sayCells, len(b.cells)*cellSize)))}, nil
}

// list answers with short ids. SPEC 10.8.
func (o *Offerer) list(body []byte) (Turn, error) {
	w, err := readListWanted(body, o.level)
	if err != nil {
		return Turn{}, err
	}
	if err := o.spend(leaves); err != nil { // one that finds nothing costs too
		return Turn{}, err
	}
	listed, more := []Short(nil), byte(0)
	var some []Short
	for i := range w.chosen.leaves() {
		if i < w.from.Leaf() || i > w.last.Leaf() || more == 1 {
			continue
		}
		if err := o.spend(o.set.leaves[i].len()); err != nil {
			return Turn{}, err
		}
		some = o.shortsOf(i, some)
		for _, s := range some {
			if s < w.from || s > w.last {
				continue
			}
			if len(listed) == w.most {
				more = 1
				break
			}
			listed = append(listed, s)
		}
	}
	out := append(message(sayList, 1+len(listed)*shortSize), more)
	return Turn{Write: seal(appendShorts(out, listed))}, nil
}

// turn is told what the asker has and this side lacks; now this side fetches.
// SPEC 10.10.
func (o *Offerer) turn(body []byte) (Turn, error) {
	shorts, err := readShorts(body)
	if err != nil {
		return Turn{}, err
	}
	if len(shorts) == 0 {
		return Turn{}, errors.New("have of no frames")
	}
	o.state = turned
	o.lacks(shorts)
	return Turn{Learned: true}, nil
}
