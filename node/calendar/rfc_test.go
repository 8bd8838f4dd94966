package calendar

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"votive/proto/votive"
)

// rfcYears is what is added to the years of the RFCs, which are before ours: 28
// years keep all weekdays and leap years, as long as no century without a leap
// day lies between.
const rfcYears = 28

var rfcDate = regexp.MustCompile(`\b(19\d\d|200\d)(\d{4})(T\d{6}Z?)?\b`)

// moved is a text of an RFC in our years.
func moved(text string) string {
	return rfcDate.ReplaceAllStringFunc(text, func(date string) string {
		year, _ := strconv.Atoi(date[:4])
		return strconv.Itoa(year+rfcYears) + date[4:]
	})
}

// rfcExample is a calendar of an RFC.
type rfcExample struct{ section, text string }

// rfcExamples reads those of a file of testdata.
func rfcExamples(t *testing.T, name string) (all []rfcExample) {
	t.Helper()
	for part := range strings.SplitSeq("\n"+string(must(os.ReadFile(filepath.Join("testdata", name)))), "\n=== ") {
		section, text, found := strings.Cut(part, "\n")
		if found && strings.HasPrefix(text, "BEGIN:") {
			all = append(all, rfcExample{section, text})
		}
	}
	return all
}

// told is a draft in a few words: what there is of title, times, status, rule,
// other dates, what is different on some, place and tags, and its notices.
func told(d *Draft) string {
	var b strings.Builder
	say := func(there bool, format string, args ...any) {
		if there {
			fmt.Fprintf(&b, "; "+format, args...)
		}
	}
	fmt.Fprintf(&b, "%s: %v", d.Title, d.Start)
	say(!d.End.IsZero(), "to %v", d.End)
	say(d.Status != votive.Confirmed, "%v", d.Status)
	say(!d.Recurrence.Rule.IsZero(), "%v", d.Recurrence.Rule)
	say(len(d.Recurrence.Dates) > 0, "on %v", d.Recurrence.Dates)
	say(len(d.Recurrence.Except) > 0, "not on %v", d.Recurrence.Except)
	for _, o := range d.Occurrences {
		say(o.Cancelled, "%v cancelled", o.Date)
		say(!o.Cancelled, "%v is %v to %v", o.Date, o.Start, o.End)
	}
	say(d.Secret, "secret")
	say(d.Free, "free")
	say(d.Place != "", "at %s", d.Place)
	say(d.Text != "", "%q", d.Text)
	say(len(d.Tags) > 0, "%q", d.Tags)
	say(len(d.Links) > 0, "%q", d.Links)
	for _, n := range d.Notices {
		say(true, "notice %s", n)
	}
	return b.String()
}

// TestRFCCalendars is the complete calendars of RFC 5545 and RFC 5546, moved into
// the years that there are: what Read makes of each. Some are wrong as the RFC has
// them: an end that is before the start, or no time, or a parameter without a
// value.
func TestRFCCalendars(t *testing.T) {
	for name, table := range rfcCalendars {
		var examples []rfcExample
		for _, e := range rfcExamples(t, name) {
			if strings.HasPrefix(e.text, "BEGIN:VCALENDAR") {
				examples = append(examples, e)
			}
		}
		if len(examples) != len(table) {
			t.Fatalf("%s has %d calendars, and the table %d", name, len(examples), len(table))
		}
		for i, c := range table {
			e := examples[i]
			drafts, got := read(t, moved(e.text))
			for i := range got {
				got[i] = "notice " + got[i]
			}
			for i := range slices.Backward(drafts) {
				got = slices.Insert(got, 0, told(&drafts[i]))
			}
			if e.section != c.section || !slices.Equal(got, c.want) {
				t.Errorf("%s, %s:\n%s\nis read as\n%s\nwant, of %s,\n%s", name, e.section, e.text, strings.Join(got, "\n"), c.section, strings.Join(c.want, "\n"))
			}
			// As the RFCs have them, they are before the years that there are.
			drafts, notices := read(t, e.text)
			if len(drafts) > 0 || len(notices) == 0 {
				t.Errorf("%s, %s, in the years of the RFC: %d drafts, notices %q, want no draft and a notice", name, e.section, len(drafts), notices)
			}
		}
	}
}

