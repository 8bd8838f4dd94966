package secretary

import (
	"bytes"
	"context"
	"time"

	"github.com/multiformats/go-multiaddr"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Invitation is one that was made, and how to hand it on.
type Invitation struct {
	*votive.Invitation
	Link votive.Link
}

// Terms are those of an invitation.
type Terms struct {
	Uses    int       // 0: no limit
	Expires time.Time // zero: with the event, or in 30 days for a circle
	Here    bool      // the link names this node
}

// seriesInvitation is how long an invitation to an event that recurs is good at
// most, unless said otherwise: some never end.
const seriesInvitation = 366 * 24 * time.Hour

// circleInvitation is how long an invitation to a circle is good unless said
// otherwise.
const circleInvitation = 30 * 24 * time.Hour

// Invite makes an invitation to an event that the person organizes.
func (s *Secretary) Invite(ctx context.Context, event votive.ID, t Terms) (Invitation, error) {
	return s.invite(ctx, t.Here, func(v *almanac.View, d *almanac.Draft) (*votive.Invitation, error) {
		e, err := settled(v, event)
		if err != nil {
			return nil, err
		}
		if e.State.Card.Status == votive.Cancelled {
			return nil, refused("it is cancelled")
		}
		if t.Expires.IsZero() {
			_, t.Expires = e.State.Card.Span(time.UTC)
			t.Expires = t.Expires.Add(14 * time.Hour)
			if year := v.Now().Add(seriesInvitation); e.State.Card.Recurs() && t.Expires.After(year) {
				t.Expires = year
			}
		}
		if !t.Expires.After(v.Now()) {
			return nil, refused("the invitation would have expired by %s", t.Expires.UTC().Format(time.RFC3339))
		}
		inv, err := s.signed(v.Identity().EventKey(e.Keep.Nonce), votive.Invitation{
			Event: event, Secret: e.Keep.Secret, Expires: t.Expires, Uses: t.Uses,
		})
		if err != nil {
			return nil, err
		}
		if !e.Keep.Opened {
			s.openUp(v, e, d)
		}
		d.Send = append(d.Send, almanac.Letter{
			Kind: votive.KindDesk, Secret: e.Keep.Desk, About: event, Body: inv, Until: untilOf(e),
		})
		return inv, nil
	})
}

// openUp sends all that is known of an event under its own secret, for guests
// who are not in its circle. It happens with the first invitation.
func (s *Secretary) openUp(v *almanac.View, e *almanac.Event, d *almanac.Draft) {
	keep := *e.Keep
	keep.Opened, keep.Counter = true, v.Counter(e.Keep)+1
	guests := keep
	guests.Circle = votive.Secret{} // its circle has it all already
	for _, c := range e.Counted() {
		d.Send = append(d.Send, public(&guests, untilOf(e), c)...)
	}
	d.Send = append(d.Send, public(&guests, untilOf(e), e.Inbox())...)
	d.Send = append(d.Send, toSelf(v, &keep, untilOf(e)))
	d.Keep = append(d.Keep, &keep)
}

// InviteToCircle makes an invitation to a closed circle. An open one needs
// none: its name is enough.
func (s *Secretary) InviteToCircle(ctx context.Context, circle votive.ID, t Terms) (Invitation, error) {
	return s.invite(ctx, t.Here, func(v *almanac.View, _ *almanac.Draft) (*votive.Invitation, error) {
		c := v.Circle(circle)
		if c == nil {
			return nil, almanac.ErrNotFound
		}
		if c.Open {
			return nil, refused("%q is an open circle: whoever knows its name is in", c.Name)
		}
		if t.Expires.IsZero() {
			t.Expires = v.Now().Add(circleInvitation)
		}
		if !t.Expires.After(v.Now()) {
			return nil, refused("the invitation would have expired by %s", t.Expires.UTC().Format(time.RFC3339))
		}
		return s.signed(v.Identity().CircleKey(circle), votive.Invitation{
			Circle: circle, Secret: c.Secret, Expires: t.Expires, Uses: t.Uses, Name: c.Name,
		})
	})
}

// signed draws the invite secret and signs.
func (s *Secretary) signed(by votive.Signer, inv votive.Invitation) (*votive.Invitation, error) {
	var err error
	if inv.Invite, err = s.secret(); err != nil {
		return nil, err
	}
	made, err := votive.NewInvitation(by, inv)
	if err != nil {
		return nil, input("%v", err)
	}
	return made, nil
}

// invite makes an invitation known to whoever has its link.
func (s *Secretary) invite(ctx context.Context, here bool,
	prepare func(*almanac.View, *almanac.Draft) (*votive.Invitation, error),
) (Invitation, error) {
	var out Invitation
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		inv, err := prepare(v, &d)
		if err != nil {
			return d, err
		}
		if out, err = s.linked(inv, here); err != nil {
			return d, err
		}
		d.Send = append(d.Send, almanac.Letter{
			Kind: votive.KindLink, Secret: inv.LinkSecret(), About: almanac.LinkID(out.Link), Body: inv, Until: inv.Expires,
		})
		d.Keep = append(d.Keep, &votive.KeepInvite{Invitation: inv, Made: v.Now(), Counter: 1})
		return d, nil
	})
	return out, err
}

