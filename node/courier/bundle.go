package courier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"votive/node/almanac"
	"votive/node/store"
	"votive/proto/votive"
)

// Export is the frames of a bundle, in its order, and how many there were when
// it was called: what catch-up would offer, of what was sealed on a day or
// later. What is dropped meanwhile is left out. SPEC 13.2.
//
// Besides there is what waits in the outbox, own: where there is no peer to
// publish to, a bundle is all there is. It does not go into the store, and so is
// offered to no peer before it is published; but who gets the bundle, and knows
// where it was made, can tell that it was written here.
func (c *Courier) Export(ctx context.Context, since votive.Day, own []almanac.Outgoing) (int, iter.Seq2[votive.Frame, error], error) {
	mine := make(map[votive.ID]votive.Frame)
	keys := c.sealedSince(since)
	for _, o := range own {
		f, err := o.Frame.Stamp(ctx)
		if err != nil {
			return 0, nil, err
		}
		if c.store.Has(f.ID()) {
			continue
		}
		if h := f.Header(); c.carried(f) && h.Sealed() >= since {
			mine[f.ID()] = f
			keys = append(keys, store.Key{Expiry: f.Expiry(), ID: f.ID()})
		}
	}
	slices.SortFunc(keys, store.Key.Compare)
	keys = slices.Compact(keys) // dropped and come again, or published, meanwhile
	return len(keys), func(yield func(votive.Frame, error) bool) {
		for _, k := range keys {
			f, own := mine[k.ID]
			var err error
			if !own {
				f, err = c.store.Get(ctx, k.ID)
			}
			if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
				continue
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}, nil
}

// sealedSince is the frames that peers could still take and that were sealed on
// this day or later, whoever can read them.
func (c *Courier) sealedSince(since votive.Day) []store.Key {
	now := c.now()
	var keys []store.Key
	for _, e := range c.store.Arrivals(0) {
		if !expired(e.Header.Expiry(), now) && e.Header.Sealed() >= since {
			keys = append(keys, e.Key())
		}
	}
	return keys
}

// Imported is what came of a bundle.
type Imported struct {
	Frames  int // that are whole
	New     int // of these, in the store since now
	Ignored int // of these, of no use: dead, too far ahead, or of too low a rank
	Damaged int // besides: frames that are not whole
	Cut     int // bytes at the end that are less than a frame
}

// Import takes what is whole in a bundle, as if peers had brought it, a batch
// at a time. What Imported counts as new is on disk, with an error too:
// votive.ErrNoBundle and votive.ErrGarbage are about the bundle, others about
// reading it or the store. SPEC 13.3.
//
// It publishes nothing. Peers find what it took when they ask.
func (c *Courier) Import(ctx context.Context, in io.Reader) (Imported, error) {
	var done Imported
	b, err := votive.NewBundleReader(in)
	for err == nil && ctx.Err() == nil {
		var batch []votive.Frame
		if batch, err = c.importable(b, &done); len(batch) > 0 {
			if failed := c.importBatch(ctx, batch, &done); failed != nil {
				err = failed
			}
		}
		done.Damaged, done.Cut = b.Damaged(), b.Cut()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err == nil {
		err = ctx.Err()
	}
	return done, err
}

// importable reads a batch of frames that are accepted. There may be some
// before an error, which is io.EOF at the end of the bundle.
func (c *Courier) importable(b *votive.BundleReader, done *Imported) ([]votive.Frame, error) {
	var batch []votive.Frame
	for range maxBatch {
		f, verdict, err := b.Next(c.store.Floor(), c.now())
		if err != nil {
			return batch, err
		}
		done.Frames++
		if verdict == votive.Ignore {
			done.Ignored++
		} else {
			batch = append(batch, f)
		}
	}
	return batch, nil
}

// importBatch keeps what is not here.
func (c *Courier) importBatch(ctx context.Context, batch []votive.Frame, done *Imported) error {
	var fresh []votive.Frame
	for _, f := range batch {
		if !c.store.Has(f.ID()) && c.intake.begin(f.ID()) {
			fresh = append(fresh, f)
		}
	}
	c.almanac.Show(fresh...)
	if err := c.keep(ctx, fresh); err != nil {
		return fmt.Errorf("frames of a bundle cannot be kept: %w", err)
	}
	for _, f := range fresh {
		if c.store.Has(f.ID()) {
			done.New++
		} else { // the store's quota would not have it
			done.Ignored++
		}
	}
	return nil
}
