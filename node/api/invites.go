package api

import (
	"context"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// Invite makes an invitation to an event or a closed circle.
func (a *API) Invite(ctx context.Context, r *localpb.InviteRequest) (*localpb.InviteResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	terms := secretary.Terms{Uses: int(r.Uses), Here: r.Here}
	if terms.Expires, err = a.until(r.Expires, reader); err != nil {
		return nil, err
	}
	var inv secretary.Invitation
	m := &localpb.InviteResponse{}
	if r.Circle {
		circle, err := a.findCircle(r.To)
		if err != nil {
			return nil, err
		}
		if inv, err = a.Secretary.InviteToCircle(ctx, circle, terms); err != nil {
			return nil, err
		}
		m.Chosen = inv.Name
	} else {
		event, err := a.findEvent(r.To)
		if err != nil {
			return nil, err
		}
		if inv, err = a.Secretary.Invite(ctx, event, terms); err != nil {
			return nil, err
		}
		m.Chosen = a.title(event)
	}
	if r.File {
		if m.File, err = a.Secretary.File(ctx, inv); err != nil {
			return nil, err
		}
	}
	m.Link, m.Qr, m.Address = inv.Link.String(), inv.Link.QR(), secretary.AddressOf(inv.Link)
	m.Id = votive.InviteHash(inv.Invitation.Invite).String()
	m.Uses, m.Expires = uint32(inv.Uses), inv.Expires.UTC().Format(time.RFC3339)
	return m, nil
}

// ListInvites are the invitations to an event that the person organizes, or
// to a circle.
func (a *API) ListInvites(_ context.Context, r *localpb.ListInvitesRequest) (*localpb.InvitesResponse, error) {
	m := &localpb.InvitesResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		e, err := v.FindEvent(r.Event)
		if err != nil {
			c, none := v.FindCircle(r.Event)
			if none != nil {
				return err
			}
			m.Chosen = c.Name
			return a.invites(m, v, v.Invites(c.ID), nil)
		}
		m.Chosen = e.State.Card.Title
		return a.invites(m, v, v.Invites(e.ID), e)
	})
}

// invites fills in invitations to e, or to a circle where e is nil.
func (a *API) invites(m *localpb.InvitesResponse, _ *almanac.View, all []*almanac.Invite, e *almanac.Event) error {
	used := make(map[votive.ID]uint32)
	var revokes []*votive.Revoke
	if e != nil {
		revokes = e.Revokes()
		for _, r := range e.Replies() {
			used[r.Reply.Invite]++
		}
	}
	for _, i := range all {
		linked, err := a.Secretary.Linked(i.Invitation)
		if err != nil {
			return err
		}
		m.Invites = append(m.Invites, &localpb.Invite{
			Link: linked.Link.String(), Id: i.ID().String(), Uses: uint32(i.Uses), Used: used[i.ID()],
			Expires: i.Expires.UTC().Format(time.RFC3339), Role: i.Role.String(),
			Revoked: e != nil && e.State.Revoked(i.Invitation.Invite, revokes),
		})
	}
	return nil
}

