package votive

import (
	"bytes"
	"fmt"

	"votive/proto/internal/wirepb"
)

type recordIn struct {
	Kind   string `json:"kind"`
	Secret octets `json:"secret"`
	Body   octets `json:"body"`
}

type recordOut struct {
	What string `json:"what"`
	ID   octets `json:"id"`
}

func doRecord(in recordIn) (recordOut, error) {
	kind, err := kindNamed(in.Kind)
	if err != nil {
		return recordOut{}, err
	}
	rec, err := newRecord(NewReader(kind, in.Secret.secret32()), in.Body)
	if err != nil {
		return recordOut{}, err
	}
	id := rec.ID()
	return recordOut{whatIs(rec.Body()), id[:]}, nil
}

// whatIs is the arm of Body, Statement or Keep that a body is.
func whatIs(b Body) string {
	switch b.(type) {
	case *Counted:
		return "counted"
	case *Proposal:
		return "proposal"
	case *Signature:
		return "signature"
	case *Invitation:
		return "invitation"
	case *Revoke:
		return "revoke"
	case *ContactCard:
		return "contact"
	case *Inbox:
		return "inbox"
	case *Details:
		return "details"
	case *SealedReply:
		return "reply"
	case *Answer:
		return "answer"
	case Keep:
		return "keep"
	}
	return "unknown"
}

type whereIn struct {
	Body    octets            `json:"body"`
	Secrets map[string]octets `json:"secrets"`
}

type whereOut struct {
	What   string          `json:"what,omitempty"`
	ID     octets          `json:"id,omitempty"`
	Counts map[string]bool `json:"counts"`
}

func doWhere(in whereIn) (whereOut, error) {
	out := whereOut{Counts: make(map[string]bool)}
	for kind, secret := range in.Secrets {
		rec, err := doRecord(recordIn{kind, secret, in.Body})
		out.Counts[kind] = err == nil
		if err == nil {
			out.What, out.ID = rec.What, rec.ID
		}
	}
	return out, nil
}

func writeRecords(c *chapter) {
	writeWhere(c)
	writeLengths(c)
	writeMessages(c)
	writeStatements(c)
	writeLinked(c)
	writePlainBodies(c)
}

// known adds a record that counts.
func (c *chapter) known(kind, name, clauses, what string, secret, body, id []byte) {
	c.accept("record", name, clauses, recordIn{kind, secret, body}, recordOut{what, id})
}

// unfit adds a record that is refused.
func (c *chapter) unfit(kind, name, clauses string, secret, body []byte) {
	c.refuse("record", name, clauses, recordIn{kind, secret, body})
}

