package recur

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestParse is rules in other forms than the one that they are written in.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"FREQ=WEEKLY":                                "FREQ=WEEKLY",
		"freq=weekly;byday=fr,mo":                    "FREQ=WEEKLY;BYDAY=MO,FR",
		"BYDAY=FR;INTERVAL=1;FREQ=WEEKLY":            "FREQ=WEEKLY;BYDAY=FR",
		"FREQ=WEEKLY;WKST=SU":                        "FREQ=WEEKLY",
		"FREQ=MONTHLY;INTERVAL=2;WKST=SU":            "FREQ=MONTHLY;INTERVAL=2",
		"FREQ=WEEKLY;INTERVAL=2;WKST=SU":             "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
		"FREQ=WEEKLY;INTERVAL=2;WKST=MO":             "FREQ=WEEKLY;INTERVAL=2",
		"FREQ=DAILY;INTERVAL=0002;COUNT=01":          "FREQ=DAILY;INTERVAL=2;COUNT=1",
		"FREQ=MONTHLY;BYMONTHDAY=+4,-1,15,4":         "FREQ=MONTHLY;BYMONTHDAY=-1,4,15",
		"FREQ=MONTHLY;BYDAY=1FR,FR,-1FR,+02MO":       "FREQ=MONTHLY;BYDAY=-1FR,FR,1FR,2MO",
		"FREQ=YEARLY;BYDAY=53SU,-53MO":               "FREQ=YEARLY;BYDAY=-53MO,53SU",
		"FREQ=YEARLY;BYMONTH=12,06;UNTIL=21001231":   "FREQ=YEARLY;UNTIL=21001231;BYMONTH=6,12",
		"FREQ=YEARLY;INTERVAL=1000;COUNT=1000":       "FREQ=YEARLY;INTERVAL=1000;COUNT=1000",
		"FREQ=DAILY;UNTIL=20000101;BYDAY=SU,MO,TU,W": "",
	} {
		r, err := Parse(text)
		if want == "" {
			if err == nil {
				t.Errorf("Parse(%s) = %v, want an error", text, r)
			}
			continue
		}
		if err != nil || r.String() != want {
			t.Errorf("Parse(%s) = %v, %v, want %s", text, r, err, want)
		}
	}
}

// TestParseRefuses is what is no rule, or none that is understood.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                            "not of the form NAME=VALUE",
		"weekly":                                      "not of the form NAME=VALUE",
		"FREQ=":                                       "not of the form NAME=VALUE",
		"FREQ=WEEKLY;":                                "not of the form NAME=VALUE",
		"RRULE:FREQ=WEEKLY":                           `"RRULE:FREQ" in a rule is not understood`,
		"INTERVAL=2":                                  "rule without FREQ",
		"FREQ=WEEKLY;FREQ=DAILY":                      "rule has FREQ twice",
		"FREQ=WEEKLY ":                                "FREQ=WEEKLY , want DAILY",
		"FREQ=WEEKLY;COUNT=2;UNTIL=20270604":          "both COUNT and UNTIL",
		"FREQ=WEEKLY;COUNT=0":                         "COUNT=0, want 1 to 1000",
		"FREQ=WEEKLY;COUNT=1001":                      "COUNT=1001, want 1 to 1000",
		"FREQ=WEEKLY;COUNT=-1":                        "COUNT=-1, want 1 to 1000",
		"FREQ=WEEKLY;COUNT=9999999999":                "COUNT=9999999999, want",
		"FREQ=WEEKLY;INTERVAL=0":                      "INTERVAL=0, want 1 to 1000",
		"FREQ=WEEKLY;INTERVAL=1001":                   "INTERVAL=1001, want 1 to 1000",
		"FREQ=WEEKLY;UNTIL=20270604T200000Z":          "is not of digits",
		"FREQ=WEEKLY;UNTIL=20270231":                  "is no day of the years 2000 to 2100",
		"FREQ=WEEKLY;UNTIL=19991231":                  "is no day of the years 2000 to 2100",
		"FREQ=WEEKLY;UNTIL=21010101":                  "is no day of the years 2000 to 2100",
		"FREQ=WEEKLY;BYDAY=1FR":                       "a number in BYDAY",
		"FREQ=DAILY;BYDAY=-1FR":                       "a number in BYDAY",
		"FREQ=MONTHLY;BYDAY=6FR":                      "number 6 of a weekday in a month",
		"FREQ=YEARLY;BYMONTH=6;BYDAY=-6FR":            "number 6 of a weekday in a month",
		"FREQ=YEARLY;BYDAY=54FR":                      "BYDAY has",
		"FREQ=YEARLY;BYDAY=0FR":                       "BYDAY has",
		"FREQ=YEARLY;BYDAY=F":                         "BYDAY has",
		"FREQ=YEARLY;BYDAY=FR,":                       "BYDAY has",
		"FREQ=YEARLY;BYDAY=五":                         "BYDAY has",
		"FREQ=YEARLY;BYMONTH=0":                       "BYMONTH has",
		"FREQ=YEARLY;BYMONTH=13":                      "BYMONTH has",
		"FREQ=YEARLY;BYMONTH=99":                      "BYMONTH has",
		"FREQ=YEARLY;BYMONTH=-1":                      "BYMONTH has",
		"FREQ=MONTHLY;BYMONTHDAY=0":                   "BYMONTHDAY has",
		"FREQ=MONTHLY;BYMONTHDAY=32":                  "BYMONTHDAY has",
		"FREQ=MONTHLY;BYMONTHDAY=-32":                 "BYMONTHDAY has",
		"FREQ=MONTHLY;BYMONTHDAY=+-1":                 "BYMONTHDAY has",
		"FREQ=WEEKLY;BYMONTHDAY=4":                    "BYMONTHDAY in a weekly rule",
		"FREQ=WEEKLY;INTERVAL=2;WKST=XX":              "WKST=XX is no day",
		"FREQ=WEEKLY;" + strings.Repeat("x", MaxText): "want at most 200",
	} {
		if r, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%s) = %v, %v, want what says %s", text, r, err, want)
		}
	}
}

