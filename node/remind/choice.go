package remind

import (
	"errors"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/node/diary"
	"votive/node/settings"
	"votive/proto/votive"
)

// The notes of this package.
const (
	ownNotes  = "remind/event/" // reminders of one event, by its id
	firedNote = "remind/fired"
)

// noReminder is the note of an event that has none, whatever others have.
const noReminder = "none"

// maxOwn is how many events can have reminders of their own.
const maxOwn = 1_000

// keptPast is how long after an event its own reminders are kept, where the
// room for others is needed.
const keptPast = 7 * 24 * time.Hour

// ErrTooMany says that too many events have reminders of their own.
var ErrTooMany = errors.New("too many events have reminders of their own: take some away with votive remind EVENT --usual")

// Before is how long before an event, or before each of its occurrences, the
// person is reminded, the longest first: as chosen for this event, or else as
// chosen for all that is theirs. For what is not theirs there is none, unless
// chosen.
func Before(v *almanac.View, e *almanac.Event) []time.Duration {
	return before(v, e, settings.Read(v).Reminders)
}

// Chosen is Before for many events.
func Chosen(v *almanac.View) func(*almanac.Event) []time.Duration {
	usual := settings.Read(v).Reminders
	return func(e *almanac.Event) []time.Duration { return before(v, e, usual) }
}

// Named reports whether what reminds the person may say what it is called: here,
// and in the calendars that were given it.
func Named(v *almanac.View) bool { return settings.Read(v).Notify == settings.Full }

// before is Before where usual is what was chosen for all.
func before(v *almanac.View, e *almanac.Event, usual []time.Duration) []time.Duration {
	if own, chosen := Own(v, e.ID); chosen {
		return own
	}
	if diary.Mine(e) {
		return usual
	}
	return nil
}

// Own is what was chosen for one event, and whether anything was.
func Own(v *almanac.View, event votive.ID) ([]time.Duration, bool) {
	return read(v.Local(ownNotes + event.String()))
}

func read(note []byte) ([]time.Duration, bool) {
	switch text := string(note); text {
	case "":
		return nil, false
	case noReminder:
		return nil, true
	default:
		list, err := settings.ParseList(text)
		return list, err == nil
	}
}

// Owners are the events for which something was chosen, in the order of their
// ids.
func Owners(v *almanac.View) []votive.ID {
	var all []votive.ID
	for name := range v.Locals(ownNotes) {
		if id, err := votive.ParseID(strings.TrimPrefix(name, ownNotes)); err == nil {
			all = append(all, id)
		}
	}
	return all
}

// Choose are the notes with which an event has these reminders and no others.
func Choose(v *almanac.View, event votive.ID, list []time.Duration) ([]almanac.Note, error) {
	text := settings.FormatList(list)
	if text == "" {
		text = noReminder
	}
	notes := []almanac.Note{{Name: ownNotes + event.String(), Value: []byte(text)}}
	if _, chosen := Own(v, event); chosen {
		return notes, nil
	}
	owners := Owners(v)
	left := len(owners)
	if left < maxOwn {
		return notes, nil
	}
	for _, id := range owners {
		if e := v.Event(id); e == nil || past(&e.State.Card, v.Now().Add(-keptPast)) {
			notes, left = append(notes, Usual(id)), left-1
		}
	}
	if left >= maxOwn {
		return nil, ErrTooMany
	}
	return notes, nil
}

// past reports whether nothing of an event comes after a moment, wherever it is
// read.
func past(c *votive.Card, at time.Time) bool {
	_, comes := c.Next(at.Add(-24*time.Hour), nil)
	return !comes
}

// Usual is the note with which an event has the reminders of all others again.
func Usual(event votive.ID) almanac.Note { return almanac.Note{Name: ownNotes + event.String()} }

// Gone are the notes that forget the reminders of events that are not known here
// any more.
func Gone(v *almanac.View) []almanac.Note {
	var all []almanac.Note
	for _, id := range Owners(v) {
		if v.Event(id) == nil {
			all = append(all, Usual(id))
		}
	}
	return all
}
