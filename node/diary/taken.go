package diary

import (
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// unsaid is how long something is taken to last that says only when it begins:
// who goes to a vigil at eight is not free at a minute past.
const unsaid = 60 * 60

// Taken is a time at which the person has something.
type Taken struct {
	Interval
	Title  string
	Days   bool      // it is of whole days, for the reader
	Maybe  bool      // it is not certain that it takes place, or that the person is there
	Source string    // the imported calendar, or empty: it is an event
	Event  votive.ID // or zero
}

// window is what is looked at of somebody's time.
type window struct {
	from, to time.Time
	reader   *time.Location
	skip     votive.ID // an event that does not count
}

// taken gives what the person has in a window, in no order: of events that they
// organize or answered, and of imported calendars. Whatever others announce
// does not slow it down.
func (w window) taken(v *almanac.View, give func(*Taken)) {
	event := func(e *almanac.Event) {
		if certain, maybe := comes(e); e.ID != w.skip && (certain || maybe) {
			w.spans(&e.State.Card, Taken{Maybe: maybe, Event: e.ID}, give)
		}
	}
	for _, e := range v.Organized() {
		event(e)
	}
	for _, e := range v.Answered() {
		if !e.Organized() { // who restored may have both
			event(e)
		}
	}
	for _, i := range imported(v) {
		damaged := false
		for e := range i.entries(v, &damaged) {
			if !e.free && e.card.Status != votive.Cancelled {
				w.spans(&e.card, Taken{Maybe: e.card.Status == votive.Tentative, Source: i.Name}, give)
			}
		}
	}
}

// spans gives when a card takes place in the window, said of each as of like.
func (w window) spans(c *votive.Card, like Taken, give func(*Taken)) {
	like.Title, like.Days = c.Title, c.Start.Kind() == votive.Date
	from := w.from.Add(-unsaid * time.Second) // what begins then without an end is still on
	for start, end := range c.Spans(from, w.to, w.reader) {
		t := like
		t.Interval = Interval{start.Unix(), end.Unix()}
		if t.Empty() {
			t.To = t.From + unsaid
		}
		if t.Overlaps(Interval{w.from.Unix(), w.to.Unix()}) {
			give(&t)
		}
	}
}

// comes is whether an event takes the person's time for certain, or maybe.
func comes(e *almanac.Event) (certain, maybe bool) {
	if !e.Known || e.State.Card.Start.IsZero() || e.State.Card.Status == votive.Cancelled {
		return false, false
	}
	maybe = e.State.Card.Status == votive.Tentative
	if e.Organized() {
		return !maybe, maybe
	}
	reply := &e.Mine.Reply
	if reply.Status == votive.RsvpNo {
		return false, false
	}
	maybe = maybe || reply.Status == votive.RsvpMaybe
	if e.Answer != nil && e.Answer.Heard >= reply.Counter {
		switch e.Answer.Admission {
		case votive.Declined:
			return false, false
		case votive.Waitlist:
			maybe = true
		}
	}
	return !maybe, maybe
}
