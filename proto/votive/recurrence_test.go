package votive

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"votive/proto/recur"
)

// recurring is a card that begins then and recurs by a rule, if there is one.
func recurring(t testing.TB, start, end, rule string) *Card {
	t.Helper()
	c := &Card{Title: "Candles", Organizers: []Organizer{{Key: ID{1}}}}
	read := func(text string) Time {
		if text == "" {
			return Time{}
		}
		local, zone, _ := strings.Cut(text, " ")
		if zone == "" {
			return must(NewTime(local, "", 0))
		}
		return must(ParseTime(local, zone))
	}
	c.Start, c.End = read(start), read(end)
	if rule != "" {
		var err error
		if c.Recurrence.Rule, err = ParseRule(rule, c.Start); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	return c
}

func day(t testing.TB, text string) recur.Date {
	t.Helper()
	return must(recur.ParseDate(text))
}

// begins lists when occurrences begin, in UTC.
func begins(all []Occurrence, reader *time.Location) string {
	var list []string
	for _, o := range all {
		start, _ := o.Span(reader)
		list = append(list, start.UTC().Format("2006-01-02T15:04Z"))
	}
	return strings.Join(list, " ")
}

// TestParseRule is how an UNTIL with a time of day is understood: RFC 5545,
// 3.3.10, for each form of start.
func TestParseRule(t *testing.T) {
	const newYork, hongKong = "2027-09-02T09:00:00 America/New_York", "2027-06-04T20:00:00 Asia/Hong_Kong"
	for _, c := range []struct{ start, rule, want string }{
		{newYork, "FREQ=DAILY;UNTIL=20271224T000000Z", "FREQ=DAILY;UNTIL=20271223"}, // the RFC's own
		{newYork, "RRULE:FREQ=DAILY;UNTIL=20271224T140000Z", "FREQ=DAILY;UNTIL=20271224"},
		{newYork, "rrule:freq=daily;until=20271224t135959z", "FREQ=DAILY;UNTIL=20271223"},
		{newYork, "FREQ=DAILY;UNTIL=20271224", "FREQ=DAILY;UNTIL=20271224"},
		{newYork, "FREQ=DAILY;UNTIL=20271224T090000", "FREQ=DAILY;UNTIL=20271224"},
		{newYork, "FREQ=DAILY;UNTIL=20271224T085959", "FREQ=DAILY;UNTIL=20271223"},
		{hongKong, "FREQ=DAILY;UNTIL=20270610T120000Z", "FREQ=DAILY;UNTIL=20270610"},
		{hongKong, "FREQ=DAILY;UNTIL=20270610T115959Z", "FREQ=DAILY;UNTIL=20270609"},
		{"2027-06-04T00:30:00 Asia/Hong_Kong", "FREQ=DAILY;UNTIL=20270610T170000Z", "FREQ=DAILY;UNTIL=20270611"},
		{"2027-06-04T20:00:00", "FREQ=DAILY;UNTIL=20270610T200000", "FREQ=DAILY;UNTIL=20270610"},
		{"2027-06-04T20:00:00", "FREQ=DAILY;UNTIL=20270610T195959", "FREQ=DAILY;UNTIL=20270609"},
		{"2027-06-04", "FREQ=DAILY;UNTIL=20270610T000000Z", "FREQ=DAILY;UNTIL=20270610"},
		{" 2027-06-04", " FREQ=DAILY ", "FREQ=DAILY"},
	} {
		start := recurring(t, strings.TrimSpace(c.start), "", "").Start
		r, err := ParseRule(c.rule, start)
		if err != nil || r.String() != c.want {
			t.Errorf("ParseRule(%s, %v) = %v, %v, want %s", c.rule, start, r, err, c.want)
			continue
		}
		// Written for iCalendar and read again it is the same.
		text := Recurrence{Rule: r}.RRule(start)
		if again, err := ParseRule(text, start); err != nil || again != r {
			t.Errorf("ParseRule(%s, %v) = %v, %v, want %v", text, start, again, err, r)
		}
	}
	for _, c := range []struct{ start, rule, want string }{
		{"2027-06-04T20:00:00", "FREQ=DAILY;UNTIL=20270610T200000Z", "is in UTC"},
		{hongKong, "FREQ=DAILY;UNTIL=20270610T20", "is not of the form"},
		{hongKong, "FREQ=DAILY;UNTIL=20270610T200060Z", "is not of the form"},
		{hongKong, "FREQ=DAILY;UNTIL=99991231T235959Z", "is not in the years"},
		{hongKong, "FREQ=HOURLY", "FREQ=HOURLY"},
		{hongKong, "", "not of the form NAME=VALUE"},
		{hongKong, "RRULE:", `"RRULE:" is not of the form`},
		{hongKong, strings.Repeat("x", 300), "rule of 300 bytes"},
	} {
		start := recurring(t, c.start, "", "").Start
		if r, err := ParseRule(c.rule, start); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseRule(%s, %v) = %v, %v, want what says %q", c.rule, start, r, err, c.want)
		}
	}
}

