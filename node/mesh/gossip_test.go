package mesh

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
)

// SPEC 2.5, 2.6: what becomes of a frame, and of whoever brought it, by verdict.
func TestForwarding(t *testing.T) {
	tests := []struct {
		verdict Verdict
		arrives int  // at the far end of a chain of three
		linked  bool // the first with the second, afterwards
	}{
		{Accept, 1, true},
		{Ignore, 0, true},
		{Reject, 0, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.verdict), func(t *testing.T) {
			inWorld(t, func(w *world) {
				first, second, third := w.open(nil), w.open(nil), w.open(nil)
				second.say = func(PeerID, []byte) Verdict { return tt.verdict }
				w.dial(first, second)
				w.dial(third, second)
				f := frame(1)
				w.publish(first, f)
				settle(5 * time.Second)
				if got := second.count(f); got != 1 {
					t.Errorf("the second was asked %d times, want 1", got)
				}
				if got := third.count(f); got != tt.arrives {
					t.Errorf("verdict %v: the third was asked %d times, want %d", tt.verdict, got, tt.arrives)
				}
				if got := second.links.has(first.ID()); got != tt.linked {
					t.Errorf("verdict %v: linked afterwards = %v, want %v", tt.verdict, got, tt.linked)
				}
			})
		})
	}
}

func TestPublish(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(func(cfg *Config) { cfg.Budget = Budget{Rate: 1e-6, Burst: 1} })
		r := w.raw(n, testTopic)
		settle(2 * time.Second)

		for _, size := range []int{0, testSize - 1, testSize + 1} {
			if err := n.Publish(w.t.Context(), make([]byte, size)); err == nil {
				t.Errorf("Publish(%d bytes) = nil, want an error", size)
			}
		}
		if err := n.Publish(w.t.Context(), spoilt(frame(0))); err == nil {
			t.Error("Publish(a frame that its verdict rejects) = nil, want an error")
		}
		const own = 3
		for i := range own { // more than the budget, which is not for ourselves
			f := frame(i)
			w.publish(n, f)
			w.publish(n, f) // the second time does nothing
			clear(f)        // Publish has its own copy
		}
		settle(2 * time.Second)
		got := r.received()
		if len(got) != own {
			t.Fatalf("%d frames arrived, want %d", len(got), own)
		}
		for i, f := range got {
			if f != string(frame(i)) {
				t.Errorf("frame %d arrived changed", i)
			}
		}
		for _, from := range n.from {
			if from != n.ID() {
				t.Errorf("own frame judged as from %v, want %v", from, n.ID())
			}
		}
		if got := n.Overbudget(); got != 0 {
			t.Errorf("Overbudget() = %d, want 0", got)
		}
	})
}

// Publish without peers fails, takes no longer than three seconds, and leaves
// the frame free to be published again.
func TestPublishAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		start := time.Now()
		if err := n.Publish(w.t.Context(), frame(1)); !errors.Is(err, ErrNoPeers) {
			t.Errorf("Publish() alone = %v, want %v", err, ErrNoPeers)
		}
		if took := time.Since(start); took != linkWait {
			t.Errorf("Publish() alone took %v, want %v", took, linkWait)
		}
		r := w.raw(n, testTopic) // Publish waits until it is linked
		w.publish(n, frame(1))
		settle(time.Second)
		if got := len(r.received()); got != 1 {
			t.Errorf("%d frames arrived, want 1", got)
		}
		n.stop()
		if err := n.Publish(w.t.Context(), frame(2)); !errors.Is(err, ErrClosed) {
			t.Errorf("Publish() after Run = %v, want %v", err, ErrClosed)
		}
	})
}

