package courier

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

// rawProtocol is that of the yardstick: whoever opens the stream is given all
// frames, one after the other, unasked.
const rawProtocol = "/votive/bench/1"

// bench is a courier on this machine's loopback, with its store on disk.
type bench struct {
	*Courier
	mesh  *mesh.Mesh
	store *store.Store
	stop  func() error
}

// openBench opens one at the noon at which the frames are alive.
func openBench(b *testing.B, have []votive.Frame) *bench {
	b.Helper()
	ahead := time.Until(noon)
	now := func() time.Time { return time.Now().Add(ahead) }
	s, err := store.Open(filepath.Join(b.TempDir(), "store"), store.Options{Now: now})
	if err != nil {
		b.Fatalf("store.Open() = %v", err)
	}
	if _, err := s.Put(b.Context(), have...); err != nil {
		b.Fatalf("Put() = %v", err)
	}
	c, err := Open(Config{Store: s, Almanac: newShelf(s), Now: now})
	if err != nil {
		b.Fatalf("Open() = %v", err)
	}
	m, err := mesh.Open(mesh.Config{
		Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1"}, NoProbe: true,
		Topic: votive.Topic, FrameSize: votive.FrameSize,
		FrameID: func(f []byte) string { id := votive.FrameID(f); return string(id[:]) },
		Verdict: c.Judge,
	})
	if err != nil {
		b.Fatalf("mesh.Open() = %v", err)
	}
	m.Handle(rawProtocol, func(_ context.Context, s mesh.Stream) {
		for _, f := range have {
			if _, err := s.Write(f.Bytes()); err != nil {
				_ = s.Reset()
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return m.Run(ctx) })
	g.Go(func() error { return c.Run(ctx, m) })
	stop := sync.OnceValue(func() error {
		cancel()
		return errors.Join(g.Wait(), s.Close())
	})
	b.Cleanup(func() {
		if err := stop(); err != nil {
			b.Errorf("Run() = %v, want nil", err)
		}
	})
	return &bench{c, m, s, stop}
}

// meet is a new node, connected with a peer.
func (p *bench) meet(b *testing.B) *bench {
	b.Helper()
	n := openBench(b, nil)
	if err := n.mesh.Dial(b.Context(), p.mesh.Addrs()[0]); err != nil {
		b.Fatalf("Dial() = %v", err)
	}
	return n
}

// complete waits until a node has so many frames, and says how long it fetched
// and how long it let pass before.
func (n *bench) complete(b *testing.B, want int) (fetched, waited time.Duration) {
	b.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	began := time.Now()
	for n.store.Len() < want {
		if waited == 0 && n.Status().Running {
			waited = time.Since(began)
		}
		select {
		case <-look.C:
		case <-late.C:
			b.Fatalf("%d frames after 2 minutes, want %d; %+v", n.store.Len(), want, n.Status())
		}
	}
	return time.Since(began) - waited, waited
}

// raw copies all frames over a stream into a file, has it synced, and says how
// long that took.
func (n *bench) raw(b *testing.B, from *bench, want int) time.Duration {
	b.Helper()
	began := time.Now()
	s, err := n.mesh.OpenStream(b.Context(), from.mesh.ID(), rawProtocol)
	if err != nil {
		b.Fatalf("OpenStream() = %v", err)
	}
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	got, err := io.Copy(f, s)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil || got != int64(want*votive.FrameSize) {
		b.Fatalf("copied %d bytes, %v, want %d", got, err, want*votive.FrameSize)
	}
	took := time.Since(began)
	_ = s.Reset() // the other end has closed it
	return took
}

// BenchmarkNewNode: a new node fetches 10,000 frames from one peer, durably, by
// turns with a raw copy of the same bytes over a stream, durable too. What the
// new node lets pass before it asks, up to a second, is apart. "unpaced" is the
// same where the peer gives as fast as it can, and not 8 MiB a second.
func BenchmarkNewNode(b *testing.B) {
	const n = 10_000
	all := frames(b, 0, n)
	for _, c := range []struct {
		name string
		pace rate.Limit
	}{{"paced", serveRate}, {"unpaced", rate.Inf}} {
		b.Run(c.name, func(b *testing.B) {
			var fetching, waiting, raw time.Duration
			for b.Loop() {
				peer := openBench(b, all) // which has given nothing yet
				peer.offers.pace.SetLimit(c.pace)
				node := peer.meet(b)
				fetched, waited := node.complete(b, n)
				fetching, waiting = fetching+fetched, waiting+waited
				raw += node.raw(b, peer, n)
				if err := errors.Join(node.stop(), peer.stop()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(raw.Seconds()/fetching.Seconds(), "of-raw-rate(goal>=0.5)")
			b.ReportMetric(float64(b.N*n)/fetching.Seconds(), "frames/s")
			b.ReportMetric(float64(b.N*n)/raw.Seconds(), "raw-frames/s")
			b.ReportMetric(waiting.Seconds()/float64(b.N), "s-before-asking")
			b.ReportMetric(0, "ns/op")
		})
	}
}
