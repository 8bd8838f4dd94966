package votive

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"votive/proto/internal/wirepb"
)

// open is what Join does with the joined parts.
func (s sample) open(whole []byte) (Record, error) {
	return newRecord(NewReader(s.kind, s.secret), whole)
}

// TestRoundTrip: every body survives writing and reading, with the same bytes
// and id; what was kept needs no more than its kind to be restored. SPEC 1.5,
// 4.1.
func TestRoundTrip(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) {
			whole, err := encodeBody(s.body)
			if err != nil {
				t.Fatal(err)
			}
			restored, err := Restore(s.kind, whole)
			if err != nil {
				t.Fatalf("Restore = %v, want nil", err)
			}
			again, err := encodeBody(restored.Body())
			if err != nil || !bytes.Equal(again, whole) {
				t.Errorf("encoded again = %x, %v, want %x", again, err, whole)
			}
			if restored.Kind() != s.kind || !bytes.Equal(restored.Bytes(), whole) {
				t.Errorf("record has kind %v and %d bytes, want %v and %d", restored.Kind(), len(restored.Bytes()), s.kind, len(whole))
			}
			if reflect.TypeOf(restored.Body()) != reflect.TypeOf(s.body) {
				t.Errorf("body is a %T, want %T", restored.Body(), s.body)
			}
			opened, err := s.open(whole)
			if s.ownDisk() {
				if err == nil {
					t.Error("newRecord = nil, want an error: SPEC 9.4")
				}
				return
			}
			if err != nil {
				t.Fatalf("newRecord = %v, want nil", err)
			}
			if !reflect.DeepEqual(opened, restored) {
				t.Errorf("newRecord = %+v, want %+v as restored", opened, restored)
			}
		})
	}
}

// TestAscending: fields are written in ascending order and defaults left out.
// SPEC 1.5.
func TestAscending(t *testing.T) {
	for _, s := range samples(t) {
		whole, err := encodeBody(s.body)
		if err != nil {
			t.Fatal(err)
		}
		checkFields(t, s.name, whole)
		if _, _, tag := protowire.ConsumeTag(whole); s.kind == KindSelf {
			keep, _ := protowire.ConsumeBytes(whole[tag:])
			checkFields(t, s.name, keep)
		}
	}
	r, _ := vigil(t)
	checkFields(t, "revision", r.encoded)
	checkFields(t, "card", mustMarshal(r.card.wire()))
}

func checkFields(t *testing.T, name string, b []byte) {
	t.Helper()
	last := protowire.Number(0)
	for len(b) > 0 {
		n, _, size := protowire.ConsumeField(b)
		if size < 0 || n < last {
			t.Errorf("%s: field %d after %d in %x, want ascending", name, n, last, b)
			return
		}
		last, b = n, b[size:]
	}
}

// TestCarries is the table of SPEC 3.6: every body under every kind of secret.
func TestCarries(t *testing.T) {
	want := map[string][]Kind{
		"*votive.Counted":     {KindCircle, KindEvent, KindDesk},
		"*votive.Inbox":       {KindCircle, KindEvent},
		"*votive.Revoke":      {KindEvent},
		"*votive.Proposal":    {KindDesk},
		"*votive.Signature":   {KindDesk},
		"*votive.Details":     {KindDesk},
		"*votive.Invitation":  {KindDesk, KindLink},
		"*votive.ContactCard": {KindLink},
		"*votive.SealedReply": {KindReply, KindWalkIn},
		"*votive.Answer":      {KindAnswer},
	}
	for _, s := range samples(t) {
		kinds, ok := want[reflect.TypeOf(s.body).String()]
		if !ok {
			kinds = []Kind{KindSelf}
		}
		whole, err := encodeBody(s.body)
		if err != nil {
			t.Fatal(err)
		}
		for kind := Kind(0); kind <= KindSelf+1; kind++ {
			_, err := Restore(kind, whole)
			if (err == nil) != slices.Contains(kinds, kind) {
				t.Errorf("Restore(%v, %s) = %v, want accepted %v", kind, s.name, err, slices.Contains(kinds, kind))
			}
		}
	}
}

// TestRecordID is SPEC 4.6.
func TestRecordID(t *testing.T) {
	for _, s := range samples(t) {
		whole, err := encodeBody(s.body)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := Restore(s.kind, whole)
		if err != nil {
			t.Fatal(err)
		}
		want := digest("votive-body-1", whole)
		switch w := s.body.wire().GetKind().(type) {
		case *wirepb.Body_Signed:
			want = digest("votive-record-1", w.Signed.GetAuthor(), w.Signed.GetPayload())
		case *wirepb.Body_Counted:
			want = digest("votive-revision-1", w.Counted.GetRevision())
		case *wirepb.Body_Proposal:
			want = digest("votive-revision-1", w.Proposal)
		case *wirepb.Body_Inbox:
			want = digest("votive-inbox-1", w.Inbox.GetEvent(), w.Inbox.GetKey())
		}
		if rec.ID() != want {
			t.Errorf("id of %s = %v, want %v", s.name, rec.ID(), want)
		}
	}
}

