package votive

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"votive/proto/internal/wirepb"
	"votive/proto/recur"
)

// writeRecurrence is SPEC 6.7 to 6.12.
func writeRecurrence(c *chapter) {
	writeRules(c)
	writeDates(c)
	writeDifferent(c)
	writeOccurrences(c)
	writeGeo(c)
	f := found("nonce", "ana")
	c.carded("a part of another event", "6.11", true, func(w *wirepb.Card) { w.PartOf = seedOf("event") })
	c.carded("a part of itself", "6.11", false, func(w *wirepb.Card) { w.PartOf = f.id })
	c.carded("a part of 31 bytes", "1.4 6.11", false, func(w *wirepb.Card) { w.PartOf = seedOf("event")[:31] })
	c.carded("a part of zeros", "1.4 6.11", false, func(w *wirepb.Card) { w.PartOf = make([]byte, 32) })
}

// ruled adds a card that begins on Friday, 2027-06-04, with a rule.
func (c *chapter) ruled(rule string, good bool) {
	c.carded(fmt.Sprintf("rule %q of %d bytes", ascii(rule), len(rule)), "6.8", good, func(w *wirepb.Card) {
		w.Recurrence = &wirepb.Recurrence{Rule: rule, Dates: []string{"2027-06-05"}}
	})
}

// writeRules is SPEC 6.8: how a rule is written, and what none is.
func writeRules(c *chapter) {
	// All days of the month but for seven of -31 to -25, and one more.
	long := func(without int) string {
		rule := "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY="
		for n := -24; n <= 31; n++ {
			if n != 0 && n != without {
				rule += fmt.Sprintf("%d,", n)
			}
		}
		return strings.TrimSuffix(rule, ",")
	}
	for _, rule := range []string{
		"FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY",
		"FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=1000", "FREQ=DAILY;COUNT=1", "FREQ=DAILY;COUNT=1000",
		"FREQ=DAILY;UNTIL=20270604", "FREQ=DAILY;UNTIL=21001231", "FREQ=WEEKLY;BYMONTH=1,6,12",
		"FREQ=MONTHLY;BYMONTHDAY=-31,-27,-1,1,4,31", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
		"FREQ=MONTHLY;BYDAY=-5MO,-1FR,FR,1FR,5SU", "FREQ=YEARLY;BYDAY=-53MO,FR,53SU", "FREQ=YEARLY;BYMONTH=6;BYDAY=1FR",
		"FREQ=WEEKLY;INTERVAL=2;WKST=SU", "FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYMONTH=6;BYDAY=MO,FR;WKST=SA",
		long(10), // 200 bytes
	} {
		c.ruled(rule, true)
	}
	for _, rule := range []string{
		"FREQ=SECONDLY", "FREQ=HOURLY", "FREQ=", "INTERVAL=2", "freq=daily", "RRULE:FREQ=DAILY", "FREQ=DAILY;", " FREQ=DAILY", "FREQ=DAILY\n",
		"FREQ=DAILY;FREQ=DAILY", "INTERVAL=2;FREQ=DAILY", "FREQ=DAILY;COUNT=3;INTERVAL=2", "FREQ=WEEKLY;BYDAY=FR;BYMONTH=6",
		"FREQ=DAILY;INTERVAL=1", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=02", "FREQ=DAILY;INTERVAL=1001", "FREQ=DAILY;INTERVAL=-2",
		"FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1001", "FREQ=DAILY;COUNT=4294967297", "FREQ=DAILY;COUNT=3;UNTIL=20280604",
		"FREQ=DAILY;UNTIL=20270603", "FREQ=DAILY;UNTIL=21010101", "FREQ=DAILY;UNTIL=20270631", "FREQ=DAILY;UNTIL=2028-06-04", "FREQ=DAILY;UNTIL=20280604T120000Z",
		"FREQ=YEARLY;BYMONTH=7", "FREQ=YEARLY;BYMONTH=6,6", "FREQ=YEARLY;BYMONTH=7,6", "FREQ=YEARLY;BYMONTH=06", "FREQ=YEARLY;BYMONTH=0,6", "FREQ=YEARLY;BYMONTH=6,13",
		"FREQ=MONTHLY;BYMONTHDAY=5", "FREQ=MONTHLY;BYMONTHDAY=+4", "FREQ=MONTHLY;BYMONTHDAY=4,-1", "FREQ=MONTHLY;BYMONTHDAY=0,4", "FREQ=MONTHLY;BYMONTHDAY=4,32", "FREQ=WEEKLY;BYMONTHDAY=4",
		"FREQ=WEEKLY;BYDAY=TH", "FREQ=WEEKLY;BYDAY=FR,FR", "FREQ=WEEKLY;BYDAY=FR,MO", "FREQ=WEEKLY;BYDAY=SU,FR", "FREQ=WEEKLY;BYDAY=1FR", "FREQ=DAILY;BYDAY=1FR",
		"FREQ=MONTHLY;BYDAY=1FR,-1FR", "FREQ=MONTHLY;BYDAY=+1FR", "FREQ=MONTHLY;BYDAY=01FR", "FREQ=MONTHLY;BYDAY=0FR", "FREQ=MONTHLY;BYDAY=FR,6FR", "FREQ=YEARLY;BYMONTH=6;BYDAY=FR,6FR", "FREQ=YEARLY;BYDAY=FR,54FR", "FREQ=YEARLY;BYDAY=2FR",
		"FREQ=WEEKLY;INTERVAL=2;WKST=MO", "FREQ=WEEKLY;WKST=SU", "FREQ=MONTHLY;INTERVAL=2;WKST=SU",
		"FREQ=DAILY;BYSETPOS=1", "FREQ=YEARLY;BYYEARDAY=155", "FREQ=YEARLY;BYWEEKNO=22", "FREQ=DAILY;BYHOUR=20", "FREQ=DAILY;X=1",
		long(1), // 201 bytes
	} {
		c.ruled(rule, false)
	}
}

