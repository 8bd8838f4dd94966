package votive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"votive/proto/internal/wirepb"
)

// Rsvp is what a guest says.
type Rsvp uint8

// The values of Rsvp.
const (
	RsvpNo Rsvp = iota
	RsvpYes
	RsvpMaybe
)

var rsvpNames = []string{"no", "yes", "maybe"}

// String is the answer in one lower-case word.
func (r Rsvp) String() string { return nameOf(rsvpNames, int(r)) }

// ParseRsvp reads what String writes.
func ParseRsvp(s string) (Rsvp, error) {
	i, err := valueOf("answer", rsvpNames, s)
	return Rsvp(i), err
}

// Reply is a guest's answer to an event. Nobody signs it: who organizes could
// have written every one, and can prove none. SPEC 8.2, 8.3.
type Reply struct {
	Event   ID
	Secret  Secret // random; Answers come under it, and its hash is the reply id
	Counter uint32 // of several with one id the highest counts
	Status  Rsvp
	Party   int    // 0-100 people, the guest among them
	Name    string // up to 100 bytes
	Note    string // up to 500

	// Invite is the hash of the invite secret, or zero for a walk-in; see
	// WithInvite.
	Invite ID

	mac     []byte
	encoded []byte // as it came
}

// InviteHash is how replies and Revokes name an invite secret. SPEC 7.6.
func InviteHash(invite Secret) ID { return digest("votive-invite-1", invite.key[:]) }

// ID is the same for all replies of one guest to the event. SPEC 8.2.
func (r Reply) ID() ID { return replyID(r.Secret) }

func replyID(secret Secret) ID { return digest("votive-reply-1", secret.key[:]) }

// WithInvite is r with the proof that its writer has the invite secret. It
// comes last: the proof is over everything else. SPEC 8.2.
func (r Reply) WithInvite(invite Secret) Reply {
	r.Invite = InviteHash(invite)
	r.encoded = nil
	r.mac = r.macUnder(invite)
	return r
}

// Proves reports whether the writer of r had the invite secret. SPEC 8.2.
func (r Reply) Proves(invite Secret) bool {
	return r.Invite == InviteHash(invite) && hmac.Equal(r.mac, r.macUnder(invite))
}

// macUnder is the mac of SPEC 8.2.
func (r Reply) macUnder(invite Secret) []byte {
	four := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	said := digest("votive-reply-mac-1", r.Event[:], r.Secret.key[:],
		four(r.Counter), four(uint32(r.Status)), four(uint32(r.Party)),
		[]byte(r.Name), []byte(r.Note), r.Invite[:])
	key := derive(invite, "reply-mac")
	h := hmac.New(sha256.New, key.key[:])
	h.Write(said[:])
	return h.Sum(nil)
}

// Newer reports whether r counts and other does not, both being replies with
// one id. SPEC 8.2.
func (r Reply) Newer(other Reply) bool {
	if r.Counter != other.Counter {
		return r.Counter > other.Counter
	}
	return r.hash().Compare(other.hash()) < 0
}

// hash decides between equal counters.
func (r Reply) hash() ID {
	if r.encoded != nil {
		return bodyID(r.encoded)
	}
	return bodyID(mustMarshal(r.message()))
}

// check is SPEC 8.2.
func (r Reply) check() error {
	if r.Secret.IsZero() {
		return fmt.Errorf("reply without a secret")
	}
	if int(r.Status) >= len(rsvpNames) {
		return fmt.Errorf("status %d of a reply is not known", r.Status)
	}
	if err := checkCount("party", r.Party, 100); err != nil {
		return err
	}
	if err := checkText("name", r.Name, 0, 100); err != nil {
		return err
	}
	if err := checkText("note", r.Note, 0, 500); err != nil {
		return err
	}
	want := 0
	if !r.Invite.IsZero() {
		want = sha256.Size
	}
	if len(r.mac) != want {
		return fmt.Errorf("mac of a reply of %d bytes, want %d", len(r.mac), want)
	}
	return nil
}

func (r Reply) encode() ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	return marshal(r.message())
}

func decodeReply(encoded []byte) (Reply, error) {
	var w wirepb.Reply
	if err := unmarshal("reply", encoded, &w); err != nil {
		return Reply{}, err
	}
	r, err := replyFrom(&w)
	if err != nil {
		return Reply{}, err
	}
	r.encoded = encoded
	return r, r.check()
}

func replyFrom(w *wirepb.Reply) (Reply, error) {
	r := Reply{
		Counter: w.GetCounter(),
		Party:   int(w.GetParty()),
		Name:    w.GetName(),
		Note:    w.GetNote(),
		mac:     w.GetMac(),
	}
	var err error
	if r.Event, err = idFrom("event of a reply", w.GetEvent()); err != nil {
		return Reply{}, err
	}
	if r.Secret, err = secretFrom("secret of a reply", w.GetSecret()); err != nil {
		return Reply{}, err
	}
	if r.Status, err = enumFrom[Rsvp]("status of a reply", w.GetStatus()); err != nil {
		return Reply{}, err
	}
	if r.Invite, err = optionalID("invite of a reply", w.GetInvite()); err != nil {
		return Reply{}, err
	}
	return r, nil
}

func (r Reply) message() *wirepb.Reply {
	return &wirepb.Reply{
		Event:   r.Event[:],
		Secret:  r.Secret.Bytes(),
		Counter: r.Counter,
		Status:  wirepb.Rsvp(r.Status),
		Party:   uint32(r.Party),
		Name:    r.Name,
		Note:    r.Note,
		Invite:  bytesOrNone(r.Invite),
		Mac:     r.mac,
	}
}