var rfcCalendars = map[string][]struct {
	section string
	want    []string // each event in a few words, then notices
}{
	"rfc5545.txt": {
		{"3.4", []string{`Bastille Day Party: 2025-07-14T17:00:00 UTC; to 2025-07-15T04:00:00 UTC`}},
		{"4", []string{`Networld+Interop Conference: 2024-09-18T14:30:00 UTC; to 2024-09-20T22:00:00 UTC; "Networld+Interop Conference and Exhibit\nAtlanta World Congress Center\nAtlanta, Georgia"; ["CONFERENCE"]`}},
		{"4", []string{`XYZ Project Review: 2026-03-12T08:30:00 America/New_York; to 2026-03-12T09:30:00 America/New_York; at 1CP Conference Room 4350; "Project XYZ Review Meeting"; ["MEETING"]`}},
		{"4", []string{`Calendaring Interoperability Planning Meeting: 2025-03-24T12:30:00 UTC; to 2025-03-24T21:00:00 UTC; at LDB Lobby; "Discuss how we can test c&s interoperability\nusing iCalendar and other IETF standards."; ["MEETING" "PROJECT"]`}},
		{"4", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4", []string{`notice there are parts that are no events (VJOURNAL), which were left out`}},
		{"4", []string{`notice there are parts that are no events (VFREEBUSY), which were left out`}},
	},
	"rfc5546.txt": {
		{"4.1.1", []string{`ST. PAUL SAINTS -VS- DULUTH-SUPERIOR DUKES: 2025-07-01T20:00:00 UTC`}},
		{"4.1.2", []string{`ST. PAUL SAINTS -VS- DULUTH-SUPERIOR DUKES: 2025-07-01T21:00:00 UTC; to 2025-07-01T23:00:00 UTC`}},
		{"4.1.3", []string{`notice left out: "": it calls off what this file does not have`}},
		{"4.1.4", []string{`ST. PAUL SAINTS -VS- DULUTH-SUPERIOR DUKES: 2025-07-02T21:00:00 UTC; secret; at http://stadium.example.com/; "MIDWAY STADIUM\nBig time game.  MUST see.\nExpected duration:2 hours\n"; ["SPORTS EVENT" "ENTERTAINMENT"]; notice the zone "America-Chicago" is not known here, nor one like it; its times were turned into UTC by what the file says of it; notice the end was left out: it is 2025-07-01T23:00:00 UTC, before the start 2025-07-02T21:00:00 UTC`}},
		{"4.1.5", []string{`Bastille Day: 2025-07-14; FREQ=YEARLY`}},
		{"4.2.1", []string{`Conference: 2025-07-01T20:00:00 UTC; notice the end was left out: "19970701T2100000Z" is no time of the form 20270604, 20270604T200000 or 20270604T120000Z`}},
		{"4.2.2", []string{`notice what somebody answers, asks or proposes (METHOD:REPLY) is no event, and was left out`}},
		{"4.2.3", []string{`Phone Conference: 2025-07-01T18:00:00 UTC; to 2025-07-01T19:00:00 UTC`}},
		{"4.2.4", []string{`Discuss the Merits of the election results: 2025-07-01T19:00:00 UTC; to 2025-07-01T20:00:00 UTC; at Green Conference Room`}},
		{"4.2.4", []string{`notice what somebody answers, asks or proposes (METHOD:COUNTER) is no event, and was left out`}},
		{"4.2.4", []string{`Discuss the Merits of the election results - changed tomeet B's schedule: 2025-07-01T16:00:00 UTC; to 2025-07-01T17:00:00 UTC; at Blue Conference Room`}},
		{"4.2.4", []string{`notice what somebody answers, asks or proposes (METHOD:DECLINECOUNTER) is no event, and was left out`}},
		{"4.2.5", []string{`notice what somebody answers, asks or proposes (METHOD:REPLY) is no event, and was left out`}},
		{"4.2.5", []string{`Phone Conference: 2025-07-01T18:00:00 UTC; to 2025-07-01T20:00:00 UTC`}},
		{"4.2.6", []string{`notice what somebody answers, asks or proposes (METHOD:REPLY) is no event, and was left out`}},
		{"4.2.7", []string{`notice what somebody answers, asks or proposes (METHOD:REPLY) is no event, and was left out`}},
		{"4.2.7", []string{`Phone Conference: 2025-07-01T18:00:00 UTC; to 2025-07-01T20:00:00 UTC`}},
		{"4.2.9", []string{
			`notice 1 lines are too long or of no form that a calendar has, and were left out`,
			`notice left out: "": it calls off what this file does not have`,
		}},
		{"4.2.10", []string{`notice left out: "": it calls off what this file does not have`}},
		{"4.2.10", []string{`Phone Conference: 2025-07-01T20:00:00 UTC; to 2025-07-01T20:30:00 UTC`}},
		{"4.2.11", []string{`Phone Conference: 2025-07-01T20:00:00 UTC; to 2025-07-01T20:30:00 UTC; FREQ=WEEKLY`}},
		{"4.3.1", []string{`notice there are parts that are no events (VFREEBUSY), which were left out`}},
		{"4.3.2", []string{`notice there are parts that are no events (VFREEBUSY), which were left out`}},
		{"4.3.3", []string{`notice there are parts that are no events (VFREEBUSY), which were left out`}},
		{"4.4.1", []string{`Weekly Phone Conference: 2025-07-01T21:00:00 UTC; to 2025-07-01T22:00:00 UTC; notice the zone "America-SanJose" is not known here, nor one like it; its times were turned into UTC by what the file says of it; notice what recurs in a zone that is not known here was left out: only the first time is kept`}},
		{"4.4.2", []string{`IETF Calendaring Working Group Meeting: 2025-06-01T21:00:00 UTC; to 2025-06-01T22:00:00 UTC; FREQ=MONTHLY;UNTIL=20260901;BYMONTHDAY=1; at Conference Call; "IETF-C&S Conference Call"`}},
		{"4.4.2", []string{`IETF Calendaring Working Group Meeting: 2025-07-03T21:00:00 UTC; to 2025-07-03T22:00:00 UTC; at Conference Call; "IETF-C&S Conference Call"`}},
		{"4.4.3", []string{`notice left out: "": it calls off what this file does not have`}},
		{"4.4.4", []string{`notice left out: "": it calls off what this file does not have`}},
		{"4.4.5", []string{
			`IETF Calendaring Working Group Meeting: 2025-09-01T21:00:00 UTC; to 2025-09-01T22:00:00 UTC; at Building 32, Microsoft, Seattle, WA; "IETF-C&S Discussion"`,
			`notice 1 lines are too long or of no form that a calendar has, and were left out`,
		}},
		{"4.4.6", []string{`IETF Calendaring Working Group Meeting: 2025-07-15T21:00:00 UTC; to 2025-07-15T22:00:00 UTC; at Conference Call; "IETF-C&S Conference Call"`}},
		{"4.4.7", []string{`Review Accounts: 2026-03-03T21:00:00 UTC; to 2026-03-03T22:00:00 UTC; FREQ=WEEKLY;BYDAY=TU; at The White Room`}},
		{"4.4.7", []string{`Review Accounts: 2026-03-03T21:00:00 UTC; to 2026-03-03T22:00:00 UTC; FREQ=WEEKLY;BYDAY=TU,TH; at The White Room`}},
		{"4.4.8", []string{`Review Accounts: 2026-03-04T18:00:00 UTC; to 2026-03-04T20:00:00 UTC; on [2026-03-11 2026-03-18]; at Conference Room A`}},
		{"4.4.8", []string{`Review Accounts: 2026-03-11T16:00:00 UTC; to 2026-03-11T18:00:00 UTC; at The Small conference room`}},
		{"4.4.8", []string{`Review Accounts: 2026-03-15T18:00:00 UTC; to 2026-03-15T20:00:00 UTC; at Conference Room A`}},
		{"4.4.8", []string{`Review Accounts: 2026-03-04T18:00:00 UTC; to 2026-03-04T20:00:00 UTC; on [2026-03-11 2026-03-15]; 2026-03-11 is 2026-03-11T16:00:00 UTC to ; at Conference Room A; notice the end on 2026-03-11 was left out: it is 2026-03-04T18:00:00 UTC, before the start 2026-03-11T16:00:00 UTC`}},
		{"4.4.9", []string{`notice what somebody answers, asks or proposes (METHOD:COUNTER) is no event, and was left out`}},
		{"4.4.10", []string{`IETF Calendaring Working Group Meeting: 2025-06-01T21:00:00 UTC; to 2025-06-01T22:00:00 UTC; FREQ=MONTHLY;BYMONTHDAY=1; at Conference Call; "IETF-C&S Conference Call"`}},
		{"4.4.10", []string{`notice what somebody answers, asks or proposes (METHOD:REPLY) is no event, and was left out`}},
		{"4.5.1", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.2", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.3", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.4", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.5", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.6", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.7.1", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.5.7.2", []string{`notice there are parts that are no events (VTODO), which were left out`}},
		{"4.6", []string{`notice there are parts that are no events (VJOURNAL), which were left out`}},
		{"4.7.1", []string{`notice what somebody answers, asks or proposes (METHOD:REFRESH) is no event, and was left out`}},
		{"4.7.2", []string{`IETF Calendaring Working Group Meeting: 2025-08-01T21:00:00 UTC; to 2025-08-01T22:00:00 UTC; "IETF-C&S Conference Call"`}},
		{"4.7.2", []string{`notice what somebody answers, asks or proposes (METHOD:REFRESH) is no event, and was left out`}},
	},
}

// TestRFCConversations is calendars of RFC 5546 that are about one event, in one
// file: what it says of it.
func TestRFCConversations(t *testing.T) {
	const (
		saints = "ST. PAUL SAINTS -VS- DULUTH-SUPERIOR DUKES: 2025-07-01T21:00:00 UTC; to 2025-07-01T23:00:00 UTC"
		call   = "IETF Calendaring Working Group Meeting: 2025-06-01T21:00:00 UTC; to 2025-06-01T22:00:00 UTC"
		first  = "FREQ=MONTHLY;UNTIL=20260901;BYMONTHDAY=1"
		by     = `at Conference Call; "IETF-C&S Conference Call"`
		review = "Review Accounts: 2026-03-04T18:00:00 UTC; to 2026-03-04T20:00:00 UTC"
	)
	examples := rfcExamples(t, "rfc5546.txt")
	for _, c := range []struct {
		sections string // "4.4.8/3" is the third in it
		want     string
	}{
		{"4.1.1 4.1.2", saints},
		{"4.1.2 4.1.1", saints}, // SEQUENCE counts, and not the order
		{"4.1.1 4.1.2 4.1.3", saints + "; cancelled"},
		{"4.2.3 4.2.2 4.2.6", "Phone Conference: 2025-07-01T18:00:00 UTC; to 2025-07-01T19:00:00 UTC"},
		{"4.2.3 4.2.9", "Phone Conference: 2025-07-01T18:00:00 UTC; to 2025-07-01T19:00:00 UTC; cancelled"},
		{"4.2.4 4.2.4/2", "Discuss the Merits of the election results: 2025-07-01T19:00:00 UTC; to 2025-07-01T20:00:00 UTC; at Green Conference Room"},
		{"4.4.2 4.4.2/2", call + "; " + first + "; 2025-07-01 is 2025-07-03T21:00:00 UTC to 2025-07-03T22:00:00 UTC; " + by},
		{"4.4.2 4.4.2/2 4.4.3", call + "; " + first + "; 2025-07-01 is 2025-07-03T21:00:00 UTC to 2025-07-03T22:00:00 UTC; 2025-08-01 cancelled; " + by},
		{"4.4.2 4.4.4", call + "; cancelled; " + first + "; " + by},
		{"4.4.7 4.4.7/2", "Review Accounts: 2026-03-03T21:00:00 UTC; to 2026-03-03T22:00:00 UTC; FREQ=WEEKLY;BYDAY=TU,TH; at The White Room"},
		{"4.4.8 4.4.8/3", review + "; on [2026-03-11 2026-03-18]; at Conference Room A"}, // what was added later is left out, with a notice
		// By then the eleventh is at four and not at six, which an RDATE says.
		{"4.4.8 4.4.8/2 4.4.8/3 4.4.8/4", review + "; on [2026-03-11 2026-03-15]; 2026-03-11 is 2026-03-11T16:00:00 UTC to ; at Conference Room A; " +
			"notice the end on 2026-03-11 was left out: it is 2026-03-04T18:00:00 UTC, before the start 2026-03-11T16:00:00 UTC"},
		{"4.4.10 4.4.10/2", call + "; FREQ=MONTHLY;BYMONTHDAY=1; " + by},
	} {
		text := ""
		for name := range strings.FieldsSeq(c.sections) {
			section, nth, _ := strings.Cut(name, "/")
			left, _ := strconv.Atoi(nth)
			at := slices.IndexFunc(examples, func(e rfcExample) bool {
				if e.section == section {
					left--
				}
				return e.section == section && left <= 0
			})
			if at < 0 {
				t.Fatalf("there is no %s", name)
			}
			text += examples[at].text + "\n"
		}
		drafts, notices := read(t, moved(text))
		if len(drafts) != 1 || told(&drafts[0]) != c.want {
			t.Errorf("%s are %d events, notices %q:", c.sections, len(drafts), notices)
			for i := range drafts {
				t.Errorf(" %s", told(&drafts[i]))
			}
			t.Errorf("want %s", c.want)
		}
	}
}
