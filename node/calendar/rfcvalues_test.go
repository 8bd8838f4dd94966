package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"votive/proto/votive"
)

// rfcRules are the examples of RFC 5545, 3.8.5.3, in their order, each from nine
// o'clock in New York: the rule, the dates that the RFC gives for it, and what a
// notice says where SPEC 6.8 has no such rule. Dates are written 9/2; a year
// stands before the dates in it, and a list that ends with … goes on. Of those
// that come more often than each day the first time is kept alone.
var rfcRules = []struct{ start, rule, dates, notice string }{
	{"19970902", "FREQ=DAILY;COUNT=10", "1997 9/2 9/3 9/4 9/5 9/6 9/7 9/8 9/9 9/10 9/11", ""},
	{"19970902", "FREQ=DAILY;UNTIL=19971224T000000Z", "1997 9/2-30 10/1-31 11/1-30 12/1-23", ""},
	{"19970902", "FREQ=DAILY;INTERVAL=2", "1997 9/2 9/4 9/6 9/8 9/10 9/12 9/14 9/16 9/18 9/20 9/22 9/24 9/26 9/28 9/30 10/2 10/4 10/6 …", ""},
	{"19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 9/2 9/12 9/22 10/2 10/12", ""},
	{"19980101", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998 1/1-31 1999 1/1-31 2000 1/1-31", ""},
	{"19980101", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "1998 1/1-31 1999 1/1-31 2000 1/1-31", ""},
	{"19970902", "FREQ=WEEKLY;COUNT=10", "1997 9/2 9/9 9/16 9/23 9/30 10/7 10/14 10/21 10/28 11/4", ""},
	{"19970902", "FREQ=WEEKLY;UNTIL=19971224T000000Z", "1997 9/2 9/9 9/16 9/23 9/30 10/7 10/14 10/21 10/28 11/4 11/11 11/18 11/25 12/2 12/9 12/16 12/23", ""},
	{"19970902", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997 9/2 9/16 9/30 10/14 10/28 11/11 11/25 12/9 12/23 1998 1/6 1/20 2/3 2/17 …", ""},
	{"19970902", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997 9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2", ""},
	{"19970902", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997 9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2", ""},
	{"19970901", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "1997 9/1 9/3 9/5 9/15 9/17 9/19 9/29 10/1 10/3 10/13 10/15 10/17 10/27 10/29 10/31 11/10 11/12 11/14 11/24 11/26 11/28 12/8 12/10 12/12 12/22", ""},
	{"19970902", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997 9/2 9/4 9/16 9/18 9/30 10/2 10/14 10/16", ""},
	{"19970905", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997 9/5 10/3 11/7 12/5 1998 1/2 2/6 3/6 4/3 5/1 6/5", ""},
	{"19970905", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997 9/5 10/3 11/7 12/5", ""},
	{"19970907", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997 9/7 9/28 11/2 11/30 1998 1/4 1/25 3/1 3/29 5/3 5/31", ""},
	{"19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997 9/22 10/20 11/17 12/22 1998 1/19 2/16", ""},
	{"19970928", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997 9/28 10/29 11/28 12/29 1998 1/29 2/26 …", ""},
	{"19970902", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997 9/2 9/15 10/2 10/15 11/2 11/15 12/2 12/15 1998 1/2 1/15", ""},
	{"19970930", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997 9/30 10/1 10/31 11/1 11/30 12/1 12/31 1998 1/1 1/31 2/1", ""},
	{"19970910", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997 9/10-15 1999 3/10-13", ""},
	{"19970902", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "1997 9/2 9/9 9/16 9/23 9/30 11/4 11/11 11/18 11/25 1998 1/6 1/13 1/20 1/27 3/3 3/10 3/17 3/24 3/31 …", ""},
	{"19970610", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997 6/10 7/10 1998 6/10 7/10 1999 6/10 7/10 2000 6/10 7/10 2001 6/10 7/10", ""},
	{"19970310", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997 3/10 1999 1/10 2/10 3/10 2001 1/10 2/10 3/10 2003 1/10 2/10 3/10", ""},
	{"19970101", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997 1/1 4/10 7/19 2000 1/1 4/9 7/18 2003 1/1 4/10 7/19 2006 1/1", "written as dates"},
	{"19970519", "FREQ=YEARLY;BYDAY=20MO", "1997 5/19 1998 5/18 1999 5/17 …", ""},
	{"19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997 5/12 1998 5/11 1999 5/17 …", "written as dates"},
	{"19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997 3/13 3/20 3/27 1998 3/5 3/12 3/19 3/26 1999 3/4 3/11 3/18 3/25 …", ""},
	{"19970605", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "1997 6/5 6/12 6/19 6/26 7/3 7/10 7/17 7/24 7/31 8/7 8/14 8/21 8/28 1998 6/4 6/11 6/18 6/25 7/2 7/9 7/16 7/23 7/30 8/6 8/13 8/20 8/27 1999 6/3 6/10 6/17 6/24 7/1 7/8 7/15 7/22 7/29 8/5 8/12 8/19 8/26 …", ""},
	{"19970902", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998 2/13 3/13 11/13 1999 8/13 2000 10/13 …", "written as dates"},
	{"19970913", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997 9/13 10/11 11/8 12/13 1998 1/10 2/7 3/7 4/11 5/9 6/13 …", ""},
	{"19961105", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996 11/5 2000 11/7 2004 11/2 …", ""},
	{"19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 9/4 10/7 11/6", "written as dates"},
	{"19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997 9/29 10/30 11/27 12/30 1998 1/29 2/26 3/30 …", "written as dates"},
	{"19970902", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", "1997 9/2", "not understood"},
	{"19970902", "FREQ=MINUTELY;INTERVAL=15;COUNT=6", "1997 9/2", "not understood"},
	{"19970902", "FREQ=MINUTELY;INTERVAL=90;COUNT=4", "1997 9/2", "not understood"},
	{"19970902", "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", "1997 9/2", "not understood"},
	{"19970902", "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", "1997 9/2", "not understood"},
	{"19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 8/5 8/10 8/19 8/24", ""},
	{"19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 8/5 8/17 8/19 8/31", ""},
	{"20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007 1/15 1/30 2/15 3/15 3/30", ""},
}

// TestRFCRules is those, moved into the years that there are.
func TestRFCRules(t *testing.T) {
	for _, c := range rfcRules {
		lines := []string{"DTSTART;TZID=America/New_York:" + moved(c.start) + "T090000", "RRULE:" + moved(c.rule)}
		if c.rule == "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13" { // the one with an EXDATE, of the start
			lines = append(lines, "EXDATE;TZID=America/New_York:"+moved(c.start)+"T090000")
		}
		d := one(t, lines...)
		if got := strings.Join(d.Notices, "\n"); !strings.Contains(got, c.notice) || c.notice == "" && got != "" {
			t.Errorf("%s: notices %q, want one that says %q", c.rule, d.Notices, c.notice)
		}
		want, open := rfcTimes(c.dates)
		card := d.Card()
		var got []string
		all, _ := card.Within(time.Time{}, time.Time{}, nil)
		for _, o := range all {
			if !o.Cancelled {
				got = append(got, o.Start.String())
			}
		}
		if open && len(got) > len(want) {
			got = got[:len(want)]
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is\n%v, want\n%v", c.rule, got, want)
		}
	}
}

// rfcTimes reads the dates of an example, and whether they go on.
func rfcTimes(text string) (times []string, open bool) {
	year := 0
	for word := range strings.FieldsSeq(text) {
		month, days, isDate := strings.Cut(word, "/")
		switch {
		case word == "…":
			return times, true
		case !isDate:
			year = rfcYears + must(strconv.Atoi(word))
			continue
		}
		first, last, ranged := strings.Cut(days, "-")
		if !ranged {
			last = first
		}
		for d := must(strconv.Atoi(first)); d <= must(strconv.Atoi(last)); d++ {
			times = append(times, fmt.Sprintf("%d-%02d-%02dT09:00:00 America/New_York", year, must(strconv.Atoi(month)), d))
		}
	}
	return times, false
}

// rfcValues are the examples of values and properties in RFC 5545: what an event
// called x is that has these lines, and that begins at noon where they do not say
// when; empty where it is left out.
var rfcValues = []struct{ section, lines, want string }{
	{"3.1", "DESCRIPTION:This is a lo\n ng description\n  that exists on a long line.", `noon; "This is a long description that exists on a long line."`},
	{"3.1.1", "ATTENDEE;RSVP=TRUE;ROLE=REQ-PARTICIPANT:mailto:\n jsmith@example.com", "noon"},
	{"3.1.1", "RDATE;VALUE=DATE:19970304,19970504", "noon; notice RDATE 2025-03-04 was left out: it is before the start, or of another form; " +
		"notice RDATE 2025-05-04 was left out: it is before the start, or of another form"},
	{"3.1.3", "ATTACH:http://example.com/public/quarterly-report.doc", "noon"},
	{"3.2.1", `DESCRIPTION;ALTREP="CID:part3.msg.970415T083000@example.com":` + "\n" + ` Project XYZ Review Meeting will include the following agenda` + "\n" +
		`  items: (a) Market Overview\, (b) Finances\, (c) Project Man` + "\n agement", `noon; "Project XYZ Review Meeting will include the following agenda items: (a) Market Overview, (b) Finances, (c) Project Management"`},
	{"3.2.10", "SUMMARY;LANGUAGE=en-US:Company Holiday Party", "noon"},
	{"3.2.19", "DTSTART;TZID=America/New_York:19980119T020000\nDTEND;TZID=America/New_York:19980119T030000", "2026-01-19T02:00:00 America/New_York; to 2026-01-19T03:00:00 America/New_York"},
	{"3.3.4", "DTSTART;VALUE=DATE:19970714", "2025-07-14"},
	{"3.3.5", "DTSTART:19980119T230000-0800", ""},
	{"3.3.5", "DTSTART:19980118T230000", "2026-01-18T23:00:00"},
	{"3.3.5", "DTSTART:19980119T070000Z", "2026-01-19T07:00:00 UTC"},
	{"3.3.5", "DTSTART;TZID=America/New_York:19980119T020000", "2026-01-19T02:00:00 America/New_York"},
	{"3.3.5", "DTSTART:19970630T235960Z", "2025-06-30T23:59:59 UTC"},
	{"3.3.5", "DTSTART:19970714T133000", "2025-07-14T13:30:00"},
	{"3.3.5", "DTSTART:19970714T173000Z", "2025-07-14T17:30:00 UTC"},
	{"3.3.5", "DTSTART;TZID=America/New_York:19970714T133000", "2025-07-14T13:30:00 America/New_York"},
	{"3.3.6", "DURATION:P15DT5H0M20S", "noon; to 2027-06-19T17:00:20 UTC"},
	{"3.3.6", "DURATION:P7W", "noon; to 2027-07-23T12:00:00 UTC"},
	{"3.3.9", "DTSTART:19970101T180000Z\nRDATE;VALUE=PERIOD:19970101T180000Z/19970102T070000Z", "2025-01-01T18:00:00 UTC; notice RDATE has dates with an end of their own, which was left out"},
	{"3.3.9", "DTSTART:19961231T180000Z\nRDATE;VALUE=PERIOD:19970101T180000Z/PT5H30M", "2024-12-31T18:00:00 UTC; on [2025-01-01]; notice RDATE has dates with an end of their own, which was left out"},
	{"3.3.10", "RRULE:FREQ=DAILY;COUNT=10;INTERVAL=2", "noon; FREQ=DAILY;INTERVAL=2;COUNT=10"},
	{"3.3.10", "DTSTART:19970105T083000Z\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;\n BYMINUTE=30", "2025-01-05T08:30:00 UTC; " +
		`notice it comes again by a rule that is not understood, "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;BYMINUT": only the first time is kept`},
	{"3.3.11", `DESCRIPTION:Project XYZ Final Review\nConference Room - 3B\nCome Prepared.`, `noon; "Project XYZ Final Review\nConference Room - 3B\nCome Prepared."`},
	{"3.5", "DtStart;TzID=America/New_York:19980714T120000", "2026-07-14T12:00:00 America/New_York"},
	{"3.6.1", "DTSTART:19970903T163000Z\nDTEND:19970903T190000Z\nCLASS:PRIVATE\nCATEGORIES:BUSINESS,HUMAN RESOURCES", `2025-09-03T16:30:00 UTC; to 2025-09-03T19:00:00 UTC; secret; ["BUSINESS" "HUMAN RESOURCES"]`},
	{"3.6.1", "DTSTART:19970403T130000Z\nDTEND:19970407T210000Z\nTRANSP:TRANSPARENT", "2025-04-03T13:00:00 UTC; to 2025-04-07T21:00:00 UTC; free"},
	{"3.6.1", "DTSTART;VALUE=DATE:19971102\nTRANSP:TRANSPARENT\nRRULE:FREQ=YEARLY", "2025-11-02; FREQ=YEARLY; free"},
	{"3.6.1", "DTSTART;VALUE=DATE:20070628\nDTEND;VALUE=DATE:20070709", "2035-06-28; to 2035-07-08"},
	{"3.8.1.2", "CATEGORIES:APPOINTMENT,EDUCATION\nCATEGORIES:MEETING", `noon; ["APPOINTMENT" "EDUCATION" "MEETING"]`},
	{"3.8.1.3", "CLASS:PUBLIC", "noon"},
	{"3.8.1.4", "COMMENT:The meeting really needs to include both ourselves\n  and the customer.", "noon"},
	{"3.8.1.5", `DESCRIPTION:Meeting to provide technical review for "Phoenix"` + "\n" + `  design.\nHappy Face Conference Room. Phoenix design team` + "\n" +
		`  MUST attend this meeting.\nRSVP to team leader.`, `noon; "Meeting to provide technical review for \"Phoenix\" design.\nHappy Face Conference Room. Phoenix design team MUST attend this meeting.\nRSVP to team leader."`},
	{"3.8.1.7", `LOCATION:Conference Room - F123\, Bldg. 002`, "noon; at Conference Room - F123, Bldg. 002"},
	{"3.8.1.7", `LOCATION;ALTREP="http://xyzcorp.com/conf-rooms/f123.vcf":` + "\n" + ` Conference Room - F123\, Bldg. 002`, "noon; at Conference Room - F123, Bldg. 002"},
	{"3.8.1.11", "STATUS:TENTATIVE", "noon; tentative"},
	{"3.8.2.2", "DTSTART:19960401T140000Z\nDTEND:19960401T150000Z", "2024-04-01T14:00:00 UTC; to 2024-04-01T15:00:00 UTC"},
	{"3.8.2.2", "DTSTART;VALUE=DATE:19980701\nDTEND;VALUE=DATE:19980704", "2026-07-01; to 2026-07-03"},
	{"3.8.2.4", "DTSTART:19980118T073000Z", "2026-01-18T07:30:00 UTC"},
	{"3.8.2.5", "DURATION:PT1H0M0S", "noon; to 2027-06-04T13:00:00 UTC"},
	{"3.8.2.5", "DURATION:PT15M", "noon; to 2027-06-04T12:15:00 UTC"},
	{"3.8.2.7", "TRANSP:TRANSPARENT", "noon; free"},
	{"3.8.2.7", "TRANSP:OPAQUE", "noon"},
	{"3.8.4.6", "URL:http://example.com/pub/calendars/jsmith/mytime.ics", `noon; notice URL was left out: "http://example.com/pub/calendars/jsmith/mytime.ics" is not one of up to 8 https addresses of up to 300 bytes`},
	{"3.8.5.1", "DTSTART:19960401T010000Z\nRRULE:FREQ=DAILY;COUNT=10\nEXDATE:19960402T010000Z,19960403T010000Z,19960404T010000Z", "2024-04-01T01:00:00 UTC; FREQ=DAILY;COUNT=10; not on [2024-04-02 2024-04-03 2024-04-04]"},
	{"3.8.5.2", "DTSTART:19970713T123000Z\nRDATE:19970714T123000Z", "2025-07-13T12:30:00 UTC; on [2025-07-14]"},
	{"3.8.5.2", "DTSTART;TZID=America/New_York:19970713T083000\nRDATE;TZID=America/New_York:19970714T083000", "2025-07-13T08:30:00 America/New_York; on [2025-07-14]"},
	{"3.8.5.2", "DTSTART:19960403T020000Z\nRDATE;VALUE=PERIOD:19960403T020000Z/19960403T040000Z,\n 19960404T010000Z/PT3H", "2024-04-03T02:00:00 UTC; on [2024-04-04]; " +
		"2024-04-04 is 2024-04-04T01:00:00 UTC to ; notice RDATE has dates with an end of their own, which was left out"},
	{"3.8.5.2", "DTSTART;VALUE=DATE:19970101\nRDATE;VALUE=DATE:19970101,19970120,19970217,19970421,\n 19970526,19970704,19970901,19971014,19971128,19971129,19971225", "2025-01-01; " +
		"on [2025-01-20 2025-02-17 2025-04-21 2025-05-26 2025-07-04 2025-09-01 2025-10-14 2025-11-28 2025-11-29 2025-12-25]"},
}

// TestRFCValues is those, moved into the years that there are.
func TestRFCValues(t *testing.T) {
	for _, c := range rfcValues {
		lines := strings.Split(moved(c.lines), "\n")
		if !strings.HasPrefix(strings.ToUpper(c.lines), "DTSTART") {
			lines = append(lines, "DTSTART:20270604T120000Z")
		}
		drafts, notices := read(t, fileOf(lines...))
		got := ""
		if len(drafts) == 1 {
			got = strings.Replace(strings.TrimPrefix(told(&drafts[0]), "x: "), "2027-06-04T12:00:00 UTC", "noon", 1)
		}
		if got != c.want {
			t.Errorf("RFC 5545, %s:\n%s\nis %s, notices %q, want\n%s", c.section, c.lines, got, notices, c.want)
		}
	}
	d := one(t, "DTSTART:20270604T120000Z", "GEO:37.386013;-122.082932") // 3.8.1.6
	if d.Geo == nil || *d.Geo != (votive.Geo{Latitude: 37_386_013, Longitude: -122_082_932}) {
		t.Errorf("RFC 5545, 3.8.1.6: GEO is %v", d.Geo)
	}
	for local, want := range map[string]string{ // 3.3.5, of a clock that is put back and forward
		"20071104T013000": "2007-11-04T01:30:00-04:00",
		"20070311T023000": "2007-03-11T03:30:00-04:00",
	} {
		d := one(t, "DTSTART;TZID=America/New_York:"+local)
		if got := d.Start.Instant(nil).Format(time.RFC3339); got != want {
			t.Errorf("RFC 5545, 3.3.5: %s in New York is %s, want %s", local, got, want)
		}
	}
	for value, want := range map[string]int{"-0500": -5 * 3600, "+0100": 3600} { // 3.3.14
		if got, ok := parseOffset(value); !ok || got != want {
			t.Errorf("RFC 5545, 3.3.14: %s is %d, %v, want %d", value, got, ok, want)
		}
	}
}

// TestRFCAlarms is the alarms of RFC 5545, 3.6.6: nothing rings, nothing is
// fetched or sent, and the event that has them stays what it is.
func TestRFCAlarms(t *testing.T) {
	alarms := 0
	for _, e := range rfcExamples(t, "rfc5545.txt") {
		if e.section != "3.6.6" {
			continue
		}
		alarms++
		d := one(t, "DTSTART:20270604T120000Z", "DTEND:20270604T130000Z", moved(strings.TrimSpace(e.text)))
		if got, want := told(&d), "x: 2027-06-04T12:00:00 UTC; to 2027-06-04T13:00:00 UTC"; got != want {
			t.Errorf("with the alarm\n%s\nit is %s, want %s", e.text, got, want)
		}
	}
	if alarms != 3 {
		t.Errorf("%d alarms, want 3", alarms)
	}
}

// TestRFCZones is the VTIMEZONEs of RFC 5545, 3.6.5: the offsets that they give.
// The first three are of New York, in their own years; the other two, which are
// of nowhere, are moved.
func TestRFCZones(t *testing.T) {
	var zones []*component
	for _, e := range rfcExamples(t, "rfc5545.txt") {
		if e.section != "3.6.5" {
			continue
		}
		if len(zones) >= 3 {
			e.text = moved(e.text)
		}
		top, _, err := readAll(strings.NewReader("BEGIN:VCALENDAR\n" + e.text + "\nEND:VCALENDAR\n"))
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, top.children[0].children[0])
	}
	if len(zones) != 5 {
		t.Fatalf("%d zones, want 5", len(zones))
	}
	newYork := must(time.LoadLocation("America/New_York"))
	for i, years := range [][2]int{{2000, 2040}, {2007, 2007}, {2007, 2040}} {
		for at := time.Date(years[0], 1, 3, 12, 0, 0, 0, time.UTC); at.Year() <= years[1]; at = at.AddDate(0, 0, 5) {
			_, want := at.In(newYork).Zone()
			if got := clockOf(zones[i], at.Year()).at(at.Unix()); got != want {
				t.Fatalf("zone %d on %v is %d, want %d", i, at, got, want)
			}
		}
	}
	for _, c := range []struct {
		zone int
		on   string
		want int // hours
	}{
		// No summer time after that of 1997.
		{3, "2025-01-15", -5},
		{3, "2025-07-01", -4},
		{3, "2026-07-01", -5},
		{3, "2027-07-01", -5},
		// The same, but again, and from later in April on, in 1999.
		{4, "2025-07-01", -4},
		{4, "2026-07-01", -5},
		{4, "2027-04-20", -5},
		{4, "2027-04-28", -4},
		{4, "2028-07-01", -4},
		{4, "2028-12-01", -5},
	} {
		at := must(time.Parse(time.DateOnly, c.on))
		if got := clockOf(zones[c.zone], at.Year()).at(at.Unix()); got != c.want*3600 {
			t.Errorf("zone %d on %s is %d, want %d hours", c.zone, c.on, got, c.want)
		}
	}
}

// TestReadByClock: times in a zone that is like none that is known are those that
// the file says of it, also where its clock is put forward and back.
func TestReadByClock(t *testing.T) {
	zone := ""
	for _, e := range rfcExamples(t, "rfc5545.txt") {
		if e.section == "3.6.5" {
			zone = moved(e.text) // the last
		}
	}
	for local, want := range map[string]string{
		"20280701T120000": "2028-07-01T16:00:00Z",
		"20281201T120000": "2028-12-01T17:00:00Z",
		"20280430T023000": "2028-04-30T07:30:00Z", // in the gap, by the offset before it
		"20281029T013000": "2028-10-29T05:30:00Z", // the first of two
		"20281029T023000": "2028-10-29T07:30:00Z",
	} {
		drafts, notices := read(t, strings.Replace(fileOf("DTSTART;TZID=Fictitious:"+local, "RRULE:FREQ=DAILY"), "BEGIN:VEVENT", zone+"\nBEGIN:VEVENT", 1))
		if len(drafts) != 1 || drafts[0].Start.Instant(nil).Format(time.RFC3339) != want || !drafts[0].Recurrence.IsZero() || len(drafts[0].Notices) != 2 {
			t.Errorf("%s is %+v, notices %q, want %s once, and two notices", local, drafts, notices, want)
		}
	}
}