// writeDates is SPEC 6.7.
func writeDates(c *chapter) {
	days := func(first string, n int) []string {
		var list []string
		for d := must(time.Parse(time.DateOnly, first)); len(list) < n; d = d.AddDate(0, 0, 1) {
			list = append(list, d.Format(time.DateOnly))
		}
		return list
	}
	with := func(name string, good bool, w *wirepb.Recurrence) {
		c.carded(name, "6.7", good, func(card *wirepb.Card) { card.Recurrence = w })
	}
	with("recurs on nothing", false, &wirepb.Recurrence{})
	with("recurs on nothing but for an exception", false, &wirepb.Recurrence{Except: []string{"2027-06-11"}})
	for _, list := range []struct {
		name  string
		dates []string
		good  bool
	}{
		{"a date", []string{"2027-06-05"}, true},
		{"dates", []string{"2027-06-05", "2027-06-30", "2100-12-31"}, true},
		{"128 dates", days("2027-06-05", 128), true},
		{"129 dates", days("2027-06-05", 129), false},
		{"the date of the start", []string{"2027-06-04"}, false},
		{"a date before the start", []string{"2027-06-03"}, false},
		{"dates descending", []string{"2027-06-06", "2027-06-05"}, false},
		{"a date twice", []string{"2027-06-05", "2027-06-05"}, false},
		{"a date after 2100", []string{"2101-01-01"}, false},
		{"no such date", []string{"2027-06-31"}, false},
		{"a date without hyphens", []string{"20270605"}, false},
		{"a date with a clock", []string{"2027-06-05T20:00:00"}, false},
		{"an empty date", []string{""}, false},
	} {
		with(list.name, list.good, &wirepb.Recurrence{Dates: list.dates})
		with(list.name+", excepted", list.good, &wirepb.Recurrence{Rule: "FREQ=MONTHLY", Except: list.dates})
	}
	with("rule, dates and exceptions", true, &wirepb.Recurrence{Rule: "FREQ=YEARLY", Dates: []string{"2027-06-05"}, Except: []string{"2028-06-04"}})
}

