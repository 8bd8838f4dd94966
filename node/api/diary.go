package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"connectrpc.com/connect"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/node/diary"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// Bounds on what is said of a calendar that is read.
const (
	maxNotices = 20
	maxRead    = 100 // entries
)

// ImportCalendar keeps what is in a calendar, on this computer alone.
func (a *API) ImportCalendar(ctx context.Context, r *localpb.ImportCalendarRequest) (*localpb.ImportCalendarResponse, error) {
	drafts, notices, err := calendar.Read(bytes.NewReader(r.Calendar))
	if err != nil {
		return nil, badInput(err)
	}
	m := &localpb.ImportCalendarResponse{Name: r.Name, Entries: uint32(len(drafts))}
	for i := range drafts {
		for _, n := range drafts[i].Notices {
			notices = append(notices, fmt.Sprintf("%.60q: %s", drafts[i].Title, n))
		}
	}
	m.Notices, m.MoreNotices = few(notices)
	if m.Replaced, err = diary.Keep(ctx, a.Almanac, r.Name, drafts); err != nil {
		return nil, aboutImports(err)
	}
	return m, nil
}

// few is the first of many notices, and how many more there are.
func few(notices []string) ([]string, uint32) {
	n := min(len(notices), maxNotices)
	return notices[:n], uint32(len(notices) - n)
}

// aboutImports gives an error about imported calendars its code and hint.
func aboutImports(err error) error {
	var code connect.Code
	hint := "votive import --list"
	switch {
	case errors.Is(err, diary.ErrName):
		code, hint = connect.CodeInvalidArgument, "votive import FILE --as NAME"
	case errors.Is(err, diary.ErrUnknown):
		code = connect.CodeNotFound
	case errors.Is(err, diary.ErrTooMuch), errors.Is(err, almanac.ErrTooMuch):
		code = connect.CodeResourceExhausted
	default:
		return err
	}
	e := connect.NewError(code, err)
	if d, err := connect.NewErrorDetail(&localpb.Hint{Command: hint}); err == nil {
		e.AddDetail(d)
	}
	return e
}

// ListImports are the calendars that were imported.
func (a *API) ListImports(context.Context, *localpb.ListImportsRequest) (*localpb.ImportsResponse, error) {
	m := &localpb.ImportsResponse{}
	return m, a.Almanac.View(func(v *almanac.View) error {
		for _, i := range diary.Imports(v) {
			m.Imports = append(m.Imports, &localpb.Import{
				Name: i.Name, Entries: uint32(i.Entries), Imported: i.At.Format(time.RFC3339), Damaged: i.Damaged,
			})
		}
		return nil
	})
}

// ForgetImport forgets one of them.
func (a *API) ForgetImport(ctx context.Context, r *localpb.ForgetImportRequest) (*localpb.ImportsResponse, error) {
	if err := diary.Forget(ctx, a.Almanac, r.Name); err != nil {
		return nil, aboutImports(err)
	}
	return a.ListImports(ctx, &localpb.ListImportsRequest{})
}

// ReadCalendar says what is in a calendar, to be announced.
func (a *API) ReadCalendar(_ context.Context, r *localpb.ReadCalendarRequest) (*localpb.ReadCalendarResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	drafts, notices, err := calendar.Read(bytes.NewReader(r.Calendar))
	if err != nil {
		return nil, badInput(err)
	}
	if len(drafts) > maxRead {
		return nil, badInput(fmt.Errorf("%d entries, want at most %d to announce at once: put fewer into a file", len(drafts), maxRead))
	}
	m := &localpb.ReadCalendarResponse{}
	m.Notices, m.MoreNotices = few(notices)
	for i := range drafts {
		m.Entries = append(m.Entries, a.entry(&drafts[i], reader))
	}
	return m, nil
}

// entry is a draft of somebody's calendar as one that can be announced. Its
// place goes where only guests see it, and so does how to take part in it; a
// point on the earth, which would be on the card, goes nowhere.
func (a *API) entry(d *calendar.Draft, reader *time.Location) *localpb.ReadEntry {
	card := d.Card()
	e := &localpb.ReadEntry{
		Echo: append(echo(d.Start, d.End, reader), echoAgain(&card)...),
		Draft: &localpb.Draft{
			Title: &d.Title, Start: timeMessage(d.Start), End: timeMessage(d.End), Tentative: d.Status == votive.Tentative,
		},
	}
	if d.Text != "" {
		e.Draft.Text = &d.Text
	}
	if d.Place != "" {
		e.Draft.Place = &d.Place
	}
	e.Draft.Join, e.Draft.Tags, e.Draft.Links = listOf(d.Joins), listOf(d.Tags), listOf(d.Links)
	if again := recurrenceMessage(&card); again != nil {
		e.Draft.Rule, e.Draft.Dates, e.Draft.Except = &again.Rule, listOf(again.Dates), listOf(again.Except)
	}
	for i := range d.Occurrences {
		e.Draft.Occurrences = append(e.Draft.Occurrences, occurrenceMessage(&d.Occurrences[i]))
	}
	e.Notices, _ = few(d.Notices)
	if d.Geo != nil {
		e.Notices = append(e.Notices, "GEO was left out: everybody who can read the event would see it; say it with --geo if that is right")
	}
	_, end := card.Span(reader)
	switch {
	case d.Status == votive.Cancelled:
		e.WhyNot = "it is cancelled"
	case end.Before(a.Almanac.Now()):
		e.WhyNot = "it is over"
	case d.Secret:
		e.WhyNot = "it is marked as private (CLASS): take that off in the calendar if all may read it"
	}
	return e
}

