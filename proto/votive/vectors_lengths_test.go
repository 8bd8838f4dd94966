package votive

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"votive/proto/internal/wirepb"
)

// sized makes other lengths of 32 bytes.
type sized func([]byte) []byte

// lengthField is a field that is an id, hash or secret, in a Body.
type lengthField struct {
	name string
	left leaving
	kind string
	body func(sized) []byte
}

// leaving says whether a field may be left out.
type leaving int

const (
	never    leaving = iota
	may              // zeros are not another way to leave it out
	mayOther         // it may, and another field may not then
	secret           // never, and zeros are no secret
)

// writeLengths is SPEC 1.4: each field at 31 and at 33 bytes, at 0 where it must
// not be left out, and of zeros where it may or is a secret.
func writeLengths(c *chapter) {
	for _, f := range lengthFields() {
		lengths := []int{31, 33}
		if f.left != may {
			lengths = append(lengths, 0)
		}
		for _, n := range lengths {
			body := f.body(func(b []byte) []byte { return append(bytes.Clone(b), 1)[:n] })
			c.unfit(f.kind, fmt.Sprintf("%s of %d bytes", f.name, n), "1.4", seedOf("answer"), body)
		}
		if f.left != never {
			body := f.body(func([]byte) []byte { return make([]byte, 32) })
			c.unfit(f.kind, f.name+" of zeros", "1.4", seedOf("answer"), body)
		}
	}
}

// lengthFields are all of them.
func lengthFields() []lengthField {
	return slices.Concat(signedLengths(), eventLengths(), otherLengths())
}

// What the vectors of SPEC 1.4 have refused is refused for its length.
func TestLengthVectors(t *testing.T) {
	for _, f := range lengthFields() {
		r := NewReader(kinds[f.kind], octets(seedOf("answer")).secret32())
		if _, err := newRecord(r, f.body(bytes.Clone)); err != nil {
			t.Errorf("%s of 32 bytes: newRecord = %v, want nil", f.name, err)
		}
	}
}

func signedLengths() []lengthField {
	f := found("nonce", "ana")
	first := f.revise("", []string{"ana"}, nil)
	invited := func(change func(*wirepb.Invitation, sized)) func(sized) []byte {
		return func(s sized) []byte {
			w := plainInvitation(f)
			change(w, s)
			return bodyBy("ana", inviting(w))
		}
	}
	return []lengthField{
		{"author of a Signed", never, "desk", func(s sized) []byte {
			w := statedBy(seedOf("ana"), encoded(signatureOn(first.id)))
			w.Author = s(w.Author)
			return signedBody(w)
		}},
		{"revision of a Signature", never, "desk", func(s sized) []byte { return bodyBy("ana", signatureOn(s(first.id))) }},
		{"event of an Invitation", mayOther, "desk", invited(func(w *wirepb.Invitation, s sized) { w.Event = s(w.Event) })},
		{"secret of an Invitation", secret, "desk", invited(func(w *wirepb.Invitation, s sized) { w.Secret = s(w.Secret) })},
		{"invite of an Invitation", secret, "desk", invited(func(w *wirepb.Invitation, s sized) { w.Invite = s(w.Invite) })},
		{"circle of an Invitation", mayOther, "desk", func(s sized) []byte {
			w := circleInvitation()
			w.Circle = s(w.Circle)
			return bodyBy("ana", inviting(w))
		}},
		{"event of a Revoke", never, "event", func(s sized) []byte { return bodyBy("ana", revoking(s(f.id), seedOf("invite"))) }},
		{"invite of a Revoke", never, "event", func(s sized) []byte {
			st := revoking(f.id, seedOf("invite"))
			st.GetRevoke().Invite = s(st.GetRevoke().Invite)
			return bodyBy("ana", st)
		}},
	}
}

func eventLengths() []lengthField {
	f := found("nonce", "ana")
	first := f.revise("", []string{"ana"}, nil)
	proposed := func(change func(*wirepb.Revision, sized)) func(sized) []byte {
		return func(s sized) []byte {
			return f.revise("", []string{"ana"}, []*revised{first}, func(w *wirepb.Revision) { change(w, s) }).proposal()
		}
	}
	founded := func(change func(*wirepb.Genesis, sized)) func(sized) []byte {
		return func(s sized) []byte {
			w := &wirepb.Genesis{Nonce: seedOf("nonce"), Founders: keysOf("ana")}
			change(w, s)
			return foundingOf(encoded(w)).revise("", []string{"ana"}, nil).proposal()
		}
	}
	return []lengthField{
		{"nonce of a Genesis", never, "desk", founded(func(w *wirepb.Genesis, s sized) { w.Nonce = s(w.Nonce) })},
		{"founder in a Genesis", never, "desk", founded(func(w *wirepb.Genesis, s sized) { w.Founders[0] = s(w.Founders[0]) })},
		{"parent of a Revision", never, "desk", proposed(func(w *wirepb.Revision, s sized) { w.Parents[0] = s(w.Parents[0]) })},
		{"instead of a Revision", never, "desk", proposed(func(w *wirepb.Revision, s sized) { w.Instead = [][]byte{s(seedOf("x"))} })},
		{"moved_to of a Revision", may, "desk", proposed(func(w *wirepb.Revision, s sized) { w.MovedTo = s(seedOf("x")) })},
		{"inbox of a Card", may, "desk", proposed(func(w *wirepb.Revision, s sized) { w.Card.Inbox = s(seedOf("x")) })},
		{"details of a Card", may, "desk", proposed(func(w *wirepb.Revision, s sized) { w.Card.Details = s(seedOf("x")) })},
		{"key of an Organizer", never, "desk", proposed(func(w *wirepb.Revision, s sized) {
			w.Card.Organizers[0].Key = s(w.Card.Organizers[0].Key)
		})},
		{"identity of an Attestation", never, "desk", proposed(func(w *wirepb.Revision, s sized) {
			w.Card.Organizers[0].Attestation = attestation("ana", f.id, keyOf("ana"))
			w.Card.Organizers[0].Attestation.Identity = s(w.Card.Organizers[0].Attestation.Identity)
		})},
		{"key of a Mark", never, "circle", func(s sized) []byte {
			w := &wirepb.Counted{Revision: first.bytes, Marks: []*wirepb.Mark{first.mark("ana")}}
			w.Marks[0].Key = s(w.Marks[0].Key)
			return countedBody(w)
		}},
	}
}