// writeWhere is the table of SPEC 3.6: every body under every secret, so that
// nothing else is wrong with it.
func writeWhere(c *chapter) {
	f := found("nonce", "ana")
	first := f.revise("", []string{"ana"}, nil)
	event := lawDerive(seedOf("circle"), "event", f.id)
	inboxKey := lawInboxKey(seedOf("inbox"))
	details := encoded(plainDetails())
	unsigned := func(name, what string, body, id []byte, under ...string) {
		c.where(name, what, body, id, seedOf("link"), seedOf("answer"), under...)
	}
	signed := func(name, what string, seed []byte, st *wirepb.Statement, under ...string) {
		w := statedBy(seed, encoded(st))
		c.where(name, what, signedBody(w), lawDigest("votive-record-1", w.Author, w.Payload), linkSecret(w), seedOf("answer"), under...)
	}
	unsigned("counted", "counted", first.counted("ana"), first.id, "circle", "event", "desk")
	unsigned("proposal", "proposal", first.proposal(), first.id, "desk")
	unsigned("inbox", "inbox", inboxBody(f.id, inboxKey), lawDigest("votive-inbox-1", f.id, inboxKey), "circle", "event")
	detailsBody := encoded(&wirepb.Body{Kind: &wirepb.Body_Details{Details: details}})
	unsigned("details", "details", detailsBody, lawBodyID(detailsBody), "desk")
	signed("signature", "signature", seedOf("ana"), signatureOn(first.id), "desk")
	signed("revoke", "revoke", seedOf("ana"), revoking(f.id, seedOf("invite")), "event")
	signed("invitation to an event", "invitation", seedOf("ana"), inviting(plainInvitation(f)), "desk", "link")
	signed("invitation to a circle", "invitation", seedOf("ana"), inviting(circleInvitation()), "desk", "link")
	signed("contact card", "contact", identitySeed("ana"), introducing(plainContact()), "link")
	signed("attest by itself", "", identitySeed("ana"), attesting(f.id, keyOf("ana")))
	sealed := sealedReplyBody(seedOf("inbox"), f.id, replyInside(encoded(plainReply(f.id))))
	unsigned("sealed reply", "reply", sealed, lawBodyID(sealed), "reply", "walk-in")
	answer := answerBody(&wirepb.Answer{Event: f.id, Reply: replyIDOf(seedOf("answer")), Counter: 1, Admission: wirepb.Admission_ADMISSION_IN, Details: details})
	unsigned("answer", "answer", answer, lawBodyID(answer), "answer")
	keep := keepBodyOf(&wirepb.Keep{Counter: 1, Kind: &wirepb.Keep_Circle{Circle: &wirepb.KeepCircle{Secret: event, Name: "june4"}}})
	unsigned("keep", "keep", keep, lawBodyID(keep), "self")

	later := laterBody(40)
	everywhere := []string{"circle", "event", "desk", "link", "reply", "walk-in", "answer", "inbox", "self"}
	unsigned("body of a later kind", "unknown", later, lawBodyID(later), everywhere...)
	laterKeep := keepBodyOf(&wirepb.Keep{Counter: 1})
	laterKeep = fielded(nil, 8, fielded(laterKeep[2:], 15, []byte("later")))
	unsigned("keep of a later kind", "unknown", laterKeep, lawBodyID(laterKeep), "self")
	w := statedBy(seedOf("ana"), fielded(nil, 6, []byte("later")))
	c.where("statement of a later kind", "unknown", signedBody(w), lawDigest("votive-record-1", w.Author, w.Payload), linkSecret(w), seedOf("answer"), everywhere...)
}

func attesting(event, key []byte) *wirepb.Statement {
	return &wirepb.Statement{Kind: &wirepb.Statement_Attest{Attest: &wirepb.Attest{Event: event, Key: key}}}
}

func (c *chapter) where(name, what string, body, id, link, answer []byte, under ...string) {
	in := whereIn{Body: body, Secrets: make(map[string]octets)}
	want := whereOut{What: what, ID: id, Counts: make(map[string]bool)}
	if len(under) == 0 {
		want.ID = nil
	}
	for kind := range kinds {
		// What a personal invitation is, no clause says yet.
		if kind == "inbox" && what == "invitation" {
			continue
		}
		secret := seedOf(kind)
		switch kind {
		case "link":
			secret = link
		case "answer":
			secret = answer
		}
		in.Secrets[kind], want.Counts[kind] = secret, false
	}
	for _, kind := range under {
		want.Counts[kind] = true
	}
	clauses := "3.6 4.6"
	if what == "unknown" {
		clauses = "1.7 3.6 4.6"
	}
	c.accept("where", name, clauses, in, want)
}

