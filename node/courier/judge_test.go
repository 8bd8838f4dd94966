package courier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

// still is a courier that nobody runs: what it takes stays in its queue.
func still(t testing.TB, now func() time.Time, quota int) (*Courier, *shelf) {
	t.Helper()
	s, err := store.Open("store", store.Options{Quota: quota, FS: vfs.NewMem(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	shelf := newShelf(s)
	c, err := Open(Config{Store: s, Almanac: shelf, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c, shelf
}

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func TestOpenNeedsParts(t *testing.T) {
	if _, err := Open(Config{}); err == nil {
		t.Error("Open(nothing) = nil, want an error")
	}
}

// spoilt is a frame whose stamp does not hold.
func spoilt(f votive.Frame) []byte {
	b := bytes.Clone(f.Bytes())
	for {
		b[votive.FrameSize-1]++
		if _, err := votive.ParseFrame(b); err != nil {
			return b
		}
	}
}

// stampAnyhow searches for a stamp that holds where there must be none: for
// what is Rejected all the same.
func stampAnyhow(h header) []byte {
	b := rawFrame(h, 0)
	id := sha256.Sum256(b[:votive.FrameSize-8])
	for stamp := uint64(0); ; stamp++ {
		binary.BigEndian.PutUint64(b[votive.FrameSize-8:], stamp)
		sum := sha256.Sum256(append(id[:], b[votive.FrameSize-8:]...))
		if binary.BigEndian.Uint64(sum[:])>>(64-min(h.effort, votive.MinEffort)) == 0 {
			return b
		}
	}
}

// SPEC 2.5, 2.6: every class of frame, good and bad.
func TestJudge(t *testing.T) {
	const self, other = mesh.PeerID("self"), mesh.PeerID("other")
	today := votive.DayOf(noon)
	with := func(class votive.Lifetime, expiry votive.Day) []byte {
		return stampedFrame(t, header{1, votive.MinEffort, class, expiry}, 0).Bytes()
	}
	all := frames(t, 0, 20)
	good := all[0].Bytes()
	tests := []struct {
		name string
		b    []byte
		want mesh.Verdict
	}{
		{"good", all[1].Bytes(), mesh.Accept},
		{"in flight", good, mesh.Ignore},
		{"in the store", all[2].Bytes(), mesh.Ignore},
		{"more effort", stampedFrame(t, header{1, 18, votive.Days8, today + 8}, 0).Bytes(), mesh.Accept},

		{"dies today", with(votive.Days8, today), mesh.Accept},
		{"died 36 hours ago", with(votive.Days8, today-1), mesh.Accept},
		{"died 60 hours ago", with(votive.Days8, today-2), mesh.Ignore},
		{"from the first day", with(votive.Days8, 0), mesh.Ignore},
		{"8 days, clock 48 hours ahead", with(votive.Days8, today+10), mesh.Accept},
		{"8 days, too far ahead", with(votive.Days8, today+11), mesh.Ignore},
		{"30 days, clock 48 hours ahead", with(votive.Days30, today+32), mesh.Accept},
		{"30 days, too far ahead", with(votive.Days30, today+33), mesh.Ignore},
		{"120 days, clock 48 hours ahead", with(votive.Days120, today+122), mesh.Accept},
		{"120 days, too far ahead", with(votive.Days120, today+123), mesh.Ignore},

		{"empty", nil, mesh.Reject},
		{"4,095 bytes", good[:votive.FrameSize-1], mesh.Reject},
		{"4,097 bytes", append(bytes.Clone(good), 0), mesh.Reject},
		{"stamp spoilt", spoilt(all[3]), mesh.Reject},
		{"stamp spoilt of one in flight", spoilt(all[0]), mesh.Reject},
		{"body changed", append([]byte{1, 16}, append([]byte{0}, good[3:]...)...), mesh.Reject},
		{"no stamp", rawFrame(usual, 4), mesh.Reject},
		{"version 0", stampAnyhow(header{0, votive.MinEffort, votive.Days8, today + 8}), mesh.Reject},
		{"version 2", stampAnyhow(header{2, votive.MinEffort, votive.Days8, today + 8}), mesh.Reject},
		{"class 3", stampAnyhow(header{1, votive.MinEffort, 3, today + 8}), mesh.Reject},
		{"effort 0", stampAnyhow(header{1, 0, votive.Days8, today + 8}), mesh.Reject},
		{"effort 15", stampAnyhow(header{1, votive.MinEffort - 1, votive.Days8, today + 8}), mesh.Reject},
		{"effort 255", rawFrame(header{1, 255, votive.Days8, today + 8}, 0), mesh.Reject},
		{"zeros", make([]byte, votive.FrameSize), mesh.Reject},
	}
	c, _ := still(t, at(noon), 0)
	if got := c.Judge(other, good); got != mesh.Accept {
		t.Fatalf("Judge(first) = %v, want %v", got, mesh.Accept)
	}
	if _, err := c.store.Put(t.Context(), all[2]); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if got := c.Judge(other, tt.b); got != tt.want {
			t.Errorf("%s: Judge() = %v, want %v", tt.name, got, tt.want)
		}
		// Whatever it was, a second time there is nothing to pass on.
		if got := c.Judge(other, tt.b); got == mesh.Accept || (tt.want == mesh.Reject) != (got == mesh.Reject) {
			t.Errorf("%s: Judge() again = %v, after %v", tt.name, got, tt.want)
		}
	}
	if s := c.Status(); s.Missed != 0 || s.Ignored == 0 || s.Rejected == 0 {
		t.Errorf("Status() = %+v, want none missed, some ignored, some rejected", s)
	}

	// Our own is in the store when it is published, and passes; from anybody
	// else, or not just now, it is a duplicate.
	id := all[2].ID()
	for _, tt := range []struct {
		name string
		p    *publication
		want mesh.Verdict
	}{
		{"own", &publication{other, id}, mesh.Accept},
		{"own, from another", &publication{self, id}, mesh.Ignore},
		{"another is published", &publication{other, all[5].ID()}, mesh.Ignore},
		{"none is published", nil, mesh.Ignore},
	} {
		c.publishing.Store(tt.p)
		if got := c.Judge(other, all[2].Bytes()); got != tt.want {
			t.Errorf("%s: Judge() = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestJudgeFloor(t *testing.T) {
	c, shelf := still(t, at(noon), 10)
	if err := shelf.Carry(t.Context(), frames(t, 0, 20)); err != nil {
		t.Fatal(err)
	}
	floor := c.store.Floor()
	if floor == (votive.Rank{}) {
		t.Fatal("no floor")
	}
	seen := map[mesh.Verdict]int{}
	for _, f := range frames(t, 20, 60) {
		want := mesh.Accept
		if f.Rank().Compare(floor) <= 0 {
			want = mesh.Ignore
		}
		if got := c.Judge("p", f.Bytes()); got != want {
			t.Errorf("Judge(rank %v) with floor %v = %v, want %v", f.Rank(), floor, got, want)
		}
		seen[want]++
	}
	if seen[mesh.Accept] == 0 || seen[mesh.Ignore] == 0 {
		t.Errorf("%v, want some of both", seen)
	}
}

// A queue that is full costs a frame and says that catch-up is due.
func TestJudgeQueueFull(t *testing.T) {
	c, _ := still(t, at(noon), 0)
	c.intake.queue = make(chan votive.Frame, 2)
	all := frames(t, 0, 3)
	for i, want := range []mesh.Verdict{mesh.Accept, mesh.Accept, mesh.Ignore} {
		if got := c.Judge("p", all[i].Bytes()); got != want {
			t.Errorf("frame %d: Judge() = %v, want %v", i, got, want)
		}
	}
	if got := c.Status().Missed; got != 1 {
		t.Errorf("%d missed, want 1", got)
	}
	select {
	case <-c.hurry:
	default:
		t.Error("no catch-up is due")
	}
	c.intake.next(t.Context())
	if got := c.Judge("p", all[2].Bytes()); got != mesh.Accept {
		t.Errorf("with room again: Judge() = %v, want %v", got, mesh.Accept)
	}
}

// The writer batches, and what it cannot keep is not in flight for ever.
func TestWriter(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(plan{})
		n.shelf.breakDown(errors.New("no room"))
		all := frames(t, 0, 600)
		for _, f := range all {
			if got := n.Judge("p", f.Bytes()); got != mesh.Accept {
				t.Fatalf("Judge() = %v, want %v", got, mesh.Accept)
			}
		}
		settle(10 * time.Second)
		if got := n.store.Len(); got != 0 {
			t.Errorf("%d frames in a store that is broken", got)
		}
		if got := n.Status().Missed; got != 600 {
			t.Errorf("%d missed, want 600", got)
		}
		n.shelf.breakDown(nil)
		before := n.shelf.batches
		for _, f := range all {
			if got := n.Judge("p", f.Bytes()); got != mesh.Accept {
				t.Fatalf("afterwards Judge() = %v, want %v", got, mesh.Accept)
			}
		}
		w.complete("the store", n, 600, time.Second)
		if got := n.shelf.batches - before; got > 300 {
			t.Errorf("%d batches for 600 frames", got)
		}
		if len(n.intake.flight) != 0 {
			t.Errorf("%d in flight, want 0", len(n.intake.flight))
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	all := frames(b, 0, 1000)
	b.Run("new", func(b *testing.B) {
		c, _ := still(b, at(noon), 0)
		for i := 0; b.Loop(); i++ {
			f := all[i%len(all)]
			if c.Judge("p", f.Bytes()) == mesh.Accept {
				f, _ := c.intake.next(b.Context())
				c.intake.end(f)
			}
		}
	})
	b.Run("duplicate", func(b *testing.B) {
		c, _ := still(b, at(noon), 0)
		c.Judge("p", all[0].Bytes())
		for b.Loop() {
			c.Judge("p", all[0].Bytes())
		}
	})
	b.Run("sha256", func(b *testing.B) { // the yardstick
		for b.Loop() {
			votive.FrameID(all[0].Bytes())
		}
	})
}

// SPEC 2.6: what catch-up brought a moment ago is passed on when gossip tells of
// it, once more than what is here otherwise; not for long, and not a whole store.
func TestOvertakenGossip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := still(t, at(noon), 0)
		all := frames(t, 0, maxBrought+2)
		f := fetching{channel: &channel{Courier: c}, outcome: &outcome{}}
		for _, frame := range all {
			if !f.fresh(frame) || f.fresh(frame) {
				t.Fatal("a frame is not fresh once, when it comes")
			}
			f.came = append(f.came, frame)
		}
		if err := f.keepFresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name  string
			after time.Duration
			f     votive.Frame
			want  mesh.Verdict
		}{
			{"the last", 0, all[maxBrought+1], mesh.Accept},
			{"one before too many others", 0, all[1], mesh.Ignore},
			{"the last, a minute later", broughtFor, all[maxBrought+1], mesh.Accept},
			{"the last, after that", 1, all[maxBrought+1], mesh.Ignore},
		} {
			settle(tt.after)
			if got := c.Judge("peer", tt.f.Bytes()); got != tt.want {
				t.Errorf("%s: Judge() = %v, want %v", tt.name, got, tt.want)
			}
		}
		if got := len(c.intake.queue); got != 0 {
			t.Errorf("%d frames queued that are here, want 0", got)
		}
	})
}

// What catch-up brought and could not be kept, since the session was ended or
// the disk failed, is taken when gossip brings it.
func TestOvertakenAndLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := still(t, at(noon), 0)
		frame := frames(t, 0, 1)[0]
		f := fetching{channel: &channel{Courier: c}, outcome: &outcome{}}
		f.came = append(f.came, frame)
		if !f.fresh(frame) {
			t.Fatal("not fresh")
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := f.keepFresh(ended); err == nil || c.store.Has(frame.ID()) {
			t.Fatal("it was kept: nothing is tested")
		}
		if got := c.Judge("peer", frame.Bytes()); got != mesh.Accept || len(c.intake.queue) != 1 {
			t.Errorf("Judge() = %v with %d queued, want %v with 1", got, len(c.intake.queue), mesh.Accept)
		}
	})
}

// witness is a shelf that notes what it is shown.
type witness struct {
	*shelf
	shown []votive.Frame
}

func (w *witness) Show(frames ...votive.Frame) { w.shown = append(w.shown, frames...) }

// SPEC 10.12: from the moment that a frame has come by catch-up nobody else's is
// taken; so it is shown at once, however long the peer takes with the rest of
// its batch.
func TestShownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := still(t, at(noon), 0)
		w := &witness{shelf: newShelf(c.store)}
		c.almanac = w
		frame := frames(t, 0, 1)[0]
		f := fetching{channel: &channel{Courier: c}, outcome: &outcome{}}
		if !f.fresh(frame) || len(w.shown) != 1 {
			t.Errorf("%d frames shown when one has come, want it", len(w.shown))
		}
		f.came = append(f.came, frame)
		if err := f.keepFresh(t.Context()); err != nil || len(w.shown) != 1 {
			t.Errorf("keepFresh() = %v with %d frames shown, want it once", err, len(w.shown))
		}
	})
}
