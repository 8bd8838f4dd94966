package recon

import "encoding/binary"

const (
	cellSize  = 10      // bytes of a cell
	parts     = 4       // of a block; a key is in one cell of each
	maxPart   = 1 << 13 // cells of a part
	maxBlocks = 4       // for one choice of ranges
	checkBits = 30
	checkMask = 1<<checkBits - 1
)

// cell is the short ids of some keys: their exclusive or, that of their
// checks, and their number, of which the two low bits travel. SPEC 10.7.
type cell struct {
	sum   Short
	check uint32
	count uint32
}

func (c *cell) empty() bool { return c.sum == 0 && c.check == 0 && c.count&3 == 0 }

// block is 4*part cells. Block n is made with its own choice of cells, so that
// blocks can be taken together.
type block struct {
	number int
	part   int
	cells  []cell
}

func newBlock(number, part int) *block { return &block{number, part, make([]cell, parts*part)} }

// draw is the i-th number, from 0, of SplitMix64 with the seed s. (Steele, Lea,
// Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.)
func draw(s Short, i int) uint64 {
	x := uint64(s) + uint64(i+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func checkOf(s Short) uint32 { return uint32(draw(s, 0)) & checkMask }

// places are the cells of the block that s is in, one in each part.
func (b *block) places(s Short) (i, j, k, l uint64) {
	x, y, n := draw(s, 2*b.number+1), draw(s, 2*b.number+2), uint64(b.part)
	i = x >> 32 * n >> 32
	j = x&(1<<32-1)*n>>32 + n
	k = y>>32*n>>32 + 2*n
	l = y&(1<<32-1)*n>>32 + 3*n
	return i, j, k, l
}

// puts reports whether s is in that cell.
func (b *block) puts(s Short, cell uint64) bool {
	i, j, k, l := b.places(s)
	return cell == i || cell == j || cell == k || cell == l
}

// add puts s into its cells; count is 1, or -1 to take it out of them.
func (b *block) add(s Short, check, count uint32) {
	i, j, k, l := b.places(s)
	b.cells[i].add(s, check, count)
	b.cells[j].add(s, check, count)
	b.cells[k].add(s, check, count)
	b.cells[l].add(s, check, count)
}

func (c *cell) add(s Short, check, count uint32) {
	c.sum ^= s
	c.check ^= check
	c.count += count
}

// fill adds the keys of the chosen leaves.
func (b *block) fill(set *Snapshot, key *secret, chosen ranges) {
	for i := range chosen.leaves() {
		for keys := set.leaves[i].keys; len(keys) >= KeySize; keys = keys[KeySize:] {
			s := key.short(keys[idAt:KeySize])
			b.add(s, checkOf(s), 1)
		}
	}
}

func (b *block) append(to []byte) []byte {
	for i := range b.cells {
		c := &b.cells[i]
		to = c.sum.append(to)
		to = binary.BigEndian.AppendUint32(to, c.count<<checkBits|c.check)
	}
	return to
}

// subtract takes b out of what a peer sent for the same block.
func (b *block) subtract(theirs []byte) {
	for i := range b.cells {
		c, t := &b.cells[i], theirs[i*cellSize:]
		last := binary.BigEndian.Uint32(t[shortSize:])
		c.sum ^= readShort(t)
		c.check ^= last & checkMask
		c.count = last>>checkBits - c.count
	}
}

// difference is what has been found of the difference of two sets.
type difference struct {
	theirs, ours []Short
	seen         map[Short]bool
}

// solve takes out of the blocks, which hold the difference of two sets, what it
// can, and reports whether nothing is left. Each key found costs a constant,
// and no more are found than there are cells.
func (d *difference) solve(blocks []*block, chosen ranges) bool {
	type spot struct {
		block int
		cell  uint64
	}
	var open []spot
	total := 0
	for i, b := range blocks {
		total += len(b.cells)
		for j := range b.cells {
			open = append(open, spot{i, uint64(j)})
		}
	}
	if d.seen == nil {
		d.seen = make(map[Short]bool)
	}
	for len(open) > 0 && len(d.seen) < total {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		c := blocks[at.block].cells[at.cell] // as it was found
		if c.count&1 == 0 || c.check != checkOf(c.sum) || d.seen[c.sum] || !chosen.has(c.sum) ||
			!blocks[at.block].puts(c.sum, at.cell) {
			continue
		}
		d.seen[c.sum] = true
		out := ^uint32(0)
		if c.count&3 == 1 {
			d.theirs = append(d.theirs, c.sum)
		} else {
			d.ours = append(d.ours, c.sum)
			out = 1
		}
		for i, b := range blocks {
			b.add(c.sum, c.check, out)
			p, q, r, s := b.places(c.sum)
			open = append(open, spot{i, p}, spot{i, q}, spot{i, r}, spot{i, s})
		}
	}
	for _, b := range blocks {
		for i := range b.cells {
			if !b.cells[i].empty() {
				return false
			}
		}
	}
	return true
}

// catchUp takes out of a new block what has been found before.
func (d *difference) catchUp(b *block) {
	for _, s := range d.theirs {
		b.add(s, checkOf(s), ^uint32(0))
	}
	for _, s := range d.ours {
		b.add(s, checkOf(s), 1)
	}
}
