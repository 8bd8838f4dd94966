package store

import (
	"context"
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
	if err := s.make(ctx, c); err != nil {
		return 0, err
	}
	return len(c.drop), nil
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
	if len(c.add) > 0 || len(c.drop) > 0 || c.floor != s.index.floor || c.intake.floor != s.index.intake.floor {
		if err := s.writeChange(ctx, c); err != nil {
			s.index.forgetPlan()
			return err
		}
	}
	s.index.apply(c)
	return nil
}

// writeChange writes c and syncs it. What makes room goes last: where a change
// is too large for one batch, a cut between two loses nothing.
func (s *Store) writeChange(ctx context.Context, c change) error {
	w := s.db.Writer(ctx)
	for _, f := range c.add {
		h, k := f.Header(), Key{f.Expiry(), f.ID()}
		w.Put(headerRow(k), h[:])
		w.Put(frameRow(k), f.Bytes())
		w.Cut()
	}
	for _, k := range c.drop {
		w.Delete(headerRow(k))
		w.Delete(frameRow(k))
		w.Cut()
	}
	if in := s.index.intake; c.floor != s.index.floor || c.intake.evicted != in.evicted || c.intake.floor != in.floor {
		w.Put(floorRow, appendFloor(nil, c.floor, c.intake))
	}
	return w.Finish()
}
