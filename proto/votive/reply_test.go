package votive

import (
	"bytes"
	"crypto/hpke"
	"encoding/binary"
	"strings"
	"testing"
)

// TestReplySealed: a reply comes out as it went in, for the holder of that
// inbox of that event and for nobody else. SPEC 8.1.
func TestReplySealed(t *testing.T) {
	event, other := ID{1}, ID{2}
	key, wrong := testInboxKey(t, "right"), testInboxKey(t, "wrong")
	want := testReply(event)
	sealed, err := key.Public(event).Seal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := key.Open(event, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID() != want.ID() || got.hash() != want.hash() || !got.Proves(testSecret("invite")) {
		t.Errorf("Open = %+v, want %+v", got, want)
	}
	if got.Event != event || got.Counter != 3 || got.Status != RsvpYes || got.Party != 2 || got.Name != "Dee" || got.Note != "a note" {
		t.Errorf("Open = %+v, want %+v", got, want)
	}

	again, err := key.Public(event).Seal(want)
	if err != nil || bytes.Equal(again.sealed, sealed.sealed) {
		t.Errorf("Seal again = the same bytes, %v, want others", err)
	}
	altered := &SealedReply{Inbox: sealed.Inbox, sealed: bytes.Clone(sealed.sealed)}
	altered.sealed[sealedSize-1] ^= 1
	moved := &SealedReply{Inbox: key.Public(other).Hash(), sealed: sealed.sealed}
	relabelled := &SealedReply{Inbox: wrong.Public(event).Hash(), sealed: sealed.sealed}
	tests := []struct {
		name   string
		key    InboxKey
		event  ID
		sealed *SealedReply
	}{
		{"another inbox", wrong, event, sealed},
		{"another inbox, relabelled", wrong, event, relabelled},
		{"another event", key, other, sealed},
		{"another event, relabelled", key, other, moved},
		{"altered", key, event, altered},
	}
	for _, test := range tests {
		if got, err := test.key.Open(test.event, test.sealed); err == nil {
			t.Errorf("Open(%s) = %+v, want an error", test.name, got)
		}
	}
	if _, err := key.Public(other).Seal(want); err == nil {
		t.Error("Seal(reply to another event) = nil, want an error")
	}
	if _, err := (&Inbox{Event: event, key: bytes.Repeat([]byte{0xff}, inboxKeySize)}).Seal(want); err == nil {
		t.Error("Seal(to what is no key) = nil, want an error")
	}
}

// TestReplyPlaintext is what is inside of a sealed reply. SPEC 8.1, 8.2.
func TestReplyPlaintext(t *testing.T) {
	event := ID{1}
	key := testInboxKey(t, "plain")
	reply, err := testReply(event).encode()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := testReply(ID{2}).encode()
	if err != nil {
		t.Fatal(err)
	}
	pack := func(n int, b []byte, size int) []byte {
		plain := make([]byte, size)
		binary.BigEndian.PutUint16(plain, uint16(n))
		copy(plain[2:], b)
		return plain
	}
	padded := pack(len(reply), reply, replySize)
	padded[replySize-1] = 1
	tests := []struct {
		name  string
		plain []byte
		want  string
	}{
		{"good", pack(len(reply), reply, replySize), ""},
		{"too short", pack(len(reply), reply, replySize-1), "inside, want 1536"},
		{"longer than there is room for", pack(replySize-1, reply, replySize), "want at most 1534"},
		{"padded with something", padded, "want zeros"},
		{"cut short", pack(len(reply)-1, reply[:len(reply)-1], replySize), "reply of"},
		{"nothing", pack(0, nil, replySize), "event of a reply of 0 bytes"},
		{"to another event", pack(len(foreign), foreign, replySize), "in an inbox of event"},
	}
	for _, test := range tests {
		in := key.Public(event)
		public, err := sealKEM.NewPublicKey(in.key)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := hpke.Seal(public, sealKDF, sealAEAD, replyInfo(event, in.Hash()), test.plain)
		if err != nil {
			t.Fatal(err)
		}
		_, err = key.Open(event, &SealedReply{Inbox: in.Hash(), sealed: sealed})
		if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%s) = %v, want %q", test.name, err, test.want)
		}
	}
}

