package api

import (
	"context"
	"errors"
	"time"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// ReadTime says how a time that somebody typed is understood.
func (a *API) ReadTime(_ context.Context, r *localpb.ReadTimeRequest) (*localpb.ReadTimeResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	s := spoken{
		at: r.At, end: r.End, lasting: r.Lasting, zone: r.Zone, floating: r.Floating,
		now: a.Almanac.Now(), reader: reader,
	}
	if r.Event != "" {
		e, err := a.findEvent(r.Event)
		if err != nil {
			return nil, err
		}
		if err := a.Almanac.View(func(v *almanac.View) error {
			if e := v.Event(e); e != nil {
				s.had = &e.State.Card
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	if r.Until != "" {
		return a.readUntil(r.Until, s.had, reader)
	}
	start, end, err := s.understand()
	if err != nil {
		return nil, badInput(err)
	}
	var card votive.Card
	if s.had != nil {
		card = *s.had
	}
	card.Start, card.End, card.Occurrences = start, end, nil
	if r.Once {
		card.Recurrence = votive.Recurrence{}
	}
	rule, err := again(r.Every, r.Rule, start, s.asTyped())
	if err != nil {
		return nil, badInput(err)
	}
	if !rule.IsZero() {
		card.Recurrence.Rule = rule
	}
	others, err := otherDates(&card, r.Also, r.Except, s.asTyped())
	if err != nil {
		return nil, badInput(err)
	}
	return &localpb.ReadTimeResponse{
		Start: timeMessage(start), End: timeMessage(end), Recurrence: recurrenceMessage(&card),
		Echo: append(append(echo(start, end, reader), echoAgain(&card)...), others...),
	}, nil
}

// Announce founds an event.
func (a *API) Announce(ctx context.Context, r *localpb.AnnounceRequest) (*localpb.EventResponse, error) {
	w, err := wish(r.GetDraft())
	if err != nil {
		return nil, err
	}
	if err := a.partOf(&w, r.GetDraft()); err != nil {
		return nil, err
	}
	circle, err := a.findCircle(r.Circle)
	if err != nil {
		return nil, err
	}
	event, err := a.Secretary.Announce(ctx, w, circle, r.Attest)
	if err != nil {
		return nil, err
	}
	m, err := a.changed(event, secretary.Edited{Signatures: 1, Needed: 1}, "")
	if err == nil {
		m.Clashes, m.MoreClashes = a.clashes(event, r.ReaderZone)
	}
	return m, err
}

// wish is a draft as the secretary takes it.
func wish(d *localpb.Draft) (secretary.Wish, error) {
	w := secretary.Wish{
		Title: d.Title, Text: d.Text, City: d.City, Language: d.Language, By: d.By, Place: d.Place, Rule: d.Rule,
	}
	var err error
	if w.Start, err = timeFrom(d.GetStart()); err != nil {
		return w, err
	}
	if w.End, err = timeFrom(d.GetEnd()); err != nil {
		return w, err
	}
	if d.GetNoEnd() {
		w.End = new(votive.Time)
	}
	if d.Join != nil {
		w.Join = &d.Join.Values
	}
	if d.Links != nil {
		w.Links = &d.Links.Values
	}
	if d.Tentative {
		w.Status = new(votive.Status)
		*w.Status = votive.Tentative
	}
	if d.Geo != nil {
		geo, err := parseGeo(d.GetGeo())
		if err != nil {
			return w, badInput(err)
		}
		w.Geo = &geo
	}
	if err := wishAgain(&w, d); err != nil {
		return w, badInput(err)
	}
	if d.Tags != nil {
		w.Tags = &d.Tags.Values
	}
	if d.Capacity != nil {
		capacity := int(*d.Capacity)
		w.Capacity = &capacity
	}
	if d.Answers != nil {
		answers, err := votive.ParseAnswers(*d.Answers)
		if err != nil {
			return w, badInput(err)
		}
		if answers == votive.AnswersApprove {
			return w, badInput(errors.New("answers \"approve\" need a newer votive: this one cannot let people in by hand; want auto or closed"))
		}
		w.Answers = &answers
	}
	return w, nil
}

// changed is an event that was just written.
func (a *API) changed(event votive.ID, done secretary.Edited, chosen string) (*localpb.EventResponse, error) {
	m := &localpb.EventResponse{
		Signatures: uint32(done.Signatures), Needed: uint32(done.Needed), Told: uint32(done.Told), Chosen: chosen,
		Bare: done.Bare,
	}
	return m, a.Almanac.View(func(v *almanac.View) error {
		if e := v.Event(event); e != nil && e.Known {
			m.Event = eventMessage(v, e)
		}
		return nil
	})
}

// ListEvents is what is coming, soonest first.
func (a *API) ListEvents(_ context.Context, r *localpb.ListEventsRequest) (*localpb.EventsResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	q := almanac.Query{Reader: reader, Text: r.Search, Tag: r.Tag, Limit: int(r.Limit), From: a.Almanac.Now()}
	if q.Limit == 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, 10_000)
	if q.From, err = a.instant(r.From, reader, q.From, false); err != nil {
		return nil, err
	}
	if q.To, err = a.instant(r.To, reader, time.Time{}, true); err != nil {
		return nil, err
	}
	if q.Circle, err = a.findCircle(r.Circle); err != nil {
		return nil, err
	}
	m := &localpb.EventsResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		events, more := v.Upcoming(q)
		if c := v.Circle(q.Circle); c != nil {
			m.Chosen = c.Name
		}
		for _, e := range events {
			event := eventMessage(v, e)
			event.Next = nextMessage(&e.State.Card, q.From, reader)
			m.Events = append(m.Events, event)
		}
		m.More = more
		return nil
	})
}

// ShowEvent is one event, and who signed what.
func (a *API) ShowEvent(_ context.Context, r *localpb.ShowEventRequest) (*localpb.ShowEventResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	m := &localpb.ShowEventResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		e, err := v.FindEvent(r.Event)
		if err != nil {
			return err
		}
		m.Event, m.Chosen = eventMessage(v, e), e.State.Card.Title
		m.Occurrences = comingMessages(&e.State.Card, v.Now(), reader)
		for _, part := range v.Parts(e.ID, reader) {
			m.Parts = append(m.Parts, eventMessage(v, part))
		}
		heads := make(map[votive.ID]bool)
		for _, h := range e.State.Heads {
			heads[h] = true
		}
		for _, c := range e.State.History {
			m.Revisions = append(m.Revisions, revisionMessage(c, heads[c.Revision().ID()]))
		}
		return nil
	})
}

