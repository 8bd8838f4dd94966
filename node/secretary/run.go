package secretary

import (
	"context"
	"errors"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Run does what was asked once and for all, whenever something changes, when it
// has waited long enough, and once an hour, until ctx ends. Once an hour, and
// when the vault is opened, it looks for what has to be said anew.
func (s *Secretary) Run(ctx context.Context) error {
	changes := s.book.Watch(ctx, 256)
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	wake := time.NewTimer(renewEvery)
	defer wake.Stop()
	var anew renewals
	for look := true; ; {
		s.Duties(ctx)
		if look {
			s.do(ctx, func(ctx context.Context) error { return anew.renew(ctx, s.book) })
			look = false
		}
		wake.Reset(s.next())
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				waiting, look = false, true
			case <-wake.C:
				waiting = false
			case c := <-changes:
				waiting = !concerns(c)
				look = look || c.Kind == almanac.LockChanged
			}
		}
		drain(changes)
	}
}

// concerns reports whether a change may give the secretary something to do.
func concerns(c almanac.Change) bool {
	switch c.Kind {
	case almanac.ReplyCame, almanac.EventChanged, almanac.PartCame, almanac.LinkFound, almanac.LockChanged, almanac.Lagged:
		return true
	}
	return false
}

// drain takes what has come meanwhile: one look answers it all.
func drain(changes <-chan almanac.Change) {
	for {
		select {
		case _, open := <-changes:
			if !open {
				return
			}
		default:
			return
		}
	}
}

// Duties does all of it once that need not wait longer. While the vault is
// locked there is nothing to do, and nothing to remember.
func (s *Secretary) Duties(ctx context.Context) {
	for _, duty := range []func(context.Context) error{s.answers, s.again, s.arrived, s.notes, s.inboxes} {
		if !s.do(ctx, duty) {
			s.answering, s.repeating, s.noting, s.turning = patience{}, patience{}, patience{}, patience{}
			clear(s.owed)
			clear(s.stuck)
			return
		}
	}
}

// next is how long there are no duties, unless something changes.
func (s *Secretary) next() time.Duration {
	now, next := s.book.Now(), renewEvery
	for _, p := range []*patience{&s.answering, &s.repeating, &s.noting, &s.turning} {
		next = p.next(now, next)
	}
	return next
}

// do does a duty, and reports whether the vault is open.
func (s *Secretary) do(ctx context.Context, duty func(context.Context) error) bool {
	err := duty(ctx)
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, errNothing):
	case errors.Is(err, almanac.ErrNoVault), errors.Is(err, almanac.ErrLocked):
		return false
	default:
		s.Log.Warn("a standing duty could not be done", "err", err)
	}
	return true
}

// errNothing says that a duty found nothing to do.
var errNothing = errors.New("nothing to do")

// something is a draft, or errNothing where it is empty.
func something(d almanac.Draft) (almanac.Draft, error) {
	if len(d.Send) == 0 && len(d.Keep) == 0 {
		return d, errNothing
	}
	return d, nil
}

// answers answers the replies that the card says are answered by itself.
// SPEC 8.5, 8.9.
func (s *Secretary) answers(ctx context.Context) error {
	return s.patiently(ctx, &s.answering, func(v *almanac.View, asked map[turn]time.Duration) map[votive.ID]almanac.Draft {
		all := make(map[votive.ID]almanac.Draft)
		for _, e := range v.Organized() {
			if !e.Known || e.State.Conflict {
				continue
			}
			card := &e.State.Card
			signer := v.Identity().EventKey(e.Keep.Nonce)
			if card.Organizers[card.AnsweredBy].Key != signer.Key() {
				continue
			}
			letters := answersTo(v, e)
			if len(letters) == 0 {
				continue
			}
			all[e.ID] = almanac.Draft{Send: letters}
			for _, l := range letters {
				times := min(int(l.Body.(*votive.Answer).Counter)-1, len(waits))
				asked[turn{e.ID, times}] = answerWait(e, times, v.Now())
			}
		}
		return all
	})
}

// answerWait is the mean wait before a reply is answered that was answered so
// many times before.
func answerWait(e *almanac.Event, times int, now time.Time) time.Duration {
	if times > 0 {
		return waits[times-1]
	}
	newcomers := 0
	for _, r := range e.Replies() {
		if r.Answer != nil && now.Sub(r.First) < crowdTime {
			newcomers++
		}
	}
	return firstWaitAmong(newcomers)
}

