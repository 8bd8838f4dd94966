package almanac

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"votive/proto/votive"
)

// field is the bytes of the first field of that number in a message.
func field(t *testing.T, b []byte, number protowire.Number) []byte {
	t.Helper()
	for len(b) > 0 {
		n, typ, size := protowire.ConsumeTag(b)
		if size < 0 {
			t.Fatal("no message")
		}
		b = b[size:]
		if n == number && typ == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(b)
			return v
		}
		b = b[protowire.ConsumeFieldValue(n, typ, b):]
	}
	t.Fatalf("no field %d", number)
	return nil
}

func appendField(b []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// stranger is a key that has nothing to do with any event.
func stranger(t *testing.T) votive.Signer {
	t.Helper()
	nonce := must[[32]byte](t)(votive.NewNonce(rand.Reader))
	return must[votive.Identity](t)(votive.NewIdentity(rand.Reader)).EventKey(nonce)
}

// encoded is the body of a record.
func encoded(t *testing.T, kind votive.Kind, b votive.Body) []byte {
	t.Helper()
	s := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
	return must[votive.Record](t)(votive.NewReader(kind, s).Compose(b)).Bytes()
}

// marked is a Counted of an encoded revision with the mark of a stranger and no
// other: what anybody can make who can read the revision.
func marked(t *testing.T, revision []byte) votive.Body {
	t.Helper()
	bare := appendField(nil, 2, appendField(appendField(nil, 1, revision), 2,
		appendField(appendField(nil, 1, make([]byte, 32)), 2, make([]byte, 64))))
	id := must[votive.Record](t)(votive.Restore(votive.KindCircle, bare)).ID()
	by := stranger(t)
	sig := field(t, field(t, encoded(t, votive.KindDesk, must[*votive.Signature](t)(votive.Sign(by, id))), 1), 3)
	key := by.Key()
	body := appendField(nil, 2, appendField(appendField(nil, 1, revision), 2, appendField(appendField(nil, 1, key[:]), 2, sig)))
	return must[votive.Record](t)(votive.Restore(votive.KindCircle, body)).Body()
}

// orphan is the revision with a parent that nobody has.
func orphan(t *testing.T, revision []byte) []byte {
	t.Helper()
	parent := must[[32]byte](t)(votive.NewNonce(rand.Reader))
	return appendField(appendField(appendField(nil, 1, field(t, revision, 1)), 2, parent[:]), 4, field(t, revision, 4))
}

func sealed(t *testing.T, kind votive.Kind, s votive.Secret, b votive.Body) votive.Frame {
	t.Helper()
	u := must[[]votive.Unstamped](t)(votive.NewReader(kind, s).Seal(b, votive.Days30, votive.MinEffort, time.Now(), rand.Reader))
	if len(u) != 1 {
		t.Fatalf("%d frames, want 1", len(u))
	}
	return must[votive.Frame](t)(u[0].Stamp(context.Background()))
}

// circled is an almanac whose person is in a circle, and what reads a frame as
// the opener does: the frames are in no store, as if they were dropped since.
func circled(t *testing.T) (*Almanac, context.Context, votive.Secret, func(...votive.Frame)) {
	t.Helper()
	a, ctx := empty(t)
	circle := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
	if err := a.Create(ctx, []byte("passphrase"), must[votive.Identity](t)(votive.NewIdentity(rand.Reader))); err != nil {
		t.Fatal(err)
	}
	if err := a.Write(ctx, joins(circle)); err != nil {
		t.Fatal(err)
	}
	return a, ctx, circle, func(frames ...votive.Frame) {
		for _, f := range frames {
			a.read(ctx, a.ring.Load(), f)
		}
	}
}

func isKnown(t *testing.T, a *Almanac, id votive.ID) bool {
	t.Helper()
	known := false
	if err := a.View(func(v *View) error {
		e := v.Event(id)
		known = e != nil && e.Known
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return known
}

// A member of the circle says the revision again with a mark of their own. Once
// its frame has died, the event must still be in the calendar after a restart.
func TestStrangersMarkDoesNotReplaceWhatIsKept(t *testing.T) {
	a, ctx, circle, read := circled(t)
	c := vigil(t, 1, benchNow)
	event := c.Revision().Event()
	revision := field(t, field(t, encoded(t, votive.KindCircle, c), 2), 1)
	read(sealed(t, votive.KindCircle, circle, c))
	if !isKnown(t, a, event) {
		t.Fatal("the event is not known")
	}
	if err := a.Vault.Flush(ctx); err != nil { // on disk
		t.Fatal(err)
	}
	read(sealed(t, votive.KindCircle, circle, marked(t, revision)))
	if err := a.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := a.Unlock(ctx, []byte("passphrase")); err != nil {
		t.Fatal(err)
	}
	if !isKnown(t, a, event) {
		t.Error("a stranger's mark took the event out of the vault")
	}
}

// Whoever joins later gets the strangers' Counted first.
func TestStrangersMarksDoNotKeepAnEventOut(t *testing.T) {
	a, _, circle, read := circled(t)
	c := vigil(t, 1, benchNow)
	revision := field(t, field(t, encoded(t, votive.KindCircle, c), 2), 1)
	for range 48 {
		read(sealed(t, votive.KindCircle, circle, marked(t, revision)))
	}
	read(sealed(t, votive.KindCircle, circle, c))
	if !isKnown(t, a, c.Revision().Event()) {
		t.Error("48 Counted with a stranger's mark keep the one that counts out")
	}
}

// SPEC 5.6: what waits must not be able to drive out what counts.
func TestWhatWaitsDoesNotFreezeAnEvent(t *testing.T) {
	for _, first := range []bool{true, false} {
		t.Run(fmt.Sprintf("event known before: %v", first), func(t *testing.T) {
			a, _, circle, read := circled(t)
			id := must[votive.Identity](t)(votive.NewIdentity(rand.Reader))
			nonce := must[[32]byte](t)(votive.NewNonce(rand.Reader))
			signer := id.EventKey(nonce)
			genesis := must[votive.Genesis](t)(votive.NewGenesis(nonce, signer.Key()))
			when := must[votive.Time](t)(votive.NewTime("2027-06-04T20:00:00", "Asia/Hong_Kong", 8*3600))
			card := votive.Card{Title: "Vigil", Start: when, Answers: votive.AnswersClosed, Organizers: []votive.Organizer{{Key: signer.Key()}}}
			desk := votive.Desk{Event: genesis.Event()}
			say := func(p *votive.Proposal) *votive.Counted {
				desk.Signatures = append(desk.Signatures, must[*votive.Signature](t)(votive.Sign(signer, p.Revision.ID())))
				c, ok := desk.Assemble(p)
				if !ok {
					t.Fatal("does not count")
				}
				desk.Counted = append(desk.Counted, c)
				return c
			}
			one := say(must[*votive.Proposal](t)(votive.NewEvent(genesis, card)))
			card.Status, card.Reason = votive.Cancelled, "the police know"
			two := say(must[*votive.Proposal](t)(desk.Propose(votive.Draft{Card: card})))
			revision := field(t, field(t, encoded(t, votive.KindCircle, one), 2), 1)
			if first {
				read(sealed(t, votive.KindCircle, circle, one))
			}
			for range maxWaiting {
				read(sealed(t, votive.KindCircle, circle, marked(t, orphan(t, revision))))
			}
			if !first {
				read(sealed(t, votive.KindCircle, circle, one))
			}
			read(sealed(t, votive.KindCircle, circle, two))
			status := "unknown"
			if err := a.View(func(v *View) error {
				if e := v.Event(genesis.Event()); e != nil && e.Known {
					status = e.State.Card.Status.String()
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if status != "cancelled" {
				t.Errorf("behind %d revisions that wait for ever, the event is %s, want cancelled", maxWaiting, status)
			}
		})
	}
}

// hosted is an event of the person's own, with its secrets.
func hosted(t *testing.T, a *Almanac, ctx context.Context, circle votive.Secret) (*votive.KeepEvent, votive.Signer, votive.InboxKey) {
	t.Helper()
	nonce := must[[32]byte](t)(votive.NewNonce(rand.Reader))
	key := must[votive.InboxKey](t)(votive.NewInboxKey(rand.Reader))
	var keep *votive.KeepEvent
	var signer votive.Signer
	err := a.Write(ctx, func(v *View) (Draft, error) {
		signer = v.Identity().EventKey(nonce)
		genesis := must[votive.Genesis](t)(votive.NewGenesis(nonce, signer.Key()))
		when := must[votive.Time](t)(votive.NewTime("2027-06-04T20:00:00", "Asia/Hong_Kong", 8*3600))
		inbox := key.Public(genesis.Event())
		p := must[*votive.Proposal](t)(votive.NewEvent(genesis, votive.Card{
			Title: "Vigil", Start: when, Inbox: inbox.Hash(), Organizers: []votive.Organizer{{Key: signer.Key()}},
		}))
		d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{must[*votive.Signature](t)(votive.Sign(signer, p.Revision.ID()))}}
		c, _ := d.Assemble(p)
		keep = &votive.KeepEvent{Event: genesis.Event(), Secret: votive.EventSecret(circle, genesis.Event()), Circle: circle, Nonce: nonce, Counter: 1}
		until := time.Now().Add(24 * time.Hour)
		about := votive.CircleID(circle)
		return Draft{
			Keep: []votive.Keep{keep, &votive.KeepInbox{Event: keep.Event, Key: key}},
			Send: []Letter{
				{Kind: votive.KindCircle, Secret: circle, About: about, Body: c, Until: until},
				{Kind: votive.KindCircle, Secret: circle, About: about, Body: inbox, Until: until},
			},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keep, signer, key
}

// SPEC 7.6: a Revoke by an organizer counts, whatever others have sent.
func TestStrangersDoNotStopRevoking(t *testing.T) {
	a, ctx, circle, read := circled(t)
	keep, signer, _ := hosted(t, a, ctx, circle)
	secret := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
	for range maxRevokes {
		any := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
		r := must[*votive.Revoke](t)(votive.NewRevoke(stranger(t), keep.Event, any))
		read(sealed(t, votive.KindEvent, keep.Secret, r))
	}
	err := a.Write(ctx, func(*View) (Draft, error) {
		r := must[*votive.Revoke](t)(votive.NewRevoke(signer, keep.Event, secret))
		return Draft{Send: []Letter{{Kind: votive.KindEvent, Secret: keep.Secret, About: keep.Event, Body: r, Until: time.Now().Add(time.Hour)}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.View(func(v *View) error {
		e := v.Event(keep.Event)
		if !e.State.Revoked(secret, e.Revokes()) {
			t.Errorf("after %d revokes by strangers the organizer's own does not count, at home", maxRevokes)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Walk-ins are listed apart: they must not keep out who is invited.
func TestWalkInsDoNotKeepGuestsOut(t *testing.T) {
	a, ctx, circle, read := circled(t)
	keep, signer, key := hosted(t, a, ctx, circle)
	inbox := key.Public(keep.Event)
	invite := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
	inv := must[*votive.Invitation](t)(votive.NewInvitation(signer, votive.Invitation{
		Event: keep.Event, Secret: keep.Secret, Invite: invite, Expires: time.Now().Add(time.Hour),
	}))
	if err := a.Write(ctx, func(*View) (Draft, error) {
		return Draft{Keep: []votive.Keep{&votive.KeepInvite{Invitation: inv, Made: time.Now(), Counter: 1}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	reply := func() votive.Reply {
		return votive.Reply{Event: keep.Event, Secret: must[votive.Secret](t)(votive.NewSecret(rand.Reader)), Status: votive.RsvpYes, Counter: 1}
	}
	// Not by frames, for the sake of time: 10,000 of them are a minute's work.
	src := source{about: keep.Event, arrived: time.Now()}
	for range maxWalkIns {
		s := must[*votive.SealedReply](t)(inbox.Seal(reply()))
		rec := must[votive.Record](t)(votive.NewReader(votive.KindWalkIn, votive.WalkInSecret(keep.Secret)).Compose(s))
		a.mu.Lock()
		a.index.apply(rec, src)
		a.mu.Unlock()
	}
	guest := reply().WithInvite(invite)
	read(sealed(t, votive.KindReply, votive.ReplySecret(invite), must[*votive.SealedReply](t)(inbox.Seal(guest))))
	if err := a.View(func(v *View) error {
		if v.Event(keep.Event).Reply(guest.ID()) == nil {
			t.Errorf("after %d walk-ins an invited guest's reply is not taken", maxWalkIns)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// SPEC 6.6: the Inbox that the card names is the one, whatever else came first.
func TestStrangersInboxesDoNotKeepTheInboxOut(t *testing.T) {
	a, _, circle, read := circled(t)
	id := must[votive.Identity](t)(votive.NewIdentity(rand.Reader))
	nonce := must[[32]byte](t)(votive.NewNonce(rand.Reader))
	signer := id.EventKey(nonce)
	genesis := must[votive.Genesis](t)(votive.NewGenesis(nonce, signer.Key()))
	when := must[votive.Time](t)(votive.NewTime("2027-06-04T20:00:00", "Asia/Hong_Kong", 8*3600))
	box := func() *votive.Inbox {
		return must[votive.InboxKey](t)(votive.NewInboxKey(rand.Reader)).Public(genesis.Event())
	}
	inbox := box()
	p := must[*votive.Proposal](t)(votive.NewEvent(genesis, votive.Card{Title: "Vigil", Start: when, Inbox: inbox.Hash(), Organizers: []votive.Organizer{{Key: signer.Key()}}}))
	d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{must[*votive.Signature](t)(votive.Sign(signer, p.Revision.ID()))}}
	c, _ := d.Assemble(p)
	for range 64 {
		read(sealed(t, votive.KindCircle, circle, box()))
	}
	// In catch-up the Inbox comes before the revision as often as after it.
	// Both are in the store from then on.
	f, g := sealed(t, votive.KindCircle, circle, inbox), sealed(t, votive.KindCircle, circle, c)
	if err := a.Carry(context.Background(), []votive.Frame{f, g}); err != nil {
		t.Fatal(err)
	}
	read(f, g)
	a.scan(context.Background(), a.ring.Load())
	if err := a.View(func(v *View) error {
		if v.Event(genesis.Event()).Inbox() == nil {
			t.Error("nobody can answer: the event's Inbox was not taken")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// longEvent is an event that takes two frames.
func longEvent(t *testing.T, title string) (votive.ID, *votive.Counted) {
	nonce := must[[32]byte](t)(votive.NewNonce(rand.Reader))
	signer := must[votive.Identity](t)(votive.NewIdentity(rand.Reader)).EventKey(nonce)
	genesis := must[votive.Genesis](t)(votive.NewGenesis(nonce, signer.Key()))
	when := must[votive.Time](t)(votive.NewTime("2027-06-04T20:00:00", "Asia/Hong_Kong", 8*3600))
	card := votive.Card{Title: title, Text: strings.Repeat("x", 2400), Start: when, Answers: votive.AnswersClosed, Organizers: []votive.Organizer{{Key: signer.Key()}}}
	for range 8 {
		card.Links = append(card.Links, "https://"+strings.Repeat("y", 290))
	}
	p := must[*votive.Proposal](t)(votive.NewEvent(genesis, card))
	d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{must[*votive.Signature](t)(votive.Sign(signer, p.Revision.ID()))}}
	c, _ := d.Assemble(p)
	return genesis.Event(), c
}

// A record of two frames is read when both are here, whatever came between.
func TestStrangersPiecesDoNotKeepARecordOut(t *testing.T) {
	a, ctx, circle, _ := circled(t)
	long := func(title string) (votive.ID, []votive.Frame) {
		event, c := longEvent(t, title)
		var frames []votive.Frame
		for _, u := range must[[]votive.Unstamped](t)(votive.NewReader(votive.KindCircle, circle).Seal(c, votive.Days30, votive.MinEffort, time.Now(), rand.Reader)) {
			frames = append(frames, must[votive.Frame](t)(u.Stamp(ctx)))
		}
		if len(frames) != 2 {
			t.Fatalf("%d frames, want 2", len(frames))
		}
		return event, frames
	}
	event, both := long("Vigil")
	come := func(f votive.Frame) {
		if err := a.Carry(ctx, []votive.Frame{f}); err != nil {
			t.Fatal(err)
		}
		a.read(ctx, a.ring.Load(), f)
	}
	come(both[0])
	for range maxHeld + 8 {
		_, junk := long("junk")
		come(junk[0])
	}
	come(both[1])
	if !isKnown(t, a, event) {
		t.Error("as many first parts of nothing as are held keep a record of two frames out")
	}
}

// An Inbox takes no signature, and names any event; and anybody can announce
// events in an open circle. Neither keeps out what is one's own, nor what
// others announce elsewhere.
func TestStrangersEventsKeepNobodyElsesOut(t *testing.T) {
	a, ctx, circle, read := circled(t)
	key := must[votive.InboxKey](t)(votive.NewInboxKey(rand.Reader))
	for range 64 {
		read(sealed(t, votive.KindCircle, circle, key.Public(must[[32]byte](t)(votive.NewNonce(rand.Reader)))))
	}
	if got := known(t, a); got != 0 || len(a.index.events) != 0 {
		t.Errorf("%d events and %d entries come of Inboxes alone, want none", got, len(a.index.events))
	}
	a.mu.Lock()
	a.index.load[votive.CircleID(circle)] = maxRevisions // as if by strangers
	a.mu.Unlock()
	c := vigil(t, 1, benchNow)
	read(sealed(t, votive.KindCircle, circle, c))
	if isKnown(t, a, c.Revision().Event()) {
		t.Errorf("after %d revisions in a circle a stranger's event in it is taken", maxRevisions)
	}
	other := must[votive.Secret](t)(votive.NewSecret(rand.Reader))
	if err := a.Write(ctx, joins(other)); err != nil {
		t.Fatal(err)
	}
	read(sealed(t, votive.KindCircle, other, c))
	if !isKnown(t, a, c.Revision().Event()) {
		t.Error("a circle that is full keeps out what is announced in another")
	}
	keep, _, _ := hosted(t, a, ctx, circle)
	if !isKnown(t, a, keep.Event) {
		t.Error("a circle that is full keeps out an event of one's own")
	}
}
