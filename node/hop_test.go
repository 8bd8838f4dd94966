package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"votive/node/almanac"
	"votive/proto/votive"
)

// BenchmarkHop: one hop, from publishing a frame that was stamped before to
// the change that a watcher is told of, against bare gossipsub between two
// hosts with messages of the same size, by turns.
func BenchmarkHop(b *testing.B) {
	const turns = 6
	for _, c := range []struct{ rate, n int }{{100, 300}, {1000, 2000}} {
		b.Run(fmt.Sprintf("%d/s", c.rate), func(b *testing.B) {
			var ours, bare []time.Duration
			for b.Loop() {
				b.StopTimer()
				pair := newPair(b)
				all := pair.frames(b, c.n)
				b.StartTimer()
				for part := range slices.Chunk(all, c.n/turns) {
					ours = append(ours, pair.hop(b, part, c.rate)...)
					bare = append(bare, bareHop(b, c.n/turns, c.rate)...)
				}
				pair.stop()
			}
			b.ReportMetric(median(ours)/median(bare), "p50-of-bare(goal<=1.5)")
			b.ReportMetric(median(ours)/1e3, "p50-us")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// pair is two daemons in this process that are connected over loopback.
type pair struct {
	from, to *Node
	circle   votive.Secret
	stop     func()
}

func newPair(b *testing.B) *pair {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	up := func(peers ...string) *Node {
		n, err := Open(ctx, Config{
			Home: b.TempDir(), Effort: votive.MinEffort, Peers: peers,
			Listen: []string{"/ip4/127.0.0.1/tcp/0"},
		})
		if err != nil {
			b.Fatal(err)
		}
		ready := make(chan struct{})
		running.Go(func() {
			if err := n.Run(ctx, func(Ready) { close(ready) }); err != nil {
				b.Error(err)
			}
		})
		<-ready
		return n
	}
	p := &pair{}
	p.to = up()
	p.from = up(p.to.on().Addrs()[0])
	p.stop = func() { cancel(); running.Wait() }
	if _, err := p.to.secretary.Init(ctx, nil, nil); err != nil {
		b.Fatal(err)
	}
	circle, err := p.to.secretary.NewCircle(ctx, "here")
	if err != nil {
		b.Fatal(err)
	}
	if err := p.to.almanac.View(func(v *almanac.View) error { p.circle = v.Circle(circle).Secret; return nil }); err != nil {
		b.Fatal(err)
	}
	return p
}

// frames are n stamped frames that the receiving daemon can read.
func (p *pair) frames(b *testing.B, n int) []votive.Frame {
	b.Helper()
	r := votive.NewReader(votive.KindCircle, p.circle)
	all := make([]votive.Frame, n)
	for i := range all {
		u, err := r.Seal(event(b, i), votive.Days120, votive.MinEffort, time.Now(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		if all[i], err = u[0].Stamp(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	return all
}

// event is a first revision of an event of its own.
func event(b testing.TB, i int) *votive.Counted {
	b.Helper()
	id, err := votive.NewIdentity(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	nonce := [32]byte{byte(i), byte(i >> 8), 1}
	signer := id.EventKey(nonce)
	genesis, err := votive.NewGenesis(nonce, signer.Key())
	if err != nil {
		b.Fatal(err)
	}
	start, err := votive.ParseTime("2099-06-04T20:00", "Asia/Hong_Kong")
	if err != nil {
		b.Fatal(err)
	}
	p, err := votive.NewEvent(genesis, votive.Card{
		Title: fmt.Sprintf("Vigil %d", i), Start: start, Answers: votive.AnswersClosed,
		Organizers: []votive.Organizer{{Key: signer.Key()}},
	})
	if err != nil {
		b.Fatal(err)
	}
	s, err := votive.Sign(signer, p.Revision.ID())
	if err != nil {
		b.Fatal(err)
	}
	d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{s}}
	c, _ := d.Assemble(p)
	return c
}

// hop publishes frames at a rate and gives how long each took to be told.
func (p *pair) hop(b *testing.B, all []votive.Frame, rate int) []time.Duration {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	changes := p.to.almanac.Watch(ctx, len(all)+16)
	sent := make(chan time.Time, len(all))
	go func() {
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for _, f := range all {
			<-tick.C
			sent <- time.Now()
			if err := p.from.on().Publish(ctx, f.Bytes()); err != nil {
				b.Error(err)
				cancel()
				return
			}
		}
	}()
	var took []time.Duration
	for len(took) < len(all) {
		c, open := <-changes
		if !open {
			b.Fatal("not all frames came")
		}
		if c.Kind == almanac.EventChanged {
			took = append(took, time.Since(<-sent))
		}
	}
	return took
}

// bareHop is the same with nothing but gossipsub.
func bareHop(b *testing.B, n, rate int) []time.Duration {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	side := func() (host.Host, *pubsub.Topic, *pubsub.Subscription) {
		h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"))
		if err != nil {
			b.Fatal(err)
		}
		ps, err := pubsub.NewGossipSub(ctx, h, pubsub.WithPeerOutboundQueueSize(4096), pubsub.WithValidateQueueSize(4096))
		if err != nil {
			b.Fatal(err)
		}
		topic, err := ps.Join("bare")
		if err != nil {
			b.Fatal(err)
		}
		s, err := topic.Subscribe(pubsub.WithBufferSize(4096))
		if err != nil {
			b.Fatal(err)
		}
		return h, topic, s
	}
	from, topic, _ := side()
	to, _, sub := side()
	defer func() { _ = from.Close(); _ = to.Close() }()
	if err := from.Connect(ctx, peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
		b.Fatal(err)
	}
	for len(topic.ListPeers()) == 0 {
		<-time.After(10 * time.Millisecond)
	}
	<-time.After(1500 * time.Millisecond) // a heartbeat, so that the mesh is made
	sent := make(chan time.Time, n)
	go func() {
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for range n {
			<-tick.C
			message := make([]byte, votive.FrameSize)
			_, _ = rand.Read(message)
			sent <- time.Now()
			if err := topic.Publish(ctx, message); err != nil {
				return
			}
		}
	}()
	var took []time.Duration
	for range n {
		if _, err := sub.Next(ctx); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(<-sent))
	}
	return took
}
