package vault

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// write makes a file of the vault by hand, as a crash would leave it.
func write(t *testing.T, disk vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := disk.Create("vault/"+name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// keyFiles are the files beside the database.
func keyFiles(t *testing.T, disk vfs.FS) []string {
	t.Helper()
	var names []string
	for _, name := range []string{keyName, newKey, oldKey} {
		if _, err := disk.Stat("vault/" + name); !errors.Is(err, fs.ErrNotExist) {
			names = append(names, name)
		}
	}
	return names
}

// TestKeyFileLeftByACrash: a change of the passphrase that was cut short leaves
// the data key in a second file, and neither Wipe nor the next Open does.
func TestKeyFileLeftByACrash(t *testing.T) {
	bare, err := keyFile{Kind: keyFileKind, Bare: bytes.Repeat([]byte{9}, keySize)}.encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{newKey, oldKey} {
		disk := vfs.NewMem()
		v := made(t, disk, "secret")
		write(t, disk, name, bare)
		if err := v.Wipe(); err != nil {
			t.Errorf("Wipe = %v", err)
		}
		if left := keyFiles(t, disk); len(left) > 0 {
			t.Errorf("after Wipe there are %v, want none", left)
		}
		write(t, disk, name, bare)
		open(t, disk)
		if left := keyFiles(t, disk); len(left) > 0 {
			t.Errorf("after Open without a vault there are %v, want none", left)
		}
	}
	disk := vfs.NewMem()
	if err := made(t, disk, "secret").Close(); err != nil {
		t.Fatal(err)
	}
	write(t, disk, newKey, bare)
	write(t, disk, oldKey, bare)
	v := open(t, disk)
	if left := keyFiles(t, disk); len(left) != 1 || left[0] != keyName {
		t.Errorf("after Open there are %v, want %v alone", left, keyName)
	}
	if err := v.Unlock([]byte("secret")); err != nil {
		t.Errorf("Unlock = %v", err)
	}
}

// TestOldKeyFileIsOverwritten: the file that is replaced held the data key bare,
// or under a passphrase that somebody had reason to change. Here it is looked
// at as it lies on the disk once it has no name any more.
func TestOldKeyFileIsOverwritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v, err := Open(dir, Options{Cost: cheap})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Create(nil, identity(t)); err != nil {
		t.Fatal(err)
	}
	passphrases := []string{"", "correct", "horse", "", "battery"}
	for i, now := range passphrases[1:] {
		old, err := os.Open(filepath.Join(dir, keyName))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.ChangePassphrase([]byte(passphrases[i]), []byte(now)); err != nil {
			t.Fatalf("ChangePassphrase(%q, %q) = %v", passphrases[i], now, err)
		}
		b, err := io.ReadAll(old)
		if err := errors.Join(err, old.Close()); err != nil {
			t.Fatal(err)
		}
		if len(b) == 0 || !bytes.Equal(b, make([]byte, len(b))) {
			t.Errorf("after %q the old key file holds %.40q, want zeros", now, b)
		}
		put(t, v, "x", now)
		if err := errors.Join(v.Lock(), v.Unlock([]byte(now))); err != nil {
			t.Errorf("Unlock with %q = %v", now, err)
		}
		if got, err := v.Get(t.Context(), "x"); err != nil || string(got) != now {
			t.Errorf("after %q the row is %q, %v", now, got, err)
		}
	}
}

// TestChangePassphraseOutlivesPowerLoss loses power at every step of a change:
// one of the two passphrases opens the vault, and no other key file is left.
func TestChangePassphraseOutlivesPowerLoss(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	steps := 0
	for at := 0; at <= steps; at++ {
		disk := vfs.NewCrashableMem()
		if err := made(t, disk, "old").Close(); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex // Pebble works in the background too
		n, counting, after := 0, false, disk
		before := errorfs.InjectorFunc(func(errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if counting {
				if n == at {
					after = disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
				}
				n++
			}
			return nil
		})
		v := open(t, errorfs.Wrap(disk, before))
		count := func(yes bool) {
			mu.Lock()
			defer mu.Unlock()
			counting = yes
		}
		count(true)
		if err := v.ChangePassphrase([]byte("old"), []byte("new")); err != nil {
			t.Fatalf("ChangePassphrase = %v", err)
		}
		count(false)
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		steps = n
		again := open(t, after)
		if err := again.Unlock([]byte("old")); err != nil {
			err = again.Unlock([]byte("new"))
			if err != nil {
				t.Errorf("power lost before step %d of %d: Unlock = %v", at, steps, err)
			}
		}
		if left := keyFiles(t, after); len(left) != 1 {
			t.Errorf("power lost before step %d of %d: there are %v, want the key file alone", at, steps, left)
		}
	}
	if steps < 10 {
		t.Errorf("%d steps, want all that a change takes", steps)
	}
}
