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
	"votive/proto/recon"
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
	_, hello := recon.Ask(recon.NewSet(nil).Snapshot(), recon.Window{}, recon.Nonce{7}, 1000)
	list := append([]byte{5, 0, 0, 32}, make([]byte, 6)...)
	list = append(append(list, 255, 255, 255, 255, 255, 255, 0, 0, 1, 0), bytes.Repeat([]byte{255}, 16)...)
	fetch := append([]byte{9, 0, 0, 12}, make([]byte, 11)...)
	f.Add([]byte{})
	f.Add(hello)
	f.Add([]byte{11, 0, 0, 0})
	f.Add(slices.Concat(hello, []byte{11, 0, 0, 0}))
	f.Add(slices.Concat(hello, list, append(fetch, 1), []byte{11, 0, 0, 0}))
	f.Add(slices.Concat(hello, []byte{7, 0, 0, 6, 0, 0, 0, 0, 0, 9, 0}))
	f.Fuzz(func(t *testing.T, said []byte) {
		s := &talk{Reader: bytes.NewReader(said)}
		before := c.tally.served.Load()
		ch := c.channel(s, time.Minute)
		_ = ch.offer(t.Context(), new(offering))
		served := int(c.tally.served.Load() - before)
		asked := len(said) / 6
		if served > min(asked, len(all)) || len(s.Bytes()) > served*votive.FrameSize+(1+len(said)/recon.HeaderSize)*recon.MaxMessage {
			t.Errorf("offer(%x) wrote %d bytes with %d frames", said, len(s.Bytes()), served)
		}
		if len(c.intake.flight) != 0 || c.Status().Running {
			t.Errorf("afterwards %d in flight, %+v", len(c.intake.flight), c.Status())
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
	_, hello := recon.Ask(c.store.Snapshot(), c.window(votive.Rank{}), recon.Nonce{7}, 1000)
	o := recon.Offer(recon.NewSet(slices.Values(comparedOf(all...))).Snapshot(), recon.Window{}, recon.Nonce{1})
	tags, err := o.Step(hello)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte{2, 0, 0, 0})
	f.Add(tags.Write)
	f.Add(slices.Concat(tags.Write, []byte{8, 0, 0, 7, 0, 1, 2, 3, 4, 5, 6}, []byte{have}, all[0].Bytes()))
	f.Add(slices.Concat(tags.Write, []byte{8, 0, 0, 7, 0, 1, 2, 3, 4, 5, 6}, []byte{haveNot}))
	f.Add(slices.Concat(tags.Write, []byte{8, 0, 0, 1, 0}))
	f.Fuzz(func(t *testing.T, said []byte) {
		kept := &sieve{}
		c.almanac, c.refused = kept, refused{}
		s := &talk{Reader: bytes.NewReader(said)}
		o := c.askOver(t.Context(), s)
		if o.delivered+o.gone > len(said) || o.delivered*votive.FrameSize > len(said) || len(kept.got) > o.delivered {
			t.Errorf("of %d bytes %+v with %d frames kept", len(said), o, len(kept.got))
		}
		for _, f := range kept.got {
			if _, verdict, err := votive.Judge(f.Bytes(), votive.Rank{}, noon); verdict != votive.Accept {
				t.Errorf("kept a frame that is %v: %v", verdict, err)
			}
		}
		if len(c.intake.flight) != 0 || c.Status().Running {
			t.Errorf("afterwards %d in flight, %+v", len(c.intake.flight), c.Status())
		}
	})
}

// Show is for who can read; the sieve cannot.
func (s *sieve) Show(...votive.Frame) {}