// attestation is SPEC 6.4: an identity says who holds a key.
func attestation(name string, event, key []byte) *wirepb.Attestation {
	seed := identitySeed(name)
	return &wirepb.Attestation{Identity: lawKey(seed), Signature: lawSign(seed, encoded(attesting(event, key)))}
}

func otherLengths() []lengthField {
	f := found("nonce", "ana")
	kept := func(name string, left leaving, keep func(sized) *wirepb.Keep) lengthField {
		return lengthField{name, left, "self", func(s sized) []byte { return keepBodyOf(keep(s)) }}
	}
	keptEvent := func(name string, left leaving, change func(*wirepb.KeepEvent, sized)) lengthField {
		return kept(name+" of a KeepEvent", left, func(s sized) *wirepb.Keep {
			w := &wirepb.KeepEvent{Event: f.id, Secret: seedOf("x")}
			change(w, s)
			return &wirepb.Keep{Kind: &wirepb.Keep_Event{Event: w}}
		})
	}
	keptReply := func(name string, left leaving, change func(*wirepb.KeepReply, sized)) lengthField {
		return kept(name+" of a KeepReply", left, func(s sized) *wirepb.Keep {
			w := &wirepb.KeepReply{Reply: plainReply(f.id)}
			change(w, s)
			return &wirepb.Keep{Kind: &wirepb.Keep_Reply{Reply: w}}
		})
	}
	return []lengthField{
		{"event of an Inbox", never, "circle", func(s sized) []byte { return inboxBody(s(f.id), lawInboxKey(seedOf("inbox"))) }},
		{"salt of Details", never, "desk", func(s sized) []byte {
			return encoded(&wirepb.Body{Kind: &wirepb.Body_Details{Details: encoded(&wirepb.Details{Salt: s(seedOf("salt"))})}})
		}},
		{"inbox of a SealedReply", never, "reply", func(s sized) []byte {
			return encoded(&wirepb.Body{Kind: &wirepb.Body_Reply{Reply: &wirepb.SealedReply{
				Inbox: s(seedOf("x")), Sealed: bytes.Repeat([]byte{7}, 2672),
			}}})
		}},
		{"event of an Answer", never, "answer", func(s sized) []byte {
			return answerBody(&wirepb.Answer{Event: s(f.id), Reply: replyIDOf(seedOf("answer"))})
		}},
		{"reply of an Answer", never, "answer", func(s sized) []byte {
			return answerBody(&wirepb.Answer{Event: f.id, Reply: s(replyIDOf(seedOf("answer")))})
		}},
		kept("secret of a KeepCircle", secret, func(s sized) *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Circle{Circle: &wirepb.KeepCircle{Secret: s(seedOf("x"))}}}
		}),
		kept("issuer of a KeepCircle", may, func(s sized) *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Circle{Circle: &wirepb.KeepCircle{Secret: seedOf("x"), Issuer: s(keyOf("ana"))}}}
		}),
		keptEvent("event", never, func(w *wirepb.KeepEvent, s sized) { w.Event = s(w.Event) }),
		keptEvent("secret", secret, func(w *wirepb.KeepEvent, s sized) { w.Secret = s(w.Secret) }),
		keptEvent("circle", may, func(w *wirepb.KeepEvent, s sized) { w.Circle = s(seedOf("x")) }),
		keptEvent("nonce", may, func(w *wirepb.KeepEvent, s sized) { w.Nonce = s(seedOf("x")) }),
		keptEvent("desk", may, func(w *wirepb.KeepEvent, s sized) { w.Desk = s(seedOf("x")) }),
		keptEvent("signed", may, func(w *wirepb.KeepEvent, s sized) { w.Signed = s(seedOf("x")) }),
		keptReply("event in the reply", never, func(w *wirepb.KeepReply, s sized) { w.Reply.Event = s(w.Reply.Event) }),
		keptReply("secret in the reply", secret, func(w *wirepb.KeepReply, s sized) { w.Reply.Secret = s(w.Reply.Secret) }),
		keptReply("inbox", may, func(w *wirepb.KeepReply, s sized) { w.Inbox = s(seedOf("x")) }),
		keptReply("invite", may, func(w *wirepb.KeepReply, s sized) { w.Invite = s(seedOf("x")) }),
		keptReply("event secret", may, func(w *wirepb.KeepReply, s sized) { w.Secret = s(seedOf("x")) }),
		kept("seed of a KeepCard", never, func(s sized) *wirepb.Keep {
			card := encoded(statedBy(identitySeed("ana"), encoded(introducing(plainContact()))))
			return &wirepb.Keep{Kind: &wirepb.Keep_Card{Card: &wirepb.KeepCard{Signed: card, Seed: s(seedOf("inbox"))}}}
		}),
	}
}
