package votive

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestParseTime is what people may type, and what it becomes.
func TestParseTime(t *testing.T) {
	tests := []struct {
		text, zone string
		kind       TimeKind
		local      string
		offset     int
	}{
		{"2027-06-04T20:00", "Asia/Hong_Kong", Zoned, "2027-06-04T20:00:00", 28800},
		{"2027-06-04 20:00", "Asia/Hong_Kong", Zoned, "2027-06-04T20:00:00", 28800},
		{"2027-06-04T20:00:59", "Asia/Hong_Kong", Zoned, "2027-06-04T20:00:59", 28800},
		{"2027-06-04 20:00:01", "UTC", Zoned, "2027-06-04T20:00:01", 0},
		{"  2027-06-04T20:00 ", "America/New_York", Zoned, "2027-06-04T20:00:00", -14400},
		{"2027-01-04T20:00", "America/New_York", Zoned, "2027-01-04T20:00:00", -18000},
		{"2027-06-04T20:00", "Asia/Kathmandu", Zoned, "2027-06-04T20:00:00", 20700},
		{"2027-06-04", "Asia/Hong_Kong", Date, "2027-06-04", 0},
		{"2027-06-04", "", Date, "2027-06-04", 0},
		{"2028-02-29", "", Date, "2028-02-29", 0},
		{"2000-01-01", "", Date, "2000-01-01", 0},
		{"2100-12-31T23:59:59", "UTC", Zoned, "2100-12-31T23:59:59", 0},
		// The clock is put forward over the first and comes by the second
		// twice: both are kept as typed, for the reader.
		{"2027-03-14T02:30", "America/New_York", Zoned, "2027-03-14T02:30:00", -14400},
		{"2027-11-07T01:30", "America/New_York", Zoned, "2027-11-07T01:30:00", -14400},
	}
	for _, test := range tests {
		got, err := ParseTime(test.text, test.zone)
		if err != nil {
			t.Errorf("ParseTime(%q, %q) = %v, want %s", test.text, test.zone, err, test.local)
			continue
		}
		zone := test.zone
		if test.kind == Date {
			zone = ""
		}
		if got.Kind() != test.kind || got.Local() != test.local || got.Zone() != zone || got.Offset() != test.offset {
			t.Errorf("ParseTime(%q, %q) = %v %s %q %d, want %v %s %q %d", test.text, test.zone,
				got.Kind(), got.Local(), got.Zone(), got.Offset(), test.kind, test.local, zone, test.offset)
		}
	}
}

// TestParseFloating is what people may type for the clock wherever the reader
// is.
func TestParseFloating(t *testing.T) {
	got, err := ParseFloating("2027-06-04 20:00")
	if err != nil || got.Kind() != Floating || got.String() != "2027-06-04T20:00:00" {
		t.Errorf("ParseFloating = %v %v, %v, want a floating 2027-06-04T20:00:00", got.Kind(), got, err)
	}
}

// TestParseTimeRefuses is what is not understood, and what is said of it.
func TestParseTimeRefuses(t *testing.T) {
	const zone = "Asia/Hong_Kong"
	tests := []struct{ text, zone, want string }{
		{"", zone, "is not understood: write 2027-06-04T20:00"},
		{"tomorrow 20:00", zone, "is not understood: write 2027-06-04T20:00"},
		{"fri 20:00", zone, "is not understood"},
		{"in 3 days", zone, "is not understood"},
		{"6月4日 20:00", zone, "is not understood"},
		{"6月4日晚上8点", zone, "is not understood"},
		{"明天 20:00", zone, "is not understood"},
		{"20:00", zone, "is not understood"},
		{"2027-06-04T20", zone, "is not understood"},
		{"2027-06-04T20:00Z", zone, "is not understood"},
		{"2027-06-04T20:00+08:00", zone, "is not understood"},
		{"2027-06-04T20:00:00.5", zone, "is not understood"},
		{"2027-06-04  20:00", zone, "is not understood"},
		{"2027-6-4", zone, "is not understood"},
		{"04.06.2027", zone, "is not understood"},
		{"27-06-04", zone, "is not understood"},
		{"２０２７-06-04", zone, "is not understood"},
		{"2027-02-29", zone, "no such day or hour"},
		{"2027-13-01", zone, "no such day or hour"},
		{"2027-06-31T20:00", zone, "no such day or hour"},
		{"2027-06-04T24:00", zone, "no such day or hour"},
		{"2027-06-04T20:60", zone, "no such day or hour"},
		{"2027-06-04T20:00:60", zone, "no such day or hour"},
		{"1999-12-31", zone, "is not in the years 2000 to 2100"},
		{"2101-01-01T00:00", zone, "is not in the years 2000 to 2100"},
		{"2027-06-04T20:00", "", "has no zone: name one"},
		{"2027-06-04T20:00", "Mars/Olympus", `zone "Mars/Olympus" is not known`},
		{"2027-06-04T20:00", "Local", `zone "Local" is not known`},
		{"2027-06-04T20:00", "../etc/passwd", "is not known"},
		{"2027-06-04T20:00", "/etc/localtime", "is not known"},
		{"2027-06-04T20:00", strings.Repeat("x", 65), "is not known"},
		{"2027-06-04T20:00", "+08:00", "is not known"},
	}
	for _, test := range tests {
		if got, err := ParseTime(test.text, test.zone); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseTime(%q, %q) = %v, %v, want an error with %q", test.text, test.zone, got, err, test.want)
		}
	}
}

