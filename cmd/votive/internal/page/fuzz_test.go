package page

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// pour puts text into every field of a message and of those in it.
func pour(m protoreflect.Message, text string, number uint32, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		value := protoreflect.ValueOfString(text)
		switch field.Kind() {
		case protoreflect.MessageKind:
			if depth == 0 || field.IsList() && number%3 == 0 {
				continue
			}
			if field.IsList() {
				pour(m.Mutable(field).List().AppendMutable().Message(), text, number, depth-1)
			} else {
				pour(m.Mutable(field).Message(), text, number, depth-1)
			}
			continue
		case protoreflect.BoolKind:
			value = protoreflect.ValueOfBool(number%2 == 0)
		case protoreflect.DoubleKind:
			value = protoreflect.ValueOfFloat64(float64(number) / 1e6)
		case protoreflect.Int32Kind:
			value = protoreflect.ValueOfInt32(-int32(number >> 1))
		case protoreflect.Uint32Kind:
			value = protoreflect.ValueOfUint32(number)
		}
		if field.IsList() {
			m.Mutable(field).List().Append(value)
		} else if field.Kind() != protoreflect.BytesKind {
			m.Set(field, value)
		}
	}
}

// FuzzPages: whatever the fields of an answer are, its page has nothing in it
// that could deceive a terminal, and fits.
func FuzzPages(f *testing.F) {
	for _, s := range []string{
		"", "Candles", "六四燭光晚會", "བོད་ཀྱི་རྒྱལ་རབས།", "\x1b[2J\u202e\u200b\r\n\t", "zoned", "date", "floating", "yes", "cancelled",
		"2027-06-04T20:00:00", "2027-06-04", "2027-06-04T12:00:00Z", "/ip4/1.1.1.1/tcp/1/p2p/x", strings.Repeat("long ", 60),
	} {
		f.Add(s, "date", "2027-06-04", uint32(2))
		f.Add(s, "zoned", "2027-06-04T20:00:00", uint32(3))
	}
	r := Reader{Now: time.Date(2027, 6, 3, 22, 30, 0, 0, time.UTC), Zone: time.UTC}
	f.Fuzz(func(t *testing.T, text, kind, local string, number uint32) {
		text = strings.ToValidUTF8(text, "\u202e") // the wire takes nothing else
		event, status, guest := new(localpb.Event), new(localpb.StatusResponse), new(localpb.Guest)
		contact, circle, invite := new(localpb.Contact), new(localpb.Circle), new(localpb.Invite)
		revision, change, id := new(localpb.Revision), new(localpb.Change), new(localpb.Identity)
		counts, slot, taken := new(localpb.GuestCounts), new(localpb.Slot), new(localpb.Taken)
		imported, read, kept := new(localpb.Import), new(localpb.ReadEntry), new(localpb.ImportCalendarResponse)
		for _, m := range []protoreflect.ProtoMessage{event, status, guest, contact, circle, invite, revision, change, id, counts, slot, taken, imported, read, kept} {
			pour(m.ProtoReflect(), text, number, 2)
		}
		if number%2 == 0 {
			slot.Start, slot.End = &localpb.Time{Kind: kind, Local: local, Utc: &local}, &localpb.Time{Kind: kind, Local: local, Utc: &local}
			taken.Start, taken.End = slot.Start, slot.End
			event.Start = &localpb.Time{Kind: kind, Local: local, Utc: &text, Zone: &text}
		}
		for name, page := range map[string]string{
			"Agenda": r.Agenda([]*localpb.Event{event, event}), "Card": r.Card(event), "Status": r.Status(status),
			"Guests": Guests([]*localpb.Guest{guest}, counts), "Contacts": Contacts([]*localpb.Contact{contact}),
			"Contact": Contact(contact), "Circles": Circles([]*localpb.Circle{circle}), "Change": r.Change(change),
			"Invites": r.Invites([]*localpb.Invite{invite}), "Revisions": r.Revisions([]*localpb.Revision{revision}),
			"Identity": Identity(id, ""), "Free": r.Free([]*localpb.Slot{slot, slot}), "Draft": Draft(read),
			"Taken":   "  " + strings.Join(r.Taken([]*localpb.Taken{taken}, number), "\n  "),
			"Imports": r.Imports([]*localpb.Import{imported}), "ImportedCalendar": ImportedCalendar(kept),
		} {
			for line := range strings.Lines(page) {
				line = strings.TrimSuffix(line, "\n")
				if safe := plain.Line(line); safe != line {
					t.Errorf("%s has a line that is not safe: %q", name, line)
				}
				if w := plain.Width(line); w > plain.Columns {
					t.Errorf("%s has a line of %d columns: %q", name, w, line)
				}
			}
		}
	})
}
