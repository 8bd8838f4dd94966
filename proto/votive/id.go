package votive

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// ID is a 32-byte hash that names a frame, record, revision, event or circle,
// or an Ed25519 public key. The zero ID means none.
type ID [32]byte

// ParseID reads the 64 hex digits that String writes.
func ParseID(s string) (ID, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 {
		return ID{}, fmt.Errorf("id %.80q is not 64 hex digits", s)
	}
	return ID(b), nil
}

// String is the id in lower-case hex, 64 digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether id means none.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders ids as bytes: -1, 0 or 1.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// idFrom takes a field that must be an id. SPEC 1.4.
func idFrom(what string, b []byte) (ID, error) {
	if len(b) != 32 {
		return ID{}, fmt.Errorf("%s of %d bytes, want 32", what, len(b))
	}
	return ID(b), nil
}

// optionalID takes a field that is an id or left out. SPEC 1.4.
func optionalID(what string, b []byte) (ID, error) {
	if len(b) == 0 {
		return ID{}, nil
	}
	id, err := idFrom(what, b)
	if err == nil && id.IsZero() {
		return ID{}, fmt.Errorf("%s of zeros, want none or another", what)
	}
	return id, err
}