// writeMessages is SPEC 1.5 for who reads.
func writeMessages(c *chapter) {
	f := found("nonce", "ana")
	desk := seedOf("desk")
	first := f.revise("", []string{"ana"}, nil)
	proposed := func(name string, r *revised) {
		c.known("desk", name, "1.5 4.6 5.2", "proposal", desk, r.proposal(), r.id)
	}
	proposed("revision with a field that is not known", revisedOf(withField(first.bytes, 100)))
	card := encoded(plainCard("ana"))
	handmade := func(genesis, card []byte) *revised {
		f := foundingOf(genesis)
		b := fielded(nil, 1, genesis)
		b = fielded(b, 2, f.id)
		return revisedOf(fielded(b, 4, card))
	}
	proposed("revision written by hand", handmade(f.genesis, card))
	proposed("card with a field that is not known", handmade(f.genesis, withField(card, 25)))
	proposed("genesis with a field that is not known", handmade(withField(f.genesis, 3), card))
	proposed("card with a default written out", handmade(f.genesis, append(bytes.Clone(card), 3<<3, 0)))
	backwards := fielded(fielded(fielded(nil, 4, card), 2, f.id), 1, f.genesis)
	proposed("revision with its fields in another order", revisedOf(backwards))

	body := withField(first.proposal(), 100)
	c.known("desk", "body with a field that is not known", "1.5", "proposal", desk, body, first.id)
	payload := withField(encoded(revoking(f.id, seedOf("invite"))), 100)
	w := statedBy(seedOf("ana"), payload)
	c.known("event", "statement with a field that is not known", "1.5 4.6", "revoke", seedOf("event"), signedBody(w), lawDigest("votive-record-1", w.Author, payload))
	w = statedBy(seedOf("ana"), withField(encoded(inviting(plainInvitation(f))), 100))
	c.known("link", "invitation with a field that is not known", "1.5 7.4", "invitation", linkSecret(w), signedBody(w), lawDigest("votive-record-1", w.Author, w.Payload))
	details := encoded(&wirepb.Body{Kind: &wirepb.Body_Details{Details: withField(encoded(plainDetails()), 100)}})
	c.known("desk", "details with a field that is not known", "1.5 4.6", "details", desk, details, lawBodyID(details))

	good := first.proposal()
	for _, cut := range []int{1, 2, 10, len(good) - 1} {
		c.unfit("desk", fmt.Sprintf("body cut to %d bytes", cut), "1.5 4.1", desk, good[:cut])
	}
	c.unfit("desk", "proposal of a revision cut short", "1.5 4.1", desk, revisedOf(first.bytes[:len(first.bytes)-1]).proposal())
	c.unfit("desk", "title that is not UTF-8", "1.5", desk, handmade(f.genesis, fielded(card, 1, []byte("Candles\xff"))).proposal())
	c.unfit("desk", "tag that is not UTF-8", "1.5", desk, handmade(f.genesis, fielded(card, 7, []byte("\xed\xa0\x80"))).proposal())
	bad := encoded(&wirepb.Details{Salt: seedOf("salt")})
	c.unfit("desk", "place that is not UTF-8", "1.5", desk, fielded(nil, 5, fielded(bad, 2, []byte{0xc3})))
}

// writeStatements is SPEC 4.2 to 4.6.
func writeStatements(c *chapter) {
	f := found("nonce", "ana")
	desk, seed := seedOf("desk"), seedOf("ana")
	first := f.revise("", []string{"ana"}, nil)
	payload := encoded(signatureOn(first.id))
	w := statedBy(seed, payload)
	id := lawDigest("votive-record-1", w.Author, payload)
	c.known("desk", "signature on a revision", "4.2 4.6", "signature", desk, signedBody(w), id)
	nonce := scalarOf(seedOf("r"))
	r := basePoint(nonce).Bytes()
	s := nonce.MultiplyAdd(lawChallenge(r, w.Author, payload), scalarOf(seed), nonce)
	again := &wirepb.Signed{Author: w.Author, Payload: payload, Signature: append(bytes.Clone(r), s.Bytes()...)}
	c.known("desk", "another signature on the same statement", "4.5 4.6", "signature", desk, signedBody(again), id)

	altered := func(change func(*wirepb.Signed)) []byte {
		w := statedBy(seed, payload)
		change(w)
		return signedBody(w)
	}
	c.unfit("desk", "signature altered", "4.2", desk, altered(func(w *wirepb.Signed) { w.Signature[0] ^= 1 }))
	c.unfit("desk", "signature of 63 bytes in a record", "4.2", desk, altered(func(w *wirepb.Signed) { w.Signature = w.Signature[:63] }))
	c.unfit("desk", "signature of 65 bytes in a record", "4.2", desk, altered(func(w *wirepb.Signed) { w.Signature = append(w.Signature, 0) }))
	c.unfit("desk", "statement of another author", "4.2", desk, altered(func(w *wirepb.Signed) { w.Author = keyOf("ben") }))
	neutral := append([]byte{1}, make([]byte, 31)...)
	c.unfit("desk", "statement of an author of low order", "4.4", desk, signedBody(&wirepb.Signed{
		Author: neutral, Payload: payload, Signature: append(bytes.Clone(neutral), make([]byte, 32)...),
	}))
	for _, n := range []int{8192, 8193} {
		long := fielded(nil, 6, bytes.Repeat([]byte{'v'}, n-3))
		w := statedBy(seed, long)
		if n == 8192 {
			c.known("desk", "statement of 8,192 bytes", "1.7 4.3", "unknown", desk, signedBody(w), lawDigest("votive-record-1", w.Author, long))
		} else {
			c.unfit("desk", "statement of 8,193 bytes", "4.3", desk, signedBody(w))
		}
	}
	writeSignatureForms(c, first)
	writeMarks(c, first)
}

