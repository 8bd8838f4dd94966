package api

import (
	"context"
	"errors"
	"time"

	"votive/node/almanac"
	"votive/node/remind"
	"votive/node/settings"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// ShowSettings is what the person chose for this computer.
func (a *API) ShowSettings(context.Context, *localpb.ShowSettingsRequest) (*localpb.SettingsResponse, error) {
	m := &localpb.SettingsResponse{Desktop: a.Remind.HasDesktop()}
	return m, a.Almanac.View(func(v *almanac.View) error {
		s := settings.Read(v)
		m.Settings = &localpb.Settings{Zone: s.Zone, Notifications: string(s.Notify), Reminders: beforeMessage(s.Reminders)}
		return nil
	})
}

// ChangeSetting sets one, or gives it its default again.
func (a *API) ChangeSetting(ctx context.Context, r *localpb.ChangeSettingRequest) (*localpb.SettingsResponse, error) {
	note, err := settings.Unset(r.Name)
	if !r.Unset {
		note, err = settings.Set(r.Name, r.Value)
	}
	if err != nil {
		return nil, badInput(err)
	}
	if err := a.note(ctx, func(*almanac.View) ([]almanac.Note, error) { return []almanac.Note{note}, nil }); err != nil {
		return nil, err
	}
	return a.ShowSettings(ctx, nil)
}

// note writes notes.
func (a *API) note(ctx context.Context, wish func(*almanac.View) ([]almanac.Note, error)) error {
	return a.Almanac.Write(ctx, func(v *almanac.View) (almanac.Draft, error) {
		notes, err := wish(v)
		return almanac.Draft{Note: notes}, err
	})
}

func beforeMessage(list []time.Duration) []string {
	var all []string
	for _, d := range list {
		all = append(all, settings.FormatBefore(d))
	}
	return all
}

// ShowReminders is when the person is reminded: of one event, or of what is
// theirs.
func (a *API) ShowReminders(_ context.Context, r *localpb.ShowRemindersRequest) (*localpb.RemindersResponse, error) {
	m := &localpb.RemindersResponse{Desktop: a.Remind.HasDesktop()}
	return m, a.Almanac.View(func(v *almanac.View) error {
		s := settings.Read(v)
		m.Notifications = string(s.Notify)
		if r.Event == "" {
			m.Before = beforeMessage(s.Reminders)
			for _, id := range remind.Owners(v) {
				if e := v.Event(id); e != nil && e.Known {
					m.Events = append(m.Events, &localpb.EventReminders{Event: eventMessage(v, e), Before: beforeMessage(remind.Before(v, e))})
				}
			}
			return nil
		}
		e, err := v.FindEvent(r.Event)
		if err != nil {
			return err
		}
		m.Event, m.Chosen = eventMessage(v, e), e.State.Card.Title
		m.Before = beforeMessage(remind.Before(v, e))
		_, m.Own = remind.Own(v, e.ID)
		return nil
	})
}

// ChangeReminders chooses when the person is reminded.
func (a *API) ChangeReminders(ctx context.Context, r *localpb.ChangeRemindersRequest) (*localpb.RemindersResponse, error) {
	list, err := chosen(r)
	if err != nil {
		return nil, badInput(err)
	}
	var event votive.ID
	if r.Event != "" {
		if event, err = a.findEvent(r.Event); err != nil {
			return nil, err
		}
	}
	err = a.note(ctx, func(v *almanac.View) ([]almanac.Note, error) {
		switch {
		case r.Event == "":
			note, err := settings.Set(settings.Reminders, settings.FormatList(list))
			return []almanac.Note{note}, err
		case r.Usual:
			return []almanac.Note{remind.Usual(event)}, nil
		}
		return remind.Choose(v, event, list)
	})
	if err != nil {
		return nil, err
	}
	shown, title := &localpb.ShowRemindersRequest{}, ""
	if r.Event != "" {
		shown.Event, title = event.String(), a.title(event)
	}
	m, err := a.ShowReminders(ctx, shown)
	if m != nil {
		m.Chosen = title
	}
	return m, err
}

// chosen is what a request chooses: exactly one thing.
func chosen(r *localpb.ChangeRemindersRequest) ([]time.Duration, error) {
	ways := 0
	for _, way := range []bool{len(r.Before) > 0, r.None, r.Usual} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		return nil, errors.New("want reminders, or none, or the usual ones")
	}
	if r.Usual && r.Event == "" {
		return nil, errors.New("the usual reminders are for an event: none was named")
	}
	return settings.ParseEach(r.Before)
}

// reminderMessage is what a reminder comes to for who watches; nil where its
// event is none of that circle.
func (a *API) reminderMessage(r remind.Reminder, circle votive.ID) *localpb.Change {
	var m *localpb.Change
	_ = a.Almanac.View(func(v *almanac.View) error {
		e := v.Event(r.Event)
		if e == nil || !e.Known || !circle.IsZero() && e.Circle != circle {
			return nil
		}
		m = &localpb.Change{Kind: "reminder", Event: eventMessage(v, e), Reminder: &localpb.Reminder{
			Before: settings.FormatBefore(r.Before), Start: r.Start.UTC().Format(time.RFC3339),
		}}
		if e.State.Card.Recurs() {
			m.Reminder.Date = r.Date.String()
		}
		return nil
	})
	return m
}
