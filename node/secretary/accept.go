package secretary

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/multiformats/go-multiaddr"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Opened is what is behind a link or in a file.
type Opened struct {
	Link       votive.Link
	Invitation *votive.Invitation  // or
	Contact    *votive.ContactCard // or nothing has come yet
	Event      *votive.Event       // what an invitation is to, if that is here
	Frames     []votive.Frame      // of a file

	revokes []*votive.Revoke
}

// Found reports whether the record behind the link is here.
func (o *Opened) Found() bool { return o.Invitation != nil || o.Contact != nil }

// Address is that of the peer that the link names, or "".
func (o *Opened) Address() string { return AddressOf(o.Link) }

// AddressOf is that of the peer that a link names, or "".
func AddressOf(l votive.Link) string {
	m, err := multiaddr.NewMultiaddrBytes(l.Addr())
	if err != nil || len(l.Addr()) == 0 {
		return ""
	}
	return m.String()
}

// Read takes the text of a link, or the bytes of a file if there are any. It
// looks no further.
func Read(link string, file []byte) (*Opened, error) {
	if len(file) > 0 {
		f, err := votive.ReadFile(bytes.NewReader(file))
		if err != nil {
			return nil, refused("%v", err)
		}
		l, err := votive.NewLink(f.Link, nil)
		return &Opened{Link: l, Frames: f.Frames}, err
	}
	l, err := votive.ParseLink(link)
	if err != nil {
		return nil, refused("%v", err)
	}
	return &Opened{Link: l}, nil
}

// Inspect finds what is behind a link in what is here already. It dials nobody
// and changes nothing. It refuses a file that does not hold what its link leads
// to: there is nothing to wait for.
func (s *Secretary) Inspect(ctx context.Context, o *Opened) error {
	s.look(ctx, o)
	if len(o.Frames) > 0 && !o.Found() {
		return refused("the file does not hold the invitation that it should: it was altered on its way")
	}
	return nil
}

func (s *Secretary) look(ctx context.Context, o *Opened) {
	for _, rec := range s.book.Look(ctx, votive.KindLink, o.Link.Secret(), o.Frames...) {
		switch b := rec.Body().(type) {
		case *votive.Invitation:
			o.Invitation = b
		case *votive.ContactCard:
			o.Contact = b
		}
	}
	if o.Invitation == nil || o.Invitation.Event.IsZero() {
		return
	}
	var counted []*votive.Counted
	o.revokes = nil
	for _, rec := range s.book.Look(ctx, votive.KindEvent, o.Invitation.Secret, o.Frames...) {
		switch b := rec.Body().(type) {
		case *votive.Counted:
			if b.Revision().Event() == o.Invitation.Event {
				counted = append(counted, b)
			}
		case *votive.Revoke:
			o.revokes = append(o.revokes, b)
		}
	}
	if e, known := votive.Fold(o.Invitation.Event, counted); known {
		o.Event = &e
	}
}

// Fetch dials the peer that the link names, and waits until what is behind the
// link has come or the time is up. It is called only when the person agreed.
func (s *Secretary) Fetch(ctx context.Context, o *Opened, wait time.Duration) {
	s.await(ctx, o, wait, o.Address())
}

// Await waits as Fetch does, and dials nobody.
func (s *Secretary) Await(ctx context.Context, o *Opened, wait time.Duration) {
	s.await(ctx, o, wait, "")
}

// await dials the peer at addr, if one is given, and waits.
func (s *Secretary) await(ctx context.Context, o *Opened, wait time.Duration, addr string) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	arrived := s.book.Frames(ctx)
	if addr != "" {
		if err := s.Dial(ctx, addr); err != nil {
			s.Log.Debug("the peer of a link could not be reached", "err", err)
		}
	}
	for {
		s.look(ctx, o)
		if o.Found() && (o.Event != nil || o.Invitation == nil || o.Invitation.Event.IsZero()) {
			return
		}
		if _, open := <-arrived; !open {
			return
		}
	}
}

// wish is what the almanac is asked to make so.
type wish = func(*almanac.View) (almanac.Draft, error)

// Accept takes what was found: the event or circle that an invitation opens.
func (s *Secretary) Accept(ctx context.Context, o *Opened) error {
	return s.accept(ctx, o, s.book.Write)
}

// accept is Accept, with another way to write.
func (s *Secretary) accept(ctx context.Context, o *Opened, write func(context.Context, wish) error) error {
	if o.Invitation == nil {
		return refused("this is somebody's contact card; add it with a name of your own for them")
	}
	inv := o.Invitation
	if inv.Expired(s.book.Now()) {
		return refused("the invitation expired on %s", inv.Expires.UTC().Format("2006-01-02 15:04 UTC"))
	}
	if !inv.Circle.IsZero() {
		if err := write(ctx, inCircle(&votive.KeepCircle{Secret: inv.Secret, Name: inv.Name, Issuer: inv.Author})); err != nil {
			return err
		}
	} else if err := write(ctx, takePart(o)); err != nil {
		return err
	}
	s.book.Learn(ctx, o.Frames)
	return s.book.Unlink(ctx, o.Link)
}

// takePart is the wish to keep an invitation to an event. SPEC 7.2.
func takePart(o *Opened) wish {
	inv := o.Invitation
	return func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		revokes := o.revokes
		keep := votive.KeepEvent{Event: inv.Event, Secret: inv.Secret}
		if e := v.Event(inv.Event); e != nil {
			if e.Organized() {
				return d, refused("you organize this event")
			}
			if e.Known {
				o.Event = &e.State
			}
			if e.Keep != nil {
				keep = *e.Keep
			}
			revokes = append(revokes, e.Revokes()...)
		}
		if o.Event != nil {
			if err := o.Event.Honours(inv, revokes, v.Now()); err != nil {
				return d, refused("%v", err)
			}
		}
		keep.Secret, keep.Invitation = inv.Secret, inv
		keep.Counter = v.Counter(&keep) + 1
		d.Keep = []votive.Keep{&keep}
		d.Send = []almanac.Letter{toSelf(v, &keep, v.Now().Add(selfKept))}
		return d, nil
	}
}

// writeLater makes a wish so, and has what it sends wait for notes: somebody
// else chose the moment. It sends nothing but what it keeps, to oneself.
func (s *Secretary) writeLater(ctx context.Context, w wish) error {
	var kept []votive.Keep
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		d, err := w(v)
		kept = d.Keep
		return almanac.Draft{Keep: d.Keep}, err
	})
	if err == nil {
		for _, k := range kept {
			s.owed[k.About()] = true
		}
	}
	return err
}

// Remember keeps a link whose record has not come, for 30 days.
func (s *Secretary) Remember(ctx context.Context, o *Opened) error {
	return s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		return almanac.Draft{Keep: []votive.Keep{&votive.KeepLink{Link: o.Link, Since: v.Now()}}}, nil
	})
}

// arrived takes what pending links lead to, where it has come by now: the
// person said yes when they opened the link. A card waits for a name that only
// they can give.
func (s *Secretary) arrived(ctx context.Context) error {
	var found []*Opened
	err := s.book.View(func(v *almanac.View) error {
		for _, p := range v.Pending() {
			if inv, ok := p.Found.(*votive.Invitation); ok {
				found = append(found, &Opened{Link: p.Link, Invitation: inv})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range found {
		s.look(ctx, o)
		err := s.accept(ctx, o, s.writeLater)
		if errors.Is(err, ErrRefused) { // expired by now, or revoked
			err = s.book.Unlink(ctx, o.Link)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
