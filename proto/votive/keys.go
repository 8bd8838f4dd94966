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

// verifySigned checks the author's key and then the signature of a Signed
// over an encoded Statement. SPEC 4.4, 4.5.
func verifySigned(author ID, payload, signature []byte) error {
	if err := checkKey(author); err != nil {
		return err
	}
	if len(signature) != ed25519.SignatureSize {
		return fmt.Errorf("signature of %d bytes, want %d", len(signature), ed25519.SignatureSize)
	}
	if !ed25519.Verify(author[:], signingInput(payload), signature) {
		return fmt.Errorf("signature by %v does not hold", author)
	}
	return nil
}

// checkKey refuses what must not be an Ed25519 key: with a key of low order
// there are signatures that hold for every message, and with two encodings of
// one point one person is two keys. SPEC 4.4.
func checkKey(key ID) error {
	p, err := new(edwards25519.Point).SetBytes(key[:])
	if err != nil {
		return fmt.Errorf("key %v is not a point of edwards25519", key)
	}
	if ID(p.Bytes()) != key {
		return fmt.Errorf("key %v is not in canonical form", key)
	}
	if p.MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return fmt.Errorf("key %v is a point of low order", key)
	}
	return nil
}
