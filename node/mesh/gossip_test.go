package mesh

import (
	"errors"
	"fmt"
	"testing"
	"time"

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
