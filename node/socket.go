package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// maxSocketPath is what the strictest system takes in the path of a unix
// socket, with some room.
const maxSocketPath = 100

// shortDir is how the names of such short directories begin.
const shortDir = "votive-socket-"

// listen opens the unix socket of the local API. Its directory is for its
// owner alone, and so is the socket. Where the home's path is too long for a
// socket it goes into a short directory of its own, and run/socket says where.
func (h *home) listen() (net.Listener, string, error) {
	run := h.path("run")
	if err := os.MkdirAll(run, 0o700); err != nil {
		return nil, "", err
	}
	if err := os.Chmod(run, 0o700); err != nil { //nolint:gosec // a directory needs its x
		return nil, "", err
	}
	note := filepath.Join(run, "socket")
	if old, err := os.ReadFile(note); err == nil {
		if dir := filepath.Dir(string(old)); strings.HasPrefix(filepath.Base(dir), shortDir) {
			_ = os.RemoveAll(dir) // what an earlier run made here, and nothing else
		}
		_ = os.Remove(note)
	}
	path := filepath.Join(run, "votive.sock")
	if len(path) > maxSocketPath {
		short, err := os.MkdirTemp("", shortDir)
		if err != nil {
			return nil, "", err
		}
		path = filepath.Join(short, "votive.sock")
		if err := replace(note, []byte(path)); err != nil {
			return nil, "", err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, "", fmt.Errorf("socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, "", errors.Join(err, l.Close())
	}
	return ownOnly{l}, path, nil
}

// ownOnly is a listener that takes connections from its own user alone.
type ownOnly struct{ net.Listener }

// Accept passes over whoever is somebody else.
func (l ownOnly) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if own(c) {
			return c, nil
		}
		_ = c.Close()
	}
}
