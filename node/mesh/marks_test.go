package mesh

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/network"
)

// Who has called a node is not called by it under its next peer id: an id and an
// address that were told to it alone would say that it is the same node, wherever
// it is by then.
func TestCallersAreNotCalledUnderAnotherID(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		eve := w.unlinked(n, testTopic) // dials n; nobody else knows it
		settle(10 * time.Second)
		n.stop()
		kept := n.Remembered()
		if slices.ContainsFunc(kept, func(s string) bool { return strings.HasSuffix(s, eve.ID().String()) }) {
			t.Errorf("the caller is remembered: %q", kept)
		}
		called := make(chan struct{}, 8)
		eve.Network().Notify(&network.NotifyBundle{ConnectedF: func(network.Network, network.Conn) { called <- struct{}{} }})
		w.open(func(cfg *Config) { cfg.Cached = kept })
		settle(time.Minute)
		if len(called) > 0 {
			t.Error("the caller of one peer id is called by the next")
		}
	})
}

// Strangers that begin to speak of pins and say no more leave room for others'
// streams.
func TestPinStreamsLeaveRoom(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		n.Handle("/test/1", func(_ context.Context, s Stream) { _, _ = s.Write([]byte{1}) })
		for range maxInbound / maxInboundPerPeer {
			eve := w.unlinked(n, testTopic)
			for range maxInboundPerPeer {
				s, err := eve.NewStream(context.Background(), n.ID(), pinProtocol)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = s.Write(nil) // has the protocol agreed upon, and says nothing
			}
		}
		settle(time.Second)
		honest := w.open(nil)
		w.dial(honest, n)
		s, err := honest.OpenStream(context.Background(), n.ID(), "/test/1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(s, make([]byte, 1)); err != nil {
			t.Errorf("an honest peer is not served: %v", err)
		}
		_ = s.Reset()
	})
}

// A peer is not remembered for as long as it likes.
func TestPruneBackoffIsBounded(t *testing.T) {
	m := &Mesh{budget: newBudget(Budget{Rate: 1, Burst: 1})}
	long, short := uint64(1<<33), uint64(60)
	rpc := &pubsub.RPC{RPC: pb.RPC{Control: &pb.ControlMessage{Prune: []*pb.ControlPrune{{Backoff: &long}, {Backoff: &short}, {}}}}}
	if err := m.inspect("somebody", rpc); err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint64{maxBackoff, 60, 0} {
		if got := rpc.Control.Prune[i].GetBackoff(); got != want {
			t.Errorf("prune %d: for %d s, want %d", i, got, want)
		}
	}
}
