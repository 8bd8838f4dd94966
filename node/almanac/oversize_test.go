package almanac

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"votive/proto/votive"
)

// What takes the most frames that a record may take, and then gets one more mark
// in another Counted, fits into no frames any more. It must keep nothing else from
// being said anew, whoever made it.
func TestWhatFitsIntoNoFramesIsNotSaidAnew(t *testing.T) {
	a, ctx, circle, _ := circled(t)
	nonce := must[[32]byte](t)(votive.NewNonce(rand.Reader))
	signers := []votive.Signer{stranger(t), stranger(t), stranger(t)}
	slices.SortFunc(signers, func(a, b votive.Signer) int { return a.Key().Compare(b.Key()) })
	var card votive.Card
	var keys []votive.ID
	for _, s := range signers {
		keys = append(keys, s.Key())
		card.Organizers = append(card.Organizers, votive.Organizer{Key: s.Key()})
	}
	card.Title, card.Answers = "Vigil", votive.AnswersClosed
	card.Start = must[votive.Time](t)(votive.NewTime("2027-06-04T20:00:00", "Asia/Hong_Kong", 8*3600))
	genesis := must[votive.Genesis](t)(votive.NewGenesis(nonce, keys...))
	desk := votive.Desk{Event: genesis.Event()}
	first := must[*votive.Proposal](t)(votive.NewEvent(genesis, card))
	for _, s := range signers {
		desk.Signatures = append(desk.Signatures, must[*votive.Signature](t)(votive.Sign(s, first.Revision.ID())))
	}
	one, ok := desk.Assemble(first)
	if !ok {
		t.Fatal("does not count")
	}
	desk.Counted = append(desk.Counted, one)
	next := must[*votive.Proposal](t)(desk.Propose(votive.Draft{Card: card}))
	by := func(revision []byte, signers ...votive.Signer) []byte {
		bare := appendField(nil, 2, appendField(appendField(nil, 1, revision), 2,
			appendField(appendField(nil, 1, make([]byte, 32)), 2, make([]byte, 64))))
		id := must[votive.Record](t)(votive.Restore(votive.KindCircle, bare)).ID()
		c := appendField(nil, 1, revision)
		for _, s := range signers {
			sig := field(t, field(t, encoded(t, votive.KindDesk, must[*votive.Signature](t)(votive.Sign(s, id))), 1), 3)
			key := s.Key()
			c = appendField(c, 2, appendField(appendField(nil, 1, key[:]), 2, sig))
		}
		return appendField(nil, 2, c)
	}
	// A field that this version does not know is kept with the rest. SPEC 1.5.
	revision := field(t, encoded(t, votive.KindDesk, next), 3)
	const most = 8 * 3984
	large := revision
	for pad := 30_000; len(by(large, signers[:2]...)) < most-60; pad++ {
		large = appendField(slices.Clone(revision), protowire.Number(999), make([]byte, pad))
	}
	take := func(b []byte) *votive.Counted {
		c := must[votive.Record](t)(votive.Restore(votive.KindCircle, b)).Body().(*votive.Counted)
		var frames []votive.Frame
		for _, u := range must[[]votive.Unstamped](t)(votive.NewReader(votive.KindCircle, circle).Seal(c, votive.Days30, votive.MinEffort, time.Now(), rand.Reader)) {
			frames = append(frames, must[votive.Frame](t)(u.Stamp(ctx)))
		}
		if err := a.Carry(ctx, frames); err != nil {
			t.Fatal(err)
		}
		a.read(ctx, a.ring.Load(), frames...)
		return c
	}
	take(must[[]byte](t)(votive.Encode(one)))
	take(by(large, signers[:2]...))
	take(by(large, signers[2]))
	restarted(t, a)
	var letters []Letter
	if err := a.View(func(v *View) error {
		for _, c := range v.Event(genesis.Event()).State.History {
			letters = append(letters, Letter{Kind: votive.KindCircle, Secret: circle, About: votive.CircleID(circle), Body: c, Until: a.Now().Add(60 * 24 * time.Hour)})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if size := len(must[[]byte](t)(votive.Encode(letters[len(letters)-1].Body))); len(letters) != 2 || size <= most {
		t.Fatalf("%d revisions count, the last of %d bytes; want 2, more than %d bytes", len(letters), size, most)
	}
	fading := must[[]Fading](t)(a.Fading(letters, a.Now().Add(40*24*time.Hour)))
	var d Draft
	for _, f := range fading {
		d.Send = append(d.Send, f.Letter)
	}
	if err := a.Write(ctx, func(*View) (Draft, error) { return d, nil }); err != nil || len(d.Send) != 1 {
		t.Errorf("%d are to be said anew: %v, want 1 that can be", len(d.Send), err)
	}
}
