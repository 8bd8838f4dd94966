package votive

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding"
	"fmt"
	"io"
)

const tagSize = 16

// Reader is a frame secret made ready for use: it knows the frames that are
// sealed with it by their tags, opens them, and seals new ones. It does not
// change once made and may be used by many goroutines at once.
type Reader struct {
	kind   Kind
	secret Secret

	tags macKey // a node tries hundreds of secrets on every frame that comes by
	keys macKey // what the keys of frames are derived with: HKDF's pseudorandom key
}

// NewReader makes a reader of the frames under secret s. What counts when
// found in them is what kind carries. SPEC 3.1, 3.6.
func NewReader(kind Kind, s Secret) *Reader {
	tagKey := derive(s, "tag")
	return &Reader{
		kind:   kind,
		secret: s,
		tags:   newMacKey(tagKey.key[:]),
		keys:   newMacKey(extract(derive(s, "seal"))),
	}
}

// macKey is a key of HMAC-SHA256 made ready: inner and outer are SHA-256 after
// the first block of its two hashes (RFC 2104), so that a short message costs
// two blocks and not four.
type macKey struct{ inner, outer []byte }

// newMacKey is for keys of up to one block.
func newMacKey(key []byte) macKey { return macKey{padState(key, 0x36), padState(key, 0x5c)} }

// padState is the state of SHA-256 after the key combined with one of HMAC's
// two pads.
func padState(key []byte, pad byte) []byte {
	var block [sha256.BlockSize]byte
	copy(block[:], key)
	for i := range block {
		block[i] ^= pad
	}
	h := sha256.New()
	h.Write(block[:])
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // SHA-256 of the standard library always can
	}
	return state
}

// Kind is the row of SPEC 3.6 that the secret belongs to.
func (r *Reader) Kind() Kind { return r.kind }

// Secret is the frame secret itself.
func (r *Reader) Secret() Secret { return r.secret }

// Knows reports whether a frame with this header is sealed with the secret of
// r. It costs one HMAC and allocates nothing. SPEC 3.2.
func (r *Reader) Knows(h *Header) bool {
	tag := r.tag(h)
	return subtle.ConstantTimeCompare(tag[:tagSize], h[tagAt:]) == 1
}

// tag is HMAC-SHA256 under the tag key over what comes before the tag in h.
func (r *Reader) tag(h *Header) [sha256.Size]byte { return r.tags.sum(h[:tagAt]) }

// frameKey is the key of the frame with this salt: derive(seal key, `frame`,
// salt), of which all but the last step is made ready. SPEC 1.3, 3.3.
func (r *Reader) frameKey(salt []byte) [sha256.Size]byte {
	var info [64]byte
	b := appendPrefixed(info[:0], []byte("frame"))
	b = appendPrefixed(b, salt)
	return r.keys.sum(append(b, 1)) // the first block of HKDF-Expand (RFC 5869)
}

// sum is the HMAC of b. The hash is made here, and not kept, so that it lives
// on the stack.
func (k *macKey) sum(b []byte) [sha256.Size]byte {
	var sum [sha256.Size]byte
	d := sha256.New()
	state := d.(encoding.BinaryUnmarshaler)
	_ = state.UnmarshalBinary(k.inner)
	d.Write(b)
	d.Sum(sum[:0])
	_ = state.UnmarshalBinary(k.outer)
	d.Write(sum[:])
	d.Sum(sum[:0])
	return sum
}

// Format writes a placeholder, whatever the verb.
func (r *Reader) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "reader") }

// MarshalText writes a placeholder, for JSON and the like.
func (r *Reader) MarshalText() ([]byte, error) { return []byte("reader"), nil }
