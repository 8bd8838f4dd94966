package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"

	ds "github.com/ipfs/go-datastore"
)

// Changes are rows to be put and deleted, together or not at all.
type Changes struct {
	put    []named
	delete []string
}

type named struct {
	name  string
	value []byte
}

// Put sets the row called name, 1 to 200 bytes, to a value of up to 64 KiB.
func (c *Changes) Put(name string, value []byte) { c.put = append(c.put, named{name, value}) }

// Delete removes the row, if it is there.
func (c *Changes) Delete(name string) { c.delete = append(c.delete, name) }

// Commit makes changes. When it gives nil they are on disk; otherwise nothing
// has changed. ErrLocked, ErrFull.
func (v *Vault) Commit(ctx context.Context, c *Changes) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return ErrLocked
	}
	return v.commit(ctx, c)
}

func (v *Vault) commit(ctx context.Context, c *Changes) error {
	if len(c.put) == 0 && len(c.delete) == 0 {
		return nil
	}
	rows := make([][]row, len(c.put))
	for i, p := range c.put {
		var err error
		if rows[i], err = v.sealer.cut(nil, p.name, p.value); err != nil {
			return err
		}
	}
	err := v.db.Write(ctx, func(b ds.Batch) error {
		var buf sealed
		for _, name := range c.delete {
			if err := v.remove(ctx, b, name, 0); err != nil {
				return err
			}
		}
		for i, p := range c.put {
			if err := v.remove(ctx, b, p.name, len(rows[i])); err != nil {
				return err
			}
			for _, r := range rows[i] {
				if err := v.sealer.put(ctx, b, r, &buf); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range c.delete {
		v.settled(name, 0)
	}
	for i, p := range c.put {
		v.settled(p.name, len(rows[i]))
	}
	return nil
}

// remove deletes the chunks of a row from the one given on. One of a single
// chunk, as nearly all are, costs nothing where it is replaced.
func (v *Vault) remove(ctx context.Context, b ds.Batch, name string, from int) error {
	for i := from; i < max(1, v.long[name]); i++ {
		if err := b.Delete(ctx, v.sealer.key(realRow, name, i)); err != nil {
			return err
		}
	}
	return nil
}

// settled notes how many chunks a row has on disk, and that nothing older
// waits to be written.
func (v *Vault) settled(name string, n int) {
	delete(v.received, name)
	delete(v.long, name)
	if n > 1 {
		v.long[name] = n
	}
}

// Get is the value of a row; ErrNotFound, ErrLocked or ErrDamaged.
func (v *Vault) Get(ctx context.Context, name string) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return nil, ErrLocked
	}
	return v.get(ctx, name)
}

func (v *Vault) get(ctx context.Context, name string) ([]byte, error) {
	if value, waits := v.received[name]; waits {
		return slices.Clone(value), nil
	}
	var whole []byte
	for i := 0; ; i++ {
		key := v.sealer.key(realRow, name, i)
		sealed, err := v.db.Get(ctx, key)
		if errors.Is(err, ds.ErrNotFound) && i == 0 {
			return nil, ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("row is %w: %v", ErrDamaged, err)
		}
		o, err := v.sealer.open(key, sealed)
		if err != nil {
			return nil, fmt.Errorf("row is %w: %v", ErrDamaged, err)
		}
		whole = append(whole, o.part...)
		if len(whole) >= o.size {
			return whole, nil
		}
	}
}

// DamagedError says how many rows could not be read; all others were.
type DamagedError struct{ Rows int }

func (e DamagedError) Error() string { return fmt.Sprintf("%d private rows cannot be read", e.Rows) }

// Is reports that this is ErrDamaged.
func (e DamagedError) Is(target error) bool { return target == ErrDamaged }

// Scan gives every row once, those that wait to be written among them, in no
// order. see must not call the vault. Rows that cannot be read are passed
// over, and counted in a DamagedError at the end. Where the database itself is
// damaged, so that who knows what is missing, ErrDamaged is all there is to say:
// Salvage comes first.
func (v *Vault) Scan(ctx context.Context, see func(name string, value []byte) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return ErrLocked
	}
	s := scan{v: v, see: see, parts: make(map[string][]opened)}
	err := v.db.Rows("/", "0", func(key, value []byte) error { return s.row(ds.RawKey(string(key)), value) })
	if err != nil {
		return err
	}
	v.dummies = s.dummies
	s.damaged += len(s.parts)
	for name, value := range v.received {
		if err := see(name, slices.Clone(value)); err != nil {
			return err
		}
	}
	if s.damaged > 0 {
		return DamagedError{s.damaged}
	}
	return nil
}

// scan is one pass over all rows.
type scan struct {
	v       *Vault
	see     func(string, []byte) error
	parts   map[string][]opened // of rows that are not complete yet
	dummies []ds.Key
	damaged int
}

func (s *scan) row(key ds.Key, sealed []byte) error {
	o, err := s.v.sealer.open(key, sealed)
	switch {
	case err != nil:
		s.damaged++
		return nil
	case o.name == "":
		s.dummies = append(s.dummies, key)
		return nil
	case o.name == identityRow, o.name == identityAgain:
		return nil
	}
	if _, waits := s.v.received[o.name]; waits {
		return nil
	}
	if len(o.part) == o.size {
		return s.see(o.name, o.part)
	}
	all := append(s.parts[o.name], o)
	s.parts[o.name] = all
	got := 0
	for _, p := range all {
		got += len(p.part)
	}
	if got < o.size {
		return nil
	}
	delete(s.parts, o.name)
	s.v.long[o.name] = len(all)
	slices.SortFunc(all, func(a, b opened) int { return a.chunk - b.chunk })
	whole := make([]byte, 0, o.size)
	for _, p := range all {
		whole = append(whole, p.part...)
	}
	return s.see(o.name, whole)
}

// Purge asks for the files to be rewritten without what was deleted.
func (v *Vault) Purge(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return ErrNone
	}
	return v.db.Compact(ctx)
}