// TestDate holds dates to package time, every day from 2000 to 2100.
func TestDate(t *testing.T) {
	d := First
	for day := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= 2100; day = day.AddDate(0, 0, 1) {
		year, month, n := d.Civil()
		again, ok := DateOf(day.Year(), int(day.Month()), day.Day())
		if year != day.Year() || month != int(day.Month()) || n != day.Day() || !ok || again != d || d.Weekday() != day.Weekday() {
			t.Fatalf("%d is %d-%d-%d, a %v, and of that day %v; want %v, a %v", d, year, month, n, d.Weekday(), again, day, day.Weekday())
		}
		if parsed, err := ParseDate(d.String()); err != nil || parsed != d {
			t.Fatalf("ParseDate(%v) = %v, %v", d, parsed, err)
		}
		d++
	}
	if d != Last+1 {
		t.Errorf("the last day is %v, want %v", d-1, Last)
	}
	for _, bad := range []string{"", "2027-02-29", "1999-12-31", "2101-01-01", "2027-6-04", "2027/06/04", "20270604", "2027-06-04 ", "+027-06-04", "２０２７-06-04"} {
		if got, err := ParseDate(bad); err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", bad, got)
		}
	}
}

// plain is a rule read once more, as lists, to be asked of single days.
type plain struct {
	freq          string
	interval      int
	until         Date
	months, mdays []int
	days          []struct {
		n int
		w time.Weekday
	}
	weekStart time.Weekday
}

// on says of one day, and without looking at any other, whether a rule that
// begins on start comes on it: RFC 5545, 3.3.10, told as a condition.
func (p plain) on(start, d Date) bool {
	s, t := start.midnight(), d.midnight()
	if d < start || p.until != 0 && d > p.until || len(p.months) > 0 && !slices.Contains(p.months, int(t.Month())) {
		return false
	}
	if len(p.mdays) > 0 && !slices.Contains(p.mdays, t.Day()) && !slices.Contains(p.mdays, t.Day()-1-t.AddDate(0, 1, -t.Day()).Day()) {
		return false
	}
	between := 0
	switch p.freq {
	case "DAILY":
		between = int(d - start)
	case "WEEKLY":
		monday := func(t time.Time) int { return int(t.Unix()/86400) - int(t.Weekday()-p.weekStart+7)%7 }
		between = (monday(t) - monday(s)) / 7
		if len(p.days) == 0 && t.Weekday() != s.Weekday() {
			return false
		}
	case "MONTHLY":
		between = t.Year()*12 + int(t.Month()) - s.Year()*12 - int(s.Month())
	case "YEARLY":
		between = t.Year() - s.Year()
		if len(p.months)+len(p.mdays)+len(p.days) == 0 && t.Month() != s.Month() {
			return false
		}
	}
	if len(p.days)+len(p.mdays) == 0 && (p.freq == "MONTHLY" || p.freq == "YEARLY") && t.Day() != s.Day() {
		return false
	}
	return between%p.interval == 0 && (len(p.days) == 0 || p.onWeekday(t))
}

