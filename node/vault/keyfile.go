package vault

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// Cost is what Argon2id (RFC 9106) is to cost.
type Cost struct {
	Passes    uint32 // 1-16
	MemoryKiB uint32 // 64 to 1,048,576
	Lanes     uint8  // 1-16
}

// defaultCost takes about half a second and 64 MiB.
var defaultCost = Cost{Passes: 3, MemoryKiB: 64 << 10, Lanes: 4}

func (c Cost) check() error {
	if c.Passes < 1 || c.Passes > 16 || c.MemoryKiB < 64 || c.MemoryKiB > 1<<20 || c.Lanes < 1 || c.Lanes > 16 {
		return fmt.Errorf("cost of %d passes, %d KiB, %d lanes, want 1-16, 64-%d, 1-16", c.Passes, c.MemoryKiB, c.Lanes, 1<<20)
	}
	return nil
}

const (
	keySize     = 32
	saltSize    = 16
	maxKeyFile  = 4096
	keyFileKind = "votive vault key 1"
)

// keyFile is the file with the data key: wrapped, or bare where there is no
// passphrase.
type keyFile struct {
	Kind    string `json:"kind"`
	Bare    []byte `json:"bare,omitempty"`
	Cost    *Cost  `json:"argon2id,omitempty"`
	Salt    []byte `json:"salt,omitempty"`
	Wrapped []byte `json:"wrapped,omitempty"` // nonce, sealed data key
}

// Format writes a placeholder, whatever the verb.
func (f keyFile) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "key file") }

// dataKey is what all rows are sealed under.
type dataKey [keySize]byte

// Format writes a placeholder, whatever the verb.
func (k dataKey) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "data key") }

// wrap makes the file for a data key. An empty passphrase leaves it bare.
func wrap(key *dataKey, passphrase []byte, cost Cost) (keyFile, error) {
	f := keyFile{Kind: keyFileKind}
	if len(passphrase) == 0 {
		f.Bare = key[:]
		return f, nil
	}
	if err := cost.check(); err != nil {
		return f, err
	}
	f.Cost, f.Salt = &cost, make([]byte, saltSize)
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	for _, b := range [][]byte{f.Salt, nonce} {
		if _, err := io.ReadFull(rand.Reader, b); err != nil {
			return f, err
		}
	}
	aead, err := f.aead(passphrase)
	if err != nil {
		return f, err
	}
	f.Wrapped = aead.Seal(nonce, nonce, key[:], []byte(keyFileKind))
	return f, nil
}

// unwrap gives the data key, or ErrWrongPassphrase.
func (f keyFile) unwrap(passphrase []byte) (*dataKey, error) {
	if f.Bare != nil {
		return (*dataKey)(f.Bare), nil
	}
	aead, err := f.aead(passphrase)
	if err != nil {
		return nil, err
	}
	n := aead.NonceSize()
	key, err := aead.Open(nil, f.Wrapped[:n], f.Wrapped[n:], []byte(keyFileKind))
	if err != nil {
		return nil, ErrWrongPassphrase
	}
	return (*dataKey)(key), nil
}

// aead is the cipher under the key that the passphrase makes.
func (f keyFile) aead(passphrase []byte) (aead interface {
	NonceSize() int
	Seal(dst, nonce, plaintext, additionalData []byte) []byte
	Open(dst, nonce, ciphertext, additionalData []byte) ([]byte, error)
}, err error,
) {
	key := argon2.IDKey(passphrase, f.Salt, f.Cost.Passes, f.Cost.MemoryKiB, f.Cost.Lanes, keySize)
	defer clear(key)
	return chacha20poly1305.NewX(key)
}

func (f keyFile) encode() ([]byte, error) { return json.Marshal(f) }

// parseKeyFile reads what encode wrote, and refuses what would cost more than
// a vault ever does.
func parseKeyFile(b []byte) (keyFile, error) {
	var f keyFile
	if len(b) > maxKeyFile {
		return f, fmt.Errorf("%d bytes, want at most %d", len(b), maxKeyFile)
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return f, errors.New("not what votive wrote")
	}
	switch {
	case f.Kind != keyFileKind:
		return f, fmt.Errorf("kind %.40q, want %q", f.Kind, keyFileKind)
	case f.Bare != nil:
		if len(f.Bare) != keySize || f.Cost != nil || f.Salt != nil || f.Wrapped != nil {
			return f, errors.New("a bare key of the wrong size, or wrapped as well")
		}
		return f, nil
	case f.Cost == nil || len(f.Salt) != saltSize ||
		len(f.Wrapped) != chacha20poly1305.NonceSizeX+keySize+chacha20poly1305.Overhead:
		return f, errors.New("a wrapped key with parts missing")
	}
	return f, f.Cost.check()
}