// TestRRule is how a rule is written for iCalendar.
func TestRRule(t *testing.T) {
	for _, c := range []struct{ start, want string }{
		{"2027-06-04T20:00:00 Asia/Hong_Kong", "FREQ=DAILY;UNTIL=20270610T120000Z"},
		{"2027-06-04T20:00:00", "FREQ=DAILY;UNTIL=20270610T200000"},
		{"2027-06-04", "FREQ=DAILY;UNTIL=20270610"},
	} {
		card := recurring(t, c.start, "", "FREQ=DAILY;UNTIL=20270610")
		if got := card.Recurrence.RRule(card.Start); got != c.want {
			t.Errorf("RRule of what begins on %s = %s, want %s", c.start, got, c.want)
		}
	}
}

// TestNext is the next occurrence, and the span of all of them.
func TestNext(t *testing.T) {
	card := recurring(t, "2027-06-04T20:00:00 Asia/Hong_Kong", "2027-06-04T22:00:00 Asia/Hong_Kong", "FREQ=WEEKLY;COUNT=5")
	card.Recurrence.Dates = []recur.Date{day(t, "2027-06-08")}
	card.Recurrence.Except = []recur.Date{day(t, "2027-06-18")}
	card.Occurrences = []Occurrence{
		{Date: day(t, "2027-06-11"), Cancelled: true},
		{Date: day(t, "2027-06-25"), Start: must(ParseTime("2027-07-09 20:00", "Asia/Hong_Kong"))},
	}
	if err := card.check(); err != nil {
		t.Fatal(err)
	}
	// 4, 8, (11), (18), 2 July, and 25 June on 9 July.
	for _, c := range []struct{ at, want string }{
		{"2020-01-01T00:00:00Z", "2027-06-04"},
		{"2027-06-04T14:00:00Z", "2027-06-04"},
		{"2027-06-04T14:00:01Z", "2027-06-08"},
		{"2027-06-08T15:00:00Z", "2027-07-02"},
		{"2027-07-02T14:00:01Z", "2027-06-25"},
		{"2027-07-09T14:00:00Z", "2027-06-25"},
		{"2027-07-09T14:00:01Z", ""},
	} {
		o, ok := card.Next(must(time.Parse(time.RFC3339, c.at)), nil)
		if got := o.Date.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("Next(%s) = %v, %v, want %s", c.at, got, ok, c.want)
		}
	}
	start, end := card.Span(nil)
	if want := "2027-06-04T12:00:00Z 2027-07-09T14:00:00Z"; start.UTC().Format(time.RFC3339)+" "+end.UTC().Format(time.RFC3339) != want {
		t.Errorf("Span = %v, %v, want %s", start.UTC(), end.UTC(), want)
	}
	all, more := card.Within(time.Time{}, time.Time{}, nil)
	if got, want := begins(all, nil), "2027-06-04T12:00Z 2027-06-08T12:00Z 2027-06-11T12:00Z 2027-07-02T12:00Z 2027-07-09T12:00Z"; got != want || more {
		t.Errorf("Within = %s, %v, want %s", got, more, want)
	}
	for date, want := range map[string]bool{"2027-06-04": true, "2027-06-11": true, "2027-06-25": true, "2027-06-18": false, "2027-07-09": false} {
		if _, ok := card.Occurrence(day(t, date)); ok != want {
			t.Errorf("Occurrence(%s) = %v, want %v", date, ok, want)
		}
	}
}

