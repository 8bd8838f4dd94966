package mesh

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

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

func TestPublishAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		if err := n.Publish(w.t.Context(), frame(1)); !errors.Is(err, ErrNoPeers) {
			t.Errorf("Publish() alone = %v, want %v", err, ErrNoPeers)
		}
	})
}
