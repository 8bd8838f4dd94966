package almanac

import (
	"testing"
	"time"

	"votive/proto/votive"
)

// What is said is not said anew: not while it waits, not after it was published,
// and not after a restart. A record of two frames is said while both are here.
func TestFadingIsWhatNoFramesSay(t *testing.T) {
	a, ctx, secret, _ := circled(t)
	_, c := longEvent(t, "Vigil")
	letter := Letter{
		Kind: votive.KindCircle, Secret: secret, About: votive.CircleID(secret), Class: Said,
		Body: c, Until: a.Now().Add(20 * 24 * time.Hour),
	}
	gone := func() bool { t.Helper(); return isGone(t, a, letter) }
	if !gone() {
		t.Error("what was never said is said")
	}
	if err := a.Write(ctx, func(*View) (Draft, error) { return Draft{Send: []Letter{letter}}, nil }); err != nil {
		t.Fatal(err)
	}
	a.forgetFrames()
	if gone() {
		t.Error("what waits in the outbox is gone")
	}
	out, err := a.Outgoing(ctx)
	if err != nil || len(out) != 2 {
		t.Fatalf("Outgoing = %d frames, %v, want 2", len(out), err)
	}
	for i := range out {
		out[i].Stamped = must[votive.Frame](t)(out[i].Frame.Stamp(ctx))
	}
	carry := func(o Outgoing) {
		t.Helper()
		if err := a.Carry(ctx, []votive.Frame{o.Stamped}); err != nil {
			t.Fatal(err)
		}
		if err := a.Sent(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	carry(out[0])
	if gone() {
		t.Error("what is half published, and half in the outbox, is gone")
	}
	if err := a.Sent(ctx, out[1]); err != nil {
		t.Fatal(err)
	}
	if !gone() {
		t.Error("with one frame of two it is said")
	}
	carry(out[1])
	if gone() {
		t.Error("what was published is gone")
	}
	a.read(ctx, a.ring.Load(), out[0].Stamped, out[1].Stamped)
	if gone() {
		t.Error("what was published and came back is gone")
	}
	restarted(t, a)
	if gone() {
		t.Error("what was published is gone after a restart")
	}
}
