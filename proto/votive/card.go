package votive

import (
	"fmt"
	"slices"
	"time"

	"votive/proto/internal/wirepb"
)

// Status is that of an event (RFC 5545, 3.8.1.11).
type Status uint8

// The values of Status.
const (
	Confirmed Status = iota
	Tentative
	Cancelled
)

var statusNames = []string{"confirmed", "tentative", "cancelled"}

// String is the status in one lower-case word.
func (s Status) String() string { return nameOf(statusNames, int(s)) }

// Answers is who answers replies. SPEC 8.5.
type Answers uint8

// The values of Answers.
const (
	AnswersAuto    Answers = iota // one organizer's node, by itself
	AnswersApprove                // a person
	AnswersClosed                 // nobody
)

var answersNames = []string{"auto", "approve", "closed"}

// String is the policy in one lower-case word.
func (a Answers) String() string { return nameOf(answersNames, int(a)) }

// ParseAnswers reads what String writes.
func ParseAnswers(s string) (Answers, error) {
	i, err := valueOf("answers", answersNames, s)
	return Answers(i), err
}

// nameOf is the name of a value, or the value where it has none.
func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("value %d", i)
	}
	return names[i]
}

// valueOf is the value that has the name.
func valueOf(what string, names []string, name string) (int, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("%s %.40q, want one of %v", what, name, names)
	}
	return i, nil
}

// Card is what everybody who can read an event sees of it. SPEC 6.
type Card struct {
	Title      string   // 1-200 bytes
	Text       string   // up to 2,400
	Status     Status   //
	Start      Time     // must be set
	End        Time     // of the form of Start; of a date, the last day
	City       string   // up to 100
	Tags       []string // up to 16 of 1-50
	Language   string   // up to 35
	Links      []string // up to 8 of up to 300, https
	Capacity   int      // 0-100,000; 0 is no limit
	Answers    Answers
	AnsweredBy int // index into Organizers
	Inbox      ID  // hash of the Inbox that replies are sealed to, or zero
	Details    ID  // hash of the Details, or zero
	Organizers []Organizer
	Reason     string // why it was cancelled or moved, up to 500

	Recurrence  Recurrence   // zero: it takes place once
	Occurrences []Occurrence // what is different on some dates, ascending by date
	PartOf      ID           // the event of which it says that it is a part, or zero
	Geo         *Geo         // where it is, or nil
}

// Organizer is one who stands behind an event: 1-5 of them, ascending by Key.
type Organizer struct {
	Key ID     // an event key
	By  string // what they call themself here, unverified, up to 100 bytes

	// Attested is the identity that says it holds Key, or zero. SPEC 6.4.
	Attested    ID
	attestation []byte // its signature
}

// Attest says on the card of that event who holds the organizer's key.
// SPEC 6.4.
func (o Organizer) Attest(identity Signer, event ID) (Organizer, error) {
	payload, err := attestPayload(event, o.Key)
	if err != nil {
		return o, err
	}
	o.Attested = identity.Key()
	o.attestation = identity.sign(payload)
	return o, nil
}

func attestPayload(event, key ID) ([]byte, error) {
	return marshal(&wirepb.Statement{Kind: &wirepb.Statement_Attest{
		Attest: &wirepb.Attest{Event: event[:], Key: key[:]},
	}})
}

// attested is what the holder of an organizer's key claims. SPEC 6.4.
func (o Organizer) attested(event ID) (claim, error) {
	payload, err := attestPayload(event, o.Key)
	if err != nil {
		return claim{}, err
	}
	c, err := newClaim(o.Attested, payload, o.attestation)
	if err != nil {
		return claim{}, fmt.Errorf("attestation of organizer %v: %w", o.Key, err)
	}
	return c, nil
}

