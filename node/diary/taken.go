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

// Sight is what of the person's time there is at a moment: of events that they
// organize or answered, and of imported calendars. It is taken while nobody
// writes, and stays as it is, so that what is worked out of it, which can be a
// million times, keeps nobody waiting. Whatever others announce is not in it.
type Sight struct {
	now     time.Time
	events  []sighted
	imports []Import
	notes   [][][]byte // of each import
}

// sighted is an event as it was.
type sighted struct {
	card  votive.Card
	event votive.ID
	maybe bool
}

// Look takes a sight.
func Look(v *almanac.View) *Sight {
	s := &Sight{now: v.Now(), imports: imported(v)}
	event := func(e *almanac.Event) {
		if certain, maybe := comes(e); certain || maybe {
			s.events = append(s.events, sighted{e.State.Card, e.ID, maybe})
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
	for i := range s.imports {
		s.notes = append(s.notes, s.imports[i].values(v))
	}
	return s
}

// window is what is looked at of somebody's time.
type window struct {
	from, to time.Time
	reader   *time.Location
	skip     votive.ID // an event that does not count
}

// taken gives what the person has in a window, in no order. What is given is good
// until the next.
func (w window) taken(s *Sight, give func(*Taken)) {
	for i := range s.events {
		if e := &s.events[i]; e.event != w.skip {
			w.spans(&e.card, Taken{Maybe: e.maybe, Event: e.event}, give)
		}
	}
	for i := range s.imports {
		damaged := false
		for e := range s.imports[i].entries(s.notes[i], &damaged) {
			if !e.free && e.card.Status != votive.Cancelled {
				w.spans(&e.card, Taken{Maybe: e.card.Status == votive.Tentative, Source: s.imports[i].Name}, give)
			}
		}
	}
}

// spans gives when a card takes place in the window, said of each as of like.
// What is given is good until the next.
func (w window) spans(c *votive.Card, like Taken, give func(*Taken)) {
	like.Title, like.Days = c.Title, c.Start.Kind() == votive.Date
	whole := Interval{w.from.Unix(), w.to.Unix()}
	from := w.from.Add(-unsaid * time.Second) // what begins then without an end is still on
	for start, end := range c.Seconds(from, w.to, w.reader) {
		if like.Interval = (Interval{start, end}); like.Empty() {
			like.To = like.From + unsaid
		}
		if like.Overlaps(whole) {
			give(&like)
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