// writeDifferent is SPEC 6.10 for what may be said.
func writeDifferent(c *chapter) {
	at := func(local string) *wirepb.Time { return &wirepb.Time{Local: local, Zone: "Asia/Taipei", Offset: 28800} }
	with := func(name string, good bool, rule string, list ...*wirepb.Occurrence) {
		c.carded(name, "6.10", good, func(card *wirepb.Card) {
			if rule != "" {
				card.Recurrence = &wirepb.Recurrence{Rule: rule, Dates: []string{"2027-06-07"}, Except: []string{"2027-06-18"}}
			}
			card.Occurrences = list
		})
	}
	cancelled := func(date string) *wirepb.Occurrence { return &wirepb.Occurrence{Date: date, Cancelled: true} }
	fridays := func(n int) []*wirepb.Occurrence {
		var list []*wirepb.Occurrence
		for d := must(time.Parse(time.DateOnly, "2027-06-25")); len(list) < n; d = d.AddDate(0, 0, 7) {
			list = append(list, cancelled(d.Format(time.DateOnly)))
		}
		return list
	}
	const weekly, eight, nine = "FREQ=WEEKLY", "2027-06-12T20:00:00", "2027-06-12T21:00:00"
	moved := func(start, end *wirepb.Time) *wirepb.Occurrence {
		return &wirepb.Occurrence{Date: "2027-06-11", Start: start, End: end}
	}
	with("one date is cancelled", true, weekly, cancelled("2027-06-11"))
	with("the first date is cancelled", true, weekly, cancelled("2027-06-04"))
	with("a date besides the rule is cancelled", true, weekly, cancelled("2027-06-07"))
	with("one date is moved", true, weekly, moved(at(eight), nil))
	with("one date is moved, with an end", true, weekly, moved(at(eight), at(nine)))
	with("one date is moved to another zone", true, weekly, moved(&wirepb.Time{Local: eight, Zone: "Europe/Berlin", Offset: 7200}, nil))
	with("one date is moved to before the first", true, weekly, moved(at("2027-06-01T20:00:00"), nil))
	with("64 dates are cancelled", true, weekly, fridays(64)...)
	with("65 dates are cancelled", false, weekly, fridays(65)...)
	with("a date that is excepted is cancelled", false, weekly, cancelled("2027-06-18"))
	with("a date that the rule has not is cancelled", false, weekly, cancelled("2027-06-12"))
	with("a date before the start is cancelled", false, weekly, cancelled("2027-05-28"))
	with("the last that is counted is cancelled", true, weekly+";COUNT=4", cancelled("2027-06-11"), cancelled("2027-06-25"))
	with("one after the last that is counted is cancelled", false, weekly+";COUNT=4", cancelled("2027-06-11"), cancelled("2027-07-02"))
	with("dates are cancelled descending", false, weekly, cancelled("2027-06-11"), cancelled("2027-06-04"))
	with("a date is cancelled twice", false, weekly, cancelled("2027-06-11"), cancelled("2027-06-11"))
	with("one date is cancelled and there is no recurrence", false, "", cancelled("2027-06-04"))
	with("an occurrence that says nothing", false, weekly, &wirepb.Occurrence{Date: "2027-06-11"})
	with("an occurrence that is moved and cancelled", false, weekly, &wirepb.Occurrence{Date: "2027-06-11", Start: at(eight), Cancelled: true})
	with("a cancelled occurrence with an end", false, weekly, &wirepb.Occurrence{Date: "2027-06-11", End: at(nine), Cancelled: true})
	with("an occurrence with an end alone", false, weekly, moved(nil, at(nine)))
	with("an occurrence moved to an end before its start", false, weekly, moved(at(nine), at(eight)))
	with("a zoned occurrence moved to a date", false, weekly, moved(&wirepb.Time{Local: "2027-06-12"}, nil))
	with("a zoned occurrence moved to a floating time", false, weekly, moved(&wirepb.Time{Local: eight}, nil))
	with("an occurrence moved to no time", false, weekly, moved(&wirepb.Time{}, nil))
	with("an occurrence moved to after 2100", false, weekly, moved(at("2101-01-01T20:00:00"), nil))
	with("an occurrence of no date", false, weekly, &wirepb.Occurrence{Cancelled: true})
}

