package calendar

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"votive/proto/recur"
	"votive/proto/votive"
)

var stamp = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func at(text, zone string) votive.Time { return must(votive.ParseTime(text, zone)) }

func floating(text string) votive.Time { return must(votive.ParseFloating(text)) }

func day(text string) recur.Date { return must(recur.ParseDate(text)) }

func days(list ...string) (dates []recur.Date) {
	for _, d := range list {
		dates = append(dates, day(d))
	}
	return dates
}

func rule(text string) recur.Rule { return must(recur.Parse(text)) }

var founder = must(votive.NewIdentity(strings.NewReader(strings.Repeat("votive", 100)))).EventKey([32]byte{1}).Key()

// valid fails where package votive does not take a card.
func valid(t *testing.T, c votive.Card) {
	t.Helper()
	c.Organizers = []votive.Organizer{{Key: founder}}
	if _, err := votive.NewEvent(must(votive.NewGenesis([32]byte{1}, founder)), c); err != nil {
		t.Errorf("NewEvent(%+v) = %v, want an event", c, err)
	}
}

// written is a file of events, of which all that every file must be is asserted.
func written(t *testing.T, o Options, events ...Event) string {
	t.Helper()
	file := Write(events, o)
	checkFile(t, file)
	return string(file)
}

func checkFile(t *testing.T, file []byte) {
	t.Helper()
	for i, line := range strings.SplitAfter(string(file), "\n") {
		body, ended := strings.CutSuffix(line, "\r\n")
		switch {
		case line == "" && i > 0:
		case !ended:
			t.Errorf("line %d, %q, does not end with CRLF", i, line)
		case len(body) > 75:
			t.Errorf("line %d has %d octets, want up to 75: %q", i, len(body), body)
		case !utf8.ValidString(body):
			t.Errorf("line %d is folded in a character: %q", i, body)
		case strings.ContainsFunc(body, func(r rune) bool { return r < ' ' && r != '\t' }):
			t.Errorf("line %d has a control: %q", i, body)
		}
	}
	for _, never := range []string{"ATTENDEE", "ORGANIZER"} {
		if bytes.Contains(file, []byte("\r\n"+never)) {
			t.Errorf("there is %s in it:\n%s", never, file)
		}
	}
}

func unfolded(file string) string { return strings.ReplaceAll(file, "\r\n ", "") }

// block is the manieth component of a name in a file.
func block(t *testing.T, file, name string, n int) string {
	t.Helper()
	parts := strings.Split(unfolded(file), "BEGIN:"+name+"\r\n")
	if len(parts) <= n+1 {
		t.Fatalf("%d %s, want more than %d:\n%s", len(parts)-1, name, n, file)
	}
	body, _, _ := strings.Cut(parts[n+1], "END:"+name+"\r\n")
	return body
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\r\n"+text, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

func hasNot(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("there is %q in\n%s", part, text)
		}
	}
}

func vigil() *votive.Card {
	return &votive.Card{
		Title: "Candlelight vigil; 燭光悼念, for all", Text: "Bring a candle.\nStay quiet; \\o/", City: "Hong Kong",
		Start: at("2027-06-04 20:00", "Asia/Hong_Kong"), End: at("2027-06-04 22:00", "Asia/Hong_Kong"),
		Tags: []string{"vigil", "june,4"}, Language: "zh-HK", Links: []string{"https://example.org/a,b;c", "https://example.org/more"},
		Geo: &votive.Geo{Latitude: 22_281_900, Longitude: -114_188_001},
	}
}

func TestWrite(t *testing.T) {
	file := written(t, Options{}, Event{
		ID: votive.ID{1}, Sequence: 3, Card: vigil(), Place: "Victoria Park, gate 3", Joins: []string{"https://meet.example/x"}, Stamp: stamp,
		Alarms: []time.Duration{24 * time.Hour, 90 * time.Minute},
	})
	e := block(t, file, "VEVENT", 0)
	has(t, e,
		"UID:"+UID(votive.ID{1}),
		"DTSTAMP:20261124T080000Z",
		"SEQUENCE:3",
		"STATUS:CONFIRMED",
		"DTSTART;TZID=Asia/Hong_Kong:20270604T200000",
		"DTEND;TZID=Asia/Hong_Kong:20270604T220000",
		`SUMMARY;LANGUAGE=zh-HK:Candlelight vigil\; 燭光悼念\, for all`,
		`DESCRIPTION;LANGUAGE=zh-HK:Bring a candle.\nStay quiet\; \\o/\nhttps://example.org/more`,
		`LOCATION:Victoria Park\, gate 3\, Hong Kong`,
		"GEO:22.281900;-114.188001",
		`CATEGORIES:vigil,june\,4`,
		"URL:https://example.org/a,b;c",
		"CONFERENCE;VALUE=URI:https://meet.example/x",
		"TRIGGER:-PT24H",
		"TRIGGER:-PT90M",
	)
	has(t, block(t, file, "VTIMEZONE", 0), "TZID:Asia/Hong_Kong", "TZOFFSETTO:+0800", "TZNAME:HKT")
	hasNot(t, file, votive.ID{1}.String())
	if UID(votive.ID{1}) == UID(votive.ID{2}) {
		t.Errorf("two events have one UID")
	}
}

