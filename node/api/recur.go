package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	day, err := dateOf(start)
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

// otherDates has a card take place on other dates besides, and not on some, as
// typed; one that is empty stands for none any more. It gives lines that say so.
// What was said of other dates before stays.
func otherDates(card *votive.Card, also, except []string, as dates.Reader) (lines []string, err error) {
	if len(also)+len(except) == 0 {
		return nil, nil
	}
	if card.Start.IsZero() {
		return nil, errors.New("an event that recurs needs a time")
	}
	r := &card.Recurrence
	begins, err := dateOf(card.Start)
	if err != nil {
		return nil, err
	}
	add := func(to, from *[]recur.Date, texts []string, say string, given func(recur.Date) bool) error {
		for _, text := range texts {
			if text == "" {
				*to = nil
				continue
			}
			d, err := readDate(text, as)
			switch {
			case err != nil:
				return err
			case d <= begins:
				return fmt.Errorf("%v is not after %v, when it begins", d, begins)
			}
			lines = append(lines, say+d.Weekday().String()[:3]+" "+d.String())
			*from = slices.DeleteFunc(slices.Clone(*from), func(other recur.Date) bool { return other == d })
			if at, found := slices.BinarySearch(*to, d); !found && given(d) {
				*to = slices.Insert(slices.Clone(*to), at, d)
			}
		}
		return nil
	}
	rule := func(d recur.Date) bool { return !r.Rule.IsZero() && r.Rule.Gives(begins, d) }
	if err := add(&r.Dates, &r.Except, also, "also   ", func(d recur.Date) bool { return !rule(d) }); err != nil {
		return nil, err
	}
	had := slices.Clone(r.Dates)
	if err := add(&r.Except, &r.Dates, except, "not    ", rule); err != nil {
		return nil, err
	}
	for _, text := range except {
		if text == "" {
			continue
		}
		if d, _ := readDate(text, as); !rule(d) && !slices.Contains(had, d) {
			return nil, fmt.Errorf("it is not on %v", d)
		}
	}
	return lines, nil
}

// dateOf is the day on which a time begins, where it is.
func dateOf(t votive.Time) (recur.Date, error) {
	return recur.ParseDate(t.Local()[:len(time.DateOnly)])
}

// wishAgain has a wish say on which dates an event takes place.
func wishAgain(w *secretary.Wish, d *localpb.Draft) error {
	read := func(from *localpb.StringList) (*[]recur.Date, error) {
		if from == nil {
			return nil, nil
		}
		list := make([]recur.Date, len(from.Values))
		var err error
		for i, text := range from.Values {
			if list[i], err = recur.ParseDate(text); err != nil {
				return nil, err
			}
		}
		return &list, nil
	}
	var err error
	if w.Dates, err = read(d.Dates); err != nil {
		return err
	}
	if w.Except, err = read(d.Except); err != nil || len(d.Occurrences) == 0 {
		return err
	}
	different := make([]votive.Occurrence, len(d.Occurrences))
	for i, m := range d.Occurrences {
		o := votive.Occurrence{Cancelled: m.Cancelled}
		if o.Date, err = recur.ParseDate(m.Date); err != nil {
			return err
		}
		start, err := timeFrom(m.Start)
		if err != nil {
			return err
		}
		end, err := timeFrom(m.End)
		if err != nil {
			return err
		}
		if start != nil && !o.Cancelled {
			o.Start = *start
		}
		if end != nil && !o.Cancelled {
			o.End = *end
		}
		different[i] = o
	}
	w.Occurrences = &different
	return nil
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
	m, err := a.changed(event, done, a.title(event))
	if err == nil && start != nil {
		m.Clashes, m.MoreClashes = a.clashes(event, r.ReaderZone)
	}
	return m, err
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
	return readDate(text, as)
}

// readDate reads a date and nothing else.
func readDate(text string, as dates.Reader) (recur.Date, error) {
	t, err := as.Read(text)
	if err != nil {
		return 0, err
	}
	if t.Kind() != votive.Date {
		return 0, fmt.Errorf("%q is %v, want the date alone", text, t)
	}
	return recur.ParseDate(t.Local())
}