func (p plain) onWeekday(t time.Time) bool {
	// How many days of this name there are in the month or year up to t, and
	// from t on.
	first, next := t.AddDate(0, 0, 1-t.Day()), t.AddDate(0, 1, 1-t.Day())
	if p.freq == "YEARLY" && len(p.months) == 0 {
		first, next = t.AddDate(0, 0, 1-t.YearDay()), time.Date(t.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	upTo := int(t.Sub(first).Hours())/24/7 + 1
	from := (int(next.Sub(t).Hours())/24 + 6) / 7
	for _, d := range p.days {
		if d.w == t.Weekday() && (d.n == 0 || d.n == upTo || d.n == -from) {
			return true
		}
	}
	return false
}

// drawRule is any rule of the subset, as text and read once more.
func drawRule(t *rapid.T) (string, plain) {
	p := plain{interval: 1, weekStart: time.Monday}
	p.freq = rapid.SampledFrom(frequencies[1:]).Draw(t, "freq")
	text := "FREQ=" + p.freq
	add := func(format string, args ...any) { text += fmt.Sprintf(format, args...) }
	if rapid.Bool().Draw(t, "with interval") {
		p.interval = rapid.IntRange(1, 40).Draw(t, "interval")
		add(";INTERVAL=%d", p.interval)
	}
	list := func(name string, least, most, length int) []int {
		var all []int
		if rapid.Bool().Draw(t, "with "+name) {
			all = rapid.SliceOfNDistinct(rapid.IntRange(least, most).Filter(func(n int) bool { return n != 0 }), 1, length, rapid.ID).Draw(t, name)
			add(";%s=%s", name, strings.ReplaceAll(strings.Trim(fmt.Sprintf("%v", all), "[]"), " ", ","))
		}
		return all
	}
	p.months = list("BYMONTH", 1, 12, 4)
	if p.freq != "WEEKLY" {
		p.mdays = list("BYMONTHDAY", -31, 31, 5)
	}
	if rapid.Bool().Draw(t, "with BYDAY") {
		most := map[string]int{"MONTHLY": 5, "YEARLY": 53}[p.freq]
		if len(p.months) > 0 {
			most = min(most, 5)
		}
		var items []string
		for range rapid.IntRange(1, 4).Draw(t, "days") {
			w := rapid.IntRange(0, 6).Draw(t, "weekday")
			n := 0
			if rapid.Bool().Draw(t, "numbered") {
				n = rapid.IntRange(-most, most).Draw(t, "number")
			}
			item := weekdays[w]
			if n != 0 {
				item = fmt.Sprintf("%d%s", n, item)
			}
			items = append(items, item)
			p.days = append(p.days, struct {
				n int
				w time.Weekday
			}{n, time.Weekday(w)})
		}
		add(";BYDAY=%s", strings.Join(items, ","))
	}
	if p.freq == "WEEKLY" {
		p.weekStart = time.Weekday(rapid.IntRange(0, 6).Draw(t, "week start"))
		add(";WKST=%s", weekdays[p.weekStart])
	}
	return text, p
}

// TestDates holds what a rule gives to a condition on single days.
func TestDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, p := drawRule(t)
		start := Date(rapid.Int32Range(int32(First), int32(Last)).Draw(t, "start"))
		from := start + Date(rapid.Int32Range(-10, 4000).Draw(t, "from"))
		bound := rapid.SampledFrom([]string{"", "COUNT", "UNTIL"}).Draw(t, "bound")
		count := 0
		switch bound {
		case "COUNT":
			count = rapid.IntRange(1, 30).Draw(t, "count")
			text += fmt.Sprintf(";COUNT=%d", count)
		case "UNTIL":
			p.until = min(Last, start+Date(rapid.Int32Range(0, 5000).Draw(t, "until")))
			text += ";UNTIL=" + p.until.midnight().Format("20060102")
		}
		r, err := Parse(text)
		if err != nil {
			t.Fatalf("Parse(%s) = %v", text, err)
		}
		if again, err := Parse(r.String()); err != nil || again != r {
			t.Fatalf("Parse(%v) = %v, %v, want the same", r, again, err)
		}
		var want []Date
		for d, n := start, 0; d <= min(Last, start+6000); d++ {
			if !p.on(start, d) {
				continue
			}
			if n++; count > 0 && n > count {
				break
			}
			if d >= from {
				want = append(want, d)
			}
		}
		var got []Date
		for d := range r.Dates(start, from) {
			if d > start+6000 {
				break
			}
			got = append(got, d)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s from %v, after %v = %v, want %v", text, start, from, got, want)
		}
	})
}

