package calendar

import (
	"cmp"
	"container/heap"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// Event is an event as it is written.
type Event struct {
	ID       votive.ID
	Sequence int          // votive.Event's
	Card     *votive.Card // the one to show; its start is set
	Place    string       // of the Details, where they are known here
	Joins    []string     // likewise, https
	Stamp    time.Time    // when this state of it was learned of: DTSTAMP
	UID      string       // in place of UID(ID), for who named it first; empty: that

	Alarms []time.Duration // before each occurrence a VALARM; none where it is cancelled
	Named  bool            // a VALARM says what the event is called, and not only that something is
}

// uid is its UID as a value.
func (e *Event) uid() string {
	if e.UID != "" {
		return escaped(e.UID)
	}
	return UID(e.ID)
}

// Options are how events are written.
type Options struct {
	Busy *Busy // not nil: only that there is something
}

// Busy is when there is something, and not what, where, in which zone, how often
// or with whom: one VEVENT without anything else for every occurrence in a
// window that takes place, in UTC where it is zoned.
type Busy struct {
	From, To time.Time

	// Key makes the UIDs, which else would tell whoever knows the id of an
	// event that it is here. It is a secret, the same as long as the UIDs are to
	// stay the same.
	Key [32]byte
}

// MaxBusy is how many VEVENTs say at most that there is something: 0.8 MB.
const MaxBusy = 5_000

// Write is a VCALENDAR of events, in their order.
//
// A cancelled event is written with STATUS:CANCELLED. So is a cancelled
// occurrence, as a VEVENT of its own with its RECURRENCE-ID, not as an EXDATE:
// SPEC 6.10 has it shown as cancelled, and who goes to a vigil should see that
// it was called off and not find nothing. What is in `except` is an EXDATE.
func Write(events []Event, o Options) []byte {
	var w text
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//votive//calendar//EN")
	w.line("CALSCALE", "GREGORIAN")
	if o.Busy != nil {
		w.busy(events, o.Busy)
	} else {
		w.zones(events)
		for i := range events {
			w.event(&events[i])
		}
	}
	w.line("END", "VCALENDAR")
	return []byte(w.String())
}

// UID is the UID of an event: always the same, and not its id, which the file
// does not tell.
func UID(event votive.ID) string {
	hash := sha256.New()
	hash.Write([]byte("votive-calendar-uid-1"))
	hash.Write(event[:])
	return uuid(hash.Sum(nil))
}

// uuid is a UUID of version 8 (RFC 9562, 5.8) of the first 16 bytes.
func uuid(b []byte) string {
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

const utcForm = "20060102T150405Z"

// taking is an occurrence that takes place, of one of many events.
type taking struct {
	start int64 // in UTC, Unix seconds
	event *Event
	votive.Occurrence
}

// takings is a heap of the soonest, the last of them first.
type takings []taking

func (t takings) Len() int           { return len(t) }
func (t takings) Less(i, j int) bool { return t[i].start > t[j].start }
func (t takings) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *takings) Push(x any)        { *t = append(*t, x.(taking)) }

func (t *takings) Pop() any {
	all := *t
	last := all[len(all)-1]
	*t = all[:len(all)-1]
	return last
}

// soonest are up to most of the occurrences that take place in a window, and when
// the first one begins that is left out, zero where none is. What it costs is
// bounded by most and by the number of events: none is looked at beyond the last
// that is kept.
func soonest(events []Event, b *Busy, most int) (all takings, left int64) {
	left = math.MaxInt64
	for i := range events {
		e := &events[i]
		if e.Card.Status == votive.Cancelled {
			continue
		}
		had := make(map[recur.Date]bool)
		for from, more := b.From, true; more; {
			to := b.To
			if len(all) >= most {
				to = time.Unix(all[0].start, 0)
			}
			var occurrences []votive.Occurrence
			occurrences, more = e.Card.Within(from, to, nil)
			for _, o := range occurrences {
				if o.Cancelled || had[o.Date] {
					continue
				}
				had[o.Date] = true
				start, _ := o.Span(nil)
				heap.Push(&all, taking{start.Unix(), e, o})
				if len(all) > most {
					left = min(left, heap.Pop(&all).(taking).start)
				}
			}
			if !more {
				break
			}
			last, _ := occurrences[len(occurrences)-1].Span(nil)
			if !last.After(from) { // more than are looked at are on at once
				left = min(left, last.Unix())
				break
			}
			from = last
		}
	}
	if left == math.MaxInt64 {
		return all, 0
	}
	// What begins with or after the first that is left out would be some of many.
	return slices.DeleteFunc(all, func(t taking) bool { return t.start >= left }), left
}

// busy writes when events take place.
func (w *text) busy(events []Event, b *Busy) {
	all, left := soonest(events, b, MaxBusy)
	if left > 0 {
		until := time.Unix(left, 0).UTC().Format("2006-01-02 15:04 UTC")
		w.line("X-WR-CALNAME", "busy until "+until)
		w.line("X-WR-CALDESC", escaped(fmt.Sprintf("There is more than %d entries can show: from %s on nothing is in here, and that does not mean free.", MaxBusy, until)))
	}
	type named struct {
		uid string
		taking
	}
	list := make([]named, 0, len(all))
	for _, t := range all {
		mac := hmac.New(sha256.New, b.Key[:])
		mac.Write(t.event.ID[:])
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(t.Date)))
		list = append(list, named{uuid(mac.Sum(nil)), t})
	}
	slices.SortFunc(list, func(x, y named) int { return cmp.Or(cmp.Compare(x.start, y.start), strings.Compare(x.uid, y.uid)) })
	for i := range list {
		o := &list[i].Occurrence
		w.line("BEGIN", "VEVENT")
		w.line("UID", list[i].uid)
		w.line("DTSTAMP", b.From.UTC().Format(utcForm))
		start, end := o.Span(nil)
		if o.Start.Kind() == votive.Zoned {
			w.line("DTSTART", start.UTC().Format(utcForm))
			if end.After(start) {
				w.line("DTEND", end.UTC().Format(utcForm))
			}
		} else {
			w.time("DTSTART", o.Start)
			w.end(o.Start, o.End, end)
		}
		w.line("SUMMARY", "busy")
		w.line("END", "VEVENT")
	}
}

