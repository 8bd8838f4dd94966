package courier

import (
	"context"
	"testing"
	"testing/synctest"
)

// A courier that stops with a frame in hand, which is not on disk, is not
// certain to have it: it may come again.
func TestNothingStaysInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Courier{intake: newIntake(), hurry: make(chan struct{}, 1)}
		f := frames(t, 0, 1)[0]
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.write(ctx) }()
		c.intake.begin(f.ID())
		c.intake.reserve()
		c.intake.queue <- f
		synctest.Wait() // the writer has it, and waits for more
		cancel()
		if err := <-done; err != nil {
			t.Errorf("write() = %v, want nil", err)
		}
		if all := c.intake.all(); len(all) != 0 {
			t.Errorf("%d frames are in flight after the end, want none", len(all))
		}
		if len(c.hurry) == 0 {
			t.Error("nobody is told that a frame was missed")
		}
	})
}
