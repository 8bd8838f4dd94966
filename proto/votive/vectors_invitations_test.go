package votive

import (
	"bytes"
	"fmt"
	"time"

	"votive/proto/internal/wirepb"
)

type honourIn struct {
	Event      octets    `json:"event"`
	Counted    []octets  `json:"counted"`
	Invitation octets    `json:"invitation"`
	Revokes    []octets  `json:"revokes"`
	Now        time.Time `json:"now"`
}

func doHonour(in honourIn) (none, error) {
	counted, err := countedOf(in.Counted)
	if err != nil {
		return none{}, err
	}
	e, _ := Fold(in.Event.id32(), counted)
	inv, err := invitationOf(in.Invitation)
	if err != nil {
		return none{}, badVector{err}
	}
	revokes, err := revokesOf(in.Revokes)
	if err != nil {
		return none{}, err
	}
	return none{}, e.Honours(inv, revokes, in.Now)
}

// invitationOf opens an Invitation that is given as a body.
func invitationOf(body []byte) (*Invitation, error) {
	rec, err := newRecord(NewReader(KindDesk, seedSecret("desk")), body)
	if err != nil {
		return nil, badVector{err}
	}
	return rec.Body().(*Invitation), nil
}

func revokesOf(bodies []octets) ([]*Revoke, error) {
	var revokes []*Revoke
	for _, b := range bodies {
		rec, err := newRecord(NewReader(KindEvent, seedSecret("event")), b)
		if err != nil {
			return nil, badVector{err}
		}
		revokes = append(revokes, rec.Body().(*Revoke))
	}
	return revokes, nil
}

func writeInvitations(c *chapter) {
	writeInvitationFields(c)
	writeHonoured(c)
}

// writeInvitationFields is SPEC 7.1.
func writeInvitationFields(c *chapter) {
	f := found("nonce", "ana")
	desk := seedOf("desk")
	invited := func(name string, good bool, w *wirepb.Invitation, change func(*wirepb.Invitation)) {
		change(w)
		signed := statedBy(seedOf("ana"), encoded(inviting(w)))
		if good {
			c.known("desk", name, "1.8 7.1", "invitation", desk, signedBody(signed), lawDigest("votive-record-1", signed.Author, signed.Payload))
		} else {
			c.unfit("desk", name, "1.5 1.8 7.1", desk, signedBody(signed))
		}
	}
	event := func(name string, good bool, change func(*wirepb.Invitation)) {
		invited("event: "+name, good, plainInvitation(f), change)
	}
	circle := func(name string, good bool, change func(*wirepb.Invitation)) {
		invited("circle: "+name, good, circleInvitation(), change)
	}
	id := lawDerive(seedOf("circle"), "circle id")
	event("plain", true, func(*wirepb.Invitation) {})
	event("as an organizer", true, func(w *wirepb.Invitation) { w.Role = wirepb.Role_ROLE_ORGANIZER })
	event("100,000 uses", true, func(w *wirepb.Invitation) { w.Uses = 100_000 })
	event("100,001 uses", false, func(w *wirepb.Invitation) { w.Uses = 100_001 })
	event("4,294,967,295 uses", false, func(w *wirepb.Invitation) { w.Uses = 1<<32 - 1 })
	event("with a name", false, func(w *wirepb.Invitation) { w.Name = "x" })
	event("and a circle", false, func(w *wirepb.Invitation) { w.Circle, w.Secret, w.Name = id, seedOf("circle"), "june4" })
	event("neither event nor circle", false, func(w *wirepb.Invitation) { w.Event = nil })
	moment := func(name string, good bool, expires int64) {
		event(name, good, func(w *wirepb.Invitation) { w.Expires = expires })
	}
	moment("expires as 2000 begins", true, firstOf2000)
	moment("expires as 2100 ends", true, lastOf2100)
	moment("expires before 2000", false, firstOf2000-1)
	moment("expires after 2100", false, lastOf2100+1)
	moment("expires in 1970", false, 0)
	moment("expires before 1970", false, -1)
	moment("expires never", false, 1<<63-1)
	for _, n := range []int32{2, 256, -1, -256} {
		event(fmt.Sprintf("role %d", n), false, func(w *wirepb.Invitation) { w.Role = wirepb.Role(n) })
	}
	circle("plain", true, func(*wirepb.Invitation) {})
	circle("name of 1 byte", true, func(w *wirepb.Invitation) { w.Name = "x" })
	circle("name of 100 bytes", true, func(w *wirepb.Invitation) { w.Name = text(100) })
	circle("name of 101 bytes", false, func(w *wirepb.Invitation) { w.Name = text(101) })
	circle("no name", false, func(w *wirepb.Invitation) { w.Name = "" })
	circle("id of another circle", false, func(w *wirepb.Invitation) { w.Circle = lawDerive(seedOf("another circle"), "circle id") })
	circle("secret of another circle", false, func(w *wirepb.Invitation) { w.Secret = seedOf("another circle") })
	circle("its secret as its id", false, func(w *wirepb.Invitation) { w.Circle = w.Secret })
	circle("neither event nor circle", false, func(w *wirepb.Invitation) { w.Circle = nil })
}

