package votive

import (
	"fmt"
	"time"

	"votive/proto/internal/wirepb"
)

// ContactCard is how an identity introduces itself. It is made by
// NewContactCard and then read only. SPEC 9.3.
type ContactCard struct {
	Author ID     // the identity
	Name   string // what it calls itself, up to 100 bytes
	Inbox  Secret // the frame secret of an inbox made for this card alone
	Issued time.Time

	key []byte // of the inbox
	*signed
}

// NewContactCard signs a card with the person key of an identity. inbox and
// key are fresh for each card; issued is told to the day, so that cards do not
// tell when their owner is awake.
func NewContactCard(s Signer, name string, inbox Secret, key InboxKey, issued time.Time) (*ContactCard, error) {
	if key.IsZero() {
		return nil, fmt.Errorf("contact card without the key of its inbox")
	}
	c := &ContactCard{
		Author: s.Key(),
		Name:   name,
		Inbox:  inbox,
		Issued: issued.UTC().Truncate(daySize * time.Second),
		key:    key.private.PublicKey().Bytes(),
	}
	if err := c.checkFields(); err != nil {
		return nil, err
	}
	signed, err := newSigned(s, &wirepb.Statement{Kind: &wirepb.Statement_Contact{
		Contact: &wirepb.ContactCard{
			Name:        c.Name,
			InboxSecret: c.Inbox.Bytes(),
			InboxKey:    c.key,
			Issued:      c.Issued.Unix(),
		},
	}})
	if err != nil {
		return nil, err
	}
	c.signed = signed
	return c, nil
}

// LinkSecret is the secret under which the card travels behind a link.
// SPEC 9.3.
func (c *ContactCard) LinkSecret() Secret { return c.link() }

// ID is the id of the record that the card is.
func (c *ContactCard) ID() ID { return c.signed.recordID(nil) }

func contactCardFrom(s *signed, w *wirepb.ContactCard) (*ContactCard, error) {
	inbox, err := secretFrom("inbox secret", w.GetInboxSecret())
	if err != nil {
		return nil, err
	}
	return &ContactCard{
		Author: s.author,
		Name:   w.GetName(),
		Inbox:  inbox,
		Issued: time.Unix(w.GetIssued(), 0).UTC(),
		key:    w.GetInboxKey(),
		signed: s,
	}, nil
}

func (c *ContactCard) check() error {
	if err := c.signed.check(); err != nil {
		return err
	}
	return c.checkFields()
}

// checkFields is SPEC 9.3.
func (c *ContactCard) checkFields() error {
	if err := checkText("name", c.Name, 0, 100); err != nil {
		return err
	}
	if c.Inbox.IsZero() {
		return fmt.Errorf("contact card without the secret of its inbox")
	}
	if err := checkInboxKey(c.key); err != nil {
		return err
	}
	if s := c.Issued.Unix(); s%daySize != 0 {
		return fmt.Errorf("contact card issued at %d, want a multiple of %d", s, daySize)
	}
	return checkMoment("issue of a contact card", c.Issued)
}

func (c *ContactCard) prove(kind Kind, under Secret) ([]claim, error) {
	if err := proveInboxKey(c.key); err != nil {
		return nil, err
	}
	return c.signed.prove(kind, under)
}
