package dates

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"votive/proto/votive"
)

// now is Wednesday, 2027-06-02, 15:30:20 in Hong Kong.
var now = time.Date(2027, 6, 2, 7, 30, 20, 0, time.UTC)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func inHongKong(t testing.TB) Reader {
	return Reader{Now: now, Zone: "Asia/Hong_Kong", Here: zone(t, "Asia/Hong_Kong")}
}

// TestRead is what is understood, on Wednesday, 2027-06-02, 15:30 in Hong Kong.
func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		// The absolute forms.
		"2027-06-04T20:00":    "2027-06-04T20:00:00",
		"2027-06-04 20:00":    "2027-06-04T20:00:00",
		"2027-06-04 20:00:30": "2027-06-04T20:00:30",
		"2027-06-04":          "2027-06-04",
		"２０２７－０６－０４　２０：００": "2027-06-04T20:00:00",
		"2027-06-04 8pm":        "2027-06-04T20:00:00",
		"2027-06-04 晚上8点":       "2027-06-04T20:00:00",
		"2020-01-01":            "2020-01-01", // what is past is for others to refuse
		" \t2027-06-04  20:00 ": "2027-06-04T20:00:00",

		// Those of the contract.
		"tomorrow 20:00": "2027-06-03T20:00:00",
		"fri 20:00":      "2027-06-04T20:00:00",
		"in 3 days":      "2027-06-05",
		"6月4日 20:00":     "2027-06-04T20:00:00",
		"6月4日晚上8点":       "2027-06-04T20:00:00",
		"明天 20:00":       "2027-06-03T20:00:00",

		// Days in English.
		"today 20:00":                  "2027-06-02T20:00:00",
		"today":                        "2027-06-02",
		"Tonight 8pm":                  "2027-06-02T20:00:00",
		"tonight at 20:15":             "2027-06-02T20:15:00",
		"TOMORROW AT 8 PM":             "2027-06-03T20:00:00",
		"the day after tomorrow 20:00": "2027-06-04T20:00:00",
		"day after tomorrow":           "2027-06-04",
		"friday":                       "2027-06-04",
		"on Friday at 20:00":           "2027-06-04T20:00:00",
		"mon, 20:00":                   "2027-06-07T20:00:00",
		"tue 09:00":                    "2027-06-08T09:00:00",
		"this fri 20:00":               "2027-06-04T20:00:00",
		"in 1 day 20:00":               "2027-06-03T20:00:00",
		"in a week":                    "2027-06-09",
		"in two weeks at 20:00":        "2027-06-16T20:00:00",
		"in 999 days":                  "2030-02-25",
		"4 June 20:00":                 "2027-06-04T20:00:00",
		"June 4 20:00":                 "2027-06-04T20:00:00",
		"jun 4th, 8pm":                 "2027-06-04T20:00:00",
		"4th of June 2028":             "2028-06-04",
		"June 4, 2028 at 20:00":        "2028-06-04T20:00:00",
		"Fri 4 June 20:00":             "2027-06-04T20:00:00",
		"Friday, June 4, 2027, 8pm":    "2027-06-04T20:00:00",
		"1 June":                       "2028-06-01", // this year's is over
		"2 June":                       "2027-06-02",
		"2 June 16:00":                 "2027-06-02T16:00:00",
		"29 feb":                       "2028-02-29",
		"31 dec 2100 23:59":            "2100-12-31T23:59:00",

		// Clocks in English.
		"tomorrow 08:00":     "2027-06-03T08:00:00",
		"tomorrow 8:30pm":    "2027-06-03T20:30:00",
		"tomorrow 8:30 a.m.": "2027-06-03T08:30:00",
		"tomorrow noon":      "2027-06-03T12:00:00",
		"tomorrow 12:30":     "2027-06-03T12:30:00",
		"tomorrow 00:00":     "2027-06-03T00:00:00",
		"tomorrow 20:00:01":  "2027-06-03T20:00:01",
		"20:00 tomorrow":     "2027-06-03T20:00:00",
		"8pm, fri":           "2027-06-04T20:00:00",
		"8pm on 4 June":      "2027-06-04T20:00:00",
		"noon tomorrow":      "2027-06-03T12:00:00",

		// From now.
		"in 2 hours":      "2027-06-02T17:30:00",
		"in an hour":      "2027-06-02T16:30:00",
		"in half an hour": "2027-06-02T16:00:00",
		"in 90 minutes":   "2027-06-02T17:00:00",
		"in 10 hours":     "2027-06-03T01:30:00",
		"两小时后":            "2027-06-02T17:30:00",
		"2個小時後":           "2027-06-02T17:30:00",
		"半小時後":            "2027-06-02T16:00:00",
		"十五分钟后":           "2027-06-02T15:45:00",
		"3天后":             "2027-06-05",
		"三天後 20:00":       "2027-06-05T20:00:00",
		"两周后":             "2027-06-16",
		"兩個星期後晚上八點":       "2027-06-16T20:00:00",
		"１０天后":            "2027-06-12",
		"二十一天后下午三点":       "2027-06-23T15:00:00",

		// Days in Chinese.
		"今天 20:00":        "2027-06-02T20:00:00",
		"今日晚上8時":          "2027-06-02T20:00:00",
		"今晚8点":            "2027-06-02T20:00:00",
		"今晚八點半":           "2027-06-02T20:30:00",
		"明晚 20:00":        "2027-06-03T20:00:00",
		"明早9点":            "2027-06-03T09:00:00",
		"明日下午3時15分":       "2027-06-03T15:15:00",
		"明天晚上8点":          "2027-06-03T20:00:00",
		"后天":              "2027-06-04",
		"後天 20:00":        "2027-06-04T20:00:00",
		"大後天":             "2027-06-05",
		"星期五 20:00":       "2027-06-04T20:00:00",
		"周五晚上8点":          "2027-06-04T20:00:00",
		"週五晚上8點":          "2027-06-04T20:00:00",
		"禮拜五晚上8點":         "2027-06-04T20:00:00",
		"礼拜天下午2点":         "2027-06-06T14:00:00",
		"星期日 14:00":       "2027-06-06T14:00:00",
		"下周五 20:00":       "2027-06-11T20:00:00",
		"下個星期五 20:00":     "2027-06-11T20:00:00",
		"这周五 20:00":       "2027-06-04T20:00:00",
		"本週五":             "2027-06-04",
		"2027年6月4日":       "2027-06-04",
		"2028年6月4日 20:00": "2028-06-04T20:00:00",
		"二〇二八年六月四日晚上八点":  "2028-06-04T20:00:00",
		"２０２８年６月４日２０：００": "2028-06-04T20:00:00",
		"6月4号20点":          "2027-06-04T20:00:00",
		"6月4日（星期五）晚上8时30分": "2027-06-04T20:30:00",
		"6月4日(五) 20:00":    "2027-06-04T20:00:00",
		"6月4日周五20:00":      "2027-06-04T20:00:00",
		"6月1日":             "2028-06-01",
		"十二月三十一日":          "2027-12-31",
		"6 月 4 日 晚上 8 点":   "2027-06-04T20:00:00",

		// Clocks in Chinese.
		"明天20点":      "2027-06-03T20:00:00",
		"明天20時30分":   "2027-06-03T20:30:00",
		"明天二十点十五分":   "2027-06-03T20:15:00",
		"明天08点":      "2027-06-03T08:00:00",
		"明天0点":       "2027-06-03T00:00:00",
		"明天上午10点":    "2027-06-03T10:00:00",
		"明天早上八点三十":   "2027-06-03T08:30:00",
		"明天下午1点":     "2027-06-03T13:00:00",
		"明天下午3点一刻":   "2027-06-03T15:15:00",
		"明天下午12点半":   "2027-06-03T12:30:00",
		"明天下午8時":     "2027-06-03T20:00:00",
		"明天中午12点":    "2027-06-03T12:00:00",
		"明天中午1点":     "2027-06-03T13:00:00",
		"明天正午":       "2027-06-03T12:00:00",
		"明天凌晨3点":     "2027-06-03T03:00:00",
		"明天淩晨0點30分":  "2027-06-03T00:30:00",
		"明天傍晚6点":     "2027-06-03T18:00:00",
		"明天晚上11点45分": "2027-06-03T23:45:00",
		"明天晚上8:00":   "2027-06-03T20:00:00",
		"明天晚上20:00":  "2027-06-03T20:00:00",
		"明天晚上8点钟":    "2027-06-03T20:00:00",
		"明天晚上8点整":    "2027-06-03T20:00:00",
		"6月4日下午8：09": "2027-06-04T20:09:00",
		"晚上8点 6月4日":  "2027-06-04T20:00:00",
	} {
		got, err := inHongKong(t).Read(text)
		if err != nil || got.Local() != want {
			t.Errorf("Read(%q) = %v, %v, want %s", text, got, err, want)
			continue
		}
		if zoned := strings.Contains(want, "T"); zoned != (got.Kind() == votive.Zoned) || zoned && got.Zone() != "Asia/Hong_Kong" {
			t.Errorf("Read(%q) is %v in %q", text, got.Kind(), got.Zone())
		}
		r := inHongKong(t)
		r.Floating = true
		if got, err := r.Read(text); err != nil || got.Local() != want || got.Zone() != "" {
			t.Errorf("Read(%q), floating = %v, %v, want %s", text, got, err, want)
		}
	}
}

