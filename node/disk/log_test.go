package disk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
)

// chunk is a whole chunk of a log, of the kind that carries an offset.
func chunk(number uint32, record []byte) []byte {
	b := make([]byte, 19, 19+len(record))
	binary.LittleEndian.PutUint16(b[4:], uint16(len(record)))
	b[6] = 9
	binary.LittleEndian.PutUint32(b[7:], number)
	b = append(b, record...)
	sum := crc32.Checksum(b[6:], castagnoli)
	binary.LittleEndian.PutUint32(b, (sum>>15|sum<<17)+0xa282ead8)
	return b
}

func TestIsBroken(t *testing.T) {
	whole := chunk(5, make([]byte, 20_000))
	other := chunk(5, []byte("other"))
	stale := chunk(3, make([]byte, 10_000))
	last := chunk(6, nil) // as Pebble ends a log
	block := append(slices.Clone(whole), make([]byte, logBlock-len(whole))...)
	for _, c := range []struct {
		what string
		log  []byte
		want bool
	}{
		{"nothing", nil, false},
		{"whole", slices.Concat(whole, other, other), false},
		{"whole, ended", slices.Concat(whole, last), false},
		{"whole, in a file used before", slices.Concat(whole, last, stale), false},
		{"cut", whole[:len(whole)-1], false},
		{"cut, with room behind", slices.Concat(whole[:100], make([]byte, 1<<16)), false},
		{"cut, in a file used before", slices.Concat(whole[:100], stale), false},
		{"a byte at the end", slices.Concat(other, flip(19)(slices.Clone(other))), false},
		{"a byte in the middle", slices.Concat(flip(19)(slices.Clone(other)), other), true},
		{"a length in the middle", slices.Concat(other, flip(5)(slices.Clone(other)), other), true},
		{"a block lost", slices.Concat(block[:16], make([]byte, logBlock-16), other), true},
		{"another number, then whole", slices.Concat(stale, other), true},
	} {
		if got := isBroken(bytes.NewReader(c.log), 5); got != c.want {
			t.Errorf("isBroken(%s) = %t, want %t", c.what, got, c.want)
		}
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[at] ^= 0x55; return b }
}