func TestWriteForms(t *testing.T) {
	for _, c := range []struct {
		name string
		card votive.Card
		want []string
	}{
		{"a day", votive.Card{Start: at("2027-06-04", "")}, []string{"DTSTART;VALUE=DATE:20270604", "DTEND;VALUE=DATE:20270605"}},
		{
			"days, the last inclusive",
			votive.Card{Start: at("2027-12-30", ""), End: at("2027-12-31", "")},
			[]string{"DTSTART;VALUE=DATE:20271230", "DTEND;VALUE=DATE:20280101"},
		},
		{
			"floating",
			votive.Card{Start: floating("2027-06-04 20:00"), End: floating("2027-06-04 21:30")},
			[]string{"DTSTART:20270604T200000", "DTEND:20270604T213000"},
		},
		{"at once", votive.Card{Start: at("2027-06-04 20:00", "UTC"), Status: votive.Tentative}, []string{"DTSTART:20270604T200000Z", "STATUS:TENTATIVE"}},
		{"cancelled", votive.Card{Start: at("2027-06-04 20:00", "UTC"), Status: votive.Cancelled, Reason: "flood"}, []string{"STATUS:CANCELLED", "COMMENT:flood"}},
		{
			"by a rule",
			votive.Card{
				Start:      at("2027-06-04 20:00", "Europe/London"),
				Recurrence: votive.Recurrence{Rule: rule("FREQ=WEEKLY;UNTIL=20270730"), Dates: days("2027-08-02"), Except: days("2027-06-18", "2027-06-25")},
			},
			[]string{
				"RRULE:FREQ=WEEKLY;UNTIL=20270730T190000Z", "RDATE;TZID=Europe/London:20270802T200000",
				"EXDATE;TZID=Europe/London:20270618T200000,20270625T200000",
			},
		},
		{
			"a zone nobody knows",
			votive.Card{Start: must(votive.NewTime("2027-06-04T20:00:00", "Mars/Olympus", 5400))},
			[]string{"DTSTART;TZID=Mars/Olympus UTC+0130:20270604T200000"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.card.Title = "x"
			valid(t, c.card)
			file := written(t, Options{}, Event{Card: &c.card, Stamp: stamp, Alarms: []time.Duration{time.Hour}})
			has(t, block(t, file, "VEVENT", 0), c.want...)
			if cancelled := c.card.Status == votive.Cancelled; cancelled == strings.Contains(file, "VALARM") {
				t.Errorf("a cancelled event has an alarm, or another has none:\n%s", file)
			}
		})
	}
}

func recurring() *votive.Card {
	return &votive.Card{
		Title: "Mothers' circle", City: "London", Start: at("2027-03-07 18:00", "Europe/London"), End: at("2027-03-07 19:30", "Europe/London"),
		Recurrence: votive.Recurrence{Rule: rule("FREQ=MONTHLY;BYDAY=1SU"), Dates: days("2027-06-09"), Except: days("2027-05-02")},
		Occurrences: []votive.Occurrence{
			{Date: day("2027-04-04"), Start: at("2027-04-05 17:00", "Europe/London")},
			{Date: day("2027-06-09"), Start: at("2027-06-10 09:00", "Asia/Tokyo"), End: at("2027-06-10 11:00", "Asia/Tokyo")},
			{Date: day("2027-07-04"), Cancelled: true},
		},
	}
}

