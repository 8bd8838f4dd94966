package node

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
)

// rawKey is the peer key of a home as bytes.
func rawKey(t *testing.T, h *home, keeper bool, now time.Time) []byte {
	t.Helper()
	key, err := h.peerKey(keeper, now)
	if err != nil {
		t.Fatalf("peerKey = %v", err)
	}
	if key.Type() != crypto.Ed25519 {
		t.Errorf("peer key is %v, want Ed25519", key.Type())
	}
	b, err := key.Raw()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPeerKey: a peer key comes of nothing but chance, also of nothing else that
// a home holds, and is forgotten after a week, but for a keeper's. SPEC 9.5.
func TestPeerKey(t *testing.T) {
	first, second := &home{dir: t.TempDir()}, &home{dir: t.TempDir()}
	now := time.Now() // by which the file system dates files
	key := rawKey(t, first, false, now)
	for _, c := range []struct {
		name   string
		h      *home
		keeper bool
		now    time.Time
		same   bool
	}{
		{"the same home", first, false, now, true},
		{"a home that holds the same otherwise", second, false, now, false},
		{"almost a week later", first, false, now.Add(peerKeyAge - time.Hour), true},
		{"a clock that was set back a little", first, false, now.Add(-time.Minute), true},
		{"a keeper, long after", first, true, now.AddDate(1, 0, 0), true},
		{"a week later", first, false, now.Add(peerKeyAge + time.Hour), false},
		{"and it stays forgotten", first, false, now, false},
	} {
		if got := rawKey(t, c.h, c.keeper, c.now); bytes.Equal(got, key) != c.same {
			t.Errorf("%s: the key is the same: %v, want %v", c.name, !c.same, c.same)
		}
	}
	third := &home{dir: t.TempDir()}
	key = rawKey(t, third, false, now)
	if got := rawKey(t, third, false, now.AddDate(0, 0, -9)); bytes.Equal(got, key) {
		t.Error("a key from the future is used for longer than a week")
	}
	if err := os.Remove(third.path("peer.key")); err != nil {
		t.Fatal(err)
	}
	if age := third.peerKeyAge(false, now); age < peerKeyAge {
		t.Errorf("a key that was removed is %v old, want a week at least", age)
	}
	key = rawKey(t, first, false, now)
	if err := os.Remove(second.path("peer.key")); err != nil {
		t.Fatal(err)
	}
	if got := rawKey(t, second, true, now); bytes.Equal(got, key) {
		t.Error("a keeper that lost its key has got another's")
	}
}