// TestUnknown: bodies, statements and keeps of later kinds are kept as they
// came, and are no error. SPEC 1.7.
func TestUnknown(t *testing.T) {
	later := protowire.AppendTag(nil, 99, protowire.BytesType)
	later = protowire.AppendBytes(later, []byte("later"))
	signer := eventKey(t, "ana")
	message := &wirepb.Signed{Author: bytesOrNone(signer.Key()), Payload: later, Signature: signer.sign(later)}
	unknownSigned := mustMarshal(&wirepb.Body{Kind: &wirepb.Body_Signed{Signed: message}})
	var keep wirepb.Keep
	if err := unmarshal("keep", later, &keep); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		whole []byte
		id    ID
		kinds []Kind
	}{
		{"body", later, digest("votive-body-1", later), []Kind{KindCircle, KindDesk, KindInbox, KindSelf}},
		{"statement", unknownSigned, digest("votive-record-1", message.GetAuthor(), later), []Kind{KindEvent, KindDesk}},
		{"keep", mustMarshal(keepBody(&keep)), digest("votive-body-1", mustMarshal(keepBody(&keep))), []Kind{KindSelf}},
	}
	for _, test := range tests {
		for _, kind := range test.kinds {
			rec, err := newRecord(NewReader(kind, testSecret("any")), test.whole)
			if err != nil {
				t.Errorf("unknown %s under %v = %v, want it kept", test.name, kind, err)
				continue
			}
			if _, ok := rec.Body().(*Unknown); !ok {
				t.Errorf("unknown %s is a %T, want *Unknown", test.name, rec.Body())
			}
			if rec.ID() != test.id {
				t.Errorf("id of an unknown %s = %v, want %v", test.name, rec.ID(), test.id)
			}
			if again, err := encodeBody(rec.Body()); err != nil || !bytes.Equal(again, test.whole) {
				t.Errorf("unknown %s encoded again = %x, %v, want %x", test.name, again, err, test.whole)
			}
		}
	}
	message.Signature[0] ^= 1
	forged := mustMarshal(&wirepb.Body{Kind: &wirepb.Body_Signed{Signed: message}})
	if _, err := newRecord(NewReader(KindDesk, testSecret("any")), forged); err == nil {
		t.Error("newRecord(unknown statement, signature that does not hold) = nil, want an error")
	}
	if _, err := Restore(KindCircle, mustMarshal(keepBody(&keep))); err == nil {
		t.Error("Restore(unknown keep in a circle) = nil, want an error")
	}
	if _, err := Restore(KindCircle, nil); err == nil {
		t.Error("Restore(nothing) = nil, want an error")
	}
}

// TestForged: with one bit of author, payload, signature, mark or attestation
// changed nothing opens any more, though all of it can be restored from where
// nobody else writes. SPEC 4.4, 4.5, 5.4, 6.4.
func TestForged(t *testing.T) {
	flip := func(b []byte) { b[len(b)-1] ^= 1 }
	tests := []struct {
		name  string
		of    string
		forge func(*wirepb.Body)
	}{
		{"signature", "signature", func(b *wirepb.Body) { flip(b.GetSigned().Signature) }},
		{"what is signed", "signature", func(b *wirepb.Body) { flip(b.GetSigned().Payload) }},
		{"author", "revoke", func(b *wirepb.Body) { b.GetSigned().Author = bytesOrNone(eventKey(t, "eve").Key()) }},
		{"author of low order", "revoke", func(b *wirepb.Body) { b.GetSigned().Author = append([]byte{1}, make([]byte, 31)...) }},
		{"invitation", "invitation on the desk", func(b *wirepb.Body) { flip(b.GetSigned().Signature) }},
		{"mark", "counted", func(b *wirepb.Body) { flip(b.GetCounted().Marks[2].Signature) }},
		{"mark of another", "counted", func(b *wirepb.Body) {
			b.GetCounted().Marks = b.GetCounted().Marks[:1]
			b.GetCounted().Marks[0].Key = bytesOrNone(eventKey(t, "eve").Key())
		}},
		{"revision", "counted", func(b *wirepb.Body) {
			flipRevision(t, &b.GetCounted().Revision, func(r *wirepb.Revision) { r.Card.Title += "!" })
		}},
		{"attestation", "proposal", func(b *wirepb.Body) {
			flipRevision(t, &b.Kind.(*wirepb.Body_Proposal).Proposal, func(r *wirepb.Revision) { flip(r.Card.Organizers[1].Attestation.Signature) })
		}},
		{"attestation for another key", "proposal", func(b *wirepb.Body) {
			flipRevision(t, &b.Kind.(*wirepb.Body_Proposal).Proposal, func(r *wirepb.Revision) { r.Card.Organizers[0].Attestation = r.Card.Organizers[1].Attestation })
		}},
		{"organizer of low order", "proposal", func(b *wirepb.Body) {
			flipRevision(t, &b.Kind.(*wirepb.Body_Proposal).Proposal, func(r *wirepb.Revision) {
				r.Parents = [][]byte{bytes.Repeat([]byte{9}, 32)}
				r.Card.Organizers[0].Key = append([]byte{1}, make([]byte, 31)...)
			})
		}},
		{"key of an inbox", "inbox", func(b *wirepb.Body) { b.GetInbox().Key = bytes.Repeat([]byte{0xff}, 1216) }},
		{"kept invitation", "kept invitation", func(b *wirepb.Body) { flip(b.GetKeep().GetInvite().Signed) }},
		{"kept event", "kept event", func(b *wirepb.Body) { flip(b.GetKeep().GetEvent().Invitation) }},
		{"kept contact", "kept contact", func(b *wirepb.Body) { flip(b.GetKeep().GetContact().Signed) }},
		{"kept card", "kept card", func(b *wirepb.Body) { flip(b.GetKeep().GetCard().Signed) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := sampleNamed(t, test.of)
			b := s.message()
			test.forge(b)
			if _, err := Restore(s.kind, mustMarshal(b)); err != nil {
				t.Fatalf("Restore(forged) = %v, want nil: nothing but arithmetic finds it", err)
			}
			if _, err := s.open(mustMarshal(b)); err == nil {
				t.Error("newRecord(forged) = nil, want an error")
			}
		})
	}
}

