package page

import (
	"fmt"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// Calendars lists what programs were given, and what they deleted.
func (r Reader) Calendars(calendars []*localpb.Calendar, waiting []*localpb.Deletion) string {
	text := ""
	if len(calendars) > 0 {
		rows := [][]string{{"ID", "OF", "SHOWS", "MAY", "MADE"}}
		for _, c := range calendars {
			of, may := "yours", "read and write"
			if c.GetCircle() != nil {
				of = orElse(plain.Line(c.GetCircle().GetName()), "a circle you left")
			}
			if c.GetReadOnly() {
				may = "read"
			}
			rows = append(rows, []string{Short(c.GetId()), of, plain.Line(c.GetShow()), may, r.Stamp(c.GetMade())})
		}
		text = plain.Table(rows)
	}
	if len(waiting) == 0 {
		return text
	}
	if text != "" {
		text += "\n"
	}
	rows := [][]string{{"EVENT", "DELETED", "TITLE", "WHAT OF IT"}}
	for _, d := range waiting {
		rows = append(rows, []string{
			Short(d.GetEvent().GetId()), r.Stamp(d.GetAsked()), plain.Line(d.GetEvent().GetTitle()), plain.Line(whatOf(d)),
		})
	}
	return text + "Deleted by a calendar, and to be confirmed:\n\n" + plain.Table(rows)
}

// whatOf is which dates of an event were deleted.
func whatOf(d *localpb.Deletion) string {
	dates := d.GetDates()
	switch more := len(dates) + int(d.GetMoreDates()) - 1; {
	case len(dates) == 0:
		return "all of it"
	case more == 0:
		return dates[0]
	default:
		return fmt.Sprintf("%s and %d more", dates[0], more)
	}
}

// NewCalendar is what a program is to be told.
func NewCalendar(c *localpb.NewCalendarResponse) string {
	s := new(sheet)
	s.row("Feed", plain.Line(c.GetFeed()))
	s.row("CalDAV", plain.Line(c.GetCaldav()))
	s.row("User", plain.Line(c.GetUser()))
	s.row("Password", plain.Line(c.GetPassword()))
	return s.String()
}
