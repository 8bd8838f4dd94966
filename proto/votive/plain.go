package votive

import (
	"math"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Nearly all that comes is a Counted of a plain event, written as SPEC 1.5 has
// writers write it. Such bytes are read here in one go, straight into what they
// mean. Whatever is odd about others - fields in another order, twice or not
// known, what is over, what few events have - is for the generated decoder to
// say, which reads everything: it is asked again whenever plain reading fails.
// So this says what a message means only where it says the same.

// plain is an encoded message that is read in the order of its fields.
type plain struct {
	rest []byte
	odd  bool // it is not for plain reading
}

// whole reports whether all of the message was read.
func (m *plain) whole() bool { return !m.odd && len(m.rest) == 0 }

// next steps into a field, if it is the next one.
func (m *plain) next(field protowire.Number, is protowire.Type) bool {
	n, t, size := protowire.ConsumeTag(m.rest)
	if size < 0 || n != field || t != is {
		return false
	}
	m.rest = m.rest[size:]
	return true
}

// value is what a field holds that next stepped into. It is not copied.
func (m *plain) value() []byte {
	b, size := protowire.ConsumeBytes(m.rest)
	if size < 0 {
		m.odd = true
		return nil
	}
	m.rest = m.rest[size:]
	return slices.Clip(b)
}

// bytes is a field of bytes or a message, or nil.
func (m *plain) bytes(field protowire.Number) []byte {
	if !m.next(field, protowire.BytesType) {
		return nil
	}
	return m.value()
}

// number is a field with a number, or 0.
func (m *plain) number(field protowire.Number, most uint64) uint64 {
	if !m.next(field, protowire.VarintType) {
		return 0
	}
	n, size := protowire.ConsumeVarint(m.rest)
	if size < 0 || n > most {
		m.odd = true
		return 0
	}
	m.rest = m.rest[size:]
	return n
}

func (m *plain) string(b []byte) string {
	m.odd = m.odd || !utf8.Valid(b)
	return string(b)
}

func (m *plain) text(field protowire.Number) string { return m.string(m.bytes(field)) }

func (m *plain) texts(field protowire.Number) (all []string) {
	for m.next(field, protowire.BytesType) {
		all = append(all, m.string(m.value()))
	}
	return all
}

func (m *plain) id(b []byte) ID {
	if len(b) != len(ID{}) {
		m.odd = true
		return ID{}
	}
	return ID(b)
}

// none is an id that may be left out.
func (m *plain) none(field protowire.Number) ID {
	b := m.bytes(field)
	if b == nil {
		return ID{}
	}
	id := m.id(b)
	m.odd = m.odd || id.IsZero()
	return id
}

func (m *plain) ids(field protowire.Number) (all []ID) {
	for m.next(field, protowire.BytesType) {
		all = append(all, m.id(m.value()))
	}
	return all
}

// time is a Time, which may be left out.
func (m *plain) time(field protowire.Number) Time {
	if !m.next(field, protowire.BytesType) {
		return Time{}
	}
	w := plain{rest: m.value()}
	local, zone := w.text(1), w.text(2)
	offset := protowire.DecodeZigZag(w.number(3, math.MaxUint32))
	t, err := NewTime(local, zone, int(offset))
	m.odd = m.odd || err != nil || !w.whole()
	return t
}

func (m *plain) organizers(field protowire.Number) (all []Organizer) {
	for m.next(field, protowire.BytesType) {
		w := plain{rest: m.value()}
		all = append(all, Organizer{Key: w.id(w.bytes(1)), By: w.text(2)})
		m.odd = m.odd || !w.whole()
	}
	return all
}

// plainCounted reads a Body that is a Counted: the revision, still encoded, and
// its marks.
func plainCounted(body []byte) (revision []byte, marks []mark, ok bool) {
	b := plain{rest: body}
	c := plain{rest: b.bytes(2)}
	revision = c.bytes(1)
	for c.next(2, protowire.BytesType) {
		m := plain{rest: c.value()}
		marks = append(marks, mark{key: m.id(m.bytes(1)), signature: m.bytes(2)})
		c.odd = c.odd || !m.whole()
	}
	return revision, marks, marks != nil && c.whole() && b.whole()
}

// plainRevision reads a Revision: what is encoded in it, and nothing that
// follows from that.
func plainRevision(encoded []byte) (*Revision, bool) {
	m := plain{rest: encoded}
	genesis, ok := plainGenesis(m.bytes(1))
	r := &Revision{genesis: genesis, parents: m.ids(2), instead: m.ids(3)}
	card := plain{rest: m.bytes(4)}
	r.card = card.card()
	r.movedTo = m.none(6)
	return r, ok && card.whole() && m.whole()
}

func plainGenesis(encoded []byte) (Genesis, bool) {
	m := plain{rest: encoded}
	g := Genesis{nonce: m.id(m.bytes(1)), founders: m.ids(2), encoded: encoded}
	return g, m.whole()
}

// card is the message as a Card. What is read in a literal is read in the order
// in which it stands there.
func (m *plain) card() Card {
	return Card{
		Title:      m.text(1),
		Text:       m.text(2),
		Status:     Status(m.number(3, math.MaxUint8)),
		Start:      m.time(4),
		End:        m.time(5),
		City:       m.text(6),
		Tags:       m.texts(7),
		Language:   m.text(8),
		Links:      m.texts(9),
		Capacity:   int(m.number(10, math.MaxUint32)),
		Answers:    Answers(m.number(11, math.MaxUint8)),
		AnsweredBy: int(m.number(12, math.MaxUint32)),
		Inbox:      m.none(13),
		Details:    m.none(14),
		Organizers: m.organizers(15),
		Reason:     m.text(16),
		PartOf:     m.none(21),
	}
}
