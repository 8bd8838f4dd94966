package recur

import (
	"strconv"
	"strings"
	"testing"
)

// rfcExamples are the examples of RFC 5545, 3.8.5.3, in their order, that the
// subset has. A start is 1997-09-02 where nothing else is said. Dates are
// written 9/2; a year stands before the dates in it, and a list that ends with
// … goes on. UNTIL, which the RFC gives as a moment, is the day in New York on
// which nothing begins later than that.
var rfcExamples = []struct{ rule, start, dates string }{
	{"FREQ=DAILY;COUNT=10", "", "1997 9/2 9/3 9/4 9/5 9/6 9/7 9/8 9/9 9/10 9/11"},
	{"FREQ=DAILY;UNTIL=19971223", "", "1997 9/2-30 10/1-31 11/1-30 12/1-23"},
	{"FREQ=DAILY;INTERVAL=2", "", "1997 9/2 9/4 9/6 9/8 9/10 9/12 9/14 9/16 9/18 9/20 9/22 9/24 9/26 9/28 9/30 10/2 10/4 10/6 …"},
	{"FREQ=DAILY;INTERVAL=10;COUNT=5", "", "1997 9/2 9/12 9/22 10/2 10/12"},
	{"FREQ=YEARLY;UNTIL=20000131;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998-01-01", "1998 1/1-31 1999 1/1-31 2000 1/1-31"},
	{"FREQ=DAILY;UNTIL=20000131;BYMONTH=1", "1998-01-01", "1998 1/1-31 1999 1/1-31 2000 1/1-31"},
	{"FREQ=WEEKLY;COUNT=10", "", "1997 9/2 9/9 9/16 9/23 9/30 10/7 10/14 10/21 10/28 11/4"},
	{"FREQ=WEEKLY;UNTIL=19971223", "", "1997 9/2 9/9 9/16 9/23 9/30 10/7 10/14 10/21 10/28 11/4 11/11 11/18 11/25 12/2 12/9 12/16 12/23"},
	{"FREQ=WEEKLY;INTERVAL=2;WKST=SU", "", "1997 9/2 9/16 9/30 10/14 10/28 11/11 11/25 12/9 12/23 1998 1/6 1/20 2/3 2/17 …"},
	{"FREQ=WEEKLY;UNTIL=19971006;WKST=SU;BYDAY=TU,TH", "", "1997 9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2"},
	{"FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "", "1997 9/2 9/4 9/9 9/11 9/16 9/18 9/23 9/25 9/30 10/2"},
	{"FREQ=WEEKLY;INTERVAL=2;UNTIL=19971223;WKST=SU;BYDAY=MO,WE,FR", "1997-09-01", "1997 9/1 9/3 9/5 9/15 9/17 9/19 9/29 10/1 10/3 10/13 10/15 10/17 10/27 10/29 10/31 11/10 11/12 11/14 11/24 11/26 11/28 12/8 12/10 12/12 12/22"},
	{"FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "", "1997 9/2 9/4 9/16 9/18 9/30 10/2 10/14 10/16"},
	{"FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05", "1997 9/5 10/3 11/7 12/5 1998 1/2 2/6 3/6 4/3 5/1 6/5"},
	{"FREQ=MONTHLY;UNTIL=19971223;BYDAY=1FR", "1997-09-05", "1997 9/5 10/3 11/7 12/5"},
	{"FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07", "1997 9/7 9/28 11/2 11/30 1998 1/4 1/25 3/1 3/29 5/3 5/31"},
	{"FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22", "1997 9/22 10/20 11/17 12/22 1998 1/19 2/16"},
	{"FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "1997 9/28 10/29 11/28 12/29 1998 1/29 2/26 …"},
	{"FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "", "1997 9/2 9/15 10/2 10/15 11/2 11/15 12/2 12/15 1998 1/2 1/15"},
	{"FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30", "1997 9/30 10/1 10/31 11/1 11/30 12/1 12/31 1998 1/1 1/31 2/1"},
	{"FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10", "1997 9/10-15 1999 3/10-13"},
	{"FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "", "1997 9/2 9/9 9/16 9/23 9/30 11/4 11/11 11/18 11/25 1998 1/6 1/13 1/20 1/27 3/3 3/10 3/17 3/24 3/31 …"},
	{"FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10", "1997 6/10 7/10 1998 6/10 7/10 1999 6/10 7/10 2000 6/10 7/10 2001 6/10 7/10"},
	{"FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997-03-10", "1997 3/10 1999 1/10 2/10 3/10 2001 1/10 2/10 3/10 2003 1/10 2/10 3/10"},
	{"FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1997 5/19 1998 5/18 1999 5/17 …"},
	{"FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", "1997 3/13 3/20 3/27 1998 3/5 3/12 3/19 3/26 1999 3/4 3/11 3/18 3/25 …"},
	{"FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "1997-06-05", "1997 6/5 6/12 6/19 6/26 7/3 7/10 7/17 7/24 7/31 8/7 8/14 8/21 8/28 1998 6/4 6/11 6/18 6/25 7/2 7/9 7/16 7/23 7/30 8/6 8/13 8/20 8/27 1999 6/3 6/10 6/17 6/24 7/1 7/8 7/15 7/22 7/29 8/5 8/12 8/19 8/26 …"},
	{"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13", "1998 2/13 3/13 11/13 1999 8/13 2000 10/13 …"},
	{"FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13", "1997 9/13 10/11 11/8 12/13 1998 1/10 2/7 3/7 4/11 5/9 6/13 …"},
	{"FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05", "1996 11/5 2000 11/7 2004 11/2 …"},
	{"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05", "1997 8/5 8/10 8/19 8/24"},
	{"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05", "1997 8/5 8/17 8/19 8/31"},
	{"FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15", "2007 1/15 1/30 2/15 3/15 3/30"},
}

// rfcYears is what is added to the years of the RFC, which are before ours: 28
// years keep all weekdays and leap years, as long as no century without a leap
// day lies between.
const rfcYears = 28

func rfcDate(t *testing.T, year, month, day int) Date {
	t.Helper()
	d, ok := DateOf(year+rfcYears, month, day)
	if !ok {
		t.Fatalf("%d-%d-%d is no date", year, month, day)
	}
	return d
}

// rfcDates reads the dates of an example, and whether they go on.
func rfcDates(t *testing.T, text string) (dates []Date, open bool) {
	t.Helper()
	year := 0
	for word := range strings.FieldsSeq(text) {
		month, days, isDate := strings.Cut(word, "/")
		if word == "…" {
			return dates, true
		}
		if !isDate {
			year, _ = strconv.Atoi(word)
			continue
		}
		m, _ := strconv.Atoi(month)
		first, last, ranged := strings.Cut(days, "-")
		if !ranged {
			last = first
		}
		from, _ := strconv.Atoi(first)
		to, _ := strconv.Atoi(last)
		for d := from; d <= to; d++ {
			dates = append(dates, rfcDate(t, year, m, d))
		}
	}
	return dates, false
}

// TestRFC is the examples of RFC 5545, 3.8.5.3.
func TestRFC(t *testing.T) {
	for _, c := range rfcExamples {
		rule, start := c.rule, rfcDate(t, 1997, 9, 2)
		if before, until, ok := strings.Cut(rule, "UNTIL="); ok {
			year, _ := strconv.Atoi(until[:4])
			rule = before + "UNTIL=" + strconv.Itoa(year+rfcYears) + until[4:]
		}
		if c.start != "" {
			year, _ := strconv.Atoi(c.start[:4])
			start, _ = ParseDate(strconv.Itoa(year+rfcYears) + c.start[4:])
		}
		r, err := Parse(rule)
		if err != nil {
			t.Errorf("Parse(%s) = %v", rule, err)
			continue
		}
		want, open := rfcDates(t, c.dates)
		i := 0
		for got := range r.Dates(start, start) {
			if i == len(want) {
				if !open {
					t.Errorf("%s gives %v after all that the RFC has", c.rule, got)
				}
				break
			}
			if got != want[i] {
				t.Errorf("%s: date %d = %v, want %v", c.rule, i, got, want[i])
				break
			}
			i++
		}
		if i < len(want) {
			t.Errorf("%s gives %d dates, want %d", c.rule, i, len(want))
		}
	}
}

// TestRFCRefuses is the examples of RFC 5545, 3.8.5.3, that the subset has not.
func TestRFCRefuses(t *testing.T) {
	for rule, want := range map[string]string{
		"FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200":             "BYYEARDAY",
		"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO":                                "BYWEEKNO",
		"FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3":                  "BYSETPOS",
		"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2":                   "BYSETPOS",
		"FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z":                   "FREQ=HOURLY",
		"FREQ=MINUTELY;INTERVAL=15;COUNT=6":                               "FREQ=MINUTELY",
		"FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40":       "BYHOUR",
		"FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16":         "FREQ=MINUTELY",
		"FREQ=SECONDLY;BYMONTH=1;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0,1,2,59": "FREQ=SECONDLY",
	} {
		if r, err := Parse(rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%s) = %v, %v, want what says %s", rule, r, err, want)
		}
	}
}
