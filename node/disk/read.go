package disk

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"
	ds "github.com/ipfs/go-datastore"
)

// See calls see with the value of a row, which is gone afterwards: a Get of
// go-datastore copies it first. ErrNotFound is go-datastore's.
func (e *Database) See(key ds.Key, see func(value []byte) error) error {
	value, done, err := e.db.Get([]byte(key.String()))
	if errors.Is(err, pebble.ErrNotFound) {
		return ds.ErrNotFound
	}
	if err != nil {
		return err
	}
	return errors.Join(see(value), done.Close())
}

// Rows calls see with every row from lower to below upper, in the order of
// their keys, until it gives an error. What see is given is gone afterwards.
// ErrDamaged says that not all rows can be read.
//
// It is no query of go-datastore, which sends each row through a channel.
func (e *Database) Rows(lower, upper string, see func(key, value []byte) error) error {
	rows, err := e.db.NewIter(&pebble.IterOptions{LowerBound: []byte(lower), UpperBound: []byte(upper)})
	if err != nil {
		return explainOpen(e.dir, err)
	}
	for ok := rows.First(); ok && err == nil; ok = rows.Next() {
		err = see(rows.Key(), rows.Value())
	}
	if damage := errors.Join(rows.Error(), rows.Close()); err == nil && damage != nil {
		return explainOpen(e.dir, damage)
	}
	return err
}

// Check reads every row: nil, or ErrDamaged where not all can be read.
func (e *Database) Check(ctx context.Context) error {
	return e.Rows("/", "0", func([]byte, []byte) error { return ctx.Err() })
}

// Estimate is about how many bytes the rows from lower to below upper have on
// disk; those that are not in a table yet do not count.
func (e *Database) Estimate(lower, upper string) uint64 {
	n, err := e.db.EstimateDiskUsage([]byte(lower), []byte(upper))
	if err != nil {
		return 0 // whoever reads them will be told
	}
	return n
}
