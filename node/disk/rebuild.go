package disk

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Beside the directory of a database: what a Rebuild under way has built.
const rebuilt = ".salvaged"

// Rebuild has a new database built of what is left of the one in dir, moves
// that one aside, to dir with ".damaged-" and a number behind it, which it
// gives, and puts the new one in its place. It uses nothing of the old one but
// the bytes of its files, so it does not matter what is broken.
//
// build is to make, and close, a database in into, where there is none. Until
// it has, nothing that was there is touched; an error, or a crash, leaves the
// old one as it was.
func Rebuild(dir string, disk vfs.FS, build func(old *Ruins, into string) error) (aside string, err error) {
	if err := finishRebuild(dir, disk); err != nil {
		return "", err
	}
	lock, err := pebble.LockDirectory(dir, disk)
	if err != nil {
		return "", explainLock(dir, err)
	}
	if err = disk.RemoveAll(dir + rebuilt); err == nil {
		err = build(&Ruins{dir: dir, disk: disk, lock: lock}, dir+rebuilt)
	}
	// Some systems move no directory of which a file is open.
	if err := errors.Join(err, lock.Close()); err != nil {
		return "", err
	}
	if aside, err = freeName(dir+damaged, disk); err != nil {
		return "", err
	}
	if err := disk.Rename(dir, aside); err != nil {
		return "", fmt.Errorf("%s could not be moved aside: %w", dir, err)
	}
	return aside, finishRebuild(dir, disk)
}

// finishRebuild puts what was built in the place of a database that was moved
// aside, where there is none.
func finishRebuild(dir string, disk vfs.FS) error {
	if there, err := exists(dir, disk); there || err != nil {
		return err
	}
	if there, err := exists(dir+rebuilt, disk); !there || err != nil {
		return err
	}
	if err := disk.Rename(dir+rebuilt, dir); err != nil {
		return fmt.Errorf("%s could not be moved to %s: %w", dir+rebuilt, dir, err)
	}
	if err := syncDir(disk.PathDir(dir), disk); err != nil {
		return fmt.Errorf("directory of %s: %w", dir, err)
	}
	return nil
}

// What the directory of a damaged database ends with, and a number.
const damaged = ".damaged-"

// freeName is prefix and the first number that makes a name of nothing.
func freeName(prefix string, disk vfs.FS) (string, error) {
	for i := 1; ; i++ {
		name := fmt.Sprint(prefix, i)
		if there, err := exists(name, disk); !there || err != nil {
			return name, err
		}
	}
}
