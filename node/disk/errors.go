package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// What callers branch on. The errors that are returned wrap these and say
// which directory and cause it is about.
var (
	// ErrDamaged means that bytes on disk are not what was written.
	ErrDamaged = errors.New("damaged")
	// ErrFull means that the disk has no room for more.
	ErrFull = errors.New("disk full")
	// ErrInUse means that somebody else has the directory open.
	ErrInUse = errors.New("in use")
)

// isFull reports whether err says that there is no room: none on the disk, or
// none for this user.
func isFull(err error) bool {
	return errors.Is(err, ErrFull) || vfs.IsNoSpaceError(err) || errors.Is(err, errOverQuota)
}

// explainOpen says what it means that the database in dir did not open. What
// the operating system did not refuse is in the files themselves.
func explainOpen(dir string, err error) error {
	var refused syscall.Errno
	switch {
	case isFull(err):
		return fmt.Errorf("%w: no room to open %s: %v", ErrFull, dir, err)
	case IsDamage(err):
	case errors.Is(err, fs.ErrPermission), errors.As(err, &refused):
		return fmt.Errorf("%s: %w", dir, err)
	}
	return fmt.Errorf("%s is %w: %v", dir, ErrDamaged, err)
}

// IsDamage reports whether err, of reading a row, says that the disk does not
// give what was written.
func IsDamage(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EIO)
}

// explainLock says what it means that dir could not be locked.
func explainLock(dir string, err error) error {
	var refused syscall.Errno
	held := !errors.As(err, &refused) || refused == syscall.EAGAIN || refused == errSharing
	switch {
	case isFull(err):
		return fmt.Errorf("%w: no room to open %s: %v", ErrFull, dir, err)
	case held && !errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s is %w by another votive", dir, ErrInUse)
	}
	return fmt.Errorf("%s: %w", dir, err)
}

// explainWrite says what it means that a write to dir failed with err.
func explainWrite(dir string, err error) error {
	if isFull(err) {
		return fmt.Errorf("%w: %s takes nothing more until it is opened again: %v", ErrFull, dir, err)
	}
	return fmt.Errorf("%s takes nothing more until it is opened again: %w", dir, err)
}
