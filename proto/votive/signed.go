package votive

import (
	"bytes"
	"fmt"

	"votive/proto/internal/wirepb"
)

// maxStatement is the size of an encoded Statement. SPEC 4.3.
const maxStatement = 8192

// signed is a statement with its author and signature, as the bytes that were
// signed. SPEC 4.2.
type signed struct {
	author    ID
	payload   []byte
	signature []byte
}

// newSigned signs a statement.
func newSigned(s Signer, w *wirepb.Statement) (*signed, error) {
	payload, err := marshal(w)
	if err != nil {
		return nil, err
	}
	return &signed{author: s.Key(), payload: payload, signature: s.sign(payload)}, nil
}

func signedFrom(w *wirepb.Signed) (*signed, error) {
	author, err := idFrom("author", w.GetAuthor())
	if err != nil {
		return nil, err
	}
	s := &signed{author: author, payload: w.GetPayload(), signature: w.GetSignature()}
	if n := len(s.payload); n == 0 || n > maxStatement {
		return nil, fmt.Errorf("statement of %d bytes, want 1 to %d", n, maxStatement)
	}
	if n := len(s.signature); n != 64 {
		return nil, fmt.Errorf("signature of %d bytes, want 64", n)
	}
	return s, nil
}

// statementFrom reads a Signed, encoded being the body around it.
func statementFrom(w *wirepb.Signed, encoded []byte) (Body, error) {
	s, err := signedFrom(w)
	if err != nil {
		return nil, err
	}
	var st wirepb.Statement
	if err := unmarshal("statement", s.payload, &st); err != nil {
		return nil, err
	}
	switch st := st.GetKind().(type) {
	case *wirepb.Statement_Signature:
		return signatureFrom(s, st.Signature)
	case *wirepb.Statement_Invitation:
		return invitationFrom(s, st.Invitation)
	case *wirepb.Statement_Revoke:
		return revokeFrom(s, st.Revoke)
	case *wirepb.Statement_Contact:
		return contactCardFrom(s, st.Contact)
	case *wirepb.Statement_Attest:
		return nil, fmt.Errorf("an attest by itself does not count, only in a revision")
	}
	return &Unknown{encoded: encoded, signed: s}, nil
}

// check refuses a statement that nobody signed: one that was put together by
// hand and not by the constructor of its type.
func (s *signed) check() error {
	if s == nil {
		return fmt.Errorf("statement that nobody signed")
	}
	return nil
}

// prove claims the signature (SPEC 4.4, 4.5), and refuses a record that a link
// leads to and does not name (SPEC 7.4).
func (s *signed) prove(kind Kind, under Secret) ([]claim, error) {
	if kind == KindLink && !s.link().Equal(under) {
		return nil, fmt.Errorf("record is not the one that the link names")
	}
	c, err := newClaim(s.author, s.payload, s.signature)
	if err != nil {
		return nil, err
	}
	return []claim{c}, nil
}

// recordID leaves the signature out. SPEC 4.6.
func (s *signed) recordID([]byte) ID {
	return digest("votive-record-1", s.author[:], s.payload)
}

// link is the secret under which the record travels behind a link. SPEC 7.4.
func (s *signed) link() Secret {
	return Secret{key: digest("votive-link-1", s.author[:], s.payload)}
}

func (s *signed) message() *wirepb.Signed {
	return &wirepb.Signed{Author: s.author[:], Payload: s.payload, Signature: s.signature}
}

func (s *signed) wire() *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Signed{Signed: s.message()}}
}

// Signature says that an organizer stands behind a revision. It travels on the
// desk; to everybody else as a mark in a Counted. SPEC 5.4.
type Signature struct {
	Author   ID // an event key
	Revision ID

	*signed
}

// Sign puts the holder of an event key behind a revision. What an honest node
// signs is for Desk.MaySign to say, and the signature must be on disk before
// it leaves. SPEC 5.13.
func Sign(s Signer, revision ID) (*Signature, error) {
	signed, err := newSigned(s, signatureStatement(revision))
	if err != nil {
		return nil, err
	}
	return &Signature{Author: signed.author, Revision: revision, signed: signed}, nil
}

func signatureStatement(revision ID) *wirepb.Statement {
	return &wirepb.Statement{Kind: &wirepb.Statement_Signature{
		Signature: &wirepb.Signature{Revision: revision[:]},
	}}
}

// signaturePayload is the signatureStatement encoded: what every mark is a
// signature over. It is of one form, and so its beginning is always the same:
// field 1 with 34 bytes, a Signature, and in it field 1 with 32. SPEC 5.4.
func signaturePayload(revision ID) []byte {
	return append([]byte{0x0a, 34, 0x0a, 32}, revision[:]...)
}

// signatureFrom reads a Signature in the one form that it has. SPEC 5.4.
func signatureFrom(s *signed, w *wirepb.Signature) (*Signature, error) {
	revision, err := idFrom("signed revision", w.GetRevision())
	if err != nil {
		return nil, err
	}
	// Its signature is to be a mark, and that is over these bytes: in any other
	// form it would hold here, and spoil the Counted that it is put into.
	written := signaturePayload(revision)
	if !bytes.Equal(s.payload, written) {
		return nil, fmt.Errorf("signature statement of %d bytes is not written as the %d of a mark", len(s.payload), len(written))
	}
	return &Signature{Author: s.author, Revision: revision, signed: s}, nil
}