// TestReadRefuses is what is not understood, or could be meant in two ways, on
// Wednesday, 2027-06-02, 15:30 in Hong Kong.
func TestReadRefuses(t *testing.T) {
	const words = "not understood: write 2027-06-04T20:00"
	for text, want := range map[string]string{
		"": words, "now": words, "soon": words, "20:00 20:00": words, "tomorrow tomorrow": words, "tomorrow 20:00 sharp": words,
		"tomorrowx": words, "fridays": words, "tonight": words, "in days": words, "in 3": words, "in 1000 days": words,
		"in 3 days time": words, "in 2 hours 20:00": words, "in 0 days": words, "tomorrow 8": words, "tomorrow at": words,
		"4": words, "june": words, "june 20:00": words, "4 june 27": words, "2027": words, "20270604": words, "2027-6-4": words,
		"2027-06-04T20:00Z": words, "2027-06-04T20:00+08:00": words, "last fri": words, "yesterday": words, "昨天": words, "以后": words,
		"星期八": words, "下下周五": words, "6月": words, "4日": words, "6月4": words, "明天晚上": words, "明天中午": words, "今晚": words,
		"6月4日(星期五 20:00": words, "六月四號晚上八點正": words, "tomorrow\x00 20:00": words, "明天 20:00 到 22:00": words,
		"tomorrow 20:00 HKT": words, "\xff": words, "明天\xff": words,

		"6/4":                    "the day and the month can be either way round",
		"6/4 20:00":              "the day and the month can be either way round",
		"4/6/2027":               "the day and the month can be either way round",
		"04.06.2027":             "the day and the month can be either way round",
		"4.6. 20:00":             "the day and the month can be either way round",
		"20:00":                  "no day",
		"8pm":                    "no day",
		"8:30 p.m.":              "no day",
		"wed":                    "today is a Wednesday",
		"wed 20:00":              "today is a Wednesday",
		"周三 20:00":               "today is a Wednesday",
		"next fri":               "can be 2027-06-04 or 2027-06-11",
		"next wed":               "", // both are a week from today
		"next sun":               "can be 2027-06-06 or 2027-06-13",
		"this sun":               "can be 2027-05-30 or 2027-06-06",
		"下周日":                    "can be 2027-06-06 or 2027-06-13",
		"这周一":                    "2027-05-31 is past",
		"this mon":               "can be 2027-05-31 or 2027-06-07",
		"thu 4 june":             "2027-06-04 is a Friday, not a Thursday",
		"6月4日星期四":                "2027-06-04 is a Friday, not a Thursday",
		"6月4日(四)":                "2027-06-04 is a Friday, not a Thursday",
		"2 june 15:00":           "that is over today: write the year",
		"6月2日下午3点":               "that is over today: write the year",
		"30 feb":                 "there is no such day",
		"2月30日":                  "there is no such day",
		"13月1日":                  "there is no such day",
		"0月1日":                   "there is no such day",
		"31 june 2027":           "there is no such day",
		"29 feb 2027":            "there is no such day",
		"2027-02-29":             "no such day",
		"2027-06-04 25:00":       "no such day or hour",
		"4 june 1999":            "not in the years 2000 to 2100",
		"4 june 2101":            "not in the years 2000 to 2100",
		"2101-01-01":             "not in the years 2000 to 2100",
		"1999年6月4日":              "not in the years 2000 to 2100",
		"tomorrow 8:00":          "in the morning or in the evening",
		"tomorrow 20:60":         "no such time of day",
		"tomorrow 24:00":         "no such time of day",
		"tomorrow 13pm":          "no such time of day",
		"tomorrow 0am":           "no such time of day",
		"tomorrow 12pm":          "12 can be noon or midnight",
		"tomorrow 12:30 am":      "12 can be noon or midnight",
		"tomorrow midnight":      "midnight can be the first or the last",
		"tonight 08:00":          "no such time of day",
		"tonight 8am":            "no such time of day",
		"tonight 8:00":           "in the morning or in the evening",
		"明天8点":                   "in the morning or in the evening",
		"明天12点":                  "in the morning or in the evening",
		"明天9時":                   "in the morning or in the evening",
		"明天晚上12点":                "12 can be noon or midnight",
		"明天上午12点":                "12 can be noon or midnight",
		"明天凌晨12点":                "12 can be noon or midnight",
		"明天晚上3点":                 "no such time of day",
		"明天早上8点60分":              "no such time of day",
		"明天早上20点":                "no such time of day",
		"今晚凌晨3点":                 "no such time of day",
		"明天25点":                  "no such time of day",
		"明天午夜":                   "midnight can be the first or the last",
		strings.Repeat("x", 101): "time of 101 bytes, want at most 100",
	} {
		got, err := inHongKong(t).Read(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Read(%q) = %v, %v, want what says %q", text, got, err, want)
		}
	}
}