// writeSignatureForms is SPEC 5.4: a Signature has one form, which is that of a
// mark.
func writeSignatureForms(c *chapter, first *revised) {
	payload := encoded(signatureOn(first.id))
	inner := fielded(nil, 1, first.id)
	for _, form := range []struct {
		name    string
		payload []byte
	}{
		{"signature statement with a field that is not known", withField(payload, 100)},
		{"signature with a field that is not known", fielded(nil, 1, withField(inner, 100))},
		{"signature with its revision twice", fielded(nil, 1, fielded(inner, 1, first.id))},
		{"signature statement twice", append(bytes.Clone(payload), payload...)},
		{"signature with a length in more bytes than it takes", append([]byte{payload[0], payload[1] | 0x80, 0}, payload[2:]...)},
		{"signature statement after another", append(encoded(revoking(first.id, first.id)), payload...)},
	} {
		c.unfit("desk", form.name, "5.4", seedOf("desk"), signedBody(statedBy(seedOf("ana"), form.payload)))
	}
	strange := withField(payload, 100)
	mark := &wirepb.Mark{Key: keyOf("ana"), Signature: lawSign(seedOf("ana"), strange)}
	c.unfit("circle", "mark over a statement with a field that is not known", "5.4", seedOf("circle"),
		countedBody(&wirepb.Counted{Revision: first.bytes, Marks: []*wirepb.Mark{mark}}))
}

// writeMarks is SPEC 5.4 for what one Counted shows.
func writeMarks(c *chapter, first *revised) {
	circle := seedOf("circle")
	var names []string
	for i := range 41 {
		names = append(names, fmt.Sprint("stranger ", i))
	}
	c.known("circle", "counted of 40 marks", "5.4 4.6", "counted", circle, first.counted(names[:40]...), first.id)
	c.unfit("circle", "counted of 41 marks", "5.4", circle, first.counted(names...))
	c.unfit("circle", "counted of no marks", "5.4", circle, first.counted())
	good := func() *wirepb.Counted {
		w := &wirepb.Counted{Revision: first.bytes}
		for _, key := range keysOf("ana", "ben") {
			for _, name := range []string{"ana", "ben"} {
				if bytes.Equal(key, keyOf(name)) {
					w.Marks = append(w.Marks, first.mark(name))
				}
			}
		}
		return w
	}
	c.known("circle", "counted of two marks", "5.4 4.6", "counted", circle, countedBody(good()), first.id)
	unfit := func(name, clauses string, change func(*wirepb.Counted)) {
		w := good()
		change(w)
		c.unfit("circle", name, clauses, circle, countedBody(w))
	}
	unfit("marks descending", "5.4", func(w *wirepb.Counted) { w.Marks[0], w.Marks[1] = w.Marks[1], w.Marks[0] })
	unfit("a mark twice", "5.4", func(w *wirepb.Counted) { w.Marks[1] = w.Marks[0] })
	unfit("a mark that does not verify beside one that does", "5.4", func(w *wirepb.Counted) { w.Marks[1].Signature[5] ^= 1 })
	unfit("marks exchanged", "5.4", func(w *wirepb.Counted) {
		w.Marks[0].Signature, w.Marks[1].Signature = w.Marks[1].Signature, w.Marks[0].Signature
	})
	unfit("mark of 63 bytes", "5.4", func(w *wirepb.Counted) { w.Marks[1].Signature = w.Marks[1].Signature[:63] })
	unfit("mark of a key of low order", "4.4 5.4", func(w *wirepb.Counted) {
		neutral := append([]byte{1}, make([]byte, 31)...)
		w.Marks = []*wirepb.Mark{{Key: neutral, Signature: append(bytes.Clone(neutral), make([]byte, 32)...)}}
	})
	unfit("marks of another revision", "5.4", func(w *wirepb.Counted) { w.Revision = withField(w.Revision, 100) })
	unfit("no revision", "5.4", func(w *wirepb.Counted) { w.Revision = nil })
}