// Revoke ends an invitation.
func (a *API) Revoke(ctx context.Context, r *localpb.RevokeRequest) (*localpb.InvitesResponse, error) {
	var invite, event votive.ID
	err := a.Almanac.View(func(v *almanac.View) error {
		i, err := v.FindInvite(r.Invite)
		if err == nil {
			invite, event = i.ID(), i.Event
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := a.Secretary.Revoke(ctx, invite); err != nil {
		return nil, err
	}
	m := &localpb.InvitesResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		return a.invites(m, v, []*almanac.Invite{v.Invite(invite)}, v.Event(event))
	})
}

// Inspect says what is behind a link or in a file, and changes nothing.
func (a *API) Inspect(ctx context.Context, r *localpb.InspectRequest) (*localpb.AcceptResponse, error) {
	o, err := secretary.Read(r.Link, r.File)
	if err != nil {
		return nil, err
	}
	if err := a.Almanac.View(func(*almanac.View) error { return nil }); err != nil {
		return nil, err // locked: nothing could be accepted
	}
	if err := a.Secretary.Inspect(ctx, o); err != nil {
		return nil, err
	}
	if !o.Found() && r.Connect {
		a.Secretary.Fetch(ctx, o, wait(r.WaitSeconds))
	}
	return a.opened(o)
}

// Accept takes what is behind a link or in a file.
func (a *API) Accept(ctx context.Context, r *localpb.AcceptRequest) (*localpb.AcceptResponse, error) {
	o, err := secretary.Read(r.Link, r.File)
	if err != nil {
		return nil, err
	}
	if err := a.Almanac.View(func(*almanac.View) error { return nil }); err != nil {
		return nil, err
	}
	if err := a.Secretary.Inspect(ctx, o); err != nil {
		return nil, err
	}
	switch {
	case o.Found():
	case r.Connect:
		a.Secretary.Fetch(ctx, o, wait(r.WaitSeconds))
	default:
		a.Secretary.Await(ctx, o, wait(r.WaitSeconds))
	}
	if !o.Found() {
		if err := a.Secretary.Remember(ctx, o); err != nil {
			return nil, err
		}
		return a.opened(o)
	}
	if err := a.Secretary.Accept(ctx, o); err != nil {
		return nil, err
	}
	return a.opened(o)
}

// opened says what was found, as far as it is here.
func (a *API) opened(o *secretary.Opened) (*localpb.AcceptResponse, error) {
	m := &localpb.AcceptResponse{Pending: !o.Found(), Address: o.Address()}
	return m, a.Almanac.View(func(v *almanac.View) error {
		switch {
		case o.Contact != nil:
			m.Issuer = issuer(v, o.Contact.Author, o.Contact.Name)
			words := votive.WordsOf(o.Contact.Author)
			m.Contact = &localpb.Contact{Key: o.Contact.Author.String(), Name: o.Contact.Name, Words: words[:]}
		case o.Invitation != nil:
			a.invited(v, m, o)
		}
		return nil
	})
}

// invited says to what, and by whom.
func (a *API) invited(v *almanac.View, m *localpb.AcceptResponse, o *secretary.Opened) {
	inv := o.Invitation
	m.Expires = inv.Expires.UTC().Format(time.RFC3339)
	m.Issuer = issuer(v, inv.Author, "")
	if !inv.Circle.IsZero() {
		m.Circle = &localpb.Circle{Id: inv.Circle.String(), Name: inv.Name, Kind: "closed"}
		return
	}
	if e := v.Event(inv.Event); e != nil && e.Known {
		m.Event = eventMessage(v, e)
	} else if o.Event != nil {
		m.Event = stateMessage(v, o.Event)
	}
	for _, who := range m.Event.GetOrganizers() {
		if who.Key == m.Issuer.Key {
			m.Issuer = &localpb.Issuer{Key: who.Key, Petname: who.Petname, Name: who.By, Verified: who.Verified}
		}
	}
}

// issuer is who signed, as far as they are known.
func issuer(v *almanac.View, key votive.ID, name string) *localpb.Issuer {
	m := &localpb.Issuer{Key: key.String(), Name: name}
	if c := v.Contact(key); c != nil {
		m.Petname, m.Verified = c.Petname, c.Verified
	}
	return m
}

// AddContact keeps the card behind a link under a name of the person's own.
func (a *API) AddContact(ctx context.Context, r *localpb.AddContactRequest) (*localpb.ContactsResponse, error) {
	o, err := secretary.Read(r.Card, nil)
	if err != nil {
		return nil, err
	}
	if err := a.Almanac.View(func(*almanac.View) error { return nil }); err != nil {
		return nil, err
	}
	if err := a.Secretary.Inspect(ctx, o); err != nil {
		return nil, err
	}
	if !o.Found() && r.Connect {
		a.Secretary.Fetch(ctx, o, wait(r.WaitSeconds))
	}
	if !o.Found() {
		return &localpb.ContactsResponse{Pending: true}, a.Secretary.Remember(ctx, o)
	}
	if err := a.Secretary.AddContact(ctx, o, r.Petname); err != nil {
		return nil, err
	}
	m := &localpb.ContactsResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		if c := v.Contact(o.Contact.Author); c != nil {
			m.Contacts = []*localpb.Contact{contactMessage(c)}
		}
		return nil
	})
}
