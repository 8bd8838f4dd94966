package courier

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"votive/node/mesh"
	"votive/proto/recon"
	"votive/proto/votive"
)

// script is an offerer that says what it likes.
type script struct {
	t      *testing.T
	ctx    context.Context
	s      mesh.Stream
	frames []votive.Frame // that it has
}

// say writes; the asker may have gone.
func (s script) say(b ...byte) { _, _ = s.s.Write(b) }

// hear reads a message, nil when the asker has gone.
func (s script) hear() []byte { return hearFrom(s.s) }

func hearFrom(r io.Reader) []byte {
	msg := make([]byte, recon.HeaderSize)
	if _, err := io.ReadFull(r, msg); err != nil {
		return nil
	}
	n, err := recon.Length([recon.HeaderSize]byte(msg))
	if err != nil {
		return nil
	}
	msg = append(msg, make([]byte, n)...)
	if _, err := io.ReadFull(r, msg[recon.HeaderSize:]); err != nil {
		return nil
	}
	return msg
}

// offer compares sets as an honest peer that has these keys, until it is asked
// for frames, and gives how many: 0 when the asker has gone or wants none.
func (s script) offer(keys ...recon.Key) (*recon.Offerer, []recon.ID) {
	o := recon.Offer(recon.NewSet(slices.Values(keys)).Snapshot(), recon.Window{}, recon.Nonce{1})
	return o, s.asked(o)
}

// asked answers until frames are asked for.
func (s script) asked(o *recon.Offerer) []recon.ID {
	for {
		msg := s.hear()
		if msg == nil {
			return nil
		}
		turn, err := o.Step(msg)
		if err != nil || turn.Over || turn.Learned {
			return nil
		}
		if turn.Send != nil {
			return turn.Send
		}
		s.say(turn.Write...)
	}
}

// honestly offers what it has.
func (s script) honestly() []recon.ID {
	_, ids := s.offer(comparedOf(s.frames...)...)
	return ids
}

// frame is the one with that id.
func (s script) frame(id recon.ID) votive.Frame {
	i := slices.IndexFunc(s.frames, func(f votive.Frame) bool { return f.ID() == votive.ID(id) })
	if i < 0 {
		s.t.Errorf("asked for frame %x, which was not offered", id)
		return s.frames[0]
	}
	return s.frames[i]
}

// silence lasts as long as the asker waits.
func (s script) silence() { _, _ = io.Copy(io.Discard, s.s) }

// comparedOf is the keys of frames.
func comparedOf(frames ...votive.Frame) (keys []recon.Key) {
	for _, f := range frames {
		r := f.Rank()
		keys = append(keys, recon.MakeKey(r.Rank, uint16(r.Expiry), r.ID))
	}
	return keys
}

// invented is n keys of frames that there are not.
func invented(n int) (keys []recon.Key) {
	for i := range n {
		id := sha256.Sum256(binary.BigEndian.AppendUint32(nil, uint32(i)))
		keys = append(keys, recon.MakeKey(20, uint16(usual.expiry), id))
	}
	return keys
}

// How often a peer is asked in 40 minutes, when it always fails in one way.
const (
	onceBarred = 1 // it lied
	rarely     = 6 // it failed
	often      = 9 // it had no time, or nothing new afterwards
)

// isLink reports whether gossip goes to a peer directly.
func isLink(m *mesh.Mesh, id mesh.PeerID) bool {
	return slices.ContainsFunc(m.Peers(), func(p mesh.Peer) bool { return p.ID == id && p.InMesh })
}

