package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/x/simlibp2p"
	"github.com/marcopolo/simnet"
	"golang.org/x/sync/errgroup"

	"votive/node/almanac"
	"votive/node/courier"
	"votive/node/mesh"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// simulated is a network on which nothing is real but the nodes, inside a
// synctest bubble.
type simulated struct {
	t   *testing.T
	net *simnet.Simnet
	now func() time.Time
	n   int
}

// plan is how a simulated node differs from others.
type plan struct {
	budget mesh.Budget
	quota  int
	vault  vfs.FS // the disk of its vault; nil: one in memory
	nobody bool   // it has no vault
}

// inSimulation runs f on a network with 10 ms between any two hosts, from noon on.
func inSimulation(t *testing.T, f func(w *simulated)) {
	synctest.Test(t, func(t *testing.T) {
		ahead := time.Until(time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC))
		w := &simulated{
			t:   t,
			net: &simnet.Simnet{LatencyFunc: simnet.StaticLatency(10 * time.Millisecond), Logger: slog.New(slog.DiscardHandler)},
			now: func() time.Time { return time.Now().Add(ahead) },
		}
		w.net.Start()
		t.Cleanup(w.net.Close)
		f(w)
	})
}

// settle lets the simulated world go on for a while.
func settle(d time.Duration) {
	time.Sleep(d) // simulated time
	synctest.Wait()
}

// mesh makes a host that judges with verdict; it does not run yet.
func (w *simulated) mesh(budget mesh.Budget, verdict func(mesh.PeerID, []byte) mesh.Verdict) *mesh.Mesh {
	w.t.Helper()
	line := simnet.LinkSettings{BitsPerSecond: 100 * simlibp2p.OneMbps}
	m, err := mesh.Open(mesh.Config{
		Listen:  []string{fmt.Sprintf("/ip4/%s/udp/8000/quic-v1", simnet.IntToPublicIPv4(w.n))},
		Options: []libp2p.Option{simlibp2p.QUICSimnet(w.net, simnet.NodeBiDiLinkSettings{Uplink: line, Downlink: line})},
		NoProbe: true, Budget: budget,
		Topic: votive.Topic, FrameSize: votive.FrameSize,
		FrameID: func(b []byte) string { id := votive.FrameID(b); return string(id[:]) },
		Verdict: verdict,
	})
	if err != nil {
		w.t.Fatalf("mesh.Open = %v", err)
	}
	w.n++
	return m
}

// run runs parts of a node until the test ends, and then closes others.
func (w *simulated) run(parts []func(context.Context) error, closes ...func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	g, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		g.Go(func() error { return part(ctx) })
	}
	w.t.Cleanup(func() {
		cancel()
		err := g.Wait()
		for _, end := range closes {
			err = errors.Join(err, end())
		}
		if err != nil {
			w.t.Errorf("Run = %v", err)
		}
	})
}

// build makes a node that is whole but for the API and the web, with its disks
// in memory. It does not run yet.
func (w *simulated) build(p plan) *Node {
	t := w.t
	t.Helper()
	n := new(Node)
	fs, log := vfs.NewMem(), slog.New(slog.DiscardHandler)
	if p.vault == nil {
		p.vault = fs
	}
	check := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s = %v", what, err)
		}
	}
	var err error
	n.store, err = store.Open("store", store.Options{FS: fs, Now: w.now, Quota: p.quota})
	check("store.Open", err)
	n.vault, err = vault.Open("vault", vault.Options{FS: p.vault, Cost: vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}})
	check("vault.Open", err)
	n.almanac, err = almanac.Open(t.Context(), almanac.Options{
		Store: n.store, Vault: n.vault, Effort: votive.MinEffort, Now: w.now, Log: log,
	})
	check("almanac.Open", err)
	n.courier, err = courier.Open(courier.Config{Store: n.store, Almanac: n.almanac, Now: w.now})
	check("courier.Open", err)
	n.mesh.set(w.mesh(p.budget, n.courier.Judge))
	n.secretary = secretary.New(n.almanac, secretary.Options{Log: log})
	return n
}