// TestReadWeeks is the days of the week, on every day of one: a next Friday is
// understood where everybody has the same.
func TestReadWeeks(t *testing.T) {
	for i, want := range []struct{ fri, next, han, hanSunday string }{
		{"04", "", "11", ""},   // Monday, 2027-05-31
		{"04", "", "11", ""},   // Tuesday
		{"04", "", "11", ""},   // Wednesday
		{"04", "", "11", ""},   // Thursday
		{"", "11", "11", ""},   // Friday
		{"11", "11", "11", ""}, // Saturday
		{"11", "", "", "13"},   // Sunday: this week ends today or begins today
	} {
		r := Reader{Now: time.Date(2027, 5, 31+i, 12, 0, 0, 0, time.UTC), Zone: "UTC"}
		for text, want := range map[string]string{"fri": want.fri, "周五": want.fri, "next fri": want.next, "下周五": want.han, "下周日": want.hanSunday} {
			got, err := r.Read(text)
			if (err == nil) != (want != "") || err == nil && got.Local() != "2027-06-"+want {
				t.Errorf("on %v: Read(%s) = %v, %v, want %q", r.Now.Weekday(), text, got, err, want)
			}
		}
	}
}

// TestReadElsewhere is a day that is another one here than at the event.
func TestReadElsewhere(t *testing.T) {
	// In Honolulu it is still Tuesday, 21:30.
	r := Reader{Now: now, Zone: "Asia/Hong_Kong", Here: zone(t, "Pacific/Honolulu")}
	for text, want := range map[string]string{
		"tomorrow 20:00":   `"tomorrow 20:00" is 2027-06-03 in Asia/Hong_Kong and 2027-06-02 here, in Pacific/Honolulu: write the date`,
		"明天":               "write the date",
		"in 3 days":        "write the date",
		"wed 20:00":        "today is a Wednesday",
		"tue 20:00":        "today is a Tuesday",
		"2 june 15:00":     "that is over today",
		"thu 20:00":        "",
		"4 june 20:00":     "",
		"2 june 16:00":     "",
		"1 june":           "is 2028-06-01 in Asia/Hong_Kong and 2027-06-01 here",
		"2027-06-01 20:00": "",
		"in 2 hours":       "",
	} {
		got, err := r.Read(text)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%q) = %v, %v, want %q", text, got, err, want)
		}
	}
	if got, err := r.Read("in 2 hours"); err != nil || got.String() != "2027-06-02T17:30:00 Asia/Hong_Kong" {
		t.Errorf("in 2 hours = %v, %v, want 17:30 in Hong Kong", got, err)
	}
	// Floating times are those of who types.
	r.Floating = true
	for text, want := range map[string]string{"tomorrow 20:00": "2027-06-02T20:00:00", "in 2 hours": "2027-06-01T23:30:00", "wed": "2027-06-02"} {
		if got, err := r.Read(text); err != nil || got.Local() != want {
			t.Errorf("Read(%q), floating = %v, %v, want %s", text, got, err, want)
		}
	}
}