// SPEC 2.14: who has no link publishes nevertheless, and what it sends looks like
// what it passes on: ids to all, in three heartbeats, and the frame to who asks.
func TestPublishWithoutLink(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		a, b := w.raw(n, testTopic), w.raw(n, testTopic)
		settle(3 * time.Second)
		a.prune(testTopic)
		b.prune(testTopic)
		settle(2 * time.Second)
		if n.links.any() {
			t.Fatal("there are links: nothing is tested")
		}
		start := time.Now()
		w.publish(n, frame(1))
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("Publish() took %v, want it done at once", took)
		}
		b.publish(testTopic, frame(2)) // which n passes on
		settle(5 * time.Second)
		for name, r := range map[string]*raw{"a": a, "b": b} {
			own, others := r.told(frameID(frame(1))), r.told(frameID(frame(2)))
			if own != 3 || others != own {
				t.Errorf("%s was told of n's own frame %d times and of another's %d times, want 3 times each", name, own, others)
			}
			if got := len(r.received()); got != 0 {
				t.Errorf("%s was given %d frames unasked, want 0", name, got)
			}
		}

		w.publish(n, frame(3))
		b.publish(testTopic, frame(4))
		settle(2 * time.Second)
		a.want(frameID(frame(3)), frameID(frame(4)))
		settle(time.Second)
		if got := len(a.received()); got != 2 {
			t.Errorf("a was given %d of the 2 frames that it asked for", got)
		}
	})
}

// SPEC 2.14: a link that hears all that is said cannot tell a frame of the
// node's own from one that it passes on.
func TestOwnFrameLooksPassedOn(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		from, link := w.raw(n, testTopic), w.raw(n, testTopic)
		settle(3 * time.Second)
		w.publish(n, frame(1))
		from.publish(testTopic, frame(2))
		settle(5 * time.Second)
		own, passed := link.about(frame(1)), link.about(frame(2))
		if !slices.Contains(passed, "the frame") {
			t.Fatalf("of a frame that n passed on the link was sent %q: nothing is tested", passed)
		}
		if !slices.Equal(own, passed) {
			t.Errorf("of n's own frame the link was sent %q, of another's %q; want the same", own, passed)
		}
	})
}

// SPEC 2.14: who becomes a link is told what it would else never hear of.
func TestNewLinkIsTold(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		first := w.raw(n, testTopic)
		settle(3 * time.Second)
		w.publish(n, frame(1))
		settle(5 * time.Second) // no heartbeat tells of this one any longer
		w.publish(n, frame(2))
		first.publish(testTopic, frame(3))
		late := w.unlinked(n, testTopic)
		settle(100 * time.Millisecond)
		late.graft(testTopic) // unless n has asked it before that
		settle(5 * time.Second)
		if !n.links.has(late.ID()) {
			t.Fatal("no link: nothing is tested")
		}
		for i, want := range []int{0, 1, 1} {
			if got := late.told(frameID(frame(1 + i))); got != want {
				t.Errorf("frame %d (own of long ago, own, another's): the new link was told of it %d times, want %d", i, got, want)
			}
		}
	})
}

// A frame of ours is not told of before gossipsub has it: a link that forms in
// between would be told what it cannot be given, and of our own frames alone.
func TestOwnFrameIsNoNewsBeforeItIsThere(t *testing.T) {
	inWorld(t, func(w *world) {
		judging, judged := make(chan bool), make(chan bool)
		n := w.open(func(cfg *Config) {
			verdict := cfg.Verdict
			cfg.Verdict = func(from PeerID, data []byte) Verdict {
				if string(data) == string(frame(1)) {
					close(judging)
					<-judged
				}
				return verdict(from, data)
			}
		})
		w.raw(n, testTopic)
		settle(3 * time.Second)
		published := make(chan error)
		go func() { published <- n.Publish(w.t.Context(), frame(1)) }()
		<-judging
		late := w.unlinked(n, testTopic)
		settle(100 * time.Millisecond)
		late.graft(testTopic)
		settle(100 * time.Millisecond)
		if !n.links.has(late.ID()) {
			t.Fatal("no link: nothing is tested")
		}
		if got := late.told(frameID(frame(1))); got != 0 {
			t.Errorf("while the frame is judged the new link was told of it %d times, want 0", got)
		}
		close(judged)
		if err := <-published; err != nil {
			t.Errorf("Publish() = %v", err)
		}
		settle(time.Second)
		if got := len(late.received()); got != 1 {
			t.Errorf("the new link was given %d frames, want the one", got)
		}
	})
}

func TestNewsIsBounded(t *testing.T) {
	var told []string
	n := &news{say: func(_ PeerID, c *pb.ControlMessage, _ ...*pb.Message) { told = c.GetIhave()[0].GetMessageIDs() }}
	for i := range 10 * maxNews {
		n.pass(fmt.Sprint(i))
	}
	n.tell("peer", testTopic)
	if len(told) > maxNews || !slices.Contains(told, fmt.Sprint(10*maxNews-1)) {
		t.Errorf("%d ids told, want at most %d, the last among them", len(told), maxNews)
	}
	if slices.Equal(told, slices.Sorted(slices.Values(told))) {
		t.Error("the ids are in order")
	}
}

