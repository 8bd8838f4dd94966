package almanac

import (
	"bytes"
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"strings"

	"votive/node/vault"
	"votive/proto/votive"
)

// Create makes the vault for an identity, and leaves it open.
func (a *Almanac) Create(ctx context.Context, passphrase []byte, id votive.Identity) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	if err := a.Vault.Create(passphrase, id); err != nil {
		return err
	}
	return a.load(ctx)
}

// Unlock opens the vault, reads it, and then opens the frames that came while
// it was locked. It is no error when it is open already.
func (a *Almanac) Unlock(ctx context.Context, passphrase []byte) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	if err := a.Vault.Unlock(passphrase); err != nil {
		return err
	}
	a.mu.RLock()
	loaded := a.index != nil
	a.mu.RUnlock()
	if loaded {
		return nil
	}
	return a.load(ctx)
}

// Lock forgets all that can be read, and every key, and gives the memory that
// they were in back to the system. The node goes on carrying frames. What it
// cannot do is in the comment of package vault.
func (a *Almanac) Lock() error {
	return a.close(a.Vault.Lock)
}

// Wipe destroys the vault, and forgets as Lock does.
func (a *Almanac) Wipe() error {
	return a.close(a.Vault.Wipe)
}

// close forgets all that can be read, and has the vault do its part.
func (a *Almanac) close(vault func() error) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.mu.Lock()
	a.index = nil
	a.ring.Store(nil)
	a.mu.Unlock()
	a.pieces.clear()
	a.out.clear()
	err := vault()
	a.watchers.tell(Change{Kind: LockChanged})
	debug.FreeOSMemory()
	return err
}

// load builds the index of the vault's rows, and then reads what the store
// holds beyond them. Called with writing held, or before anybody else is here.
func (a *Almanac) load(ctx context.Context) error {
	identity, err := a.Vault.Identity()
	if err != nil {
		return err
	}
	x := newIndex(identity)
	waiting, err := a.rows(ctx, x)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.index = x
	added := a.follow()
	a.out.load(waiting)
	a.mu.Unlock()
	a.scan(ctx, added)
	a.watchers.tell(Change{Kind: LockChanged})
	return nil
}

// rows reads the vault into x, keeps before records, since they say which
// records matter. What cannot be read is counted and left alone.
func (a *Almanac) rows(ctx context.Context, x *index) ([]Outgoing, error) {
	x.loading = true
	var records []row
	var waiting []Outgoing
	names := make(map[votive.ID]string)
	broken := 0
	err := a.Vault.Scan(ctx, func(key string, value []byte) error {
		if key == purgeRow {
			return nil
		}
		if strings.HasPrefix(key, outRows) {
			u, err := votive.UnstampedFrom(value)
			if err != nil {
				broken++
				return nil
			}
			waiting = append(waiting, Outgoing{Key: key, Frame: u})
			return nil
		}
		if name, ok := strings.CutPrefix(key, localRows); ok {
			x.local[name] = bytes.Clone(value)
			return nil
		}
		r, err := parseRow(value)
		if err != nil {
			broken++
			return nil
		}
		names[r.frame] = key
		switch {
		case strings.HasPrefix(key, keepRows):
			broken += x.restore(r)
		case strings.HasPrefix(key, goneRows):
			broken += x.restoreGone(r)
		default:
			records = append(records, r)
		}
		return nil
	})
	if damaged := (vault.DamagedError{}); errors.As(err, &damaged) {
		broken += damaged.Rows
	} else if err != nil {
		return nil, err
	}
	slices.SortStableFunc(records, readOrder)
	for _, r := range records {
		broken += x.restore(r)
	}
	for _, o := range waiting {
		if key, ok := names[o.Frame.Sum()]; ok {
			x.unnamed[o.Frame.Sum()] = key
		}
	}
	x.settle()
	a.damaged.Store(uint32(broken))
	return waiting, nil
}

// restore takes a row into the index, and gives how many could not be read.
func (x *index) restore(r row) int {
	rec, err := votive.Restore(r.kind, r.body)
	if err != nil {
		return 1
	}
	// A row names the last of the frames. Where there are others, all are read
	// again: they are not joined without the last.
	if votive.Parts(len(r.body)) == 1 {
		x.opened[r.frame] = part{place: placeOf(r.kind, r.about, r.body)}
	}
	if r.kind == votive.KindCircle && x.circles[r.about] == nil {
		return 0 // of a circle that was left
	}
	x.apply(rec, source{about: r.about, frame: r.frame, arrived: r.arrived})
	return 0
}