// patiently does a duty for all whose turn it is. could gives what could be
// done about what, and says how long that is to wait.
func (s *Secretary) patiently(ctx context.Context, p *patience,
	could func(v *almanac.View, asked map[turn]time.Duration) map[votive.ID]almanac.Draft,
) error {
	var come map[votive.ID]bool
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		asked := make(map[turn]time.Duration)
		all := could(v, asked)
		come = p.take(asked, v.Now(), s.Delay)
		var d almanac.Draft
		for about := range come {
			d.Send = append(d.Send, all[about].Send...)
			d.Keep = append(d.Keep, all[about].Keep...)
		}
		for i := range d.Send {
			d.Send[i].Class = almanac.Automatic
		}
		return something(d)
	})
	if err == nil {
		p.done(come)
	}
	return err
}

// answersTo are those due to the replies to one event. Each that is let in
// takes its seats before the next is looked at.
func answersTo(v *almanac.View, e *almanac.Event) []almanac.Letter {
	var letters []almanac.Letter
	seats := make(map[votive.ID]int)
	seated := 0
	came := e.Came()
	for _, c := range came {
		seats[c.ID] = c.Seats
		seated += c.Seats
	}
	order := make(map[votive.ID]int)
	for _, c := range came {
		used := order[c.Invite]
		order[c.Invite]++
		r := c.Reply
		if r == nil {
			continue
		}
		q := votive.Request{
			Event: &e.State, Reply: r.Reply, Revokes: e.Revokes(),
			Order: used, Seated: seated - seats[r.ID()],
		}
		if i := v.Invite(r.Reply.Invite); i != nil {
			q.Invitation = i.Invitation
		}
		if r.Answer != nil {
			q.Answered = r.Answer.Admission
			if r.Answer.Heard >= r.Reply.Counter {
				continue
			}
		}
		admission, due := q.Automatic(v.Now())
		if !due {
			continue
		}
		seated -= seats[r.ID()]
		seats[r.ID()] = 0
		var details *votive.Details
		if admission == votive.In {
			seats[r.ID()] = max(r.Party, 1)
			details = e.Keep.Details
		}
		seated += seats[r.ID()]
		letters = append(letters, answerTo(e, r, admission, details))
	}
	return letters
}

// answerTo is an answer under the reply's own secret.
func answerTo(e *almanac.Event, r *almanac.Reply, a votive.Admission, details *votive.Details) almanac.Letter {
	body := &votive.Answer{
		Event: e.ID, Reply: r.ID(), Counter: 1, Heard: r.Reply.Counter, Admission: a, Details: details,
	}
	if r.Answer != nil {
		body.Counter = r.Answer.Counter + 1
	}
	return almanac.Letter{
		Kind: votive.KindAnswer, Secret: r.Secret, About: e.ID, Body: body, Until: untilOf(e), Topic: r.ID(),
	}
}

// again sends the person's own replies once more where an event has a new
// Inbox. SPEC 8.6, 8.9.
func (s *Secretary) again(ctx context.Context) error {
	return s.patiently(ctx, &s.repeating, func(v *almanac.View, asked map[turn]time.Duration) map[votive.ID]almanac.Draft {
		all := make(map[votive.ID]almanac.Draft)
		for _, e := range v.Answered() {
			if mayAnswer(e, v.Now()) != nil || e.Mine.Inbox == e.State.Card.Inbox || !e.Soon(v.Now()) {
				continue
			}
			keep := *e.Mine
			keep.Inbox, keep.Counter = e.State.Card.Inbox, v.Counter(e.Mine)+1
			letter, err := sealedTo(e, &keep)
			if err != nil {
				continue
			}
			all[e.ID] = almanac.Draft{
				Send: []almanac.Letter{letter, toSelf(v, &keep, untilOf(e))},
				Keep: []votive.Keep{&keep},
			}
			// The keep counts both what the person said and what was repeated.
			times := max(int(e.Mine.Counter)-int(e.Mine.Reply.Counter), 0)
			times = min(times, len(waits)-1)
			asked[turn{e.ID, times}] = waits[times]
		}
		return all
	})
}

// notes says to oneself what others caused to be kept. What is owed when the
// node stops is said when it is missed. SPEC 2.13, 8.9.
func (s *Secretary) notes(ctx context.Context) error {
	if len(s.owed) == 0 {
		return errNothing
	}
	err := s.patiently(ctx, &s.noting, func(v *almanac.View, asked map[turn]time.Duration) map[votive.ID]almanac.Draft {
		all := make(map[votive.ID]almanac.Draft)
		for k := range v.Said() {
			if s.owed[k.About()] {
				all[k.About()] = almanac.Draft{Send: []almanac.Letter{toSelf(v, k, v.Now().Add(selfKept))}}
				asked[turn{k.About(), 0}] = noteWait
			}
		}
		return all
	})
	for about := range s.owed {
		if _, waits := s.noting.due[turn{about, 0}]; !waits {
			delete(s.owed, about)
		}
	}
	return err
}
