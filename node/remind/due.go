package remind

import (
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// Reminder is one that is due: an occurrence of an event, for a reader.
type Reminder struct {
	Event  votive.ID
	Title  string
	Date   recur.Date
	Start  time.Time
	Over   time.Time     // from then on nobody is reminded of it
	Before time.Duration // Start less this is when it was due
}

// plan is an event of which the person is reminded.
type plan struct {
	event  votive.ID
	card   *votive.Card
	before []time.Duration // at most settings.MaxReminders
}

const (
	// lasts is how long after its start something is not over that has no end.
	lasts = time.Hour
	// late is how long after its start anything is over for a reminder. How long
	// it lasts is up to who announced it: what recurs every day and lasts for
	// years would have hundreds that are never over, until there were no room to
	// note that any other is said, and so none was.
	late = 7 * 24 * time.Hour
	// horizon is how far a look goes. What recurs has no end, and what comes later
	// is seen when it is nearer.
	horizon = 32 * 24 * time.Hour
)

// look is what is due at a moment for a reader in that zone and was not said
// yet, soonest first, and when to look again: the zero time where nothing is to
// come.
//
// What it costs is bounded: there is at most one occurrence for each of the
// 122 days that it looks at, and those that were moved into them.
func (p *plan) look(now time.Time, reader *time.Location, said *fired) (due []Reminder, next time.Time) {
	if len(p.before) == 0 || p.card.Start.IsZero() || p.card.Status == votive.Cancelled {
		return nil, time.Time{}
	}
	if _, comes := p.card.Next(now.Add(-lasts), reader); !comes {
		return nil, time.Time{}
	}
	next = now.Add(horizon)
	all, _ := p.card.Within(now.Add(-lasts), next.Add(p.before[0]), reader)
	for i := range all {
		o := &all[i]
		start, over := o.Span(reader)
		if !over.After(start) {
			over = start.Add(lasts)
		}
		if most := start.Add(late); over.After(most) {
			over = most
		}
		if o.Cancelled || !now.Before(over) {
			continue
		}
		for _, before := range p.before {
			r := Reminder{Event: p.event, Title: p.card.Title, Date: o.Date, Start: start, Over: over, Before: before}
			switch at := start.Add(-before); {
			case at.After(now):
				if at.Before(next) {
					next = at
				}
			case !said.has(r.key()):
				due = append(due, r)
			}
		}
	}
	return due, next
}
