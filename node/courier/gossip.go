package courier

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"votive/node/mesh"
	"votive/proto/votive"
)

const (
	maxQueue = 4096 // a burst of one link (SPEC 2.10): 16 MiB
	maxBatch = 256  // frames made durable at once, and asked for at once (SPEC 10.4)

	writeAgain = time.Second // pause after frames could not be kept

	// linger is how long the writer lets frames come before it has the disk
	// sync them: one sync for all of a busy moment, and none in the way of the
	// reading of the first. What a crash takes in it is caught up with.
	linger = 5 * time.Millisecond
)

// Judge is the verdict on a message of gossip. It looks at the bytes, the floor
// and the clock, and at whether this node has the frame; what becomes of the
// frame is the writer's business, after the verdict. So it is the same for all
// who carry a frame, whether they can read it or not (SPEC 2.5 to 2.7).
//
// It may be called from many goroutines at once and returns at once.
func (c *Courier) Judge(from mesh.PeerID, b []byte) mesh.Verdict {
	f, verdict, _ := votive.Judge(b, c.store.Floor(), c.now())
	if verdict == votive.Reject {
		c.tally.rejected.Add(1)
		return mesh.Reject
	}
	p := c.publishing.Load()
	own := p != nil && p.self == from && p.id == f.ID()
	if !own {
		c.skew.note(from, f, time.Now())
	}
	switch {
	case verdict == votive.Ignore:
		c.tally.ignored.Add(1)
		return mesh.Ignore
	case own:
		return mesh.Accept // which the outbox keeps
	}
	return c.take(f)
}

// take queues a frame for the writer, unless it is here already.
func (c *Courier) take(f votive.Frame) mesh.Verdict {
	had := mesh.Ignore
	if c.brought.has(f.ID(), time.Now()) {
		had = mesh.Accept // others wait for it: see brought
	}
	if !c.intake.begin(f.ID()) {
		return had
	}
	if c.store.Has(f.ID()) {
		c.intake.end(f)
		return had
	}
	if !c.intake.reserve() { // the disk is behind
		c.intake.end(f)
		c.miss(1)
		return mesh.Ignore
	}
	// Shown first: a person is told of news without waiting for what came before
	// it to be on disk. Show hands over the frame and returns at once.
	c.tally.hear(c.now())
	c.almanac.Show(f)
	c.intake.queue <- f
	return mesh.Accept
}

// intake is the frames in flight: judged, and not yet durable. It is bounded by
// the queue and by what the writer and the outbox have in hand, a batch each, and
// the asks, maxCame and a batch twice.
type intake struct {
	queue  chan votive.Frame // judged, and shown to the person's side
	queued atomic.Int32      // how many have a place in it
	mu     sync.Mutex
	flight map[votive.ID]struct{}
}

func newIntake() intake {
	return intake{queue: make(chan votive.Frame, maxQueue), flight: make(map[votive.ID]struct{})}
}

// reserve takes a place in the queue, if there is one.
func (in *intake) reserve() bool {
	if int(in.queued.Add(1)) <= cap(in.queue) {
		return true
	}
	in.queued.Add(-1)
	return false
}

// next is the next frame of the queue; false when ctx ends.
func (in *intake) next(ctx context.Context) (votive.Frame, bool) {
	select {
	case <-ctx.Done():
		return votive.Frame{}, false
	case f := <-in.queue:
		in.queued.Add(-1)
		return f, true
	}
}

// begin puts a frame in flight and reports whether it was not.
func (in *intake) begin(id votive.ID) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if _, ok := in.flight[id]; ok {
		return false
	}
	in.flight[id] = struct{}{}
	return true
}

func (in *intake) end(frames ...votive.Frame) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, f := range frames {
		delete(in.flight, f.ID())
	}
}

// all is what is in flight.
func (in *intake) all() []votive.ID {
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Collect(maps.Keys(in.flight))
}

// more takes what else is queued, until there is a batch.
func (in *intake) more(batch []votive.Frame) []votive.Frame {
	for len(batch) < maxBatch {
		select {
		case f := <-in.queue:
			in.queued.Add(-1)
			batch = append(batch, f)
		default:
			return batch
		}
	}
	return batch
}

// write makes durable what was shown, all that is queued at once.
func (c *Courier) write(ctx context.Context) error {
	for {
		f, ok := c.intake.next(ctx)
		if !ok {
			return nil
		}
		if !pause(ctx, linger) {
			c.intake.end(f)
			c.miss(1)
			return nil
		}
		batch := c.intake.more([]votive.Frame{f})
		if err := c.keep(ctx, batch); err != nil {
			c.miss(len(batch))
			if !pause(ctx, writeAgain) {
				return nil
			}
		}
	}
}