// mostBytes is what reading a rule, and expanding it over the century, may
// allocate: a KB of input may cost 16 MiB, and no rule is longer.
const mostBytes = 16 << 20

// allocated is how many bytes an operation allocates.
func allocated(operation func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	operation()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// dearRules are those that look at most for what they give.
var dearRules = []string{
	"FREQ=DAILY;INTERVAL=999;COUNT=1000;BYDAY=MO,TU,WE,TH,FR,SA,SU", // every day is looked at, and few are given
	"FREQ=DAILY;INTERVAL=1000;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12",
	"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", // none
	"FREQ=WEEKLY;INTERVAL=1000;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU",
	"FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=1MO,1TU,1WE,1TH,1FR,1SA,1SU,-5MO,-5TU,-5WE,-5TH,-5FR,-5SA,-5SU",
	"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", // none
	"FREQ=YEARLY;BYDAY=1MO,2MO,3MO,4MO,5MO,6MO,7MO,8MO,9MO,10MO,-1TU,-2TU,-3TU,-4TU,-5TU,-6TU,-7TU,-8TU,-9TU,-10TU,1WE,2WE,3WE,4WE,5WE,6WE,7WE,8WE,9WE,10WE,11WE,12WE,13WE,14WE",
	"FREQ=YEARLY;BYMONTHDAY=31;BYDAY=53MO,53TU,53WE,53TH,53FR,53SA,53SU,-53MO,-53TU,-53WE,-53TH,-53FR,-53SA,-53SU,MO,TU,WE,TH,FR,SA,SU",
}

// TestRuleCosts: no rule takes more over the century than 20 times what every day
// of it takes, which is what the dearest may look at: so it takes some
// milliseconds at most, wherever a plain rule takes a tenth of one.
func TestRuleCosts(t *testing.T) {
	took := func(r Rule) time.Duration {
		begin := time.Now()
		n := 0
		for range r.Dates(First, First) {
			n++
		}
		if n > int(Last-First)+1 {
			t.Errorf("%v gives %d dates, more than there are", r, n)
		}
		return time.Since(begin)
	}
	// Of several, the quickest: the others shared the processor.
	yardstick := took(Every(Daily))
	for range 10 {
		yardstick = min(yardstick, took(Every(Daily)))
	}
	for _, text := range dearRules {
		r, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got, most := took(r), 20*yardstick
		for tries := 0; got > most && tries < 10; tries++ {
			got = min(got, took(r))
		}
		if got > most {
			t.Errorf("%s takes %v, want at most %v, 20 times what every day takes", text, got, most)
		}
	}
}

// FuzzParse: what is understood is written so that it is understood as the
// same, is short, and gives dates that ascend and are within the years. What it
// allocates is bounded, and so is how many dates there are.
func FuzzParse(f *testing.F) {
	for _, c := range rfcExamples {
		f.Add(c.rule, int32(20000))
	}
	f.Add("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", int32(0))
	f.Add("FREQ=DAILY;INTERVAL=1000;COUNT=1000", int32(-1))
	f.Add("freq=monthly;byday=-5FR,fr,+1MO", int32(1<<30))
	for _, rule := range dearRules {
		f.Add(rule, int32(0))
	}
	f.Add("FREQ=DAILY;BYMONTHDAY="+strings.Repeat("1,", 1<<19), int32(0))
	f.Fuzz(func(t *testing.T, text string, start int32) {
		var r Rule
		var err error
		bytes := allocated(func() {
			if r, err = Parse(text); err == nil {
				for range r.Dates(First, First) {
				}
			}
		})
		if bytes > mostBytes {
			t.Fatalf("Parse(%.200q) and all its dates allocate %d bytes, want at most %d", text, bytes, mostBytes)
		}
		if err != nil {
			return
		}
		again, err := Parse(r.String())
		if err != nil || again != r {
			t.Fatalf("Parse(%v) = %v, %v, want the same", r, again, err)
		}
		begin := First + Date(uint32(start)%uint32(Last-First+1))
		before, n := begin-1, 0
		for d := range r.Dates(begin, begin) {
			if d <= before || d > Last || r.Until() != 0 && d > r.Until() {
				t.Fatalf("%v from %v gives %v after %v", r, begin, d, before)
			}
			before = d
			n++
		}
		if r.Count() > 0 && n > r.Count() {
			t.Fatalf("%v gives %d dates", r, n)
		}
	})
}