// TestUnending is the end of what has none of its own: SPEC 6.7.
func TestUnending(t *testing.T) {
	for rule, want := range map[string]string{
		"FREQ=YEARLY":              "2100-06-04T14:00:00Z",
		"FREQ=YEARLY;INTERVAL=50":  "2077-06-04T14:00:00Z",
		"FREQ=YEARLY;INTERVAL=999": "2027-06-04T14:00:00Z",
		"FREQ=DAILY":               "2100-12-31T14:00:00Z",
	} {
		card := recurring(t, "2027-06-04T20:00:00 Asia/Hong_Kong", "2027-06-04T22:00:00 Asia/Hong_Kong", rule)
		if _, end := card.Span(nil); end.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s ends at %v, want %s", rule, end.UTC(), want)
		}
	}
}

// TestRulesOfZonesChange: an event keeps its wall clock when the rules of its
// zone change, and so do all of its occurrences. SPEC 6.3, 6.9.
func TestRulesOfZonesChange(t *testing.T) {
	const name = "Asia/Hong_Kong"
	card := recurring(t, "2027-06-04T20:00:00 "+name, "2027-06-04T22:00:00 "+name, "FREQ=YEARLY;COUNT=3")
	says := func(want string) {
		t.Helper()
		all, _ := card.Within(time.Time{}, time.Time{}, nil)
		if got := begins(all, nil); got != want {
			t.Errorf("occurrences begin at %s, want %s", got, want)
		}
		for _, o := range all {
			if !strings.HasSuffix(o.Start.Local(), "-06-04T20:00:00") || !strings.HasSuffix(o.End.Local(), "-06-04T22:00:00") || o.Start.Zone() != name {
				t.Errorf("an occurrence is %v to %v, want 20:00 to 22:00 in the same zone", o.Start, o.End)
			}
		}
	}
	says("2027-06-04T12:00Z 2028-06-04T12:00Z 2029-06-04T12:00Z")
	withZone(t, name, time.FixedZone(name, 9*3600))
	says("2027-06-04T11:00Z 2028-06-04T11:00Z 2029-06-04T11:00Z")
	withZone(t, name, nil) // a reader who knows no such zone goes by the offset
	says("2027-06-04T12:00Z 2028-06-04T12:00Z 2029-06-04T12:00Z")
}

// withZone gives a zone other rules while a test runs.
func withZone(t testing.TB, name string, rules *time.Location) {
	t.Helper()
	was := knownZone(name)
	set := func(z *time.Location) {
		zones.Lock()
		defer zones.Unlock()
		zones.known[name] = z
	}
	set(rules)
	t.Cleanup(func() { set(was) })
}