func revisionMessage(c *votive.Counted, head bool) *localpb.Revision {
	r := c.Revision()
	card := r.Card()
	m := &localpb.Revision{
		Id: r.ID().String(), Title: card.Title, Status: card.Status.String(),
		Start: timeMessage(card.Start), End: timeMessage(card.End), Head: head,
	}
	for _, p := range r.Parents() {
		m.Parents = append(m.Parents, p.String())
	}
	for _, k := range c.Signers() {
		m.Signers = append(m.Signers, k.String())
	}
	return m
}

// EditEvent changes what the draft names, and nothing else.
func (a *API) EditEvent(ctx context.Context, r *localpb.EditEventRequest) (*localpb.EventResponse, error) {
	event, err := a.findEvent(r.Event)
	if err != nil {
		return nil, err
	}
	w, err := wish(r.GetDraft())
	if err != nil {
		return nil, err
	}
	if err := a.partOf(&w, r.GetDraft()); err != nil {
		return nil, err
	}
	w.Lost = r.Lost
	done, err := a.Secretary.Edit(ctx, event, w)
	if err != nil {
		return nil, err
	}
	m, err := a.changed(event, done, a.title(event))
	if d := r.GetDraft(); err == nil && (d.Start != nil || d.End != nil || d.Rule != nil || d.Dates != nil || d.Except != nil) {
		m.Clashes, m.MoreClashes = a.clashes(event, r.ReaderZone)
	}
	return m, err
}

// CancelEvent says that an event will not take place.
func (a *API) CancelEvent(ctx context.Context, r *localpb.CancelEventRequest) (*localpb.EventResponse, error) {
	event, err := a.findEvent(r.Event)
	if err != nil {
		return nil, err
	}
	var done secretary.Edited
	if r.Lost {
		done, err = a.Secretary.CancelLost(ctx, event, r.Reason)
	} else {
		done, err = a.Secretary.Cancel(ctx, event, r.Reason)
	}
	if err != nil {
		return nil, err
	}
	return a.changed(event, done, a.title(event))
}

// findEvent is the event that somebody named.
func (a *API) findEvent(name string) (votive.ID, error) {
	var id votive.ID
	return id, a.Almanac.View(func(v *almanac.View) error {
		e, err := v.FindEvent(name)
		if err == nil {
			id = e.ID
		}
		return err
	})
}

// title is what an event is called, for saying what a name was understood as.
func (a *API) title(event votive.ID) string {
	title := ""
	_ = a.Almanac.View(func(v *almanac.View) error {
		if e := v.Event(event); e != nil {
			title = e.State.Card.Title
		}
		return nil
	})
	return title
}
