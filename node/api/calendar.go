package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"connectrpc.com/connect"

	"votive/node/almanac"
	"votive/node/caldav"
	"votive/node/calendar"
	"votive/node/diary"
	"votive/node/secretary"
	"votive/node/subscribe"
	"votive/proto/localpb"
	"votive/proto/votive"
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

// What a calendar may show.
const (
	showTitles = "titles"
	showBusy   = "busy"
)

// NewCalendar gives a calendar to a program on this computer.
func (a *API) NewCalendar(ctx context.Context, r *localpb.NewCalendarRequest) (*localpb.NewCalendarResponse, error) {
	if a.Web == "" {
		return nil, hinted(connect.CodeFailedPrecondition, "votive down && votive up -- --web 127.0.0.1:8123",
			"the daemon serves no calendars: it was started with --web off, as a keeper, or its port was taken")
	}
	t := subscribe.Terms{ReadOnly: r.ReadOnly}
	switch r.Show {
	case "", showTitles:
	case showBusy:
		t.Busy = true
	default:
		return nil, badInput(errors.New("show \"" + r.Show + "\", want titles or busy"))
	}
	var err error
	if t.Circle, err = a.findCircle(r.Circle); err != nil {
		return nil, err
	}
	c, secrets, err := subscribe.New(ctx, a.Almanac, t)
	if err != nil {
		return nil, err
	}
	m := &localpb.NewCalendarResponse{Feed: a.Web + strings.TrimPrefix(subscribe.FeedPrefix, "/") + secrets.Feed + ".ics", AnyUser: a.AnyUser}
	if secrets.Password != "" {
		m.Caldav, m.User, m.Password = a.Web+strings.TrimPrefix(caldav.Prefix, "/"), c.ID, secrets.Password
	}
	return m, a.Almanac.View(func(v *almanac.View) error {
		m.Calendar = calendarMessage(v, &c)
		m.Chosen = m.Calendar.GetCircle().GetName()
		return nil
	})
}

func calendarMessage(v *almanac.View, c *subscribe.Calendar) *localpb.Calendar {
	m := &localpb.Calendar{Id: c.ID, Show: showTitles, ReadOnly: c.ReadOnly || c.Busy, Made: c.Made.UTC().Format(time.RFC3339)}
	if c.Busy {
		m.Show = showBusy
	}
	if !c.Circle.IsZero() {
		m.Circle = &localpb.CircleRef{Id: c.Circle.String()}
		if circle := v.Circle(c.Circle); circle != nil {
			m.Circle.Name = circle.Name
		}
	}
	return m
}

// ListCalendars is the calendars that programs were given, and what they deleted.
func (a *API) ListCalendars(context.Context, *localpb.ListCalendarsRequest) (*localpb.CalendarsResponse, error) {
	return a.calendars()
}

// maxDates is how many of the dates are named that a calendar took from an event.
const maxDates = 20

func (a *API) calendars() (*localpb.CalendarsResponse, error) {
	m := &localpb.CalendarsResponse{Web: a.Web}
	return m, a.Almanac.View(func(v *almanac.View) error {
		for _, c := range subscribe.List(v) {
			m.Calendars = append(m.Calendars, calendarMessage(v, &c))
		}
		for _, d := range caldav.Deletions(v) {
			one := &localpb.Deletion{Event: eventMessage(v, d.Event), Asked: d.Asked.UTC().Format(time.RFC3339)}
			shown := min(len(d.Dates), maxDates)
			for _, date := range d.Dates[:shown] {
				one.Dates = append(one.Dates, date.String())
			}
			one.MoreDates = uint32(len(d.Dates) - shown)
			m.Waiting = append(m.Waiting, one)
		}
		return nil
	})
}

// RevokeCalendar takes a calendar back.
func (a *API) RevokeCalendar(ctx context.Context, r *localpb.RevokeCalendarRequest) (*localpb.CalendarsResponse, error) {
	var c subscribe.Calendar
	err := a.Almanac.View(func(v *almanac.View) (err error) {
		c, err = subscribe.Find(v, r.Calendar)
		return err
	})
	if errors.As(err, new(subscribe.NotFoundError)) {
		return nil, hinted(connect.CodeNotFound, "votive calendar", err.Error())
	}
	if err != nil {
		return nil, err
	}
	if err := subscribe.Revoke(ctx, a.Almanac, c.ID); err != nil {
		return nil, err
	}
	return a.calendars()
}

// SettleDeletion cancels an event that a calendar deleted, or takes the dates from
// it that a calendar took, or keeps all as it is.
func (a *API) SettleDeletion(ctx context.Context, r *localpb.SettleDeletionRequest) (*localpb.EventResponse, error) {
	event, err := a.deleted(r)
	if err != nil {
		return nil, err
	}
	if r.Keep {
		if err := caldav.Keep(ctx, a.Almanac, event); err != nil {
			return nil, err
		}
		return a.changed(event, secretary.Edited{}, a.title(event))
	}
	done, err := caldav.Confirm(ctx, a.Almanac, a.Secretary, event)
	if err != nil {
		return nil, err
	}
	return a.changed(event, done, a.title(event))
}

// deleted is the event that somebody named, if its deletion waits.
func (a *API) deleted(r *localpb.SettleDeletionRequest) (votive.ID, error) {
	event, err := a.findEvent(r.Event)
	if err != nil {
		return event, err
	}
	return event, a.Almanac.View(func(v *almanac.View) error {
		for _, d := range caldav.Deletions(v) {
			if d.Event.ID == event {
				return nil
			}
		}
		if !r.Keep && caldav.Confirmed(v, event) {
			return nil // said again, where the first answer was lost
		}
		return hinted(connect.CodeNotFound, "votive calendar", "no calendar deleted that event")
	})
}

// hinted is an error with the command that helps.
func hinted(code connect.Code, command, text string) error {
	e := connect.NewError(code, errors.New(text))
	if d, err := connect.NewErrorDetail(&localpb.Hint{Command: command}); err == nil {
		e.AddDetail(d)
	}
	return e
}
