package votive

import (
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a zone means the same on a machine that has no zone data

	"votive/proto/internal/wirepb"
)

// The years that a time may be in. SPEC 6.3.
const (
	firstYear = 2000
	lastYear  = 2100
)

// maxOffset is the greatest offset from UTC, in seconds. SPEC 6.3.
const maxOffset = 64800

const (
	clockForm = "2006-01-02T15:04:05"
	dateForm  = "2006-01-02"
)

// TimeKind is the form of a Time. SPEC 6.3.
type TimeKind uint8

// The forms of a Time. The zero TimeKind is that of a Time that is not set.
const (
	Zoned    TimeKind = iota + 1 // the wall clock of a zone
	Date                         // a day, which never shifts
	Floating                     // the wall clock wherever the reader is
)

// String is the form in one lower-case word.
func (k TimeKind) String() string {
	switch k {
	case Zoned:
		return "zoned"
	case Date:
		return "date"
	case Floating:
		return "floating"
	}
	return "not set"
}

// Time is a reading of a wall clock or a calendar, not a moment: what moment
// it is may depend on who reads it. Times are compared with ==; the zero Time
// is not set. SPEC 6.3.
type Time struct {
	kind   TimeKind
	offset int32  // seconds east of UTC intended when signed
	wall   int64  // the reading, in Unix seconds as if the clock were in UTC
	zone   string // an IANA name, perhaps not known here
}

// NewTime makes a time of its local reading, `2027-06-04T20:00:00` or
// `2027-06-04`, of its zone, empty for a floating time and a date, and of the
// offset of the zone from UTC in seconds. The zone need not be known here.
// SPEC 6.3.
func NewTime(local, zone string, offset int) (Time, error) {
	t := Time{kind: Floating, zone: zone}
	form := clockForm
	switch {
	case len(local) == len(dateForm):
		t.kind, form = Date, dateForm
	case zone != "":
		t.kind = Zoned
	}
	wall, err := time.Parse(form, local)
	if err != nil || wall.Format(form) != local {
		return Time{}, fmt.Errorf("time %.40q is not of the form %s or %s", local, clockForm, dateForm)
	}
	if y := wall.Year(); y < firstYear || y > lastYear {
		return Time{}, fmt.Errorf("time %s is not in the years %d to %d", local, firstYear, lastYear)
	}
	t.wall = wall.Unix()
	if t.kind != Zoned && (zone != "" || offset != 0) {
		return Time{}, fmt.Errorf("time %s is %v and has zone %.64q and offset %d, want none", local, t.kind, zone, offset)
	}
	if t.kind == Zoned {
		if err := checkZone(zone); err != nil {
			return Time{}, err
		}
	}
	if offset < -maxOffset || offset > maxOffset {
		return Time{}, fmt.Errorf("offset of %d seconds, want %d to %d", offset, -maxOffset, maxOffset)
	}
	t.offset = int32(offset)
	return t, nil
}

