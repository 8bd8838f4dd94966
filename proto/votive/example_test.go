package votive

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWorkedExample holds SPEC 11 and the code to each other: an event is
// announced in the open circle `june4`, and somebody invited to it by a link.
func TestWorkedExample(t *testing.T) {
	law, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(law), "\n## 11.")
	if !found {
		t.Fatal("SPEC has no section 11")
	}
	_, block, _ := strings.Cut(section, "\n```\n")
	got, _, _ := strings.Cut(block, "```")
	if want := workedExample(t); got != want {
		t.Errorf("SPEC 11 says\n%s\nwant\n%s", got, want)
	}
}

// example is the text of SPEC 11 as it grows.
type example struct{ strings.Builder }

// text adds a line; what is in quotes is in quotes.
func (e *example) text(name, value string) { fmt.Fprintf(e, "%-21s%s\n", name, value) }

// hex adds bytes, in as many lines as it takes.
func (e *example) hex(name string, value []byte) {
	for line := range slices.Chunk(value, 32) {
		e.text(name, hex.EncodeToString(line))
		name = ""
	}
}

func (e *example) id(name string, id ID) { e.hex(name, id[:]) }

func (e *example) secret(name string, s Secret) { e.hex(name, s.Bytes()) }

// counting is 32 bytes, each one more than the one before.
func counting(from byte) [32]byte {
	var b [32]byte
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func workedExample(t *testing.T) string {
	t.Helper()
	var e example
	circle := exampleCircle(t, &e)
	counted, event, signer := exampleEvent(t, &e)
	e.WriteString("\n")
	exampleFrame(t, &e, NewReader(KindCircle, circle), counted)
	e.WriteString("\n")
	exampleLink(t, &e, EventSecret(circle, event), event, signer)
	return e.String()
}

func exampleCircle(t *testing.T, e *example) Secret {
	t.Helper()
	const name = "Ｊune4 "
	folded, err := foldCircleName(name)
	if err != nil {
		t.Fatal(err)
	}
	circle, err := OpenCircleSecret(name)
	if err != nil {
		t.Fatal(err)
	}
	e.text("name", fmt.Sprintf("%+q", name))
	e.text("folded name", fmt.Sprintf("%+q", folded))
	e.secret("circle secret", circle)
	e.id("circle id", CircleID(circle))
	e.secret("tag key", derive(circle, "tag"))
	e.secret("seal key", derive(circle, "seal"))
	e.WriteString("\n")
	return circle
}

func exampleEvent(t *testing.T, e *example) (*Counted, ID, Signer) {
	t.Helper()
	seed := counting(0x00)
	identity, err := IdentityFrom(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	nonce := counting(0x20)
	signer := identity.EventKey(nonce)
	genesis, err := NewGenesis(nonce, signer.Key())
	if err != nil {
		t.Fatal(err)
	}
	start, err := NewTime("2027-06-04T20:00:00", "Asia/Taipei", 8*3600)
	if err != nil {
		t.Fatal(err)
	}
	proposal, err := NewEvent(genesis, Card{
		Title:      "Candles",
		Start:      start,
		City:       "Taipei",
		Answers:    AnswersClosed,
		Organizers: []Organizer{{Key: signer.Key()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	signature, err := Sign(signer, proposal.Revision.ID())
	if err != nil {
		t.Fatal(err)
	}
	desk := Desk{Event: genesis.Event(), Proposals: []*Proposal{proposal}, Signatures: []*Signature{signature}}
	counted, enough := desk.Assemble(proposal)
	if !enough {
		t.Fatal("the only founder's signature is not enough")
	}
	words := identity.Words()
	e.id("identity seed", seed)
	e.id("identity key", identity.Key())
	e.text("its words", strings.Join(words[:], " "))
	e.id("nonce", nonce)
	e.id("event key", signer.Key())
	e.hex("Genesis", genesis.encoded)
	e.id("event id", genesis.Event())
	e.hex("Revision", proposal.Revision.encoded)
	e.id("revision id", proposal.Revision.ID())
	e.hex("Statement", signature.payload)
	e.hex("signature", signature.signature)
	return counted, genesis.Event(), signer
}

func exampleFrame(t *testing.T, e *example, r *Reader, counted *Counted) {
	t.Helper()
	whole, err := encodeBody(counted)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2027, time.May, 4, 9, 30, 0, 0, time.UTC)
	salt := counting(0x40)
	unstamped, err := r.Seal(counted, Days30, MinEffort, now, bytes.NewReader(salt[:]))
	if err != nil {
		t.Fatal(err)
	}
	f := stamp(t, unstamped[0])
	if rec, err := Join(r, mustOpen(t, r, f)); err != nil || rec.ID() != counted.Revision().ID() {
		t.Fatalf("Join = %v %v, want %v", rec.ID(), err, counted.Revision().ID())
	}
	h, b := f.Header(), f.Bytes()
	e.hex("Body", whole)
	e.text("sealed", now.Format(time.RFC3339))
	e.hex("bytes 0 to 3", b[:saltAt])
	e.hex("salt", h.salt())
	e.hex("tag", h[tagAt:])
	e.secret("frame key", derive(derive(r.secret, "seal"), "frame", h.salt()))
	e.hex("bytes 52 to 83", b[HeaderSize:HeaderSize+32])
	e.hex("bytes 4056 to 4087", b[stampAt-32:stampAt])
	e.id("frame hash", unstamped[0].Sum())
	e.hex("stamp", b[stampAt:])
	e.id("frame id", f.ID())
}

func mustOpen(t *testing.T, r *Reader, f Frame) Piece {
	t.Helper()
	p, err := r.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func exampleLink(t *testing.T, e *example, secret Secret, event ID, signer Signer) {
	t.Helper()
	invite := Secret{key: counting(0x60)}
	inv, err := NewInvitation(signer, Invitation{
		Event:   event,
		Secret:  secret,
		Invite:  invite,
		Expires: time.Date(2027, time.June, 4, 12, 0, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	link, err := NewLink(inv.LinkSecret(), nil)
	if err != nil {
		t.Fatal(err)
	}
	e.secret("event secret", secret)
	e.secret("invite secret", invite)
	e.hex("Statement", inv.payload)
	e.secret("link secret", inv.LinkSecret())
	e.hex("link", link.Bytes())
	e.text("link text", link.String())
	e.secret("reply secret", ReplySecret(invite))
}
