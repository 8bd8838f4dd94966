package votive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// What a frame carries. SPEC 3.4, 3.5.
const (
	plainSize  = stampAt - HeaderSize - gcmTagSize
	plainHead  = 4
	maxPart    = plainSize - plainHead
	maxChunk   = maxPart - sha256.Size
	gcmTagSize = 16
)

// MaxParts is how many frames a body takes at most. SPEC 3.5.
const MaxParts = 8

// Parts is how many frames an encoded body of so many bytes takes: 1 to
// MaxParts where it can be sealed at all. SPEC 3.5.
func Parts(size int) int {
	if size <= maxPart {
		return 1
	}
	return (size + maxChunk - 1) / maxChunk
}

// frameNonce is the nonce of every frame: a frame key is used once. SPEC 3.3.
var frameNonce [12]byte

// Piece is what one frame carries: a whole body, or one of up to eight parts
// of it. Only Open makes one.
type Piece struct {
	secret Secret // under which it came
	parts  int
	index  int
	whole  ID // of all parts joined; zero for a single part
	chunk  []byte
}

// Parts is how many pieces make the whole, 1 to 8.
func (p Piece) Parts() int { return p.parts }

// Index is the place of the piece among them, from 0.
func (p Piece) Index() int { return p.index }

// Whole names what pieces of several belong to; it is zero for a piece that is
// the whole. It is what the writer says: Join holds them to it.
func (p Piece) Whole() ID { return p.whole }

// Format writes a placeholder, whatever the verb: a piece is readable text.
func (p Piece) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "piece") }

// Open opens a frame that r knows, and refuses every other. SPEC 3.2 to 3.5.
func (r *Reader) Open(f Frame) (Piece, error) {
	if f.bytes == nil {
		return Piece{}, errors.New("no frame to open")
	}
	h := (*Header)(f.bytes[:])
	if !r.Knows(h) {
		return Piece{}, fmt.Errorf("frame %v is not under this %v secret", f.id, r.kind)
	}
	plain := plains.Get().(*[plainSize]byte)
	defer func() {
		clear(plain[:])
		plains.Put(plain)
	}()
	if _, err := r.frameCipher(h).Open(plain[:0], frameNonce[:], f.bytes[HeaderSize:stampAt], h[:]); err != nil {
		return Piece{}, fmt.Errorf("frame %v has the tag of this %v secret, and was altered", f.id, r.kind)
	}
	p, err := parsePiece(plain[:])
	if err != nil {
		return Piece{}, fmt.Errorf("frame %v: %w", f.id, err)
	}
	p.secret = r.secret
	return p, nil
}

// plains is where frames are opened: what a piece says is little of it.
var plains = sync.Pool{New: func() any { return new([plainSize]byte) }}

// frameCipher is AES-256-GCM under the key of the frame with this salt.
// SPEC 3.3.
func (r *Reader) frameCipher(h *Header) cipher.AEAD {
	key := r.frameKey(h.salt())
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only for other lengths of key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for other lengths of block
	}
	return aead
}

var zeros [plainSize]byte

// parsePiece takes the 4,020 bytes that were sealed, and keeps none of them.
// SPEC 3.4, 3.5.
func parsePiece(plain []byte) (Piece, error) {
	n := int(binary.BigEndian.Uint16(plain))
	p := Piece{index: int(plain[2]), parts: int(plain[3])}
	switch {
	case n == 0 || n > maxPart:
		return Piece{}, fmt.Errorf("part of %d bytes, want 1 to %d", n, maxPart)
	case p.parts == 0 || p.parts > MaxParts:
		return Piece{}, fmt.Errorf("%d parts, want 1 to %d", p.parts, MaxParts)
	case p.index >= p.parts:
		return Piece{}, fmt.Errorf("part %d of %d, counted from 0", p.index, p.parts)
	}
	body, padding := plain[plainHead:plainHead+n], plain[plainHead+n:]
	if !bytes.Equal(padding, zeros[:len(padding)]) {
		return Piece{}, fmt.Errorf("padding of %d bytes, want zeros", len(padding))
	}
	body = bytes.Clone(body)
	if p.parts == 1 {
		p.chunk = body
		return p, nil
	}
	chunk := n - sha256.Size
	if last := p.index == p.parts-1; chunk < 1 || !last && chunk < maxChunk {
		return Piece{}, fmt.Errorf("chunk of %d bytes in part %d of %d, want %d, or for the last at least 1", chunk, p.index, p.parts, maxChunk)
	}
	p.whole, p.chunk = ID(body[:sha256.Size]), body[sha256.Size:]
	return p, nil
}

// Join makes a record of all the pieces of one whole, in any order: of one, in
// the common case. All must have come under the secret of r. SPEC 3.5, 3.6.
func Join(r *Reader, pieces ...Piece) (Record, error) {
	u, err := JoinUnproven(r, pieces...)
	if err != nil {
		return Record{}, err
	}
	return u.prove()
}

// JoinUnproven is Join up to the signatures, for who has many to [Prove].
func JoinUnproven(r *Reader, pieces ...Piece) (Unproven, error) {
	if len(pieces) == 0 {
		return Unproven{}, errors.New("no pieces to join")
	}
	parts, whole := pieces[0].parts, pieces[0].whole
	if len(pieces) != parts {
		return Unproven{}, fmt.Errorf("%d pieces of a whole of %d", len(pieces), parts)
	}
	var chunks [MaxParts][]byte
	for _, p := range pieces {
		switch {
		case !p.secret.Equal(r.secret):
			return Unproven{}, fmt.Errorf("piece %d of %d came under another secret", p.index, p.parts)
		case p.parts != parts || p.whole != whole:
			return Unproven{}, fmt.Errorf("pieces of two wholes, %v of %d parts and %v of %d", whole, parts, p.whole, p.parts)
		case chunks[p.index] != nil:
			return Unproven{}, fmt.Errorf("piece %d of %d twice", p.index, p.parts)
		}
		chunks[p.index] = p.chunk
	}
	if parts == 1 {
		return newUnproven(r, chunks[0])
	}
	joined := make([]byte, 0, parts*maxChunk)
	for _, c := range chunks {
		joined = append(joined, c...)
	}
	if sum := ID(sha256.Sum256(joined)); sum != whole {
		return Unproven{}, fmt.Errorf("whole of hash %v, want %v", sum, whole)
	}
	return newUnproven(r, joined)
}
