package votive

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"votive/proto/recur"
)

// TestSpans: what is worked out for many cards at once is what Within says of
// each.
func TestSpans(t *testing.T) {
	zones := []string{"", "UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Hong_Kong"}
	rapid.Check(t, func(t *rapid.T) {
		start := recur.Date(rapid.IntRange(20_700, 20_900).Draw(t, "start")) // 2026 to 2027
		local, zone := start.String(), ""
		days := rapid.Bool().Draw(t, "days")
		if !days {
			local += rapid.SampledFrom([]string{"T00:30:00", "T02:30:00", "T20:00:00"}).Draw(t, "clock")
			zone = rapid.SampledFrom(zones).Draw(t, "zone")
		}
		var c Card
		var err error
		if zone != "" {
			c.Start, err = ParseTime(local, zone)
		} else {
			c.Start, err = NewTime(local, "", 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		if lasts := rapid.IntRange(0, 60).Draw(t, "hours"); lasts > 0 {
			d := time.Duration(lasts) * time.Hour
			if days {
				d = time.Duration(lasts) * 24 * time.Hour
			}
			if c.End, err = c.Start.Lasting(d); err != nil {
				t.Fatal(err)
			}
		}
		if rapid.Bool().Draw(t, "recurs") {
			c.Recurrence.Rule = recur.Every(recur.Daily)
			for _, n := range []int{3, 9} {
				o := Occurrence{Date: start + recur.Date(n), Cancelled: n == 3}
				if n == 9 {
					o.Start = c.Start.on(o.Date + 40)
				}
				c.Occurrences = append(c.Occurrences, o)
			}
		}
		from := time.Unix(int64(start+recur.Date(rapid.IntRange(-5, 200).Draw(t, "from")))*daySize+3600, 0)
		to := from.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "length")) * 24 * time.Hour)
		reader, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "reader"))
		if err != nil {
			t.Fatal(err)
		}
		var got, want []span
		for from, to := range c.Seconds(from, to, reader) {
			got = append(got, span{from, to})
		}
		on, _ := c.Within(from, to, reader)
		for _, o := range on {
			if start, end := o.Span(reader); !o.Cancelled {
				want = append(want, span{start.Unix(), end.Unix()})
			}
		}
		order := func(a, b span) int { return int(a.start - b.start) }
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v from %v to %v for %v is on at %v, want %v", c, from, to, reader, got, want)
		}
	})
}