// start runs a node until the test ends.
func (w *simulated) start(n *Node) {
	w.run([]func(context.Context) error{
		n.almanac.Run, n.vault.Run, n.secretary.Run, n.on().Run,
		func(ctx context.Context) error { return n.courier.Run(ctx, n.on()) },
	}, n.vault.Close, n.store.Close)
}

// open runs a node with somebody new as its owner.
func (w *simulated) open(p plan) *Node {
	w.t.Helper()
	n := w.build(p)
	if !p.nobody {
		if _, err := n.secretary.Init(w.t.Context(), nil, nil); err != nil {
			w.t.Fatalf("Init = %v", err)
		}
	}
	w.start(n)
	return n
}

// dial connects two hosts.
func (w *simulated) dial(from, to *mesh.Mesh) {
	w.t.Helper()
	if err := from.Dial(w.t.Context(), to.Addrs()[0]); err != nil {
		w.t.Fatalf("Dial = %v", err)
	}
}

// listed is the titles of all events that a node knows.
func (n *Node) listed(t *testing.T) map[string]bool {
	t.Helper()
	titles := make(map[string]bool)
	err := n.almanac.View(func(v *almanac.View) error {
		for e := range v.All() {
			if e.Known {
				titles[e.State.Card.Title] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View = %v", err)
	}
	return titles
}

// A burst of announcements by one node reaches another, to the last event: what
// its link may bring at once by gossip, and the rest by catch-up.
func TestSimBurst(t *testing.T) {
	events := 1000
	if testing.Short() {
		events = 50
	}
	inSimulation(t, func(w *simulated) {
		t := w.t
		// The budget of the receiver is smaller for its size than the burst is, so
		// that gossip is not enough.
		host, guest := w.open(plan{}), w.open(plan{budget: mesh.Budget{Rate: 1, Burst: events / 5}})
		circle, err := host.secretary.NewCircle(t.Context(), "here")
		if err != nil {
			t.Fatalf("NewCircle = %v", err)
		}
		var secret votive.Secret
		_ = host.almanac.View(func(v *almanac.View) error { secret = v.Circle(circle).Secret; return nil })
		err = guest.almanac.Write(t.Context(), func(*almanac.View) (almanac.Draft, error) {
			return almanac.Draft{Keep: []votive.Keep{&votive.KeepCircle{Secret: secret, Name: "here", Counter: 1}}}, nil
		})
		if err != nil {
			t.Fatalf("Write = %v", err)
		}
		w.dial(guest.on(), host.on())
		settle(3 * time.Second) // they are linked

		start, err := votive.ParseTime("2027-03-03T20:00", "Asia/Hong_Kong")
		if err != nil {
			t.Fatal(err)
		}
		closed := votive.AnswersClosed
		for i := range events {
			title := fmt.Sprintf("Vigil %d", i)
			if _, err := host.secretary.Announce(t.Context(), secretary.Wish{Title: &title, Start: &start, Answers: &closed}, circle, ""); err != nil {
				t.Fatalf("Announce = %v", err)
			}
		}
		began := time.Now()
		for len(guest.listed(t)) < events && time.Since(began) < 10*time.Minute {
			settle(time.Second)
		}
		took := time.Since(began)
		got := guest.listed(t)
		for i := range events {
			if title := fmt.Sprintf("Vigil %d", i); !got[title] {
				t.Errorf("%s is not known at the other end", title)
			}
		}
		settle(5 * time.Minute) // the last of what belongs to them
		if host.almanac.Waiting() > 0 || guest.store.Snapshot().Fingerprint() != host.store.Snapshot().Fingerprint() {
			t.Errorf("%d frames wait, one has %d frames and the other %d, want none and the same",
				host.almanac.Waiting(), host.store.Len(), guest.store.Len())
		}
		s := guest.courier.Status()
		t.Logf("%d events, all known %v after the last was announced; %d frames, %d of them by catch-up, %d missed",
			events, took, guest.store.Len(), s.Fetched, s.Missed)
		if s.Missed == 0 || s.Fetched == 0 || int(s.Fetched) >= guest.store.Len() {
			t.Errorf("%d frames missed and %d of %d by catch-up, want some of each: gossip and catch-up", s.Missed, s.Fetched, guest.store.Len())
		}
	})
}
