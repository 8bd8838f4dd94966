package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// indent is where the titles of an agenda stand.
const indent = 15

// Agenda lists events in the order given, under the days on which they begin
// for the reader.
func (r Reader) Agenda(events []*localpb.Event) string {
	var b strings.Builder
	heading := ""
	for _, e := range events {
		if day := r.day(e); day != heading {
			if heading != "" {
				b.WriteString("\n")
			}
			heading = day
			b.WriteString(day + "\n")
		}
		b.WriteString(r.entry(e))
	}
	return b.String()
}

func (r Reader) day(e *localpb.Event) string {
	begins, _ := next(e)
	start, ok := r.read(begins)
	if !ok {
		return "At a time that this votive cannot read"
	}
	return sentence(start.own.Format("Monday 2 January 2006"), r.daysTo(start.own))
}

// entry is two lines about an event, the second one only if there is more to
// say.
func (r Reader) entry(e *localpb.Event) string {
	id := Short(e.GetId())
	title := plain.Line(e.GetTitle())
	if e.GetStatus() == "cancelled" {
		title = "CANCELLED: " + title
	}
	room := plain.Columns - indent - 2 - plain.Width(id)
	line := plain.Pad("  "+r.clock(e), indent) + plain.Pad(plain.Cut(title, room), room) + "  " + id + "\n"
	for _, more := range plain.Wrap(r.about(e), plain.Columns-indent) {
		line += strings.Repeat(" ", indent) + more + "\n"
	}
	return line
}

// clock is when on its day an event is: 20:00-21:30.
func (r Reader) clock(e *localpb.Event) string {
	begins, ends := next(e)
	start, ok := r.read(begins)
	if !ok {
		return ""
	}
	if start.kind == date {
		return "all day"
	}
	clock := start.own.Format(clockForm)
	end, ended := r.read(ends)
	if ended && end.own.Sub(start.own) > 0 && end.own.Sub(start.own) < 24*time.Hour {
		clock += "-" + end.own.Format(clockForm)
	}
	return clock
}

func (r Reader) about(e *localpb.Event) string {
	begins, ends := next(e)
	start, known := r.read(begins)
	end, ended := r.read(ends)
	elsewhere, until, circle, conflict := "", "", "", ""
	switch {
	case known && start.away():
		elsewhere = start.at.Format(clockForm) + " " + start.zone
	case known && start.kind == floating:
		elsewhere = "wherever you are"
	}
	if days := end.own.Sub(start.own); known && ended && (days >= 24*time.Hour) {
		until = "until " + end.own.Format("Mon 2 January")
	}
	if e.GetCircle() != nil {
		circle = "circle " + plain.Line(e.GetCircle().GetName())
	}
	if e.GetConflict() {
		conflict = "its organizers disagree"
	}
	moved := ""
	if o := e.GetNext(); o.GetMoved() {
		moved = "instead of " + plain.Line(o.GetDate())
	}
	return sentence(until, elsewhere, plain.Line(e.GetCity()), repeats(e), moved, circle, certainty(e), conflict, You(e))
}

func certainty(e *localpb.Event) string {
	if e.GetStatus() == "tentative" {
		return "not certain yet"
	}
	return ""
}

// You says what the reader has to do with an event.
func You(e *localpb.Event) string {
	mine := ""
	if e.GetMine() {
		mine = "you organize"
	}
	return sentence(mine, Answered(e.GetReply()))
}

// Answered says what the reader answered, and what became of it.
func Answered(reply *localpb.Reply) string {
	if reply.GetStatus() == "" {
		return ""
	}
	said := "you said " + plain.Line(reply.GetStatus())
	switch answer := reply.GetAnswer(); {
	case reply.GetStatus() == "no":
		return said
	case answer == "in":
		return said + " and are let in"
	case answer == "waitlist":
		return said + " and are on the waiting list"
	case answer == "declined":
		return said + ", but there is no place for you"
	default:
		return said + ", no answer yet"
	}
}

// Change is a line about one thing that happened.
func (r Reader) Change(c *localpb.Change) string {
	e := c.GetEvent()
	title := plain.Line(e.GetTitle())
	about := ""
	switch c.GetKind() {
	case "event":
		about = sentence(title, strings.Join(r.When(e.GetStart(), nil)[:1], ""))
		if e.GetStatus() == "cancelled" {
			about = "CANCELLED: " + about
		}
	case "reply":
		g := c.GetGuest()
		about = sentence(guestName(g)+" says "+plain.Line(g.GetStatus()), title)
	case "answer":
		if g := c.GetGuest(); g != nil {
			about = sentence(guestName(g)+" was answered: "+plain.Line(g.GetAnswer()), title)
			break
		}
		about = sentence(title, Answered(c.GetReply()))
	case "conflict":
		about = sentence(title, "its organizers disagree")
	case "reminder":
		about = sentence(title, r.begins(c.GetReminder().GetStart()))
	case "peer":
		about = plain.Line(c.GetPeer().GetPeer())
	}
	id := Short(e.GetId())
	kind := plain.Pad(plain.Cut(plain.Line(c.GetKind()), 8), 8)
	head := r.Now.In(r.Zone).Format("15:04:05") + "  " + kind + "  "
	room := plain.Columns - plain.Width(head)
	if id != "" {
		room -= 2 + plain.Width(id)
	}
	return strings.TrimRight(head+plain.Pad(plain.Cut(about, room), room)+"  "+id, " ") + "\n"
}

// Revisions lists what the organizers signed, oldest first.
func (r Reader) Revisions(revisions []*localpb.Revision) string {
	var b strings.Builder
	for _, v := range revisions {
		head := ""
		if v.GetHead() {
			head = ", in force"
		}
		fmt.Fprintf(&b, "%s%s\n", Short(v.GetId()), head)
		about := []string{
			plain.Line(v.GetTitle()),
			strings.Join(append(r.When(v.GetStart(), v.GetEnd())[:1], plain.Line(v.GetStatus())), ", "),
			"signed by " + strings.Join(shorts(v.GetSigners()), ", "),
		}
		if parents := v.GetParents(); len(parents) > 0 {
			about = append(about, "after "+strings.Join(shorts(parents), ", "))
		}
		for _, line := range about {
			for _, part := range plain.Wrap(line, plain.Columns-2) {
				b.WriteString("  " + part + "\n")
			}
		}
	}
	return b.String()
}

func shorts(ids []string) []string {
	out := slices.Clone(ids)
	for i, id := range out {
		out[i] = Short(id)
	}
	return out
}
