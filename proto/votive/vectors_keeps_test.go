package votive

import (
	"errors"
	"fmt"

	"votive/proto/internal/wirepb"
)

type ownDiskIn struct {
	Body octets `json:"body"`
}

func doOwnDisk(in ownDiskIn) (recordOut, error) {
	rec, err := Restore(KindSelf, in.Body)
	if err != nil {
		return recordOut{}, err
	}
	id := rec.ID()
	return recordOut{whatIs(rec.Body()), id[:]}, nil
}

type newerKeepOut struct {
	Same   bool   `json:"same"`
	Counts string `json:"counts"`
}

func doNewerKeep(in newerIn) (newerKeepOut, error) {
	a, err := Restore(KindSelf, in.A)
	if err != nil {
		return newerKeepOut{}, badVector{err}
	}
	b, err := Restore(KindSelf, in.B)
	if err != nil {
		return newerKeepOut{}, badVector{err}
	}
	one, ok := a.Body().(Keep)
	other, ok2 := b.Body().(Keep)
	if !ok || !ok2 {
		return newerKeepOut{}, badVector{errors.New("not a keep")}
	}
	if one.About() != other.About() {
		return newerKeepOut{false, "both"}, nil
	}
	out, err := newer(a.Newer(b), b.Newer(a))
	return newerKeepOut{true, out.Counts}, err
}

// keepCase is a Keep of one kind, changed in one place by which it is about
// something else, and in another by which it is not.
type keepCase struct {
	name           string
	sent           bool
	keep           func() *wirepb.Keep
	another, again func(*wirepb.Keep)
}

func keepCases() []keepCase {
	f := found("nonce", "ana")
	event, desk := f.id, seedOf("desk")
	signedBy := func(seed []byte, st *wirepb.Statement) []byte { return encoded(statedBy(seed, encoded(st))) }
	contact := func(name string) []byte {
		w := plainContact()
		w.Name = name
		return signedBy(identitySeed("ana"), introducing(w))
	}
	invited := func(invite string, uses uint32) []byte {
		w := plainInvitation(f)
		w.Invite, w.Uses = seedOf(invite), uses
		return signedBy(seedOf("ana"), inviting(w))
	}
	return []keepCase{
		{"circle", true, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Circle{Circle: &wirepb.KeepCircle{Secret: seedOf("circle"), Name: "june4", Open: true}}}
		}, func(w *wirepb.Keep) { w.GetCircle().Secret = seedOf("another circle") }, func(w *wirepb.Keep) { w.GetCircle().Left = true }},
		{"event", true, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Event{Event: &wirepb.KeepEvent{
				Event: event, Secret: seedOf("x"), Circle: seedOf("circle"), Nonce: seedOf("nonce"), Desk: desk,
				Details: encoded(plainDetails()), Invitation: invited("invite", 0), Opened: true, Attest: "circle", Signed: seedOf("revision"),
			}}}
		}, func(w *wirepb.Keep) { w.GetEvent().Event, w.GetEvent().Invitation = seedOf("event"), nil }, func(w *wirepb.Keep) { w.GetEvent().Desk = nil }},
		{"invite", true, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Invite{Invite: &wirepb.KeepInvite{Signed: invited("invite", 0), Made: 1793836800}}}
		}, func(w *wirepb.Keep) { w.GetInvite().Signed = invited("another invite", 0) }, func(w *wirepb.Keep) { w.GetInvite().Signed = invited("invite", 1) }},
		{"reply", true, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Reply{Reply: &wirepb.KeepReply{
				Reply: withInvite(plainReply(event), seedOf("invite")), Inbox: seedOf("hash"), Invite: seedOf("invite"),
			}}}
		}, func(w *wirepb.Keep) { w.GetReply().Reply.Event = seedOf("event") }, func(w *wirepb.Keep) { w.GetReply().Reply.Secret = seedOf("another reply") }},
		{"contact", true, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Contact{Contact: &wirepb.KeepContact{Signed: contact("Ana"), Petname: "Anna", Verified: true}}}
		}, func(w *wirepb.Keep) {
			w.GetContact().Signed = signedBy(identitySeed("ben"), introducing(plainContact()))
		}, func(w *wirepb.Keep) { w.GetContact().Signed = contact("Anna") }},
		{"card", true, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Card{Card: &wirepb.KeepCard{Signed: contact("Ana"), Seed: seedOf("inbox")}}}
		}, func(w *wirepb.Keep) { w.GetCard().Signed = contact("Anna") }, func(w *wirepb.Keep) { w.GetCard().Seed = seedOf("another inbox") }},
		{"inbox", false, func() *wirepb.Keep {
			return &wirepb.Keep{Kind: &wirepb.Keep_Inbox{Inbox: &wirepb.KeepInbox{Event: event, Seed: seedOf("inbox")}}}
		}, func(w *wirepb.Keep) { w.GetInbox().Event = seedOf("event") }, func(*wirepb.Keep) {}},
		{"link", false, func() *wirepb.Keep {
			b := append(append([]byte{1}, seedOf("link")...), 0)
			b = append(b, lawDigest("votive-link-check-1", b)[:4]...)
			return &wirepb.Keep{Kind: &wirepb.Keep_Link{Link: &wirepb.KeepLink{Link: b, Since: 1793836800}}}
		}, nil, func(w *wirepb.Keep) { w.GetLink().Since++ }},
	}
}

