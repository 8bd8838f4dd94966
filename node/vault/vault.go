package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
	ds "github.com/ipfs/go-datastore"

	"votive/node/disk"
	"votive/proto/votive"
)

// What callers branch on.
var (
	ErrLocked          = errors.New("the vault is locked")
	ErrExists          = errors.New("there is a vault already")
	ErrNone            = errors.New("there is no vault")
	ErrNotFound        = errors.New("no such row")
	ErrWrongPassphrase = errors.New("wrong passphrase")
	ErrDamaged         = disk.ErrDamaged
	// ErrKeyDamaged is the ErrDamaged of the key file, which nothing mends.
	ErrKeyDamaged = fmt.Errorf("%w", ErrDamaged)
	ErrFull       = disk.ErrFull
)

// Options are what a Vault is opened with.
type Options struct {
	FS   vfs.FS       // nil: the disk
	Log  *slog.Logger // nil: none
	Cost Cost         // of the passphrase of a new vault; zero: 3 passes, 64 MiB, 4 lanes
}

func (o Options) orDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Cost == (Cost{}) {
		o.Cost = defaultCost
	}
	return o
}

// Vault is the private half of a node.
type Vault struct {
	o   Options
	dir string

	mu       sync.Mutex
	db       *disk.Database // nil where there is no vault
	file     keyFile
	key      *dataKey // nil while locked
	sealer   *sealer  // nil while locked
	identity votive.Identity
	long     map[string]int    // rows of more than one chunk
	received map[string][]byte // rows that wait to be written
	dummies  []ds.Key          // on disk, as far as is known since the last Scan
	life     int               // of a dummy, in flushes
	full     chan struct{}     // holds one when too much waits

	arrived atomic.Bool // frames came since the last flush; not behind mu, so that nobody who brings one waits for the disk
}

// Format writes a placeholder, whatever the verb.
func (v *Vault) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "vault") }

// identityRow is kept twice: without it nothing else can be used, and rows that
// lie together are damaged together. Where each lies is by chance.
const (
	identityRow   = "identity"
	identityAgain = "identity again"
)

// Open opens the vault in dir, if there is one. One without a passphrase is
// unlocked at once. ErrDamaged says that the key file or the database is not
// what was written.
func Open(dir string, o Options) (*Vault, error) {
	v := &Vault{o: o.orDefaults(), dir: dir, full: make(chan struct{}, 1), life: dummyLife}
	f, err := v.readKeyFile()
	if errors.Is(err, fs.ErrNotExist) {
		v.tidy()
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.tidy()
	v.file = f
	if v.db, err = disk.Open(v.path("db"), v.o.FS, v.o.Log); err != nil {
		return nil, err
	}
	if v.file.Bare == nil {
		return v, nil
	}
	if err := v.Unlock(nil); err != nil {
		return nil, errors.Join(err, v.db.Close())
	}
	return v, nil
}

func (v *Vault) path(name string) string { return v.o.FS.PathJoin(v.dir, name) }

// Exists reports whether there is a vault.
func (v *Vault) Exists() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.db != nil
}

// Locked reports whether nothing can be read.
func (v *Vault) Locked() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.sealer == nil
}

// Protected reports whether the vault has a passphrase.
func (v *Vault) Protected() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.db != nil && v.file.Bare == nil
}

// Create makes a vault for an identity and leaves it unlocked. An empty
// passphrase makes one that whoever has the disk can open. It is on disk when
// Create returns; before that there is none, whatever happens.
func (v *Vault) Create(passphrase []byte, id votive.Identity) (err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db != nil {
		return ErrExists
	}
	key := new(dataKey)
	if _, err := io.ReadFull(rand.Reader, key[:]); err != nil {
		return err
	}
	if v.file, err = wrap(key, passphrase, v.o.Cost); err != nil {
		return err
	}
	// What is there without a key file nobody can read: an earlier try.
	if err := v.removeDatabases(); err != nil {
		return err
	}
	db, err := disk.Open(v.path("db"), v.o.FS, v.o.Log)
	if err != nil {
		return err
	}
	v.db = db
	if err = v.use(key); err == nil {
		v.identity = id
		c := new(Changes)
		c.Put(identityRow, id.Seed())
		c.Put(identityAgain, id.Seed())
		err = v.commit(context.Background(), c)
	}
	if err == nil {
		err = v.writeKeyFile(v.file)
	}
	if err != nil {
		v.forget()
		v.db = nil
		return errors.Join(err, db.Close())
	}
	return nil
}

// use takes the data key. Called with mu held.
func (v *Vault) use(key *dataKey) error {
	s, err := newSealer(key)
	if err != nil {
		return err
	}
	v.key, v.sealer = key, s
	v.long, v.received = make(map[string]int), make(map[string][]byte)
	return nil
}

// Unlock opens the vault: about half a second of work, which is what keeps
// guessing slow. It is no error when it is open.
func (v *Vault) Unlock(passphrase []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.db == nil:
		return ErrNone
	case v.sealer != nil:
		return nil
	}
	key, err := v.file.unwrap(passphrase)
	if err != nil {
		return err
	}
	if err := v.use(key); err != nil {
		return err
	}
	seed, err := v.get(context.Background(), identityRow)
	if err != nil {
		seed, err = v.get(context.Background(), identityAgain)
	}
	if err == nil {
		v.identity, err = votive.IdentityFrom(seed)
	}
	if err != nil {
		v.forget()
		return fmt.Errorf("%s is %w: the identity cannot be read: %v", v.dir, ErrDamaged, err)
	}
	return nil
}

// Lock writes what was received, and forgets every key as far as Go can: see
// the comment of the package.
func (v *Vault) Lock() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return nil
	}
	err := v.flush(context.Background())
	v.forget()
	return err
}

// forget forgets all that is secret. Called with mu held.
func (v *Vault) forget() {
	if v.sealer != nil {
		v.sealer.forget()
	}
	if v.key != nil && v.file.Bare == nil {
		clear(v.key[:])
	}
	v.key, v.sealer, v.identity = nil, nil, votive.Identity{}
	v.long, v.received, v.dummies = nil, nil, nil
}

// Identity is whose vault it is, or ErrLocked.
func (v *Vault) Identity() (votive.Identity, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return votive.Identity{}, ErrLocked
	}
	return v.identity, nil
}

// Close writes what was received, and closes the database.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return nil
	}
	var err error
	if v.sealer != nil {
		err = v.flush(context.Background())
	}
	v.forget()
	err = errors.Join(err, v.db.Close())
	v.db = nil
	return err
}
