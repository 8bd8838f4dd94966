package courier

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"votive/proto/votive"
)

// slowShelf is a shelf that keeps nothing before it is told to.
type slowShelf struct {
	*shelf
	keep chan error // what Carry is to give, instead of keeping where it is an error
}

func (s *slowShelf) Carry(ctx context.Context, frames []votive.Frame) error {
	if err := <-s.keep; err != nil {
		return err
	}
	return s.shelf.Carry(ctx, frames)
}

// What comes is kept beside what goes on coming, until too much waits for the
// disk.
func TestKeptBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := still(t, at(noon), 0)
		disk := &slowShelf{newShelf(c.store), make(chan error)}
		c.almanac = disk
		all := frames(t, 0, 2+maxCame)
		f := fetching{channel: &channel{Courier: c}, outcome: &outcome{}}
		come := func(some ...votive.Frame) {
			for _, frame := range some {
				if !f.fresh(frame) {
					t.Fatal("a frame is not fresh when it comes")
				}
				f.came = append(f.came, frame)
			}
		}
		come(all[0])
		if err := f.keepOn(t.Context()); err != nil || f.kept != 0 {
			t.Fatalf("keepOn() = %v with %d kept, want it to begin", err, f.kept)
		}
		come(all[1:maxCame]...)
		if err := f.keepOn(t.Context()); err != nil || len(f.came) != maxCame-1 {
			t.Fatalf("keepOn() = %v, %d waiting, beside a disk that is busy; want all that came", err, len(f.came))
		}
		come(all[maxCame])
		waited := make(chan error)
		go func() { waited <- f.keepOn(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-waited:
			t.Fatalf("keepOn() = %v with %d frames waiting for the disk, want it to wait", err, maxCame)
		default:
		}
		disk.keep <- nil
		if err := <-waited; err != nil || f.kept != 1 || len(f.came) != 0 {
			t.Fatalf("keepOn() = %v with %d kept, %d waiting; want 1, 0", err, f.kept, len(f.came))
		}

		// The disk fails: all that came is out of flight, and gossip may bring it.
		come(all[maxCame+1])
		broken := errors.New("broken")
		go func() { disk.keep <- broken; disk.keep <- broken }()
		if err := f.keepFresh(t.Context()); !errors.Is(err, errKeep) || f.kept != 1 {
			t.Errorf("keepFresh() = %v with %d kept, want %v, 1", err, f.kept, errKeep)
		}
		if left := len(c.intake.all()); left != 0 || f.keeping != nil || len(f.came) != 0 {
			t.Errorf("%d frames are in flight after that, want none", left)
		}
	})
}
