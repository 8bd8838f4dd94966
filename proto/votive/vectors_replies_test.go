package votive

import (
	"bytes"
	"fmt"
	"time"

	"votive/proto/internal/wirepb"
)

type inboxIn struct {
	Seed  octets `json:"seed"`
	Event octets `json:"event"`
}

type inboxOut struct {
	Key  octets `json:"key"`
	Hash octets `json:"hash"`
}

func doInbox(in inboxIn) (inboxOut, error) {
	key, err := inboxKeyFrom(in.Seed.secret32())
	if err != nil {
		return inboxOut{}, err
	}
	inbox := key.Public(in.Event.id32())
	hash := inbox.Hash()
	return inboxOut{inbox.key, hash[:]}, nil
}

type writeReplyIn struct {
	Event   octets `json:"event"`
	Secret  octets `json:"secret"`
	Counter uint32 `json:"counter"`
	Status  int    `json:"status"`
	Party   int    `json:"party"`
	Name    string `json:"name"`
	Note    string `json:"note"`
	Invite  octets `json:"invite,omitempty"` // the invite secret
}

type writeReplyOut struct {
	Bytes octets `json:"bytes"`
	ID    octets `json:"id"`
}

func doWriteReply(in writeReplyIn) (writeReplyOut, error) {
	r := Reply{
		Event: in.Event.id32(), Secret: in.Secret.secret32(), Counter: in.Counter,
		Status: Rsvp(in.Status), Party: in.Party, Name: in.Name, Note: in.Note,
	}
	if in.Invite != nil {
		r = r.WithInvite(in.Invite.secret32())
	}
	b, err := r.encode()
	id := r.ID()
	return writeReplyOut{b, id[:]}, err
}

type openReplyIn struct {
	Seed   octets `json:"seed"`
	Event  octets `json:"event"`
	Body   octets `json:"body"`
	Invite octets `json:"invite,omitempty"` // the invite secret
}

type openReplyOut struct {
	ID      octets `json:"id"`
	Counter uint32 `json:"counter"`
	Status  int    `json:"status"`
	Party   int    `json:"party"`
	Name    string `json:"name"`
	Note    string `json:"note"`
	WalkIn  bool   `json:"walk_in"`
	Proves  bool   `json:"proves"`
}

func doOpenReply(in openReplyIn) (openReplyOut, error) {
	key, err := inboxKeyFrom(in.Seed.secret32())
	if err != nil {
		return openReplyOut{}, badVector{err}
	}
	rec, err := newRecord(NewReader(KindReply, seedSecret("reply")), in.Body)
	if err != nil {
		return openReplyOut{}, badVector{err}
	}
	r, err := key.Open(in.Event.id32(), rec.Body().(*SealedReply))
	if err != nil {
		return openReplyOut{}, err
	}
	id := r.ID()
	out := openReplyOut{
		ID: id[:], Counter: r.Counter, Status: int(r.Status), Party: r.Party, Name: r.Name, Note: r.Note, WalkIn: r.Invite.IsZero(),
	}
	if in.Invite != nil {
		out.Proves = r.Proves(in.Invite.secret32())
	}
	return out, nil
}

type newerIn struct {
	A octets `json:"a"`
	B octets `json:"b"`
}

type newerOut struct {
	Counts string `json:"counts"`
}

// newer says which of two counts, and that they agree about it.
func newer(ab, ba bool) (newerOut, error) {
	switch {
	case ab && ba:
		return newerOut{}, badVector{fmt.Errorf("each of two is newer")}
	case ab:
		return newerOut{"a"}, nil
	case ba:
		return newerOut{"b"}, nil
	}
	return newerOut{"either"}, nil
}

func doNewerReply(in newerIn) (newerOut, error) {
	a, err := decodeReply(in.A)
	if err != nil {
		return newerOut{}, badVector{err}
	}
	b, err := decodeReply(in.B)
	if err != nil {
		return newerOut{}, badVector{err}
	}
	if a.ID() != b.ID() {
		return newerOut{}, badVector{fmt.Errorf("replies of two guests")}
	}
	return newer(a.Newer(b), b.Newer(a))
}

func writeReplies(c *chapter) {
	event := found("nonce", "ana").id
	for _, name := range []string{"inbox", "another inbox"} {
		key := lawInboxKey(seedOf(name))
		c.accept("inbox", "key of an "+name, "6.6 8.1", inboxIn{seedOf(name), event}, inboxOut{key, lawDigest("votive-inbox-1", event, key)})
	}
	writeReplyBytes(c, event)
	writeOpenedReplies(c, event)
	writeRefusedReplies(c, event)
	writeNewerReplies(c, event)
}

