package recon

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
)

// NonceSize is the length of a nonce, in bytes.
const NonceSize = 16

// Nonce is what a side gives to the key of a session. It is random, made for
// this session, and told after the set is chosen.
type Nonce [NonceSize]byte

const (
	shortSize = 6                      // bytes of a short id
	tailBits  = shortSize*8 - leafBits // of it are under the key
	tailMask  = Short(1)<<tailBits - 1 // which are the low ones
	shortMax  = Short(1)<<(8*shortSize) - 1
)

// Short is a short id, of 48 bits: the number of the leaf in the 10 high bits,
// and 38 bits that nobody can tell without the key of the session. SPEC 10.5.
type Short uint64

// Leaves is the number of leaves that ids are cut into. SPEC 10.2.
const Leaves = leaves

// Leaf is the leaf of the id that s is short for: what the short ids of one
// frame have in common in all sessions.
func (s Short) Leaf() int { return int(s >> tailBits) }

func (s Short) append(b []byte) []byte {
	return append(b, byte(s>>40), byte(s>>32), byte(s>>24), byte(s>>16), byte(s>>8), byte(s))
}

func readShort(b []byte) Short {
	return Short(binary.BigEndian.Uint16(b))<<32 | Short(binary.BigEndian.Uint32(b[2:]))
}

// secret is the key of a session. It belongs to one goroutine.
type secret struct {
	shorts, tags cipher.Block
	buf          [aes.BlockSize]byte
}

// newSecret takes both nonces. SPEC 10.5.
func newSecret(asker, offerer Nonce) *secret {
	h := sha256.New()
	for _, part := range []string{"votive-catchup-1", string(asker[:]), string(offerer[:])} {
		h.Write(binary.AppendUvarint(nil, uint64(len(part)))) // SPEC 1.2
		h.Write([]byte(part))
	}
	key := h.Sum(nil)
	return &secret{shorts: aesOf(key[:16]), tags: aesOf(key[16:])}
}

func aesOf(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // 16 bytes are a key
	}
	return b
}

// short looks at the first half of the id only: one block of AES is a
// pseudorandom permutation of 16 bytes. Two ids whose halves are the same cost
// 2^64 hashes to find, and hide one of the two frames of who found them; one
// that has the half of another's frame costs 2^128.
func (s *secret) short(id []byte) Short {
	s.shorts.Encrypt(s.buf[:], id[:16])
	return Short(leafOf(id))<<tailBits | Short(binary.BigEndian.Uint64(s.buf[:]))&tailMask
}

// mac is the first 8 bytes of the CBC-MAC of a digest: a pseudorandom function
// of inputs that are all of one length.
func (s *secret) mac(d *sum) uint64 {
	s.tags.Encrypt(s.buf[:], d[:16])
	for i := range s.buf {
		s.buf[i] ^= d[16+i]
	}
	s.tags.Encrypt(s.buf[:], s.buf[:])
	return binary.BigEndian.Uint64(s.buf[:])
}

// A tag is what a side tells of a range of leaves: 10 bits of its digest under
// the key, and the number of keys modulo 64. SPEC 10.6.
const (
	tagSize   = 2
	countBits = 6
	countMask = 1<<countBits - 1
)

// tags are those of the 1<<level ranges of a set.
func (s *secret) tagsOf(set *Snapshot, level int) []uint16 {
	tags := make([]uint16, 1<<level)
	each := leaves >> level
	for i := range tags {
		n := 0
		for _, l := range set.leaves[i*each : (i+1)*each] {
			n += l.len()
		}
		d := set.digest(i*each, (i+1)*each)
		tags[i] = uint16(s.mac(&d)>>48)&^countMask | uint16(n)&countMask
	}
	return tags
}