// event writes an event and what is different on some of its dates.
func (w *text) event(e *Event) {
	c := e.Card
	w.line("BEGIN", "VEVENT")
	w.line("UID", e.uid())
	w.when(e, c.Start, c.End, c.End.Instant(nil))
	r := &c.Recurrence
	if !r.Rule.IsZero() {
		w.line("RRULE", r.RRule(c.Start))
	}
	w.dates("RDATE", c.Start, r.Dates)
	w.dates("EXDATE", c.Start, r.Except)
	w.what(e, c.Status)
	w.line("END", "VEVENT")
	for _, different := range c.Occurrences {
		o, found := c.Occurrence(different.Date)
		if !found {
			continue // it is excepted again
		}
		status := c.Status
		if o.Cancelled {
			status = votive.Cancelled
		}
		w.line("BEGIN", "VEVENT")
		w.line("UID", e.uid())
		w.time("RECURRENCE-ID", on(c.Start, o.Date))
		_, end := o.Span(nil)
		w.when(e, o.Start, o.End, end)
		w.what(e, status)
		w.line("END", "VEVENT")
	}
}

// when writes the times of an occurrence.
func (w *text) when(e *Event, start, end votive.Time, over time.Time) {
	w.line("DTSTAMP", e.Stamp.UTC().Format(utcForm))
	w.line("SEQUENCE", fmt.Sprint(e.Sequence))
	w.time("DTSTART", start)
	w.end(start, end, over)
}