// writeReplyBytes is SPEC 1.5 and 8.2 for who replies.
func writeReplyBytes(c *chapter, event []byte) {
	in := writeReplyIn{Event: event, Secret: seedOf("reply"), Counter: 300, Status: 1, Party: 2, Name: "Ben", Note: "I bring candles"}
	plain := fielded(fielded(nil, 1, event), 2, in.Secret)
	plain = append(plain, 3<<3, 0xac, 0x02, 4<<3, 1, 5<<3, 2)
	plain = fielded(fielded(plain, 6, []byte("Ben")), 7, []byte("I bring candles"))
	c.accept("write-reply", "walk-in", "1.5 8.2", in, writeReplyOut{plain, replyIDOf(in.Secret)})
	in.Invite = seedOf("invite")
	w := withInvite(&wirepb.Reply{Event: event, Secret: in.Secret, Counter: 300, Status: 1, Party: 2, Name: "Ben", Note: "I bring candles"}, in.Invite)
	c.accept("write-reply", "with an invite", "1.5 8.2", in,
		writeReplyOut{fielded(fielded(plain, 8, w.Invite), 9, w.Mac), replyIDOf(in.Secret)})
	least := writeReplyIn{Event: event, Secret: seedOf("reply")}
	c.accept("write-reply", "nothing but no", "1.5 8.2", least, writeReplyOut{fielded(fielded(nil, 1, event), 2, least.Secret), replyIDOf(least.Secret)})
}

func writeOpenedReplies(c *chapter, event []byte) {
	invite := seedOf("invite")
	opened := func(name, clauses string, proves bool, change func(*wirepb.Reply)) {
		w := plainReply(event)
		change(w)
		body := sealedReplyBody(seedOf("inbox"), event, replyInside(encoded(w)))
		c.accept("open-reply", name, clauses, openReplyIn{seedOf("inbox"), event, body, invite}, openReplyOut{
			ID: replyIDOf(w.Secret), Counter: w.Counter, Status: int(w.Status), Party: int(w.Party), Name: w.Name, Note: w.Note,
			WalkIn: len(w.Invite) == 0, Proves: proves,
		})
	}
	opened("walk-in", "8.1 8.2", false, func(*wirepb.Reply) {})
	opened("with an invite", "8.1 8.2", true, func(w *wirepb.Reply) { withInvite(w, invite) })
	opened("with another invite", "8.2", false, func(w *wirepb.Reply) { withInvite(w, seedOf("another invite")) })
	opened("mac of another invite", "8.2", false, func(w *wirepb.Reply) {
		withInvite(w, seedOf("another invite"))
		w.Invite = lawDigest("votive-invite-1", invite)
	})
	for _, a := range []struct {
		name   string
		change func(*wirepb.Reply)
	}{
		{"mac altered", func(w *wirepb.Reply) { w.Mac[31] ^= 1 }},
		{"counter altered", func(w *wirepb.Reply) { w.Counter++ }},
		{"status altered", func(w *wirepb.Reply) { w.Status = wirepb.Rsvp_RSVP_NO }},
		{"party altered", func(w *wirepb.Reply) { w.Party++ }},
		{"name altered", func(w *wirepb.Reply) { w.Name = "Bea" }},
		{"note altered", func(w *wirepb.Reply) { w.Note = "" }},
		{"a letter moved from the name to the note", func(w *wirepb.Reply) { w.Name, w.Note = "Be", "n"+w.Note }},
		{"secret altered", func(w *wirepb.Reply) { w.Secret = seedOf("another reply") }},
	} {
		opened(a.name+" behind the mac", "8.2", false, func(w *wirepb.Reply) { a.change(withInvite(w, invite)) })
	}
	opened("everything at its bound", "8.2", true, func(w *wirepb.Reply) {
		w.Party, w.Name, w.Note, w.Counter = 100, text(100), text(500), 1<<32-1
		withInvite(w, invite)
	})
	opened("party of 0, maybe", "8.2", false, func(w *wirepb.Reply) { w.Party, w.Status = 0, wirepb.Rsvp_RSVP_MAYBE })
}

