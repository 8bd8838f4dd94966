package courier

import (
	"bytes"
	"context"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"votive/node/almanac"
	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

// talk is a stream whose other end has said everything already.
type talk struct {
	io.Reader
	bytes.Buffer // what is written
}

func (t *talk) Read(p []byte) (int, error)  { return t.Reader.Read(p) }
func (t *talk) Write(p []byte) (int, error) { return t.Buffer.Write(p) }
func (*talk) Peer() mesh.PeerID             { return "peer" }
func (*talk) SetDeadline(time.Time) error   { return nil }
func (*talk) CloseWrite() error             { return nil }
func (*talk) Close() error                  { return nil }
func (*talk) Reset() error                  { return nil }

// FuzzOffer has the fuzzer ask.
func FuzzOffer(f *testing.F) {
	all := frames(f, 0, 300)
	c, shelf := still(f, at(noon), 0)
	if err := shelf.Carry(f.Context(), all); err != nil {
		f.Fatal(err)
	}
	c.offers.pace = rate.NewLimiter(rate.Inf, 1)
	ask := func(fs ...votive.Frame) (b []byte) {
		b = appendNumber(nil, len(fs))
		for _, f := range fs {
			id := f.ID()
			b = append(b, id[:]...)
		}
		return b
	}
	f.Add([]byte{})
	f.Add([]byte{sameSet})
	f.Add([]byte{listAll, 0, 0, 0, 0})
	f.Add([]byte{2})
	f.Add([]byte{listAll, 255, 255, 255, 255, 7})
	f.Add(slices.Concat([]byte{listAll}, ask(all[:3]...), ask(all[2:5]...), ask()))
	f.Add(slices.Concat([]byte{listAll}, ask(all[:256]...), ask(all[:44]...), ask(all[0])))
	f.Fuzz(func(t *testing.T, said []byte) {
		s := &talk{Reader: bytes.NewReader(said)}
		before := c.tally.served.Load()
		err := c.offer(t.Context(), s)
		served := int(c.tally.served.Load() - before)
		out := s.Bytes()
		greeting := sumSize + 4
		switch {
		case len(out) < greeting:
			t.Fatalf("offer(%x) wrote %d bytes, want at least %d", said, len(out), greeting)
		case len(said) == 0 || said[0] != listAll:
			if len(out) != greeting {
				t.Errorf("offer(%x) wrote %d bytes, want %d", said, len(out), greeting)
			}
			if wellDone := len(said) > 0 && said[0] == sameSet; (err == nil) != wellDone {
				t.Errorf("offer(%x) = %v", said, err)
			}
			return
		}
		asked := (len(said) - 1) / len(votive.ID{})
		most := greeting + len(all)*store.KeySize + asked + served*votive.FrameSize
		if len(out) > most || served > min(asked, len(all)) {
			t.Errorf("offer(%x) wrote %d bytes with %d frames, want at most %d with %d", said, len(out), served, most, asked)
		}
	})
}

// sieve is an Almanac that notes what it is given.
type sieve struct{ got []votive.Frame }

func (s *sieve) Carry(_ context.Context, frames []votive.Frame) error {
	s.got = append(s.got, frames...)
	return nil
}

func (*sieve) Outgoing(ctx context.Context) ([]almanac.Outgoing, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (*sieve) Sent(context.Context, ...almanac.Outgoing) error { return nil }

// FuzzAsk has the fuzzer offer.
func FuzzAsk(f *testing.F) {
	c, _ := still(f, at(noon), 0)
	all := frames(f, 0, 6)
	slices.SortFunc(all, func(a, b votive.Frame) int { return a.ID().Compare(b.ID()) })
	greet := func(n int) []byte { return appendNumber(make([]byte, sumSize), n) }
	answer := func(fs ...votive.Frame) (b []byte) {
		slices.Reverse(fs) // the order in which they are asked for
		for _, f := range fs {
			b = append(append(b, have), f.Bytes()...)
		}
		return b
	}
	f.Add([]byte{})
	empty := c.listing()
	f.Add(appendNumber(empty.sum[:], 0))
	f.Add(greet(0))
	f.Add(greet(maxKeys + 1))
	f.Add(slices.Concat(greet(3), keyBytes(all[:3]...), answer(all[0], all[1], all[2])))
	f.Add(slices.Concat(greet(3), keyBytes(all[:3]...), []byte{0, 0, 0}))
	f.Add(slices.Concat(greet(3), keyBytes(all[:3]...), []byte{0}, answer(all[0], all[1])))
	f.Add(slices.Concat(greet(2), keyBytes(all[:2]...), answer(all[2], all[3])))
	f.Add(slices.Concat(greet(1), keyBytes(all[0]), []byte{have}, spoilt(all[0])))
	f.Add(slices.Concat(greet(2), keyBytes(all[0]), keyBytes(all[0])))
	f.Add(slices.Concat(greet(100), invented(100), make([]byte, 100)))
	f.Fuzz(func(t *testing.T, said []byte) {
		kept := &sieve{}
		c.almanac, c.refused = kept, refused{}
		s := &talk{Reader: bytes.NewReader(said)}
		o := c.askOver(t.Context(), s)
		if o.delivered+o.gone > len(said) || o.delivered*votive.FrameSize > len(said) || len(kept.got) > o.delivered {
			t.Errorf("of %d bytes %+v with %d frames kept", len(said), o, len(kept.got))
		}
		if o.same != bytes.HasPrefix(said, empty.sum[:]) && len(said) >= sumSize+4 && o.err == nil {
			t.Errorf("same = %v for fingerprint %x", o.same, said[:sumSize])
		}
		for _, f := range kept.got {
			if _, verdict, err := votive.Judge(f.Bytes(), votive.Rank{}, noon); verdict != votive.Accept {
				t.Errorf("kept a frame that is %v: %v", verdict, err)
			}
		}
		if len(c.claims.by) != 0 || len(c.intake.flight) != 0 || c.Status().Running {
			t.Errorf("afterwards %d claims, %d in flight, %+v", len(c.claims.by), len(c.intake.flight), c.Status())
		}
		checkAsked(t, said, s.Bytes(), o)
	})
}

// checkAsked checks that what was asked for was in the list, each once, and
// nothing else was said. SPEC 10.4.
func checkAsked(t *testing.T, said, out []byte, o outcome) {
	t.Helper()
	if len(out) == 0 {
		if o.err == nil {
			t.Error("nothing was written, and no error")
		}
		return
	}
	if o.same {
		if !bytes.Equal(out, []byte{sameSet}) {
			t.Errorf("same set: wrote %x", out)
		}
		return
	}
	if out[0] != listAll {
		t.Fatalf("wrote %d, want %d", out[0], listAll)
	}
	listed := make(map[votive.ID]int) // an id can be listed under several days
	keys := said[sumSize+4:]
	for len(keys) >= store.KeySize {
		listed[parseKey((*[store.KeySize]byte)(keys)).ID]++
		keys = keys[store.KeySize:]
	}
	r := bytes.NewReader(out[1:])
	for r.Len() > 0 {
		ids, err := readAsked(r, maxBatch)
		if err != nil {
			t.Fatalf("wrote what is no ask: %v", err)
		}
		for _, id := range ids {
			if listed[id]--; listed[id] < 0 {
				t.Errorf("asked for %v, which was not listed, or too often", id)
			}
		}
		if len(ids) == 0 && (r.Len() > 0 || o.err != nil) {
			t.Errorf("went on after the end: %d bytes, %v", r.Len(), o.err)
		}
	}
}

// Show is for who can read; the sieve cannot.
func (s *sieve) Show(...votive.Frame) {}
