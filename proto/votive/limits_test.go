package votive

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"votive/proto/internal/wirepb"
)

// spoil is one change to a sample, and what is said of it; nothing where it is
// good as it is.
type spoil struct {
	name   string
	change func(*wirepb.Body)
	want   string
}

// The changes of spoils, by what they change.

func inRevision(change func(*wirepb.Revision)) func(*wirepb.Body) {
	return func(b *wirepb.Body) {
		var r wirepb.Revision
		p := b.GetKind().(*wirepb.Body_Proposal)
		if err := proto.Unmarshal(p.Proposal, &r); err != nil {
			panic(err)
		}
		change(&r)
		p.Proposal = mustMarshal(&r)
	}
}

func inCard(change func(*wirepb.Card)) func(*wirepb.Body) {
	return inRevision(func(r *wirepb.Revision) { change(r.GetCard()) })
}

func inGenesis(change func(*wirepb.Genesis)) func(*wirepb.Body) {
	return inRevision(func(r *wirepb.Revision) {
		var g wirepb.Genesis
		if err := proto.Unmarshal(r.GetGenesis(), &g); err != nil {
			panic(err)
		}
		change(&g)
		r.Genesis, r.Parents = mustMarshal(&g), [][]byte{of32(9)}
	})
}

func inStatement(change func(*wirepb.Statement)) func(*wirepb.Body) {
	return func(b *wirepb.Body) {
		var st wirepb.Statement
		if err := proto.Unmarshal(b.GetSigned().GetPayload(), &st); err != nil {
			panic(err)
		}
		change(&st)
		b.GetSigned().Payload = mustMarshal(&st)
	}
}

func inInvitation(change func(*wirepb.Invitation)) func(*wirepb.Body) {
	return inStatement(func(st *wirepb.Statement) { change(st.GetInvitation()) })
}

func inContact(change func(*wirepb.ContactCard)) func(*wirepb.Body) {
	return inStatement(func(st *wirepb.Statement) { change(st.GetContact()) })
}

func inDetails(change func(*wirepb.Details)) func(*wirepb.Body) {
	return func(b *wirepb.Body) {
		var d wirepb.Details
		k := b.GetKind().(*wirepb.Body_Details)
		if err := proto.Unmarshal(k.Details, &d); err != nil {
			panic(err)
		}
		change(&d)
		k.Details = mustMarshal(&d)
	}
}

