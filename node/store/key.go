package store

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"votive/proto/votive"
)

// KeySize is the length of a Key, in bytes.
const KeySize = 34

// Key is what frames are sorted by on disk: expiry day and id, so that those of
// a day lie and die together.
type Key struct {
	Expiry votive.Day
	ID     votive.ID
}

// Append appends the 34 bytes of the key to b.
func (k Key) Append(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(k.Expiry)), k.ID[:]...)
}

// Compare is -1, 0 or 1 as k is less than, equal to or greater than other: the
// order of their bytes.
func (k Key) Compare(other Key) int {
	if c := cmp.Compare(k.Expiry, other.Expiry); c != 0 {
		return c
	}
	return bytes.Compare(k.ID[:], other.ID[:])
}