// A link that is over its budget is not asked for frames that would not be
// taken: gossipsub would hold it against the peer that they do not come.
func TestNothingAskedOverBudget(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(func(cfg *Config) { cfg.Budget = Budget{Rate: 1e-6, Burst: 2} })
		r := w.raw(n, testTopic)
		settle(3 * time.Second)
		for i := range 3 {
			r.have(testTopic, frameID(frame(100+i)))
			settle(askTime)
			if got, want := r.asked(frameID(frame(100+i))), i < 2; got != want {
				t.Errorf("after %d frames of a budget of 2: asked for another: %v, want %v", i, got, want)
			}
			r.publish(testTopic, frame(i))
			settle(time.Second)
		}
	})
}

// Of many it is asked for as many as may come, in however many messages it tells
// of them, and that others were not asked for counts as missed.
func TestNoMoreAskedThanBudget(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(func(cfg *Config) { cfg.Budget = Budget{Rate: 1e-6, Burst: 3} })
		r := w.raw(n, testTopic)
		settle(3 * time.Second)
		r.publish(testTopic, frame(0))
		settle(time.Second)
		ids := []string{frameID(frame(1)), frameID(frame(2)), frameID(frame(3)), frameID(frame(4))}
		asked := func(when string, want ...bool) {
			t.Helper()
			for i, id := range ids {
				if got := r.asked(id); got != want[i] {
					t.Errorf("%s: asked for frame %d of %d: %v, want %v", when, i+1, len(ids), got, want[i])
				}
			}
		}
		r.have(testTopic, ids[0])
		r.have(testTopic, ids[1:3]...)
		settle(time.Second)
		asked("where 2 may come", true, true, false, false)
		r.have(testTopic, ids[3])
		settle(time.Second)
		asked("while 2 are on their way", true, true, false, false)
		if got := n.Overbudget(); got != 2 {
			t.Errorf("Overbudget() = %d after two messages that were cut, want 2", got)
		}
		settle(askTime)
		r.have(testTopic, ids[3])
		settle(time.Second)
		asked("when they did not come", true, true, false, true)
	})
}

// A whole burst of the budget passes through a chain of three.
func TestBurst(t *testing.T) {
	inWorld(t, func(w *world) {
		first, second, third := w.open(nil), w.open(nil), w.open(nil)
		w.dial(first, second)
		w.dial(third, second)
		const burst = 1000
		for i := range burst {
			w.publish(first, frame(i))
		}
		settle(time.Minute)
		for name, n := range map[string]*node{"second": second, "third": third} {
			if got := n.total(); got != burst {
				t.Errorf("the %s got %d frames, want %d", name, got, burst)
			}
			if got := n.Overbudget(); got != 0 {
				t.Errorf("the %s ignored %d frames, want 0", name, got)
			}
		}
	})
}

// A keeper with more peers than links names peers to those it has no room for,
// and only who was chosen is believed.
func TestPeerExchange(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.open(func(cfg *Config) { cfg.Keeper = true })
		guests := make([]*node, 16)
		for i := range guests {
			guests[i] = w.open(nil)
			if err := guests[i].Dial(w.t.Context(), keeper.addr); err != nil {
				t.Fatal(err)
			}
		}
		settle(2 * time.Minute)
		most := 0
		for _, g := range guests {
			most = max(most, len(g.Peers()))
		}
		if most < 2 {
			t.Errorf("nobody has more than %d peers, want some to have met others", most)
		}
	})
	inWorld(t, func(w *world) {
		stranger := w.open(func(cfg *Config) { cfg.Keeper = true })
		for range 16 {
			g := w.open(nil)
			to, err := peer.AddrInfoFromString(g.addr)
			if err != nil {
				t.Fatal(err)
			}
			if err := stranger.host.Connect(w.t.Context(), *to); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if got := len(g.Peers()); got != 1 {
					t.Errorf("%d peers after a stranger's hint, want 1", got)
				}
			}()
		}
		settle(2 * time.Minute)
	})
}
