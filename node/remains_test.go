package node

import (
	"bytes"
	"path/filepath"
	"testing"

	"votive/proto/votive"
)

// TestPassphraseIsForgotten: a daemon that was started with a passphrase, and is
// locked later, has it no more.
func TestPassphraseIsForgotten(t *testing.T) {
	passphrase := []byte("correct horse battery staple")
	n, err := Open(t.Context(), Config{
		Home: filepath.Join(t.TempDir(), "home"), Effort: votive.MinEffort,
		Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Passphrase: passphrase,
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(passphrase, make([]byte, len(passphrase))) || n.cfg.Passphrase != nil {
		t.Errorf("the daemon has the passphrase %q, and left %q, want neither", n.cfg.Passphrase, passphrase)
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
}