// linked is an invitation with a link that names a peer to ask, if there is one.
func (s *Secretary) linked(inv *votive.Invitation, here bool) (Invitation, error) {
	link, err := s.link(inv.LinkSecret(), here)
	return Invitation{Invitation: inv, Link: link}, err
}

// link names a keeper where one is known and fits into a link. This node it
// names for nobody who does not ask for that: a link is passed on, and found in
// telephones, and says then where its writer is; and two links of two events, or
// of one and a contact card, would say that they are of one person.
func (s *Secretary) link(secret votive.Secret, here bool) (votive.Link, error) {
	address := s.Keeper
	if here {
		address = s.Here
	}
	var addr []byte
	if text := address(); text != "" {
		if m, err := multiaddr.NewMultiaddr(text); err == nil {
			addr = m.Bytes()
		}
	}
	if link, err := votive.NewLink(secret, addr); err == nil {
		return link, nil
	}
	return votive.NewLink(secret, nil)
}

// Linked is an invitation that was made before, with its link as it is now.
func (s *Secretary) Linked(inv *votive.Invitation) (Invitation, error) {
	return s.linked(inv, false)
}

// File is the complete form of an invitation: with it a guest needs no network
// to see what they are invited to.
func (s *Secretary) File(ctx context.Context, inv Invitation) ([]byte, error) {
	frames, err := s.book.Sealed(ctx, fileLetters(s.book, inv)...)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	_, err = votive.File{Link: inv.LinkSecret(), Frames: frames}.WriteTo(&b)
	return b.Bytes(), err
}

// fileLetters are the invitation and all that it lets its reader open.
func fileLetters(book *almanac.Almanac, inv Invitation) []almanac.Letter {
	letters := []almanac.Letter{{Kind: votive.KindLink, Secret: inv.LinkSecret(), Body: inv.Invitation, Until: inv.Expires}}
	_ = book.View(func(v *almanac.View) error {
		e := v.Event(inv.Event)
		if e == nil || !e.Known {
			return nil
		}
		keep := votive.KeepEvent{Event: e.ID, Secret: inv.Secret, Opened: true}
		for _, c := range e.Counted() {
			letters = append(letters, public(&keep, untilOf(e), c)...)
		}
		letters = append(letters, public(&keep, untilOf(e), e.Inbox())...)
		return nil
	})
	return letters
}

// Revoke ends an invitation that the person made to one of their events.
func (s *Secretary) Revoke(ctx context.Context, invite votive.ID) error {
	return s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		i := v.Invite(invite)
		if i == nil {
			return d, almanac.ErrNotFound
		}
		if i.Event.IsZero() {
			return d, refused("an invitation to a circle cannot be taken back: make a new circle, and invite who is to be in it")
		}
		e, err := settled(v, i.Event)
		if err != nil {
			return d, err
		}
		if e.State.Revoked(i.Invitation.Invite, e.Revokes()) {
			return d, refused("it is revoked already")
		}
		r, err := votive.NewRevoke(v.Identity().EventKey(e.Keep.Nonce), i.Event, i.Invitation.Invite)
		if err != nil {
			return d, err
		}
		d.Send = []almanac.Letter{{
			Kind: votive.KindEvent, Secret: e.Keep.Secret, About: i.Event, Body: r, Until: untilOf(e),
		}}
		return d, nil
	})
}
