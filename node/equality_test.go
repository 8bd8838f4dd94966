package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/mesh"
	"votive/proto/votive"
)

// frameCase is one class of frame, good or bad.
type frameCase struct {
	why   string
	frame []byte
	want  mesh.Verdict
}

// TestForwardingIsEqual: a member, a member whose vault is locked, and a node
// that knows nothing reach the same verdict on every class of frame, and store
// and offer the same frames. SPEC 2.5, 2.6, 2.7.
func TestForwardingIsEqual(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	names := []string{"member", "locked member", "stranger"}
	nodes := make([]*Node, len(names))
	for i := range nodes {
		n, err := Open(ctx, Config{Home: t.TempDir(), Effort: votive.MinEffort, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
		if err != nil {
			t.Fatalf("Open = %v", err)
		}
		nodes[i] = n
	}
	circle, err := votive.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes[:2] {
		joined(t, ctx, n, circle)
	}
	if err := nodes[1].almanac.Lock(); err != nil {
		t.Fatalf("Lock = %v", err)
	}
	cases := frameCases(t, circle)
	verdicts := make([][]mesh.Verdict, len(nodes))
	for i, n := range nodes {
		// Nothing runs yet: whatever is decided is decided before anybody
		// could have tried a secret on it.
		for _, c := range cases {
			verdicts[i] = append(verdicts[i], n.courier.Judge("somebody", c.frame))
		}
		ready := make(chan struct{})
		running.Go(func() {
			if err := n.Run(ctx, func(Ready) { close(ready) }); err != nil {
				t.Errorf("Run = %v", err)
			}
		})
		<-ready
	}
	for i, c := range cases {
		for j, name := range names {
			if got := verdicts[j][i]; got != c.want {
				t.Errorf("%s: verdict of the %s = %v, want %v", c.why, name, got, c.want)
			}
		}
	}
	accepted := 0
	for _, c := range cases {
		if c.want == mesh.Accept {
			accepted++
		}
	}
	for i, n := range nodes {
		for rings := n.almanac.Frames(ctx); n.store.Len() < accepted; {
			<-rings
		}
		if got, want := n.store.Snapshot(), nodes[0].store.Snapshot(); got.Fingerprint() != want.Fingerprint() || n.store.Len() != accepted {
			t.Errorf("the %s offers %d frames, the member %d, want the same %d", names[i], n.store.Len(), nodes[0].store.Len(), accepted)
		}
		// Once they are there, every one is a duplicate for everybody.
		for _, c := range cases {
			if got := n.courier.Judge("somebody", c.frame); c.want == mesh.Accept && got != mesh.Ignore {
				t.Errorf("%s, again: verdict of the %s = %v, want Ignore", c.why, names[i], got)
			}
		}
	}
	if err := nodes[0].almanac.View(func(v *almanac.View) error {
		if v.Events() != 1 {
			t.Errorf("the member knows %d events, want 1: this test would else compare strangers", v.Events())
		}
		return nil
	}); err != nil {
		t.Errorf("View = %v", err)
	}
}

// joined puts somebody into a circle.
func joined(t *testing.T, ctx context.Context, n *Node, circle votive.Secret) {
	t.Helper()
	if _, err := n.secretary.Init(ctx, []byte("passphrase"), nil); err != nil {
		t.Fatalf("Init = %v", err)
	}
	err := n.almanac.Write(ctx, func(*almanac.View) (almanac.Draft, error) {
		return almanac.Draft{Keep: []votive.Keep{&votive.KeepCircle{Secret: circle, Name: "here", Counter: 1}}}, nil
	})
	if err != nil {
		t.Fatalf("Write = %v", err)
	}
}

// frameCases is every class of frame, those that a member can read among them.
func frameCases(t *testing.T, circle votive.Secret) []frameCase {
	t.Helper()
	stranger, err := votive.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	seal := func(kind votive.Kind, s votive.Secret, b votive.Body, at time.Time) []byte {
		u, err := votive.NewReader(kind, s).Seal(b, votive.Days8, votive.MinEffort, at, rand.Reader)
		if err != nil {
			t.Fatalf("Seal = %v", err)
		}
		f, err := u[0].Stamp(t.Context())
		if err != nil {
			t.Fatalf("Stamp = %v", err)
		}
		return f.Bytes()
	}
	vigil := event(t, 1)
	ours := seal(votive.KindCircle, circle, vigil, now)
	cases := []frameCase{
		{"readable", ours, mesh.Accept},
		{"of strangers", seal(votive.KindCircle, stranger, vigil, now), mesh.Accept},
		{"readable, and of no kind that counts there", seal(votive.KindSelf, circle, &votive.KeepCircle{Secret: stranger}, now), mesh.Accept},
		{"readable, dead for 40 hours", seal(votive.KindCircle, circle, vigil, now.AddDate(0, 0, -9)), mesh.Accept},
		{"readable, dead for long", seal(votive.KindCircle, circle, vigil, now.AddDate(0, 0, -12)), mesh.Ignore},
		{"of strangers, dead for long", seal(votive.KindCircle, stranger, vigil, now.AddDate(0, 0, -12)), mesh.Ignore},
		{"readable, too far ahead", seal(votive.KindCircle, circle, vigil, now.AddDate(0, 0, 4)), mesh.Ignore},
		{"of strangers, too far ahead", seal(votive.KindCircle, stranger, vigil, now.AddDate(0, 0, 4)), mesh.Ignore},
		{"one byte short", ours[:len(ours)-1], mesh.Reject},
		{"one byte long", append(slices.Clone(ours), 0), mesh.Reject},
		{"empty", nil, mesh.Reject},
	}
	for _, c := range []struct {
		why  string
		at   int
		flip byte
	}{
		{"readable, version 0", 0, 1},
		{"readable, effort 15", 1, votive.MinEffort ^ 15},
		{"readable, class 3", 2, 0xc0},
		{"readable, its tag altered", 40, 1},
		{"readable, its text altered", 2000, 1},
	} {
		b := slices.Clone(ours)
		b[c.at] ^= c.flip
		cases = append(cases, frameCase{c.why, b, mesh.Reject})
	}
	bad := slices.Clone(ours)
	for bad[votive.FrameSize-1]++; ; bad[votive.FrameSize-1]++ {
		if _, err := votive.ParseFrame(bad); err != nil {
			break
		}
	}
	if bytes.Equal(bad, ours) {
		t.Fatal("every stamp holds")
	}
	return append(cases, frameCase{"readable, its stamp does not hold", bad, mesh.Reject})
}
