package caldav

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// scheduleIn is one of a card's lines: a start, a rule, and dates that are moved by
// an hour, cancelled, besides and excepted.
func scheduleIn(t *testing.T, start, rule string, moved, cancelled, besides, except []string) schedule {
	t.Helper()
	read := func(local string) votive.Time {
		when, err := votive.ParseTime(local, "Asia/Hong_Kong")
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	dates := func(list []string) (all []recur.Date) {
		for _, text := range list {
			d, err := recur.ParseDate(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, d)
		}
		return all
	}
	s := schedule{start: read(start), end: read(start[:11] + "23:00")}
	var err error
	if rule != "" {
		if s.recurrence.Rule, err = votive.ParseRule(rule, s.start); err != nil {
			t.Fatal(err)
		}
	}
	s.recurrence.Dates, s.recurrence.Except = dates(besides), dates(except)
	for i, d := range dates(moved) {
		s.occurrences = append(s.occurrences, votive.Occurrence{Date: d, Start: read(moved[i] + "T21:00")})
	}
	for _, d := range dates(cancelled) {
		s.occurrences = append(s.occurrences, votive.Occurrence{Date: d, Cancelled: true})
	}
	slices.SortFunc(s.occurrences, func(a, b votive.Occurrence) int { return int(a.Date - b.Date) })
	return s
}

// TestWithout: which dates one schedule takes from another, on 8 June.
func TestWithout(t *testing.T) {
	now := time.Date(2027, 6, 8, 0, 0, 0, 0, time.UTC)
	list := func(dates ...string) []string { return dates }
	const friday, weekly = "2027-06-04T20:00", "FREQ=WEEKLY;COUNT=5" // 4, 11, 18, 25 June, 2 July
	for what, c := range map[string]struct {
		had, said schedule
		want      []string // the first of them
		count     int
	}{
		"the same": {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, weekly, nil, nil, nil, nil), nil, 0},
		"excepted": {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, weekly, nil, nil, nil, list("2027-06-18")), list("2027-06-18"), 1},
		"excepted, and over": {
			scheduleIn(t, "2027-05-28T20:00", weekly, nil, nil, nil, nil),
			scheduleIn(t, "2027-05-28T20:00", weekly, nil, nil, nil, list("2027-06-04")),
			nil, 0,
		},
		"cancelled": {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, weekly, nil, list("2027-06-11"), nil, nil), list("2027-06-11"), 1},
		"cancelled before": {
			scheduleIn(t, friday, weekly, nil, list("2027-06-11"), nil, nil),
			scheduleIn(t, friday, weekly, nil, nil, nil, list("2027-06-11")),
			nil, 0,
		},
		"not cancelled any more": {scheduleIn(t, friday, weekly, nil, list("2027-06-11"), nil, nil), scheduleIn(t, friday, weekly, nil, nil, nil, nil), nil, 0},
		"moved":                  {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, weekly, list("2027-06-11"), nil, nil, nil), nil, 0},
		"fewer":                  {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, "FREQ=WEEKLY;COUNT=3", nil, nil, nil, nil), list("2027-06-25"), 2},
		"more":                   {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, "FREQ=WEEKLY;COUNT=9", nil, nil, nil, nil), nil, 0},
		"until": {
			scheduleIn(t, friday, "FREQ=DAILY", nil, nil, nil, nil), scheduleIn(t, friday, "FREQ=DAILY;UNTIL=20990101", nil, nil, nil, nil),
			list("2099-01-02"), 729,
		},
		"once":               {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, "", nil, nil, nil, nil), list("2027-06-11"), 4},
		"every second":       {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, friday, "FREQ=WEEKLY;INTERVAL=2;COUNT=5", nil, nil, nil, nil), list("2027-06-11"), 2},
		"a date besides":     {scheduleIn(t, friday, weekly, nil, nil, list("2027-06-20"), nil), scheduleIn(t, friday, weekly, nil, nil, nil, nil), list("2027-06-20"), 1},
		"later in the day":   {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, "2027-06-04T21:30", weekly, nil, nil, nil, nil), nil, 0},
		"all a day later":    {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, "2027-06-05T20:00", weekly, nil, nil, nil, nil), nil, 0},
		"a day later, fewer": {scheduleIn(t, friday, weekly, nil, nil, nil, nil), scheduleIn(t, "2027-06-05T20:00", "FREQ=WEEKLY;COUNT=4", nil, nil, nil, nil), list("2027-06-11"), 4},
		"without the next one, for ever": {
			scheduleIn(t, "2027-06-11T20:00", "FREQ=WEEKLY", nil, nil, nil, nil), scheduleIn(t, "2027-06-18T20:00", "FREQ=WEEKLY", nil, nil, nil, nil),
			list("2027-06-11"), 1,
		},
		"moved, once": {scheduleIn(t, "2027-06-11T20:00", "", nil, nil, nil, nil), scheduleIn(t, "2027-08-11T20:00", "", nil, nil, nil, nil), nil, 0},
		"into the past": {
			scheduleIn(t, "2027-06-11T20:00", "", nil, nil, nil, nil), scheduleIn(t, "2027-05-11T20:00", "", nil, nil, nil, nil), list("2027-06-11"), 1,
		},
	} {
		got := c.had.without(&c.said, now)
		if len(got) != c.count || c.count > 0 && got[0].String() != c.want[0] {
			t.Errorf("%s: %d dates are taken away, %v, want %d from %v", what, len(got), got[:min(len(got), 3)], c.count, c.want)
		}
		for _, s := range []*schedule{&c.had, &c.said} {
			text, err := json.Marshal(s)
			var again schedule
			if err != nil || json.Unmarshal(text, &again) != nil || again.mark() != s.mark() {
				t.Errorf("%s: %s is read as %+v, %v", what, text, again, err)
			}
		}
		if changed := c.had.mark() != c.said.mark(); changed != (what != "the same") {
			t.Errorf("%s: the marks differ: %t", what, changed)
		}
	}
}

// FuzzSchedule: what a note has. What is read is written and read as the same.
func FuzzSchedule(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"start":{"local":"2027-06-04"}}`,
		`{"start":{"local":"2027-06-04T20:00:00","zone":"Asia/Hong_Kong","offset":28800},"rule":"FREQ=WEEKLY;COUNT=3","dates":[20980],"except":[-1],` +
			`"occurrences":[{"date":20982,"cancelled":true},{"date":99999999999}]}`,
		`{"start":{"local":"2027-06-04T20:00:00"},"rule":"FREQ=SECONDLY"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, note []byte) {
		var s, again schedule
		if json.Unmarshal(note, &s) != nil {
			return
		}
		text, err := json.Marshal(s)
		if err != nil || json.Unmarshal(text, &again) != nil || again.mark() != s.mark() {
			t.Fatalf("%s is written as %s, %v", note, text, err)
		}
		if text2, _ := json.Marshal(again); !bytes.Equal(text, text2) {
			t.Fatalf("%s is written as %s and then as %s", note, text, text2)
		}
	})
}
