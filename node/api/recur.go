package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/dates"
	"votive/proto/localpb"
	"votive/proto/recur"
	"votive/proto/votive"
)

// again is what was typed about how an event that begins at start recurs; the
// zero Rule for nothing.
func again(every, rule string, start votive.Time, reader dates.Reader) (recur.Rule, error) {
	var r recur.Rule
	var err error
	switch {
	case every != "" && rule != "":
		return r, errors.New("--every and --rrule were both given, give one")
	case every != "":
		r, err = reader.Every(every)
	case rule != "":
		r, err = votive.ParseRule(rule, start)
	}
	if err != nil || r.IsZero() {
		return r, err
	}
	if start.IsZero() {
		return r, errors.New("an event that recurs needs a time")
	}
	day, err := recur.ParseDate(start.Local()[:len(time.DateOnly)])
	if err == nil && !r.Gives(day, day) {
		err = fmt.Errorf("it begins on %v, a %v, which %q leaves out: begin on a day that the rule has", day, day.Weekday(), r.Words())
	}
	return r, err
}

// shown is how many occurrences are shown of an event that recurs.
const shown = 10

// echoAgain says how an event recurs, and the first dates on which it does.
func echoAgain(card *votive.Card) []string {
	if !card.Recurs() {
		return nil
	}
	words := card.Recurrence.Rule.Words()
	if words == "" {
		words = "on other dates"
	}
	lines := []string{"again  " + words}
	all, more := card.Within(time.Time{}, time.Time{}, time.UTC)
	layout := clockLayout
	if card.Start.Kind() == votive.Date {
		layout = dateLayout
	}
	for i, o := range all[min(1, len(all)):] {
		if i == 3 {
			more = true
			break
		}
		lines = append(lines, "then   "+reading(o.Start).Format(layout))
	}
	if more {
		lines[len(lines)-1] += ", …"
	}
	return lines
}

// recurrenceMessage is how an event recurs, nil where it does not.
func recurrenceMessage(c *votive.Card) *localpb.Recurrence {
	if !c.Recurs() {
		return nil
	}
	m := &localpb.Recurrence{Rule: c.Recurrence.RRule(c.Start), Words: c.Recurrence.Rule.Words()}
	for _, d := range c.Recurrence.Dates {
		m.Dates = append(m.Dates, d.String())
	}
	for _, d := range c.Recurrence.Except {
		m.Except = append(m.Except, d.String())
	}
	return m
}

func occurrenceMessage(o *votive.Occurrence) *localpb.Occurrence {
	return &localpb.Occurrence{
		Date: o.Date.String(), Start: timeMessage(o.Start), End: timeMessage(o.End), Moved: o.Moved, Cancelled: o.Cancelled,
	}
}

// nextMessage is the next occurrence at that moment of an event that recurs.
func nextMessage(c *votive.Card, at time.Time, reader *time.Location) *localpb.Occurrence {
	if !c.Recurs() {
		return nil
	}
	next, ok := c.Next(at, reader)
	if !ok {
		return nil
	}
	return occurrenceMessage(&next)
}

// comingMessages are the next occurrences of an event that recurs.
func comingMessages(c *votive.Card, at time.Time, reader *time.Location) []*localpb.Occurrence {
	if !c.Recurs() {
		return nil
	}
	all, _ := c.Within(at, time.Time{}, reader)
	var list []*localpb.Occurrence
	for _, o := range all[:min(shown, len(all))] {
		list = append(list, occurrenceMessage(&o))
	}
	return list
}

// partOf has a wish name the event that somebody named as the whole.
func (a *API) partOf(w *secretary.Wish, d *localpb.Draft) error {
	if d.PartOf == nil {
		return nil
	}
	w.PartOf = new(votive.ID)
	if d.GetPartOf() == "" {
		return nil
	}
	id, err := a.findEvent(d.GetPartOf())
	*w.PartOf = id
	return err
}

// ChangeOccurrence moves or cancels one date of an event that recurs.
func (a *API) ChangeOccurrence(ctx context.Context, r *localpb.ChangeOccurrenceRequest) (*localpb.EventResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	event, err := a.findEvent(r.Event)
	if err != nil {
		return nil, err
	}
	change := votive.Occurrence{Cancelled: r.Cancel}
	if change.Date, err = a.date(event, r.Date, reader); err != nil {
		return nil, badInput(err)
	}
	start, err := timeFrom(r.Start)
	if err != nil {
		return nil, err
	}
	end, err := timeFrom(r.End)
	if err != nil {
		return nil, err
	}
	if r.Cancel == (start != nil) {
		return nil, badInput(errors.New("a date is either moved or cancelled"))
	}
	if start != nil {
		change.Start = *start
	}
	if end != nil {
		change.End = *end
	}
	done, err := a.Secretary.Occurrence(ctx, event, change)
	if err != nil {
		return nil, err
	}
	return a.changed(event, done, a.title(event))
}

// date reads a date of an event, which is one where the event is.
func (a *API) date(event votive.ID, text string, reader *time.Location) (recur.Date, error) {
	as := dates.Reader{Now: a.Almanac.Now(), Here: reader}
	if err := a.Almanac.View(func(v *almanac.View) error {
		if e := v.Event(event); e != nil {
			as.Zone = e.State.Card.Start.Zone()
		}
		return nil
	}); err != nil {
		return 0, err
	}
	as.Floating = as.Zone == ""
	t, err := as.Read(text)
	if err != nil {
		return 0, err
	}
	if t.Kind() != votive.Date {
		return 0, fmt.Errorf("%q is %v, want the date alone", text, t)
	}
	return recur.ParseDate(t.Local())
}
