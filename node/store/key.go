package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"

	"votive/proto/votive"
)

// KeySize is the length of a key between peers, in bytes. SPEC 10.2.
const KeySize = 34

// Key is what frames are sorted by, and named by between peers: expiry day
// and id. SPEC 10.2.
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

// Snapshot is the keys of all frames at one moment. It never changes, and all
// who ask between two changes of the store share one.
type Snapshot struct {
	keys        []Key
	fingerprint func() [sha256.Size]byte
}

func newSnapshot(keys []Key) *Snapshot {
	slices.SortFunc(keys, Key.Compare)
	return &Snapshot{keys, sync.OnceValue(func() [sha256.Size]byte { return fingerprint(keys) })}
}

// Keys is in ascending order, and not to be written to.
func (s *Snapshot) Keys() []Key { return s.keys }

// Has reports whether k is among the keys.
func (s *Snapshot) Has(k Key) bool {
	_, found := slices.BinarySearchFunc(s.keys, k, Key.Compare)
	return found
}

// Fingerprint is the SHA-256 over the keys: equal for equal sets. SPEC 10.2.
func (s *Snapshot) Fingerprint() [sha256.Size]byte { return s.fingerprint() }

func fingerprint(keys []Key) (sum [sha256.Size]byte) {
	const atOnce = 128
	h := sha256.New()
	b := make([]byte, 0, atOnce*KeySize)
	for some := range slices.Chunk(keys, atOnce) {
		b = b[:0]
		for _, k := range some {
			b = k.Append(b)
		}
		h.Write(b)
	}
	h.Sum(sum[:0])
	return sum
}
