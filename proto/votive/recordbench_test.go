package votive

import (
	"crypto/ed25519"
	"testing"
)

// BenchmarkOpenCounted is what it costs to take in an announcement of one
// organizer, and to load it again at start, against the one signature in it:
// the rest is to cost no more than that.
func BenchmarkOpenCounted(b *testing.B) {
	signer := eventKey(b, "ana")
	g, err := NewGenesis([32]byte{7}, signer.Key())
	if err != nil {
		b.Fatal(err)
	}
	card := fakeCard("六四燭光晚會", signer.Key())
	card.Text, card.City, card.Language = times(400), "Hong Kong", "zh-HK"
	p, err := NewEvent(g, card)
	if err != nil {
		b.Fatal(err)
	}
	sig, err := Sign(signer, p.Revision.ID())
	if err != nil {
		b.Fatal(err)
	}
	d := Desk{Event: g.Event(), Signatures: []*Signature{sig}}
	c, ok := d.Assemble(p)
	if !ok {
		b.Fatal("Assemble = false, want true")
	}
	whole, err := encodeBody(c)
	if err != nil {
		b.Fatal(err)
	}
	r := NewReader(KindCircle, testSecret("circle"))
	key, input := signer.Key(), signingInput(sig.payload)
	verify := func() {
		if !ed25519.Verify(key[:], input, sig.signature) {
			b.Fatal("signature does not hold")
		}
	}
	b.Run("open", func(b *testing.B) {
		against(b, "ed25519-verify", verify, func() {
			if _, err := newRecord(r, whole); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("restore", func(b *testing.B) {
		against(b, "ed25519-verify", verify, func() {
			if _, err := Restore(KindCircle, whole); err != nil {
				b.Fatal(err)
			}
		})
	})
}
