package secretary

import (
	"context"
	"slices"
	"time"

	"votive/node/almanac"
	"votive/proto/recur"
	"votive/proto/votive"
)

// Wish is what can be said about an event, new or known. What is nil is left
// as it is.
type Wish struct {
	Title, Text, City, Language, By *string
	Place                           *string
	Join                            *[]string
	Tags                            *[]string
	Start, End                      *votive.Time // End may point to the zero Time: no end
	Capacity                        *int
	Answers                         *votive.Answers
	Links                           *[]string
	Status                          *votive.Status
	Geo                             **votive.Geo         // may point to nil: nowhere
	Rule                            *string              // an RRULE; empty: it recurs no longer
	Dates, Except                   *[]recur.Date        // besides those of the rule, and not: ascending, after the start
	Occurrences                     *[]votive.Occurrence // what is different on some dates
	PartOf                          *votive.ID           // zero: it is a part of nothing

	// Lost says that what the person signed before, and what has not come back to
	// this computer in a week, is lost. Should it come back, the event has two
	// versions.
	Lost bool

	Notes Notes // may be nil
}

// Notes are what this computer keeps of an event, written with what is done to
// it: where it is new nobody knows its id before. They are asked for while nobody
// else writes; an error of theirs has nothing done.
type Notes func(v *almanac.View, event votive.ID) ([]almanac.Note, error)

// of are the notes of an event; there may be none to ask for.
func (n Notes) of(v *almanac.View, event votive.ID) ([]almanac.Note, error) {
	if n == nil {
		return nil, nil
	}
	return n(v, event)
}

// touchesDetails reports whether something sealed is to change.
func (w *Wish) touchesDetails() bool { return w.Place != nil || w.Join != nil }

// set is *to = *from, if there is a from.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// card is a card with the wish in it. Its organizers are at index self.
func (w *Wish) card(card votive.Card, self int) (votive.Card, error) {
	card.Organizers = slices.Clone(card.Organizers)
	set(&card.Title, w.Title)
	set(&card.Text, w.Text)
	set(&card.City, w.City)
	set(&card.Language, w.Language)
	set(&card.Tags, w.Tags)
	set(&card.Start, w.Start)
	set(&card.End, w.End)
	set(&card.Capacity, w.Capacity)
	set(&card.Answers, w.Answers)
	set(&card.Organizers[self].By, w.By)
	set(&card.PartOf, w.PartOf)
	set(&card.Links, w.Links)
	set(&card.Status, w.Status)
	set(&card.Geo, w.Geo)
	return card, w.recur(&card)
}

// details are those that the wish comes to, nil for none.
func (s *Secretary) details(w *Wish, had *votive.Details) (*votive.Details, error) {
	var place string
	var join []string
	if had != nil {
		place, join = had.Place, had.Join
	}
	set(&place, w.Place)
	set(&join, w.Join)
	if place == "" && len(join) == 0 {
		return nil, nil
	}
	d, err := votive.NewDetails(s.Random, place, join)
	if err != nil {
		return nil, input("%v", err)
	}
	return d, nil
}

// Attest is whom an organizer tells who they are.
var attests = []string{"invited", "circle", "nobody"}

// Announce founds an event with the person as its one organizer, and gives its
// id. circle may be zero: then it is found by invitation only.
func (s *Secretary) Announce(ctx context.Context, w Wish, circle votive.ID, attest string) (votive.ID, error) {
	if attest == "" {
		attest = attests[0]
	}
	if !slices.Contains(attests, attest) {
		return votive.ID{}, input("attest %q, want one of %v", attest, attests)
	}
	var event votive.ID
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		f := founding{s: s, v: v, wish: w, attest: attest}
		if !circle.IsZero() {
			if f.circle = v.Circle(circle); f.circle == nil {
				return almanac.Draft{}, refused("you are not in that circle")
			}
		}
		draft, err := f.draft()
		event = f.event
		return draft, err
	})
	return event, err
}

// founding is an event while it is made.
type founding struct {
	s      *Secretary
	v      *almanac.View
	wish   Wish
	circle *almanac.Circle // or nil
	attest string
	event  votive.ID
}

