package votive

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	"votive/proto/internal/wirepb"
)

// This file makes the messages that vectors are about, with nothing of the
// package but the generated code of wire.proto. People are called by names:
// the event key of ana has the RFC 8032 seed seedOf("ana").

// encoded is a message as SPEC 1.5 has it.
func encoded(m proto.Message) []byte {
	return must(proto.MarshalOptions{Deterministic: true}.Marshal(m))
}

func keyOf(name string) []byte { return lawKey(seedOf(name)) }

func keysOf(names ...string) [][]byte {
	var keys [][]byte
	for _, name := range names {
		keys = append(keys, keyOf(name))
	}
	return ascending(keys)
}

func ascending(list [][]byte) [][]byte {
	list = slices.Clone(list)
	slices.SortFunc(list, bytes.Compare)
	return list
}

// founding is an event by its genesis.
type founding struct{ genesis, id []byte }

func found(nonce string, founders ...string) *founding {
	return foundingOf(encoded(&wirepb.Genesis{Nonce: seedOf(nonce), Founders: keysOf(founders...)}))
}

func foundingOf(genesis []byte) *founding {
	return &founding{genesis, lawDigest("votive-genesis-1", genesis)}
}

// revised is a revision of an event.
type revised struct{ bytes, id []byte }

func revisedOf(b []byte) *revised { return &revised{b, lawDigest("votive-revision-1", b)} }

// revise is a revision, first where it has no parents, whose text tells it
// from others.
func (f *founding) revise(text string, organizers []string, parents []*revised, change ...func(*wirepb.Revision)) *revised {
	w := &wirepb.Revision{Genesis: f.genesis, Parents: [][]byte{f.id}, Card: plainCard(organizers...)}
	w.Card.Text = text
	if len(parents) > 0 {
		w.Parents = ascending(idsOf(parents))
	}
	for _, c := range change {
		c(w)
	}
	return revisedOf(encoded(w))
}

func idsOf(revisions []*revised) [][]byte {
	var ids [][]byte
	for _, r := range revisions {
		ids = append(ids, r.id)
	}
	return ids
}

// naming puts revisions into instead.
func naming(revisions ...*revised) func(*wirepb.Revision) {
	return func(w *wirepb.Revision) { w.Instead = ascending(idsOf(revisions)) }
}

func cancelling(w *wirepb.Revision) { w.Card.Status = wirepb.Status_STATUS_CANCELLED }

// plainCard is the least that a card says.
func plainCard(organizers ...string) *wirepb.Card {
	c := &wirepb.Card{Title: "Candles", Start: &wirepb.Time{Local: "2027-06-04T20:00:00", Zone: "Asia/Taipei", Offset: 28800}}
	for _, key := range keysOf(organizers...) {
		c.Organizers = append(c.Organizers, &wirepb.Organizer{Key: key})
	}
	return c
}

// counted is the Body of a revision that these have marked.
func (r *revised) counted(signers ...string) []byte {
	w := &wirepb.Counted{Revision: r.bytes}
	for _, name := range signers {
		w.Marks = append(w.Marks, r.mark(name))
	}
	slices.SortFunc(w.Marks, func(a, b *wirepb.Mark) int { return bytes.Compare(a.Key, b.Key) })
	return countedBody(w)
}

func countedBody(w *wirepb.Counted) []byte {
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Counted{Counted: w}})
}

func (r *revised) mark(name string) *wirepb.Mark {
	return &wirepb.Mark{Key: keyOf(name), Signature: lawSign(seedOf(name), encoded(signatureOn(r.id)))}
}

func (r *revised) proposal() []byte {
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Proposal{Proposal: r.bytes}})
}

func signatureOn(revision []byte) *wirepb.Statement {
	return &wirepb.Statement{Kind: &wirepb.Statement_Signature{Signature: &wirepb.Signature{Revision: revision}}}
}

// statedBy is a Signed over an encoded Statement.
func statedBy(seed, payload []byte) *wirepb.Signed {
	return &wirepb.Signed{Author: lawKey(seed), Payload: payload, Signature: lawSign(seed, payload)}
}

func signedBody(w *wirepb.Signed) []byte {
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Signed{Signed: w}})
}

// bodyBy is the Body of a statement that a name has signed.
func bodyBy(name string, st *wirepb.Statement) []byte {
	return signedBody(statedBy(seedOf(name), encoded(st)))
}

func keepBodyOf(w *wirepb.Keep) []byte {
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Keep{Keep: w}})
}

func answerBody(w *wirepb.Answer) []byte {
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Answer{Answer: w}})
}

