package votive

import (
	"bytes"
	"fmt"

	"votive/proto/internal/wirepb"
)

// writeLinked is SPEC 7.4.
func writeLinked(c *chapter) {
	f := found("nonce", "ana")
	w := statedBy(seedOf("ana"), encoded(inviting(plainInvitation(f))))
	c.known("link", "invitation behind its link", "7.4", "invitation", linkSecret(w), signedBody(w), lawDigest("votive-record-1", w.Author, w.Payload))
	other := plainInvitation(f)
	other.Uses = 1
	c.unfit("link", "another invitation behind the link", "7.4", linkSecret(w), bodyBy("ana", inviting(other)))
	c.unfit("link", "invitation of another author behind the link", "7.4", linkSecret(w), bodyBy("ben", inviting(plainInvitation(f))))
	card := statedBy(identitySeed("ana"), encoded(introducing(plainContact())))
	c.known("link", "contact card behind its link", "7.4 9.3", "contact", linkSecret(card), signedBody(card), lawDigest("votive-record-1", card.Author, card.Payload))
	c.unfit("link", "contact card behind the link of an invitation", "7.4 9.3", linkSecret(w), signedBody(card))
	c.unfit("link", "contact card behind a random link", "7.4 9.3", seedOf("link"), signedBody(card))
}

// writePlainBodies is SPEC 6.5, 6.6, 8.1 and 9.3, as far as limits go.
func writePlainBodies(c *chapter) {
	f := found("nonce", "ana")
	writeDetails(c)
	key := lawInboxKey(seedOf("inbox"))
	bad := bytes.Repeat([]byte{0xff}, 1216) // no coefficient is that great: FIPS 203, 7.2
	c.unfit("circle", "inbox with a key that is none", "6.6 8.1", seedOf("circle"), inboxBody(f.id, bad))
	for _, n := range []int{0, 1184, 1215, 1217} {
		c.unfit("circle", fmt.Sprintf("inbox with a key of %d bytes", n), "6.6", seedOf("circle"), inboxBody(f.id, append(bytes.Clone(key), 0)[:n]))
	}
	for _, n := range []int{0, 2671, 2673} {
		c.unfit("reply", fmt.Sprintf("sealed reply of %d bytes", n), "8.1", seedOf("reply"), encoded(&wirepb.Body{Kind: &wirepb.Body_Reply{
			Reply: &wirepb.SealedReply{Inbox: seedOf("hash"), Sealed: bytes.Repeat([]byte{7}, n)},
		}}))
	}
	contact := func(change func(*wirepb.ContactCard)) *wirepb.Signed {
		w := plainContact()
		change(w)
		return statedBy(identitySeed("ana"), encoded(introducing(w)))
	}
	fit := func(name string, change func(*wirepb.ContactCard)) {
		w := contact(change)
		c.known("link", name, "1.8 9.3", "contact", linkSecret(w), signedBody(w), lawDigest("votive-record-1", w.Author, w.Payload))
	}
	unfit := func(name string, change func(*wirepb.ContactCard)) {
		w := contact(change)
		c.unfit("link", name, "1.4 1.8 6.6 9.3", linkSecret(w), signedBody(w))
	}
	fit("contact card without a name", func(w *wirepb.ContactCard) { w.Name = "" })
	fit("contact card with a name of 100 bytes", func(w *wirepb.ContactCard) { w.Name = text(100) })
	unfit("contact card with a name of 101 bytes", func(w *wirepb.ContactCard) { w.Name = text(101) })
	fit("contact card issued on 2000-01-01", func(w *wirepb.ContactCard) { w.Issued = firstOf2000 })
	fit("contact card issued on 2100-12-31", func(w *wirepb.ContactCard) { w.Issued = lastOf2100 - 86399 })
	unfit("contact card issued on 1999-12-31", func(w *wirepb.ContactCard) { w.Issued = firstOf2000 - 86400 })
	unfit("contact card issued on 2101-01-01", func(w *wirepb.ContactCard) { w.Issued = lastOf2100 + 1 })
	unfit("contact card issued at an hour", func(w *wirepb.ContactCard) { w.Issued++ })
	unfit("contact card with a key that is none", func(w *wirepb.ContactCard) { w.InboxKey = bad })
	unfit("contact card with an inbox secret of 31 bytes", func(w *wirepb.ContactCard) { w.InboxSecret = w.InboxSecret[:31] })
	unfit("contact card with an inbox secret of zeros", func(w *wirepb.ContactCard) { w.InboxSecret = make([]byte, 32) })
	unfit("contact card with a key of 1,215 bytes", func(w *wirepb.ContactCard) { w.InboxKey = w.InboxKey[:1215] })
}

// The bounds of SPEC 1.8.
const (
	firstOf2000 = 946684800
	lastOf2100  = 4133980799
)

func writeDetails(c *chapter) {
	desk := seedOf("desk")
	body := func(d *wirepb.Details) []byte {
		return encoded(&wirepb.Body{Kind: &wirepb.Body_Details{Details: encoded(d)}})
	}
	link := func(n int) string { return "https://" + text(n-8) }
	salt := seedOf("salt")
	for _, d := range []struct {
		name string
		w    *wirepb.Details
		good bool
	}{
		{"details with a salt alone", &wirepb.Details{Salt: salt}, true},
		{"place of 500 bytes", &wirepb.Details{Salt: salt, Place: text(500)}, true},
		{"place of 501 bytes", &wirepb.Details{Salt: salt, Place: text(501)}, false},
		{"join link of 300 bytes", &wirepb.Details{Salt: salt, Join: []string{link(300)}}, true},
		{"join link of 301 bytes", &wirepb.Details{Salt: salt, Join: []string{link(301)}}, false},
		{"join link of 0 bytes", &wirepb.Details{Salt: salt, Join: []string{""}}, false},
		{"join link of http", &wirepb.Details{Salt: salt, Join: []string{"http://example.org"}}, false},
		{"join link in capitals", &wirepb.Details{Salt: salt, Join: []string{"HTTPS://example.org"}}, false},
		{"4 join links", &wirepb.Details{Salt: salt, Join: []string{link(9), link(9), link(9), link(9)}}, true},
		{"5 join links", &wirepb.Details{Salt: salt, Join: []string{link(9), link(9), link(9), link(9), link(9)}}, false},
		{"details of 1,024 bytes", detailsOf(1024), true},
		{"details of 1,025 bytes", detailsOf(1025), false},
	} {
		if b := body(d.w); d.good {
			c.known("desk", d.name, "6.5", "details", desk, b, lawBodyID(b))
		} else {
			c.unfit("desk", d.name, "6.5", desk, b)
		}
	}
}

// detailsOf is details of n bytes with nothing else past a limit.
func detailsOf(n int) *wirepb.Details {
	d := &wirepb.Details{Salt: seedOf("salt"), Place: text(500), Join: []string{"https://" + text(292), "https://"}}
	d.Join[1] += text(n - len(encoded(d)))
	for len(encoded(d)) > n {
		d.Join[1] = d.Join[1][:len(d.Join[1])-1]
	}
	return d
}

// text is n bytes of text.
func text(n int) string { return string(bytes.Repeat([]byte{'x'}, n)) }
