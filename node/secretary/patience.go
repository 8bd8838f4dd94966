package secretary

import (
	"math/rand/v2"
	"time"

	"votive/proto/votive"
)

// Whoever can have this node publish, and knows the frame when they see it, can
// find out where it is: of many connected peers the one that had the frame first
// is near it, and enough trials tell. A guest can, since they know the secret of
// their answer; an organizer can, who changes the Inbox; and who holds a link
// that is waited for. So a node does not do what others ask for at once, nor as
// often as they ask. It draws a moment; more of the same that is asked for
// before then does not change it, and all that waits for one event goes
// together: that is one trial. Each time the next wait is longer. SPEC 8.9.
const (
	// A guest is let in within seconds, while few come.
	firstWait = 3 * time.Second
	// With each crowd of newcomers answered within crowdTime the wait doubles,
	// for who has an invitation without limit can come as many guests, too; up to
	// crowdWait, which a guest of a large event still bears.
	crowd     = 8
	crowdTime = 24 * time.Hour
	crowdWait = 10 * time.Minute

	// noteWait is before a note to oneself that others caused.
	noteWait = 10 * time.Minute

	// inboxWait is before an event that recurs has a new Inbox.
	inboxWait = 6 * time.Hour
	// heardTime is how long ago a frame came where others are heard.
	heardTime = 24 * time.Hour

	// longest is how many times the mean a wait is at most.
	longest = 4
	// failedWait is before what could not be done is tried again.
	failedWait = time.Minute
)

// waits are those before something is done once more. A guest's change of mind
// is seen by the organizers at once; that they saw it need not be said soon.
var waits = [...]time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour}

// exponential draws a wait of about this mean. That it remembers nothing is
// what makes it safe to draw again after a restart.
func exponential(mean time.Duration) time.Duration {
	return time.Duration(min(rand.ExpFloat64(), longest) * float64(mean))
}

// firstWaitAmong is the mean wait before newcomers are answered, after so many
// were.
func firstWaitAmong(newcomers int) time.Duration {
	return min(firstWait<<min(newcomers/crowd, 16), crowdWait)
}

// turn is something to be done about one event, or one keep, after so many
// times before.
type turn struct {
	about votive.ID
	times int
}

// patience is when it is whose turn. It belongs to one goroutine.
type patience struct{ due map[turn]time.Time }

// take is told of all that could be done, and the mean wait before each. It
// gives what to do it about now, and draws a moment for what is new.
func (p *patience) take(asked map[turn]time.Duration, now time.Time, draw func(time.Duration) time.Duration) map[votive.ID]bool {
	had := p.due
	p.due = make(map[turn]time.Time, len(asked))
	come := make(map[votive.ID]bool)
	for t, mean := range asked {
		when, drawn := had[t]
		if !drawn || when.Sub(now) > longest*mean { // the clock was set back
			when = now.Add(draw(mean))
		}
		p.due[t] = when
		if !when.After(now) {
			come[t.about] = true
		}
	}
	return come
}

// done forgets what was done: the next is drawn anew.
func (p *patience) done(come map[votive.ID]bool) {
	for t := range p.due {
		if come[t.about] {
			delete(p.due, t)
		}
	}
}

// next is how long there is nothing to do, at most limit.
func (p *patience) next(now time.Time, limit time.Duration) time.Duration {
	for _, when := range p.due {
		if !when.After(now) {
			when = now.Add(failedWait)
		}
		limit = min(limit, when.Sub(now))
	}
	return limit
}
