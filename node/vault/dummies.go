package vault

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"slices"

	ds "github.com/ipfs/go-datastore"
)

const (
	// dummyLife is how many flushes a dummy is there on average: eight hours
	// and a half, if frames come every minute. There are then about 16,000 of
	// them, 16 MiB, and the database needs as much again until it has rewritten
	// what was deleted.
	dummyLife = 512
	// overwrites is how many slots of a batch there are for each that writes
	// over a row: records that change do so too.
	overwrites = 4
)

// padding is what is written beside the rows of a batch.
type padding struct {
	rows []row
	gone []ds.Key // dummies that are deleted
	now  []ds.Key // all that are on disk once it is written
}

// dice is what chance is drawn from: the cipher of ChaCha8, with a key of its
// own, since who could foresee it could tell dummies.
func dice() *mathrand.Rand {
	var key [32]byte
	_, _ = rand.Read(key[:])                      // it never fails
	return mathrand.New(mathrand.NewChaCha8(key)) //nolint:gosec // see above
}

// pad fills a batch up. How many of its slots write over something is drawn
// for the batch, before it is counted what the rows in it do themselves; and
// each dummy goes with a chance that does not depend on its age, so that nothing
// about them need be kept. Called with mu held.
func (v *Vault) pad(ctx context.Context, rows []row, d *mathrand.Rand) (padding, error) {
	p := padding{now: slices.Clone(v.dummies)}
	free := (flushRows - len(rows)%flushRows) % flushRows
	if len(rows) == 0 {
		free = flushRows
	}
	over := 0
	for range len(rows) + free {
		if d.IntN(overwrites) == 0 {
			over++
		}
	}
	for _, r := range rows {
		there, err := v.db.Has(ctx, r.key)
		if err != nil {
			return p, err
		}
		if there {
			over--
		}
	}
	d.Shuffle(len(p.now), func(i, j int) { p.now[i], p.now[j] = p.now[j], p.now[i] })
	over = min(max(over, 0), free, len(p.now))
	kept, rest := p.now[:over:over], p.now[over:]
	for _, key := range rest {
		if d.IntN(v.life) == 0 {
			p.gone = append(p.gone, key)
		} else {
			kept = append(kept, key)
		}
	}
	p.now = kept
	for i := range free {
		if i >= over {
			p.now = append(p.now, v.sealer.key(dummyRow, rand.Text(), 0))
		}
	}
	// The first are written over, the last are new.
	for _, key := range append(slices.Clone(p.now[:over]), p.now[len(p.now)-free+over:]...) {
		p.rows = append(p.rows, row{key: key})
	}
	return p, nil
}