// writeGeo is SPEC 6.12.
func writeGeo(c *chapter) {
	for _, g := range []struct {
		latitude, longitude int32
		good                bool
	}{
		{22_282_222, 114_188_333, true},
		{0, 0, true},
		{90_000_000, 180_000_000, true},
		{-90_000_000, -180_000_000, true},
		{90_000_001, 0, false},
		{-90_000_001, 0, false},
		{0, 180_000_001, false},
		{0, -180_000_001, false},
		{-1 << 31, 0, false},
	} {
		c.carded(fmt.Sprintf("at %d, %d", g.latitude, g.longitude), "6.12", g.good, func(w *wirepb.Card) {
			w.Geo = &wirepb.Geo{Latitude: g.latitude, Longitude: g.longitude}
		})
	}
}

// Occurrences.

type occurrencesIn struct {
	Start  string        `json:"start"`
	End    string        `json:"end"`
	Zone   string        `json:"zone"`
	Rule   string        `json:"rule"`
	Dates  []string      `json:"dates"`
	Except []string      `json:"except"`
	Differ []differentIn `json:"different"`
	Reader string        `json:"reader"`
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to"`
}

type differentIn struct {
	Date      string `json:"date"`
	Start     string `json:"start"`
	End       string `json:"end"`
	Cancelled bool   `json:"cancelled"`
}

type occurrencesOut struct {
	On []occurrenceOut `json:"on"`
}

