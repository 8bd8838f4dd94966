package votive

import (
	"fmt"
	"time"
)

// Keep is a Body that people say to themselves: to their own devices and to a
// restored one, under the self secret, and to their own disk. They are the
// types whose names begin with Keep. SPEC 9.4.
type Keep interface {
	Body

	// About is what of several keeps only the newest counts of: equal for two
	// keeps of one type about one circle, event, invitation and so on. Which
	// of two is newer, Record.Newer says.
	About() ID
	counter() uint32
}

func about(what string, id ID) ID { return digest("votive-keep-1", []byte(what), id[:]) }

// KeepCircle is a circle that its owner is in, or has left.
type KeepCircle struct {
	Counter uint32
	Secret  Secret
	Name    string // up to 100 bytes
	Open    bool   // the secret is made of the name
	Left    bool
	Issuer  ID // who invited, or zero

	unsigned
}

// KeepEvent is an event that its owner organizes or was invited to.
type KeepEvent struct {
	Counter    uint32
	Event      ID
	Secret     Secret      // of the event
	Circle     Secret      // that it was announced in, or zero
	Nonce      [32]byte    // of the own event key; zeros for a guest
	Desk       Secret      // or zero
	Details    *Details    // or nil
	Invitation *Invitation // the one accepted, or nil
	Opened     bool        // frames go under the event secret as well
	Attest     string      // whom an organizer tells who they are: invited, circle, nobody; or empty
	Signed     ID          // the revision that the own event key signed last, or zero

	unsigned
}

// KeepInvite is an invitation that its owner made.
type KeepInvite struct {
	Counter    uint32
	Invitation *Invitation
	Made       time.Time
}

// KeepReply is the own reply, as last sent.
type KeepReply struct {
	Counter uint32
	Reply   Reply
	Inbox   ID     // hash of the Inbox that it was sealed to, or zero
	Invite  Secret // the invite secret, or zero for a walk-in
	Secret  Secret // of the event, for a walk-in

	unsigned
}

// KeepContact is somebody whose card its owner has.
type KeepContact struct {
	Counter  uint32
	Card     *ContactCard
	Petname  string // up to 100 bytes
	Verified bool
	Muted    bool
}

// KeepCard is a contact card given out.
type KeepCard struct {
	Counter uint32
	Card    *ContactCard
	Key     InboxKey // of the card's inbox
}

// KeepInbox is the private half of an event's Inbox. It is never sent.
type KeepInbox struct {
	Counter uint32
	Event   ID
	Key     InboxKey

	unsigned
}

// KeepLink is a link whose record has not arrived yet. It is never sent.
type KeepLink struct {
	Counter uint32
	Link    Link
	Since   time.Time

	unsigned
}

func (k *KeepCircle) counter() uint32  { return k.Counter }
func (k *KeepEvent) counter() uint32   { return k.Counter }
func (k *KeepInvite) counter() uint32  { return k.Counter }
func (k *KeepReply) counter() uint32   { return k.Counter }
func (k *KeepContact) counter() uint32 { return k.Counter }
func (k *KeepCard) counter() uint32    { return k.Counter }
func (k *KeepInbox) counter() uint32   { return k.Counter }
func (k *KeepLink) counter() uint32    { return k.Counter }

// About is the circle.
func (k *KeepCircle) About() ID { return about("circle", CircleID(k.Secret)) }

// About is the event.
func (k *KeepEvent) About() ID { return about("event", k.Event) }

// About is the invite secret.
func (k *KeepInvite) About() ID { return about("invite", InviteHash(k.Invitation.Invite)) }

// About is the event replied to.
func (k *KeepReply) About() ID { return about("reply", k.Reply.Event) }

// About is the identity.
func (k *KeepContact) About() ID { return about("contact", k.Card.Author) }

// About is the card.
func (k *KeepCard) About() ID { return about("card", k.Card.ID()) }

// About is the inbox.
func (k *KeepInbox) About() ID { return about("inbox", k.Key.Public(k.Event).Hash()) }

// About is the record that the link leads to.
func (k *KeepLink) About() ID { return about("link", ID(k.Link.Secret().key)) }

func (k *KeepCircle) check() error {
	if k.Secret.IsZero() {
		return fmt.Errorf("circle kept without its secret")
	}
	return checkText("name of a circle", k.Name, 0, 100)
}

func (k *KeepEvent) check() error {
	if k.Secret.IsZero() {
		return fmt.Errorf("event %v kept without its secret", k.Event)
	}
	switch k.Attest {
	case "", "invited", "circle", "nobody":
	default:
		return fmt.Errorf("attest to %.40q, want invited, circle or nobody", k.Attest)
	}
	if k.Details != nil {
		if err := k.Details.check(); err != nil {
			return err
		}
	}
	if k.Invitation == nil {
		return nil
	}
	if k.Invitation.Event != k.Event {
		return fmt.Errorf("event %v kept with an invitation to %v", k.Event, k.Invitation.Event)
	}
	return k.Invitation.check()
}

func (k *KeepInvite) check() error {
	if k.Invitation == nil {
		return fmt.Errorf("invitation kept without itself")
	}
	if err := k.Invitation.check(); err != nil {
		return err
	}
	return checkMoment("making of an invitation", k.Made)
}

func (k *KeepReply) check() error { return k.Reply.check() }

func (k *KeepContact) check() error {
	if k.Card == nil {
		return fmt.Errorf("contact kept without a card")
	}
	if err := k.Card.check(); err != nil {
		return err
	}
	return checkText("petname", k.Petname, 0, 100)
}

func (k *KeepCard) check() error {
	if k.Card == nil || k.Key.IsZero() {
		return fmt.Errorf("contact card kept without itself or its key")
	}
	return k.Card.check()
}

func (k *KeepInbox) check() error {
	if k.Key.IsZero() {
		return fmt.Errorf("inbox of event %v kept without its key", k.Event)
	}
	return nil
}

func (k *KeepLink) check() error {
	if k.Link.Secret().IsZero() {
		return fmt.Errorf("link kept without itself")
	}
	return checkMoment("receipt of a link", k.Since)
}

func (k *KeepEvent) prove(kind Kind, under Secret) ([]claim, error) {
	if k.Invitation == nil {
		return nil, nil
	}
	return k.Invitation.prove(kind, under)
}

func (k *KeepInvite) prove(kind Kind, under Secret) ([]claim, error) {
	return k.Invitation.prove(kind, under)
}

func (k *KeepContact) prove(kind Kind, under Secret) ([]claim, error) {
	return k.Card.prove(kind, under)
}

func (k *KeepCard) prove(kind Kind, under Secret) ([]claim, error) { return k.Card.prove(kind, under) }

// prove refuses what came in a frame: none must be sent. SPEC 9.4.
func (k *KeepInbox) prove(Kind, Secret) ([]claim, error) {
	return nil, fmt.Errorf("private half of an inbox in a frame")
}

// prove refuses what came in a frame: none must be sent. SPEC 9.4.
func (k *KeepLink) prove(Kind, Secret) ([]claim, error) {
	return nil, fmt.Errorf("link that waits in a frame")
}

func (k *KeepInvite) recordID(encoded []byte) ID  { return bodyID(encoded) }
func (k *KeepContact) recordID(encoded []byte) ID { return bodyID(encoded) }
func (k *KeepCard) recordID(encoded []byte) ID    { return bodyID(encoded) }
