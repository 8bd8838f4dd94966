package calendar

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"votive/proto/recur"
)

// What a KB of a file, also one that has begun, may cost.
const (
	mostBytes  = 16 << 20 // allocated
	mostLooked = 1 << 20  // days that rules are asked about, at some nanoseconds each
)

func kilobytes(text string) int { return 1 + len(text)/1024 }

// allocated is how many bytes an operation allocates.
func allocated(operation func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	operation()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// checkCost fails where reading a file costs too much.
func checkCost(t *testing.T, text string) {
	t.Helper()
	kb := kilobytes(text)
	looked := 0
	bytes := allocated(func() {
		top, n, err := readAll(strings.NewReader(text))
		if err != nil {
			return
		}
		f := newFile(n)
		f.drafts(top)
		looked = f.looked
	})
	if bytes > kb*mostBytes {
		t.Errorf("%d bytes of a calendar have %d allocated, want at most %d", len(text), bytes, kb*mostBytes)
	}
	if looked > kb*mostLooked {
		t.Errorf("%d bytes of a calendar have rules look at %d days, want at most %d", len(text), looked, kb*mostLooked)
	}
}

// costly are files that cost much for their length, each by another way; plain is
// one that does not.
func costly() (files map[string]string, plain string) {
	calendar := func(parts ...string) string { return "BEGIN:VCALENDAR\n" + strings.Join(parts, "") + "END:VCALENDAR\n" }
	event := func(lines ...string) string { return "BEGIN:VEVENT\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n" }
	repeat := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return b.String()
	}
	on := func(from, days int) string {
		return time.Date(from, 1, 2+days, 0, 0, 0, 0, time.UTC).Format("20060102")
	}
	rules := func(rule string) string {
		return calendar(strings.Repeat(event("DTSTART:20000101", "RRULE:"+rule, "RRULE:"+rule, "RRULE:"+rule, "RRULE:"+rule), 4))
	}
	zone := func(name int, more string) string {
		// Eight hours all the year, but not all years: it is held to every zone.
		return fmt.Sprintf("BEGIN:VTIMEZONE\nTZID:%d\nBEGIN:STANDARD\nDTSTART:20000101T000000\nTZOFFSETFROM:+0800\nTZOFFSETTO:+0800\n%sEND:STANDARD\n"+
			"BEGIN:STANDARD\nDTSTART:20990101T000000\nTZOFFSETFROM:+0800\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n", name, more)
	}
	const everyDay = "BYDAY=MO,TU,WE,TH,FR,SA,SU"
	dear := "RRULE:FREQ=DAILY;INTERVAL=999;COUNT=1000;" + everyDay
	return map[string]string{
		"days of years":       rules("FREQ=YEARLY;BYYEARDAY=366"),
		"days of rare years":  rules("FREQ=YEARLY;INTERVAL=999;BYYEARDAY=-1"),
		"weeks and days":      rules("FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=1"),
		"many days":           rules("FREQ=YEARLY;BYYEARDAY=" + strings.TrimSuffix(strings.Repeat("-366,", 64), ",")),
		"no second of a day":  rules("FREQ=DAILY;BYSETPOS=2"),
		"no eighth of a week": rules("FREQ=WEEKLY;BYSETPOS=8;" + everyDay),
		"no 32nd of a month":  rules("FREQ=MONTHLY;BYSETPOS=32;" + everyDay),
		"no 60th of a year":   rules("FREQ=YEARLY;BYSETPOS=60;BYDAY=MO"),
		"no date":             rules("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
		"as many rules":       strings.Repeat(rules("FREQ=YEARLY;BYYEARDAY=366"), maxLoose/16),
		"RDATE and COUNT":     calendar(event("DTSTART:20000101", dear, "RDATE:"+repeat(1100, func(i int) string { return on(2097, i) + "," }))),
		"EXDATE and COUNT":    calendar(event("DTSTART:20000101", dear, "EXDATE:"+repeat(1100, func(i int) string { return on(2097, i) + "," }))),
		"no RDATE":            calendar(event("DTSTART:20000101", "RDATE:"+strings.Repeat(",", 1100))),
		"changes and COUNT":   calendar(event("UID:1", "DTSTART:20000102", "RRULE:FREQ=DAILY;INTERVAL=35;COUNT=1000;"+everyDay), repeat(1000, func(i int) string { return event("UID:1", "RECURRENCE-ID:"+on(2000, 35*i), "DTSTART:"+on(2000, 35*i)) })),
		"changes far away": calendar(repeat(500, func(i int) string {
			return event(fmt.Sprint("UID:", i), "DTSTART:20000101", "RRULE:FREQ=DAILY") + event(fmt.Sprint("UID:", i), "RECURRENCE-ID:21001231")
		})),
		"zones":               calendar(repeat(maxZones, func(i int) string { return zone(i, "") + event(fmt.Sprintf("DTSTART;TZID=%d:20270101T000000", i)) })),
		"zone set often":      calendar(zone(1, strings.Repeat("RDATE:20270101T000000\n", 10_000)), event("DTSTART;TZID=1:20270101T000000")),
		"zone set very often": calendar(zone(1, strings.Repeat("RDATE"+strings.Repeat(",20270101T000000", 100)+"\n", 2000)), event("DTSTART;TZID=1:20270101T000000")),
		"zone by many rules":  calendar(zone(1, strings.Repeat("RRULE:FREQ=YEARLY\nEND:STANDARD\nBEGIN:STANDARD\nDTSTART:20000101T000000\nTZOFFSETFROM:+0800\nTZOFFSETTO:+0800\n", 60)), event("DTSTART;TZID=1:20270101T000000")),
		"long names of zones": calendar(repeat(50, func(i int) string {
			return event(fmt.Sprintf("DTSTART;TZID=%d%s:20270101T000000", i, strings.Repeat("/a", 30_000)))
		})),
		"an event, many times": calendar(event("UID:1", strings.Repeat("URL:\n", 100_000)+"SEQUENCE:1"), strings.Repeat(event("UID:1"), 15_000)),
		"empty events":         calendar(strings.Repeat("BEGIN:VEVENT\nEND:VEVENT\n", maxComponents-1)),
		"short lines":          calendar(strings.Repeat("UID:\n", maxProperties)),
		"short lines, spread":  calendar(strings.Repeat("BEGIN:A\n"+strings.Repeat("UID:\n", 100)+"END:A\n", maxProperties/100)),
		"folds":                calendar(event("DTSTART:20000101", "SUMMARY:"+strings.Repeat("\n x", 1_000_000))),
		"folds in letters":     calendar(event("DTSTART:20000101", "SUMMARY:"+strings.Repeat("\xe7\n \x87\n \xad", 10_000))),
		"long lines":           calendar(strings.Repeat("SUMMARY:"+strings.Repeat("x", maxLine-10)+"\n", 60)),
		"parameters":           calendar(event("DTSTART:20000101", strings.Repeat("URL"+strings.Repeat(";A=", 1000)+":\n", 1000))),
		"quotes":               calendar(event("DTSTART:20000101", strings.Repeat("URL;A="+strings.Repeat(`"",`, 1000)+":\n", 1000))),
		"categories":           calendar(event("DTSTART:20000101", "CATEGORIES:"+strings.Repeat("a,", 30_000))),
		"no categories":        calendar(event("DTSTART:20000101", "CATEGORIES:"+strings.Repeat(",", 60_000))),
		"odd links":            calendar(strings.Repeat(event("DTSTART:20000101", "URL:x"), 2000)),
		"parts in parts":       strings.Repeat(strings.Repeat("BEGIN:VCALENDAR\n", maxDepth)+strings.Repeat("END:VCALENDAR\n", maxDepth), 2000),
	}, calendar(repeat(1000, func(i int) string {
		return event(fmt.Sprintf("UID:%d", i), "DTSTART:20270604T120000Z", "SUMMARY:Vigil")
	}))
}

// TestReadCosts: no file has more done for a KB than it may, nor takes more than
// 200 times what a plain one takes: some 10 ms, and it may be 50. Before rules
// looked years up, and were walked once for all RDATE, it was up to 750 times as
// much.
func TestReadCosts(t *testing.T) {
	files, plain := costly()
	took := func(text string) time.Duration {
		begin := time.Now()
		Read(strings.NewReader(text)) //nolint:errcheck // some are refused
		return time.Since(begin) / time.Duration(kilobytes(text))
	}
	// Of several, the quickest: the others shared the processor.
	yardstick := took(plain)
	for range 10 {
		yardstick = min(yardstick, took(plain))
	}
	for _, name := range sorted(files) {
		checkCost(t, files[name])
		got, most := took(files[name]), 200*yardstick
		for tries := 0; got > most && tries < 10; tries++ {
			got = min(got, took(files[name]))
		}
		if got > most {
			t.Errorf("%s: a KB takes %v, want at most %v, 200 times what one of a plain file takes", name, got, most)
		}
	}
}

// TestInYears holds BYWEEKNO and BYYEARDAY to what package time says of a date.
func TestInYears(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(most int) *rapid.Generator[int] {
			return rapid.IntRange(-most, most).Filter(func(n int) bool { return n != 0 })
		}
		w := loose{
			years: rapid.IntRange(1, 4).Draw(t, "every how many years"),
			weeks: rapid.SliceOfN(number(53), 0, 5).Draw(t, "weeks"),
			days:  rapid.SliceOfN(number(366), 0, 60).Draw(t, "days"),
		}
		start := recur.Date(rapid.Int32Range(int32(recur.First), int32(recur.Last)).Draw(t, "start"))
		fits := w.inYears(start)
		for d := w.period(start).first; d <= min(recur.Last, start+3000); d++ {
			if got, want := fits(d), w.plainly(start, d); got != want {
				t.Fatalf("%v of weeks %v, days %v, every %d years from %v: %v, want %v", d, w.weeks, w.days, w.years, start, got, want)
			}
		}
	})
}

// plainly is inYears without looking at any other date.
func (w *loose) plainly(start, d recur.Date) bool {
	year, week := civil(d).ISOWeek()
	since, _ := civil(start).ISOWeek()
	if len(w.weeks) == 0 {
		year, since = civil(d).Year(), civil(start).Year()
	}
	_, weeks := time.Date(year, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
	length := time.Date(civil(d).Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
	in := func(list []int, n, most int) bool {
		return len(list) == 0 || slices.Contains(list, n) || slices.Contains(list, n-most-1)
	}
	return year >= since && (year-since)%w.years == 0 && in(w.weeks, week, weeks) && in(w.days, civil(d).YearDay(), length)
}
