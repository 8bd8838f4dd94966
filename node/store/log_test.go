package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"testing"

	"votive/proto/votive"
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

// Whatever is on disk: nothing panics, and what is found are frames.
func FuzzRuins(f *testing.F) {
	whole := named["16+6"]()
	frame := whole.Bytes()
	f.Add(frame, 0)
	f.Add(slices.Concat(chunk(5, frame), chunk(5, frame[:100])), 7)
	f.Add([]byte{0, 0, 0, 0, 3, 0, 9}, 4)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		isBroken(bytes.NewReader(b), uint32(at))
		if len(b) > len(headerPrefix) {
			_, _ = parseHeaderRow(b, b)
		}
		_, _ = parseFloor(b)
		// A frame among it is found.
		at = max(at, 0) % (len(b) + 1)
		for _, r := range []io.Reader{
			bytes.NewReader(slices.Concat(b[:at], frame, b[at:])),
			&logBytes{r: bytes.NewReader(slices.Concat(chunk(5, frame), b))},
		} {
			var found []votive.ID
			err := carve(context.Background(), r, func(f votive.Frame) error { found = append(found, f.ID()); return nil })
			if err != nil || !slices.Contains(found, whole.ID()) {
				t.Errorf("carve() found %d frames, %v, want the one that is there", len(found), err)
			}
		}
	})
}