// TestNewTime is SPEC 6.3: which times records may have, whether or not their
// zones are known here.
func TestNewTime(t *testing.T) {
	tests := []struct {
		local, zone string
		offset      int
		kind        TimeKind // or zero where refused
	}{
		{"2027-06-04", "", 0, Date},
		{"2027-06-04T20:00:00", "", 0, Floating},
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", 28800, Zoned},
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", -64800, Zoned},
		{"2027-06-04T20:00:00", "Mars/Olympus_Mons", 64800, Zoned},
		{"2027-06-04T20:00:00", "Etc/GMT+8", 0, Zoned},
		{"2027-06-04T20:00:00", "x", 0, Zoned},
		{"2027-06-04T20:00:00", strings.Repeat("x", 64), 0, Zoned},
		{"2027-06-04T23:59:59", "", 0, Floating},

		{"", "", 0, 0},
		{"2027-06-04", "Asia/Hong_Kong", 0, 0},
		{"2027-06-04", "", 3600, 0},
		{"2027-06-04T20:00:00", "", 3600, 0},
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", 64801, 0},
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", -64801, 0},
		{"2027-06-04T20:00:00", strings.Repeat("x", 65), 0, 0},
		{"2027-06-04T20:00:00", "Asia Hong Kong", 0, 0},
		{"2027-06-04T20:00:00", "+08", 0, 0},
		{"2027-06-04T20:00:00", "/Asia", 0, 0},
		{"2027-06-04T20:00:00", "Asia/東京", 0, 0},
		{"2027-06-04T20:00:00", "Asia.Tokyo", 0, 0},
		{"2027-06-04T20:00", "", 0, 0},
		{"2027-06-04 20:00:00", "", 0, 0},
		{"2027-06-04T20:00:60", "", 0, 0},
		{"2027-06-04T24:00:00", "", 0, 0},
		{"2027-06-04T20:00:00Z", "", 0, 0},
		{"2027-06-04T20:00:00.000", "", 0, 0},
		{"2027-02-29", "", 0, 0},
		{"2027-00-01", "", 0, 0},
		{"1999-12-31", "", 0, 0},
		{"2101-01-01", "", 0, 0},
		{"20270604", "", 0, 0},
		{" 2027-6-4 ", "", 0, 0},
	}
	for _, test := range tests {
		got, err := NewTime(test.local, test.zone, test.offset)
		if got.Kind() != test.kind || (err == nil) != (test.kind != 0) {
			t.Errorf("NewTime(%q, %q, %d) = %v, %v, want %v", test.local, test.zone, test.offset, got.Kind(), err, test.kind)
			continue
		}
		if err == nil && (got.Local() != test.local || got.Zone() != test.zone || got.Offset() != test.offset) {
			t.Errorf("NewTime(%q, %q, %d) = %v, want the same", test.local, test.zone, test.offset, got)
		}
		if again, err := timeFrom("start", got.wire()); err != nil || again != got {
			t.Errorf("timeFrom(%v) = %v, %v, want the same", got, again, err)
		}
	}
}

