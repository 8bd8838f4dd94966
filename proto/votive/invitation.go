package votive

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"votive/proto/internal/wirepb"
)

// Role is what somebody is invited as.
type Role uint8

// The values of Role.
const (
	RoleGuest Role = iota
	RoleOrganizer
)

var roleNames = []string{"guest", "organizer"}

// String is the role in one lower-case word.
func (r Role) String() string { return nameOf(roleNames, int(r)) }

// ParseRole reads what String writes.
func ParseRole(s string) (Role, error) {
	i, err := valueOf("role", roleNames, s)
	return Role(i), err
}

// Invitation lets somebody into an event, or a circle. It is made by
// NewInvitation and then read only. SPEC 7.1.
type Invitation struct {
	Author  ID     // the key of who invites: an event key, or a circle key
	Event   ID     // exactly one of Event and Circle is set
	Circle  ID     //
	Secret  Secret // of the event or the circle
	Invite  Secret // random: replies prove that they come with it
	Expires time.Time
	Uses    int    // advisory, up to 100,000; 0 is no limit
	Role    Role   //
	Name    string // of the circle, 1-100 bytes

	*signed
}

// NewInvitation signs an invitation: with an event key of the inviter for an
// event, with their circle key for a circle.
func NewInvitation(s Signer, inv Invitation) (*Invitation, error) {
	if err := inv.checkFields(); err != nil {
		return nil, err
	}
	signed, err := newSigned(s, &wirepb.Statement{Kind: &wirepb.Statement_Invitation{
		Invitation: &wirepb.Invitation{
			Event:   bytesOrNone(inv.Event),
			Circle:  bytesOrNone(inv.Circle),
			Secret:  inv.Secret.Bytes(),
			Invite:  inv.Invite.Bytes(),
			Expires: inv.Expires.Unix(),
			Uses:    uint32(inv.Uses),
			Role:    wirepb.Role(inv.Role),
			Name:    inv.Name,
		},
	}})
	if err != nil {
		return nil, err
	}
	inv.Author, inv.signed = signed.author, signed
	inv.Expires = time.Unix(inv.Expires.Unix(), 0).UTC()
	return &inv, nil
}

// LinkSecret is the secret under which the invitation travels behind a link.
// SPEC 7.4.
func (inv *Invitation) LinkSecret() Secret { return inv.link() }

// Expired reports whether it is too late to accept the invitation. SPEC 7.3.
func (inv *Invitation) Expired(now time.Time) bool { return now.After(inv.Expires) }

func invitationFrom(s *signed, w *wirepb.Invitation) (*Invitation, error) {
	inv := &Invitation{
		Author:  s.author,
		Expires: time.Unix(w.GetExpires(), 0).UTC(),
		Uses:    int(w.GetUses()),
		Name:    w.GetName(),
		signed:  s,
	}
	var err error
	if inv.Event, err = optionalID("event of an invitation", w.GetEvent()); err != nil {
		return nil, err
	}
	if inv.Circle, err = optionalID("circle of an invitation", w.GetCircle()); err != nil {
		return nil, err
	}
	if inv.Secret, err = secretFrom("secret of an invitation", w.GetSecret()); err != nil {
		return nil, err
	}
	if inv.Invite, err = secretFrom("invite secret", w.GetInvite()); err != nil {
		return nil, err
	}
	if inv.Role, err = enumFrom[Role]("role", w.GetRole()); err != nil {
		return nil, err
	}
	return inv, nil
}

func (inv *Invitation) check() error {
	if err := inv.signed.check(); err != nil {
		return err
	}
	return inv.checkFields()
}

// checkFields is SPEC 7.1.
func (inv *Invitation) checkFields() error {
	if inv.Event.IsZero() == inv.Circle.IsZero() {
		return fmt.Errorf("invitation to an event and a circle, or to neither")
	}
	if inv.Secret.IsZero() || inv.Invite.IsZero() {
		return fmt.Errorf("invitation without its secrets")
	}
	if err := checkMoment("expiry of an invitation", inv.Expires); err != nil {
		return err
	}
	if err := checkCount("uses", inv.Uses, 100_000); err != nil {
		return err
	}
	if int(inv.Role) >= len(roleNames) {
		return fmt.Errorf("role %d is not known", inv.Role)
	}
	if inv.Circle.IsZero() {
		return checkText("name in an invitation to an event", inv.Name, 0, 0)
	}
	if id := CircleID(inv.Secret); id != inv.Circle {
		return fmt.Errorf("invitation to circle %v has the secret of %v", inv.Circle, id)
	}
	return checkText("name of a circle", inv.Name, 1, 100)
}

// Why an invitation is not honoured.
var (
	ErrExpired      = errors.New("the invitation has expired")
	ErrRevoked      = errors.New("the invitation was revoked")
	ErrNotOrganizer = errors.New("not an organizer of the event")
)

// Honours says why an invitation to this event does not count, or nothing. It
// is for an event that is known; before that an invitation is pending. The
// error is ErrExpired, ErrRevoked or ErrNotOrganizer, if the invitation is to
// this event at all. SPEC 7.2, 7.3.
func (e *Event) Honours(inv *Invitation, revokes []*Revoke, now time.Time) error {
	switch {
	case inv.Event != e.ID:
		return fmt.Errorf("invitation is to event %v, this is %v", inv.Event, e.ID)
	case !e.Organizes(inv.Author):
		return ErrNotOrganizer
	case e.Revoked(inv.Invite, revokes):
		return ErrRevoked
	case inv.Expired(now):
		return ErrExpired
	}
	return nil
}

// Organizes reports whether key is in the roster of every head. SPEC 7.2, 7.6.
func (e *Event) Organizes(key ID) bool {
	for _, head := range e.heads {
		if !slices.Contains(head.roster, key) {
			return false
		}
	}
	return len(e.heads) > 0
}

// Revoked reports whether a Revoke of the invitation with that invite secret
// counts. SPEC 7.6.
func (e *Event) Revoked(invite Secret, revokes []*Revoke) bool {
	hash := InviteHash(invite)
	return slices.ContainsFunc(revokes, func(r *Revoke) bool {
		return r.Invite == hash && r.Event == e.ID && e.Organizes(r.Author)
	})
}