// TestReadZones is zones that are not known, and hours that come twice.
func TestReadZones(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Mars/Olympus", "tomorrow 20:00", "is not known"},
		{"Local", "tomorrow 20:00", "is not known"},
		{"", "tomorrow 20:00", "has no zone"},
		{"", "tomorrow", ""},
		// Clocks go back in New York on 2027-11-07 at 02:00.
		{"America/New_York", "in 2 hours", "which comes twice that night"},
		{"America/New_York", "in 1 hour", ""},
		{"America/New_York", "in 3 hours", ""},
	} {
		r := Reader{Now: time.Date(2027, 11, 7, 4, 30, 0, 0, time.UTC), Zone: c.zone}
		if c.zone == "America/New_York" {
			r.Here = zone(t, c.zone)
		}
		got, err := r.Read(c.text)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Read(%q) in %q = %v, %v, want %q", c.text, c.zone, got, err, c.want)
		}
	}
}

// TestEvery is how often something comes again.
func TestEvery(t *testing.T) {
	for text, want := range map[string]string{
		"daily": "FREQ=DAILY", "weekly": "FREQ=WEEKLY", "Monthly": "FREQ=MONTHLY", "yearly": "FREQ=YEARLY",
		"每年": "FREQ=YEARLY", "每週": "FREQ=WEEKLY",
		"weekly:10": "FREQ=WEEKLY;COUNT=10", "weekly: 1": "FREQ=WEEKLY;COUNT=1", "daily：5": "FREQ=DAILY;COUNT=5",
		"weekly:2027-12-31": "FREQ=WEEKLY;UNTIL=20271231", "weekly:31 Dec": "FREQ=WEEKLY;UNTIL=20271231",
		"每周:2027年12月31日": "FREQ=WEEKLY;UNTIL=20271231",
	} {
		if got, err := inHongKong(t).Every(text); err != nil || got.String() != want {
			t.Errorf("Every(%q) = %v, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "write daily, weekly", "hourly": "write daily, weekly", "every week": "write daily, weekly", "FREQ=WEEKLY": "write daily, weekly",
		"weekly:": "how many times", "weekly:0": "want 1 to 1000", "weekly:1001": "want 1 to 1000", "weekly:20270604": "how many times",
		"weekly:-1": "not understood", "weekly:2027-12-31 20:00": "want a date", "weekly:2027-02-29": "no such day",
		"weekly:2101-01-01": "not in the years", strings.Repeat("x", 101): "want at most 100",
	} {
		if got, err := inHongKong(t).Every(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Every(%q) = %v, %v, want what says %q", text, got, err, want)
		}
	}
}

// mostBytes is what reading a text may allocate: a KB of input may cost 16 MiB,
// and no text that is looked at is longer.
const mostBytes = 16 << 20

// allocated is how many bytes an operation allocates.
func allocated(operation func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	operation()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// dearTexts are those that have most tried.
var dearTexts = []string{
	strings.Repeat("十", 33),
	strings.Repeat("二十", 16),
	strings.Repeat(" ", 100),
	strings.Repeat("1 ", 50),
	strings.Repeat("６", 33),
	strings.Repeat("月", 33),
	strings.Repeat("in ", 33),
	strings.Repeat("next ", 20),
	strings.Repeat("(", 100),
	strings.Repeat("20:", 33),
	strings.Repeat("\xff", 100),
	"the day after tomorrow 20:00 the day after tomorrow 20:00 the day after tomorrow 20:00",
	"29 February",
	strings.Repeat("6月4日", 1<<16), // too long to be looked at
}

// TestReadCosts: no text takes more than 200 times what a plain one takes, some
// microseconds.
func TestReadCosts(t *testing.T) {
	r := inHongKong(t)
	took := func(text string) time.Duration {
		begin := time.Now()
		for range 100 {
			_, _ = r.Read(text)
		}
		return time.Since(begin)
	}
	// Of several, the quickest: the others shared the processor.
	yardstick := took("fri 20:00")
	for range 10 {
		yardstick = min(yardstick, took("fri 20:00"))
	}
	for _, text := range dearTexts {
		got, most := took(text), 200*yardstick
		for tries := 0; got > most && tries < 10; tries++ {
			got = min(got, took(text))
		}
		if got > most {
			t.Errorf("Read(%.100q) takes %v, want at most %v, 200 times what a plain text takes", text, got/100, most/100)
		}
	}
}

// FuzzRead: whatever is understood is understood as the same when it is written
// out, whatever the script and the width of what was typed.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"2027-06-04T20:00", "tomorrow 20:00", "next fri 8:30 p.m.", "in half an hour", "in 3 days at noon", "Fri, June 4th, 2027, 8pm",
		"6月4日（星期五）晚上8时30分", "二〇二七年十二月三十一日二十三点五十九分", "兩個星期後晚上八點", "下個禮拜天上午１０：３０", "今晚凌晨3点", "6/4", "20:00", "\xff",
	} {
		f.Add(text, int64(1_811_921_420), "Asia/Hong_Kong")
		f.Add(text, int64(1_825_561_800), "America/New_York")
	}
	for _, text := range dearTexts {
		f.Add(text, int64(1_811_921_420), "Asia/Hong_Kong")
	}
	f.Fuzz(func(t *testing.T, text string, at int64, zone string) {
		r := Reader{Now: time.Unix(at%(1<<33), 0), Zone: zone, Here: time.UTC, Floating: zone == ""}
		var got votive.Time
		var err error
		if bytes := allocated(func() { got, err = r.Read(text) }); bytes > mostBytes {
			t.Fatalf("Read(%.200q) allocates %d bytes, want at most %d", text, bytes, mostBytes)
		}
		if err != nil {
			return
		}
		written := got.Local()
		if again, err := r.Read(written); err != nil || again != got {
			t.Fatalf("Read(%q) = %v; Read(%q) = %v, %v, want the same", text, got, written, again, err)
		}
		if again, err := r.Read(fold(text)); err != nil || again != got {
			t.Fatalf("Read(%q) = %v; Read(%q) = %v, %v, want the same", text, got, fold(text), again, err)
		}
		_, _ = r.Every("weekly:" + text)
	})
}

// BenchmarkRead reads what takes longest: a text of the greatest length.
func BenchmarkRead(b *testing.B) {
	r := inHongKong(b)
	for name, text := range map[string]string{
		"short":      "fri 20:00",
		"chinese":    "二〇二七年六月四日星期五晚上八点三十分",
		"longest":    dearTexts[0],
		"all blanks": dearTexts[2],
		"refused":    dearTexts[11],
		"leap day":   dearTexts[12],
		"too long":   dearTexts[13],
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Read(text)
			}
			kb := float64(b.N) * float64(1+len(text)/1024)
			b.ReportMetric(b.Elapsed().Seconds()*1000/kb, "ms/KB")
		})
	}
}