// TestReplyLimits is SPEC 8.2: what is not sealed.
func TestReplyLimits(t *testing.T) {
	event := ID{1}
	plain := Reply{Event: event, Secret: testSecret("reply"), Status: RsvpYes}
	tests := []struct {
		name   string
		change func(*Reply)
		want   string
	}{
		{"a walk-in", func(*Reply) {}, ""},
		{"without a secret", func(r *Reply) { r.Secret = Secret{} }, "without a secret"},
		{"status 3", func(r *Reply) { r.Status = 3 }, "status 3 of a reply is not known"},
		{"party of 100", func(r *Reply) { r.Party = 100 }, ""},
		{"party of 101", func(r *Reply) { r.Party = 101 }, "party of 101, want 0 to 100"},
		{"party of -1", func(r *Reply) { r.Party = -1 }, "party of -1, want 0 to 100"},
		{"name of 100", func(r *Reply) { r.Name = times(100) }, ""},
		{"name of 101", func(r *Reply) { r.Name = times(101) }, "name of 101 bytes"},
		{"name not in UTF-8", func(r *Reply) { r.Name = "\xff" }, "name is not UTF-8"},
		{"note of 500", func(r *Reply) { r.Note = times(500) }, ""},
		{"note of 501", func(r *Reply) { r.Note = times(501) }, "note of 501 bytes"},
		{"as long as can be", func(r *Reply) {
			r.Name, r.Note, r.Party, r.Counter = times(100), times(500), 100, 1<<32-1
			*r = r.WithInvite(testSecret("invite"))
		}, ""},
		{"an invite without a mac", func(r *Reply) { r.Invite = ID{1} }, "mac of a reply of 0 bytes, want 32"},
		{"a mac without an invite", func(r *Reply) { r.mac = make([]byte, 32) }, "mac of a reply of 32 bytes, want 0"},
	}
	inbox := testInboxKey(t, "limits").Public(event)
	for _, test := range tests {
		r := plain
		test.change(&r)
		_, err := inbox.Seal(r)
		if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("Seal(%s) = %v, want %q", test.name, err, test.want)
		}
	}
}

// TestProves: the mac binds the invite to every word of a reply. SPEC 8.2.
func TestProves(t *testing.T) {
	invite := testSecret("invite")
	good := testReply(ID{1})
	if !good.Proves(invite) {
		t.Fatal("Proves = false, want true")
	}
	if good.Proves(testSecret("another")) {
		t.Error("Proves(another invite) = true, want false")
	}
	changes := map[string]func(*Reply){
		"event":   func(r *Reply) { r.Event = ID{2} },
		"secret":  func(r *Reply) { r.Secret = testSecret("another reply") },
		"counter": func(r *Reply) { r.Counter++ },
		"status":  func(r *Reply) { r.Status = RsvpNo },
		"party":   func(r *Reply) { r.Party++ },
		"name":    func(r *Reply) { r.Name += "x" },
		"note":    func(r *Reply) { r.Note = "x" + r.Note },
		"between": func(r *Reply) { r.Name, r.Note = r.Name+r.Note[:1], r.Note[1:] },
		"invite":  func(r *Reply) { r.Invite = InviteHash(testSecret("another")) },
		"mac":     func(r *Reply) { r.mac = bytes.Clone(r.mac); r.mac[0] ^= 1 },
		"no mac":  func(r *Reply) { r.mac = nil },
		"walk-in": func(r *Reply) { r.mac, r.Invite = nil, ID{} },
	}
	for what, change := range changes {
		r := good
		change(&r)
		if r.Proves(invite) {
			t.Errorf("Proves after another %s = true, want false", what)
		}
	}
}

// TestReplyNewer: of several replies with one id the highest counter counts,
// of equal counters the lesser hash. SPEC 8.2.
func TestReplyNewer(t *testing.T) {
	a := Reply{Event: ID{1}, Secret: testSecret("reply"), Counter: 2, Note: "a"}
	b := a
	b.Counter, b.Note = 1, "b"
	if !a.Newer(b) || b.Newer(a) || a.Newer(a) {
		t.Errorf("Newer = %v, %v, %v, want true, false, false", a.Newer(b), b.Newer(a), a.Newer(a))
	}
	b.Counter = 2
	if a.ID() != b.ID() || a.Newer(b) == b.Newer(a) {
		t.Errorf("Newer of equal counters = %v and %v, want one of them", a.Newer(b), b.Newer(a))
	}
	if want := a.hash().Compare(b.hash()) < 0; a.Newer(b) != want {
		t.Errorf("Newer of equal counters = %v, want %v: the lesser hash", a.Newer(b), want)
	}
	c := a
	c.Secret = testSecret("another")
	if a.ID() == c.ID() {
		t.Error("ids of replies with two secrets are equal, want two")
	}
}

// TestReplyWords are what the words of people mean, there and back.
func TestReplyWords(t *testing.T) {
	for r := RsvpNo; r <= RsvpMaybe; r++ {
		if got, err := ParseRsvp(r.String()); err != nil || got != r {
			t.Errorf("ParseRsvp(%q) = %v, %v, want %v", r.String(), got, err, r)
		}
	}
	for a := AnswersAuto; a <= AnswersClosed; a++ {
		if got, err := ParseAnswers(a.String()); err != nil || got != a {
			t.Errorf("ParseAnswers(%q) = %v, %v, want %v", a.String(), got, err, a)
		}
	}
	for r := RoleGuest; r <= RoleOrganizer; r++ {
		if got, err := ParseRole(r.String()); err != nil || got != r {
			t.Errorf("ParseRole(%q) = %v, %v, want %v", r.String(), got, err, r)
		}
	}
	for _, bad := range []string{"", "Yes", "value 3"} {
		if got, err := ParseRsvp(bad); err == nil {
			t.Errorf("ParseRsvp(%q) = %v, want an error", bad, got)
		}
	}
	if got := Admission(9).String(); got != "value 9" {
		t.Errorf("Admission(9) = %q, want %q", got, "value 9")
	}
}
