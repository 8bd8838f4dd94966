package api

import (
	"context"
	"errors"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/node/diary"
	"votive/proto/localpb"
)

// WriteCalendar is an event, or all that are known, as iCalendar text.
func (a *API) WriteCalendar(_ context.Context, r *localpb.WriteCalendarRequest) (*localpb.WriteCalendarResponse, error) {
	if r.All == (r.Event != "") {
		return nil, badInput(errors.New("want an event, or all of them"))
	}
	m := new(localpb.WriteCalendarResponse)
	return m, a.Almanac.View(func(v *almanac.View) error {
		which := diary.Everything
		if !r.All {
			one, err := v.FindEvent(r.Event)
			if err != nil {
				return err
			}
			m.Chosen = one.State.Card.Title
			which = func(e *almanac.Event) bool { return e == one }
		}
		entries := diary.Entries(v, which)
		m.Events = uint32(len(entries))
		m.Ics = string(calendar.Write(entries, calendar.Options{}))
		return nil
	})
}
