package votive

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
)

// Secret is 32 bytes that open something. It never shows itself: neither
// printing nor JSON gives more than "secret".
type Secret struct{ key [32]byte }

// NewSecret reads a secret from a source of randomness.
func NewSecret(random io.Reader) (Secret, error) {
	var s Secret
	if _, err := io.ReadFull(random, s.key[:]); err != nil {
		return Secret{}, fmt.Errorf("random source: %w", err)
	}
	return s, checkSecret(s)
}

// SecretFrom takes 32 bytes that were kept or received. Zeros are no secret.
// SPEC 1.4.
func SecretFrom(b []byte) (Secret, error) {
	if len(b) != 32 {
		return Secret{}, fmt.Errorf("secret of %d bytes, want 32", len(b))
	}
	s := Secret{key: [32]byte(b)}
	return s, checkSecret(s)
}

// checkSecret refuses what everybody knows, and what stands for no secret
// here. SPEC 1.4.
func checkSecret(s Secret) error {
	if s.IsZero() {
		return errors.New("secret of zeros")
	}
	return nil
}

// Bytes is the secret itself, for the disk that keeps it and the record that
// hands it on; nothing else may ask.
func (s Secret) Bytes() []byte { return append([]byte(nil), s.key[:]...) }

// IsZero reports whether there is no secret here.
func (s Secret) IsZero() bool { return s == Secret{} }

// Equal compares in constant time.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare(s.key[:], other.key[:]) == 1
}

// Format writes a placeholder, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "secret") }

// MarshalText writes a placeholder, for JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte("secret"), nil }
