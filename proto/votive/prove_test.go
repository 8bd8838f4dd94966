package votive

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"testing"

	"filippo.io/edwards25519"
)

// verifyOne is one signature from the encoding of its key on.
func verifyOne(author ID, payload, signature []byte) error {
	c, err := newClaim(author, payload, signature)
	if err != nil {
		return err
	}
	return hold(c)
}

// verifyAmong is verifyOne among signatures that hold, with which it is verified
// together. It panics where the two differ.
func verifyAmong(author ID, payload, signature []byte) error {
	alone := verifyOne(author, payload, signature)
	c, err := newClaim(author, payload, signature)
	if err != nil {
		return alone
	}
	one := Unproven{claims: []claim{c}}
	if _, errs := Prove(said(0, together, honest), one); (errs[1] == nil) != (alone == nil) {
		panic(fmt.Sprintf("a signature alone: %v, the same together with others: %v", alone, errs[1]))
	}
	return alone
}

// said is an unproven record with so many signatures; id tells it from others.
func said(id, signatures int, sign func(payload []byte) claim) Unproven {
	u := Unproven{rec: Record{id: ID{byte(id), 1}}}
	for i := range signatures {
		u.claims = append(u.claims, sign(fmt.Append(nil, id, i)))
	}
	return u
}

func honest(payload []byte) claim {
	s := newSigner(testSecret(string(payload)))
	return claim{s.Key(), payload, s.sign(payload)}
}

func forged(payload []byte) claim {
	c := honest(payload)
	c.signature[40] ^= 1
	return c
}

// twisted is a signature whose R has a part of order 8: it holds with the
// cofactor only.
func twisted(payload []byte) claim {
	seed := testSecret("twisted")
	s := newSigner(seed)
	secret, nonce := scalarOf(seed.key[:]), scalarOf(bytes.Repeat([]byte{7}, 32))
	r := new(edwards25519.Point).Add(basePoint(nonce), torsion()).Bytes()
	author := s.Key()
	k := lawChallenge(r, author[:], payload)
	return claim{author, payload, append(r, edwards25519.NewScalar().MultiplyAdd(k, secret, nonce).Bytes()...)}
}

// SPEC 4.5: what is proven together is what is proven alone, however many there
// are, and wherever among them one does not hold.
func TestTogetherIsAsAlone(t *testing.T) {
	kinds := []struct {
		name string
		sign func([]byte) claim
		good bool
	}{{"honest", honest, true}, {"twisted", twisted, true}, {"forged", forged, false}}
	for _, one := range kinds {
		for _, n := range []int{1, 2, 3, 4, 5, 64} {
			for _, at := range []int{0, n / 2, n - 1} {
				var all []Unproven
				for i := range n {
					sign := honest
					if i == at {
						sign = one.sign
					}
					all = append(all, said(i, 1+i%3, sign))
				}
				records, errs := Prove(all...)
				for i, u := range all {
					want := i != at || one.good
					if alone := hold(u.claims...) == nil; alone != want {
						t.Fatalf("hold(%s) = %v, want %v", one.name, alone, want)
					}
					if got := errs[i] == nil; got != want {
						t.Errorf("Prove(%d of %d %s)[%d] = %v, want held: %v", at, n, one.name, i, errs[i], want)
					}
					if got := records[i].ID() == u.rec.ID(); got != want {
						t.Errorf("Prove(%d of %d %s)[%d] gives %v", at, n, one.name, i, records[i].ID())
					}
				}
			}
		}
	}
}

// What carries no signature needs none, alone and among others.
func TestProveWithoutSignatures(t *testing.T) {
	none := said(0, 0, honest)
	for _, all := range [][]Unproven{{none}, {none, said(1, 6, honest)}, {none, said(1, 6, forged)}} {
		records, errs := Prove(all...)
		if errs[0] != nil || records[0].ID() != none.rec.ID() {
			t.Errorf("Prove(%d with one without signatures)[0] = %v, %v", len(all), records[0].ID(), errs[0])
		}
	}
	if records, errs := Prove(); len(records)+len(errs) != 0 {
		t.Errorf("Prove() = %v, %v", records, errs)
	}
}

// BenchmarkProve is what verifying 64 records together costs, against doing it
// one by one with crypto/ed25519.
func BenchmarkProve(b *testing.B) {
	var all []Unproven
	for i := range 64 {
		all = append(all, said(i, 1, honest))
	}
	against(b, "64-ed25519-verify", func() {
		for _, u := range all {
			c := u.claims[0]
			ed25519.Verify(c.author[:], signingInput(c.payload), c.signature)
		}
	}, func() {
		if _, errs := Prove(all...); errs[0] != nil {
			b.Fatal(errs[0])
		}
	})
}