// Span is from when to when the event is for a reader in that zone, nil being
// UTC: where it recurs, from its first occurrence to its last. Without an end a
// date ends with the day and anything else at once.
func (c *Card) Span(reader *time.Location) (start, end time.Time) {
	if !c.Recurs() {
		return (&Occurrence{Start: c.Start, End: c.End, own: true}).Span(reader)
	}
	start = c.Start.Instant(reader)
	final := Occurrence{Start: c.Start.on(c.finalDate()), lasts: c.lasts()}
	if !c.End.IsZero() {
		final.End = final.Start.after(final.lasts, c.End)
	}
	_, end = final.Span(reader)
	for _, o := range c.Occurrences {
		if o.Cancelled {
			continue
		}
		o = c.on(o.Date, final.lasts)
		from, to := o.Span(reader)
		if from.Before(start) {
			start = from
		}
		if to.After(end) {
			end = to
		}
	}
	return start, end
}

// roster is the keys of the organizers. SPEC 5.2.
func (c *Card) roster() []ID {
	keys := make([]ID, len(c.Organizers))
	for i, o := range c.Organizers {
		keys[i] = o.Key
	}
	return keys
}

// check is SPEC 6.1, 6.2 and 6.7 to 6.12.
func (c *Card) check() error {
	texts := []struct {
		what, text  string
		least, most int
	}{
		{"title", c.Title, 1, 200},
		{"text", c.Text, 0, 2400},
		{"city", c.City, 0, 100},
		{"reason", c.Reason, 0, 500},
	}
	for _, t := range texts {
		if err := checkText(t.what, t.text, t.least, t.most); err != nil {
			return err
		}
	}
	if err := checkLanguage(c.Language); err != nil {
		return err
	}
	if len(c.Tags) > 16 {
		return fmt.Errorf("%d tags, want at most 16", len(c.Tags))
	}
	for _, tag := range c.Tags {
		if err := checkText("tag", tag, 1, 50); err != nil {
			return err
		}
	}
	if err := checkWebLinks("links", c.Links, 8); err != nil {
		return err
	}
	if err := c.checkTimes(); err != nil {
		return err
	}
	if err := c.checkRecurrence(); err != nil {
		return err
	}
	if err := checkGeo(c.Geo); err != nil {
		return err
	}
	if err := checkCount("capacity", c.Capacity, 100_000); err != nil {
		return err
	}
	if int(c.Status) >= len(statusNames) {
		return fmt.Errorf("status %d is not known", c.Status)
	}
	if int(c.Answers) >= len(answersNames) {
		return fmt.Errorf("answers %d is not known", c.Answers)
	}
	return c.checkOrganizers()
}

func checkLanguage(language string) error {
	if len(language) > 35 {
		return fmt.Errorf("language of %d bytes, want 0 to 35", len(language))
	}
	for _, r := range language {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return fmt.Errorf("language %q is not of letters, digits and hyphens", language)
		}
	}
	return nil
}

// checkTimes is SPEC 6.2.
func (c *Card) checkTimes() error {
	if c.Start.IsZero() {
		return fmt.Errorf("no start")
	}
	return checkSpan(c.Start, c.End)
}

// checkSpan holds an end, if there is one, to its start.
func checkSpan(start, end Time) error {
	switch {
	case end.IsZero():
		return nil
	case end.kind != start.kind:
		return fmt.Errorf("end is %v and start is %v, want one form", end.kind, start.kind)
	case end.before(start):
		return fmt.Errorf("end %v is before start %v", end, start)
	}
	return nil
}

func (c *Card) checkOrganizers() error {
	if err := checkAscending("organizers", c.roster(), 1, 5); err != nil {
		return err
	}
	for _, o := range c.Organizers {
		if err := checkText("what an organizer goes by", o.By, 0, 100); err != nil {
			return err
		}
		if !o.Attested.IsZero() && len(o.attestation) != 64 {
			return fmt.Errorf("attestation of %d bytes, want 64", len(o.attestation))
		}
	}
	if c.AnsweredBy < 0 || c.AnsweredBy >= len(c.Organizers) {
		return fmt.Errorf("answered by organizer %d of %d, counted from 0", c.AnsweredBy, len(c.Organizers))
	}
	return nil
}

