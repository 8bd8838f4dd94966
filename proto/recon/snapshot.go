package recon

import (
	"bytes"
	"crypto/sha256"
	"iter"
	"math"
	"sync/atomic"
)

type sum = [sha256.Size]byte

// Snapshot is a set of keys that never changes. Any goroutine may use it.
type Snapshot struct {
	leaves [leaves]*leaf
	n      int
	sum    atomic.Pointer[sum]
}

// Len is how many keys there are.
func (s *Snapshot) Len() int { return s.n }

// Keys gives the keys leaf by leaf: ascending in each.
func (s *Snapshot) Keys() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		for _, l := range s.leaves {
			for i := range l.len() {
				if !yield(Key(l.at(i))) {
					return
				}
			}
		}
	}
}

// Has reports whether k is in the set.
func (s *Snapshot) Has(k Key) bool {
	_, found := s.leaves[leafOf(k[idAt:])].find(k[:])
	return found
}

// Fingerprint is the same for the same keys, and for others is not to be had:
// a SHA-256 over those of the leaves. It costs a hash of each leaf that has
// changed since it was last asked for. SPEC 10.2.
func (s *Snapshot) Fingerprint() [32]byte {
	if known := s.sum.Load(); known != nil {
		return *known
	}
	made := s.digest(0, leaves)
	s.sum.Store(&made)
	return made
}

// digest is the SHA-256 over the sums of the leaves from one number up to and
// without another. SPEC 10.2.
func (s *Snapshot) digest(from, to int) (made sum) {
	h := sha256.New()
	for _, l := range s.leaves[from:to] {
		h.Write(l.digest()[:])
	}
	h.Sum(made[:0])
	return made
}

// digest is the SHA-256 over the keys.
func (l *leaf) digest() *sum {
	known := l.sum.Load()
	if known == nil {
		made := sha256.Sum256(l.keys)
		known = &made
		l.sum.Store(known) // the same, whoever comes last
	}
	return known
}

// Within is the part of s that is in the window. It shares what it can with s;
// leaves out of which something falls are to be hashed again.
func (s *Snapshot) Within(w Window) *Snapshot {
	part := &Snapshot{leaves: s.leaves}
	same := true
	for i, l := range s.leaves {
		if r := l.within(w); r != l {
			part.leaves[i], same = r, false
		}
		part.n += part.leaves[i].len()
	}
	if same {
		return s
	}
	return part
}

func (l *leaf) within(w Window) *leaf {
	if len(l.keys) == 0 {
		return l
	}
	if bytes.Compare(l.at(0), w.Floor[:]) <= 0 {
		i, found := l.find(w.Floor[:])
		if found {
			i++
		}
		l = &leaf{keys: l.keys[i*KeySize:]}
		l.first = l.earliest()
	}
	if l.first >= w.First {
		return l
	}
	alive := &leaf{first: math.MaxUint16}
	for i := range l.len() {
		k := l.at(i)
		if day := expiryOf(k); day >= w.First {
			alive.keys = append(alive.keys, k...)
			alive.first = min(alive.first, day)
		}
	}
	return alive
}
