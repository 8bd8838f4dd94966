package caldav

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/recur"
	"votive/proto/votive"
)

// Deletion is an event of the person's own that a program deleted, or of which
// it took dates that are to come. It is cancelled, or has those dates no longer,
// when the person confirms that, and not before.
type Deletion struct {
	Event *almanac.Event
	Asked time.Time    // last
	Dates []recur.Date // those that would be gone, ascending; none: all of it

	less *schedule // how it would take place then; nil: not at all
	note []byte
}

// deletion is the note that a deletion waits.
func deletion(event votive.ID, asked time.Time) almanac.Note {
	// To the nanosecond, so that who asks again sees the entry again.
	return almanac.Note{Name: notesDeletions + event.String(), Value: []byte(asked.UTC().Format(time.RFC3339Nano))}
}

// lessening is what follows a newline in the note of a deletion of some dates.
type lessening struct {
	Of   string   `json:"of"` // the mark of the schedule that it is less than
	Less schedule `json:"less"`
}

// lessened is the note that some dates are to be taken from a schedule, by
// another one that does not have them.
func lessened(event votive.ID, asked time.Time, of, less *schedule) (almanac.Note, error) {
	n := deletion(event, asked)
	text, err := json.Marshal(lessening{of.mark(), *less})
	n.Value = append(append(n.Value, '\n'), text...)
	return n, err
}

// waiting is the deletion of an event that waits. What was to be taken from dates
// that are others by now is not: the person has changed the event since.
func waiting(v *almanac.View, event votive.ID) (d Deletion, waits bool) {
	d.note = v.Local(notesDeletions + event.String())
	d.Event = v.Event(event)
	if d.note == nil || d.Event == nil || !d.Event.Known || !d.Event.Organized() || d.Event.State.Card.Status == votive.Cancelled {
		return d, false
	}
	asked, rest, some := bytes.Cut(d.note, []byte("\n"))
	var err error
	if d.Asked, err = time.Parse(time.RFC3339Nano, string(asked)); err != nil || !some {
		return d, err == nil
	}
	var l lessening
	had := scheduleOf(&d.Event.State.Card)
	if json.Unmarshal(rest, &l) != nil || l.Of != had.mark() {
		return d, false
	}
	d.less, d.Dates = &l.Less, had.without(&l.Less, v.Now())
	return d, len(d.Dates) > 0
}

// Deletions are those that wait, the oldest first.
func Deletions(v *almanac.View) []Deletion {
	var all []Deletion
	for name := range v.Locals(notesDeletions) {
		id, err := votive.ParseID(strings.TrimPrefix(name, notesDeletions))
		if err != nil {
			continue
		}
		if d, waits := waiting(v, id); waits {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b Deletion) int { return a.Asked.Compare(b.Asked) })
	return all
}

// Confirmed reports whether an event that a program deleted was cancelled.
func Confirmed(v *almanac.View, event votive.ID) bool {
	e := v.Event(event)
	return e != nil && e.Known && e.State.Card.Status == votive.Cancelled && v.Local(notesGone+event.String()) != nil
}

// Confirm cancels an event that a program deleted, or takes the dates from it
// that a program took. What is cancelled is gone from the collections then; feeds
// show that it is cancelled. Either all of this is on disk when it returns or
// nothing is; what was confirmed already is not done again.
func Confirm(ctx context.Context, book *almanac.Almanac, s *secretary.Secretary, event votive.ID) (secretary.Edited, error) {
	var d Deletion
	waits, done, last := false, false, false
	err := book.View(func(v *almanac.View) error {
		done = Confirmed(v, event)
		if d, waits = waiting(v, event); waits {
			last = d.less == nil || len(d.less.coming(v.Now())) == 0
		}
		return nil
	})
	if err != nil || done {
		return secretary.Edited{}, err
	}
	if !waits {
		return secretary.Edited{}, almanac.ErrNotFound
	}
	notes := func(v *almanac.View, _ votive.ID) ([]almanac.Note, error) {
		if now, waits := waiting(v, event); !waits || !bytes.Equal(now.note, d.note) {
			return nil, almanac.ErrNotFound // it was settled meanwhile, or something else was deleted
		}
		settled := []almanac.Note{{Name: notesDeletions + event.String()}}
		if last {
			settled = append(settled, almanac.Note{Name: notesGone + event.String(), Value: []byte("1")})
		}
		return settled, nil
	}
	if last {
		return s.Cancel(ctx, event, "", notes)
	}
	w := secretary.Wish{Notes: notes}
	d.less.wish(&w)
	return s.Edit(ctx, event, w)
}

// Keep forgets that a program deleted an event.
func Keep(ctx context.Context, book *almanac.Almanac, event votive.ID) error {
	return book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		if _, waits := waiting(v, event); !waits {
			return almanac.Draft{}, almanac.ErrNotFound
		}
		return almanac.Draft{Note: []almanac.Note{{Name: notesDeletions + event.String()}}}, nil
	})
}

// delete notes that a program deleted an event. One that is cancelled already is
// seen off.
func (q *request) delete() (answer, error) {
	if q.place.name == "" {
		return answer{}, errMethod
	}
	q.h.writing.Lock()
	defer q.h.writing.Unlock()
	var note almanac.Note
	err := q.look(func(v *almanac.View, c collection, all map[string]*entry) error {
		e := all[q.place.name]
		if e == nil {
			return errNotFound
		}
		if err := q.conditions(e); err != nil {
			return err
		}
		if !e.writable(&q.program) {
			return needs(href(c.id, e.name), "unbind")
		}
		if note = deletion(e.event.ID, v.Now()); e.event.State.Card.Status == votive.Cancelled {
			note = almanac.Note{Name: notesGone + e.event.ID.String(), Value: []byte("1")}
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return answer{code: http.StatusNoContent}, q.h.Almanac.Write(q.Context(), func(*almanac.View) (almanac.Draft, error) {
		return almanac.Draft{Note: []almanac.Note{note}}, nil
	})
}
