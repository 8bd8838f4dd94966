package votive

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// noon is the clock of these tests: day 2500, 12:00.
var noon = Day(2500).Time().Add(12 * time.Hour)

// seeded is a source of randomness that gives the same bytes in every run.
func seeded(seed string) *rand.ChaCha8 { return rand.NewChaCha8(digest("test", []byte(seed))) }

// failingReader is a source of randomness that has none.
type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

// testSecret is the same in every run.
func testSecret(name string) Secret { return Secret{key: digest("test secret", []byte(name))} }

// testIdentity is the same in every run.
func testIdentity(t testing.TB, name string) Identity {
	t.Helper()
	id, err := IdentityFrom(testSecret(name).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return id
}
