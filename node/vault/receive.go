package vault

import (
	"context"
	"time"

	ds "github.com/ipfs/go-datastore"
)

const (
	// flushEvery is the rhythm in which what was received is written.
	flushEvery = time.Minute
	// flushRows is what the number of rows written is a multiple of, dummies
	// among them, and flushMost how many are written at once.
	flushRows = 32
	flushMost = 1024
	// maxReceived is how many rows wait at most before they are written out
	// of turn.
	maxReceived = 4096
)

// Arrived says that n frames came by, ours or not.
func (v *Vault) Arrived(n int) {
	if n > 0 {
		v.arrived.Store(true)
	}
}

// Receive keeps a row that was learnt from others. It can be read at once, and
// is on disk within about a minute: until then its frame in the store is what
// a crash leaves. It is nothing to a locked vault. The value is the vault's from
// then on.
func (v *Vault) Receive(name string, value []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return
	}
	v.received[name] = value
	v.arrived.Store(true)
	if len(v.received) >= maxReceived {
		select {
		case v.full <- struct{}{}:
		default:
		}
	}
}

// Flush writes what was received.
func (v *Vault) Flush(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.sealer == nil {
		return nil
	}
	return v.flush(ctx)
}

// flush writes what was received, filled up with dummies; dummies alone where
// frames came and none was ours.
func (v *Vault) flush(ctx context.Context) (err error) {
	if !v.arrived.Swap(false) {
		return nil
	}
	defer func() {
		if err != nil {
			v.arrived.Store(true)
		}
	}()
	names := make([]string, 0, len(v.received))
	for name := range v.received {
		names = append(names, name)
	}
	for first := true; first || len(names) > 0; first = false {
		taken, rows, pads, err := v.batch(ctx, names)
		if err != nil {
			return err
		}
		err = v.db.Write(ctx, func(b ds.Batch) error {
			var buf sealed
			for _, name := range names[:taken] {
				if err := v.remove(ctx, b, name, chunks(name, v.received[name])); err != nil {
					return err
				}
			}
			for _, key := range pads.gone {
				if err := b.Delete(ctx, key); err != nil {
					return err
				}
			}
			for _, r := range rows {
				if err := v.sealer.put(ctx, b, r, &buf); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		v.dummies = pads.now
		for _, name := range names[:taken] {
			v.settled(name, chunks(name, v.received[name]))
		}
		names = names[taken:]
	}
	return nil
}

// batch is rows to be written at once, dummies among them, in any order: the
// log keeps it.
func (v *Vault) batch(ctx context.Context, names []string) (taken int, rows []row, p padding, err error) {
	if taken, rows, err = v.fill(names); err != nil {
		return 0, nil, p, err
	}
	d := dice()
	if p, err = v.pad(ctx, rows, d); err != nil {
		return 0, nil, p, err
	}
	rows = append(rows, p.rows...)
	d.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return taken, rows, p, nil
}

// fill makes the rows to be written at once: of as many of these as fit. It gives
// how many it took, at least one where there is one.
func (v *Vault) fill(names []string) (taken int, rows []row, err error) {
	rows = make([]row, 0, min(len(names), flushMost)+flushRows)
	for _, name := range names {
		value := v.received[name]
		if taken > 0 && len(rows)+chunks(name, value) > flushMost {
			break
		}
		if rows, err = v.sealer.cut(rows, name, value); err != nil {
			return 0, nil, err
		}
		taken++
	}
	return taken, rows, nil
}

// Run writes what was received about once a minute, until ctx ends.
func (v *Vault) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-v.full:
		}
		if err := v.Flush(ctx); err != nil && ctx.Err() == nil {
			v.o.Log.Warn("what was received could not be written yet", "err", err)
		}
	}
}