// writeHonoured is SPEC 7.2, 7.3 and 7.6.
func writeHonoured(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	few := f.revise("few", list("ana", "ben"), list(first))
	side := f.revise("side", three, list(first))
	only := list(first.counted(three...))
	left := append(marked(few), only...)
	conflict := append(marked(few, side), only...)
	expires := time.Unix(plainInvitation(f).Expires, 0).UTC()
	hour := expires.Add(-time.Hour)
	honour := func(name, clauses string, good bool, counted [][]byte, invitation []byte, now time.Time, revokes ...[]byte) {
		in := honourIn{f.id, octetsOf(counted), invitation, octetsOf(revokes), now}
		if good {
			c.accept("honour", name, clauses, in, none{})
		} else {
			c.refuse("honour", name, clauses, in)
		}
	}
	invite := func(name string) []byte { return bodyBy(name, inviting(plainInvitation(f))) }
	revoke := func(name string, event, invite []byte) []byte { return bodyBy(name, revoking(event, invite)) }
	honour("by an organizer", "7.2", true, only, invite("ana"), hour)
	honour("by a stranger", "7.2", false, only, invite("dov"), hour)
	honour("by one who has left", "7.2", false, left, invite("cyn"), hour)
	honour("by one who has stayed", "7.2", true, left, invite("ben"), hour)
	honour("by an organizer of one of two heads", "7.2", false, conflict, invite("cyn"), hour)
	honour("by an organizer of both heads", "7.2", true, conflict, invite("ana"), hour)
	honour("to another event", "7.2", false, only, bodyBy("ana", inviting(plainInvitation(found("another nonce", three...)))), hour)
	honour("to a circle", "7.2", false, only, bodyBy("ana", inviting(circleInvitation())), hour)

	honour("a second before it expires", "7.3", true, only, invite("ana"), expires.Add(-time.Second))
	honour("when it expires", "7.3", true, only, invite("ana"), expires)
	honour("a second after it expired", "7.3", false, only, invite("ana"), expires.Add(time.Second))
	honour("years after it expired", "7.3", false, only, invite("ana"), expires.AddDate(20, 0, 0))

	secret := seedOf("invite")
	honour("revoked by who invited", "7.2 7.6", false, only, invite("ana"), hour, revoke("ana", f.id, secret))
	honour("revoked by another organizer", "7.2 7.6", false, only, invite("ana"), hour, revoke("cyn", f.id, secret))
	honour("revoked by a stranger", "7.6", true, only, invite("ana"), hour, revoke("dov", f.id, secret))
	honour("revoked by one who has left", "7.6", true, left, invite("ana"), hour, revoke("cyn", f.id, secret))
	honour("revoked by an organizer of one of two heads", "7.6", true, conflict, invite("ana"), hour, revoke("cyn", f.id, secret))
	honour("revoked by an organizer of both heads", "7.6", false, conflict, invite("ana"), hour, revoke("ben", f.id, secret))
	honour("another invite revoked", "7.6", true, only, invite("ana"), hour, revoke("ana", f.id, seedOf("another invite")))
	honour("revoked for another event", "7.6", true, only, invite("ana"), hour, revoke("ana", seedOf("event"), secret))
	honour("one of two revokes counts", "7.6", false, only, invite("ana"), hour, revoke("dov", f.id, secret), revoke("ben", f.id, secret))
	plain := bodyBy("ana", &wirepb.Statement{Kind: &wirepb.Statement_Revoke{Revoke: &wirepb.Revoke{Event: f.id, Invite: secret}}})
	honour("revoked by the invite secret and not its hash", "7.6", true, only, invite("ana"), hour, plain)
}

// Links and files.

