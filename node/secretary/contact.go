package secretary

import (
	"context"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Card gives a link to the person's contact card: the one given out before,
// or with fresh a new one, with an inbox of its own. With here the link names
// this node.
func (s *Secretary) Card(ctx context.Context, fresh, here bool) (votive.Link, error) {
	var card *votive.ContactCard
	err := s.book.View(func(v *almanac.View) error {
		if c := v.Card(); c != nil {
			card = c.Card
		}
		return nil
	})
	if err != nil {
		return votive.Link{}, err
	}
	if card == nil || fresh {
		name := ""
		if card != nil {
			name = card.Name
		}
		if card, err = s.newCard(ctx, name); err != nil {
			return votive.Link{}, err
		}
	}
	return s.link(card.LinkSecret(), here)
}

// Introduce makes a first card that says a name, which may be empty.
func (s *Secretary) Introduce(ctx context.Context, name string) error {
	_, err := s.newCard(ctx, name)
	return err
}

// Name is what the person's newest card says, or "".
func Name(v *almanac.View) string {
	if c := v.Card(); c != nil {
		return c.Card.Name
	}
	return ""
}

func (s *Secretary) newCard(ctx context.Context, name string) (*votive.ContactCard, error) {
	var card *votive.ContactCard
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		inbox, err := s.secret()
		if err != nil {
			return d, err
		}
		key, err := votive.NewInboxKey(s.Random)
		if err != nil {
			return d, err
		}
		card, err = votive.NewContactCard(v.Identity().PersonKey(), name, inbox, key, v.Now())
		if err != nil {
			return d, input("%v", err)
		}
		keep := &votive.KeepCard{Card: card, Key: key, Counter: 1}
		if c := v.Card(); c != nil {
			keep.Counter = c.Counter + 1
		}
		link, err := votive.NewLink(card.LinkSecret(), nil)
		if err != nil {
			return d, err
		}
		until := v.Now().Add(selfKept)
		d.Keep = []votive.Keep{keep}
		d.Send = []almanac.Letter{
			{Kind: votive.KindLink, Secret: card.LinkSecret(), About: almanac.LinkID(link), Body: card, Until: until},
			toSelf(v, keep, until),
		}
		return d, nil
	})
	return card, err
}

// AddContact keeps somebody's card under a name of the person's own.
func (s *Secretary) AddContact(ctx context.Context, o *Opened, petname string) error {
	card := o.Contact
	if card == nil {
		return refused("this is an invitation and nobody's card; accept it instead")
	}
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		if card.Author == v.Identity().Key() {
			return d, refused("this is your own card")
		}
		keep := &votive.KeepContact{Card: card, Petname: petname}
		if c := v.Contact(card.Author); c != nil {
			keep.Verified, keep.Muted = c.Verified, c.Muted
		}
		for _, c := range v.Contacts() {
			if c.Petname == petname && c.Key != card.Author {
				return d, refused("you call somebody else %q already", petname)
			}
		}
		keep.Counter = v.Counter(keep) + 1
		if _, err := votive.Kept(keep); err != nil {
			return d, input("%v", err)
		}
		d.Keep = []votive.Keep{keep}
		d.Send = []almanac.Letter{toSelf(v, keep, v.Now().Add(selfKept))}
		return d, nil
	})
	if err != nil {
		return err
	}
	return s.book.Unlink(ctx, o.Link)
}
