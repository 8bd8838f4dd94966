package votive

import (
	"fmt"

	"votive/proto/internal/wirepb"
)

// Record is a Body that has passed every check that can be made from its bytes
// and the secret it came under: limits, signatures, and that it counts there.
// Only Join, Prove, Compose, Restore and Kept make one, so that holding one is
// the proof.
// SPEC 4.1.
type Record struct {
	kind    Kind
	id      ID
	body    Body
	encoded []byte
}

// ID is the same for whoever reads the record, whatever frame it came in; two
// signatures on one statement give one id. SPEC 4.6.
func (r Record) ID() ID { return r.id }

// Kind is that of the secret under which the record was found.
func (r Record) Kind() Kind { return r.kind }

// Body is what the record says: a pointer to one of the types of this package
// that are bodies. It is read only.
func (r Record) Body() Body { return r.body }

// Bytes is the encoded Body, for Restore; it is read only.
func (r Record) Bytes() []byte { return r.encoded }

// Newer reports whether r counts and other does not, both being Answers to one
// reply, or both Keeps about one thing: the higher counter counts, of equal
// counters the one whose id is less. SPEC 8.4, 9.4.
func (r Record) Newer(other Record) bool {
	a, b := counterOf(r.body), counterOf(other.body)
	if a != b {
		return a > b
	}
	return r.id.Compare(other.id) < 0
}

// counterOf is the counter of what has one.
func counterOf(b Body) uint32 {
	switch b := b.(type) {
	case *Answer:
		return b.Counter
	case Keep:
		return b.counter()
	}
	return 0
}

// Body is what a record says: *Counted, *Proposal, *Signature, *Invitation,
// *Revoke, *ContactCard, *Inbox, *Details, *SealedReply, *Answer, one of the
// Keeps, or *Unknown. There are no others.
type Body interface {
	// check holds the body against the limits of the SPEC. What is read and
	// what is written goes through the same check, so that what is written
	// can be read.
	check() error
	// prove is what takes a frame's secret or arithmetic on curves: whether
	// keys are keys, and, as claims, the signatures that must hold. What was
	// kept has passed it before.
	prove(kind Kind, under Secret) ([]claim, error)
	// recordID is the id of the record, encoded being the body. SPEC 4.6.
	recordID(encoded []byte) ID
	// wire is the body as a message.
	wire() *wirepb.Body
}

// unsigned is for bodies with no signature and no id of their own.
type unsigned struct{}

func (unsigned) prove(Kind, Secret) ([]claim, error) { return nil, nil }

func (unsigned) recordID(encoded []byte) ID { return bodyID(encoded) }

func bodyID(encoded []byte) ID { return digest("votive-body-1", encoded) }

// carries is the table of SPEC 3.6: whether a body counts when found under a
// secret of that kind.
func carries(kind Kind, b Body) bool {
	switch b := b.(type) {
	case *Counted:
		return kind == KindCircle || kind == KindEvent || kind == KindDesk
	case *Inbox:
		return kind == KindCircle || kind == KindEvent
	case *Revoke:
		return kind == KindEvent
	case *Proposal, *Signature, *Details:
		return kind == KindDesk
	case *Invitation:
		return kind == KindDesk || kind == KindLink
	case *ContactCard:
		return kind == KindLink
	case *SealedReply:
		return kind == KindReply || kind == KindWalkIn
	case *Answer:
		return kind == KindAnswer
	case Keep:
		return kind == KindSelf
	case *Unknown:
		return !b.keep || kind == KindSelf
	}
	return false
}

// newRecord is the one door: it makes a record of the encoded Body that frames
// under r's secret carried. SPEC 3.6, 4.1.
func newRecord(r *Reader, whole []byte) (Record, error) {
	u, err := newUnproven(r, whole)
	if err != nil {
		return Record{}, err
	}
	return u.prove()
}

