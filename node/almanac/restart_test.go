package almanac

import (
	"crypto/rand"
	"testing"
	"time"

	"votive/proto/votive"
)

// restarted is as after a restart: what is known is what is on disk.
func restarted(t *testing.T, a *Almanac) {
	t.Helper()
	if err := a.Vault.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := a.Unlock(t.Context(), []byte("passphrase")); err != nil {
		t.Fatal(err)
	}
	a.scan(t.Context(), a.ring.Load())
}

// isGone reports whether no frame says a letter.
func isGone(t *testing.T, a *Almanac, l Letter) bool {
	t.Helper()
	fading, err := a.Fading([]Letter{l}, a.Now().Add(48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if len(fading) > 0 && !fading[0].Gone {
		t.Fatalf("Fading = %v, want nothing or that it is gone", fading)
	}
	return len(fading) > 0
}

// staysSaid wants some frame to say a letter after restarts as well.
func staysSaid(t *testing.T, a *Almanac, l Letter) {
	t.Helper()
	for range 2 {
		restarted(t, a)
		a.forgetFrames()
		if isGone(t, a, l) {
			t.Fatal("what is said is gone after a restart")
		}
	}
}

// What one says under a secret that one does not watch oneself, such as an answer
// or what is behind a link, is not said anew after each restart. SPEC 2.13, 8.9.
func TestFadingKnowsAfterARestartWhatIsNotWatched(t *testing.T) {
	a, ctx, _, _ := circled(t)
	event, _ := longEvent(t, "Vigil")
	secret := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
	reply := votive.Reply{Event: event, Secret: secret}
	letter := Letter{
		Kind: votive.KindAnswer, Secret: secret, About: event,
		Body:  &votive.Answer{Event: event, Reply: reply.ID(), Counter: 1, Heard: 1, Admission: votive.In},
		Until: a.Now().Add(20 * 24 * time.Hour),
	}
	if err := a.Write(ctx, func(*View) (Draft, error) { return Draft{Send: []Letter{letter}}, nil }); err != nil {
		t.Fatal(err)
	}
	restarted(t, a)
	for _, o := range must[[]Outgoing](t)(a.Outgoing(ctx)) {
		o.Stamped = must[votive.Frame](t)(o.Frame.Stamp(ctx))
		if err := a.Carry(ctx, []votive.Frame{o.Stamped}); err != nil {
			t.Fatal(err)
		}
		if err := a.Sent(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	if isGone(t, a, letter) {
		t.Fatal("what was published is gone")
	}
	staysSaid(t, a, letter)
}

// A record of others that came in two frames is said after a restart as well.
func TestFadingKnowsAfterARestartWhatCameInTwoFrames(t *testing.T) {
	a, ctx, secret, _ := circled(t)
	_, c := longEvent(t, "Vigil")
	letter := Letter{Kind: votive.KindCircle, Secret: secret, About: votive.CircleID(secret), Body: c, Until: a.Now().Add(20 * 24 * time.Hour)}
	var frames []votive.Frame
	for _, u := range must[[]votive.Unstamped](t)(votive.NewReader(votive.KindCircle, secret).Seal(c, votive.Days30, votive.MinEffort, time.Now(), rand.Reader)) {
		frames = append(frames, must[votive.Frame](t)(u.Stamp(ctx)))
	}
	if err := a.Carry(ctx, frames); err != nil {
		t.Fatal(err)
	}
	a.read(ctx, a.ring.Load(), frames...)
	if isGone(t, a, letter) {
		t.Fatal("what came is gone")
	}
	staysSaid(t, a, letter)
}
