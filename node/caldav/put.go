package caldav

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/node/secretary"
	"votive/node/subscribe"
	"votive/proto/votive"
)

// How many events are announced in an hour at most because programs put them
// there: in all, and into circles, where strangers read them. A program tries
// again later by itself.
const (
	maxNew       = 100
	maxInCircles = 10
)

// fresh is when events were announced in the last hour.
type fresh struct{ own, circles []time.Time }

// wait is how long no more may be announced, at a moment: not at all as a rule.
func (f *fresh) wait(now time.Time, circle bool) time.Duration {
	over := func(t time.Time) bool { return now.Sub(t) > time.Hour }
	f.own, f.circles = slices.DeleteFunc(f.own, over), slices.DeleteFunc(f.circles, over)
	switch all := append(slices.Clone(f.own), f.circles...); {
	case circle && len(f.circles) >= maxInCircles:
		return f.circles[0].Add(time.Hour).Sub(now)
	case len(all) >= maxNew:
		return slices.MinFunc(all, time.Time.Compare).Add(time.Hour).Sub(now)
	}
	return 0
}

// note notes that something was announced.
func (f *fresh) note(now time.Time, circle bool) {
	if circle {
		f.circles = append(f.circles, now)
	} else {
		f.own = append(f.own, now)
	}
}

// The bounds on how often events are revised in a day because programs changed
// them. Two programs that each put back what the other wrote would else publish
// without end, and soon nobody could change the event at all: it has some 110
// revisions for its whole life (SPEC 5.5 f).
const (
	maxRevisions = 20    // of one event
	maxRevised   = 1_000 // of all
)

// revised is when a program had an event revised.
type revised struct {
	event votive.ID
	at    time.Time
}

// put takes an entry: a new one is announced, a changed one revised.
func (q *request) put() (answer, error) {
	if q.place.name == "" {
		return answer{}, errMethod
	}
	said, err := q.draft()
	if err != nil {
		return answer{}, err
	}
	q.h.writing.Lock()
	defer q.h.writing.Unlock()
	var in collection
	var old *entry
	var change *changing
	err = q.look(func(v *almanac.View, c collection, all map[string]*entry) error {
		in, old = c, all[q.place.name]
		if err := q.conditions(old); err != nil {
			return err
		}
		if q.program.ReadOnly {
			return needs(href(c.id, ""), "bind")
		}
		if old == nil {
			return unused(v, all, said.UID)
		}
		switch match := q.Header.Get("If-Match"); {
		case !old.writable(&q.program):
			return needs(href(c.id, old.name), "write-content")
		case old.UID() != said.UID:
			return errUID
		case match == "" || match == "*":
			return errUnseen
		}
		change, err = changed(old, said, v.Now())
		return err
	})
	if err != nil {
		return answer{}, err
	}
	// No ETag: what is given back is not what was given (RFC 4791, 5.3.4).
	if old == nil {
		return answer{code: http.StatusCreated}, q.announce(in, said)
	}
	return answer{code: http.StatusNoContent}, q.revise(in, old, change)
}

// draft reads the body.
func (q *request) draft() (*calendar.Draft, error) {
	if kind := q.Header.Get("Content-Type"); kind != "" {
		if t, _, err := mime.ParseMediaType(kind); err != nil || t != "text/calendar" {
			return nil, &fault{code: http.StatusForbidden, precondition: "<C:supported-calendar-data/>", text: "want text/calendar"}
		}
	}
	drafts, _, err := calendar.Read(bytes.NewReader(q.body))
	switch {
	case err != nil:
		return nil, errData
	case len(drafts) == 0 && !bytes.Contains(q.body, []byte("BEGIN:VEVENT")):
		return nil, errPart
	case len(drafts) != 1 || drafts[0].UID == "":
		return nil, errObject
	}
	return &drafts[0], nil
}

// conditions are If-Match and If-None-Match (RFC 9110, 13.1); old may be nil.
func (q *request) conditions(old *entry) error {
	match, none := q.Header.Get("If-Match"), q.Header.Get("If-None-Match")
	switch {
	case match != "" && (old == nil || match != "*" && !strongly(match, old.tag())):
		return errChanged
	case none != "" && old != nil && subscribe.Matches(none, old.tag()):
		return errChanged
	}
	return nil
}