// TestInstant is SPEC 6.3: what moment a time is, for whom. In a gap of the
// clock the offset before it counts, and of two passes the first.
func TestInstant(t *testing.T) {
	berlin := mustZone(t, "Europe/Berlin")
	tests := []struct {
		local, zone string
		offset      int
		reader      *time.Location
		want        string
	}{
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", 28800, berlin, "2027-06-04T12:00:00Z"},
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", 0, berlin, "2027-06-04T12:00:00Z"}, // the rules, not the offset
		{"2027-06-04T20:00:00", "Mars/Olympus", 3600, berlin, "2027-06-04T19:00:00Z"},
		{"2027-06-04T20:00:00", "Local", 3600, berlin, "2027-06-04T19:00:00Z"},
		{"2027-06-04T20:00:00", "", 0, berlin, "2027-06-04T18:00:00Z"},
		{"2027-06-04T20:00:00", "", 0, nil, "2027-06-04T20:00:00Z"},
		{"2027-06-04", "", 0, berlin, "2027-06-03T22:00:00Z"},
		{"2027-06-04", "", 0, nil, "2027-06-04T00:00:00Z"},

		{"2027-03-14T01:59:59", "America/New_York", 0, nil, "2027-03-14T06:59:59Z"},
		{"2027-03-14T02:00:00", "America/New_York", 0, nil, "2027-03-14T07:00:00Z"},
		{"2027-03-14T02:30:00", "America/New_York", 0, nil, "2027-03-14T07:30:00Z"},
		{"2027-03-14T03:00:00", "America/New_York", 0, nil, "2027-03-14T07:00:00Z"},
		{"2027-11-07T00:59:59", "America/New_York", 0, nil, "2027-11-07T04:59:59Z"},
		{"2027-11-07T01:30:00", "America/New_York", 0, nil, "2027-11-07T05:30:00Z"},
		{"2027-11-07T01:59:59", "America/New_York", 0, nil, "2027-11-07T05:59:59Z"},
		{"2027-11-07T02:00:00", "America/New_York", 0, nil, "2027-11-07T07:00:00Z"},

		{"2027-03-28T02:30:00", "", 0, berlin, "2027-03-28T01:30:00Z"},
		{"2011-12-30T12:00:00", "Pacific/Apia", 0, nil, "2011-12-30T22:00:00Z"}, // a day that never was
		{"2011-12-31T12:00:00", "Pacific/Apia", 0, nil, "2011-12-30T22:00:00Z"},
	}
	for _, test := range tests {
		tm, err := NewTime(test.local, test.zone, test.offset)
		if err != nil {
			t.Fatal(err)
		}
		if got := tm.Instant(test.reader).UTC().Format(time.RFC3339); got != test.want {
			t.Errorf("(%v).Instant(%v) = %v, want %v", tm, test.reader, got, test.want)
		}
	}
	if got := (Time{}).Instant(nil); !got.IsZero() {
		t.Errorf("Instant of no time = %v, want none", got)
	}
}

