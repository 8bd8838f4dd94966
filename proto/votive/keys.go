package votive

import (
	"crypto/ed25519"
	"fmt"
	"io"

	"filippo.io/edwards25519"
)

// What every envelope of ours has in common. SPEC 4.2.
const (
	signedDomain = "votive-record-1"
	signedType   = "/votive/statement/1"
)

// Signer signs statements with one Ed25519 key: that of an identity, of one
// event, or of one circle. It signs nothing else, and it never shows its key.
type Signer struct{ private ed25519.PrivateKey }

// newSigner takes the RFC 8032 seed of a key.
func newSigner(seed Secret) Signer {
	return Signer{private: ed25519.NewKeyFromSeed(seed.key[:])}
}

// Key is the public key, 32 bytes; the zero ID for the zero Signer.
func (s Signer) Key() ID {
	if s.private == nil {
		return ID{}
	}
	return ID(s.private[32:])
}

// sign gives the 64-byte signature of a Signed over an encoded Statement.
// SPEC 4.2. A Signer is made by an Identity; the zero Signer panics.
func (s Signer) sign(payload []byte) []byte {
	return ed25519.Sign(s.private, signingInput(payload))
}

// Format writes a placeholder, whatever the verb.
func (s Signer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "signer") }

// MarshalText writes a placeholder, for JSON and the like.
func (s Signer) MarshalText() ([]byte, error) { return []byte("signer"), nil }

// signingInput is what the signature of a libp2p envelope (RFC 0002) is over.
// SPEC 4.2.
func signingInput(payload []byte) []byte {
	b := make([]byte, 0, len(signedDomain)+len(signedType)+len(payload)+8)
	b = appendPrefixed(b, []byte(signedDomain))
	b = appendPrefixed(b, []byte(signedType))
	return appendPrefixed(b, payload)
}

// checkKey refuses what must not be an Ed25519 key: with a key of low order
// there are signatures that hold for every message, and with two encodings of
// one point one person is two keys. SPEC 4.4.
func checkKey(key ID) error {
	if err := checkEncoding(key); err != nil {
		return err
	}
	if _, err := new(edwards25519.Point).SetBytes(key[:]); err != nil {
		return fmt.Errorf("key %v is not a point of edwards25519", key)
	}
	return nil
}

// checkEncoding is checkKey without finding out whether there is such a point,
// which verifying does anyway. It needs no arithmetic: eight points are of low
// order, and they have five y coordinates. The points with y 1 and -1, whose x
// is 0 and has no sign, alone have a second encoding with y below p. SPEC 4.4.
func checkEncoding(key ID) error {
	y := key
	y[31] &= 0x7f // the sign of x
	for i := range lowOrderY {
		switch {
		case y != lowOrderY[i]:
		case y != key && (i == 1 || i == 2):
			return fmt.Errorf("key %v is not in canonical form", key)
		default:
			return fmt.Errorf("key %v is a point of low order", key)
		}
	}
	if y[31] != 0x7f || y[0] < 0xed {
		return nil
	}
	for _, b := range y[1:31] {
		if b != 0xff {
			return nil
		}
	}
	return fmt.Errorf("key %v is not in canonical form", key)
}

// lowOrderY is the y coordinates of the points of edwards25519 whose product
// with 8 is the neutral element: 0, 1, -1, and those of the points of order 8.
var lowOrderY = [5]ID{
	{},
	{1},
	{
		0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
	},
	{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	},
	{
		0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
	},
}
