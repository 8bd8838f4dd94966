package page

import (
	"fmt"
	"strings"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// Card is everything about one event.
func (r Reader) Card(e *localpb.Event) string {
	s := new(sheet)
	s.para(plain.Line(e.GetTitle()))
	s.WriteString("\n")
	r.state(s, e)
	s.rows("When", r.When(e.GetStart(), e.GetEnd()))
	s.row("Repeats", repeats(e))
	if o := e.GetNext(); o != nil {
		s.rows("Next", r.When(o.GetStart(), o.GetEnd()))
	}
	s.row("City", plain.Line(e.GetCity()))
	s.row("Point", point(e.GetGeo()))
	if d := e.GetDetails(); d != nil {
		s.row("Place", plain.Line(d.GetPlace()))
		for _, link := range d.GetJoin() {
			s.row("Join", plain.Line(link))
		}
	}
	if c := e.GetCircle(); c != nil {
		s.row("Circle", plain.Line(c.GetName()))
	}
	s.rows("Organized by", organizers(e))
	s.row("Signed", signed(e))
	s.row("Guests", guests(e))
	s.row("You", You(e))
	s.row("Tags", plain.Line(strings.Join(e.GetTags(), ", ")))
	s.row("Language", plain.Line(e.GetLanguage()))
	s.row("Changed", changed(e))
	s.row("Part of", plain.Line(e.GetPartOf()))
	s.row("Id", plain.Line(e.GetId()))
	if e.GetText() != "" {
		s.WriteString("\n")
		s.para(plain.Text(e.GetText()))
	}
	return s.String()
}

// state says what a reader must know before the rest.
func (r Reader) state(s *sheet, e *localpb.Event) {
	before := s.Len()
	switch e.GetStatus() {
	case "cancelled":
		s.row("CANCELLED", orElse(plain.Line(e.GetReason()), "no reason was given"))
	case "tentative":
		s.row("Tentative", "not certain yet")
	}
	if e.GetConflict() {
		s.row("Disagreement", fmt.Sprintf("its organizers signed %d versions that exclude each other:",
			max(2, len(e.GetAlternatives()))))
		for i, a := range e.GetAlternatives() {
			id, off := "", ""
			if heads := e.GetHeads(); i < len(heads) {
				id = plain.Line(Short(heads[i]))
			}
			if a.GetStatus() == "cancelled" {
				off = "cancelled"
			}
			s.row("", "- "+sentence(id, plain.Line(a.GetTitle()), r.When(a.GetStart(), a.GetEnd())[0], plain.Line(a.GetCity()), off))
		}
		s.row("", "What follows is the last one that they agreed on.")
		if e.GetMine() {
			s.row("", "votive merge EVENT --take REVISION chooses one for everybody.")
		}
	}
	if e.GetNewer() {
		s.row("Incomplete", "a part of this event can only be shown by a newer votive")
	}
	if s.Len() > before {
		s.WriteString("\n")
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func organizers(e *localpb.Event) []string {
	lines := make([]string, 0, len(e.GetOrganizers()))
	for _, o := range e.GetOrganizers() {
		lines = append(lines, Person(o.GetPetname(), o.GetBy(), o.GetKey(), o.GetVerified()))
	}
	return lines
}

// Person says who somebody is: first the reader's own name for them, then what
// they call themself, which proves nothing, and always the key.
func Person(petname, claimed, key string, verified bool) string {
	petname, claimed = plain.Line(petname), plain.Line(claimed)
	name := "somebody"
	switch {
	case petname != "" && claimed != "" && petname != claimed:
		name = petname + ", who calls themself “" + claimed + "”"
	case petname != "":
		name = petname
	case claimed != "":
		name = "somebody who calls themself “" + claimed + "”"
	}
	switch {
	case petname != "" && verified:
		name += ", verified"
	case petname != "":
		name += ", not verified"
	}
	return name + ", key " + Short(key)
}

func signed(e *localpb.Event) string {
	n := uint32(len(e.GetOrganizers()))
	switch {
	case n == 0:
		return ""
	case n == 1:
		return "by its only organizer: whoever gets hold of that key can change or cancel it"
	case !e.GetProtected():
		return fmt.Sprintf("by %d of %d organizers; all of them are needed to change it", e.GetSignatures(), n)
	default:
		return fmt.Sprintf("by %d of %d organizers; no single one can change or cancel it, %d can",
			e.GetSignatures(), n, e.GetQuorum())
	}
}

func guests(e *localpb.Event) string {
	room := ""
	if e.GetCapacity() > 0 {
		room = "room for " + number(e.GetCapacity())
	}
	answers := map[string]string{
		"auto":    "who is invited and answers is let in at once",
		"approve": "an organizer decides who is let in",
		"closed":  "no answers are taken",
	}[e.GetAnswers()]
	return sentence(room, answers)
}

func changed(e *localpb.Event) string {
	if e.GetSequence() == 0 {
		return ""
	}
	return count(e.GetSequence(), "time since it was announced", "times since it was announced")
}