// SPEC 10.1, 10.11: whatever a peer does, it is left alone afterwards, and is no
// link any longer if it lied; the log says why; nothing that it should not have
// sent is kept, and an honest one does the work.
func TestBadOfferer(t *testing.T) {
	tests := []struct {
		name  string
		serve func(s script)
		most  int32  // asks in 40 minutes
		says  string // the log, of what it did
	}{
		{"does not take the stream", nil, rarely, "protocols not supported"},
		{"resets", func(s script) { _ = s.s.Reset() }, often, "peer is busy: stream reset"},
		{"closes", func(script) {}, often, "peer is busy: EOF"},
		{"silent", script.silence, rarely, "deadline exceeded"},
		{"silent within the tags", func(s script) { s.hear(); s.say(4, 0, 1, 57, 1, 2, 3); s.silence() }, rarely, "deadline exceeded"},
		{"closes within the tags", func(s script) { s.hear(); s.say(4, 0, 1, 57, 1, 2, 3) }, often, "peer is busy: unexpected EOF"},
		{"a message of no kind", func(s script) { s.hear(); s.say(99, 0, 0, 0); s.silence() }, onceBarred, "peer lies: message 99 of 0 bytes"},
		{"a message too long", func(s script) { s.hear(); s.say(4, 255, 255, 255); s.silence() }, onceBarred, "peer lies: message 4 of 16777215 bytes"},
		{"a message out of turn", func(s script) { s.hear(); s.say(11, 0, 0, 0); s.silence() }, onceBarred, "peer lies: message out of turn: 11"},
		{"garbage", func(s script) {
			for b := byte(128); s.ctx.Err() == nil; b++ {
				if _, err := s.s.Write(bytes.Repeat([]byte{b}, 4096)); err != nil {
					return
				}
			}
		}, onceBarred, "peer lies: message 1"},
		{"cells of nothing", func(s script) { // and in the end a list of nothing
			o := recon.Offer(recon.NewSet(slices.Values(comparedOf(s.frames...))).Snapshot(), recon.Window{}, recon.Nonce{1})
			for msg := s.hear(); msg != nil; msg = s.hear() {
				turn, err := o.Step(msg)
				if err != nil || turn.Write == nil {
					return
				}
				if turn.Write[0] == 6 || turn.Write[0] == 8 {
					clear(turn.Write[recon.HeaderSize:])
				}
				s.say(turn.Write...)
			}
		}, onceBarred, "peer lies: short id"},
		{"has none of it", func(s script) {
			o, ids := s.offer(invented(20000)...)
			asked := 0
			for ; len(ids) > 0; ids = s.asked(o) {
				asked += len(ids)
				s.say(make([]byte, len(ids))...)
			}
			if asked > 4*maxGone {
				s.t.Errorf("asked for %d frames, and got none", asked)
			}
		}, rarely, "peer does not deliver: 0 frames of"},
		{"silent after the tags", func(s script) { s.honestly(); s.silence() }, often, "deadline exceeded"},
		{"silent within a frame", func(s script) {
			if ids := s.honestly(); len(ids) > 0 {
				s.say(have)
				s.say(s.frame(ids[0]).Bytes()[:100]...)
			}
			s.silence()
		}, often, "deadline exceeded"},
		{"answers 2", func(s script) { s.honestly(); s.say(2); s.silence() }, onceBarred, "peer lies: answer 2 to an ask"},
		{"another frame", func(s script) {
			another := s.frames[0]
			if ids := s.honestly(); len(ids) > 0 && votive.ID(ids[0]) == another.ID() {
				another = s.frames[1]
			}
			s.say(have)
			s.say(another.Bytes()...)
			s.silence()
		}, onceBarred, "peer lies: a frame that was not asked for"},
		{"stamps spoilt", func(s script) {
			if ids := s.honestly(); len(ids) > 0 {
				s.say(have)
				s.say(spoilt(s.frame(ids[0]))...)
			}
			s.silence()
		}, onceBarred, "peer lies: stamp does not hold"},
		{"asks for what it was not told of", func(s script) {
			o, ids := s.offer(comparedOf(s.frames...)...)
			for ; len(ids) > 0; ids = s.asked(o) {
				for _, id := range ids {
					s.say(have)
					s.say(s.frame(id).Bytes()...)
				}
			}
			s.say(9, 0, 0, 6, 0, 0, 0, 0, 0, 1)
			s.silence()
		}, onceBarred + 1, "peer lies: message out of turn: 9"}, // at first nobody reads it
		{"goes on after the end", func(s script) {
			s.hear()
			s.say(2, 0, 0, 0)
			for s.ctx.Err() == nil {
				if _, err := s.s.Write(s.frames[0].Bytes()); err != nil {
					return
				}
			}
		}, 60, ""}, // nobody reads it: about once a minute
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				all := frames(t, 0, 300)
				var asks atomic.Int32
				var serve func(context.Context, mesh.Stream)
				if tt.serve != nil {
					serve = func(ctx context.Context, s mesh.Stream) {
						asks.Add(1)
						tt.serve(script{t, ctx, s, frames(t, 0, 300)})
					}
				}
				bad := w.stranger(serve)
				b := w.open(plan{})
				w.dial(b.mesh, bad)
				settle(1500 * time.Millisecond)
				if serve != nil && asks.Load() == 0 {
					t.Fatal("the bad peer was not asked")
				}
				honest := w.open(plan{have: all})
				w.dial(b.mesh, honest.mesh)
				took := w.complete("the asker", b, len(all), 30*time.Second)
				settle(2 * time.Second)
				if lied, link := tt.most == onceBarred, isLink(b.mesh, bad.ID()); lied == link {
					t.Errorf("the peer is a link still: %t, want that of all but those that lie", link)
				}
				if !isLink(b.mesh, honest.mesh.ID()) {
					t.Error("the honest peer is no link")
				}
				settle(40 * time.Minute)
				if got := asks.Load(); got > tt.most {
					t.Errorf("asked %d times, want at most %d", got, tt.most)
				}
				t.Logf("complete after %v; the bad peer was asked %d times", took, asks.Load())
				b.says(t, bad.ID(), "ask ended", tt.says)
				if b.Status().Running {
					t.Errorf("afterwards %+v", b.Status())
				}
				if got := b.store.Len(); got != len(all) {
					t.Errorf("%d frames, want %d", got, len(all))
				}
			})
		})
	}
}

