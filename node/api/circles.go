package api

import (
	"context"

	"votive/node/almanac"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// NewCircle founds a closed circle.
func (a *API) NewCircle(ctx context.Context, r *localpb.NewCircleRequest) (*localpb.CirclesResponse, error) {
	id, err := a.Secretary.NewCircle(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	return a.circle(id)
}

// JoinCircle joins an open circle by its name.
func (a *API) JoinCircle(ctx context.Context, r *localpb.JoinCircleRequest) (*localpb.CirclesResponse, error) {
	id, err := a.Secretary.JoinCircle(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	return a.circle(id)
}

// circle is the one circle that something was done to.
func (a *API) circle(id votive.ID) (*localpb.CirclesResponse, error) {
	m := &localpb.CirclesResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		if c := v.Circle(id); c != nil {
			m.Circles = []*localpb.Circle{circleMessage(c)}
		}
		return nil
	})
}

// ListCircles are those that the person is in.
func (a *API) ListCircles(context.Context, *localpb.ListCirclesRequest) (*localpb.CirclesResponse, error) {
	m := &localpb.CirclesResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		for _, c := range v.Circles() {
			m.Circles = append(m.Circles, circleMessage(c))
		}
		return nil
	})
}

// LeaveCircle forgets one, and lists those that are left.
func (a *API) LeaveCircle(ctx context.Context, r *localpb.LeaveCircleRequest) (*localpb.CirclesResponse, error) {
	id, err := a.findCircle(r.Circle)
	if err != nil {
		return nil, err
	}
	name := ""
	_ = a.Almanac.View(func(v *almanac.View) error {
		if c := v.Circle(id); c != nil {
			name = c.Name
		}
		return nil
	})
	if err := a.Secretary.LeaveCircle(ctx, id); err != nil {
		return nil, err
	}
	m, err := a.ListCircles(ctx, nil)
	if err == nil {
		m.Chosen = name
	}
	return m, err
}

// findCircle is the circle that somebody named; zero for no name.
func (a *API) findCircle(name string) (votive.ID, error) {
	var id votive.ID
	if name == "" {
		return id, nil
	}
	return id, a.Almanac.View(func(v *almanac.View) error {
		c, err := v.FindCircle(name)
		if err == nil {
			id = c.ID
		}
		return err
	})
}

// ListContacts are the people of whom there is a card.
func (a *API) ListContacts(context.Context, *localpb.ListContactsRequest) (*localpb.ContactsResponse, error) {
	m := &localpb.ContactsResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		for _, c := range v.Contacts() {
			m.Contacts = append(m.Contacts, contactMessage(c))
		}
		return nil
	})
}