func mustZone(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestWallClock compares onWall with a search through all moments near by, for
// every quarter of an hour around the changes of some clocks.
func TestWallClock(t *testing.T) {
	for _, zone := range []string{"America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo"} {
		where := mustZone(t, zone)
		for _, day := range []string{"2018-11-03", "2018-02-17", "2027-03-13", "2027-03-27", "2027-10-30", "2027-11-06", "2027-04-03", "2027-10-02"} {
			date, err := NewTime(day, "", 0)
			if err != nil {
				t.Fatal(err)
			}
			for wall := date.wall; wall < date.wall+2*daySize; wall += 900 {
				got := onWall(wall, where).Unix()
				var first int64
				for at := wall - 15*3600; at < wall+15*3600 && first == 0; at += 900 {
					if _, offset := time.Unix(at, 0).In(where).Zone(); at+int64(offset) == wall {
						first = at
					}
				}
				if first != 0 && got != first {
					t.Errorf("%s at %v = %d, want %d", zone, time.Unix(wall, 0).UTC(), got, first)
				}
			}
		}
	}
}

// TestLasting is the end of what begins at a time. SPEC 6.2.
func TestLasting(t *testing.T) {
	tests := []struct {
		start, zone string
		d           time.Duration
		want        string // or nothing where refused
	}{
		{"2027-06-04T20:00:00", "Asia/Hong_Kong", 2 * time.Hour, "2027-06-04T22:00:00 Asia/Hong_Kong"},
		{"2027-06-04T23:00:00", "Asia/Hong_Kong", 2 * time.Hour, "2027-06-05T01:00:00 Asia/Hong_Kong"},
		{"2027-03-14T01:00:00", "America/New_York", 2 * time.Hour, "2027-03-14T04:00:00 America/New_York"},
		{"2027-06-04T20:00:00", "Mars/Olympus", 2 * time.Hour, "2027-06-04T22:00:00 Mars/Olympus"},
		{"2027-06-04T20:00:00", "", 90 * time.Minute, "2027-06-04T21:30:00"},
		{"2027-06-04", "", 24 * time.Hour, "2027-06-04"},
		{"2027-06-04", "", 72 * time.Hour, "2027-06-06"},
		{"2027-06-04", "", 0, ""},
		{"2027-06-04", "", 25 * time.Hour, ""},
		{"2027-06-04", "", time.Hour, ""},
		{"2027-06-04T20:00:00", "", -time.Hour, ""},
		{"2100-12-31T20:00:00", "", 5 * time.Hour, ""},
		{"2100-12-31T20:00:00", "UTC", 5 * time.Hour, ""},
	}
	for _, test := range tests {
		start, err := NewTime(test.start, test.zone, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := start.Lasting(test.d)
		if fmt.Sprint(got) != test.want || (err == nil) != (test.want != "") {
			t.Errorf("(%v).Lasting(%v) = %v, %v, want %q", start, test.d, got, err, test.want)
		}
	}
	dst, err := NewTime("2027-03-13T20:00:00", "America/New_York", -18000)
	if err != nil {
		t.Fatal(err)
	}
	if end, err := dst.Lasting(12 * time.Hour); err != nil || end.Offset() != -14400 {
		t.Errorf("offset at the end = %d, %v, want -14400", end.Offset(), err)
	}
}

// TestSpan is from when to when an event is. SPEC 6.2.
func TestSpan(t *testing.T) {
	tests := []struct{ start, end, zone, from, to string }{
		{"2027-06-04", "", "", "2027-06-03T22:00:00Z", "2027-06-04T22:00:00Z"},
		{"2027-06-04", "2027-06-06", "", "2027-06-03T22:00:00Z", "2027-06-06T22:00:00Z"},
		{"2027-06-04T20:00:00", "", "UTC", "2027-06-04T20:00:00Z", "2027-06-04T20:00:00Z"},
		{"2027-06-04T20:00:00", "2027-06-04T21:00:00", "UTC", "2027-06-04T20:00:00Z", "2027-06-04T21:00:00Z"},
	}
	for _, test := range tests {
		var c Card
		var err error
		if c.Start, err = NewTime(test.start, test.zone, 0); err != nil {
			t.Fatal(err)
		}
		if test.end != "" {
			if c.End, err = NewTime(test.end, test.zone, 0); err != nil {
				t.Fatal(err)
			}
		}
		from, to := c.Span(mustZone(t, "Europe/Berlin"))
		if got := from.UTC().Format(time.RFC3339); got != test.from {
			t.Errorf("Span(%s, %s) begins %s, want %s", test.start, test.end, got, test.from)
		}
		if got := to.UTC().Format(time.RFC3339); got != test.to {
			t.Errorf("Span(%s, %s) ends %s, want %s", test.start, test.end, got, test.to)
		}
	}
}

// TestZonesBounded: names of zones that strangers make up do not fill memory,
// and do not make a zone that there is be read from files each time.
func TestZonesBounded(t *testing.T) {
	for i := range 2 * maxUnknownZones {
		if zone := knownZone(fmt.Sprintf("Nowhere/%d", i)); zone != nil {
			t.Fatalf("zone Nowhere/%d = %v, want none", i, zone)
		}
	}
	zones.RLock()
	n := len(zones.unknown)
	zones.RUnlock()
	if n > maxUnknownZones {
		t.Errorf("names of no zone kept = %d, want at most %d", n, maxUnknownZones)
	}
	const name = "Pacific/Chatham"
	if first, again := knownZone(name), knownZone(name); first == nil || first != again {
		t.Errorf("zone %s = %p, then %p, want one that is kept", name, first, again)
	}
}
