package remind

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"time"

	"votive/node/almanac"
	"votive/node/settings"
	"votive/proto/votive"
)

// Options are what reminders are made with.
type Options struct {
	// Show shows a line on the desktop of the person, until ctx ends. It is called
	// by up to maxShown goroutines at once.
	Show func(ctx context.Context, text string) error
	// Desktop reports whether there is a desktop now. Nil: there never is.
	Desktop func() bool

	Now  func() time.Time // the wall clock; default time.Now
	Zone *time.Location   // the system's, where no zone was chosen; default time.Local
	Log  *slog.Logger
}

// Remind reminds the person.
type Remind struct {
	Options
	book     *almanac.Almanac
	showing  chan struct{} // a place for each that may be shown at once
	watchers watchers
}

const (
	// maxShown is how many notices are on their way to a desktop at once. More than
	// one comes only where the desktop hangs: those that find no place are told by
	// the log and by Watch alone.
	maxShown = 2
	// showTime is how long one may take.
	showTime = 15 * time.Second
	// gather is how long changes are gathered before they are looked at: a peer
	// that brings thousands of events has them looked at together.
	gather = time.Second
)

// New makes reminders for the person whose almanac it is.
func New(book *almanac.Almanac, o Options) *Remind {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Remind{Options: o, book: book, showing: make(chan struct{}, maxShown)}
}

// HasDesktop reports whether there is one now to show something on.
func (r *Remind) HasDesktop() bool { return r.Desktop != nil && r.Desktop() }

// Run reminds until ctx ends.
func (r *Remind) Run(ctx context.Context) error {
	var shown sync.WaitGroup
	defer shown.Wait()
	changes := r.book.Watch(ctx, 256)
	l := &looker{Remind: r, present: func(text string) {
		shown.Go(func() { r.show(ctx, text) })
	}}
	l.all = true
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l.look(ctx)
		wait := l.wait(l.now())
		timer.Reset(wait)
		for waiting, gathering := true, false; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-timer.C:
				waiting = false
			case c, open := <-changes:
				switch {
				case !open:
					return nil
				case !l.note(c):
				case c.Kind == almanac.LockChanged:
					waiting = false // what is locked is forgotten at once
				case !gathering:
					gathering = true
					timer.Reset(min(wait, gather))
				}
			}
		}
	}
}

// looker is what Run knows. It has one owner, Run's goroutine.
type looker struct {
	*Remind
	schedule
	present func(text string)
	said    *fired   // what could not be written down that it was said, until a lock
	chosen  [32]byte // what all that was chosen hashes to
}

// now is the time on the wall, without that of the timers, which stands still
// while the computer sleeps.
func (r *Remind) now() time.Time { return r.Now().Round(0) }

// errNothing says that nothing is due.
var errNothing = errors.New("nothing is due")

// look finds what is due, notes that it is said, and says it.
func (l *looker) look(ctx context.Context) {
	now := l.now()
	if now.Before(l.last) {
		l.all = true // the clock was put back: what was over is to come
	}
	l.last = now
	events := l.due(now)
	for id := range l.dirty {
		events[id] = true
	}
	if !l.all && !l.notes && len(events) == 0 {
		return
	}
	var found found
	err := l.book.View(func(v *almanac.View) error {
		found = l.find(v, events, now)
		return nil
	})
	if err == nil && len(found.due) > 0 {
		found, err = l.mark(ctx, found, now)
	}
	switch {
	case ctx.Err() != nil:
		return
	case err != nil: // locked, or there is no vault
		l.clear()
		l.said, l.chosen = nil, [32]byte{}
		return
	}
	l.dirty, l.all, l.notes = nil, false, false
	for id, at := range found.next {
		l.put(id, at)
	}
	l.tell(found, now)
}

// found is what a look came to.
type found struct {
	due  []Reminder
	next map[votive.ID]time.Time
	said *fired // with what is due
	tell settings.Notify
}

