package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/libp2p/go-libp2p/core/crypto"
)

// home is the directory under which everything is kept.
type home struct {
	dir  string
	lock *flock.Flock
}

// ErrRunning says that another daemon has this home.
var ErrRunning = errors.New("a daemon is already running on this home")

// openHome makes the directory if it is not there, and holds its lock.
func openHome(dir string) (*home, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("home %s: %w", dir, cause(err))
	}
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("home %s is not writable: %w", dir, cause(err))
	}
	if !held {
		return nil, ErrRunning
	}
	return &home{dir: dir, lock: lock}, nil
}

// cause is what went wrong, without the path that was said already.
func cause(err error) error {
	if p := new(fs.PathError); errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (h *home) path(name ...string) string {
	return filepath.Join(append([]string{h.dir}, name...)...)
}

func (h *home) close() error { return h.lock.Close() }

// peerKey is the libp2p key. A keeper's is stable, so that its address is; all
// others are forgotten after a week, so that an address names a node for a
// week at the most.
func (h *home) peerKey(keeper bool, now time.Time) (crypto.PrivKey, error) {
	path := h.path("peer.key")
	if _, err := os.Stat(path); err == nil && h.peerKeyAge(keeper, now) < peerKeyAge {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		key, err := crypto.UnmarshalPrivateKey(b)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: remove it, and this node gets a new address", path)
		}
		return key, nil
	}
	key, _, err := crypto.GenerateEd25519Key(nil)
	if err != nil {
		return nil, err
	}
	b, err := crypto.MarshalPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, replace(path, b)
}

// peerKeyAge is how old the peer key is; a keeper's is always new. One that is
// not there, or from the future, was of a clock that was wrong, or somebody has
// removed it: it is old.
func (h *home) peerKeyAge(keeper bool, now time.Time) time.Duration {
	const old = peerKeyAge + peerKeyGrace
	if keeper {
		return 0
	}
	info, err := os.Stat(h.path("peer.key"))
	if err != nil {
		return old
	}
	if age := now.Sub(info.ModTime()); age > -time.Hour {
		return age
	}
	return old
}

// peers are the addresses that savePeers wrote, if any.
func (h *home) peers() []string {
	b, err := os.ReadFile(h.path("peers"))
	if err != nil {
		return nil // none yet, or lost: it is a convenience
	}
	return strings.Fields(string(b))
}

func (h *home) savePeers(addrs []string) error {
	return replace(h.path("peers"), []byte(strings.Join(addrs, "\n")+"\n"))
}

// replace writes a small file whole or not at all.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
