package disk

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// makeDir makes dir and what is above it, private, and so that they outlast a
// loss of power.
func makeDir(dir string, disk vfs.FS) error {
	if there, err := exists(dir, disk); there || err != nil {
		return err
	}
	above := disk.PathDir(dir)
	if above != dir {
		if err := makeDir(above, disk); err != nil {
			return err
		}
	}
	if err := disk.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(above, disk)
}

func syncDir(dir string, disk vfs.FS) error {
	d, err := disk.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// OwnData is what the names of files end with that the owner of a database
// keeps in its directory, beside those of the database. They are written by
// [Database.Files]. A directory that has some and no database is damaged, and
// [Ruins] has them as well.
const OwnData = ".data"

// dataFiles is the names in dir of the files that can hold rows, or what rows
// are about.
func dataFiles(dir string, disk vfs.FS) ([]string, error) {
	names, err := disk.List(dir)
	names = slices.DeleteFunc(names, func(name string) bool {
		ext := path.Ext(name)
		return ext != ".sst" && ext != ".log" && ext != OwnData
	})
	slices.Sort(names)
	return names, err
}

func isLogName(name string) bool { return path.Ext(name) == ".log" }

// fileNumber is the number that Pebble gave to a file.
func fileNumber(name string) (uint64, bool) {
	n, err := strconv.ParseUint(strings.TrimSuffix(name, path.Ext(name)), 10, 64)
	return n, err == nil
}

func exists(name string, disk vfs.FS) (bool, error) {
	_, err := disk.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, nil
}
