package mesh

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// SPEC 2.10: of a burst the first 4,096 frames are judged, the rest is ignored
// and counted, and whoever sent it is not to blame.
func TestBudget(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(func(cfg *Config) { cfg.Budget.Rate = 1e-6 })
		r := w.raw(n, testTopic)
		const burst, over = 4096, 5
		for i := range burst + over {
			r.publish(testTopic, frame(i))
		}
		settle(time.Minute)
		if got := n.total(); got != burst {
			t.Errorf("%d frames judged, want %d", got, burst)
		}
		if got := n.count(frame(burst)); got != 0 {
			t.Errorf("frame %d was judged", burst+1)
		}
		if got := n.Overbudget(); got != over {
			t.Errorf("Overbudget() = %d, want %d", got, over)
		}
		if !n.links.has(r.ID()) {
			t.Error("the sender is no longer a link")
		}
	})
}

func TestBudgetRefills(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(func(cfg *Config) { cfg.Budget = Budget{Rate: 2, Burst: 3} })
		r := w.raw(n, testTopic)
		for i := range 5 {
			r.publish(testTopic, frame(i))
		}
		settle(time.Second)
		for i := range 5 {
			r.publish(testTopic, frame(10+i))
		}
		settle(time.Second)
		if got, want := n.total(), 3+2; got != want {
			t.Errorf("%d frames judged, want %d", got, want)
		}
	})
}

// A frame that came over one link's budget is still taken from another.
func TestFloodedLinkDeafensNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(func(cfg *Config) { cfg.Budget = Budget{Rate: 1e-6, Burst: 2} })
		flooder, honest := w.raw(n, testTopic), w.raw(n, testTopic)
		flooder.publish(testTopic, frame(1))
		flooder.publish(testTopic, frame(2))
		flooder.publish(testTopic, frame(3))
		settle(time.Second)
		honest.publish(testTopic, frame(3))
		settle(time.Second)
		if got := n.count(frame(3)); got != 1 {
			t.Errorf("the frame over the first link's budget was judged %d times, want 1", got)
		}
	})
}

// A copy with a spoilt stamp, ahead of the frame itself, neither hides the
// frame nor puts the blame on those who bring it.
func TestSpoiltCopy(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		spoiler, honest, other := w.raw(n, testTopic), w.raw(n, testTopic), w.raw(n, testTopic)
		f := frame(1)
		spoiler.publish(testTopic, spoilt(f))
		settle(time.Second)
		honest.publish(testTopic, f)
		settle(2 * time.Second)
		if got := n.count(f); got != 1 {
			t.Errorf("the frame was judged %d times, want 1", got)
		}
		if got := other.received(); len(got) != 1 || got[0] != string(f) {
			t.Errorf("passed on %d frames, want the good one", len(got))
		}
		if n.links.has(spoiler.ID()) {
			t.Error("the spoiler is still a link")
		}
		if !n.links.has(honest.ID()) {
			t.Error("the honest peer is no longer a link")
		}
	})
}

// SPEC 2.3: the message id of a frame is its id; what is no frame can have the
// id neither of a frame nor of other bytes.
func TestMessageID(t *testing.T) {
	m := &Mesh{cfg: Config{FrameSize: testSize, FrameID: frameID}}
	if got := m.messageID(&pb.Message{Data: frame(1)}); got != frameID(frame(1)) {
		t.Errorf("messageID(frame) = %x, want %x", got, frameID(frame(1)))
	}
	seen := map[string]bool{frameID(frame(1)): true}
	for _, data := range [][]byte{nil, {1}, frame(1)[:testSize-1], append(frame(1), 0), spoilt(frame(1)), spoilt(frame(2))} {
		id := m.messageID(&pb.Message{Data: data})
		if id == "" || seen[id] {
			t.Errorf("messageID(%d bytes that are no frame) = %x, want one of its own", len(data), id)
		}
		seen[id] = true
	}
}

// SPEC 2.5: what is not exactly 4,096 bytes is Rejected without being handed
// on, and who keeps sending it is no longer heard.
func TestWrongSize(t *testing.T) {
	for _, size := range []int{0, 1, testSize - 1, testSize + 1, 2 * testSize} {
		inWorld(t, func(w *world) {
			n := w.open(nil)
			r, other := w.raw(n, testTopic), w.raw(n, testTopic)
			wrong := func(i int) []byte {
				b := make([]byte, size)
				if size > 0 {
					b[0] = byte(i)
				}
				return b
			}
			r.publish(testTopic, wrong(0))
			settle(2 * time.Second)
			if n.links.has(r.ID()) {
				t.Errorf("size %d: the sender is still a link", size)
			}
			r.publish(testTopic, frame(1))
			settle(time.Second)
			if got := n.count(frame(1)); got != 1 {
				t.Errorf("size %d: a good frame after one bad was judged %d times, want 1", size, got)
			}
			for i := range 5 {
				r.publish(testTopic, wrong(1+i))
				r.publish(testTopic, wrong(1+i))
			}
			settle(time.Second)
			r.publish(testTopic, frame(2))
			settle(time.Second)
			if got, want := n.total(), 1; got != want {
				t.Errorf("size %d: %d verdicts, want %d", size, got, want)
			}
			if got := len(other.received()); got != 1 {
				t.Errorf("size %d: passed on %d messages, want the good one", size, got)
			}
		})
	}
}

