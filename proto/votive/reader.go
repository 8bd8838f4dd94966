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
	kind    Kind
	secret  Secret
	sealKey Secret

	// inner and outer are SHA-256 after the first block of HMAC's two hashes
	// (RFC 2104), so that a tag costs two blocks and not four: a node tries
	// hundreds of secrets on every frame that comes by.
	inner, outer []byte
}

// NewReader makes a reader of the frames under secret s. What counts when
// found in them is what kind carries. SPEC 3.1, 3.6.
func NewReader(kind Kind, s Secret) *Reader {
	tagKey := derive(s, "tag")
	return &Reader{
		kind:    kind,
		secret:  s,
		sealKey: derive(s, "seal"),
		inner:   padState(tagKey, 0x36),
		outer:   padState(tagKey, 0x5c),
	}
}

// padState is the state of SHA-256 after the key combined with one of HMAC's
// two pads.
func padState(key Secret, pad byte) []byte {
	var block [sha256.BlockSize]byte
	copy(block[:], key.key[:])
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
// The hash is made here, and not kept, so that it lives on the stack.
func (r *Reader) tag(h *Header) [sha256.Size]byte {
	var sum [sha256.Size]byte
	d := sha256.New()
	state := d.(encoding.BinaryUnmarshaler)
	_ = state.UnmarshalBinary(r.inner)
	d.Write(h[:tagAt])
	d.Sum(sum[:0])
	_ = state.UnmarshalBinary(r.outer)
	d.Write(sum[:])
	d.Sum(sum[:0])
	return sum
}

// Format writes a placeholder, whatever the verb.
func (r *Reader) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "reader") }

// MarshalText writes a placeholder, for JSON and the like.
func (r *Reader) MarshalText() ([]byte, error) { return []byte("reader"), nil }