type occurrenceOut struct {
	Date      string    `json:"date"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Cancelled bool      `json:"cancelled"`
}

func doOccurrences(in occurrencesIn) (occurrencesOut, error) {
	reader, err := time.LoadLocation(in.Reader)
	if err != nil {
		return occurrencesOut{}, badVector{err}
	}
	at := func(local string) *wirepb.Time {
		if local == "" {
			return nil
		}
		return &wirepb.Time{Local: local, Zone: in.Zone}
	}
	w := plainCard("ana")
	w.Start, w.End = at(in.Start), at(in.End)
	w.Recurrence = &wirepb.Recurrence{Rule: in.Rule, Dates: in.Dates, Except: in.Except}
	for _, d := range in.Differ {
		w.Occurrences = append(w.Occurrences, &wirepb.Occurrence{Date: d.Date, Start: at(d.Start), End: at(d.End), Cancelled: d.Cancelled})
	}
	card, err := cardFrom(w)
	if err != nil {
		return occurrencesOut{}, err
	}
	if err := card.check(); err != nil {
		return occurrencesOut{}, err
	}
	out := occurrencesOut{On: []occurrenceOut{}}
	on, _ := card.Within(in.From, in.To, reader)
	for _, o := range on {
		start, end := o.Span(reader)
		out.On = append(out.On, occurrenceOut{o.Date.String(), start.UTC(), end.UTC(), o.Cancelled})
	}
	return out, nil
}

// writeOccurrences is SPEC 6.7, 6.9 and 6.10, in the past, where the rules of
// zones do not change.
func writeOccurrences(c *chapter) {
	for _, o := range []struct {
		name, clauses string
		in            occurrencesIn
		from, to      string
		on            string // date start/end, all in UTC; ! where it is cancelled
	}{
		{
			"every year, on the clock of the zone", "6.9",
			occurrencesIn{Start: "2009-06-04T20:00:00", End: "2009-06-04T21:30:00", Zone: "Asia/Hong_Kong", Rule: "FREQ=YEARLY"},
			"2011-01-01T00:00:00Z", "2013-01-01T00:00:00Z",
			"2011-06-04 2011-06-04T12:00:00Z/2011-06-04T13:30:00Z 2012-06-04 2012-06-04T12:00:00Z/2012-06-04T13:30:00Z",
		},
		{
			"over a change of the clock", "6.9",
			occurrencesIn{Start: "2020-03-28T20:00:00", End: "2020-03-28T21:00:00", Zone: "Europe/Berlin", Rule: "FREQ=DAILY;COUNT=2"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-03-28 2020-03-28T19:00:00Z/2020-03-28T20:00:00Z 2020-03-29 2020-03-29T18:00:00Z/2020-03-29T19:00:00Z",
		},
		{
			"at an hour that one day has not", "6.9",
			occurrencesIn{Start: "2020-03-28T02:30:00", End: "2020-03-28T03:00:00", Zone: "Europe/Berlin", Rule: "FREQ=DAILY;COUNT=3"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-03-28 2020-03-28T01:30:00Z/2020-03-28T02:00:00Z 2020-03-29 2020-03-29T01:30:00Z/2020-03-29T02:00:00Z 2020-03-30 2020-03-30T00:30:00Z/2020-03-30T01:00:00Z",
		},
		{
			"at an hour that one day has twice", "6.9",
			occurrencesIn{Start: "2020-10-24T02:30:00", End: "2020-10-24T03:30:00", Zone: "Europe/Berlin", Rule: "FREQ=DAILY;COUNT=3"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-10-24 2020-10-24T00:30:00Z/2020-10-24T01:30:00Z 2020-10-25 2020-10-25T00:30:00Z/2020-10-25T01:30:00Z 2020-10-26 2020-10-26T01:30:00Z/2020-10-26T02:30:00Z",
		},
		{
			"on a day that the zone has not", "6.9",
			occurrencesIn{Start: "2011-12-29T10:00:00", Zone: "Pacific/Apia", Rule: "FREQ=DAILY;COUNT=3"},
			"2011-01-01T00:00:00Z", "2013-01-01T00:00:00Z",
			"2011-12-29 2011-12-29T20:00:00Z/2011-12-29T20:00:00Z 2011-12-30 2011-12-30T20:00:00Z/2011-12-30T20:00:00Z 2011-12-31 2011-12-30T20:00:00Z/2011-12-30T20:00:00Z",
		},
		{
			"exactly as long over a change of the clock", "6.9",
			occurrencesIn{Start: "2020-03-27T22:00:00", End: "2020-03-28T06:00:00", Zone: "Europe/Berlin", Rule: "FREQ=DAILY;COUNT=2"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-03-27 2020-03-27T21:00:00Z/2020-03-28T05:00:00Z 2020-03-28 2020-03-28T21:00:00Z/2020-03-29T05:00:00Z",
		},
		{
			"floating, as long by the clock", "6.9",
			occurrencesIn{Start: "2020-03-27T22:00:00", End: "2020-03-28T06:00:00", Rule: "FREQ=DAILY;COUNT=2", Reader: "Europe/Berlin"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-03-27 2020-03-27T21:00:00Z/2020-03-28T05:00:00Z 2020-03-28 2020-03-28T21:00:00Z/2020-03-29T04:00:00Z",
		},
		{
			"two whole days every month, the 31st where there is one", "6.9",
			occurrencesIn{Start: "2020-01-31", End: "2020-02-01", Rule: "FREQ=MONTHLY", Reader: "Asia/Hong_Kong"},
			"2020-01-01T00:00:00Z", "2020-04-30T00:00:00Z",
			"2020-01-31 2020-01-30T16:00:00Z/2020-02-01T16:00:00Z 2020-03-31 2020-03-30T16:00:00Z/2020-04-01T16:00:00Z",
		},
		{
			"on the leap day", "6.8",
			occurrencesIn{Start: "2004-02-29", Rule: "FREQ=YEARLY", Reader: "UTC"},
			"2004-01-01T00:00:00Z", "2012-12-31T00:00:00Z",
			"2004-02-29 2004-02-29T00:00:00Z/2004-03-01T00:00:00Z 2008-02-29 2008-02-29T00:00:00Z/2008-03-01T00:00:00Z 2012-02-29 2012-02-29T00:00:00Z/2012-03-01T00:00:00Z",
		},
		{
			"weeks that begin on Sunday", "6.8",
			occurrencesIn{Start: "2020-06-02", Rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=TU,SU;WKST=SU", Reader: "UTC"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-06-02 2020-06-02T00:00:00Z/2020-06-03T00:00:00Z 2020-06-14 2020-06-14T00:00:00Z/2020-06-15T00:00:00Z 2020-06-16 2020-06-16T00:00:00Z/2020-06-17T00:00:00Z",
		},
		{
			"dates besides and dates excepted, which are counted", "6.7",
			occurrencesIn{
				Start: "2020-06-02", Rule: "FREQ=WEEKLY;COUNT=3", Dates: []string{"2020-06-03", "2020-06-16"}, Except: []string{"2020-06-09", "2020-06-10"},
				Reader: "UTC",
			},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-06-02 2020-06-02T00:00:00Z/2020-06-03T00:00:00Z 2020-06-03 2020-06-03T00:00:00Z/2020-06-04T00:00:00Z 2020-06-16 2020-06-16T00:00:00Z/2020-06-17T00:00:00Z",
		},
		{
			"dates without a rule", "6.7",
			occurrencesIn{Start: "2020-06-02", Dates: []string{"2020-06-03", "2020-08-01"}, Except: []string{"2020-06-03"}, Reader: "UTC"},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-06-02 2020-06-02T00:00:00Z/2020-06-03T00:00:00Z 2020-08-01 2020-08-01T00:00:00Z/2020-08-02T00:00:00Z",
		},
		{
			"moved, moved with an end, and cancelled", "6.10",
			occurrencesIn{
				Start: "2020-06-02T20:00:00", End: "2020-06-02T21:00:00", Zone: "Asia/Taipei", Rule: "FREQ=WEEKLY;COUNT=4",
				Differ: []differentIn{
					{Date: "2020-06-02", Start: "2020-06-30T20:00:00"},
					{Date: "2020-06-09", Start: "2020-06-10T19:00:00", End: "2020-06-10T19:15:00"},
					{Date: "2020-06-16", Cancelled: true},
				},
			},
			"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z",
			"2020-06-09 2020-06-10T11:00:00Z/2020-06-10T11:15:00Z 2020-06-16 2020-06-16T12:00:00Z/2020-06-16T13:00:00Z! 2020-06-23 2020-06-23T12:00:00Z/2020-06-23T13:00:00Z 2020-06-02 2020-06-30T12:00:00Z/2020-06-30T13:00:00Z",
		},
		{
			"moved into a window, and out of it", "6.10",
			occurrencesIn{
				Start: "2020-06-02T20:00:00", Zone: "Asia/Taipei", Rule: "FREQ=MONTHLY",
				Differ: []differentIn{{Date: "2020-06-02", Start: "2020-07-20T20:00:00"}, {Date: "2020-07-02", Start: "2020-08-20T20:00:00"}},
			},
			"2020-07-01T00:00:00Z", "2020-07-31T00:00:00Z",
			"2020-06-02 2020-07-20T12:00:00Z/2020-07-20T12:00:00Z",
		},
		{
			"none after 2100", "6.7",
			occurrencesIn{Start: "2099-06-04", Rule: "FREQ=YEARLY", Reader: "UTC"},
			"2099-01-01T00:00:00Z", "2200-01-01T00:00:00Z",
			"2099-06-04 2099-06-04T00:00:00Z/2099-06-05T00:00:00Z 2100-06-04 2100-06-04T00:00:00Z/2100-06-05T00:00:00Z",
		},
	} {
		o.in.From, o.in.To = must(time.Parse(time.RFC3339, o.from)), must(time.Parse(time.RFC3339, o.to))
		var want occurrencesOut
		for pair := range slices.Chunk(strings.Fields(o.on), 2) {
			span, cancelled := strings.CutSuffix(pair[1], "!")
			start, end, _ := strings.Cut(span, "/")
			want.On = append(want.On, occurrenceOut{
				pair[0], must(time.Parse(time.RFC3339, start)), must(time.Parse(time.RFC3339, end)), cancelled,
			})
		}
		c.accept("occurrences", o.name, o.clauses, o.in, want)
	}
	var counted []occurrenceOut
	for d := recur.Date(18262); len(counted) < MaxOccurrences; d++ { // 2020-01-01
		day := time.Unix(int64(d)*daySize, 0).UTC()
		counted = append(counted, occurrenceOut{day.Format(time.DateOnly), day, day.AddDate(0, 0, 1), false})
	}
	c.accept("occurrences", "366 at most", "6.9", occurrencesIn{
		Start: "2020-01-01", Rule: "FREQ=DAILY", Reader: "UTC", From: counted[0].Start, To: counted[0].Start.AddDate(3, 0, 0),
	}, occurrencesOut{counted})
}
