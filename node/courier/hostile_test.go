package courier

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"votive/node/mesh"
	"votive/node/store"
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

// offer writes a fingerprint of nothing, a number, and what is to be listed if
// the asker wants it.
func (s script) offer(n int, keys []byte) {
	s.say(appendNumber(make([]byte, sumSize), n)...)
	if _, err := io.ReadFull(s.s, make([]byte, 1)); err != nil {
		return
	}
	s.say(keys...)
}

// honestly lists what it has.
func (s script) honestly() { s.offer(len(s.frames), keyBytes(s.frames...)) }

// asked reads which frames are asked for.
func (s script) asked() []votive.ID {
	ids, _ := readAsked(s.s, maxBatch)
	return ids
}

// silence lasts as long as the asker waits.
func (s script) silence() { _, _ = io.Copy(io.Discard, s.s) }

func keysOf(frames ...votive.Frame) (keys []store.Key) {
	for _, f := range frames {
		keys = append(keys, store.Key{Expiry: f.Expiry(), ID: f.ID()})
	}
	return keys
}

// keyBytes is the sorted keys of frames as they are listed.
func keyBytes(frames ...votive.Frame) (b []byte) {
	keys := keysOf(frames...)
	sortKeys(keys)
	for _, k := range keys {
		b = k.Append(b)
	}
	return b
}

// invented is n keys of frames that there are not, ascending.
func invented(n int) (b []byte) {
	for i := range n {
		k := store.Key{Expiry: usual.expiry}
		binary.BigEndian.PutUint32(k.ID[:], uint32(i))
		b = k.Append(b)
	}
	return b
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

// SPEC 10.3, 10.5: whatever a peer does, it is left alone afterwards, nothing
// that it should not have sent is kept, and an honest one does the work.
func TestBadOfferer(t *testing.T) {
	tests := []struct {
		name  string
		serve func(s script)
		most  int32 // asks in 40 minutes
	}{
		{"does not take the stream", nil, rarely},
		{"resets", func(s script) { _ = s.s.Reset() }, often},
		{"closes", func(script) {}, often},
		{"silent", script.silence, rarely},
		{"silent within the fingerprint", func(s script) { s.say(1, 2, 3); s.silence() }, rarely},
		{"closes within the fingerprint", func(s script) { s.say(1, 2, 3) }, rarely},
		{"has too many", func(s script) { s.offer(maxKeys+1, invented(100)) }, onceBarred},
		{"garbage", func(s script) {
			for b := byte(128); s.ctx.Err() == nil; b++ {
				if _, err := s.s.Write(bytes.Repeat([]byte{b}, 4096)); err != nil {
					return
				}
			}
		}, onceBarred},
		{"keys descend", func(s script) {
			b := invented(2)
			s.offer(2, append(b[store.KeySize:], b[:store.KeySize]...))
			s.silence()
		}, onceBarred},
		{"key twice", func(s script) {
			s.offer(2, bytes.Repeat(invented(1), 2))
			s.silence()
		}, onceBarred},
		{"silent within the list", func(s script) { s.offer(2, invented(1)); s.silence() }, rarely},
		{"closes within the list", func(s script) { s.offer(2, invented(1)) }, rarely},
		{"has none of it", func(s script) {
			s.offer(20000, invented(20000))
			asked := 0
			for ids := s.asked(); len(ids) > 0; ids = s.asked() {
				asked += len(ids)
				s.say(make([]byte, len(ids))...)
			}
			if asked > 4*maxGone {
				s.t.Errorf("asked for %d frames, and got none", asked)
			}
		}, rarely},
		{"has hardly any of it", func(s script) {
			s.offer(3, append(invented(2), keyBytes(s.frames[0])...))
			s.asked()
			s.say(have)
			s.say(s.frames[0].Bytes()...)
			s.silence()
		}, rarely},
		{"silent after the list", func(s script) { s.honestly(); s.asked(); s.silence() }, often},
		{"silent within a frame", func(s script) {
			s.honestly()
			s.asked()
			s.say(have)
			s.say(s.frames[0].Bytes()[:100]...)
			s.silence()
		}, often},
		{"answers 2", func(s script) { s.honestly(); s.asked(); s.say(2); s.silence() }, onceBarred},
		{"another frame", func(s script) {
			s.honestly()
			another := s.frames[0]
			if ids := s.asked(); len(ids) > 0 && ids[0] == another.ID() {
				another = s.frames[1]
			}
			s.say(have)
			s.say(another.Bytes()...)
			s.silence()
		}, onceBarred},
		{"a frame under another day", func(s script) {
			k := keysOf(s.frames[0])[0]
			k.Expiry--
			s.offer(1, k.Append(nil))
			s.asked()
			s.say(have)
			s.say(s.frames[0].Bytes()...)
			s.silence()
		}, onceBarred},
		{"stamps spoilt", func(s script) {
			s.frames = s.frames[:1]
			s.honestly()
			s.asked()
			s.say(have)
			s.say(spoilt(s.frames[0])...)
			s.silence()
		}, onceBarred},
		{"goes on after the end", func(s script) {
			s.offer(0, nil)
			for s.ctx.Err() == nil {
				if _, err := s.s.Write(s.frames[0].Bytes()); err != nil {
					return
				}
			}
		}, 40}, // nobody reads it
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
				if tt.most == onceBarred && isLink(b.mesh, bad.ID()) {
					t.Error("the peer that lied is a link still")
				}
				settle(40 * time.Minute)
				if got := asks.Load(); got > tt.most {
					t.Errorf("asked %d times, want at most %d", got, tt.most)
				}
				t.Logf("complete after %v; the bad peer was asked %d times", took, asks.Load())
				if len(b.claims.by) != 0 || b.Status().Running {
					t.Errorf("afterwards %d claims, %+v", len(b.claims.by), b.Status())
				}
				if got := b.store.Len(); got != len(all) {
					t.Errorf("%d frames, want %d", got, len(all))
				}
			})
		})
	}
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
		{"fingerprint", func(s script) { trickle(s, make([]byte, 100)) }},
		{"list", func(s script) { s.offer(3000, nil); trickle(s, invented(3000)) }},
		{"frames", func(s script) { s.honestly(); s.asked(); trickle(s, make([]byte, 1<<16)) }},
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