// A peer that offers a million frames and delivers none has this node learn of
// no more than one session is to bring, and hold no more than that; it is left
// alone, and nothing is lost.
func TestMillionOffered(t *testing.T) {
	offered, most := 1<<20, int64(4<<20) // a short id is 8 bytes: a million of them are twice that
	if testing.Short() {
		offered = 1 << 17
	}
	lies := recon.NewSet(slices.Values(invented(offered))).Snapshot()
	inWorld(t, func(w *world) {
		all := frames(t, 0, 300)
		b := w.open(plan{})
		var want, held atomic.Int64
		var asks atomic.Int32
		bad := w.stranger(func(ctx context.Context, st mesh.Stream) {
			asks.Add(1)
			before := heap()
			s := script{t, ctx, st, nil}
			o := recon.Offer(lies, recon.Window{}, recon.Nonce{1})
			for ids := s.asked(o); len(ids) > 0; ids = s.asked(o) {
				want.Store(max(want.Load(), int64(b.Status().Want)))
				if asks.Load() > 1 { // what is worked out once for a set stays
					held.Store(max(held.Load(), heap()-before))
				}
				s.say(make([]byte, len(ids))...)
			}
		})
		w.dial(b.mesh, bad)
		settle(5 * time.Minute)
		honest := w.open(plan{have: all})
		w.dial(b.mesh, honest.mesh)
		w.complete("the asker", b, len(all), 30*time.Second)
		settle(40 * time.Minute)
		b.says(t, bad.ID(), "ask ended", "peer does not deliver: 0 frames of")
		t.Logf("%d frames offered, asked %d times, %d wanted at once, %d bytes held meanwhile", offered, asks.Load(), want.Load(), held.Load())
		if got := asks.Load(); got < 2 || got > rarely+2 {
			t.Errorf("asked %d times in 45 minutes, want 2 to %d", got, rarely+2)
		}
		if got := want.Load(); got == 0 || got > 3*maxMissing {
			t.Errorf("%d frames wanted of %d that were offered, want some, at most %d", got, offered, 3*maxMissing)
		}
		if got := held.Load(); got > most {
			t.Errorf("%d bytes held for them, want at most %d", got, most)
		}
		if got := b.store.Len(); got != len(all) {
			t.Errorf("%d frames, want %d", got, len(all))
		}
	})
}

// Peers that deliver as slowly as is borne take up every ask; it is somebody
// else's turn all the same.
func TestTricklers(t *testing.T) {
	trickle := func(s script, b []byte) {
		for i := range b {
			if _, err := s.s.Write(b[i : i+1]); err != nil || !pause(s.ctx, 20*time.Second) {
				return
			}
		}
	}
	tests := []struct {
		name  string
		serve func(s script)
	}{
		{"tags", func(s script) { trickle(s, append([]byte{4, 0, 1, 57}, make([]byte, 313)...)) }},
		{"frames", func(s script) { s.honestly(); trickle(s, make([]byte, 1<<16)) }},
	}
	for _, tt := range tests {
		inWorld(t, func(w *world) {
			all := frames(t, 0, 300)
			b := w.open(plan{})
			for range maxAsks {
				w.dial(b.mesh, w.stranger(func(ctx context.Context, s mesh.Stream) {
					tt.serve(script{t, ctx, s, all})
				}))
			}
			settle(1500 * time.Millisecond)
			honest := w.open(plan{have: all})
			w.dial(b.mesh, honest.mesh)
			took := w.complete(tt.name, b, len(all), 5*time.Minute)
			t.Logf("%s: complete after %v", tt.name, took)
		})
	}
}

// Who says that it brings frames and does not, keeps nobody from bringing them.
func TestStaller(t *testing.T) {
	inWorld(t, func(w *world) {
		all := frames(t, 0, 1000)
		asked := make(chan int, 100)
		staller := w.stranger(func(ctx context.Context, s mesh.Stream) {
			o := script{t, ctx, s, all}
			asked <- len(o.honestly())
			o.silence()
		})
		honest, c := w.open(plan{have: all}), w.open(plan{})
		w.dial(c.mesh, staller)
		settle(2 * time.Second)
		if got := len(asked); got != 1 || <-asked == 0 {
			t.Fatalf("the staller was asked %d times, want once, and for frames", got)
		}
		w.dial(c.mesh, honest.mesh)
		took := w.complete("the newcomer", c, len(all), 10*time.Second)
		t.Logf("complete after %v", took)
	})
}