// find looks at some events, or at all where that is needed.
func (l *looker) find(v *almanac.View, events map[votive.ID]bool, now time.Time) found {
	if l.notes || l.all {
		if chosen := choices(v); l.all || chosen != l.chosen {
			l.chosen, l.at, l.queue = chosen, nil, nil
			events = all(v)
		}
	}
	chosen := settings.Read(v)
	f := found{next: make(map[votive.ID]time.Time), said: l.remembered(v), tell: chosen.Notify}
	reader := chosen.Location(l.Zone)
	for id := range events {
		e := v.Event(id)
		if e == nil || !e.Known {
			f.next[id] = time.Time{}
			continue
		}
		p := plan{event: id, card: &e.State.Card, before: before(v, e, chosen.Reminders)}
		due, next := p.look(now, reader, f.said)
		f.next[id] = next
		f.due = append(f.due, due...)
	}
	f.due = f.said.sayAll(f.due, now)
	return f
}

// all is every event that may have reminders.
func all(v *almanac.View) map[votive.ID]bool {
	events := make(map[votive.ID]bool)
	for _, list := range [][]*almanac.Event{v.Organized(), v.Answered()} {
		for _, e := range list {
			events[e.ID] = true
		}
	}
	for _, id := range Owners(v) {
		events[id] = true
	}
	return events
}

// choices hashes all that the person chose and that has to do with reminders.
func choices(v *almanac.View) [32]byte {
	hash := sha256.New()
	for _, prefix := range []string{"settings/", ownNotes} {
		for name, value := range v.Locals(prefix) {
			hash.Write([]byte(name))
			hash.Write([]byte{0})
			hash.Write(value)
			hash.Write([]byte{0})
		}
	}
	return [32]byte(hash.Sum(nil))
}

// remembered is what was said.
func (l *looker) remembered(v *almanac.View) *fired {
	said := parseFired(v.Local(firedNote))
	if l.said != nil {
		for k, over := range l.said.said {
			said.said[k] = over
		}
	}
	return said
}

// mark writes down that what is due is being said, and looks at it once more as
// it does: nobody can change an event in between.
func (l *looker) mark(ctx context.Context, first found, now time.Time) (found, error) {
	events := make(map[votive.ID]bool)
	for _, r := range first.due {
		events[r.Event] = true
	}
	var again found
	err := l.book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		l.notes, l.all = false, false
		again = l.find(v, events, now)
		for id, at := range first.next {
			if _, looked := again.next[id]; !looked {
				again.next[id] = at
			}
		}
		if len(again.due) == 0 {
			return almanac.Draft{}, errNothing
		}
		return almanac.Draft{Note: []almanac.Note{{Name: firedNote, Value: again.said.bytes()}}}, nil
	})
	switch {
	case err == nil:
		l.said = nil
	case errors.Is(err, errNothing):
		err = nil
	case errors.Is(err, almanac.ErrLocked), errors.Is(err, almanac.ErrNoVault), ctx.Err() != nil:
	default: // to be told twice after a restart is better than not at all
		l.Log.Warn("it could not be kept that a reminder came", "err", err)
		l.said, err = again.said, nil
	}
	return again, err
}

// tell says what is due: to who watches, and on the desktop, or in the log where
// there is none. A log lies outside the vault and stays: its lines say nothing
// but when, which where it can be is said to nobody.
func (l *looker) tell(f found, now time.Time) {
	if len(f.due) == 0 {
		return
	}
	switch {
	case f.tell == settings.Off:
	case l.HasDesktop():
		l.present(notice(f.due, now, f.tell))
	default:
		l.Log.Info("reminder: " + private(each(f.due), now))
	}
	l.watchers.tell(each(f.due)) // last: who hears of it may look in the log
}

// show shows a line on the desktop, if there is a place, and gives it a bounded
// time.
func (r *Remind) show(ctx context.Context, text string) {
	select {
	case r.showing <- struct{}{}:
		defer func() { <-r.showing }()
	default:
		r.Log.Warn("the desktop does not take reminders")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	if err := r.Show(ctx, text); err != nil && !errors.Is(err, context.Canceled) {
		r.Log.Warn("a reminder could not be shown on the desktop", "err", err)
	}
}
