package votive

import (
	"crypto/ed25519"
	"fmt"

	"github.com/hdevalence/ed25519consensus"
)

// claim is that somebody signed an encoded Statement.
type claim struct {
	author             ID
	payload, signature []byte
}

// newClaim checks what can be seen before the signature is verified. SPEC 4.4.
func newClaim(author ID, payload, signature []byte) (claim, error) {
	if err := checkEncoding(author); err != nil {
		return claim{}, err
	}
	if len(signature) != ed25519.SignatureSize {
		return claim{}, fmt.Errorf("signature of %d bytes, want %d", len(signature), ed25519.SignatureSize)
	}
	return claim{author, payload, signature}, nil
}

// hold says whether the signatures do. The author's key is decoded on the way,
// and refused where it is no point. SPEC 4.5.
func hold(claims ...claim) error {
	for _, c := range claims {
		if !ed25519consensus.Verify(c.author[:], signingInput(c.payload), c.signature) {
			return fmt.Errorf("signature by %v does not hold", c.author)
		}
	}
	return nil
}

// Unproven is a record whose signatures have not been verified. It is nothing
// but an argument of [Prove].
type Unproven struct {
	rec    Record
	claims []claim
}

// prove verifies its signatures, one by one.
func (u Unproven) prove() (Record, error) {
	if err := hold(u.claims...); err != nil {
		return Record{}, err
	}
	return u.rec, nil
}

const (
	together = 4  // from so many signatures on it costs less to verify them at once
	atOnce   = 64 // and from so many on it costs no less; each takes 4 KiB
)

// Prove verifies the signatures of records, many at once, which costs about half
// as much, and one by one where that does not hold. For each record it gives it,
// or the zero Record and why not. SPEC 4.5.
func Prove(all ...Unproven) ([]Record, []error) {
	records, errs := make([]Record, 0, len(all)), make([]error, len(all))
	for from := 0; from < len(all); from = len(records) {
		some, n := all[from:], 0
		for i, u := range some {
			if n += len(u.claims); n > atOnce && i > 0 {
				some, n = some[:i], n-len(u.claims)
				break
			}
		}
		good := holdTogether(some, n)
		for i, u := range some {
			rec := u.rec
			if !good {
				rec, errs[from+i] = u.prove()
			}
			records = append(records, rec)
		}
	}
	return records, errs
}

// holdTogether says that all signatures hold, which are n. If it does not, some
// may.
func holdTogether(all []Unproven, n int) bool {
	if n < together || n > atOnce {
		return false
	}
	batch := ed25519consensus.NewPreallocatedBatchVerifier(n)
	for _, u := range all {
		for _, c := range u.claims {
			batch.Add(c.author[:], signingInput(c.payload), c.signature)
		}
	}
	return batch.Verify()
}