// newUnproven is newRecord up to the signatures.
func newUnproven(r *Reader, whole []byte) (Unproven, error) {
	rec, err := Restore(r.Kind(), whole)
	if err != nil {
		return Unproven{}, err
	}
	claims, err := rec.body.prove(r.Kind(), r.Secret())
	if err != nil {
		return Unproven{}, err
	}
	return Unproven{rec, claims}, nil
}

// Restore makes a record again of the Bytes of one that was kept where nobody
// else could write. It makes all checks but those of signatures and keys.
func Restore(kind Kind, b []byte) (Record, error) {
	body, err := decodeBody(b)
	if err != nil {
		return Record{}, err
	}
	if !carries(kind, body) {
		return Record{}, fmt.Errorf("%T found under a secret of %v does not count", body, kind)
	}
	return Record{kind: kind, id: body.recordID(b), body: body, encoded: b}, nil
}

// Kept makes a record of something said to oneself, for the own disk. It is
// the only way to write KeepInbox and KeepLink, which never travel. SPEC 9.4.
func Kept(k Keep) (Record, error) {
	b, err := encodeBody(k)
	if err != nil {
		return Record{}, err
	}
	return Restore(KindSelf, b)
}

// encodeBody is the body as frames carry it.
func encodeBody(b Body) ([]byte, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	switch b := b.(type) {
	case *Unknown:
		return b.encoded, nil
	case Keep:
		return encodeKeep(b.wire().GetKeep())
	}
	return marshal(b.wire())
}

// Encode is the Bytes of the record that b is, or would be; it says nothing of
// whether signatures hold. It refuses what is over a limit.
func Encode(b Body) ([]byte, error) { return encodeBody(b) }

// decodeBody is encodeBody the other way round; b is kept, not copied.
func decodeBody(b []byte) (Body, error) {
	body, err := readBody(b)
	if err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	return body, nil
}

func readBody(b []byte) (Body, error) {
	if revision, marks, ok := plainCounted(b); ok {
		return countedFrom(revision, marks)
	}
	var w wirepb.Body
	if err := unmarshal("body", b, &w); err != nil {
		return nil, err
	}
	return bodyFrom(&w, b)
}

func bodyFrom(w *wirepb.Body, encoded []byte) (Body, error) {
	switch w := w.GetKind().(type) {
	case *wirepb.Body_Signed:
		return statementFrom(w.Signed, encoded)
	case *wirepb.Body_Counted:
		marks, err := marksFrom(w.Counted.GetMarks())
		if err != nil {
			return nil, err
		}
		return countedFrom(w.Counted.GetRevision(), marks)
	case *wirepb.Body_Proposal:
		return proposalFrom(w.Proposal)
	case *wirepb.Body_Inbox:
		return inboxFrom(w.Inbox)
	case *wirepb.Body_Details:
		return detailsFrom(w.Details)
	case *wirepb.Body_Reply:
		return sealedReplyFrom(w.Reply)
	case *wirepb.Body_Answer:
		return answerFrom(w.Answer)
	case *wirepb.Body_Keep:
		return keepFrom(w.Keep, encoded)
	}
	return &Unknown{encoded: encoded}, nil
}

// Unknown is a body, statement or keep of a later kind: kept and ignored.
// SPEC 1.7.
type Unknown struct {
	encoded []byte
	keep    bool    // it came as a Keep
	signed  *signed // it came as a Signed, and has to hold like any other
}

func (u *Unknown) check() error {
	if len(u.encoded) == 0 {
		return fmt.Errorf("body of 0 bytes")
	}
	return nil
}

func (u *Unknown) prove(kind Kind, under Secret) ([]claim, error) {
	if u.signed == nil {
		return nil, nil
	}
	return u.signed.prove(kind, under)
}

func (u *Unknown) recordID(encoded []byte) ID {
	if u.signed == nil {
		return bodyID(encoded)
	}
	return u.signed.recordID(encoded)
}

// wire is not asked: encodeBody gives the bytes back as they came.
func (u *Unknown) wire() *wirepb.Body { return nil }
