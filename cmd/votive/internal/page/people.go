package page

import (
	"fmt"
	"strings"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// Guests lists who answered, and what they add up to.
func Guests(guests []*localpb.Guest, counts *localpb.GuestCounts) string {
	rows := [][]string{{"ANSWER", "SAID", "PEOPLE", "INVITED", "REPLY", "NAME", "NOTE"}}
	for _, g := range guests {
		rows = append(rows, []string{
			plain.Line(g.GetAnswer()), plain.Line(g.GetStatus()), fmt.Sprint(g.GetParty()), plain.Line(g.GetInvited()),
			Short(g.GetReply()), orElse(plain.Line(g.GetName()), "-"), plain.Line(g.GetNote()),
		})
	}
	table := ""
	if len(guests) > 0 {
		table = plain.Table(rows) + "\n"
	}
	s := new(sheet)
	s.para(fmt.Sprintf("%s let in. Said yes: %s, maybe: %s, no: %s. On the waiting list: %s, not answered yet: %s.",
		count(counts.GetPeople(), "person", "people"), number(counts.GetYes()), number(counts.GetMaybe()),
		number(counts.GetNo()), number(counts.GetWaitlist()), number(counts.GetPending())))
	return table + s.String()
}

func guestName(g *localpb.Guest) string {
	name := orElse(plain.Line(g.GetName()), "somebody")
	if g.GetParty() > 1 {
		name += fmt.Sprintf(" (%d people)", g.GetParty())
	}
	return name
}

// Contacts lists people, the reader's own name for them first.
func Contacts(contacts []*localpb.Contact) string {
	rows := [][]string{{"NAME", "CALLS THEMSELF", "VERIFIED", "MUTED", "KEY"}}
	for _, c := range contacts {
		rows = append(rows, []string{
			orElse(plain.Line(c.GetPetname()), "-"), orElse(plain.Line(c.GetName()), "-"),
			yes(c.GetVerified()), yes(c.GetMuted()), Short(c.GetKey()),
		})
	}
	return plain.Table(rows)
}

// Contact is everything about one person.
func Contact(c *localpb.Contact) string {
	s := new(sheet)
	s.row("Name", orElse(plain.Line(c.GetPetname()), "you have none for them"))
	s.row("Self-named", plain.Line(c.GetName()))
	s.row("Words", words(c.GetWords()))
	s.row("Key", plain.Line(c.GetKey()))
	return s.String()
}

// Identity is the reader's own card.
func Identity(id *localpb.Identity, card string) string {
	s := new(sheet)
	s.row("Name", plain.Line(id.GetName()))
	s.row("Words", words(id.GetWords()))
	s.row("Key", plain.Line(id.GetKey()))
	if card != "" {
		s.WriteString("\n" + plain.Line(card) + "\n")
	}
	return s.String()
}

func words(list []string) string { return plain.Line(strings.Join(list, " ")) }

// Backup writes the words of a backup to be copied by hand, four on a line.
func Backup(words []string) string {
	const columns = 4
	var b strings.Builder
	for i, word := range words {
		cell := fmt.Sprintf("%2d. %s", i+1, plain.Line(word))
		if i%columns == columns-1 || i == len(words)-1 {
			b.WriteString(cell + "\n")
		} else {
			b.WriteString(plain.Pad(cell, 16))
		}
	}
	return b.String()
}

// Circles lists circles by name.
func Circles(circles []*localpb.Circle) string {
	rows := [][]string{{"NAME", "KIND", "ID"}}
	for _, c := range circles {
		rows = append(rows, []string{plain.Line(c.GetName()), plain.Line(c.GetKind()), Short(c.GetId())})
	}
	return plain.Table(rows)
}

// Invites lists invitations, and how often each was used.
func (r Reader) Invites(invites []*localpb.Invite) string {
	rows := [][]string{{"ID", "USED", "OF", "FOR", "EXPIRES", "STATE"}}
	for _, v := range invites {
		uses, state := number(v.GetUses()), "open"
		if v.GetUses() == 0 {
			uses = "any"
		}
		switch {
		case v.GetRevoked():
			state = "revoked"
		case r.past(v.GetExpires()):
			state = "expired"
		}
		rows = append(rows, []string{
			Short(v.GetId()), number(v.GetUsed()), uses, orElse(plain.Line(v.GetRole()), "guest"),
			r.Stamp(v.GetExpires()), state,
		})
	}
	return plain.Table(rows)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
