package courier

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"votive/node/mesh"
	"votive/proto/votive"
)

// fresh gives frames whose stamps nobody has found yet.
func fresh(t *testing.T, n, m int) (out []votive.Unstamped) {
	t.Helper()
	for i := n; i < m; i++ {
		out = append(out, unstamped(t, usual, i))
	}
	return out
}

// found is the frame that one becomes, whoever stamps it.
func found(t *testing.T, u votive.Unstamped) votive.Frame {
	t.Helper()
	f, err := u.Stamp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What nobody was given stays in the outbox, over a restart too, and nowhere
// else. Afterwards the same frames go out, not others.
func TestOutboxWaitsForPeers(t *testing.T) {
	inWorld(t, func(w *world) {
		out := fresh(t, 5000, 5003)
		a := w.open(plan{})
		a.shelf.send(out...)
		settle(time.Minute)
		if got := a.store.Len(); got != 0 {
			t.Errorf("%d frames in the store that nobody was given, want 0", got)
		}
		if got := a.shelf.waiting(); got != 3 {
			t.Errorf("%d frames in the outbox of a node without peers, want 3", got)
		}
		a.stop()

		a = w.open(plan{disk: a.disk})
		a.shelf.send(out...)
		settle(time.Minute)
		b := w.open(plan{})
		w.dial(b.mesh, a.mesh)
		w.complete("the peer", b, 3, 5*time.Second)
		if took, ok := within(3*time.Second, func() bool { return a.shelf.waiting() == 0 }); !ok {
			t.Errorf("after %v %d frames in the outbox, want 0", took, a.shelf.waiting())
		}
		for _, u := range out {
			f := found(t, u)
			if !b.store.Has(f.ID()) {
				t.Errorf("frame %v did not arrive", f.ID())
			}
		}
		if got := a.Status().Published; got != 3 {
			t.Errorf("%d published, want 3", got)
		}
		if got := a.store.Len(); got != 3 {
			t.Errorf("%d of one's own in the store, want the 3 published", got)
		}
	})
}

// What nobody has been given yet is not offered: whoever asked for it first
// would be its only holder, and would know whose it is.
func TestUnpublishedIsNotOffered(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{})
		a.shelf.send(fresh(t, 5000, 5003)...)
		settle(time.Minute)
		if got := a.store.Snapshot().Len(); got != 0 {
			t.Errorf("%d frames that were never published are offered to whoever asks", got)
		}
	})
}

// What all have is not published again by the one whose it is: not when the
// outbox could not be told (a vault that was locked), and not after a crash.
func TestPublishedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		a.shelf.lock(true)
		a.shelf.send(fresh(t, 5000, 5001)...)
		w.complete("the peer", b, 1, 10*time.Second)
		settle(time.Hour) // no gossip remembers for so long what it has seen
		if got := a.Status().Published; got != 1 || a.shelf.waiting() != 1 {
			t.Errorf("published %d times while the outbox could not be told, want once", got)
		}
		a.stop()
		a = w.open(plan{disk: a.disk})
		a.shelf.send(fresh(t, 5000, 5001)...)
		w.dial(b.mesh, a.mesh)
		if took, ok := within(time.Minute, func() bool { return a.shelf.waiting() == 0 }); !ok {
			t.Errorf("after %v %d frames in the outbox, want 0", took, a.shelf.waiting())
		}
		if got := a.Status().Published; got != 0 {
			t.Errorf("%d published again after a restart, want 0", got)
		}
	})
}

// A stamp that was being searched for does not hold up the end.
func TestOutboxStops(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{})
		hard := usual
		hard.effort = 60
		a.shelf.send(unstamped(t, hard, 0))
		a.stop()
	})
}

func TestOutboxDropsTheDead(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		dead := usual
		dead.expiry = votive.DayOf(noon) - 3
		a.shelf.send(unstamped(t, dead, 0), unstamped(t, usual, 5000))
		w.complete("the peer", b, 1, 10*time.Second)
		settle(time.Minute)
		if got := a.shelf.waiting(); got != 0 {
			t.Errorf("%d frames in the outbox, want 0", got)
		}
		if got := a.Status().Published; got != 1 {
			t.Errorf("%d published, want 1", got)
		}
		if a.store.Len() != 1 {
			t.Errorf("%d frames in the store, want 1", a.store.Len())
		}
	})
}

