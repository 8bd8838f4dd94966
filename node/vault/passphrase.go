package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The key file, and what it is called on its way in and out. All three hold the
// data key.
const (
	keyName = "key"
	newKey  = "key.new" // not yet renamed
	oldKey  = "key.old" // replaced, and not yet overwritten
)

// ChangePassphrase wraps the data key anew. An empty passphrase leaves it
// bare. The old file is there until the new one is on disk, and is overwritten
// then: it opens with the passphrase that there was reason to change, or with
// none.
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
	if v.file.Bare == nil && f.Bare == nil {
		defer clear(key[:]) // else it is the one in use
	}
	kept := v.keepOld() // not every file system can
	if err := v.writeKeyFile(f); err != nil {
		return err
	}
	v.file = f
	if err := errors.Join(kept, v.shredOld()); err != nil {
		return fmt.Errorf("the passphrase is changed, but the old key file is still on the disk: %w", err)
	}
	return nil
}

// Verify gives ErrWrongPassphrase unless the passphrase opens the vault, open or
// not. It is as slow as Unlock. Where there is no passphrase, any will do.
func (v *Vault) Verify(passphrase []byte) error {
	v.mu.Lock()
	f, none := v.file, v.db == nil
	v.mu.Unlock()
	if none {
		return ErrNone
	}
	if f.Bare != nil {
		return nil
	}
	key, err := f.unwrap(passphrase)
	if err == nil {
		clear(key[:])
	}
	return err
}

// keepOld gives the key file a second name, under which it can be overwritten
// when another has taken its own.
func (v *Vault) keepOld() error {
	if err := v.shredOld(); err != nil {
		return err
	}
	return v.o.FS.Link(v.path(keyName), v.path(oldKey))
}

// shredOld overwrites the key file that was replaced, if there is one. Where
// none was, because the change went no further, the two names are of one file.
func (v *Vault) shredOld() error {
	old, err := v.read(oldKey)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	inUse, err := v.read(keyName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if bytes.Equal(old, inUse) {
		return errors.Join(v.o.FS.Remove(v.path(oldKey)), v.syncDir())
	}
	return v.shred(oldKey)
}

// tidy destroys what a change of the key file left that was cut short. Called
// when the key file was read, or there is none: one that is damaged may have to
// be mended with what lies beside it.
func (v *Vault) tidy() {
	if err := errors.Join(v.shredOld(), v.shred(newKey)); err != nil {
		v.o.Log.Warn("an old key file could not be destroyed", "err", err)
	}
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
	err := v.shred(keyName, oldKey, newKey)
	clear(v.file.Bare)
	err = errors.Join(err, v.db.Close(), v.removeDatabases())
	v.db, v.file = nil, keyFile{}
	return err
}

// shred overwrites files where they lie, and removes them. Those that are not
// there it passes over.
func (v *Vault) shred(names ...string) (err error) {
	for _, name := range names {
		path := v.path(name)
		if _, none := v.o.FS.Stat(path); errors.Is(none, fs.ErrNotExist) {
			continue
		}
		f, broken := v.o.FS.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
		if broken != nil {
			err = errors.Join(err, broken)
			continue
		}
		_, broken = f.WriteAt(make([]byte, maxKeyFile), 0)
		err = errors.Join(err, broken, f.Sync(), f.Close(), v.o.FS.Remove(path), v.syncDir())
	}
	return err
}

// readKeyFile reads the file with the data key; fs.ErrNotExist says that there
// is no vault.
func (v *Vault) readKeyFile() (keyFile, error) {
	b, err := v.read(keyName)
	if err != nil {
		return keyFile{}, err
	}
	k, err := parseKeyFile(b)
	if err != nil {
		return k, fmt.Errorf("%s is %w: %v", v.path(keyName), ErrKeyDamaged, err)
	}
	return k, nil
}

// read reads a file of the size of a key file, and a byte more of a larger one.
func (v *Vault) read(name string) ([]byte, error) {
	f, err := v.o.FS.Open(v.path(name))
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	return b, errors.Join(err, f.Close())
}

// writeKeyFile replaces the file whole: after a loss of power there is the old
// one or the new one.
func (v *Vault) writeKeyFile(k keyFile) error {
	b, err := k.encode()
	if err != nil {
		return err
	}
	path, next := v.path(keyName), v.path(newKey)
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
