package diary

import (
	"sort"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// Clashes are what else the person has while an event takes place, the first
// few of them, soonest first, and how many more there are. Of one that recurs
// the coming year is looked at. It is for the person alone: it reads, and
// nothing of what it says is ever part of what is sent.
func Clashes(v *almanac.View, event votive.ID, reader *time.Location) (few []Taken, more int) {
	return Event(v, event).Clashes(Look(v), reader)
}

// One is an event as it was when it was looked at.
type One struct {
	card  votive.Card
	event votive.ID // zero: it takes nobody's time
}

// Event looks at one.
func Event(v *almanac.View, event votive.ID) One {
	e := v.Event(event)
	if e == nil || !e.Known || e.State.Card.Start.IsZero() || e.State.Card.Status == votive.Cancelled {
		return One{}
	}
	return One{e.State.Card, event}
}

// Clashes is what package-level Clashes is, of a sight.
func (e One) Clashes(s *Sight, reader *time.Location) (few []Taken, more int) {
	if e.event.IsZero() {
		return nil, 0
	}
	begin, end := e.card.Span(reader)
	w := window{from: begin, to: end.Add(unsaid * time.Second), reader: reader, skip: e.event}
	if e.card.Recurs() {
		if s.now.After(begin) {
			w.from = s.now
		}
		if most := w.from.Add(MaxWindow); w.to.After(most) {
			w.to = most
		}
	}
	var own []Interval
	w.spans(&e.card, Taken{}, func(t *Taken) { own = append(own, t.Interval) })
	if own = union(own); len(own) == 0 {
		return nil, 0
	}
	w.from, w.to = time.Unix(own[0].From, 0), time.Unix(own[len(own)-1].To, 0)
	w.taken(s, func(t *Taken) {
		first := sort.Search(len(own), func(i int) bool { return own[i].To > t.From })
		if first < len(own) && own[first].Overlaps(t.Interval) {
			few, more = among(few, more, t)
		}
	})
	return few, more
}
