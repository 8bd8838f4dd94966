package caldav

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/votive"
)

// Deletion is an event of the person's own that a program deleted. It is
// cancelled when the person confirms that, and not before.
type Deletion struct {
	Event *almanac.Event
	Asked time.Time // last
}

// deletion is the note that a deletion waits.
func deletion(event votive.ID, asked time.Time) almanac.Note {
	// To the nanosecond, so that who asks again sees the entry again.
	return almanac.Note{Name: notesDeletions + event.String(), Value: []byte(asked.UTC().Format(time.RFC3339Nano))}
}

// Deletions are those that wait, the oldest first.
func Deletions(v *almanac.View) []Deletion {
	var all []Deletion
	for name, value := range v.Locals(notesDeletions) {
		id, err := votive.ParseID(strings.TrimPrefix(name, notesDeletions))
		asked, err2 := time.Parse(time.RFC3339Nano, string(value))
		e := v.Event(id)
		if err != nil || err2 != nil || e == nil || !e.Known || !e.Organized() || e.State.Card.Status == votive.Cancelled {
			continue
		}
		all = append(all, Deletion{e, asked})
	}
	slices.SortStableFunc(all, func(a, b Deletion) int { return a.Asked.Compare(b.Asked) })
	return all
}

// waits reports whether a deletion of the event waits.
func waits(v *almanac.View, event votive.ID) bool {
	return slices.ContainsFunc(Deletions(v), func(d Deletion) bool { return d.Event.ID == event })
}

// Confirm cancels an event that a program deleted. It is gone from the
// collections then; feeds show that it is cancelled.
func Confirm(ctx context.Context, book *almanac.Almanac, s *secretary.Secretary, event votive.ID) (secretary.Edited, error) {
	var there bool
	err := book.View(func(v *almanac.View) error {
		there = waits(v, event)
		return nil
	})
	if err != nil {
		return secretary.Edited{}, err
	}
	if !there {
		return secretary.Edited{}, almanac.ErrNotFound
	}
	return s.Cancel(ctx, event, "",
		almanac.Note{Name: notesDeletions + event.String()}, almanac.Note{Name: notesGone + event.String(), Value: []byte("1")})
}

// Keep forgets that a program deleted an event.
func Keep(ctx context.Context, book *almanac.Almanac, event votive.ID) error {
	return book.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		if !waits(v, event) {
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