// TestDatesNeverShift: a date is the same date in Kiritimati, Hong Kong, London
// and Honolulu, and so is every date of an event that recurs. SPEC 6.3, 6.9.
func TestDatesNeverShift(t *testing.T) {
	var readers []*time.Location
	for _, name := range []string{"Pacific/Kiritimati", "Asia/Hong_Kong", "Europe/London", "Pacific/Honolulu"} {
		readers = append(readers, mustZone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		start := recur.Date(rapid.Int32Range(int32(recur.First), int32(recur.Last)-800).Draw(t, "start"))
		days := recur.Date(rapid.Int32Range(0, 9).Draw(t, "days"))
		rule := rapid.SampledFrom([]string{"", "FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=YEARLY"}).Draw(t, "rule")
		card := &Card{Start: must(NewTime(start.String(), "", 0)), End: must(NewTime((start + days).String(), "", 0))}
		if rule != "" {
			card.Recurrence.Rule = must(recur.Parse(rule))
		}
		for _, reader := range readers {
			all, _ := card.Within(midnight(start, reader).AddDate(0, 0, -3), midnight(start, reader).AddDate(2, 0, 0), reader)
			if len(all) == 0 || all[0].Date != start {
				t.Fatalf("%s from %v: the first occurrence is %v", rule, start, all)
			}
			for _, o := range all {
				from, to := o.Span(reader)
				if from.Format(time.DateTime) != o.Date.String()+" 00:00:00" || to.Format(time.DateTime) != (o.Date+days+1).String()+" 00:00:00" {
					t.Fatalf("%v for %d days is %v to %v in %v", o.Date, days+1, from, to, reader)
				}
				if o.Start.Local() != o.Date.String() || o.End.Local() != (o.Date+days).String() {
					t.Fatalf("%v for %d days is %v to %v", o.Date, days+1, o.Start, o.End)
				}
			}
			if o, ok := card.Next(midnight(start, reader), reader); !ok || o.Date != start {
				t.Fatalf("Next at the midnight of %v = %v, %v", start, o.Date, ok)
			}
			if o, ok := card.Next(midnight(start+days+1, reader).Add(time.Second), reader); ok && o.Date <= start {
				t.Fatalf("Next after %v = %v", start+days, o.Date)
			}
		}
	})
}

// midnight is the moment at which a day begins.
func midnight(d recur.Date, reader *time.Location) time.Time {
	year, month, day := d.Civil()
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, reader)
}

// TestWithin holds windows to each other: what is on in a window is what is on
// at all and is not outside of it, whatever was moved, and Next is the first.
func TestWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", ""}).Draw(t, "zone")
		start := recur.Date(rapid.Int32Range(14600, 22000).Draw(t, "start")) // 2009 to 2030
		clock := rapid.SampledFrom([]string{"00:00:00", "01:45:00", "02:30:00", "20:00:00", "23:59:59"}).Draw(t, "clock")
		card := &Card{Title: "x", Organizers: []Organizer{{Key: ID{1}}}, Start: must(ParseFloating(start.String() + "T" + clock))}
		if zone != "" {
			card.Start = must(ParseTime(start.String()+"T"+clock, zone))
		}
		card.Recurrence.Rule = must(recur.Parse(rapid.SampledFrom([]string{"FREQ=DAILY;COUNT=200", "FREQ=WEEKLY;COUNT=50", "FREQ=MONTHLY;COUNT=20"}).Draw(t, "rule")))
		if hours := rapid.IntRange(-1, 60).Draw(t, "hours"); hours >= 0 {
			card.End = must(card.Start.Lasting(time.Duration(hours) * time.Hour))
		}
		for d := range card.dates(start) {
			switch rapid.IntRange(0, 9).Draw(t, "different") {
			case 0:
				card.Occurrences = append(card.Occurrences, Occurrence{Date: d, Cancelled: true})
			case 1:
				to := card.Start.on(d + recur.Date(rapid.IntRange(-90, 90).Draw(t, "moved by")))
				card.Occurrences = append(card.Occurrences, Occurrence{Date: d, Start: to})
			}
			if len(card.Occurrences) == maxDifferent {
				break
			}
		}
		if err := card.check(); err != nil {
			t.Fatal(err)
		}
		from := card.Start.Instant(nil).Add(time.Duration(rapid.IntRange(-1000, 5000).Draw(t, "from")) * time.Hour)
		to := from.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "window")) * time.Hour)
		all, more := card.Within(time.Time{}, time.Time{}, nil)
		var want []Occurrence
		var next *Occurrence
		first, last := card.Span(nil)
		for _, o := range all {
			begin, end := o.Span(nil)
			if !begin.After(to) && !end.Before(from) {
				want = append(want, o)
			}
			if !end.Before(from) && !o.Cancelled && next == nil {
				next = &o
			}
			if !o.Cancelled && (begin.Before(first) || end.After(last)) {
				t.Fatalf("the occurrence of %v is %v to %v, and all are %v to %v", o.Date, begin, end, first, last)
			}
		}
		took := make(map[[2]int64]int)
		for begin, end := range card.Spans(from, to, nil) {
			took[[2]int64{begin.Unix(), end.Unix()}]++
		}
		for _, o := range want {
			begin, end := o.Span(nil)
			if !o.Cancelled {
				took[[2]int64{begin.Unix(), end.Unix()}]--
			}
		}
		for span, n := range took {
			if n != 0 {
				t.Fatalf("Spans has %v %+d times too often", span, n)
			}
		}
		got, _ := card.Within(from, to, nil)
		if more || begins(got, nil) != begins(want, nil) {
			t.Fatalf("Within(%v, %v) = %s, want %s of %s", from, to, begins(got, nil), begins(want, nil), begins(all, nil))
		}
		o, ok := card.Next(from, nil)
		if ok != (next != nil) || ok && !o.Start.Instant(nil).Equal(next.Start.Instant(nil)) {
			t.Fatalf("Next(%v) = %v, %v, want %v of %s", from, o, ok, next, begins(all, nil))
		}
	})
}

