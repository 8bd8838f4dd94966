package secretary

import (
	"context"
	"math/rand/v2"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

const (
	// renewEvery is how often it is looked whether frames are dying.
	renewEvery = time.Hour

	// What no frame says any more beyond fadesIn is said anew, within
	// renewSpread, at a moment that each node draws for itself: whoever is first
	// spares all others the work. What no frame says at all is more urgent, and
	// is said within urgentSpread.
	fadesIn      = 48 * time.Hour
	renewSpread  = 24 * time.Hour
	urgentSpread = 6 * time.Hour

	// maxRenewed is how many records are said anew each time it is looked: one
	// takes a second or two of one core to stamp.
	maxRenewed = 64
)

// renewals is when to say anew what is fading. It belongs to one goroutine.
type renewals struct {
	due map[[16]byte]time.Time
}

// renew says anew what still matters and is fading: every member of a circle,
// for all its events, and everybody for what they said themselves. So an event
// outlives the frames it was announced in, and those who announced it.
// SPEC 2.13.
func (r *renewals) renew(ctx context.Context, book *almanac.Almanac) error {
	var letters []almanac.Letter
	var now time.Time
	err := book.View(func(v *almanac.View) error {
		letters, now = lasting(v), v.Now()
		return nil
	})
	if err != nil {
		r.due = nil // locked: what was drawn says what was known
		return err
	}
	fading, err := book.Fading(letters, now.Add(fadesIn))
	if err != nil {
		return err
	}
	return book.Write(ctx, func(*almanac.View) (almanac.Draft, error) {
		return something(almanac.Draft{Send: r.take(fading, now)})
	})
}

// take gives those whose moment has come, and draws one for those that are
// new.
func (r *renewals) take(fading []almanac.Fading, now time.Time) (due []almanac.Letter) {
	had := r.due
	r.due = make(map[[16]byte]time.Time, len(fading))
	for _, f := range fading {
		when, drawn := had[f.Place]
		if !drawn {
			spread := renewSpread
			if f.Gone {
				spread = urgentSpread
			}
			when = now.Add(rand.N(spread))
		}
		if when.After(now) || len(due) >= maxRenewed {
			r.due[f.Place] = when
			continue
		}
		f.Class = almanac.Automatic
		due = append(due, f.Letter)
	}
	return due
}

// lasting is all that matters still and that others may rely on finding: what
// is known of every event in every circle and of every event the person takes
// part in, the invitations and the card they gave out, and what they said to
// themself.
func lasting(v *almanac.View) []almanac.Letter {
	var all []almanac.Letter
	for e := range v.All() {
		if e.Known && untilOf(e).After(v.Now()) {
			all = append(all, lastingOf(v, e)...)
		}
	}
	return append(all, toOneself(v)...)
}

// lastingOf is what is known of one event: every revision that counts, since
// the newest is nothing without those before it, and the Inbox.
func lastingOf(v *almanac.View, e *almanac.Event) []almanac.Letter {
	keep := votive.KeepEvent{Event: e.ID}
	if e.Keep != nil {
		keep = *e.Keep
		keep.Opened = keep.Opened || keep.Invitation != nil
	}
	if c := v.Circle(e.Circle); c != nil {
		keep.Circle = c.Secret
	}
	var bodies []votive.Body
	for _, c := range e.State.History {
		bodies = append(bodies, c)
	}
	bodies = append(bodies, e.Inbox())
	letters := public(&keep, untilOf(e), bodies...)
	say := func(kind votive.Kind, s votive.Secret, b votive.Body) {
		letters = append(letters, almanac.Letter{Kind: kind, Secret: s, About: e.ID, Body: b, Until: untilOf(e)})
	}
	if keep.Opened {
		for _, r := range e.Revokes() {
			say(votive.KindEvent, keep.Secret, r)
		}
	}
	// An answer is for a guest who comes back with nothing but 24 words, too.
	if e.Mine != nil && e.Answer != nil {
		say(votive.KindAnswer, e.Mine.Reply.Secret, e.Answer)
	}
	for _, r := range e.Replies() {
		if r.Answer != nil {
			say(votive.KindAnswer, r.Secret, r.Answer)
		}
	}
	return letters
}

// behind is what a link of the person's own leads to.
func behind(s votive.Secret, b votive.Body, until time.Time) []almanac.Letter {
	link, err := votive.NewLink(s, nil)
	if err != nil {
		return nil
	}
	return []almanac.Letter{{Kind: votive.KindLink, Secret: s, About: almanac.LinkID(link), Body: b, Until: until}}
}

// made is an invitation that was made here: for who has its link, while it is
// good, and for the other organizers and a restored one.
func made(v *almanac.View, k *votive.KeepInvite) (all []almanac.Letter) {
	if k.Invitation.Expires.After(v.Now()) {
		all = behind(k.Invitation.LinkSecret(), k.Invitation, k.Invitation.Expires)
	}
	if e := v.Event(k.Invitation.Event); e != nil && e.Known && e.Organized() && untilOf(e).After(v.Now()) {
		all = append(all, almanac.Letter{
			Kind: votive.KindDesk, Secret: e.Keep.Desk, About: e.ID, Body: k.Invitation, Until: untilOf(e),
		})
	}
	return all
}

// toOneself is what the 24 words are to bring back, and the card by which
// others know the person.
func toOneself(v *almanac.View) []almanac.Letter {
	var all []almanac.Letter
	for k := range v.Said() {
		until := v.Now().Add(selfKept)
		switch k := k.(type) {
		case *votive.KeepCircle:
			if k.Left {
				continue
			}
		case *votive.KeepEvent:
			until = lasts(v, k.Event)
		case *votive.KeepReply:
			until = lasts(v, k.Reply.Event)
		case *votive.KeepCard:
			all = append(all, behind(k.Card.LinkSecret(), k.Card, until)...)
		case *votive.KeepContact:
		case *votive.KeepInvite:
			all = append(all, made(v, k)...)
			continue // it has travelled another way
		default:
			continue // it never travels
		}
		if until.After(v.Now()) {
			all = append(all, toSelf(v, k, until))
		}
	}
	return all
}

// lasts is how long what is said about an event matters.
func lasts(v *almanac.View, event votive.ID) time.Time {
	if e := v.Event(event); e != nil && e.Known {
		return untilOf(e)
	}
	return time.Time{}
}