// what writes all else that an event is.
func (w *text) what(e *Event, status votive.Status) {
	c := e.Card
	w.line("STATUS", strings.ToUpper(status.String()))
	var language []param
	if c.Language != "" {
		language = []param{{"LANGUAGE", c.Language}}
	}
	w.line("SUMMARY", escaped(c.Title), language...)
	// There may be one URL. Further ones are text: an ATTACH may be fetched by
	// itself, and tells whoever is there who looks.
	description := c.Text
	for i, link := range c.Links {
		if i == 0 {
			w.line("URL", address(link))
		} else {
			description += "\n" + link
		}
	}
	if description != "" {
		w.line("DESCRIPTION", escaped(description), language...)
	}
	if c.Reason != "" {
		w.line("COMMENT", escaped(c.Reason))
	}
	if place := location(c.City, e.Place); place != "" {
		w.line("LOCATION", escaped(place))
	}
	if c.Geo != nil {
		w.line("GEO", degrees(c.Geo.Latitude)+";"+degrees(c.Geo.Longitude))
	}
	if len(c.Tags) > 0 {
		var tags []string
		for _, tag := range c.Tags {
			tags = append(tags, escaped(tag))
		}
		w.line("CATEGORIES", strings.Join(tags, ","))
	}
	for _, join := range e.Joins {
		w.line("CONFERENCE", address(join), param{"VALUE", "URI"})
	}
	w.line("CLASS", "PRIVATE") // for those who share the calendar it goes into
	if status == votive.Cancelled {
		return
	}
	for _, before := range e.Alarms {
		w.line("BEGIN", "VALARM")
		w.line("ACTION", "DISPLAY")
		w.line("TRIGGER", "-"+duration(before))
		if e.Named {
			w.line("DESCRIPTION", escaped(c.Title))
		} else {
			w.line("DESCRIPTION", "Something of yours begins") // there must be one (RFC 5545, 3.6.6)
		}
		w.line("END", "VALARM")
	}
}

// location is where a guest is to go.
func location(city, place string) string {
	if city == "" || place == "" {
		return city + place
	}
	return place + ", " + city
}

// address is a URI on a line.
func address(link string) string {
	return strings.NewReplacer("\n", "", "\t", "").Replace(clean(link))
}

// degrees writes millionths of a degree.
func degrees(millionths int32) string {
	sign := ""
	if millionths < 0 {
		sign, millionths = "-", -millionths
	}
	return fmt.Sprintf("%s%d.%06d", sign, millionths/1e6, millionths%1e6)
}

// duration is a DURATION (RFC 5545, 3.3.6), to the second.
func duration(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case s%60 != 0:
		return fmt.Sprintf("PT%dS", s)
	case s%3600 != 0:
		return fmt.Sprintf("PT%dM", s/60)
	}
	return fmt.Sprintf("PT%dH", s/3600)
}

// on is what start is on another date.
func on(start votive.Time, date recur.Date) votive.Time {
	t, err := votive.NewTime(date.String()+start.Local()[len("2027-06-04"):], start.Zone(), start.Offset())
	if err != nil {
		return start // for no date that there may be
	}
	return t
}

// dateOf is the date that a time reads.
func dateOf(t votive.Time) recur.Date {
	d, _ := recur.ParseDate(t.Local()[:len("2027-06-04")])
	return d
}

// form is a time as a value (RFC 5545, 3.3.4 and 3.3.5) and its parameters.
func form(t votive.Time) (value string, params []param) {
	value = strings.NewReplacer("-", "", ":", "").Replace(t.Local())
	switch {
	case t.Kind() == votive.Date:
		return value, []param{{"VALUE", "DATE"}}
	case t.Kind() == votive.Zoned && tzid(t) == "UTC":
		return value + "Z", nil
	case t.Kind() == votive.Zoned:
		return value, []param{{"TZID", tzid(t)}}
	}
	return value, nil
}

// time writes a property that is a time.
func (w *text) time(name string, t votive.Time) {
	value, params := form(t)
	w.line(name, value, params...)
}

// dates writes what recurs on dates as one property.
func (w *text) dates(name string, start votive.Time, dates []recur.Date) {
	if len(dates) == 0 {
		return
	}
	_, params := form(start)
	var values []string
	for _, d := range dates {
		value, _ := form(on(start, d))
		values = append(values, value)
	}
	w.line(name, strings.Join(values, ","), params...)
}

// end writes DTEND, which for a date is the day after the last (RFC 5545,
// 3.6.1) and which may not be the start: what begins and ends at once has none.
// It is over at a moment that is the end as a rule.
func (w *text) end(start, end votive.Time, over time.Time) {
	switch {
	case start.Kind() == votive.Date:
		if end.IsZero() {
			end = start
		}
		next := civil(dateOf(end)).AddDate(0, 0, 1)
		w.line("DTEND", next.Format("20060102"), param{"VALUE", "DATE"})
	case end.IsZero() || !over.After(start.Instant(nil)):
	case start.Kind() == votive.Zoned && !over.Equal(end.Instant(nil)):
		// The clock shows this end twice, and means the second time.
		w.line("DTEND", over.UTC().Format(utcForm))
	default:
		w.time("DTEND", end)
	}
}

// sorted are the keys of a map in their order.
func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
