package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"votive/proto/votive"
)

const (
	// New frames are refused when the disk has less than this to spare: what
	// is carried for others must not crowd out what a person writes, and
	// Pebble needs some room to make room.
	reserve = 64 << 20

	// A frame is kept for so long after its death, because clocks differ.
	// SPEC 2.6.
	afterDeath = 48 * time.Hour
)

// Put takes frames, and gives those that were taken, in their order. They are
// on disk and synced when it returns. What is here already, below the floor,
// or given twice is passed over. Over the quota, frames make room as SPEC 2.8
// says, new ones as well.
//
// ErrFull means that the disk has no room. With any error nothing counts as
// taken, and the store is as it was.
func (s *Store) Put(ctx context.Context, frames ...votive.Frame) (added []votive.Frame, err error) {
	if i := slices.IndexFunc(frames, func(f votive.Frame) bool { return f.Bytes() == nil }); i >= 0 {
		return nil, fmt.Errorf("frame %d of %d is none", i, len(frames))
	}
	done, err := s.use()
	if err != nil {
		return nil, err
	}
	defer done()
	s.writing.Lock()
	defer s.writing.Unlock()
	c := s.index.plan(frames, s.o.Quota, votive.DayOf(s.o.Now()))
	if err := s.checkRoom(len(c.add)); err != nil {
		s.index.forgetPlan()
		return nil, err
	}
	if err := s.make(ctx, c); err != nil {
		return nil, err
	}
	return c.add, nil
}

// Expire drops the frames that died more than 48 hours before now, and says
// how many. It is also when the floor is lowered, if there is room again.
func (s *Store) Expire(ctx context.Context, now time.Time) (int, error) {
	done, err := s.use()
	if err != nil {
		return 0, err
	}
	defer done()
	s.writing.Lock()
	defer s.writing.Unlock()
	c := s.index.expired(func(d votive.Day) bool { return now.Sub(d.Time()) > afterDeath }, s.o.Quota)
	free, err := s.makeDurable(ctx, c)
	if err != nil {
		return 0, err
	}
	// What is over is to be read by nobody who has this disk one day.
	return len(c.drop), errors.Join(s.slots.free(free), s.slots.wipe(free))
}

// checkRoom refuses to add n frames to a disk that is nearly full.
func (s *Store) checkRoom(n int) error {
	if n == 0 {
		return nil
	}
	disk, err := s.o.FS.GetDiskUsage(s.dir)
	if err != nil {
		return nil // a disk that cannot tell is tried
	}
	if want := uint64(reserve) + 2*uint64(n)*votive.FrameSize; disk.AvailBytes < want {
		return fmt.Errorf("%w: the disk of store %s has %d MiB to spare, want %d",
			ErrFull, s.dir, disk.AvailBytes>>20, (want-1)>>20+1)
	}
	return nil
}

// make makes a change: on disk first, then in the index. Store.writing is
// held.
func (s *Store) make(ctx context.Context, c change) error {
	free, err := s.makeDurable(ctx, c)
	if err != nil {
		return err
	}
	return s.slots.free(free)
}

// makeDurable is make, but for the slots of what was dropped, which it gives:
// from now on no row names them.
func (s *Store) makeDurable(ctx context.Context, c change) (free []slot, err error) {
	if len(c.add) > 0 || len(c.drop) > 0 || c.floor != s.index.floor || c.intake.floor != s.index.intake.floor {
		if c.slots, err = s.fill(ctx, c.add); err == nil {
			err = s.writeRows(ctx, c)
		}
		if err != nil {
			s.index.forgetPlan()
			return nil, err
		}
	}
	return s.index.apply(c), nil
}

// fill puts frames into free slots, and syncs them.
func (s *Store) fill(ctx context.Context, frames []votive.Frame) ([]slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.db.Frozen(); err != nil {
		return nil, err
	}
	at := s.slots.take(len(frames))
	return at, s.slots.write(at, func(i int) []byte { return frames[i].Bytes() })
}

// writeRows writes the rows of c and syncs them. What makes room goes last:
// where a change is too large for one batch, a cut between two loses nothing.
//
// It does not end with ctx, so that there is no row on disk that nobody here
// knows of, in whose slot another frame would be put.
func (s *Store) writeRows(ctx context.Context, c change) error {
	w := s.db.Writer(context.WithoutCancel(ctx))
	for i, f := range c.add {
		var row [headerRowSize]byte
		w.Put(headerRow(Key{f.Expiry(), f.ID()}), appendHeaderRow(row[:0], f.Header(), c.slots[i]))
		w.Cut()
	}
	for _, k := range c.drop {
		w.Delete(headerRow(k))
		w.Cut()
	}
	if in := s.index.intake; c.floor != s.index.floor || c.intake.evicted != in.evicted || c.intake.floor != in.floor {
		w.Put(floorRow, appendFloor(nil, c.floor, c.intake))
	}
	return w.Finish()
}