// listOf is a list, absent where there is nothing in it.
func listOf(values []string) *localpb.StringList {
	if len(values) == 0 {
		return nil
	}
	return &localpb.StringList{Values: values}
}

// Free is when the person has nothing.
func (a *API) Free(_ context.Context, r *localpb.FreeRequest) (*localpb.FreeResponse, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return nil, err
	}
	ask := diary.Ask{Reader: reader, Limit: int(r.Limit)}
	if ask.Limit == 0 {
		ask.Limit = 50
	}
	ask.Limit = min(ask.Limit, diary.MaxSlots)
	now := a.Almanac.Now().Add(time.Minute - 1).Truncate(time.Minute) // nobody plans by seconds
	if ask.From, err = a.instant(r.From, reader, now, false); err != nil {
		return nil, err
	}
	if ask.To, err = a.instant(r.To, reader, ask.From.In(reader).AddDate(0, 0, 7), true); err != nil {
		return nil, err
	}
	if ask.To.Second() == 59 { // the end of a day
		ask.To = ask.To.Add(time.Second)
	}
	if r.Lasting != "" {
		if ask.Lasting, err = length(r.Lasting); err != nil {
			return nil, badInput(err)
		}
	}
	if ask.Between, err = hours(r.Between); err != nil {
		return nil, badInput(err)
	}
	m := &localpb.FreeResponse{From: momentMessage(ask.From.Unix(), reader), To: momentMessage(ask.To.Unix(), reader)}
	var sight *diary.Sight
	if err := a.Almanac.View(func(v *almanac.View) error { sight = diary.Look(v); return nil }); err != nil {
		return nil, err
	}
	slots, more, err := sight.Free(ask)
	if err != nil {
		return nil, badInput(err)
	}
	for i := range slots {
		s := &slots[i]
		m.Free = append(m.Free, &localpb.Slot{
			Start: momentMessage(s.From, reader), End: momentMessage(s.To, reader), Minutes: uint32((s.To - s.From) / 60),
			Maybe: takenMessages(s.Maybe, reader), MoreMaybe: uint32(s.More),
		})
	}
	m.More = more
	return m, nil
}

// hours reads 09:00-22:00.
func hours(text string) (h diary.Hours, err error) {
	if text == "" {
		return h, nil
	}
	var read [2]int64
	parts := bytes.Split([]byte(text), []byte("-"))
	for i, p := range parts {
		t, err := time.Parse("15:04", string(p))
		switch {
		case len(parts) == 2 && i == 1 && string(p) == "24:00":
			read[i] = 86400
		case len(parts) != 2 || err != nil || len(p) != len("15:04"):
			return h, fmt.Errorf("hours %.40q are not understood; say 09:00-22:00", text)
		default:
			read[i] = int64(t.Hour()*3600 + t.Minute()*60)
		}
	}
	if read[0] == read[1] {
		return h, fmt.Errorf("hours %s are none; say 09:00-22:00", text)
	}
	return diary.Hours{From: read[0], To: read[1]}, nil
}

// momentMessage is a moment on the reader's clock.
func momentMessage(unix int64, reader *time.Location) *localpb.Time {
	at := time.Unix(unix, 0)
	name, utc := reader.String(), at.UTC().Format(time.RFC3339)
	return &localpb.Time{Kind: votive.Zoned.String(), Local: at.In(reader).Format(localLayout), Zone: &name, Utc: &utc}
}

// takenMessages are what the person has. Of whole days it is the dates.
func takenMessages(all []diary.Taken, reader *time.Location) []*localpb.Taken {
	var list []*localpb.Taken
	for i := range all {
		t := &all[i]
		m := &localpb.Taken{
			Title: t.Title, Source: "votive", Maybe: t.Maybe,
			Start: momentMessage(t.From, reader), End: momentMessage(t.To, reader),
		}
		if t.Days {
			day := func(unix int64) *localpb.Time {
				return &localpb.Time{Kind: votive.Date.String(), Local: time.Unix(unix, 0).In(reader).Format(time.DateOnly)}
			}
			m.Start, m.End = day(t.From), day(t.To-1)
		}
		if t.Source != "" {
			m.Source = t.Source
		}
		if !t.Event.IsZero() {
			m.Event = t.Event.String()
		}
		list = append(list, m)
	}
	return list
}

// clashes says what else the person has while an event takes place. It is asked
// after everything was written, so that nothing which is sent can depend on it.
func (a *API) clashes(event votive.ID, readerZone string) (few []*localpb.Taken, more uint32) {
	reader, err := zone(readerZone)
	if err != nil {
		reader = time.UTC
	}
	var one diary.One
	var sight *diary.Sight
	if a.Almanac.View(func(v *almanac.View) error { one, sight = diary.Event(v, event), diary.Look(v); return nil }) != nil {
		return nil, 0
	}
	all, n := one.Clashes(sight, reader)
	return takenMessages(all, reader), uint32(n)
}