// strongly reports whether a list of ETags has one, as If-Match compares them.
func strongly(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(one) == tag {
			return true
		}
	}
	return false
}

// unused refuses a UID that is in use: in the collection, since RFC 4791 wants
// that, and for any other event, since nobody who copies what somebody announced
// into a calendar wants to announce it again in their own name.
func unused(v *almanac.View, all map[string]*entry, uid string) error {
	for _, e := range all {
		if e.UID() == uid {
			return errUID
		}
	}
	for e := range v.All() {
		if calendar.UID(e.ID) == uid {
			return errUID
		}
	}
	// What was cancelled and is gone is not announced again because a program
	// still has it.
	for note, value := range v.Locals(notesNames) {
		var g given
		if json.Unmarshal(value, &g) == nil && g.UID == uid && v.Local(notesGone+note[strings.LastIndexByte(note, '/')+1:]) != nil {
			return errUID
		}
	}
	return nil
}

// announce announces what is new. It is on disk when it returns; its stamps are
// the courier's business.
func (q *request) announce(c collection, said *calendar.Draft) error {
	if said.Status == votive.Cancelled {
		return &fault{code: http.StatusForbidden, precondition: "<C:valid-calendar-object-resource/>", text: "it is new, and cancelled already"}
	}
	if !named(q.place.name) {
		return errNames
	}
	if said.Says["ORGANIZER"] || said.Says["ATTENDEE"] {
		return errInvited
	}
	if said.Secret && !c.circle.IsZero() {
		return errSecret
	}
	now, circle := q.h.Almanac.Now(), !c.circle.IsZero()
	if wait := q.h.fresh.wait(now, circle); wait > 0 {
		return tooMany(wait, circle)
	}
	value, err := json.Marshal(given{Name: q.place.name, UID: said.UID})
	if err != nil {
		return err
	}
	w := secretary.Wish{
		Title: &said.Title, Text: &said.Text, Status: &said.Status, Tags: &said.Tags, Links: &said.Links,
		Notes: func(_ *almanac.View, event votive.ID) ([]almanac.Note, error) {
			return []almanac.Note{{Name: c.note(event), Value: value}}, nil
		},
	}
	when := scheduleSaid(said)
	when.wish(&w)
	if said.Place != "" {
		w.Place = &said.Place
	}
	if len(said.Joins) > 0 {
		w.Join = &said.Joins
	}
	if _, err := q.h.Secretary.Announce(q.Context(), w, c.circle, ""); err != nil {
		return err
	}
	q.h.fresh.note(now, circle)
	return nil
}

// revise revises what differs, and asks whether it is to be cancelled, or to have
// fewer dates, where the program said so. What was to be, and is written again as
// it was, is to be kept.
func (q *request) revise(in collection, old *entry, c *changing) error {
	event := old.event.ID
	asked := almanac.Note{Name: notesDeletions + event.String()}
	switch {
	case c.cancel:
		asked = deletion(event, q.h.Almanac.Now())
	case c.less != nil:
		var err error
		if asked, err = lessened(event, q.h.Almanac.Now(), &c.of, c.less); err != nil {
			return err
		}
	}
	tag := old.tag()
	notes := func(v *almanac.View, _ votive.ID) ([]almanac.Note, error) {
		// Another device, or the person, may have changed it since it was looked at.
		if e := in.entry(v, v.Event(event)); e == nil || e.tag() != tag {
			return nil, errChanged
		}
		return []almanac.Note{asked}, nil
	}
	if !c.some {
		return q.h.Almanac.Write(q.Context(), func(v *almanac.View) (almanac.Draft, error) {
			all, err := notes(v, event)
			if asked.Value == nil && v.Local(asked.Name) == nil {
				all = nil
			}
			return almanac.Draft{Note: all}, err
		})
	}
	now, times := q.h.Almanac.Now(), 0
	q.h.revised = slices.DeleteFunc(q.h.revised, func(r revised) bool { return now.Sub(r.at) > 24*time.Hour })
	for _, r := range q.h.revised {
		if r.event == event {
			times++
		}
	}
	if times >= maxRevisions || len(q.h.revised) >= maxRevised {
		return errOften
	}
	c.wish.Notes = notes
	if _, err := q.h.Secretary.Edit(q.Context(), event, c.wish); err != nil {
		return err
	}
	q.h.revised = append(q.h.revised, revised{event, now})
	return nil
}