// writeKeeps is SPEC 9.4.
func writeKeeps(c *chapter) {
	self := seedOf("self")
	for _, k := range keepCases() {
		of := func(counter uint32, change func(*wirepb.Keep)) []byte {
			w := k.keep()
			w.Counter = counter
			change(w)
			return keepBodyOf(w)
		}
		same := func(*wirepb.Keep) {}
		b := of(1, same)
		if k.sent {
			c.known("self", k.name+" to oneself", "9.4", "keep", self, b, lawBodyID(b))
		} else {
			c.unfit("self", k.name+" sent", "9.4", self, b)
		}
		c.accept("own-disk", k.name+" on the own disk", "9.4", ownDiskIn{b}, recordOut{"keep", lawBodyID(b)})
		newer := func(name string, a, b []byte, want newerKeepOut) {
			c.accept("newer-keep", k.name+", "+name, "9.4", newerIn{a, b}, want)
		}
		newer("counters 1 and 2", b, of(2, k.again), newerKeepOut{true, "b"})
		newer("counters 300 and 2", of(300, k.again), of(2, same), newerKeepOut{true, "a"})
		newer("one and the same", b, b, newerKeepOut{true, "either"})
		if again := of(1, k.again); string(again) != string(b) {
			newer("equal counters", b, again, newerKeepOut{true, lesser(lawBodyID(b), lawBodyID(again))})
		}
		if k.another != nil {
			newer("about another", b, of(2, k.another), newerKeepOut{false, "both"})
		}
	}
	writeKeepLimits(c, self)
}

func writeKeepLimits(c *chapter, self []byte) {
	cases := keepCases()
	limited := func(i int, name string, good bool, change func(*wirepb.Keep)) {
		w := cases[i].keep()
		change(w)
		b := keepBodyOf(w)
		switch {
		case !cases[i].sent && good:
			c.accept("own-disk", name, "1.8 9.4", ownDiskIn{b}, recordOut{"keep", lawBodyID(b)})
		case !cases[i].sent:
			c.refuse("own-disk", name, "1.8 9.4", ownDiskIn{b})
		case good:
			c.known("self", name, "9.4", "keep", self, b, lawBodyID(b))
		default:
			c.unfit("self", name, "1.8 9.4", self, b)
		}
	}
	for _, n := range []int{0, 100, 101} {
		limited(0, fmt.Sprintf("circle with a name of %d bytes", n), n <= 100, func(w *wirepb.Keep) { w.GetCircle().Name = text(n) })
		limited(4, fmt.Sprintf("contact with a petname of %d bytes", n), n <= 100, func(w *wirepb.Keep) { w.GetContact().Petname = text(n) })
	}
	for _, attest := range []string{"", "invited", "circle", "nobody", "all", "Invited"} {
		good := attest != "all" && attest != "Invited"
		limited(1, fmt.Sprintf("attest to %q", attest), good, func(w *wirepb.Keep) { w.GetEvent().Attest = attest })
	}
	limited(1, "event with an invitation to another", false, func(w *wirepb.Keep) { w.GetEvent().Event = seedOf("event") })
	limited(1, "event with details of 1,025 bytes", false, func(w *wirepb.Keep) { w.GetEvent().Details = encoded(detailsOf(1025)) })
	for _, n := range []int64{0, firstOf2000 - 1, firstOf2000, lastOf2100, lastOf2100 + 1, 1<<63 - 1} {
		good := n >= firstOf2000 && n <= lastOf2100
		limited(2, fmt.Sprintf("invitation made at %d", n), good, func(w *wirepb.Keep) { w.GetInvite().Made = n })
		limited(7, fmt.Sprintf("link since %d", n), good, func(w *wirepb.Keep) { w.GetLink().Since = n })
	}
	limited(7, "link cut short", false, func(w *wirepb.Keep) { w.GetLink().Link = w.GetLink().Link[:37] })
	for _, k := range keepCases() {
		w := k.keep()
		for _, signed := range []*[]byte{&eventOf(w).Invitation, &inviteOf(w).Signed} {
			if len(*signed) == 0 {
				continue
			}
			var kept wirepb.Signed
			must(0, unmarshal("kept statement", *signed, &kept))
			kept.Signature[0] ^= 1
			*signed = encoded(&kept)
			c.unfit("self", k.name+" with a signature that does not hold", "4.2 9.4", self, keepBodyOf(w))
		}
	}
}

// eventOf is the KeepEvent that a Keep is, or an empty one.
func eventOf(w *wirepb.Keep) *wirepb.KeepEvent {
	if e := w.GetEvent(); e != nil {
		return e
	}
	return &wirepb.KeepEvent{}
}

func inviteOf(w *wirepb.Keep) *wirepb.KeepInvite {
	if e := w.GetInvite(); e != nil {
		return e
	}
	return &wirepb.KeepInvite{}
}
