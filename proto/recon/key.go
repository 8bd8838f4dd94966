package recon

import (
	"bytes"
	"encoding/binary"
)

// IDSize is the length of a frame id, in bytes.
const IDSize = 32

// ID is a frame id: a SHA-256. SPEC 2.3.
type ID = [IDSize]byte

// KeySize is the length of a Key, in bytes.
const KeySize = 1 + 2 + IDSize

const (
	expiryAt = 1
	idAt     = 3
)

// Key is the tuple (rank, expiry day, id) of a frame: 1, 2 and 32 bytes, so
// that the order of tuples is the order of their bytes. SPEC 2.8, 10.2.
type Key [KeySize]byte

// MakeKey is the key of the frame with this rank, expiry day and id.
func MakeKey(rank uint8, expiry uint16, id ID) (k Key) {
	k[0] = rank
	binary.BigEndian.PutUint16(k[expiryAt:], expiry)
	copy(k[idAt:], id[:])
	return k
}

// Rank is the rank of the frame.
func (k Key) Rank() uint8 { return k[0] }

// Expiry is the day with whose midnight the frame dies.
func (k Key) Expiry() uint16 { return expiryOf(k[:]) }

// ID is the frame's id.
func (k Key) ID() ID { return ID(k[idAt:]) }

// Compare is -1, 0 or 1 as k is less than, equal to or greater than other.
func (k Key) Compare(other Key) int { return bytes.Compare(k[:], other[:]) }

// Window is which frames a node takes part with: those greater than its Floor
// that do not expire before First. The zero Window is all of them. SPEC 10.3.
type Window struct {
	Floor Key
	First uint16
}

// Join is the frames that are in both windows.
func (w Window) Join(other Window) Window {
	if other.Floor.Compare(w.Floor) > 0 {
		w.Floor = other.Floor
	}
	w.First = max(w.First, other.First)
	return w
}

// Has reports whether k is in the window.
func (w Window) Has(k Key) bool { return k.Compare(w.Floor) > 0 && k.Expiry() >= w.First }
