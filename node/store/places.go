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
	cells []uint32 // position+1, or 0 for none; a power of two of them
	n     int
	odd   uint64 // random: who makes frames cannot choose where they fall
}

func newPlaces(room int) places {
	size := 1 << bits.Len(uint(max(room+room/3, 16))) // at most three quarters full
	return places{cells: make([]uint32, size), odd: rand.Uint64() | 1}
}

// home is the cell at which to begin to look.
func (p *places) home(id *votive.ID) int {
	return int(binary.LittleEndian.Uint64(id[:]) * p.odd >> (64 - bits.Len(uint(len(p.cells)-1))))
}

// cell is the one of id, or the free one where it would be.
func (p *places) cell(id *votive.ID, in []arrival) int {
	i := p.home(id)
	for p.cells[i] != 0 && in[p.cells[i]-1].ID != *id {
		i = (i + 1) & (len(p.cells) - 1)
	}
	return i
}

// find is the position of id in arrivals, if it is there.
func (p *places) find(id votive.ID, in []arrival) (position int, ok bool) {
	at := p.cells[p.cell(&id, in)]
	return int(at) - 1, at != 0
}

// put says that the entry at this position is there.
func (p *places) put(position int, in []arrival) {
	if 4*(p.n+1) > 3*len(p.cells) {
		p.rebuild(2*p.n, in)
	}
	i := p.cell(&in[position].ID, in)
	if p.cells[i] == 0 {
		p.n++
	}
	p.cells[i] = uint32(position) + 1
}

// remove takes out the entry at this position, which is still in arrivals. No
// mark is left: those behind it that had to give way move up.
func (p *places) remove(position int, in []arrival) {
	mask := len(p.cells) - 1
	free := p.cell(&in[position].ID, in)
	for i := (free + 1) & mask; p.cells[i] != 0; i = (i + 1) & mask {
		home := p.home(&in[p.cells[i]-1].ID)
		if (i-home)&mask >= (i-free)&mask {
			p.cells[free], free = p.cells[i], i
		}
	}
	p.cells[free] = 0
	p.n--
}

// rebuild makes the table anew, with room for so many, of what it has.
func (p *places) rebuild(room int, in []arrival) {
	old := p.cells
	*p = newPlaces(room)
	for _, at := range old {
		if at != 0 {
			p.cells[p.cell(&in[at-1].ID, in)] = at
			p.n++
		}
	}
}
