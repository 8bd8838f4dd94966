package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/multiformats/go-multiaddr"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// daemon is an API over stores in memory, and what it dials. Its vault is made
// where there is an identity.
func daemon(t *testing.T, passphrase string, made bool) (a *API, dialled *[]string) {
	t.Helper()
	s, err := store.Open("store", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	v, err := vault.Open("vault", vault.Options{FS: vfs.NewMem(), Cost: vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	log := slog.New(slog.DiscardHandler)
	book, err := almanac.Open(t.Context(), almanac.Options{Store: s, Vault: v, Effort: votive.MinEffort, Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	dialled = new([]string)
	sec := secretary.New(book, secretary.Options{Log: log, Dial: func(_ context.Context, addr string) error {
		*dialled = append(*dialled, addr)
		return nil
	}})
	if made {
		if _, err := sec.Init(t.Context(), []byte(passphrase), nil); err != nil {
			t.Fatal(err)
		}
	}
	return &API{Options: Options{Almanac: book, Secretary: sec}}, dialled
}

// TestAcceptDialsNobodyUnasked: the peer that a link names may be whoever wrote
// the link, and learns the address of who dials it. Without the reader's word
// nobody does.
func TestAcceptDialsNobodyUnasked(t *testing.T) {
	const peer = "/ip4/203.0.113.7/tcp/4001"
	secret, err := votive.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	link, err := votive.NewLink(secret, multiaddr.StringCast(peer).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for agreed, want := range map[bool]int{false: 0, true: 1} {
		a, dialled := daemon(t, "", true)
		r, err := a.Accept(t.Context(), &localpb.AcceptRequest{Link: link.String(), Connect: agreed})
		if err != nil || !r.Pending {
			t.Fatalf("Accept = %v, %v, want it pending", r, err)
		}
		if len(*dialled) != want {
			t.Errorf("Accept with connect %v dialled %q, want %d peers", agreed, *dialled, want)
		}
	}
}
