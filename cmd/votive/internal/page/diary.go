package page

import (
	"fmt"
	"strings"
	"time"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// Free lists times at which the reader has nothing, under the days on which
// they begin, on the clock that they are said on.
func (r Reader) Free(slots []*localpb.Slot) string {
	var b strings.Builder
	heading := ""
	for _, s := range slots {
		start, ok := r.read(s.GetStart())
		end, ended := r.read(s.GetEnd())
		if !ok || !ended {
			b.WriteString("At a time that this votive cannot read\n")
			continue
		}
		if day := sentence(start.at.Format("Monday 2 January 2006"), r.daysTo(start.at)); day != heading {
			if heading != "" {
				b.WriteString("\n")
			}
			heading = day
			b.WriteString(day + "\n")
		}
		clock, until := start.at.Format(clockForm)+"-"+end.at.Format(clockForm), ""
		midnight := start.at.Truncate(24 * time.Hour).Add(24 * time.Hour)
		switch {
		case end.at.Equal(midnight):
			clock = start.at.Format(clockForm) + "-24:00"
		case end.at.After(midnight):
			clock, until = start.at.Format(clockForm)+"-", "until "+end.at.Format("Mon 2 January, "+clockForm)
		}
		b.WriteString(plain.Pad("  "+clock, indent) + sentence(until, lasts(s.GetMinutes())) + "\n")
		for _, line := range r.Taken(s.GetMaybe(), s.GetMoreMaybe()) {
			b.WriteString(strings.Repeat(" ", indent) + plain.Cut(line, plain.Columns-indent) + "\n")
		}
	}
	return b.String()
}

// lasts says how long something is.
func lasts(minutes uint32) string {
	days, hours, minutes := minutes/1440, minutes/60%24, minutes%60
	var parts []string
	if days > 0 {
		parts = append(parts, count(days, "day", "days"))
	}
	if hours > 0 {
		parts = append(parts, fmt.Sprintf("%d h", hours))
	}
	if minutes > 0 {
		parts = append(parts, fmt.Sprintf("%d min", minutes))
	}
	if len(parts) == 0 {
		return "less than a minute"
	}
	return strings.Join(parts, " ")
}

// Taken is what the reader has at some time, a line each, and how much more
// there is.
func (r Reader) Taken(all []*localpb.Taken, more uint32) []string {
	var lines []string
	for _, t := range all {
		maybe, where := "", ""
		if t.GetMaybe() {
			maybe = "maybe "
		}
		if t.GetSource() != "votive" {
			where = " (" + plain.Line(t.GetSource()) + ")"
		}
		from, ok := r.read(t.GetStart())
		to, ended := r.read(t.GetEnd())
		when := plain.Line(t.GetStart().GetLocal())
		switch {
		case !ok || !ended:
		case from.kind == date:
			when = span(from.at, to.at, "Mon 2 January", "") + ", all day"
		default:
			when = span(from.at, to.at, "Mon 2 January", clockForm)
		}
		lines = append(lines, plain.Cut(maybe+when+": "+plain.Line(t.GetTitle())+where, plain.Columns-2))
	}
	if more > 0 {
		lines = append(lines, "and "+number(more)+" more")
	}
	return lines
}

// Imports lists imported calendars.
func (r Reader) Imports(all []*localpb.Import) string {
	if len(all) == 0 {
		return ""
	}
	rows := [][]string{{"NAME", "ENTRIES", "IMPORTED", ""}}
	for _, i := range all {
		damaged := ""
		if i.GetDamaged() {
			damaged = "damaged: import it again"
		}
		rows = append(rows, []string{plain.Line(i.GetName()), number(i.GetEntries()), r.Stamp(i.GetImported()), damaged})
	}
	return plain.Table(rows)
}

// ImportedCalendar is what came of a calendar that was imported.
func ImportedCalendar(r *localpb.ImportCalendarResponse) string {
	s := new(sheet)
	instead := ""
	if r.GetReplaced() {
		instead = ", in place of what was there"
	}
	s.para(count(r.GetEntries(), "entry", "entries") + " imported as “" + plain.Line(r.GetName()) + "”" + instead +
		". They stay on this computer, and nobody is told.")
	return s.String()
}

// Draft is an entry of a calendar that is to be announced: when it is, what
// everybody will see of it, and what guests alone will.
func Draft(e *localpb.ReadEntry) string {
	s := new(sheet)
	d := e.GetDraft()
	s.para(plain.Line(d.GetTitle()))
	lines := e.GetEcho()
	for _, o := range d.GetOccurrences() {
		what := "is moved to " + o.GetStart().GetLocal()
		if o.GetCancelled() {
			what = "is cancelled"
		}
		lines = append(lines, "that of "+o.GetDate()+" "+what)
	}
	for _, line := range lines {
		for _, part := range plain.Wrap(plain.Line(line), plain.Columns-2) {
			s.WriteString("  " + part + "\n")
		}
	}
	s.row("  City", plain.Line(d.GetCity()))
	s.row("  Text", plain.Text(d.GetText()))
	s.row("  Tags", plain.Line(strings.Join(d.GetTags().GetValues(), ", ")))
	for _, link := range d.GetLinks().GetValues() {
		s.row("  Link", plain.Line(link))
	}
	if d.GetPlace() != "" {
		s.row("  Place", plain.Line(d.GetPlace())+" (sealed)")
	}
	for _, link := range d.GetJoin().GetValues() {
		s.row("  Join", plain.Line(link)+" (sealed)")
	}
	return s.String()
}

// point says where a point on the earth is.
func point(g *localpb.Geo) string {
	if g == nil {
		return ""
	}
	return fmt.Sprintf("%.6f, %.6f", g.GetLatitude(), g.GetLongitude())
}
