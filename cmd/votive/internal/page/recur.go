package page

import (
	"strings"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// next is when an event is next: of one that recurs, its next occurrence.
func next(e *localpb.Event) (start, end *localpb.Time) {
	if o := e.GetNext(); o != nil {
		return o.GetStart(), o.GetEnd()
	}
	return e.GetStart(), e.GetEnd()
}

// repeats says how an event recurs.
func repeats(e *localpb.Event) string {
	r := e.GetRecurrence()
	var besides string
	if n := uint32(len(r.GetDates())); n > 0 {
		besides = "on " + count(n, "other date", "other dates")
	}
	var except string
	if n := uint32(len(r.GetExcept())); n > 0 {
		except = "but not on " + count(n, "date", "dates")
	}
	return sentence(plain.Line(orElse(r.GetWords(), r.GetRule())), besides, except)
}

// Dates lists occurrences of an event that recurs, a line each.
func (r Reader) Dates(all []*localpb.Occurrence) string {
	var b strings.Builder
	for _, o := range all {
		line := strings.Join(r.When(o.GetStart(), o.GetEnd())[:1], "")
		switch {
		case o.GetCancelled():
			line = "CANCELLED: " + line
		case o.GetMoved():
			line += ", instead of " + plain.Line(o.GetDate())
		}
		for i, part := range plain.Wrap(line, plain.Columns-4) {
			b.WriteString(strings.Repeat(" ", 2+2*min(i, 1)) + part + "\n")
		}
	}
	return b.String()
}
