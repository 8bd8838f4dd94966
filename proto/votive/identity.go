package votive

import (
	"fmt"
	"io"
)

// Identity is who somebody is: a 32-byte seed, and every key made from it. It
// signs contact cards and attestations with its own key, and events and
// circles each with another, so that nobody can list what one person does. It
// never shows itself. SPEC 9.1.
type Identity struct {
	seed   Secret
	person Signer
}

// NewIdentity reads a seed from a source of randomness.
func NewIdentity(random io.Reader) (Identity, error) {
	seed, err := NewSecret(random)
	if err != nil {
		return Identity{}, err
	}
	return identityOf(seed), nil
}

// IdentityFrom takes the 32 bytes that Seed gave.
func IdentityFrom(seed []byte) (Identity, error) {
	s, err := SecretFrom(seed)
	if err != nil {
		return Identity{}, fmt.Errorf("identity seed: %w", err)
	}
	return identityOf(s), nil
}

func identityOf(seed Secret) Identity {
	return Identity{seed: seed, person: newSigner(derive(seed, "identity"))}
}

// Seed is the identity itself, for the disk that keeps it; nothing else may
// ask.
func (i Identity) Seed() []byte { return i.seed.Bytes() }

// Key is the public key by which others know this identity.
func (i Identity) Key() ID { return i.person.Key() }

// Words are the 12 words by which people compare Key.
func (i Identity) Words() [12]string { return WordsOf(i.Key()) }

// PersonKey signs contact cards and attestations. SPEC 9.1.
func (i Identity) PersonKey() Signer { return i.person }

// EventKey is what this identity signs for the event with, in whose founding
// or invitation it took this nonce. SPEC 5.1.
func (i Identity) EventKey(nonce [32]byte) Signer {
	return newSigner(derive(i.seed, "event key", nonce[:]))
}

// CircleKey is what this identity signs invitations to a circle with.
// SPEC 7.1.
func (i Identity) CircleKey(circle ID) Signer {
	return newSigner(derive(i.seed, "circle key", circle[:]))
}

// Self is the frame secret under which somebody talks to their own devices.
// SPEC 3.6.
func (i Identity) Self() Secret { return derive(i.seed, "self") }

// Format writes a placeholder, whatever the verb.
func (i Identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "identity") }

// MarshalText writes a placeholder, for JSON and the like.
func (i Identity) MarshalText() ([]byte, error) { return []byte("identity"), nil }
