package mesh

import (
	"io"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// friends are nodes that all pin each other.
func (w *world) friends(n int) []*node {
	w.t.Helper()
	all := make([]*node, n)
	configs := make([]Config, n)
	addrs := make([]string, n)
	for i := range configs {
		addr, opts := w.place()
		key := newKey(w.t)
		id, err := peer.IDFromPrivateKey(key)
		if err != nil {
			w.t.Fatal(err)
		}
		configs[i] = Config{Key: key, Listen: []string{addr}, Options: opts}
		addrs[i] = addr + "/p2p/" + id.String()
	}
	for i := range all {
		all[i] = start(w.t, func(cfg *Config) {
			cfg.Key, cfg.Listen, cfg.Options, cfg.NoProbe = configs[i].Key, configs[i].Listen, configs[i].Options, true
			for j, a := range addrs {
				if j != i {
					cfg.Peers = append(cfg.Peers, a)
				}
			}
		})
	}
	return all
}

// SPEC 12.6: those who pinned each other are direct peers, and each frame goes
// straight to all of them.
func TestMutualPins(t *testing.T) {
	inWorld(t, func(w *world) {
		all := w.friends(3)
		settle(2 * redialLast)
		for i, n := range all {
			if s := n.State(); s.Pinned != 2 || s.PinnedUp != 2 || s.Direct != 2 {
				t.Errorf("node %d: %d pinned, %d connected, %d direct, want 2 of each", i, s.Pinned, s.PinnedUp, s.Direct)
			}
		}
		for i := range 20 {
			w.publish(all[0], frame(i))
		}
		settle(100 * time.Millisecond) // less than a round of gossip
		for i, n := range all[1:] {
			if got := n.total(); got != 20 {
				t.Errorf("node %d heard %d frames at once, want 20", i+1, got)
			}
		}
		all[2].stop()
		settle(time.Minute)
		if s := all[0].State(); s.PinnedUp != 1 || s.Direct != 1 {
			t.Errorf("after one left %d are connected, %d direct, want 1 of each", s.PinnedUp, s.Direct)
		}
	})
}

// SPEC 12.6: direct peers stay so, whatever one holds against the other: a link
// would be pruned, and frames come late.
func TestDirectPeersAreNotPruned(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, tt := range []struct {
			name string
			pair func() (a, b *node)
			want int
		}{
			{"a link", w.pair, 0},
			{"friends", func() (a, b *node) { all := w.friends(2); return all[0], all[1] }, 1},
		} {
			a, b := tt.pair()
			settle(2 * redialLast)
			a.Blame(b.ID())
			settle(2500 * time.Millisecond) // heartbeats
			w.publish(b, frame(1))
			settle(100 * time.Millisecond) // less than a round of gossip
			if got := a.count(frame(1)); got != tt.want {
				t.Errorf("%s: a frame came %d times at once from who was blamed, want %d", tt.name, got, tt.want)
			}
		}
	})
}

// SPEC 12.6: a pin from one side alone changes nothing about how frames travel:
// were it a direct peer, neither side would be the other's link.
func TestOneSidedPin(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.open(nil)
		n := w.open(func(cfg *Config) { cfg.Peers = []string{keeper.addr} })
		settle(10 * time.Minute)
		if s := n.State(); s.Pinned != 1 || s.PinnedUp != 1 || s.Direct != 0 {
			t.Errorf("%d pinned, %d connected, %d direct, want 1, 1, 0", s.Pinned, s.PinnedUp, s.Direct)
		}
		w.publish(keeper, frame(1))
		w.publish(n, frame(2))
		settle(100 * time.Millisecond)
		if got := n.count(frame(1)); got != 1 {
			t.Errorf("heard of the keeper's frame %d times, want once", got)
		}
		if got := keeper.count(frame(2)); got != 1 {
			t.Errorf("the keeper heard of the frame %d times, want once", got)
		}
	})
}

// Whom a node has pinned is told to nobody but them.
func TestPinsAreNotTold(t *testing.T) {
	inWorld(t, func(w *world) {
		friend := w.open(nil)
		n := w.open(func(cfg *Config) { cfg.Peers = []string{friend.addr} })
		r := w.raw(n, testTopic)
		settle(time.Second)
		for _, ask := range []byte{0, 1, 2} {
			s, err := r.NewStream(w.t.Context(), n.ID(), pinProtocol)
			if err != nil {
				w.t.Fatal(err)
			}
			answer := make([]byte, 1)
			if _, err := s.Write([]byte{ask}); err != nil {
				w.t.Fatal(err)
			}
			if _, err := io.ReadFull(s, answer); err != nil || answer[0] != 0 {
				t.Errorf("a stranger that says %d is told %d, %v, want 0", ask, answer[0], err)
			}
			_ = s.Reset()
		}
		if s := n.State(); s.Direct != 0 {
			t.Errorf("%d direct peers, want none", s.Direct)
		}
	})
}
