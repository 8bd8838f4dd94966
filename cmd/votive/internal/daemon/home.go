// Package daemon reaches the daemon of a home directory: finds the home and its
// socket, asks over it, starts a daemon and waits for one to be gone. It is
// apart because it alone knows that there are processes, files and sockets; what
// is asked, and how the answer looks, is the business of others. It has no time
// limits of its own: the caller's context ends everything.
package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// Home is the directory under which votive keeps everything, as an absolute
// path.
type Home string

// FindHome is the directory that was named, else $VOTIVE_HOME, else the place
// that the system has for such data.
func FindHome(named string) (Home, error) {
	return findHome(named, runtime.GOOS, os.Getenv)
}

func findHome(named, system string, env func(string) string) (Home, error) {
	if named == "" {
		named = env("VOTIVE_HOME")
	}
	if named == "" {
		base, err := dataDir(system, env)
		if err != nil {
			return "", err
		}
		named = filepath.Join(base, "votive")
	}
	path, err := filepath.Abs(named)
	if err != nil {
		return "", fmt.Errorf("home directory %q: %w", named, err)
	}
	return Home(path), nil
}

// dataDir is the XDG base directory for data, or what stands for it on macOS
// and Windows.
func dataDir(system string, env func(string) string) (string, error) {
	user := env("HOME")
	switch {
	case system == "windows" && env("LOCALAPPDATA") != "":
		return env("LOCALAPPDATA"), nil
	case system != "windows" && system != "darwin" && filepath.IsAbs(env("XDG_DATA_HOME")):
		return env("XDG_DATA_HOME"), nil
	case system == "windows" || user == "":
		return "", errors.New("this system does not say where your files are")
	case system == "darwin":
		return filepath.Join(user, "Library", "Application Support"), nil
	default:
		return filepath.Join(user, ".local", "share"), nil
	}
}

// Log is the file that a daemon started in the background writes to.
func (h Home) Log() string { return filepath.Join(string(h), "votived.log") }

// Socket is where the daemon listens. Where the home's path is too long for a
// socket, the daemon says in run/socket where it is instead.
func (h Home) Socket() (string, error) {
	run := filepath.Join(string(h), "run")
	note, err := os.ReadFile(filepath.Join(run, "socket"))
	if errors.Is(err, fs.ErrNotExist) {
		return filepath.Join(run, "votive.sock"), nil
	}
	if err != nil {
		return "", err
	}
	path := string(bytes.TrimSpace(note))
	if !filepath.IsAbs(path) || len(path) > 100 {
		return "", fmt.Errorf("%s does not name a socket", filepath.Join(run, "socket"))
	}
	return path, nil
}

// Gone waits until no daemon holds the home any more: its lock is given up
// last, when all is written.
func (h Home) Gone(ctx context.Context) error {
	path := filepath.Join(string(h), "lock")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	got := make(chan error, 1)
	go func() { got <- lock.Lock() }() // blocks in the system; when ctx ends, so does this process
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-got:
		return errors.Join(err, lock.Close())
	}
}
