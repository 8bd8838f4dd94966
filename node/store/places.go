package store

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"votive/proto/votive"
)

// places says where in arrivals a frame is: a hash table of 4-byte positions,
// with linear probing. A Go map would hold each id a second time, and touching
// that memory took a tenth of the time of opening a full store.
type places struct {
	slots []uint32 // position+1, or 0 for none; a power of two of them
	n     int
	odd   uint64 // random: who makes frames cannot choose where they fall
}

func newPlaces(room int) places {
	size := 1 << bits.Len(uint(max(room+room/3, 16))) // at most three quarters full
	return places{slots: make([]uint32, size), odd: rand.Uint64() | 1}
}

// home is the slot at which to begin to look.
func (p *places) home(id *votive.ID) int {
	return int(binary.LittleEndian.Uint64(id[:]) * p.odd >> (64 - bits.Len(uint(len(p.slots)-1))))
}

// slot is the one of id, or the free one where it would be.
func (p *places) slot(id *votive.ID, in []arrival) int {
	i := p.home(id)
	for p.slots[i] != 0 && in[p.slots[i]-1].ID != *id {
		i = (i + 1) & (len(p.slots) - 1)
	}
	return i
}

// find is the position of id in arrivals, if it is there.
func (p *places) find(id votive.ID, in []arrival) (position int, ok bool) {
	at := p.slots[p.slot(&id, in)]
	return int(at) - 1, at != 0
}

// put says that the entry at this position is there.
func (p *places) put(position int, in []arrival) {
	if 4*(p.n+1) > 3*len(p.slots) {
		p.rebuild(2*p.n, in)
	}
	i := p.slot(&in[position].ID, in)
	if p.slots[i] == 0 {
		p.n++
	}
	p.slots[i] = uint32(position) + 1
}

// remove takes out the entry at this position, which is still in arrivals. No
// mark is left: those behind it that had to give way move up.
func (p *places) remove(position int, in []arrival) {
	mask := len(p.slots) - 1
	free := p.slot(&in[position].ID, in)
	for i := (free + 1) & mask; p.slots[i] != 0; i = (i + 1) & mask {
		home := p.home(&in[p.slots[i]-1].ID)
		if (i-home)&mask >= (i-free)&mask {
			p.slots[free], free = p.slots[i], i
		}
	}
	p.slots[free] = 0
	p.n--
}

// rebuild makes the table anew, with room for so many, of what it has.
func (p *places) rebuild(room int, in []arrival) {
	old := p.slots
	*p = newPlaces(room)
	for _, at := range old {
		if at != 0 {
			p.slots[p.slot(&in[at-1].ID, in)] = at
			p.n++
		}
	}
}
