package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"votive/node/disk"
)

// Report is what Salvage came to.
type Report struct {
	Rows  int    // whole ones, kept; dummies among them
	Aside string // where the damaged database is; Wipe destroys its key as well
}

// Salvage makes a new database of every row in the vault's that is whole, puts
// it in the place of the damaged one, and moves that aside. It needs no
// passphrase. Until the new one is complete nothing is touched. ErrNone;
// ErrKeyDamaged, since without the key all is noise.
func Salvage(ctx context.Context, dir string, o Options) (Report, error) {
	v := &Vault{o: o.orDefaults(), dir: dir}
	if _, err := v.readKeyFile(); errors.Is(err, fs.ErrNotExist) {
		return Report{}, ErrNone
	} else if err != nil {
		return Report{}, err
	}
	s, err := disk.Salvage(ctx, v.path("db"), v.o.FS, v.o.Log, isRow)
	return Report{Rows: s.Rows, Aside: s.Aside}, err
}

// isRow reports whether a row of a database can be one of a vault.
func isRow(key, value []byte) bool {
	return len(key) == 1+rowEncoding.EncodedLen(nameSize) && len(value) == sealedSize
}

// Check reads everything, and says ErrDamaged where the disk does not give
// what was written. It needs no passphrase; whether rows open as well, only
// Scan can say.
func (v *Vault) Check(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return ErrNone
	}
	return v.db.Check(ctx)
}

// removeDatabases removes the database, and those that Salvage left.
func (v *Vault) removeDatabases() error {
	names, err := v.o.FS.List(v.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, name := range slices.Sorted(slices.Values(names)) {
		if name == "db" || strings.HasPrefix(name, "db.") {
			errs = append(errs, v.o.FS.RemoveAll(v.path(name)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", v.dir, err)
	}
	return nil
}
