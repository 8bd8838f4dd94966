package mesh

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

const testProtocol = "/votive/catchup/1"

// pair is two linked nodes.
func (w *world) pair() (a, b *node) {
	w.t.Helper()
	a, b = w.open(nil), w.open(nil)
	w.dial(a, b)
	return a, b
}

func (w *world) stream(from, to *node) Stream {
	w.t.Helper()
	s, err := from.OpenStream(w.t.Context(), to.ID(), testProtocol)
	if err != nil {
		w.t.Fatalf("OpenStream() = %v", err)
	}
	w.t.Cleanup(func() { _ = s.Reset() })
	return s
}

func TestStream(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		b.Handle(testProtocol, func(_ context.Context, s Stream) {
			if s.Peer() != a.ID() {
				t.Errorf("Peer() = %v, want %v", s.Peer(), a.ID())
			}
			got, err := io.ReadAll(s)
			if err != nil {
				t.Errorf("ReadAll() = %v", err)
			}
			if _, err := s.Write(append(got, " back"...)); err != nil {
				t.Errorf("Write() = %v", err)
			}
		})
		s := w.stream(a, b)
		if _, err := io.WriteString(s, "there"); err != nil {
			t.Fatal(err)
		}
		if err := s.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(s); string(got) != "there back" || err != nil {
			t.Errorf("ReadAll() = %q, %v, want %q", got, err, "there back")
		}
	})
}

func TestOpenStreamDoesNotDial(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.open(nil), w.open(nil)
		peers, err := parsePeers([]string{b.addr})
		if err != nil {
			t.Fatal(err)
		}
		a.host.Peerstore().AddAddrs(b.ID(), peers[0].Addrs, time.Hour)
		if _, err := a.OpenStream(w.t.Context(), b.ID(), testProtocol); err == nil {
			t.Error("OpenStream() to a peer that is not connected = nil, want an error")
		}
		settle(time.Second)
		if got := len(a.Peers()); got != 0 {
			t.Errorf("%d peers, want 0", got)
		}
	})
}

// SPEC 10.5: a silence of 30 seconds ends a stream.
func TestStreamSilence(t *testing.T) {
	tests := []struct {
		name  string
		until time.Duration // SetDeadline, 0: none
		want  time.Duration
	}{
		{"silence", 0, streamIdle},
		{"deadline before", 5 * time.Second, 5 * time.Second},
		{"deadline after", time.Hour, streamIdle},
	}
	for _, tt := range tests {
		inWorld(t, func(w *world) {
			a, b := w.pair()
			b.Handle(testProtocol, func(ctx context.Context, s Stream) {
				_, _ = s.Write([]byte{1})
				<-ctx.Done()
			})
			s := w.stream(a, b)
			if _, err := s.Write([]byte{1}); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(s, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if tt.until > 0 {
				if err := s.SetDeadline(start.Add(tt.until)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: Read() = %v, want %v", tt.name, err, os.ErrDeadlineExceeded)
			}
			if got := time.Since(start); got != tt.want {
				t.Errorf("%s: Read() took %v, want %v", tt.name, got, tt.want)
			}
		})
	}
}

func TestInboundCap(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		c := w.open(nil)
		w.dial(c, b)
		b.Handle(testProtocol, func(_ context.Context, s Stream) {
			_, _ = io.Copy(s, s)
		})
		echoes := func(n *node) bool {
			s := w.stream(n, b)
			if _, err := s.Write([]byte{7}); err != nil {
				return false
			}
			_, err := io.ReadFull(s, make([]byte, 1))
			return err == nil
		}
		for i := range maxInboundPerPeer {
			if !echoes(a) {
				t.Errorf("stream %d was refused", i+1)
			}
		}
		if echoes(a) {
			t.Errorf("stream %d was served", maxInboundPerPeer+1)
		}
		if !echoes(c) {
			t.Error("another peer's stream was refused")
		}
	})
	f := inflow{max: 3}
	for i, want := range []bool{true, true, true, false} {
		if got := f.enter(PeerID(rune('a' + i))); got != want {
			t.Errorf("stream %d of 3 at most: enter() = %v, want %v", i+1, got, want)
		}
	}
	f.leave("a")
	if !f.enter("z") {
		t.Error("enter() after leave() = false, want true")
	}
	if len(f.peers) != 3 {
		t.Errorf("%d peers counted, want 3", len(f.peers))
	}
}

// Run returns when every handler has returned, and makes them return.
func TestStreamsEndWithRun(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.pair()
		served, ended := make(chan struct{}), false
		b.Handle(testProtocol, func(_ context.Context, s Stream) {
			close(served)
			_, err := io.Copy(io.Discard, s)
			if err == nil {
				t.Error("the handler's stream ended well, want an error")
			}
			time.Sleep(time.Second) // it tidies up
			ended = true
		})
		s := w.stream(a, b)
		if _, err := s.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		<-served
		b.stop()
		if !ended {
			t.Error("Run returned before the handler")
		}
		if _, err := s.Read(make([]byte, 1)); err == nil {
			t.Error("Read() after the other end stopped = nil, want an error")
		}
		if _, err := b.OpenStream(w.t.Context(), a.ID(), testProtocol); !errors.Is(err, ErrClosed) {
			t.Errorf("OpenStream() after Run = %v, want %v", err, ErrClosed)
		}
	})
}