// What cannot be stored is published once, and stays in the outbox until it can.
func TestOutboxNeedsTheStore(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		a.shelf.breakDown(errors.New("no room"))
		a.shelf.send(fresh(t, 5000, 5001)...)
		settle(time.Hour)
		if s := a.Status(); s.Published != 1 || a.shelf.waiting() != 1 || b.store.Len() != 1 {
			t.Errorf("%d published, %d in the outbox, %d arrived, want 1 each", s.Published, a.shelf.waiting(), b.store.Len())
		}
		a.shelf.breakDown(nil)
		settle(time.Minute)
		if s := a.Status(); s.Published != 1 || a.shelf.waiting() != 0 || a.store.Len() != 1 {
			t.Errorf("%d published, %d in the outbox, %d in the store, want 1, 0 and 1", s.Published, a.shelf.waiting(), a.store.Len())
		}
	})
}

// One's own frames leave no faster than a link takes them.
func TestOutboxPace(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(plan{}), w.open(plan{})
		w.dial(b.mesh, a.mesh)
		settle(3 * time.Second)
		const n = publishBurst + 10*publishRate
		start := time.Now()
		w.announce(a, frames(t, 0, n))
		for _, after := range []int{1, 5} {
			settle(time.Duration(after)*time.Second - time.Since(start))
			want := publishBurst + after*publishRate
			if got := int(a.Status().Published); got < want-publishRate || got > want+publishRate {
				t.Errorf("%d published in %d s, want about %d", got, after, want)
			}
		}
		took, ok := within(time.Minute, func() bool { return a.shelf.waiting() == 0 })
		if !ok || took < 3*time.Second {
			t.Errorf("the rest took %v, want about 4s", took)
		}
		w.complete("the peer", b, n, time.Second)
		if got := b.Status().Fetched; got > n/2 {
			t.Errorf("%d of %d by catch-up", got, n)
		}
	})
}

// A frame of which peers were told has not left before one has it: until then
// it is in no store, where it would be offered to whoever asks first, and in the
// outbox, so that it goes out though this node is ended. SPEC 2.14.
func TestOutboxWaitsUntilAPeerHasIt(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{})
		deaf := w.unlinked(a.mesh)
		settle(10 * time.Second)
		out := fresh(t, 5000, 5001)
		a.shelf.send(out...)
		settle(time.Minute)
		if got := a.Status().Published; got != 1 {
			t.Fatalf("%d published, want 1: nothing is tested", got)
		}
		if a.shelf.waiting() != 1 || a.store.Len() != 0 {
			t.Errorf("%d in the outbox and %d in the store of what nobody asked for, want 1 and 0", a.shelf.waiting(), a.store.Len())
		}
		// It is told again, and then asks.
		id := found(t, out[0]).ID()
		left := func() bool { deaf.want(id); return a.shelf.waiting() == 0 }
		if took, ok := within(6*time.Minute, left); !ok || a.Status().Published != 2 {
			t.Errorf("after %v it was published %d times, want twice", took, a.Status().Published)
		}
		if a.shelf.waiting() != 0 || a.store.Len() != 1 {
			t.Errorf("%d in the outbox and %d in the store of what a peer has, want 0 and 1", a.shelf.waiting(), a.store.Len())
		}
	})
}

// What peers were told of under one peer id they are not told of under another:
// who keeps it for themselves would know that both are one, and whose it is. It
// has left when others turn out to have it.
func TestOutboxTellsUnderOneName(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.open(plan{})
		w.unlinked(a.mesh)
		settle(10 * time.Second)
		out := fresh(t, 5000, 5001)
		a.shelf.send(out...)
		settle(10 * time.Minute)
		before := a.Status().Published
		if before < 2 || a.shelf.waiting() != 1 {
			t.Fatalf("%d published, %d waiting, want a few times the one: nothing is tested", before, a.shelf.waiting())
		}
		first := a.mesh.ID()
		a.halt()
		w.run(a, plan{})
		if a.mesh.ID() == first {
			t.Fatal("the peer id is the same: nothing is tested")
		}
		w.unlinked(a.mesh)
		settle(10 * time.Minute)
		if got := a.Status().Published; got != before {
			t.Errorf("under another name it was published %d times", got-before)
		}
		if s := a.Status(); s.Unasked != 1 || a.shelf.waiting() != 1 {
			t.Errorf("%d unasked for and %d waiting, want it to wait", s.Unasked, a.shelf.waiting())
		}
		f, err := a.shelf.stamp(t.Context(), out[0])
		if err != nil {
			t.Fatal(err)
		}
		b := w.open(plan{have: []votive.Frame{f}})
		w.dial(b.mesh, a.mesh)
		if _, ok := within(5*time.Minute, func() bool { return a.shelf.waiting() == 0 }); !ok {
			t.Errorf("%d waiting while others have it, want 0", a.shelf.waiting())
		}
	})
}

