package recon

import (
	"iter"
	"math/bits"
)

// The leaves are compared in 1<<level ranges, as many to each. The asker
// chooses the level: more ranges confine the work better, and cost 2 bytes
// each. SPEC 10.6.
const (
	minLevel = 4
	maxLevel = leafBits
)

// ranges is a choice of the 1<<level ranges: a bit for each, in bytes, the
// first in the highest bit of the first byte.
type ranges struct {
	level int
	bits  []byte
}

func newRanges(level int) ranges { return ranges{level, make([]byte, 1<<level/8)} }

func (r ranges) add(i int)        { r.bits[i/8] |= 0x80 >> (i % 8) }
func (r ranges) holds(i int) bool { return r.bits[i/8]&(0x80>>(i%8)) != 0 }

// len is how many ranges are chosen.
func (r ranges) len() (n int) {
	for _, b := range r.bits {
		n += bits.OnesCount8(b)
	}
	return n
}

// has reports whether s is in one of the chosen ranges.
func (r ranges) has(s Short) bool { return s <= shortMax && r.holds(s.Leaf()>>(leafBits-r.level)) }

// leaves gives the numbers of the leaves in the chosen ranges, ascending.
func (r ranges) leaves() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range leaves {
			if r.holds(i>>(leafBits-r.level)) && !yield(i) {
				return
			}
		}
	}
}
