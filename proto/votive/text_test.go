package votive

import (
	"bytes"
	"strings"
	"testing"

	"votive/proto/internal/wirepb"
)

// TestNotUTF8: every text is refused where it is not UTF-8, in what is read and
// in what is written. SPEC 1.5.
func TestNotUTF8(t *testing.T) {
	const good, bad = "good text", "bad\xff text"
	read := []struct {
		of     string
		change func(*wirepb.Body)
	}{
		{"proposal", inCard(func(c *wirepb.Card) { c.Title = good })},
		{"proposal", inCard(func(c *wirepb.Card) { c.Text = good })},
		{"proposal", inCard(func(c *wirepb.Card) { c.City = good })},
		{"proposal", inCard(func(c *wirepb.Card) { c.Reason = good })},
		{"proposal", inCard(func(c *wirepb.Card) { c.Tags[0] = good })},
		{"proposal", inCard(func(c *wirepb.Card) { c.Links[0] = "https://" + good })},
		{"proposal", inCard(func(c *wirepb.Card) { c.Organizers[0].By = good })},
		{"details", inDetails(func(d *wirepb.Details) { d.Place = good })},
		{"details", inDetails(func(d *wirepb.Details) { d.Join[0] = "https://" + good })},
		{"invitation to a circle", inInvitation(func(i *wirepb.Invitation) { i.Name = good })},
		{"contact card", inContact(func(c *wirepb.ContactCard) { c.Name = good })},
		{"answer", func(b *wirepb.Body) { b.GetAnswer().Note = good }},
		{"kept circle", func(b *wirepb.Body) { b.GetKeep().GetCircle().Name = good }},
		{"kept reply", func(b *wirepb.Body) { b.GetKeep().GetReply().Reply.Note = good }},
		{"kept contact", func(b *wirepb.Body) { b.GetKeep().GetContact().Petname = good }},
	}
	for i, test := range read {
		s := sampleNamed(t, test.of)
		b := s.message()
		test.change(b)
		whole := mustMarshal(b)
		if _, err := Restore(s.kind, whole); err != nil {
			t.Errorf("%d: Restore(%s in UTF-8) = %v, want nil", i, test.of, err)
		}
		whole = bytes.Replace(whole, []byte(good), []byte(bad), 1)
		if _, err := Restore(s.kind, whole); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%d: Restore(%s not in UTF-8) = %v, want an error that says so", i, test.of, err)
		}
	}
	written := []Body{
		&Answer{Event: ID{1}, Reply: ID{1}, Note: bad},
		&KeepCircle{Secret: testSecret("circle"), Name: bad},
	}
	for _, b := range written {
		if _, err := encodeBody(b); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("encodeBody(%T not in UTF-8) = %v, want an error that says so", b, err)
		}
	}
	g := fakeGenesis(t, "bad", fakeKeys(1)...)
	if _, err := NewEvent(g, fakeCard(bad, fakeKeys(1)...)); err == nil || !strings.Contains(err.Error(), "title is not UTF-8") {
		t.Errorf("NewEvent(title not in UTF-8) = %v, want an error that says so", err)
	}
	if _, err := NewDetails(seeded("bad"), bad, nil); err == nil || !strings.Contains(err.Error(), "place is not UTF-8") {
		t.Errorf("NewDetails(place not in UTF-8) = %v, want an error that says so", err)
	}
}
