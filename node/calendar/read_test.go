package calendar

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"votive/proto/votive"
)

func read(t *testing.T, text string) ([]Draft, []string) {
	t.Helper()
	drafts, notices, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatalf("Read(%.200q) = %v", text, err)
	}
	for i := range drafts {
		valid(t, drafts[i].Card())
	}
	return drafts, notices
}

// file is a calendar with one event of these lines.
func fileOf(lines ...string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\n" + strings.Join(lines, "\r\n") +
		"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

func one(t *testing.T, lines ...string) Draft {
	t.Helper()
	drafts, notices := read(t, fileOf(lines...))
	if len(drafts) != 1 {
		t.Fatalf("%d drafts of %q, want 1; notices %q", len(drafts), lines, notices)
	}
	return drafts[0]
}

// What goes out comes in with the same times and recurrence.
func TestRoundTrip(t *testing.T) {
	weekly := recurring()
	weekly.Recurrence = votive.Recurrence{Rule: rule("FREQ=WEEKLY;INTERVAL=2;UNTIL=20301231;BYDAY=SU;WKST=SU")}
	weekly.Occurrences = nil
	for name, c := range map[string]*votive.Card{
		"a vigil": vigil(), "what recurs": recurring(), "until": weekly,
		"days":     {Title: "x", Start: at("2027-06-04", ""), End: at("2027-06-06", "")},
		"floating": {Title: "x", Start: floating("2027-06-04 20:00"), End: floating("2027-06-04 21:00")},
		"dates": {
			Title: "x", Start: at("2028-02-29", ""),
			Recurrence: votive.Recurrence{Rule: rule("FREQ=YEARLY;COUNT=5"), Except: days("2036-02-29")},
		},
		"only dates": {
			Title: "x", Start: at("2027-10-30 01:30", "America/New_York"), End: at("2027-11-07 01:45", "America/New_York"),
			Recurrence:  votive.Recurrence{Dates: days("2027-11-07", "2028-03-12")},
			Occurrences: []votive.Occurrence{{Date: day("2027-10-30"), Cancelled: true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			valid(t, *c)
			drafts, notices := read(t, written(t, Options{}, Event{Card: c, Stamp: stamp}))
			if len(drafts) != 1 || len(notices) > 0 || len(drafts[0].Notices) > 0 {
				t.Fatalf("%d drafts, notices %q %q, want one draft and none", len(drafts), notices, drafts[0].Notices)
			}
			d := drafts[0]
			if d.Start != c.Start || d.End != c.End || d.Title != c.Title || d.Status != c.Status || !reflect.DeepEqual(d.Geo, c.Geo) {
				t.Errorf("read %+v, want %+v", d, c)
			}
			if d.Recurrence.Rule != c.Recurrence.Rule || !slices.Equal(d.Recurrence.Dates, c.Recurrence.Dates) ||
				!slices.Equal(d.Recurrence.Except, c.Recurrence.Except) {
				t.Errorf("read %+v, want %+v", d.Recurrence, c.Recurrence)
			}
			got := d.Card()
			a, _ := got.Within(time.Time{}, time.Time{}, nil)
			b, _ := c.Within(time.Time{}, time.Time{}, nil)
			if len(a) != len(b) {
				t.Fatalf("%d occurrences, want %d", len(a), len(b))
			}
			for i := range a {
				aStart, aEnd := a[i].Span(nil)
				bStart, bEnd := b[i].Span(nil)
				if !aStart.Equal(bStart) || !aEnd.Equal(bEnd) || a[i].Cancelled != b[i].Cancelled {
					t.Errorf("occurrence %d is %v to %v, want %v to %v", i, aStart, aEnd, bStart, bEnd)
				}
			}
		})
	}
}

// A day is the same day wherever it is read.
func TestDateEverywhere(t *testing.T) {
	drafts, _ := read(t, written(t, Options{}, Event{Card: &votive.Card{Title: "x", Start: at("2027-06-04", "")}, Stamp: stamp}))
	for _, name := range []string{"Pacific/Kiritimati", "Asia/Hong_Kong", "Europe/London", "Pacific/Honolulu"} {
		zone := must(time.LoadLocation(name))
		if got := drafts[0].Start.Instant(zone).Format("2006-01-02 15:04"); got != "2027-06-04 00:00" {
			t.Errorf("in %s it begins %s, want 2027-06-04 00:00", name, got)
		}
	}
}

// Zones read back say what Go says, week by week.
func TestZones(t *testing.T) {
	for _, name := range []string{
		"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
		"America/Santiago", "Asia/Gaza", "Europe/Dublin", "Pacific/Kiritimati", "Asia/Hong_Kong", "America/Sao_Paulo",
	} {
		zone := must(time.LoadLocation(name))
		u := used{zone, time.Date(2015, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 3, 1, 0, 0, 0, 0, time.UTC)}
		var w text
		w.line("BEGIN", "VCALENDAR")
		w.zone("x", u)
		w.line("END", "VCALENDAR")
		checkFile(t, []byte(w.String()))
		top, _, err := readAll(strings.NewReader(w.String()))
		if err != nil {
			t.Fatal(err)
		}
		for m := u.from; m.Before(u.to); m = m.AddDate(0, 0, 5) {
			_, want := m.In(zone).Zone()
			if got := clockOf(top.children[0].children[0], m.Year()).at(m.Unix()); got != want {
				t.Fatalf("%s at %v is %+d, want %+d:\n%s", name, m, got, want, w.String())
			}
		}
	}
	for windows, name := range windowsZones {
		if known(name) == nil {
			t.Errorf("%s is %s, which is not known", windows, name)
		}
	}
}

func TestReadTimes(t *testing.T) {
	for _, c := range []struct{ lines, start, end string }{
		{"DTSTART:19980118T230000", "", ""}, // RFC 5545, 3.3.5; before there are years
		{"DTSTART:20270118T230000", "2027-01-18T23:00:00", ""},
		{"DTSTART:20270119T070000Z\nDURATION:PT1H30M", "2027-01-19T07:00:00 UTC", "2027-01-19T08:30:00 UTC"},
		{"DTSTART;TZID=America/New_York:20270119T020000", "2027-01-19T02:00:00 America/New_York", ""},
		{"DTSTART;TZID=\"W. Europe Standard Time\":20270119T020000", "2027-01-19T02:00:00 Europe/Berlin", ""},
		{"DTSTART;TZID=/mozilla.org/20050126_1/Europe/Paris:20270119T020000", "2027-01-19T02:00:00 Europe/Paris", ""},
		{"DTSTART;TZID=Nowhere:20270119T020000", "", ""},
		{"DTSTART;VALUE=DATE:20270628\nDTEND;VALUE=DATE:20270709", "2027-06-28", "2027-07-08"}, // 3.6.1
		{"DTSTART;VALUE=DATE:20270628\nDURATION:P1W", "2027-06-28", "2027-07-04"},
		{"DTSTART;VALUE=DATE:20270628\nDTEND;VALUE=DATE:20270629", "2027-06-28", ""},
		{"DTSTART;TZID=Europe/London:20270327T200000\nDURATION:P1D", "2027-03-27T20:00:00 Europe/London", "2027-03-28T20:00:00 Europe/London"},
		{"DTSTART;TZID=Europe/London:20270327T200000\nDURATION:PT24H", "2027-03-27T20:00:00 Europe/London", "2027-03-28T21:00:00 Europe/London"},
		{"DTSTART:20270630T235960Z", "2027-06-30T23:59:59 UTC", ""},
		{"DTSTART:20270119T070000Z\nDTEND:20270119T060000Z", "2027-01-19T07:00:00 UTC", ""},
		{"DTSTART:tomorrow", "", ""},
		{"DTEND:20270119T060000Z", "", ""},
	} {
		drafts, notices := read(t, fileOf(strings.Split(c.lines, "\n")...))
		if c.start == "" {
			if len(drafts) != 0 || len(notices) == 0 {
				t.Errorf("Read(%q) = %+v, %q, want no draft and a notice", c.lines, drafts, notices)
			}
			continue
		}
		if len(drafts) != 1 || drafts[0].Start.String() != c.start || drafts[0].End.String() != c.end {
			t.Errorf("Read(%q) = %+v %q, want %s to %s", c.lines, drafts, notices, c.start, c.end)
		}
	}
}

// The rules of RFC 5545, 3.8.5.3, like those that SPEC 6.8 does not have, moved into
// the years that there are.
func TestReadRules(t *testing.T) {
	for _, c := range []struct{ start, rule, want string }{
		{"20000904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "2000-09-04 2000-09-07 2000-10-05"},
		{"20270129", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4", "2027-01-29 2027-02-26 2027-03-31 2027-04-30"},
		{"20000101", "FREQ=YEARLY;INTERVAL=3;COUNT=5;BYYEARDAY=1,100,200", "2000-01-01 2000-04-09 2000-07-18 2003-01-01 2003-04-10"},
		{"20270517", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "2027-05-17 2028-05-15 2029-05-14"},
		// The start is no date of the rule: RFC 5545 counts it.
		{"20270605", "FREQ=WEEKLY;BYDAY=FR;COUNT=3", "2027-06-05 2027-06-11 2027-06-18"},
		{"20270605", "FREQ=HOURLY", "2027-06-05"},
		{"20270605", "FREQ=DAILY;BYHOUR=99;COUNT=3", "2027-06-05"},
		{"20270605", "FREQ=MONTHLY;BYSETPOS=x", "2027-06-05"},
	} {
		d := one(t, "DTSTART;VALUE=DATE:"+c.start, "RRULE:"+c.rule)
		got := []string{d.Start.Local()}
		for _, date := range d.Recurrence.Dates {
			got = append(got, date.String())
		}
		if strings.Join(got, " ") != c.want || !d.Recurrence.Rule.IsZero() {
			t.Errorf("%s from %s = %v, want %v", c.rule, c.start, got, c.want)
		}
		if len(d.Notices) == 0 {
			t.Errorf("%s: no notice", c.rule)
		}
	}
	d := one(t, "DTSTART;VALUE=DATE:20270605", "RRULE:FREQ=WEEKLY;BYDAY=FR")
	if len(d.Recurrence.Dates) != 128 || len(d.Notices) != 2 {
		t.Errorf("%d dates of a rule without an end, notices %q, want 128 and two", len(d.Recurrence.Dates), d.Notices)
	}
}

func TestReadUnknownZone(t *testing.T) {
	vtimezone := func(offsets ...string) string {
		s := "BEGIN:VTIMEZONE\r\nTZID:Custom\r\n"
		for i, o := range offsets {
			s += "BEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:" + offsets[(i+1)%len(offsets)] + "\r\nTZOFFSETTO:" + o + "\r\n"
			if len(offsets) > 1 {
				s += "RRULE:FREQ=YEARLY;BYMONTH=" + []string{"11;BYDAY=1SU", "3;BYDAY=2SU"}[i] + "\r\n"
			}
			s += "END:STANDARD\r\n"
		}
		return s + "END:VTIMEZONE\r\n"
	}
	for _, c := range []struct{ zone, want string }{
		{vtimezone("+0800"), "2027-06-04T20:00:00 Etc/GMT-8"},
		{vtimezone("+0540"), "2027-06-04T14:20:00 UTC"},
		{vtimezone("+0530"), "2027-06-04T20:00:00 Asia/Calcutta"},
		{vtimezone("-0500", "-0400"), "2027-06-04T20:00:00 America/New_York"},
	} {
		file := strings.Replace(fileOf("DTSTART;TZID=Custom:20270604T200000"), "BEGIN:VEVENT", c.zone+"BEGIN:VEVENT", 1)
		drafts, notices := read(t, file)
		if len(drafts) != 1 || drafts[0].Start.String() != c.want || len(drafts[0].Notices) != 1 {
			t.Errorf("%s\n= %+v %q, want %s", c.zone, drafts, notices, c.want)
		}
	}
}

// endless is a file without an end, which counts what is taken of it.
type endless struct {
	line string
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.line)
	e.read += n
	return n, nil
}

func TestReadHostile(t *testing.T) {
	e := &endless{line: "BEGIN:VCALENDAR\r\n"}
	if _, _, err := Read(e); err == nil || e.read > MaxBytes+64<<10 {
		t.Errorf("Read(endless) = %v after %d bytes, want an error after %d", err, e.read, MaxBytes)
	}
	for name, text := range map[string]string{
		"deep":       strings.Repeat("BEGIN:VCALENDAR\r\n", 10),
		"many parts": "BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\nEND:VEVENT\n", maxComponents) + "END:VCALENDAR\r\n",
		"properties": "BEGIN:VCALENDAR\r\n" + strings.Repeat("UID:\n", maxProperties+1) + "END:VCALENDAR\r\n",
		"cut off":    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
		"crossed":    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT\r\n",
		"none":       "",
		"a page":     "<html>:</html>",
	} {
		if drafts, _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %d drafts, want an error", name, len(drafts))
		}
	}
	long := fileOf("DTSTART:20270604T200000Z", "DESCRIPTION:"+strings.Repeat("a", maxLine), "X;A=b", "X;=:", `X;A="b:`, "nothing")
	drafts, notices := read(t, long)
	if len(drafts) != 1 || drafts[0].Text != "" || len(notices) != 1 {
		t.Errorf("long and odd lines: %d drafts, notices %q, want one of each", len(drafts), notices)
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(fileOf("DTSTART;TZID=Europe/London:20270604T200000", "DURATION:P1D", "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1", "EXDATE:20270605T190000Z")))
	f.Add(Write([]Event{{Card: vigil()}, {Card: recurring()}}, Options{}))
	files, _ := costly()
	for _, name := range sorted(files) {
		if len(files[name]) <= 1<<13 {
			f.Add([]byte(files[name]))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkCost(t, string(raw))
		drafts, notices, err := Read(io.LimitReader(strings.NewReader(string(raw)), 1<<16))
		if err != nil {
			return
		}
		if len(notices) > maxNotices+1 {
			t.Errorf("%d notices", len(notices))
		}
		var events []Event
		for i := range drafts {
			card := drafts[i].Card()
			valid(t, card)
			events = append(events, Event{ID: votive.ID{byte(i), byte(i >> 8)}, Card: &card})
		}
		file := Write(events, Options{})
		checkFile(t, file)
		again, _, err := Read(strings.NewReader(string(file)))
		if err != nil || len(again) != len(drafts) {
			t.Fatalf("%d drafts again, %v, want %d", len(again), err, len(drafts))
		}
		for i := range again {
			if a, b := fmt.Sprint(again[i].Start), fmt.Sprint(drafts[i].Start); a != b {
				t.Errorf("draft %d begins %s again, want %s", i, a, b)
			}
		}
	})
}