func inboxBody(event, key []byte) []byte {
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Inbox{Inbox: &wirepb.Inbox{Event: event, Key: key}}})
}

func inviting(w *wirepb.Invitation) *wirepb.Statement {
	return &wirepb.Statement{Kind: &wirepb.Statement_Invitation{Invitation: w}}
}

func revoking(event, invite []byte) *wirepb.Statement {
	return &wirepb.Statement{Kind: &wirepb.Statement_Revoke{
		Revoke: &wirepb.Revoke{Event: event, Invite: lawDigest("votive-invite-1", invite)},
	}}
}

func introducing(w *wirepb.ContactCard) *wirepb.Statement {
	return &wirepb.Statement{Kind: &wirepb.Statement_Contact{Contact: w}}
}

// plainInvitation is one to an event by its circle's secret.
func plainInvitation(f *founding) *wirepb.Invitation {
	return &wirepb.Invitation{
		Event:   f.id,
		Secret:  lawDerive(seedOf("circle"), "event", f.id),
		Invite:  seedOf("invite"),
		Expires: 1812110400, // 2027-06-04T12:00:00Z
	}
}

// circleInvitation is one to a circle.
func circleInvitation() *wirepb.Invitation {
	circle := seedOf("circle")
	return &wirepb.Invitation{
		Circle: lawDerive(circle, "circle id"), Secret: circle, Invite: seedOf("invite"), Expires: 1812110400, Name: "june4",
	}
}

// plainContact is a contact card of ana, issued on day 2500.
func plainContact() *wirepb.ContactCard {
	return &wirepb.ContactCard{
		Name: "Ana", InboxSecret: seedOf("inbox secret"), InboxKey: lawInboxKey(seedOf("inbox")), Issued: 1577836800 + today*86400,
	}
}

// identitySeed is the RFC 8032 seed of the key of an identity. SPEC 9.1.
func identitySeed(name string) []byte { return lawDerive(seedOf(name), "identity") }

func plainDetails() *wirepb.Details {
	return &wirepb.Details{Salt: seedOf("salt"), Place: "By the river", Join: []string{"https://example.org/join"}}
}

func plainReply(event []byte) *wirepb.Reply {
	return &wirepb.Reply{
		Event: event, Secret: seedOf("reply"), Counter: 1, Status: wirepb.Rsvp_RSVP_YES, Party: 2, Name: "Ben", Note: "I bring candles",
	}
}

// linkSecret is SPEC 7.4.
func linkSecret(w *wirepb.Signed) []byte {
	return lawDigest("votive-link-1", w.Author, w.Payload)
}

func replyIDOf(secret []byte) []byte { return lawDigest("votive-reply-1", secret) }

// withInvite is SPEC 8.2.
func withInvite(r *wirepb.Reply, invite []byte) *wirepb.Reply {
	four := func(n uint32) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }
	r.Invite = lawDigest("votive-invite-1", invite)
	said := lawDigest("votive-reply-mac-1", r.Event, r.Secret, four(r.Counter), four(uint32(r.Status)), four(r.Party),
		[]byte(r.Name), []byte(r.Note), r.Invite)
	r.Mac = lawHMAC(lawDerive(invite, "reply-mac"), said)
	return r
}

// sealedReplyBody is SPEC 8.1, of what is inside the 1,536 bytes.
func sealedReplyBody(seed, event, inside []byte) []byte {
	key := lawInboxKey(seed)
	hash := lawDigest("votive-inbox-1", event, key)
	info := append(append(lawLP([]byte("votive-reply-1")), lawLP(event)...), lawLP(hash)...)
	return encoded(&wirepb.Body{Kind: &wirepb.Body_Reply{Reply: &wirepb.SealedReply{
		Inbox: hash, Sealed: lawHPKE(key, info, inside, append(seedOf("encapsulate"), seedOf("ephemeral")...)),
	}}})
}

// replyInside is the 1,536 bytes around an encoded Reply.
func replyInside(reply []byte) []byte {
	b := make([]byte, 1536)
	b[0], b[1] = byte(len(reply)>>8), byte(len(reply))
	copy(b[2:], reply)
	return b
}

// withField is a message with one more field, of a number that is not known.
func withField(message []byte, field int) []byte {
	b := lawVarint(bytes.Clone(message), uint64(field)<<3|2)
	return append(b, lawLP([]byte("later"))...)
}

// lawVarint is an unsigned varint, as in Protocol Buffers.
func lawVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// fielded is a field of bytes, written by hand.
func fielded(b []byte, field int, value []byte) []byte {
	return append(lawVarint(b, uint64(field)<<3|2), lawLP(value)...)
}
