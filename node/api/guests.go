package api

import (
	"context"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// Rsvp answers an event.
func (a *API) Rsvp(ctx context.Context, r *localpb.RsvpRequest) (*localpb.RsvpResponse, error) {
	event, err := a.findEvent(r.Event)
	if err != nil {
		return nil, err
	}
	say := secretary.Rsvp{Name: r.Name, Note: r.Note}
	if say.Status, err = votive.ParseRsvp(r.Status); err != nil {
		return nil, badInput(err)
	}
	if r.Party != nil {
		party := int(*r.Party)
		say.Party = &party
	}
	if err := a.Secretary.Rsvp(ctx, event, say); err != nil {
		return nil, err
	}
	m := &localpb.RsvpResponse{Chosen: a.title(event)}
	if say.Status != votive.RsvpNo {
		m.Clashes, m.MoreClashes = a.clashes(event, r.ReaderZone)
	}
	return m, a.Almanac.View(func(v *almanac.View) error {
		if e := v.Event(event); e != nil {
			m.Reply = replyMessage(e)
		}
		return nil
	})
}

// ListGuests are the replies to an event that the person organizes.
func (a *API) ListGuests(_ context.Context, r *localpb.ListGuestsRequest) (*localpb.GuestsResponse, error) {
	m := &localpb.GuestsResponse{Counts: &localpb.GuestCounts{}}
	return m, a.Almanac.View(func(v *almanac.View) error {
		e, err := v.FindEvent(r.Event)
		if err != nil {
			return err
		}
		if !e.Organized() {
			return secretary.ErrNotOrganizer
		}
		m.Chosen, m.Unread = e.State.Card.Title, e.Unread(v.Now())
		for _, reply := range e.Replies() {
			g := guestMessage(v, reply)
			m.Guests = append(m.Guests, g)
			count(m.Counts, g, max(g.Party, 1))
		}
		return nil
	})
}

func count(c *localpb.GuestCounts, g *localpb.Guest, people uint32) {
	switch g.Status {
	case "yes":
		c.Yes++
	case "maybe":
		c.Maybe++
	case "no":
		c.No++
	}
	switch g.Answer {
	case "in":
		if g.Status != "no" { // who has changed their mind is told so later
			c.In++
			c.People += people
		}
	case "waitlist":
		c.Waitlist++
	case "pending":
		c.Pending++
	}
}
