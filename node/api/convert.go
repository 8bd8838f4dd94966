package api

import (
	"time"

	"votive/node/almanac"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// timeMessage is a time as the contract has it; nil for one that is not set.
func timeMessage(t votive.Time) *localpb.Time {
	if t.IsZero() {
		return nil
	}
	m := &localpb.Time{Kind: t.Kind().String(), Local: t.Local()}
	if t.Kind() == votive.Zoned {
		zone, utc := t.Zone(), t.Instant(nil).UTC().Format(time.RFC3339)
		m.Zone, m.Utc = &zone, &utc
	}
	return m
}

// timeFrom is a time that ReadTime gave out.
func timeFrom(m *localpb.Time) (*votive.Time, error) {
	if m == nil {
		return nil, nil
	}
	var t votive.Time
	var err error
	if m.GetZone() != "" {
		t, err = votive.ParseTime(m.GetLocal(), m.GetZone())
	} else {
		t, err = votive.NewTime(m.GetLocal(), "", 0)
	}
	return &t, badInput(err)
}

func eventMessage(v *almanac.View, e *almanac.Event) *localpb.Event {
	m := stateMessage(v, &e.State)
	m.Mine = e.Organized()
	m.Next = nextMessage(&e.State.Card, v.Now(), time.UTC)
	if c := v.Circle(e.Circle); c != nil {
		m.Circle = &localpb.CircleRef{Id: c.ID.String(), Name: c.Name}
	}
	if d := e.Details(); d != nil {
		m.Details = &localpb.Details{Place: d.Place, Join: d.Join}
	}
	m.Reply = replyMessage(e)
	return m
}

// stateMessage is what an event says of itself, to anybody who can read it.
func stateMessage(v *almanac.View, s *votive.Event) *localpb.Event {
	m := cardMessage(v, s.ID, &s.Card)
	m.Quorum, m.Signatures = uint32(s.Quorum), uint32(s.Signatures)
	m.Protected = s.Protected
	m.Sequence = uint32(s.Sequence)
	m.Conflict = s.Conflict
	m.Newer = s.NeedsNewer
	for _, h := range s.Heads {
		m.Heads = append(m.Heads, h.String())
	}
	for _, a := range s.Alternatives {
		card := a.Card()
		m.Alternatives = append(m.Alternatives, cardMessage(v, s.ID, &card))
	}
	return m
}

func cardMessage(v *almanac.View, id votive.ID, c *votive.Card) *localpb.Event {
	m := &localpb.Event{
		Id:       id.String(),
		Title:    c.Title,
		Text:     c.Text,
		Status:   c.Status.String(),
		Start:    timeMessage(c.Start),
		End:      timeMessage(c.End),
		City:     c.City,
		Tags:     c.Tags,
		Language: c.Language,
		Capacity: uint32(c.Capacity),
		Answers:  c.Answers.String(),
		Reason:   c.Reason,

		Recurrence: recurrenceMessage(c),
		Geo:        geoMessage(c.Geo),
	}
	if !c.PartOf.IsZero() {
		m.PartOf = c.PartOf.String()
	}
	for _, o := range c.Organizers {
		who := &localpb.Organizer{Key: o.Key.String(), By: o.By}
		if !o.Attested.IsZero() {
			if p := v.Contact(o.Attested); p != nil {
				who.Petname, who.Verified = p.Petname, p.Verified
			}
		}
		m.Organizers = append(m.Organizers, who)
	}
	return m
}

// replyMessage is the person's own reply, nil where there is none.
func replyMessage(e *almanac.Event) *localpb.Reply {
	if e.Mine == nil {
		return nil
	}
	m := &localpb.Reply{Event: e.ID.String(), Status: e.Mine.Reply.Status.String(), Answer: votive.Pending.String()}
	if e.Answer != nil && e.Answer.Heard >= e.Mine.Reply.Counter {
		m.Answer = e.Answer.Admission.String()
	}
	return m
}

func circleMessage(c *almanac.Circle) *localpb.Circle {
	kind := "closed"
	if c.Open {
		kind = "open"
	}
	return &localpb.Circle{Id: c.ID.String(), Name: c.Name, Kind: kind}
}

func contactMessage(c *almanac.Contact) *localpb.Contact {
	words := votive.WordsOf(c.Key)
	return &localpb.Contact{
		Key: c.Key.String(), Petname: c.Petname, Name: c.Card.Name, Verified: c.Verified, Muted: c.Muted, Words: words[:],
	}
}

func identityMessage(id votive.Identity, name string) *localpb.Identity {
	words := id.Words()
	return &localpb.Identity{Key: id.Key().String(), Words: words[:], Name: name}
}

func guestMessage(v *almanac.View, r *almanac.Reply) *localpb.Guest {
	m := &localpb.Guest{
		Reply: r.ID().String(), Status: r.Status.String(), Party: uint32(r.Party), Name: r.Name, Note: r.Note,
		Invited: "walkin", Answer: votive.Pending.String(),
	}
	if v.Invite(r.Reply.Invite) != nil {
		m.Invited = "link"
	}
	if r.Answer != nil && r.Answer.Heard >= r.Counter {
		m.Answer = r.Answer.Admission.String()
	}
	return m
}