// BenchmarkNext finds the next occurrence of events that recur; "counted" and
// "different" are the dearest that may be said.
func BenchmarkNext(b *testing.B) {
	const start, end = "2027-06-04T20:00:00 Asia/Hong_Kong", "2027-06-04T22:00:00 Asia/Hong_Kong"
	yearly := recurring(b, start, end, "FREQ=YEARLY")
	weekly := recurring(b, start, end, "FREQ=WEEKLY;BYDAY=MO,WE,FR")
	counted := recurring(b, start, end, "FREQ=DAILY;COUNT=1000;BYMONTH=6;BYMONTHDAY=4")
	different := recurring(b, start, end, "FREQ=DAILY;COUNT=1000")
	for d := range different.dates(different.Start.date()) {
		if different.Occurrences = append(different.Occurrences, Occurrence{Date: d, Start: different.Start}); len(different.Occurrences) == maxDifferent {
			break
		}
	}
	at := time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, card := range map[string]*Card{"yearly": yearly, "weekly": weekly, "counted": counted, "different": different} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				card.Next(at, time.UTC)
			}
		})
		b.Run("check "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := card.check(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("within "+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				card.Within(time.Time{}, time.Time{}, time.UTC)
			}
		})
	}
}

// BenchmarkCentury is a yearly rule over the century, in zones whose clocks are
// changed and are not. The yardstick is the rule alone, without any
// clock.
func BenchmarkCentury(b *testing.B) {
	for _, zone := range []string{"Asia/Hong_Kong", "America/New_York", "Africa/Casablanca", ""} {
		start, end := "2000-06-04T20:00:00 "+zone, "2000-06-04T22:00:00 "+zone
		if zone == "" {
			start, end = "2000-06-04T20:00:00", "2000-06-04T22:00:00"
		}
		card := recurring(b, start, end, "FREQ=YEARLY")
		reader := must(time.LoadLocation("Europe/Berlin"))
		b.Run(card.Start.String(), func(b *testing.B) {
			b.ReportAllocs()
			against(b, "rule", func() {
				for range card.dates(card.Start.date()) {
				}
			}, func() {
				if all, _ := card.Within(time.Time{}, time.Time{}, reader); len(all) != 101 {
					b.Fatalf("%d dates, want 101", len(all))
				}
			})
		})
	}
}