func TestWriteOccurrences(t *testing.T) {
	c := recurring()
	valid(t, *c)
	file := written(t, Options{}, Event{Card: c, Stamp: stamp})
	has(t, block(t, file, "VEVENT", 1),
		"RECURRENCE-ID;TZID=Europe/London:20270404T180000", "DTSTART;TZID=Europe/London:20270405T170000",
		"DTEND;TZID=Europe/London:20270405T183000", "STATUS:CONFIRMED", "SUMMARY:Mothers' circle")
	has(t, block(t, file, "VEVENT", 2), "RECURRENCE-ID;TZID=Europe/London:20270609T180000", "DTSTART;TZID=Asia/Tokyo:20270610T090000")
	has(t, block(t, file, "VEVENT", 3),
		"RECURRENCE-ID;TZID=Europe/London:20270704T180000", "STATUS:CANCELLED", "DTSTART;TZID=Europe/London:20270704T180000")
	if n := strings.Count(file, "BEGIN:VTIMEZONE"); n != 2 {
		t.Errorf("%d VTIMEZONE, want 2", n)
	}
	if n := strings.Count(unfolded(file), "UID:"+UID(votive.ID{})); n != 4 {
		t.Errorf("the UID is there %d times, want 4", n)
	}
}

// What is written of a busy time is that and nothing else, line by line.
func TestWriteBusy(t *testing.T) {
	cancelled := vigil()
	cancelled.Status = votive.Cancelled
	date := &votive.Card{Title: "Day of remembrance", Start: at("2027-06-05", "")}
	b := &Busy{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 8, 1, 0, 0, 0, 0, time.UTC), Key: [32]byte{9}}
	events := []Event{
		{ID: votive.ID{1}, Sequence: 7, Card: vigil(), Place: "Victoria Park", Joins: []string{"https://meet.example"}, Stamp: stamp},
		{ID: votive.ID{2}, Card: recurring(), Stamp: stamp, Alarms: []time.Duration{time.Hour}},
		{ID: votive.ID{3}, Card: date, Stamp: stamp},
		{ID: votive.ID{4}, Card: cancelled, Stamp: stamp},
	}
	file := written(t, Options{Busy: b}, events...)
	uids := make(map[string]bool)
	for _, line := range strings.Split(strings.TrimSuffix(unfolded(file), "\r\n"), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "BEGIN", "END":
			if value != "VCALENDAR" && value != "VEVENT" {
				t.Errorf("%s", line)
			}
		case "DTSTART", "DTEND":
			if !strings.HasSuffix(value, "Z") {
				t.Errorf("%s is not in UTC", line)
			}
		case "UID":
			if uids[value] {
				t.Errorf("%s twice", line)
			}
			uids[value] = true
		case "SUMMARY":
			if value != "busy" {
				t.Errorf("%s", line)
			}
		case "VERSION", "PRODID", "CALSCALE", "DTSTAMP", "DTSTART;VALUE=DATE", "DTEND;VALUE=DATE":
		default:
			t.Errorf("%s tells more than that there is something", line)
		}
	}
	for i := range events {
		if uids[UID(events[i].ID)] {
			t.Errorf("the UID of event %d tells that it is it", i)
		}
	}
	// Of recurring: 03-07, 04-05 moved, 06-06, 06-10 moved; 05-02 excepted and
	// 07-04 cancelled. Besides the vigil and the day.
	if n := strings.Count(file, "BEGIN:VEVENT"); n != 6 {
		t.Errorf("%d busy times, want 6:\n%s", n, file)
	}
	has(t, unfolded(file), "DTSTART:20270604T120000Z", "DTEND:20270604T140000Z", "DTSTART:20270405T160000Z", "DTSTART;VALUE=DATE:20270605")
	if again := written(t, Options{Busy: b}, events...); again != file {
		t.Errorf("the same times are written twice, otherwise")
	}
	other := *b
	other.Key = [32]byte{8}
	for uid := range uids {
		if strings.Contains(written(t, Options{Busy: &other}, events...), uid) {
			t.Errorf("UID %s depends on no key", uid)
		}
	}
}

// Hostile words become no lines.
func TestWriteHostile(t *testing.T) {
	c := &votive.Card{
		Title: "a\r\nATTENDEE:mailto:x@example.org\rEND:VEVENT\x00\x1b\xff", City: "\x7f;", Start: at("2027-06-04", ""),
		Links: []string{"https://x\r\nORGANIZER:y"}, Language: "en", Tags: []string{"\r\n", ",;\\"},
	}
	file := written(t, Options{}, Event{Card: c, Place: strings.Repeat("燭", 100), Joins: []string{"https://a\nATTENDEE:b"}, Stamp: stamp})
	if n := strings.Count(file, "\r\nEND:VEVENT"); n != 1 {
		t.Errorf("%d ends of an event, want 1:\n%s", n, file)
	}
}