func writeRefusedReplies(c *chapter, event []byte) {
	invite := seedOf("invite")
	inside := func(name, clauses string, inside []byte) {
		body := sealedReplyBody(seedOf("inbox"), event, inside)
		c.refuse("open-reply", name, clauses, openReplyIn{seedOf("inbox"), event, body, invite})
	}
	changed := func(name, clauses string, change func(*wirepb.Reply)) {
		w := plainReply(event)
		change(w)
		inside(name, clauses, replyInside(encoded(w)))
	}
	changed("name of 101 bytes", "8.2", func(w *wirepb.Reply) { w.Name = text(101) })
	changed("note of 501 bytes", "8.2", func(w *wirepb.Reply) { w.Note = text(501) })
	changed("party of 101", "8.2", func(w *wirepb.Reply) { w.Party = 101 })
	changed("party of 4,294,967,295", "8.2", func(w *wirepb.Reply) { w.Party = 1<<32 - 1 })
	for _, n := range []int32{3, 256, -1, -256} {
		changed(fmt.Sprintf("status %d", n), "1.5", func(w *wirepb.Reply) { w.Status = wirepb.Rsvp(n) })
	}
	changed("to another event than its inbox", "8.1", func(w *wirepb.Reply) { w.Event = seedOf("event") })
	changed("invite of zeros", "1.4", func(w *wirepb.Reply) { withInvite(w, invite).Invite = make([]byte, 32) })
	changed("mac without an invite", "8.2", func(w *wirepb.Reply) { w.Mac = seedOf("mac") })
	changed("invite without a mac", "8.2", func(w *wirepb.Reply) { w.Invite = lawDigest("votive-invite-1", invite) })
	changed("mac of 31 bytes", "1.4 8.2", func(w *wirepb.Reply) { withInvite(w, invite); w.Mac = w.Mac[:31] })
	changed("mac of 33 bytes", "1.4 8.2", func(w *wirepb.Reply) { withInvite(w, invite); w.Mac = append(w.Mac, 0) })
	changed("secret of 31 bytes", "1.4", func(w *wirepb.Reply) { w.Secret = w.Secret[:31] })
	changed("secret of zeros", "1.4", func(w *wirepb.Reply) { w.Secret = make([]byte, 32) })
	changed("event of 31 bytes", "1.4", func(w *wirepb.Reply) { w.Event = w.Event[:31] })
	changed("invite of 33 bytes", "1.4", func(w *wirepb.Reply) { withInvite(w, invite); w.Invite = append(w.Invite, 0) })

	plain := encoded(plainReply(event))
	with := func(at int, v byte) []byte {
		b := replyInside(plain)
		b[at] = v
		return b
	}
	inside("first byte behind the reply not zero", "8.1", with(2+len(plain), 1))
	inside("last byte not zero", "8.1", with(1535, 1))
	inside("length of 1,535", "8.1", with(0, 5))
	inside("length of 65,535", "8.1", append([]byte{255, 255}, replyInside(plain)[2:]...))
	inside("reply cut short", "8.1", replyInside(plain[:len(plain)-1]))

	good := sealedReplyBody(seedOf("inbox"), event, replyInside(plain))
	refused := func(name, clauses string, seed, event, body []byte) {
		c.refuse("open-reply", name, clauses, openReplyIn{seed, event, body, invite})
	}
	refused("sealed to another inbox", "8.1", seedOf("another inbox"), event, good)
	refused("sealed for another event", "8.1", seedOf("inbox"), seedOf("event"), good)
	hash := lawDigest("votive-inbox-1", seedOf("event"), lawInboxKey(seedOf("inbox")))
	renamed := bytes.Replace(good, lawDigest("votive-inbox-1", event, lawInboxKey(seedOf("inbox"))), hash, 1)
	refused("sealed for another event, with this one's hash", "8.1", seedOf("inbox"), seedOf("event"), renamed)
	for _, at := range []int{len(good) - 2672, len(good) - 1553, len(good) - 1552, len(good) - 1} {
		b := bytes.Clone(good)
		b[at] ^= 1
		refused(fmt.Sprintf("byte %d of what is sealed altered", at-len(good)+2672), "8.1", seedOf("inbox"), event, b)
	}
}

// writeNewerReplies is SPEC 8.2.
func writeNewerReplies(c *chapter, event []byte) {
	reply := func(counter uint32, note string) []byte {
		w := plainReply(event)
		w.Counter, w.Note = counter, note
		return encoded(w)
	}
	of := func(name string, a, b []byte, counts string) {
		c.accept("newer-reply", name, "8.2", newerIn{a, b}, newerOut{counts})
	}
	of("counters 1 and 2", reply(1, ""), reply(2, ""), "b")
	of("counters 300 and 2", reply(300, ""), reply(2, ""), "a")
	of("counters 0 and 4,294,967,295", reply(0, ""), reply(1<<32-1, ""), "b")
	of("one and the same", reply(1, ""), reply(1, ""), "either")
	for i := range 4 {
		a, b := reply(7, fmt.Sprint("a", i)), reply(7, fmt.Sprint("b", i))
		of(fmt.Sprintf("equal counters, %d", i), a, b, lesser(lawBodyID(a), lawBodyID(b)))
	}
	a, b := reply(7, "x"), withField(reply(7, "x"), 100)
	of("equal counters, and a field that is not known", a, b, lesser(lawBodyID(a), lawBodyID(b)))
}

// lesser says which of two ids is less.
func lesser(a, b []byte) string {
	if bytes.Compare(a, b) < 0 {
		return "a"
	}
	return "b"
}

// deadline is when plainInvitation expires.
var deadline = time.Unix(1812110400, 0).UTC()