// What only peers that ask for nothing were told of does not wait for ever: it
// leaves the outbox when nobody would carry it any longer.
func TestOutboxDropsWhatNobodyAsksFor(t *testing.T) {
	inWorld(t, func(w *world) {
		late := w.now
		w.now = func() time.Time { return late().Add(11*time.Hour + 40*time.Minute) }
		a := w.open(plan{})
		w.unlinked(a.mesh) // for an hour
		settle(10 * time.Second)
		dying := usual
		dying.expiry = votive.DayOf(noon) - 1 // and 48 hours: at midnight
		a.shelf.send(unstamped(t, dying, 0))
		settle(15 * time.Minute)
		if s := a.Status(); s.Published < 2 || s.Unasked != 1 || a.shelf.waiting() != 1 {
			t.Fatalf("published %d times, %d unasked for, %d in the outbox, want many, 1, 1: nothing is tested", s.Published, s.Unasked, a.shelf.waiting())
		}
		settle(10 * time.Minute)
		if s := a.Status(); s.Unasked != 0 || a.shelf.waiting() != 0 || a.store.Len() != 0 {
			t.Errorf("%d unasked for, %d in the outbox, %d in the store of what is dead, want 0", s.Unasked, a.shelf.waiting(), a.store.Len())
		}
		before := a.Status().Published
		settle(20 * time.Minute)
		if got := a.Status().Published; got != before {
			t.Errorf("what is dead was published %d times more", got-before)
		}
	})
}

// deaf is a peer that takes part in the topic, is no link, and asks for nothing
// by itself.
type deaf struct {
	t   *testing.T
	out network.Stream
}

func (w *world) unlinked(to *mesh.Mesh) *deaf {
	w.t.Helper()
	addr, opts := w.place(0)
	h, err := libp2p.New(append(opts, libp2p.ListenAddrStrings(addr), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery())...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = h.Close() })
	h.SetStreamHandler("/meshsub/1.1.0", func(s network.Stream) { _, _ = io.Copy(io.Discard, s) })
	at, err := peer.AddrInfoFromString(to.Addrs()[0])
	if err != nil {
		w.t.Fatal(err)
	}
	if err := h.Connect(w.t.Context(), *at); err != nil {
		w.t.Fatal(err)
	}
	d := &deaf{t: w.t}
	if d.out, err = h.NewStream(w.t.Context(), at.ID, "/meshsub/1.1.0"); err != nil {
		w.t.Fatal(err)
	}
	topic, on, hour := votive.Topic, true, uint64(3600)
	d.send(&pb.RPC{Subscriptions: []*pb.RPC_SubOpts{{Subscribe: &on, Topicid: &topic}}})
	settle(3 * time.Second)
	d.send(&pb.RPC{Control: &pb.ControlMessage{Prune: []*pb.ControlPrune{{TopicID: &topic, Backoff: &hour}}}})
	return d
}

func (d *deaf) send(rpc *pb.RPC) {
	d.t.Helper()
	b, err := proto.Marshal(rpc)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := d.out.Write(protowire.AppendBytes(nil, b)); err != nil {
		d.t.Fatal(err)
	}
}

// want asks for a frame.
func (d *deaf) want(id votive.ID) {
	d.t.Helper()
	d.send(&pb.RPC{Control: &pb.ControlMessage{Iwant: []*pb.ControlIWant{{MessageIDs: []string{string(id[:])}}}}})
}
