package votive

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// Seal puts a body into the frames it takes, 1 to 8, which lack nothing but
// their stamps. They all die on the one day that a frame of class life sealed
// now may die on. The randomness is that of the salts: 32 bytes for each
// frame. It ends by opening its own frames and joining them to a record, so
// that nothing is sealed that would be refused. SPEC 2.2, 3.1 to 3.6.
func (r *Reader) Seal(body Body, life Lifetime, effort uint8, now time.Time, random io.Reader) ([]Unstamped, error) {
	whole, err := encodeBody(body)
	if err != nil {
		return nil, err
	}
	return r.sealWhole(whole, life, effort, now, random)
}

// sealWhole is Seal for a body that is encoded already.
func (r *Reader) sealWhole(whole []byte, life Lifetime, effort uint8, now time.Time, random io.Reader) ([]Unstamped, error) {
	parts, err := split(whole)
	if err != nil {
		return nil, err
	}
	blank, err := newHeader(life, effort, now)
	if err != nil {
		return nil, err
	}
	frames := make([]Unstamped, len(parts))
	pieces := make([]Piece, len(parts))
	for i, part := range parts {
		h := blank
		if _, err := io.ReadFull(random, h.salt()); err != nil {
			return nil, fmt.Errorf("random source: %w", err)
		}
		frames[i] = r.sealPart(h, part, i, len(parts))
		if pieces[i], err = r.Open(Frame{bytes: frames[i].bytes}); err != nil {
			return nil, err
		}
	}
	if _, err := Join(r, pieces...); err != nil {
		return nil, fmt.Errorf("not sealed: %w", err)
	}
	return frames, nil
}

// split cuts an encoded body into what each of its frames carries. SPEC 3.5.
func split(whole []byte) ([][]byte, error) {
	switch n := Parts(len(whole)); {
	case n == 1:
		return [][]byte{whole}, nil
	case n > MaxParts:
		return nil, fmt.Errorf("body of %d bytes, want at most %d", len(whole), MaxParts*maxChunk)
	}
	hash := sha256.Sum256(whole)
	var parts [][]byte
	for len(whole) > 0 {
		n := min(len(whole), maxChunk)
		parts = append(parts, append(hash[:], whole[:n]...))
		whole = whole[n:]
	}
	return parts, nil
}

// sealPart makes the frame of one part. SPEC 2.1, 3.2 to 3.4.
func (r *Reader) sealPart(h Header, part []byte, index, parts int) Unstamped {
	var plain [plainSize]byte
	binary.BigEndian.PutUint16(plain[:], uint16(len(part)))
	plain[2], plain[3] = byte(index), byte(parts)
	copy(plain[plainHead:], part)

	tag := r.tag(&h)
	copy(h[tagAt:], tag[:tagSize])
	whole := new([FrameSize]byte)
	copy(whole[:], h[:])
	r.frameCipher(&h).Seal(whole[HeaderSize:HeaderSize], frameNonce[:], plain[:], h[:])
	return Unstamped{bytes: whole, sum: sumOf(whole[:])}
}