// of32 is 32 times the same byte.
func of32(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// times is so many times the same letter.
func times(n int) string { return strings.Repeat("x", n) }

// checkSpoils tries every change on the sample of that name.
func checkSpoils(t *testing.T, of string, spoils []spoil) {
	t.Helper()
	s := sampleNamed(t, of)
	for _, sp := range spoils {
		t.Run(sp.name, func(t *testing.T) {
			b := s.message()
			sp.change(b)
			whole := mustMarshal(b)
			_, err := Restore(s.kind, whole)
			if err == nil != (sp.want == "") || err != nil && !strings.Contains(err.Error(), sp.want) {
				t.Errorf("Restore = %v, want %q", err, sp.want)
			}
			if sp.want == "" {
				return
			}
			if _, err := s.open(whole); err == nil {
				t.Error("newRecord = nil, want an error")
			}
		})
	}
}

// TestCardLimits is SPEC 6.1 and 6.2.
func TestCardLimits(t *testing.T) {
	list := func(n int, s string) []string {
		var all []string
		for range n {
			all = append(all, s)
		}
		return all
	}
	link := func(n int) string { return "https://" + times(n-8) }
	checkSpoils(t, "proposal", []spoil{
		{"no card", inRevision(func(r *wirepb.Revision) { r.Card = nil }), "title of 0 bytes"},
		{"no title", inCard(func(c *wirepb.Card) { c.Title = "" }), "title of 0 bytes, want 1 to 200"},
		{"title of 200", inCard(func(c *wirepb.Card) { c.Title = times(200) }), ""},
		{"title of 201", inCard(func(c *wirepb.Card) { c.Title = times(201) }), "title of 201 bytes, want 1 to 200"},
		{"title of 67 signs, 201 bytes", inCard(func(c *wirepb.Card) { c.Title = strings.Repeat("六", 67) }), "title of 201 bytes"},
		{"text of 2400", inCard(func(c *wirepb.Card) { c.Text = times(2400) }), ""},
		{"text of 2401", inCard(func(c *wirepb.Card) { c.Text = times(2401) }), "text of 2401 bytes, want 0 to 2400"},
		{"city of 100", inCard(func(c *wirepb.Card) { c.City = times(100) }), ""},
		{"city of 101", inCard(func(c *wirepb.Card) { c.City = times(101) }), "city of 101 bytes, want 0 to 100"},
		{"reason of 500", inCard(func(c *wirepb.Card) { c.Reason = times(500) }), ""},
		{"reason of 501", inCard(func(c *wirepb.Card) { c.Reason = times(501) }), "reason of 501 bytes, want 0 to 500"},
		{"language of 35", inCard(func(c *wirepb.Card) { c.Language = times(35) }), ""},
		{"language of 36", inCard(func(c *wirepb.Card) { c.Language = times(36) }), "language of 36 bytes, want 0 to 35"},
		{"language with a space", inCard(func(c *wirepb.Card) { c.Language = "zh HK" }), "not of letters"},
		{"language with an underscore", inCard(func(c *wirepb.Card) { c.Language = "zh_HK" }), "not of letters"},
		{"16 tags of 50", inCard(func(c *wirepb.Card) { c.Tags = list(16, times(50)) }), ""},
		{"17 tags", inCard(func(c *wirepb.Card) { c.Tags = list(17, "x") }), "17 tags, want at most 16"},
		{"tag of 51", inCard(func(c *wirepb.Card) { c.Tags = list(1, times(51)) }), "tag of 51 bytes, want 1 to 50"},
		{"tag of nothing", inCard(func(c *wirepb.Card) { c.Tags = list(2, "") }), "tag of 0 bytes, want 1 to 50"},
		{"8 links of 300", inCard(func(c *wirepb.Card) { c.Links = list(8, link(300)) }), ""},
		{"9 links", inCard(func(c *wirepb.Card) { c.Links = list(9, link(20)) }), "9 of links, want at most 8"},
		{"link of 301", inCard(func(c *wirepb.Card) { c.Links = list(1, link(301)) }), "links of 301 bytes, want 1 to 300"},
		{"link without encryption", inCard(func(c *wirepb.Card) { c.Links = list(1, "http://example.org/") }), "does not begin with https://"},
		{"link that is a script", inCard(func(c *wirepb.Card) { c.Links = list(1, "javascript:alert(1)") }), "does not begin with https://"},
		{"link in capitals", inCard(func(c *wirepb.Card) { c.Links = list(1, "HTTPS://example.org/") }), "does not begin with https://"},
		{"capacity of 100000", inCard(func(c *wirepb.Card) { c.Capacity = 100_000 }), ""},
		{"capacity of 100001", inCard(func(c *wirepb.Card) { c.Capacity = 100_001 }), "capacity of 100001, want 0 to 100000"},
		{"capacity of 2^32-1", inCard(func(c *wirepb.Card) { c.Capacity = 1<<32 - 1 }), "want 0 to 100000"},
		{"status 3", inCard(func(c *wirepb.Card) { c.Status = 3 }), "status 3 is not known"},
		{"status -1", inCard(func(c *wirepb.Card) { c.Status = -1 }), "status -1 is not known"},
		{"status 256", inCard(func(c *wirepb.Card) { c.Status = 256 }), "status 256 is not known"},
		{"answers 3", inCard(func(c *wirepb.Card) { c.Answers = 3 }), "answers 3 is not known"},
		{"answered by 3 of 3", inCard(func(c *wirepb.Card) { c.AnsweredBy = 3 }), "answered by organizer 3 of 3"},
		{"answered by 2^32-1", inCard(func(c *wirepb.Card) { c.AnsweredBy = 1<<32 - 1 }), "answered by organizer"},
		{"inbox of 31", inCard(func(c *wirepb.Card) { c.Inbox = c.Inbox[:31] }), "inbox of 31 bytes, want 32"},
		{"inbox of zeros", inCard(func(c *wirepb.Card) { c.Inbox = of32(0) }), "inbox of zeros"},
		{"no inbox", inCard(func(c *wirepb.Card) { c.Inbox = nil }), ""},
		{"details of 33", inCard(func(c *wirepb.Card) { c.Details = append(c.Details, 0) }), "details of 33 bytes, want 32"},
		{"no organizers", inCard(func(c *wirepb.Card) { c.Organizers = nil }), "0 organizers, want 1 to 5"},
		{"an organizer twice", inCard(func(c *wirepb.Card) { c.Organizers[1] = c.Organizers[0] }), "not ascending and distinct"},
		{"organizers out of order", inCard(func(c *wirepb.Card) { c.Organizers[1], c.Organizers[0] = c.Organizers[0], c.Organizers[1] }), "not ascending and distinct"},
		{"organizer's key of 31", inCard(func(c *wirepb.Card) { c.Organizers[0].Key = c.Organizers[0].Key[:31] }), "organizer's key of 31 bytes"},
		{"by of 100", inCard(func(c *wirepb.Card) { c.Organizers[0].By = times(100) }), ""},
		{"by of 101", inCard(func(c *wirepb.Card) { c.Organizers[0].By = times(101) }), "goes by of 101 bytes, want 0 to 100"},
		{"identity of 33", inCard(func(c *wirepb.Card) { c.Organizers[1].Attestation.Identity = append(of32(1), 1) }), "attesting identity of 33 bytes"},
		{"identity of zeros", inCard(func(c *wirepb.Card) { c.Organizers[1].Attestation.Identity = of32(0) }), "attesting identity of zeros"},
		{"attestation of 63", inCard(func(c *wirepb.Card) { c.Organizers[1].Attestation.Signature = make([]byte, 63) }), "attestation of 63 bytes, want 64"},
		{"no start", inCard(func(c *wirepb.Card) { c.Start = nil }), "no start"},
		{"empty start", inCard(func(c *wirepb.Card) { c.Start = &wirepb.Time{} }), "is not of the form"},
		{"no end", inCard(func(c *wirepb.Card) { c.End = nil }), ""},
		{"end before start", inCard(func(c *wirepb.Card) { c.End.Local = "2027-06-04T19:59:59" }), "is before start"},
		{"end at start", inCard(func(c *wirepb.Card) { c.End.Local = c.Start.Local }), ""},
		{"end before start by the offset", inCard(func(c *wirepb.Card) {
			c.End = c.Start
			c.End = &wirepb.Time{Local: c.Start.Local, Zone: "Asia/Tokyo", Offset: 32400}
		}), "is before start"},
		{"end of another form", inCard(func(c *wirepb.Card) { c.End = &wirepb.Time{Local: "2027-06-05"} }), "end is date and start is zoned"},
	})
}

// TestRevisionLimits is SPEC 5.1-5.4.
func TestRevisionLimits(t *testing.T) {
	ids := func(n int) [][]byte {
		var all [][]byte
		for i := range n {
			all = append(all, of32(byte(i+1)))
		}
		return all
	}
	checkSpoils(t, "proposal", []spoil{
		{"not a revision", func(b *wirepb.Body) { b.GetKind().(*wirepb.Body_Proposal).Proposal = []byte{0xff} }, "revision of 1 bytes"},
		{"no genesis", inRevision(func(r *wirepb.Revision) { r.Genesis = nil }), "genesis' nonce of 0 bytes"},
		{"genesis that is none", inRevision(func(r *wirepb.Revision) { r.Genesis = []byte{0xff} }), "genesis of 1 bytes"},
		{"nonce of 31", inGenesis(func(g *wirepb.Genesis) { g.Nonce = g.Nonce[:31] }), "nonce of 31 bytes"},
		{"no founders", inGenesis(func(g *wirepb.Genesis) { g.Founders = nil }), "0 founders, want 1 to 5"},
		{"6 founders", inGenesis(func(g *wirepb.Genesis) { g.Founders = ids(6) }), "6 founders, want 1 to 5"},
		{"a founder twice", inGenesis(func(g *wirepb.Genesis) { g.Founders[1] = g.Founders[0] }), "not ascending and distinct"},
		{"founder of 31", inGenesis(func(g *wirepb.Genesis) { g.Founders[0] = g.Founders[0][:31] }), "founder of 31 bytes"},
		{"5 founders", inGenesis(func(g *wirepb.Genesis) { g.Founders = ids(5) }), ""},
		{"no parents", inRevision(func(r *wirepb.Revision) { r.Parents = nil }), "0 parents, want 1 to 8"},
		{"8 parents", inRevision(func(r *wirepb.Revision) { r.Parents = ids(8) }), ""},
		{"9 parents", inRevision(func(r *wirepb.Revision) { r.Parents = ids(9) }), "9 parents, want 1 to 8"},
		{"a parent twice", inRevision(func(r *wirepb.Revision) { r.Parents = append(ids(1), ids(1)...) }), "not ascending and distinct"},
		{"parent of 33", inRevision(func(r *wirepb.Revision) { r.Parents[0] = append(r.Parents[0], 0) }), "parent of 33 bytes"},
		{"the event and another parent", inRevision(func(r *wirepb.Revision) { r.Parents = [][]byte{of32(0), r.Parents[0]} }), "first revision with 2 parents"},
		{"a founder is no organizer", inCard(func(c *wirepb.Card) { c.Organizers, c.AnsweredBy = c.Organizers[1:], 0 }), "who are not its 3 founders"},
		{"16 instead", inRevision(func(r *wirepb.Revision) { r.Instead = ids(16) }), ""},
		{"17 instead", inRevision(func(r *wirepb.Revision) { r.Instead = ids(17) }), "17 revisions named in instead, want 0 to 16"},
		{"instead out of order", inRevision(func(r *wirepb.Revision) { r.Instead = [][]byte{of32(2), of32(1)} }), "not ascending and distinct"},
		{"instead of 1", inRevision(func(r *wirepb.Revision) { r.Instead = [][]byte{{1}} }), "instead of 1 bytes"},
		{"moved_to of 16", inRevision(func(r *wirepb.Revision) { r.MovedTo = make([]byte, 16) }), "moved_to of 16 bytes"},
		{"moved_to of zeros", inRevision(func(r *wirepb.Revision) { r.MovedTo = of32(0) }), "moved_to of zeros"},
	})
	marks := func(n int) []*wirepb.Mark {
		var all []*wirepb.Mark
		for _, id := range ids(n) {
			all = append(all, &wirepb.Mark{Key: id, Signature: make([]byte, 64)})
		}
		return all
	}
	checkSpoils(t, "counted", []spoil{
		{"no revision", func(b *wirepb.Body) { b.GetCounted().Revision = nil }, "genesis' nonce of 0 bytes"},
		{"no marks", func(b *wirepb.Body) { b.GetCounted().Marks = nil }, "0 marks, want 1 to 40"},
		{"40 marks", func(b *wirepb.Body) { b.GetCounted().Marks = marks(40) }, ""},
		{"41 marks", func(b *wirepb.Body) { b.GetCounted().Marks = marks(41) }, "41 marks, want 1 to 40"},
		{"a mark twice", func(b *wirepb.Body) { b.GetCounted().Marks[1] = b.GetCounted().Marks[0] }, "not ascending and distinct"},
		{"mark by a key of 31", func(b *wirepb.Body) { b.GetCounted().Marks[1].Key = make([]byte, 31) }, "key of a mark of 31 bytes"},
		{"mark of 65", func(b *wirepb.Body) { b.GetCounted().Marks[1].Signature = make([]byte, 65) }, "mark of 65 bytes, want 64"},
	})
}

// TestSignedLimits is SPEC 4.2, 4.3, 7.1, 7.6 and 9.3.
func TestSignedLimits(t *testing.T) {
	checkSpoils(t, "signature", []spoil{
		{"author of 31", func(b *wirepb.Body) { b.GetSigned().Author = make([]byte, 31) }, "author of 31 bytes"},
		{"no statement", func(b *wirepb.Body) { b.GetSigned().Payload = nil }, "statement of 0 bytes, want 1 to 8192"},
		{"statement of 8193", func(b *wirepb.Body) { b.GetSigned().Payload = make([]byte, 8193) }, "statement of 8193 bytes, want 1 to 8192"},
		{"not a statement", func(b *wirepb.Body) { b.GetSigned().Payload = []byte{0xff} }, "statement of 1 bytes"},
		{"signature of 63", func(b *wirepb.Body) { b.GetSigned().Signature = make([]byte, 63) }, "signature of 63 bytes, want 64"},
		{"no revision", inStatement(func(st *wirepb.Statement) { st.GetSignature().Revision = nil }), "signed revision of 0 bytes"},
		{"an attest", inStatement(func(st *wirepb.Statement) {
			st.Kind = &wirepb.Statement_Attest{Attest: &wirepb.Attest{Event: of32(1), Key: of32(1)}}
		}), "an attest by itself does not count"},
	})
	checkSpoils(t, "revoke", []spoil{
		{"event of 1", inStatement(func(st *wirepb.Statement) { st.GetRevoke().Event = []byte{1} }), "event of a revoke of 1 bytes"},
		{"invite of 0", inStatement(func(st *wirepb.Statement) { st.GetRevoke().Invite = nil }), "invite of a revoke of 0 bytes"},
	})
	checkSpoils(t, "invitation on the desk", []spoil{
		{"to nothing", inInvitation(func(i *wirepb.Invitation) { i.Event = nil }), "to neither"},
		{"to both", inInvitation(func(i *wirepb.Invitation) { i.Circle = of32(1) }), "to an event and a circle"},
		{"event of 31", inInvitation(func(i *wirepb.Invitation) { i.Event = of32(1)[:31] }), "event of an invitation of 31 bytes"},
		{"event of zeros", inInvitation(func(i *wirepb.Invitation) { i.Event = of32(0) }), "event of an invitation of zeros"},
		{"no secret", inInvitation(func(i *wirepb.Invitation) { i.Secret = nil }), "secret of an invitation: secret of 0 bytes"},
		{"secret of zeros", inInvitation(func(i *wirepb.Invitation) { i.Secret = of32(0) }), "secret of an invitation: secret of zeros"},
		{"invite of 33", inInvitation(func(i *wirepb.Invitation) { i.Invite = append(i.Invite, 1) }), "invite secret: secret of 33 bytes"},
		{"no expiry", inInvitation(func(i *wirepb.Invitation) { i.Expires = 0 }), "expiry of an invitation at 0 seconds"},
		{"expiry in 1999", inInvitation(func(i *wirepb.Invitation) { i.Expires = 946684799 }), "expiry of an invitation at 946684799 seconds"},
		{"expiry in 2000", inInvitation(func(i *wirepb.Invitation) { i.Expires = 946684800 }), ""},
		{"expiry in 2100", inInvitation(func(i *wirepb.Invitation) { i.Expires = 4133980799 }), ""},
		{"expiry in 2101", inInvitation(func(i *wirepb.Invitation) { i.Expires = 4133980800 }), "expiry of an invitation at 4133980800 seconds"},
		{"expiry at the end of time", inInvitation(func(i *wirepb.Invitation) { i.Expires = 1<<63 - 1 }), "expiry of an invitation"},
		{"100000 uses", inInvitation(func(i *wirepb.Invitation) { i.Uses = 100_000 }), ""},
		{"100001 uses", inInvitation(func(i *wirepb.Invitation) { i.Uses = 100_001 }), "uses of 100001, want 0 to 100000"},
		{"role 2", inInvitation(func(i *wirepb.Invitation) { i.Role = 2 }), "role 2 is not known"},
		{"a name", inInvitation(func(i *wirepb.Invitation) { i.Name = "x" }), "name in an invitation to an event of 1 bytes"},
	})
	checkSpoils(t, "invitation to a circle", []spoil{
		{"another circle", inInvitation(func(i *wirepb.Invitation) { i.Circle = of32(1) }), "has the secret of"},
		{"no name", inInvitation(func(i *wirepb.Invitation) { i.Name = "" }), "name of a circle of 0 bytes, want 1 to 100"},
		{"name of 100", inInvitation(func(i *wirepb.Invitation) { i.Name = times(101) }), "name of a circle of 101 bytes"},
	})
	checkSpoils(t, "contact card", []spoil{
		{"name of 101", inContact(func(c *wirepb.ContactCard) { c.Name = times(101) }), "name of 101 bytes, want 0 to 100"},
		{"no inbox", inContact(func(c *wirepb.ContactCard) { c.InboxSecret = nil }), "inbox secret: secret of 0 bytes"},
		{"key of 1215", inContact(func(c *wirepb.ContactCard) { c.InboxKey = c.InboxKey[1:] }), "key of an inbox of 1215 bytes, want 1216"},
		{"issued at an hour", inContact(func(c *wirepb.ContactCard) { c.Issued += 3600 }), "want a multiple of 86400"},
		{"issued in 1970", inContact(func(c *wirepb.ContactCard) { c.Issued = 86400 }), "issue of a contact card at 86400 seconds"},
	})
}

// TestUnsignedLimits is SPEC 6.5, 6.6, 8.1 and 8.4.
func TestUnsignedLimits(t *testing.T) {
	link := "https://" + times(292)
	checkSpoils(t, "details", []spoil{
		{"not details", func(b *wirepb.Body) { b.GetKind().(*wirepb.Body_Details).Details = []byte{0xff} }, "details of 1 bytes"},
		{"salt of 31", inDetails(func(d *wirepb.Details) { d.Salt = make([]byte, 31) }), "salt of details of 31 bytes, want 32"},
		{"place of 500", inDetails(func(d *wirepb.Details) { d.Place = times(500) }), ""},
		{"place of 501", inDetails(func(d *wirepb.Details) { d.Place = times(501) }), "place of 501 bytes, want 0 to 500"},
		{"4 links", inDetails(func(d *wirepb.Details) { d.Join = []string{"https://", "https://", "https://", "https://"} }), ""},
		{"5 links", inDetails(func(d *wirepb.Details) { d.Join = []string{"https://", "https://", "https://", "https://", "https://"} }), "5 of links to join, want at most 4"},
		{"link of 301", inDetails(func(d *wirepb.Details) { d.Join = []string{link + "x"} }), "links to join of 301 bytes"},
		{"link to nothing", inDetails(func(d *wirepb.Details) { d.Join = []string{"", "x"} }), "links to join of 0 bytes"},
		{"a file to join", inDetails(func(d *wirepb.Details) { d.Join = []string{"file:///etc/passwd"} }), "does not begin with https://"},
		{"1025 bytes", inDetails(func(d *wirepb.Details) { d.Place, d.Join = times(382), []string{link, link} }), "details of 1025 bytes, want 1 to 1024"},
		{"1024 bytes", inDetails(func(d *wirepb.Details) { d.Place, d.Join = times(381), []string{link, link} }), ""},
	})
	checkSpoils(t, "inbox", []spoil{
		{"event of 0", func(b *wirepb.Body) { b.GetInbox().Event = nil }, "event of an inbox of 0 bytes"},
		{"key of 1217", func(b *wirepb.Body) { b.GetInbox().Key = make([]byte, 1217) }, "key of an inbox of 1217 bytes, want 1216"},
	})
	checkSpoils(t, "reply", []spoil{
		{"inbox of 31", func(b *wirepb.Body) { b.GetReply().Inbox = make([]byte, 31) }, "inbox of a sealed reply of 31 bytes"},
		{"2671 bytes", func(b *wirepb.Body) { b.GetReply().Sealed = b.GetReply().Sealed[1:] }, "sealed reply of 2671 bytes, want 2672"},
	})
	checkSpoils(t, "answer", []spoil{
		{"event of 1", func(b *wirepb.Body) { b.GetAnswer().Event = []byte{1} }, "event of an answer of 1 bytes"},
		{"reply of 0", func(b *wirepb.Body) { b.GetAnswer().Reply = nil }, "reply of an answer of 0 bytes"},
		{"admission 4", func(b *wirepb.Body) { b.GetAnswer().Admission = 4 }, "admission 4 is not known"},
		{"no details", func(b *wirepb.Body) { b.GetAnswer().Details = nil }, ""},
		{"details without salt", func(b *wirepb.Body) { b.GetAnswer().Details = mustMarshal(&wirepb.Details{Place: "x"}) }, "salt of details of 0 bytes"},
		{"details of 1025", func(b *wirepb.Body) {
			b.GetAnswer().Details = mustMarshal(&wirepb.Details{Salt: of32(1), Place: times(382), Join: []string{link, link}})
		}, "details of 1025 bytes"},
		{"note of 500", func(b *wirepb.Body) { b.GetAnswer().Note = times(500) }, ""},
		{"note of 501", func(b *wirepb.Body) { b.GetAnswer().Note = times(501) }, "note of 501 bytes, want 0 to 500"},
	})
}

// TestKeepLimits is SPEC 9.4.
func TestKeepLimits(t *testing.T) {
	checkSpoils(t, "kept circle", []spoil{
		{"no secret", func(b *wirepb.Body) { b.GetKeep().GetCircle().Secret = nil }, "secret of a circle: secret of 0 bytes"},
		{"name of 101", func(b *wirepb.Body) { b.GetKeep().GetCircle().Name = times(101) }, "name of a circle of 101 bytes"},
		{"issuer of 31", func(b *wirepb.Body) { b.GetKeep().GetCircle().Issuer = make([]byte, 31) }, "issuer of 31 bytes"},
	})
	signature := sampleNamed(t, "signature").body.(*Signature)
	another := sampleNamed(t, "invitation to a circle").body.(*Invitation)
	checkSpoils(t, "kept event", []spoil{
		{"no event", func(b *wirepb.Body) { b.GetKeep().GetEvent().Event = nil }, "event of 0 bytes"},
		{"no secret", func(b *wirepb.Body) { b.GetKeep().GetEvent().Secret = nil }, "secret of an event: secret of 0 bytes"},
		{"circle of 1", func(b *wirepb.Body) { b.GetKeep().GetEvent().Circle = []byte{1} }, "secret of a circle: secret of 1 bytes"},
		{"nonce of 1", func(b *wirepb.Body) { b.GetKeep().GetEvent().Nonce = []byte{1} }, "nonce of 1 bytes"},
		{"desk of zeros", func(b *wirepb.Body) { b.GetKeep().GetEvent().Desk = of32(0) }, "secret of a desk: secret of zeros"},
		{"details that are none", func(b *wirepb.Body) { b.GetKeep().GetEvent().Details = []byte{1} }, "details of 1 bytes"},
		{"invitation that is a signature", func(b *wirepb.Body) { b.GetKeep().GetEvent().Invitation = mustMarshal(signature.message()) }, "kept statement is a *votive.Signature"},
		{"invitation to something else", func(b *wirepb.Body) { b.GetKeep().GetEvent().Invitation = mustMarshal(another.message()) }, "kept with an invitation to"},
		{"attest to all", func(b *wirepb.Body) { b.GetKeep().GetEvent().Attest = "all" }, "attest to \"all\", want invited, circle or nobody"},
		{"a guest", func(b *wirepb.Body) {
			e := b.GetKeep().GetEvent()
			e.Nonce, e.Desk, e.Circle, e.Details, e.Invitation, e.Attest = nil, nil, nil, nil, nil, ""
		}, ""},
	})
	checkSpoils(t, "kept invitation", []spoil{
		{"none", func(b *wirepb.Body) { b.GetKeep().GetInvite().Signed = nil }, "author of 0 bytes"},
		{"made in 1970", func(b *wirepb.Body) { b.GetKeep().GetInvite().Made = 1 }, "making of an invitation at 1 seconds"},
	})
	checkSpoils(t, "kept reply", []spoil{
		{"none", func(b *wirepb.Body) { b.GetKeep().GetReply().Reply = nil }, "event of a reply of 0 bytes"},
		{"party of 101", func(b *wirepb.Body) { b.GetKeep().GetReply().Reply.Party = 101 }, "party of 101, want 0 to 100"},
		{"inbox of 1", func(b *wirepb.Body) { b.GetKeep().GetReply().Inbox = []byte{1} }, "inbox of a reply of 1 bytes"},
		{"invite of 1", func(b *wirepb.Body) { b.GetKeep().GetReply().Invite = []byte{1} }, "invite secret: secret of 1 bytes"},
		{"secret of 1", func(b *wirepb.Body) { b.GetKeep().GetReply().Secret = []byte{1} }, "secret of an event: secret of 1 bytes"},
	})
	checkSpoils(t, "kept contact", []spoil{
		{"none", func(b *wirepb.Body) { b.GetKeep().GetContact().Signed = nil }, "author of 0 bytes"},
		{"an invitation", func(b *wirepb.Body) { b.GetKeep().GetContact().Signed = mustMarshal(another.message()) }, "kept statement is a *votive.Invitation"},
		{"petname of 101", func(b *wirepb.Body) { b.GetKeep().GetContact().Petname = times(101) }, "petname of 101 bytes"},
	})
	checkSpoils(t, "kept card", []spoil{
		{"none", func(b *wirepb.Body) { b.GetKeep().GetCard().Signed = nil }, "author of 0 bytes"},
		{"seed of 1", func(b *wirepb.Body) { b.GetKeep().GetCard().Seed = []byte{1} }, "secret of 1 bytes"},
	})
	checkSpoils(t, "kept inbox", []spoil{
		{"no event", func(b *wirepb.Body) { b.GetKeep().GetInbox().Event = nil }, "event of an inbox of 0 bytes"},
		{"no seed", func(b *wirepb.Body) { b.GetKeep().GetInbox().Seed = nil }, "secret of 0 bytes"},
	})
	checkSpoils(t, "kept link", []spoil{
		{"none", func(b *wirepb.Body) { b.GetKeep().GetLink().Link = nil }, "link of 0 bytes"},
		{"since ever", func(b *wirepb.Body) { b.GetKeep().GetLink().Since = -1 }, "receipt of a link at -1 seconds"},
	})
}
