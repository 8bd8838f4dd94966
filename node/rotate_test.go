package node

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// running is a daemon on loopback in this process, until the test ends.
func running(t *testing.T, cfg Config) *Node {
	t.Helper()
	cfg.Home, cfg.Effort, cfg.Listen = shortHome(t), votive.MinEffort, []string{"/ip4/127.0.0.1/tcp/0"}
	ctx, cancel := context.WithCancel(context.Background())
	n, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.ageEvery = time.Millisecond
	ready := make(chan struct{})
	var run sync.WaitGroup
	run.Go(func() {
		if err := n.Run(ctx, func(Ready) { close(ready) }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		run.Wait()
	})
	<-ready
	return n
}

// ages makes the peer key of a node older.
func (n *Node) ages(t *testing.T, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	if err := os.Chtimes(n.home.path("peer.key"), then, then); err != nil {
		t.Fatal(err)
	}
}

// A daemon that runs for longer than a week goes on under another peer key, and
// with everything else as it was: whoever was connected sees one peer go and
// another come, and frames walk as before, in both directions.
func TestPeerKeyIsForgottenByARunningNode(t *testing.T) {
	keeper := running(t, Config{Keeper: true})
	guest := running(t, Config{Peers: []string{keeper.on().Addrs()[0]}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, n := range []*Node{keeper, guest} {
		if _, err := n.secretary.Init(ctx, nil, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := n.secretary.JoinCircle(ctx, "here"); err != nil {
			t.Fatal(err)
		}
	}
	come, own := network{keeper}.Peers(ctx), network{guest}.Peers(ctx)
	var ids []string
	for range 3 {
		if c := <-own; c == nil || c.Peer != keeper.on().ID().String() {
			t.Fatalf("the guest meets %v, want the keeper", c)
		}
		now := guest.on().ID().String()
		if c := <-come; c == nil || c.Peer != now {
			t.Fatalf("the keeper meets %v, want %s", c, now)
		}
		for _, before := range ids {
			if now == before {
				t.Fatalf("the guest is %s again", now)
			}
		}
		ids = append(ids, now)
		walks(ctx, t, keeper, guest)
		keeper.ages(t, 30*24*time.Hour)          // a keeper's stays
		guest.ages(t, peerKeyAge+peerKeyGrace/2) // it may stay: somebody is connected
		walks(ctx, t, guest, keeper)
		if got := guest.on().ID().String(); got != now {
			t.Fatalf("the guest is %s while somebody is connected, want %s for another day", got, now)
		}
		guest.ages(t, peerKeyAge+peerKeyGrace+time.Hour)
	}
}

// Where nobody is connected who would see it, a week is enough. Nobody notices,
// unless the node does by itself.
func TestPeerKeyIsForgottenAlone(t *testing.T) {
	n := running(t, Config{})
	before := n.on().ID()
	_, taken := n.mesh.get()
	n.ages(t, peerKeyAge+time.Hour)
	select {
	case <-taken:
	case <-time.After(time.Minute):
		t.Fatal("the peer key is there after a minute, want it gone in milliseconds")
	}
	if n.on().ID() == before {
		t.Error("the node is the same peer after a week alone")
	}
}

// walks has one daemon announce something, and waits until the other knows it.
func walks(ctx context.Context, t *testing.T, from, to *Node) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes := to.almanac.Watch(ctx, 64)
	var circle votive.ID
	if err := from.almanac.View(func(v *almanac.View) error { circle = v.Circles()[0].ID; return nil }); err != nil {
		t.Fatal(err)
	}
	title, start := "Vigil", mustTime(t, "2099-06-04T20:00")
	id, err := from.secretary.Announce(ctx, secretary.Wish{Title: &title, Start: &start}, circle, "")
	if err != nil {
		t.Fatal(err)
	}
	for c := range changes {
		if c.Kind == almanac.EventChanged && c.Event == id {
			return
		}
	}
	t.Fatalf("what was announced did not come: %v", ctx.Err())
}

func mustTime(t *testing.T, s string) votive.Time {
	t.Helper()
	at, err := votive.ParseTime(s, "Asia/Hong_Kong")
	if err != nil {
		t.Fatal(err)
	}
	return at
}
