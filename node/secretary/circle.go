package secretary

import (
	"context"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// NewCircle founds a closed circle. It needs a name for its invitations.
// SPEC 7.1.
func (s *Secretary) NewCircle(ctx context.Context, name string) (votive.ID, error) {
	if strings.TrimSpace(name) == "" {
		return votive.ID{}, input("a circle needs a name")
	}
	secret, err := s.secret()
	if err != nil {
		return votive.ID{}, err
	}
	return votive.CircleID(secret), s.keepCircle(ctx, &votive.KeepCircle{Secret: secret, Name: name})
}

// JoinCircle joins the open circle of that name: whoever knows the name is in.
func (s *Secretary) JoinCircle(ctx context.Context, name string) (votive.ID, error) {
	secret, err := votive.OpenCircleSecret(name)
	if err != nil {
		return votive.ID{}, input("%v", err)
	}
	return votive.CircleID(secret), s.keepCircle(ctx, &votive.KeepCircle{Secret: secret, Name: name, Open: true})
}

// LeaveCircle forgets a circle and what was found in it, events that the
// person takes part in apart. Whoever has its secret can join again.
func (s *Secretary) LeaveCircle(ctx context.Context, circle votive.ID) error {
	var keep *votive.KeepCircle
	err := s.book.View(func(v *almanac.View) error {
		c := v.Circle(circle)
		if c == nil {
			return almanac.ErrNotFound
		}
		left := *c.KeepCircle
		left.Left = true
		keep = &left
		return nil
	})
	if err != nil {
		return err
	}
	return s.keepCircle(ctx, keep)
}

// selfKept is how long what one says to oneself matters: as long as a frame
// can live. It is said again before that.
const selfKept = 120 * 24 * time.Hour

// keepCircle says to oneself that one is in a circle, or was.
func (s *Secretary) keepCircle(ctx context.Context, keep *votive.KeepCircle) error {
	return s.book.Write(ctx, inCircle(keep))
}

// inCircle is the wish to be in a circle, or not to be.
func inCircle(keep *votive.KeepCircle) wish {
	return func(v *almanac.View) (almanac.Draft, error) {
		if c := v.Circle(votive.CircleID(keep.Secret)); c != nil && !keep.Left {
			return almanac.Draft{}, nil // in it already
		}
		k := *keep
		k.Counter = v.Counter(&k) + 1
		if _, err := votive.Kept(&k); err != nil {
			return almanac.Draft{}, input("%v", err)
		}
		return almanac.Draft{
			Keep: []votive.Keep{&k},
			Send: []almanac.Letter{toSelf(v, &k, v.Now().Add(selfKept))},
		}, nil
	}
}
