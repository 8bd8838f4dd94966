package api

import (
	"bytes"
	"slices"
	"testing"

	"votive/proto/localpb"
)

// TestRequestsAreForgotten: what opens the vault, and what brings it back, is
// overwritten in the request once it was used.
func TestRequestsAreForgotten(t *testing.T) {
	zeros := func(b []byte) bool { return bytes.Equal(b, make([]byte, len(b))) }
	other, _ := daemon(t, "", false)
	made, err := other.Init(t.Context(), &localpb.InitRequest{NoPassphrase: true})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := daemon(t, "", false)
	init := &localpb.InitRequest{Passphrase: []byte("correct horse"), Restore: slices.Clone(made.Backup)}
	if _, err := a.Init(t.Context(), init); err != nil {
		t.Fatalf("Init = %v", err)
	}
	if !zeros(init.Passphrase) || slices.ContainsFunc(init.Restore, func(w string) bool { return w != "" }) {
		t.Errorf("Init leaves %q and %q in its request", init.Passphrase, init.Restore)
	}
	if _, err := a.Lock(t.Context(), &localpb.LockRequest{}); err != nil {
		t.Fatal(err)
	}
	for _, passphrase := range []string{"incorrect", "correct horse"} {
		unlock := &localpb.UnlockRequest{Passphrase: []byte(passphrase)}
		_, err := a.Unlock(t.Context(), unlock)
		if (err == nil) != (passphrase == "correct horse") {
			t.Errorf("Unlock with %q = %v", passphrase, err)
		}
		if !zeros(unlock.Passphrase) {
			t.Errorf("Unlock leaves %q in its request", unlock.Passphrase)
		}
	}
}
