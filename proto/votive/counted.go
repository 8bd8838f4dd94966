package votive

import (
	"fmt"
	"slices"

	"votive/proto/internal/wirepb"
)

// maxMarks is the number of marks that one Counted holds. SPEC 5.4.
const maxMarks = 40

// Counted is a revision and who stands behind it. Whether that is enough for
// it to count depends on its parents, and is for Fold to say. It is read only.
// SPEC 5.4.
type Counted struct {
	revision *Revision
	marks    []mark // ascending by key, distinct
}

// mark is a Signature without what its place already says.
type mark struct {
	key       ID
	signature []byte
}

func compareMarks(a, b mark) int { return a.key.Compare(b.key) }

// Revision is what was signed.
func (c *Counted) Revision() *Revision { return c.revision }

// Signers is the keys that signed it, ascending. They may be anybody's.
func (c *Counted) Signers() []ID {
	keys := make([]ID, len(c.marks))
	for i, m := range c.marks {
		keys[i] = m.key
	}
	return keys
}

// markOf is the signature of a key, or nil.
func (c *Counted) markOf(key ID) []byte {
	i, found := slices.BinarySearchFunc(c.marks, key, func(m mark, key ID) int { return m.key.Compare(key) })
	if !found {
		return nil
	}
	return c.marks[i].signature
}

func countedFrom(encoded []byte, marks []mark) (*Counted, error) {
	revision, err := revisionFrom(encoded)
	if err != nil {
		return nil, err
	}
	return &Counted{revision: revision, marks: marks}, nil
}

// marksFrom takes the marks of a Counted.
func marksFrom(list []*wirepb.Mark) ([]mark, error) {
	marks := make([]mark, len(list))
	for i, m := range list {
		key, err := idFrom("key of a mark", m.GetKey())
		if err != nil {
			return nil, err
		}
		marks[i] = mark{key: key, signature: m.GetSignature()}
	}
	return marks, nil
}

func (c *Counted) check() error {
	if c.revision == nil {
		return fmt.Errorf("counted of no revision")
	}
	if err := checkAscending("marks", c.Signers(), 1, maxMarks); err != nil {
		return err
	}
	for _, m := range c.marks {
		if len(m.signature) != 64 {
			return fmt.Errorf("mark of %d bytes, want 64", len(m.signature))
		}
	}
	return nil
}

// prove is SPEC 5.4: every mark is a signature over the revision's id.
func (c *Counted) prove(Kind, Secret) ([]claim, error) {
	claims := make([]claim, 0, len(c.marks)+len(c.revision.card.Organizers))
	payload := signaturePayload(c.revision.id)
	for _, m := range c.marks {
		one, err := newClaim(m.key, payload, m.signature)
		if err != nil {
			return nil, fmt.Errorf("mark: %w", err)
		}
		claims = append(claims, one)
	}
	return c.revision.prove(c.Signers(), claims)
}

func (c *Counted) recordID([]byte) ID { return c.revision.id }

func (c *Counted) wire() *wirepb.Body {
	w := &wirepb.Counted{Revision: c.revision.encoded}
	for _, m := range c.marks {
		w.Marks = append(w.Marks, &wirepb.Mark{Key: m.key[:], Signature: m.signature})
	}
	return &wirepb.Body{Kind: &wirepb.Body_Counted{Counted: w}}
}