func cardFrom(w *wirepb.Card) (Card, error) {
	c := Card{
		Title:      w.GetTitle(),
		Text:       w.GetText(),
		City:       w.GetCity(),
		Tags:       w.GetTags(),
		Language:   w.GetLanguage(),
		Links:      w.GetLinks(),
		Capacity:   int(w.GetCapacity()),
		AnsweredBy: int(w.GetAnsweredBy()),
		Reason:     w.GetReason(),
	}
	var err error
	if c.Status, err = enumFrom[Status]("status", w.GetStatus()); err != nil {
		return Card{}, err
	}
	if c.Answers, err = enumFrom[Answers]("answers", w.GetAnswers()); err != nil {
		return Card{}, err
	}
	if c.Start, err = timeFrom("start", w.GetStart()); err != nil {
		return Card{}, err
	}
	if c.End, err = timeFrom("end", w.GetEnd()); err != nil {
		return Card{}, err
	}
	if c.Inbox, err = optionalID("inbox", w.GetInbox()); err != nil {
		return Card{}, err
	}
	if c.Details, err = optionalID("details", w.GetDetails()); err != nil {
		return Card{}, err
	}
	if c.Recurrence, err = recurrenceFrom(w.GetRecurrence()); err != nil {
		return Card{}, err
	}
	if c.Occurrences, err = occurrencesFrom(w.GetOccurrences()); err != nil {
		return Card{}, err
	}
	if c.PartOf, err = optionalID("part_of", w.GetPartOf()); err != nil {
		return Card{}, err
	}
	c.Geo = geoFrom(w.GetGeo())
	if len(w.GetOrganizers()) > 0 {
		c.Organizers = make([]Organizer, len(w.GetOrganizers()))
	}
	for i, o := range w.GetOrganizers() {
		if c.Organizers[i], err = organizerFrom(o); err != nil {
			return Card{}, err
		}
	}
	return c, nil
}

func organizerFrom(w *wirepb.Organizer) (Organizer, error) {
	key, err := idFrom("organizer's key", w.GetKey())
	if err != nil {
		return Organizer{}, err
	}
	o := Organizer{Key: key, By: w.GetBy()}
	if a := w.GetAttestation(); a != nil {
		if o.Attested, err = idFrom("attesting identity", a.GetIdentity()); err != nil {
			return Organizer{}, err
		}
		if o.Attested.IsZero() {
			return Organizer{}, fmt.Errorf("attesting identity of zeros")
		}
		o.attestation = a.GetSignature()
	}
	return o, nil
}

// enumFrom takes the value of an enum into a small type; whether it is known
// is for check to say.
func enumFrom[T ~uint8, W ~int32](what string, v W) (T, error) {
	if v < 0 || v > 255 {
		return 0, fmt.Errorf("%s %d is not known", what, v)
	}
	return T(v), nil
}

func (c *Card) wire() *wirepb.Card {
	w := &wirepb.Card{
		Title:      c.Title,
		Text:       c.Text,
		Status:     wirepb.Status(c.Status),
		Start:      c.Start.wire(),
		End:        c.End.wire(),
		City:       c.City,
		Tags:       c.Tags,
		Language:   c.Language,
		Links:      c.Links,
		Capacity:   uint32(c.Capacity),
		Answers:    wirepb.Answers(c.Answers),
		AnsweredBy: uint32(c.AnsweredBy),
		Inbox:      bytesOrNone(c.Inbox),
		Details:    bytesOrNone(c.Details),
		Reason:     c.Reason,
		Recurrence: c.Recurrence.wire(),
		PartOf:     bytesOrNone(c.PartOf),
		Geo:        c.Geo.wire(),
	}
	for _, o := range c.Occurrences {
		w.Occurrences = append(w.Occurrences, o.wire())
	}
	for _, o := range c.Organizers {
		w.Organizers = append(w.Organizers, o.wire())
	}
	return w
}

func (o Organizer) wire() *wirepb.Organizer {
	w := &wirepb.Organizer{Key: o.Key[:], By: o.By}
	if !o.Attested.IsZero() {
		w.Attestation = &wirepb.Attestation{Identity: o.Attested[:], Signature: o.attestation}
	}
	return w
}
