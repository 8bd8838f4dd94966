package recon

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"sync/atomic"
)

// A set is cut into leaves by the first bits of the ids. SPEC 10.2.
const (
	leafBits = 10
	leaves   = 1 << leafBits
)

// leafOf is the number of the leaf that an id is in.
func leafOf(id []byte) int { return int(binary.BigEndian.Uint16(id) >> (16 - leafBits)) }

// Set is the keys of the frames that a node has. It belongs to one goroutine,
// or to whoever holds the lock of its owner; what Snapshot gives does not.
//
// A key takes its 35 bytes and what an allocation of some KiB wastes: about 42
// bytes in all, where there are many. Insert and Remove move half a leaf, a
// 2,048th of the set, and copy it first where a snapshot shares it.
type Set struct {
	leaves   [leaves]*leaf
	n        int
	version  uint64 // one more with each snapshot
	snapshot *Snapshot
}

// leaf is the keys whose ids begin alike. It is never changed once a snapshot
// shares it, but for its sum, which anybody may fill in.
type leaf struct {
	keys    []byte // ascending, KeySize bytes each
	first   uint16 // the day on which the first key expires
	version uint64 // of the set, when it was made
	sum     atomic.Pointer[sum]
}

var noKeys = &leaf{first: math.MaxUint16}

func (l *leaf) len() int { return len(l.keys) / KeySize }

// at is the i-th key, as a view.
func (l *leaf) at(i int) []byte { return l.keys[i*KeySize : (i+1)*KeySize] }

// find is where k is, or would be.
func (l *leaf) find(k []byte) (int, bool) {
	low, high := 0, l.len()
	for low < high {
		middle := int(uint(low+high) >> 1)
		switch c := bytes.Compare(l.at(middle), k); {
		case c == 0:
			return middle, true
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

// NewSet is the set of these keys, in whatever order they come and however
// often. It takes least time for keys in the order of the store, by expiry day
// and id.
func NewSet(keys iter.Seq[Key]) *Set {
	s := &Set{}
	for i := range s.leaves {
		s.leaves[i] = noKeys
	}
	if keys == nil {
		return s
	}
	for k := range keys {
		at := leafOf(k[idAt:])
		l := s.leaves[at]
		if l == noKeys {
			l = &leaf{first: math.MaxUint16}
			s.leaves[at] = l
		}
		l.keys = append(l.keys, k[:]...)
		l.first = min(l.first, k.Expiry())
	}
	var order []place
	for _, l := range s.leaves {
		order = l.sort(order)
		s.n += l.len()
	}
	return s
}

// place is where a key is, and its first 8 bytes.
type place struct {
	head uint64
	at   int32
}

// sort puts the keys of a leaf into order, once each, in as much room as they
// need. It uses the memory of order, which it gives back.
func (l *leaf) sort(order []place) []place {
	if l.len() == 0 {
		return order
	}
	order = order[:0]
	for i := range l.len() {
		order = append(order, place{binary.BigEndian.Uint64(l.at(i)), int32(i)})
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return bytes.Compare(l.at(int(a.at)), l.at(int(b.at)))
	})
	sorted := make([]byte, 0, len(l.keys))
	for i, p := range order {
		if k := l.at(int(p.at)); i == 0 || !bytes.Equal(k, sorted[len(sorted)-KeySize:]) {
			sorted = append(sorted, k...)
		}
	}
	l.keys = sorted
	return order
}

// Len is how many keys there are.
func (s *Set) Len() int { return s.n }

// Has reports whether k is in the set.
func (s *Set) Has(k Key) bool {
	_, found := s.leaves[leafOf(k[idAt:])].find(k[:])
	return found
}

// Insert puts k into the set, and reports whether it was not there.
func (s *Set) Insert(k Key) bool {
	at := leafOf(k[idAt:])
	i, found := s.leaves[at].find(k[:])
	if found {
		return false
	}
	l := s.own(at, 1)
	end := len(l.keys)
	l.keys = l.keys[:end+KeySize]
	copy(l.keys[(i+1)*KeySize:], l.keys[i*KeySize:end])
	copy(l.keys[i*KeySize:], k[:])
	l.first = min(l.first, k.Expiry())
	s.n++
	return true
}

// Remove takes k out of the set, and reports whether it was there.
func (s *Set) Remove(k Key) bool {
	at := leafOf(k[idAt:])
	i, found := s.leaves[at].find(k[:])
	if !found {
		return false
	}
	l := s.own(at, 0)
	l.keys = append(l.keys[:i*KeySize], l.keys[(i+1)*KeySize:]...)
	if l.first == k.Expiry() {
		l.first = l.earliest()
	}
	s.n--
	return true
}

// earliest is the first day on which a key of the leaf expires.
func (l *leaf) earliest() uint16 {
	day := uint16(math.MaxUint16)
	for i := range l.len() {
		day = min(day, expiryOf(l.at(i)))
	}
	return day
}

func expiryOf(k []byte) uint16 { return binary.BigEndian.Uint16(k[expiryAt:]) }

// own is the leaf at that place, about to be changed, with room for so many
// keys more: as it is, or a copy where a snapshot shares it or room is short.
// The room is a 16th: append would take a quarter.
func (s *Set) own(at, more int) *leaf {
	s.snapshot = nil
	l := s.leaves[at]
	need := len(l.keys) + more*KeySize
	shared := l == noKeys || l.version != s.version
	if shared || need > cap(l.keys) || need < cap(l.keys)/2 {
		room := need + need/16 + KeySize
		keys := append(make([]byte, 0, room), l.keys...)
		if shared {
			l = &leaf{first: l.first, version: s.version}
			s.leaves[at] = l
		}
		l.keys = keys
	}
	l.sum.Store(nil)
	return l
}

// Snapshot is the set as it is now. It costs a copy of the leaves' places, 8
// KiB, where the set has changed since the last, and a copy of each leaf that
// is changed afterwards.
func (s *Set) Snapshot() *Snapshot {
	if s.snapshot == nil {
		s.snapshot = &Snapshot{leaves: s.leaves, n: s.n}
		s.version++
	}
	return s.snapshot
}
