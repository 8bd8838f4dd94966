package node

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"votive/node/api"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// idle is a daemon that does not run.
func idle(t *testing.T, cfg Config) *Node {
	t.Helper()
	cfg.Home, cfg.Listen = shortHome(t), []string{"/ip4/127.0.0.1/tcp/0"}
	n, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Open = %v", err)
	}
	t.Cleanup(func() {
		if err := n.close(); err != nil {
			t.Errorf("close = %v", err)
		}
	})
	return n
}

// SPEC 12.1, 12.2: all are found under one key, which is that of the day and of
// nothing else; and what the daemon was told of peers, and remembers of them,
// the mesh gets. On loopback the DHT would not show it: it calls no address there.
func TestMeshIsToldOfPeers(t *testing.T) {
	const bootstrap = "/ip4/1.2.3.4/udp/4001/quic-v1/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo"
	a, b := idle(t, Config{}), idle(t, Config{Keeper: true, Bootstrap: []string{bootstrap}})
	if _, err := a.secretary.Init(t.Context(), nil, nil); err != nil {
		t.Fatalf("Init = %v", err)
	}
	if _, err := a.secretary.JoinCircle(t.Context(), "june4"); err != nil {
		t.Fatalf("JoinCircle = %v", err)
	}
	for at := time.Now(); at.Before(time.Now().AddDate(0, 0, 3)); at = at.Add(24 * time.Hour) {
		want := votive.Rendezvous(votive.DayOf(at))
		for _, n := range []*Node{a, b} {
			if got := n.meshConfig().Rendezvous(at); !slices.Equal(got, want[:]) {
				t.Errorf("rendezvous %x, want %x of the day, for everybody", got, want)
			}
		}
	}
	if err := b.home.savePeers([]string{bootstrap}); err != nil {
		t.Fatal(err)
	}
	if cfg := b.meshConfig(); !slices.Equal(cfg.Bootstrap, []string{bootstrap}) || !slices.Equal(cfg.Cached, []string{bootstrap}) {
		t.Errorf("begins with %v, remembers %v, want %s for both", cfg.Bootstrap, cfg.Cached, bootstrap)
	}
}

// The floor of a store that is full, what the day has cost, and what waits to be
// published are in the status.
func TestStatusShowsWhatIsFull(t *testing.T) {
	const quota = 256
	n := idle(t, Config{Quota: quota})
	status := func() *localpb.StatusResponse {
		t.Helper()
		st, err := (&api.API{Options: api.Options{Almanac: n.almanac, Network: network{n}}}).Status(t.Context(), nil)
		if err != nil {
			t.Fatalf("Status = %v", err)
		}
		return st
	}
	put := func(frames int, life votive.Lifetime) {
		t.Helper()
		for range frames {
			s, err := votive.NewSecret(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			u, err := votive.NewReader(votive.KindSelf, s).Seal(&votive.KeepCircle{Secret: s}, life, votive.MinEffort, time.Now(), rand.Reader)
			if err != nil {
				t.Fatalf("Seal = %v", err)
			}
			f, err := u[0].Stamp(t.Context())
			if err != nil {
				t.Fatalf("Stamp = %v", err)
			}
			if err := n.almanac.Carry(t.Context(), []votive.Frame{f}); err != nil {
				t.Fatalf("Carry = %v", err)
			}
		}
	}
	if _, err := n.secretary.Init(t.Context(), nil, nil); err != nil {
		t.Fatalf("Init = %v", err)
	}
	if _, err := n.secretary.NewCircle(t.Context(), "friends"); err != nil {
		t.Fatalf("NewCircle = %v", err)
	}
	if got, want := int(status().GetWaiting()), n.almanac.Waiting(); got != want || want == 0 {
		t.Errorf("the status has %d frames that wait, want %d", got, want)
	}
	put(quota, votive.Days120)
	if st := status(); st.GetFrames() != quota || st.GetFloor() != nil || st.GetIntake() != nil {
		t.Errorf("%d frames, floor %v, intake %v, want %d and neither", st.GetFrames(), st.GetFloor(), st.GetIntake(), quota)
	}
	put(1, votive.Days8)
	floor := n.store.Floor()
	st := status()
	if got := st.GetFloor(); uint8(got.GetRank()) != floor.Rank || got.GetExpiry() != floor.Expiry.Time().Format(time.DateOnly) {
		t.Errorf("the status has floor %v, want %v", got, floor)
	}
	if evicted, most := n.store.Intake(); int(st.GetIntake().GetToday()) != evicted || int(st.GetIntake().GetMost()) != most || most == 0 {
		t.Errorf("the status has intake %v, want %d of %d", st.GetIntake(), evicted, most)
	}
}