type linkIn struct {
	Text string `json:"text"`
}

type linkOut struct {
	Secret octets `json:"secret"`
	Addr   octets `json:"addr"`
	Lower  string `json:"lower"`
	Upper  string `json:"upper"`
}

func doLink(in linkIn) (linkOut, error) {
	l, err := ParseLink(in.Text)
	if err != nil {
		return linkOut{}, err
	}
	return linkOut{l.Secret().Bytes(), l.Addr(), l.String(), l.QR()}, nil
}

type fileIn struct {
	Head  octets `json:"head"`
	Frame octets `json:"frame"`
	Times int    `json:"times"`
	Tail  octets `json:"tail"`
}

type fileOut struct {
	Link   octets `json:"link"`
	Frames int    `json:"frames"`
}

func doFile(in fileIn) (fileOut, error) {
	b := bytes.Join([][]byte{in.Head, bytes.Repeat(in.Frame, in.Times), in.Tail}, nil)
	f, err := ReadFile(bytes.NewReader(b))
	if err != nil {
		return fileOut{}, err
	}
	var again bytes.Buffer
	if _, err := f.WriteTo(&again); err != nil || !bytes.Equal(again.Bytes(), b) {
		return fileOut{}, badVector{fmt.Errorf("written again: %v", err)}
	}
	return fileOut{f.Link.Bytes(), len(f.Frames)}, nil
}

// writeFiles is SPEC 7.8.
func writeFiles(c *chapter) {
	head := func(n int) octets {
		b := append([]byte("votive-file-1\n"), seedOf("link")...)
		return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	dead := lawStamped(blank(16, 0, 8, 0x5a), 0)
	good := func(name string, frame []byte, n int) {
		c.accept("file", name, "7.8", fileIn{head(n), frame, n, octets{}}, fileOut{seedOf("link"), n})
	}
	bad := func(name string, in fileIn) { c.refuse("file", name, "7.8", in) }
	good("one frame, long dead", dead, 1)
	good("a frame far ahead", lawStamped(blank(16, 2, 16383, 0x5a), 0), 1)
	good("three frames", dead, 3)
	good("1,024 frames", dead, 1024)
	bad("1,025 frames", fileIn{head(1025), dead, 1025, octets{}})
	bad("no frames", fileIn{head(0), dead, 0, octets{}})
	bad("no frames said, and one there", fileIn{head(0), dead, 1, octets{}})
	bad("two frames said, and one there", fileIn{head(2), dead, 1, octets{}})
	bad("one frame said, and two there", fileIn{head(1), dead, 2, octets{}})
	bad("one byte less", fileIn{head(1), dead[:4095], 1, octets{}})
	bad("one byte more", fileIn{head(1), dead, 1, octets{0}})
	bad("a newline more", fileIn{head(1), dead, 1, octets("\n")})
	bad("nothing at all", fileIn{octets{}, dead, 0, octets{}})
	bad("head cut short", fileIn{head(1)[:49], dead, 0, octets{}})
	bad("head alone", fileIn{head(1), dead, 0, octets{}})
	changed := func(at int, v byte) octets {
		b := bytes.Clone(head(1))
		b[at] = v
		return b
	}
	c.refuse("file", "link secret of zeros", "1.4 7.8", fileIn{append(append(head(1)[:14:14], make([]byte, 32)...), head(1)[46:]...), dead, 1, octets{}})
	bad("version 2", fileIn{changed(12, '2'), dead, 1, octets{}})
	bad("no newline", fileIn{changed(13, ' '), dead, 1, octets{}})
	crlf := append([]byte("votive-file-1\r\n"), head(1)[14:]...)
	bad("two bytes for a newline", fileIn{crlf, dead, 1, octets{}})
	bad("n of 16,777,217", fileIn{changed(46, 1), dead, 1, octets{}})
	bad("a frame whose stamp does not hold", fileIn{head(1), append(bytes.Clone(dead[:4088]), make([]byte, 8)...), 1, octets{}})
	bad("a frame of effort 15", fileIn{head(1), lawStamped(blank(15, 0, 8, 0x5a), 0), 1, octets{}})
	bad("a frame of version 2", fileIn{head(1), lawStamped(append([]byte{2}, dead[1:4088]...), 0), 1, octets{}})
	bad("the last of two frames would be Rejected", fileIn{head(2), dead, 1, lawStamped(blank(16, 3, 8, 0x5a), 0)})
}