// SPEC 2.9: author, sequence number, signature and key are refused; anything
// that gossipsub does not know is not passed on.
func TestExtraFields(t *testing.T) {
	const unknown = 99
	tests := []struct {
		name  string
		field []byte
		taken bool
	}{
		{"none", nil, true},
		{"from", bytesField(msgFrom, []byte("somebody")), false},
		{"empty from", bytesField(msgFrom, nil), false},
		{"seqno", bytesField(msgSeqno, make([]byte, 8)), false},
		{"signature", bytesField(msgSignature, make([]byte, 64)), false},
		{"key", bytesField(msgKey, make([]byte, 36)), false},
		{"unknown", bytesField(unknown, []byte("a mark to follow")), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				n := w.open(nil)
				r, other := w.raw(n, testTopic), w.raw(n, testTopic)
				settle(2 * time.Second)
				r.publish(testTopic, frame(1), tt.field)
				settle(2 * time.Second)
				want := 0
				if tt.taken {
					want = 1
				}
				if got := n.total(); got != want {
					t.Errorf("%d verdicts, want %d", got, want)
				}
				passed := other.inner(rpcPublish)
				if len(passed) != want {
					t.Errorf("%d messages passed on, want %d", len(passed), want)
				}
				for _, m := range passed {
					if len(m) != 2 {
						t.Errorf("passed on with %d fields, want data and topic", len(m))
					}
				}
			})
		})
	}
}

// SPEC 2.9: there is one topic.
func TestOtherTopic(t *testing.T) {
	const other = "/votive/2"
	inWorld(t, func(w *world) {
		n := w.open(nil)
		r := w.raw(n, other)
		settle(2 * time.Second)
		r.publish(other, frame(1))
		settle(time.Second)
		if got := n.total(); got != 0 {
			t.Errorf("%d frames of another topic judged, want 0", got)
		}
		if got := n.pubsub.ListPeers(other); len(got) != 0 {
			t.Errorf("ListPeers(%q) = %v, want none", other, got)
		}
		if n.roster.has(r.ID()) || n.links.has(r.ID()) {
			t.Error("a peer of another topic counts as one of ours")
		}
		if topic, err := n.pubsub.Join(other); err == nil {
			t.Errorf("Join(%q) = %v, want an error", other, topic)
		}
	})
}

// SPEC 10.5: a peer can be blamed for what it did on a stream.
func TestBlame(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		r := w.raw(n, testTopic)
		settle(2 * time.Second)
		if !n.links.has(r.ID()) {
			t.Fatal("not linked")
		}
		n.Blame(r.ID())
		settle(2 * time.Second)
		if n.links.has(r.ID()) {
			t.Error("still a link after Blame")
		}
		for range 4 {
			n.Blame(r.ID())
		}
		settle(2 * time.Second)
		r.publish(testTopic, frame(1))
		settle(time.Second)
		if got := n.total(); got != 0 {
			t.Errorf("%d frames taken from a blamed peer, want 0", got)
		}
	})
}

func TestPeerKeys(t *testing.T) {
	tests := []struct {
		kind  int
		bits  int
		taken bool
	}{
		{crypto.Ed25519, 0, true},
		{crypto.RSA, 2048, false},
		{crypto.ECDSA, 0, false},
		{crypto.Secp256k1, 0, false},
	}
	for _, tt := range tests {
		key, _, err := crypto.GenerateKeyPairWithReader(tt.kind, tt.bits, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		inWorld(t, func(w *world) {
			n := w.open(nil)
			addr, opts := w.place()
			h, err := libp2p.New(append(opts, libp2p.ListenAddrStrings(addr), libp2p.Identity(key),
				libp2p.DisableRelay(), libp2p.DisableIdentifyAddressDiscovery(), libp2p.DisableMetrics())...)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			to, err := peer.AddrInfoFromString(n.addr)
			if err != nil {
				t.Fatal(err)
			}
			_ = h.Connect(w.t.Context(), *to) // may succeed before the other end has looked
			settle(5 * time.Second)
			if got := len(n.Peers()) == 1; got != tt.taken {
				t.Errorf("a peer with a %v key: taken = %v, want %v", key.Type(), got, tt.taken)
			}
		})
	}
}

// The map of budgets cannot be grown without end by changing names.
func TestBucketsAreBounded(t *testing.T) {
	inWorld(t, func(*world) {
		b := newBudget(Budget{Rate: 1, Burst: 2})
		id := func(i int) PeerID { return PeerID(frame(i)[:8]) }
		for i := range maxBuckets {
			if !b.take(id(i)) {
				t.Fatalf("take(peer %d) = false, want true", i)
			}
		}
		if b.take(id(maxBuckets)) {
			t.Error("take() of one peer too many = true, want false")
		}
		if got := b.over.Load(); got != 1 {
			t.Errorf("over = %d, want 1", got)
		}
		settle(2 * time.Second) // all full again
		if !b.take(id(maxBuckets)) {
			t.Error("take() after a pause = false, want true")
		}
		if got := len(b.buckets); got != 1 {
			t.Errorf("%d buckets, want 1", got)
		}
	})
}