// checkZone says whether something could be the name of a zone. SPEC 6.3.
func checkZone(zone string) error {
	if len(zone) < 1 || len(zone) > 64 {
		return fmt.Errorf("zone of %d bytes, want 1 to 64", len(zone))
	}
	for i := range len(zone) {
		c := zone[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		other := '0' <= c && c <= '9' || c == '/' || c == '_' || c == '+' || c == '-'
		if !letter && (i == 0 || !other) {
			return fmt.Errorf("zone %q is not a name of letters, digits and / _ + -", zone)
		}
	}
	return nil
}

// Kind is the form, zero when t is not set.
func (t Time) Kind() TimeKind { return t.kind }

// IsZero reports whether t is not set.
func (t Time) IsZero() bool { return t == Time{} }

// Local is what clock and calendar read: `2027-06-04T20:00:00`, or
// `2027-06-04` for a date; empty when t is not set.
func (t Time) Local() string {
	switch t.kind {
	case Zoned, Floating:
		return time.Unix(t.wall, 0).UTC().Format(clockForm)
	case Date:
		return time.Unix(t.wall, 0).UTC().Format(dateForm)
	}
	return ""
}

// Zone is the IANA name of a zoned time's zone, else empty.
func (t Time) Zone() string { return t.zone }

// Offset is the zone's seconds east of UTC as intended when it was signed.
func (t Time) Offset() int { return int(t.offset) }

// String is the local reading, and the zone if there is one.
func (t Time) String() string {
	if t.kind == Zoned {
		return t.Local() + " " + t.zone
	}
	return t.Local()
}

// Instant is the moment that t is for a reader in that zone, nil being UTC;
// for a date the midnight with which it begins. The zone of a zoned time goes
// by the rules known here, and where it is not known, by the offset in t.
// SPEC 6.3.
func (t Time) Instant(reader *time.Location) time.Time {
	switch t.kind {
	case Zoned:
		zone := knownZone(t.zone)
		if zone == nil {
			return time.Unix(t.wall-int64(t.offset), 0).UTC()
		}
		return onWall(t.wall, zone)
	case Date, Floating:
		if reader == nil {
			reader = time.UTC
		}
		return onWall(t.wall, reader)
	}
	return time.Time{}
}

// end is the moment at which something that ends with t is over: the end of a
// date is the last day, inclusive. SPEC 6.2.
func (t Time) end(reader *time.Location) time.Time {
	if t.kind == Date {
		t.wall += daySize
	}
	return t.Instant(reader)
}

// Lasting is the end of what begins with t and lasts that long. For a date d
// is whole days, and one day ends on the day it begins. SPEC 6.2.
func (t Time) Lasting(d time.Duration) (Time, error) {
	if d < 0 {
		return Time{}, fmt.Errorf("%v is less than nothing", d)
	}
	switch t.kind {
	case Date:
		days := int64(d / (24 * time.Hour))
		if days < 1 || d%(24*time.Hour) != 0 {
			return Time{}, fmt.Errorf("%v is no number of days, and %v is a date", d, t)
		}
		t.wall += (days - 1) * daySize
	case Floating:
		t.wall += int64(d / time.Second)
	case Zoned:
		there := clockOf(t)
		t = there.reading(there.moment(t.wall)+int64(d/time.Second), t.zone)
	}
	return NewTime(t.Local(), t.zone, int(t.offset))
}

// before compares two times of one kind as such, reading no zone's rules.
// SPEC 6.2.
func (t Time) before(other Time) bool {
	return t.wall-int64(t.offset) < other.wall-int64(other.offset)
}

// zones holds what is known of zones by name, because time.LoadLocation reads
// files each time. Names come from strangers: what is kept is bounded, and
// names that mean nothing are kept apart, so that no number of them keeps a
// zone out. There are about 600 zones.
var zones = struct {
	sync.RWMutex
	known   map[string]*time.Location
	unknown map[string]bool
}{known: make(map[string]*time.Location), unknown: make(map[string]bool)}

const (
	maxZones        = 2048
	maxUnknownZones = 256
)

// knownZone is the zone of that name, or nil.
func knownZone(name string) *time.Location {
	zones.RLock()
	zone, unknown := zones.known[name], zones.unknown[name]
	zones.RUnlock()
	if zone != nil || unknown {
		return zone
	}
	// "Local" is the zone of the reader, which no name of a zone means.
	if checkZone(name) == nil && name != "Local" {
		zone, _ = time.LoadLocation(name)
	}
	zones.Lock()
	defer zones.Unlock()
	if zone == nil {
		if len(zones.unknown) >= maxUnknownZones {
			clear(zones.unknown)
		}
		zones.unknown[name] = true
		return nil
	}
	if len(zones.known) >= maxZones { // one file has many names where case does not count
		clear(zones.known)
	}
	zones.known[name] = zone
	return zone
}

// timeFrom reads a Time, which may not be there.
func timeFrom(what string, w *wirepb.Time) (Time, error) {
	if w == nil {
		return Time{}, nil
	}
	t, err := NewTime(w.GetLocal(), w.GetZone(), int(w.GetOffset()))
	if err != nil {
		return Time{}, fmt.Errorf("%s: %w", what, err)
	}
	return t, nil
}

func (t Time) wire() *wirepb.Time {
	if t.IsZero() {
		return nil
	}
	return &wirepb.Time{Local: t.Local(), Zone: t.zone, Offset: t.offset}
}