func (f *founding) draft() (almanac.Draft, error) {
	var none almanac.Draft
	nonce, err := votive.NewNonce(f.s.Random)
	if err != nil {
		return none, err
	}
	signer := f.v.Identity().EventKey(nonce)
	genesis, err := votive.NewGenesis(nonce, signer.Key())
	if err != nil {
		return none, err
	}
	f.event = genesis.Event()
	keep := &votive.KeepEvent{Event: f.event, Nonce: nonce, Attest: f.attest, Counter: 1}
	if keep.Desk, err = f.s.secret(); err != nil {
		return none, err
	}
	if f.circle != nil {
		keep.Circle, keep.Secret = f.circle.Secret, votive.EventSecret(f.circle.Secret, f.event)
	} else if keep.Secret, err = f.s.secret(); err != nil {
		return none, err
	}
	keep.Opened = f.circle == nil
	if keep.Details, err = f.s.details(&f.wish, nil); err != nil {
		return none, err
	}
	card, err := f.wish.card(votive.Card{Organizers: []votive.Organizer{{Key: signer.Key()}}}, 0)
	if err != nil {
		return none, err
	}
	if keep.Details != nil {
		card.Details = keep.Details.Hash()
	}
	if f.attest == "circle" {
		if card.Organizers[0], err = card.Organizers[0].Attest(f.v.Identity().PersonKey(), f.event); err != nil {
			return none, err
		}
	}
	d := almanac.Draft{Keep: []votive.Keep{keep}}
	if d.Note, err = f.wish.Notes.of(f.v, f.event); err != nil {
		return none, err
	}
	var inbox *votive.Inbox
	if card.Answers != votive.AnswersClosed {
		if inbox, err = f.s.inbox(f.event, &card, &d); err != nil {
			return none, err
		}
	}
	counted, err := firstRevision(genesis, card, signer, f.v.Now())
	if err != nil {
		return none, err
	}
	keep.Signed = counted.Revision().ID()
	d.Send = append(d.Send, public(keep, until(&card), counted, inbox)...)
	d.Send = append(d.Send, toSelf(f.v, keep, until(&card)))
	return d, nil
}

// inbox gives a card an Inbox of its own, whose key stays here. SPEC 8.7.
func (s *Secretary) inbox(event votive.ID, card *votive.Card, d *almanac.Draft) (*votive.Inbox, error) {
	key, err := votive.NewInboxKey(s.Random)
	if err != nil {
		return nil, err
	}
	inbox := key.Public(event)
	card.Inbox = inbox.Hash()
	d.Keep = append(d.Keep, &votive.KeepInbox{Event: event, Key: key})
	return inbox, nil
}

// firstRevision is signed by the one founder.
func firstRevision(genesis votive.Genesis, card votive.Card, signer votive.Signer, now time.Time) (*votive.Counted, error) {
	if err := notPast(&card, now); err != nil {
		return nil, err
	}
	proposal, err := votive.NewEvent(genesis, card)
	if err != nil {
		return nil, input("%v", err)
	}
	return alone(&votive.Desk{Event: genesis.Event()}, proposal, signer)
}

// alone signs a proposal that needs one signature.
func alone(desk *votive.Desk, p *votive.Proposal, signer votive.Signer) (*votive.Counted, error) {
	if err := desk.MaySign(p, signer.Key()); err != nil {
		return nil, refused("%v", err)
	}
	signature, err := votive.Sign(signer, p.Revision.ID())
	if err != nil {
		return nil, err
	}
	desk.Signatures = append(desk.Signatures, signature)
	counted, enough := desk.Assemble(p)
	if !enough {
		return nil, refused("this change needs the signatures of other organizers; a newer votive is needed for that")
	}
	return counted, nil
}

// notPast refuses what is over, wherever it is read.
func notPast(card *votive.Card, now time.Time) error {
	if _, end := card.Span(time.UTC); !card.Start.IsZero() && end.Add(14*time.Hour).Before(now) ||
		card.Start.Kind() == votive.Zoned && end.Before(now) {
		return refused("%s is past", card.Start)
	}
	return nil
}

// afterwards is how long an event's frames matter once it is over: whoever was
// away should still learn that it was.
const afterwards = 7 * 24 * time.Hour

// until is how long what is said about an event matters.
func until(card *votive.Card) time.Time {
	_, end := card.Span(time.UTC)
	return end.Add(afterwards)
}

// untilOf is until for what is known of an event, whichever of several versions
// of it is right: who has heard of one alone goes by that.
func untilOf(e *almanac.Event) time.Time {
	last := until(&e.State.Card)
	for _, version := range e.State.Alternatives {
		card := version.Card()
		if ends := until(&card); ends.After(last) {
			last = ends
		}
	}
	return last
}

// public is bodies sealed for whoever may read the event: its circle, and its
// guests once there are invitations.
func public(keep *votive.KeepEvent, until time.Time, bodies ...votive.Body) []almanac.Letter {
	var letters []almanac.Letter
	for _, b := range bodies {
		if in, ok := b.(*votive.Inbox); ok && in == nil {
			continue
		}
		if !keep.Circle.IsZero() {
			letters = append(letters, almanac.Letter{
				Kind: votive.KindCircle, Secret: keep.Circle, About: votive.CircleID(keep.Circle), Body: b, Until: until,
			})
		}
		if keep.Opened {
			letters = append(letters, almanac.Letter{
				Kind: votive.KindEvent, Secret: keep.Secret, About: keep.Event, Body: b, Until: until,
			})
		}
	}
	return letters
}

// toSelf is a keep sealed for the person's own devices, and for the one that
// the 24 words bring back.
func toSelf(v *almanac.View, k votive.Keep, until time.Time) almanac.Letter {
	return almanac.Letter{Kind: votive.KindSelf, Secret: v.Identity().Self(), Body: k, Until: until, Topic: k.About()}
}
