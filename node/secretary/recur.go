package secretary

import (
	"context"
	"slices"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// recur has a card recur as wished. What was said about single dates stays; that
// of dates which the event has no longer is refused with the card.
func (w *Wish) recur(card *votive.Card) error {
	r := &card.Recurrence
	switch {
	case w.Rule == nil:
	case *w.Rule == "":
		*r, card.Occurrences = votive.Recurrence{}, nil
	default:
		rule, err := votive.ParseRule(*w.Rule, card.Start)
		if err != nil {
			return input("%v", err)
		}
		r.Rule = rule
	}
	set(&r.Dates, w.Dates)
	set(&r.Except, w.Except)
	if r.Rule.IsZero() && len(r.Dates) == 0 && (w.Dates != nil || w.Except != nil) {
		*r, card.Occurrences = votive.Recurrence{}, nil
	}
	set(&card.Occurrences, w.Occurrences)
	return nil
}

// inboxes gives events that recur a new Inbox when theirs has served, so that
// who came to one occurrence cannot be read of when it is long over. Everybody
// knows when that is: it waits for a while, so that the moment says nothing.
// With several organizers it waits for a person; and on a computer that hears
// nobody until it does, since its owner may have changed the event on another,
// and beside that change this one would fork it. SPEC 8.7, 8.9.
func (s *Secretary) inboxes(ctx context.Context) error {
	var come map[votive.ID]bool
	cannot := make(map[votive.ID]bool)
	err := s.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		var d almanac.Draft
		asked := make(map[turn]time.Duration)
		if v.Now().Sub(s.book.LastHeard()) > heardTime {
			return d, errNothing
		}
		for _, e := range v.Organized() {
			card := &e.State.Card
			if e.Known && e.State.Quorum == 1 && card.Answers != votive.AnswersClosed && card.Status != votive.Cancelled && e.Spent(v.Now()) {
				asked[turn{e.ID, 0}] = inboxWait
			}
		}
		come = s.turning.take(asked, v.Now(), s.Delay)
		for event := range come {
			next, _, err := s.revision(v, v.Event(event), func(r *revising) error { r.fresh = true; return nil })
			if err != nil {
				cannot[event] = true
				s.cannot(event, err)
				continue
			}
			d.Send, d.Keep = append(d.Send, next.Send...), append(d.Keep, next.Keep...)
		}
		for i := range d.Send {
			d.Send[i].Class = almanac.Automatic
		}
		return something(d)
	})
	s.turning.done(cannot) // it is tried again when it is its turn once more
	if err == nil {
		s.turning.done(come)
	}
	return err
}

// cannot says that an event has no new Inbox, unless that was said before: what
// makes it impossible can last for years.
func (s *Secretary) cannot(event votive.ID, err error) {
	if s.stuck[event] == err.Error() {
		return
	}
	s.stuck[event] = err.Error()
	s.Log.Warn("an event that recurs can have no new Inbox", "err", err)
}

// Occurrence moves one date of an event that recurs, or cancels it. A date that
// is moved to where it was is no longer different from others.
func (s *Secretary) Occurrence(ctx context.Context, event votive.ID, change votive.Occurrence) (Edited, error) {
	return s.revise(ctx, event, func(r *revising) error {
		if !r.card.Recurs() {
			return refused("it does not recur")
		}
		had, ok := r.card.Occurrence(change.Date)
		if !ok {
			return refused("it is not on %v", change.Date)
		}
		now := r.v.Now()
		if _, end := had.Span(time.UTC); end.Add(14*time.Hour).Before(now) && !had.Cancelled {
			return refused("that of %v is over", change.Date)
		}
		if !change.Cancelled {
			if _, end := (&votive.Occurrence{Start: change.Start, End: change.End}).Span(time.UTC); end.Add(14 * time.Hour).Before(now) {
				return refused("%v is past", change.Start)
			}
		}
		others := slices.DeleteFunc(slices.Clone(r.card.Occurrences), func(o votive.Occurrence) bool { return o.Date == change.Date })
		r.card.Occurrences = others
		if usual, _ := r.card.Occurrence(change.Date); !change.Cancelled && change.Start == usual.Start && change.End.IsZero() {
			return nil
		}
		i := slices.IndexFunc(others, func(o votive.Occurrence) bool { return o.Date > change.Date })
		if i < 0 {
			i = len(others)
		}
		r.card.Occurrences = slices.Insert(others, i, change)
		return nil
	})
}
