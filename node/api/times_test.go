package api

import (
	"slices"
	"testing"
	"time"

	"votive/proto/votive"
)

func TestUnderstand(t *testing.T) {
	had := &votive.Card{}
	had.Start, _ = votive.ParseTime("2027-06-04 20:00", "Asia/Hong_Kong")
	had.End, _ = votive.ParseTime("2027-06-04 22:00", "Asia/Hong_Kong")
	for _, c := range []struct {
		spoken
		want string // start, end
		err  string
	}{
		{spoken{at: "2027-06-04 20:00", zone: "Asia/Taipei"}, "2027-06-04T20:00:00 Asia/Taipei, ", ""},
		{spoken{at: "2027-06-04", lasting: "3d"}, "2027-06-04, 2027-06-06", ""},
		{spoken{at: "2027-06-04 23:00", lasting: "90m", floating: true}, "2027-06-04T23:00:00, 2027-06-05T00:30:00", ""},
		{spoken{at: "2027-06-05 19:30", had: had}, "2027-06-05T19:30:00 Asia/Hong_Kong, 2027-06-05T21:30:00 Asia/Hong_Kong", ""},
		{spoken{end: "2027-06-04 23:00", had: had}, "2027-06-04T20:00:00 Asia/Hong_Kong, 2027-06-04T23:00:00 Asia/Hong_Kong", ""},
		{spoken{at: "2027-06-05", had: had}, "", "the event changes from zoned to date, say when it ends too"},
		{
			spoken{at: "2027-06-04 20:00", end: "2027-06-04 19:00", zone: "Asia/Taipei"},
			"",
			"the end, 2027-06-04T19:00:00 Asia/Taipei, is before the start, 2027-06-04T20:00:00 Asia/Taipei",
		},
		{
			spoken{at: "2027-06-04 20:00", end: "2027-06-04 21:00", lasting: "1h", zone: "Asia/Taipei"},
			"",
			"an end and a length were both given, give one",
		},
		// In London clocks are put forward at 01:00 on 28 March 2027, and back at
		// 02:00 on 31 October.
		{
			spoken{at: "2027-03-28 01:30", zone: "Europe/London"},
			"",
			"there is no 2027-03-28T01:30:00 in Europe/London that day: clocks are put forward over it",
		},
		{
			spoken{at: "2027-03-28 00:30", zone: "Europe/London", lasting: "1h"},
			"2027-03-28T00:30:00 Europe/London, 2027-03-28T02:30:00 Europe/London", "",
		},
		{
			spoken{at: "2027-10-31 00:30", zone: "Europe/London", lasting: "2h"},
			"",
			"it would end at 2027-10-31T01:30:00 Europe/London, which comes twice that night: say when it ends",
		},
		{
			spoken{at: "2027-10-31 00:30", zone: "Europe/London", lasting: "3h"},
			"2027-10-31T00:30:00 Europe/London, 2027-10-31T02:30:00 Europe/London", "",
		},
		// As people say it: now is Wednesday, 2 June 2027.
		{
			spoken{at: "明天 20:00", end: "tomorrow 10pm", zone: "Asia/Hong_Kong"},
			"2027-06-03T20:00:00 Asia/Hong_Kong, 2027-06-03T22:00:00 Asia/Hong_Kong", "",
		},
		{spoken{at: "fri 20:00", had: had}, "2027-06-04T20:00:00 Asia/Hong_Kong, 2027-06-04T22:00:00 Asia/Hong_Kong", ""},
		{spoken{at: "in 3 days", lasting: "2d"}, "2027-06-05, 2027-06-06", ""},
		{spoken{at: "6月4日晚上8点", floating: true}, "2027-06-04T20:00:00, ", ""},
		{
			spoken{at: "6/4 20:00", zone: "Asia/Hong_Kong"},
			"",
			`time "6/4 20:00": the day and the month can be either way round: write 2027-06-04T20:00, "4 June" or 6月4日`,
		},
		{
			spoken{at: "28 march 2027 01:30", zone: "Europe/London"},
			"",
			"there is no 2027-03-28T01:30:00 in Europe/London that day: clocks are put forward over it",
		},
	} {
		c.now = time.Date(2027, 6, 2, 7, 30, 0, 0, time.UTC)
		start, end, err := c.understand()
		switch {
		case c.err == "" && err != nil, c.err != "" && (err == nil || err.Error() != c.err):
			t.Errorf("understand(%+v) = %v, want %q", c.spoken, err, c.err)
		case c.err == "" && start.String()+", "+end.String() != c.want:
			t.Errorf("understand(%+v) = %v, %v, want %s", c.spoken, start, end, c.want)
		}
	}
}

func TestEcho(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	utc, err := time.LoadLocation("Etc/UTC")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at, end, zone string
		reader        *time.Location
		want          []string
	}{
		{"2027-06-04 20:00", "2027-06-04 22:00", "Asia/Hong_Kong", london, []string{
			"there  Fri 2027-06-04 20:00 to 22:00 Asia/Hong_Kong",
			"UTC    Fri 2027-06-04 12:00 to 14:00",
			"here   Fri 2027-06-04 13:00 to 15:00 Europe/London",
		}},
		{"2027-06-04 20:00", "", "Europe/London", london, []string{
			"there  Fri 2027-06-04 20:00 Europe/London",
			"UTC    Fri 2027-06-04 19:00",
		}},
		{"2027-06-04 20:00", "", "Asia/Hong_Kong", utc, []string{ // whatever UTC is called
			"there  Fri 2027-06-04 20:00 Asia/Hong_Kong",
			"UTC    Fri 2027-06-04 12:00",
		}},
		{"2027-06-04", "2027-06-06", "", london, []string{"on     Fri 2027-06-04 to Sun 2027-06-06, wherever you are"}},
		{"2027-10-31 01:30", "", "Europe/London", utc, []string{
			"there  Sun 2027-10-31 01:30 Europe/London",
			"UTC    Sun 2027-10-31 00:30",
			"note   clocks are put back that night; of the two 01:30, the first is meant",
		}},
	} {
		start, end, err := spoken{at: c.at, end: c.end, zone: c.zone}.understand()
		if err != nil {
			t.Fatal(err)
		}
		if got := echo(start, end, c.reader); !slices.Equal(got, c.want) {
			t.Errorf("echo(%v, %v, %v) = %q, want %q", start, end, c.reader, got, c.want)
		}
	}
}
