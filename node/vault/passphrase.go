package vault

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ChangePassphrase wraps the data key anew. An empty passphrase leaves it
// bare. The old file is there until the new one is on disk.
func (v *Vault) ChangePassphrase(old, passphrase []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return ErrNone
	}
	key, err := v.file.unwrap(old)
	if err != nil {
		return err
	}
	f, err := wrap(key, passphrase, v.o.Cost)
	if err != nil {
		return err
	}
	if err := v.writeKeyFile(f); err != nil {
		return err
	}
	v.file = f
	return nil
}

// Wipe destroys the data key, and then the database. Without the key the rest
// is noise, if the disk really overwrites what it is told to.
func (v *Vault) Wipe() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return ErrNone
	}
	v.forget()
	err := v.shred()
	err = errors.Join(err, v.db.Close(), v.removeDatabases())
	v.db, v.file = nil, keyFile{}
	return err
}

// shred overwrites the key file where it lies, and removes it.
func (v *Vault) shred() error {
	path := v.path("key")
	f, err := v.o.FS.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, maxKeyFile), 0)
	err = errors.Join(err, f.Sync(), f.Close())
	return errors.Join(err, v.o.FS.Remove(path), v.syncDir())
}

// readKeyFile reads the file with the data key; fs.ErrNotExist says that there
// is no vault.
func (v *Vault) readKeyFile() (keyFile, error) {
	f, err := v.o.FS.Open(v.path("key"))
	if err != nil {
		return keyFile{}, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return keyFile{}, err
	}
	k, err := parseKeyFile(b)
	if err != nil {
		return k, fmt.Errorf("%s is %w: %v", v.path("key"), ErrKeyDamaged, err)
	}
	return k, nil
}

// writeKeyFile replaces the file whole: after a loss of power there is the old
// one or the new one.
func (v *Vault) writeKeyFile(k keyFile) error {
	b, err := k.encode()
	if err != nil {
		return err
	}
	path, next := v.path("key"), v.path("key.new")
	f, err := v.o.FS.Create(next, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if v.o.FS == vfs.Default {
		err = os.Chmod(next, 0o600)
	}
	if err == nil {
		_, err = f.Write(b)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := v.o.FS.Rename(next, path); err != nil {
		return err
	}
	return v.syncDir()
}

func (v *Vault) syncDir() error {
	d, err := v.o.FS.OpenDir(v.dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