func flipRevision(t *testing.T, encoded *[]byte, change func(*wirepb.Revision)) {
	t.Helper()
	var r wirepb.Revision
	if err := unmarshal("revision", *encoded, &r); err != nil {
		t.Fatal(err)
	}
	change(&r)
	*encoded = mustMarshal(&r)
}

// TestMisplaced: what hangs behind a link is what the link names, and an
// answer is to the reply whose secret it came under. SPEC 7.4, 8.4.
func TestMisplaced(t *testing.T) {
	for _, name := range []string{"invitation", "contact card", "answer"} {
		s := sampleNamed(t, name)
		whole, err := encodeBody(s.body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newRecord(NewReader(s.kind, testSecret("another")), whole); err == nil {
			t.Errorf("newRecord(%s under another secret) = nil, want an error", name)
		}
	}
}

// TestUnsigned: a statement that nobody signed cannot be written.
func TestUnsigned(t *testing.T) {
	for _, b := range []Body{&Invitation{}, &Signature{}, &Revoke{}, &ContactCard{}, &Proposal{}, &Counted{}, &Details{}, &Unknown{}, &SealedReply{}} {
		if _, err := encodeBody(b); err == nil {
			t.Errorf("encodeBody(%T made by hand) = nil, want an error", b)
		}
	}
}

// TestNoRandomness: what has to be random is not made without.
func TestNoRandomness(t *testing.T) {
	if _, err := NewInboxKey(failingReader{}); err == nil {
		t.Error("NewInboxKey without randomness = nil, want an error")
	}
	if _, err := NewDetails(failingReader{}, "here", nil); err == nil {
		t.Error("NewDetails without randomness = nil, want an error")
	}
	if _, err := NewNonce(failingReader{}); err == nil {
		t.Error("NewNonce without randomness = nil, want an error")
	}
}

// TestNewContactCard is SPEC 9.3: what is not signed, and that the hour at
// which a card was made is not told.
func TestNewContactCard(t *testing.T) {
	s, inbox, key := testIdentity(t, "ana").PersonKey(), testSecret("inbox"), testInboxKey(t, "card")
	c, err := NewContactCard(s, "", inbox, key, noon)
	if err != nil || !c.Issued.Equal(DayOf(noon).Time()) {
		t.Errorf("NewContactCard = issued %v, %v, want %v", c.Issued, err, DayOf(noon).Time())
	}
	if _, err := NewContactCard(s, times(101), inbox, key, noon); err == nil {
		t.Error("NewContactCard(name of 101 bytes) = nil, want an error")
	}
	if _, err := NewContactCard(s, "", Secret{}, key, noon); err == nil {
		t.Error("NewContactCard(no inbox) = nil, want an error")
	}
	if _, err := NewContactCard(s, "", inbox, InboxKey{}, noon); err == nil {
		t.Error("NewContactCard(no key) = nil, want an error")
	}
}

// TestSilence: what holds a secret does not show it when printed.
func TestSilence(t *testing.T) {
	key := testInboxKey(t, "silent")
	for _, got := range []string{sprintAll(key), sprintAll(&key)} {
		if strings.Contains(got, "{") || strings.Contains(got, "[") {
			t.Errorf("inbox key prints as %q, want a placeholder", got)
		}
	}
}

// sprintAll prints v in all the ways that show what is inside.
func sprintAll(v any) string { return fmt.Sprintf("%v %+v %s %x %d", v, v, v, v, v) }
