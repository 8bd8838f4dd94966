package votive

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"votive/proto/internal/wirepb"
)

// carded adds a card, changed in one place, as a proposal.
func (c *chapter) carded(name, clauses string, good bool, change func(*wirepb.Card)) {
	f := found("nonce", "ana")
	c.proposed(name, clauses, good, f.revise("", []string{"ana"}, nil, func(w *wirepb.Revision) { change(w.Card) }))
}

// writeCards is SPEC 6.1 at every bound and one past it.
func writeCards(c *chapter) {
	for _, t := range []struct {
		name        string
		least, most int
		set         func(*wirepb.Card, string)
	}{
		{"title", 1, 200, func(w *wirepb.Card, s string) { w.Title = s }},
		{"text", 0, 2400, func(w *wirepb.Card, s string) { w.Text = s }},
		{"city", 0, 100, func(w *wirepb.Card, s string) { w.City = s }},
		{"language", 0, 35, func(w *wirepb.Card, s string) { w.Language = s }},
		{"reason", 0, 500, func(w *wirepb.Card, s string) { w.Reason = s }},
		{"tag", 1, 50, func(w *wirepb.Card, s string) { w.Tags = []string{s} }},
		{"one tag of several", 1, 50, func(w *wirepb.Card, s string) { w.Tags = []string{"vigil", s} }},
	} {
		sized := func(n int, good bool) {
			c.carded(fmt.Sprintf("%s of %d bytes", t.name, n), "6.1", good, func(w *wirepb.Card) { t.set(w, text(n)) })
		}
		if t.least > 0 {
			sized(t.least-1, false)
		}
		sized(t.least, true)
		sized(t.most, true)
		sized(t.most+1, false)
	}
	c.carded("title of 200 bytes in 100 letters", "6.1", true, func(w *wirepb.Card) { w.Title = strings.Repeat("é", 100) })
	c.carded("title of 202 bytes in 101 letters", "6.1", false, func(w *wirepb.Card) { w.Title = strings.Repeat("é", 101) })
	for _, l := range []struct {
		language string
		good     bool
	}{{"zh-Hant-TW", true}, {"en", true}, {"x-123", true}, {"zh_TW", false}, {"é", false}, {"en US", false}, {"en\n", false}} {
		c.carded(fmt.Sprintf("language %q", l.language), "6.1", l.good, func(w *wirepb.Card) { w.Language = l.language })
	}
	tags := func(n int) []string { return slices.Repeat([]string{"vigil"}, n) }
	c.carded("16 tags", "6.1", true, func(w *wirepb.Card) { w.Tags = tags(16) })
	c.carded("17 tags", "6.1", false, func(w *wirepb.Card) { w.Tags = tags(17) })
	writeWebLinks(c)
	for _, n := range []uint32{0, 1, 100_000, 100_001, 1<<32 - 1} {
		c.carded(fmt.Sprintf("capacity of %d", n), "6.1", n <= 100_000, func(w *wirepb.Card) { w.Capacity = n })
	}
	for _, n := range []int32{0, 1, 2, 3, 256, -1, -256, 1<<31 - 1} {
		c.carded(fmt.Sprintf("status %d", n), "1.5 6.1", n >= 0 && n <= 2, func(w *wirepb.Card) { w.Status = wirepb.Status(n) })
		c.carded(fmt.Sprintf("answers %d", n), "1.5 6.1", n >= 0 && n <= 2, func(w *wirepb.Card) { w.Answers = wirepb.Answers(n) })
	}
	c.carded("hashes of an inbox and of details", "6.5 6.6", true, func(w *wirepb.Card) { w.Inbox, w.Details = seedOf("a"), seedOf("b") })
	c.carded("everything at its bound", "6.1", true, func(w *wirepb.Card) {
		w.Title, w.Text, w.City, w.Language, w.Reason = text(200), text(2400), text(100), text(35), text(500)
		w.Tags, w.Links = slices.Repeat([]string{text(50)}, 16), slices.Repeat([]string{"https://" + text(292)}, 8)
		w.Capacity, w.Organizers[0].By = 100_000, text(100)
	})
}

func writeWebLinks(c *chapter) {
	for _, l := range []struct {
		name  string
		links []string
		good  bool
	}{
		{"link of 8 bytes", []string{"https://"}, true},
		{"link of 300 bytes", []string{"https://" + text(292)}, true},
		{"link of 301 bytes", []string{"https://" + text(293)}, false},
		{"link of 0 bytes", []string{""}, false},
		{"link of http", []string{"http://example.org"}, false},
		{"link in capitals", []string{"HTTPS://example.org"}, false},
		{"link that a blank begins", []string{" https://example.org"}, false},
		{"link to a script", []string{"javascript:alert(1)"}, false},
		{"one link of several is none", []string{"https://example.org", "ftp://example.org"}, false},
		{"8 links", slices.Repeat([]string{"https://example.org"}, 8), true},
		{"9 links", slices.Repeat([]string{"https://example.org"}, 9), false},
	} {
		c.carded(l.name, "6.1", l.good, func(w *wirepb.Card) { w.Links = l.links })
	}
}

// writeTimes is SPEC 6.2 and 6.3.
func writeTimes(c *chapter) {
	writeClocks(c)
	writeEnds(c)
	writeInstants(c)
}

func writeClocks(c *chapter) {
	const taipei = "Asia/Taipei"
	good := []struct {
		local, zone string
		offset      int32
	}{
		{"2027-06-04", "", 0},
		{"2027-06-04T20:00:00", "", 0},
		{"2027-06-04T20:00:00", taipei, 28800},
		{"2027-06-04T20:00:00", taipei, 0},
		{"2000-01-01", "", 0},
		{"2100-12-31", "", 0},
		{"2000-01-01T00:00:00", "", 0},
		{"2100-12-31T23:59:59", "", 0},
		{"2028-02-29", "", 0},
		{"2027-06-04T20:00:59", taipei, 28800},
		{"2027-06-04T20:00:00", taipei, 64800},
		{"2027-06-04T20:00:00", taipei, -64800},
		{"2027-06-04T20:00:00", "No/Such_Zone+1-2", 3600},
		{"2027-06-04T20:00:00", text(64), 3600},
		{"2027-06-04T20:00:00", "Z", 0},
	}
	bad := []struct {
		local, zone string
		offset      int32
	}{
		{"", "", 0},
		{"", taipei, 28800},
		{"1999-12-31", "", 0},
		{"2101-01-01", "", 0},
		{"1999-12-31T23:59:59", "", 0},
		{"2101-01-01T00:00:00", "", 0},
		{"2027-02-29", "", 0},
		{"2027-06-31", "", 0},
		{"2027-13-01", "", 0},
		{"2027-00-01", "", 0},
		{"2027-06-00", "", 0},
		{"2027-6-4", "", 0},
		{"20270604", "", 0},
		{"2027-06-04T24:00:00", "", 0},
		{"2027-06-04T20:60:00", "", 0},
		{"2027-06-04T20:00:60", "", 0},
		{"2027-06-04T20:00", "", 0},
		{"2027-06-04 20:00:00", "", 0},
		{"2027-06-04t20:00:00", "", 0},
		{"2027-06-04T20:00:00Z", "", 0},
		{"2027-06-04T20:00:00.5", "", 0},
		{"2027-06-04T20:00:00,5", "", 0},
		{"2027-06-04T20:00:00+08:00", "", 0},
		{" 2027-06-04", "", 0},
		{"2027-06-04\n", "", 0},
		{"+2027-06-04", "", 0},
		{"２０２７-06-04", "", 0},
		{"2027-06-04", taipei, 0},
		{"2027-06-04", "", 3600},
		{"2027-06-04T20:00:00", "", 3600},
		{"2027-06-04T20:00:00", taipei, 64801},
		{"2027-06-04T20:00:00", taipei, -64801},
		{"2027-06-04T20:00:00", text(65), 0},
		{"2027-06-04T20:00:00", "/Taipei", 0},
		{"2027-06-04T20:00:00", "8Taipei", 0},
		{"2027-06-04T20:00:00", "_Taipei", 0},
		{"2027-06-04T20:00:00", "Asia/../Taipei", 0},
		{"2027-06-04T20:00:00", "Asia Taipei", 0},
		{"2027-06-04T20:00:00", "Asia\\Taipei", 0},
		{"2027-06-04T20:00:00", "Asia/Taipéi", 0},
	}
	for i, times := range [][]struct {
		local, zone string
		offset      int32
	}{good, bad} {
		for _, t := range times {
			name := fmt.Sprintf("start %q, zone %.20q of %d bytes, offset %d", ascii(t.local), ascii(t.zone), len(t.zone), t.offset)
			c.carded(name, "6.3", i == 0, func(w *wirepb.Card) {
				w.Start = &wirepb.Time{Local: t.local, Zone: t.zone, Offset: t.offset}
			})
		}
	}
}

// writeEnds is SPEC 6.2.
func writeEnds(c *chapter) {
	c.carded("no start", "6.2", false, func(w *wirepb.Card) { w.Start = nil })
	c.carded("an end and no start", "6.2", false, func(w *wirepb.Card) { w.Start, w.End = nil, w.Start })
	date := func(s string) *wirepb.Time { return &wirepb.Time{Local: s} }
	zoned := func(local, zone string, offset int32) *wirepb.Time {
		return &wirepb.Time{Local: local, Zone: zone, Offset: offset}
	}
	const eight, nine = "2027-06-04T20:00:00", "2027-06-04T21:00:00"
	for _, e := range []struct {
		name       string
		start, end *wirepb.Time
		good       bool
	}{
		{"ends on the day it begins", date("2027-06-04"), date("2027-06-04"), true},
		{"ends a day later", date("2027-06-04"), date("2027-06-05"), true},
		{"ends a day before", date("2027-06-04"), date("2027-06-03"), false},
		{"floating, ends at once", date(eight), date(eight), true},
		{"floating, ends an hour later", date(eight), date(nine), true},
		{"floating, ends an hour before", date(nine), date(eight), false},
		{"zoned, ends at once", zoned(eight, "Asia/Taipei", 28800), zoned(eight, "Asia/Taipei", 28800), true},
		{"zoned, ends a second before", zoned(eight, "Asia/Taipei", 28800), zoned("2027-06-04T19:59:59", "Asia/Taipei", 28800), false},
		{"ends at an earlier clock further west", zoned(eight, "Asia/Taipei", 28800), zoned("2027-06-04T15:00:00", "Europe/Berlin", 7200), true},
		{"ends at a later clock further east", zoned(eight, "Europe/Berlin", 7200), zoned(nine, "Asia/Taipei", 28800), false},
		{"offsets count and not the zones' rules", zoned(eight, "Asia/Taipei", 0), zoned(nine, "Asia/Taipei", 7200), false},
		{"date and floating", date("2027-06-04"), date(nine), false},
		{"floating and date", date(eight), date("2027-06-05"), false},
		{"floating and zoned", date(eight), zoned(nine, "Asia/Taipei", 28800), false},
		{"zoned and floating", zoned(eight, "Asia/Taipei", 28800), date(nine), false},
		{"zoned and date", zoned(eight, "Asia/Taipei", 28800), date("2027-06-05"), false},
		{"end that is no time", date("2027-06-04"), &wirepb.Time{}, false},
	} {
		c.carded(e.name, "6.2", e.good, func(w *wirepb.Card) { w.Start, w.End = e.start, e.end })
	}
}

// writeInstants is the last words of SPEC 6.3, in the past, where rules do not
// change.
func writeInstants(c *chapter) {
	for _, i := range []struct {
		local, zone string
		offset      int
		reader      string
		form, want  string
	}{
		{"2020-06-04T20:00:00", "Asia/Hong_Kong", 28800, "UTC", "zoned", "2020-06-04T12:00:00Z"},
		{"2020-06-04T20:00:00", "Asia/Hong_Kong", 28800, "America/New_York", "zoned", "2020-06-04T12:00:00Z"},
		{"2020-06-04T20:00:00", "Asia/Hong_Kong", 0, "UTC", "zoned", "2020-06-04T12:00:00Z"},
		{"2020-01-04T20:00:00", "Europe/Berlin", 7200, "UTC", "zoned", "2020-01-04T19:00:00Z"},
		{"2020-06-04T20:00:00", "No/Such_Zone", 20700, "UTC", "zoned", "2020-06-04T14:15:00Z"},
		{"2020-06-04T20:00:00", "No/Such_Zone", -14400, "Asia/Taipei", "zoned", "2020-06-05T00:00:00Z"},
		{"2020-06-04T20:00:00", "Local", 28800, "America/New_York", "zoned", "2020-06-04T12:00:00Z"},
		{"2020-03-29T02:30:00", "Europe/Berlin", 3600, "UTC", "zoned", "2020-03-29T01:30:00Z"},
		{"2020-10-25T02:30:00", "Europe/Berlin", 3600, "UTC", "zoned", "2020-10-25T00:30:00Z"},
		{"2020-03-29T01:59:59", "Europe/Berlin", 3600, "UTC", "zoned", "2020-03-29T00:59:59Z"},
		{"2020-03-29T03:00:00", "Europe/Berlin", 7200, "UTC", "zoned", "2020-03-29T01:00:00Z"},
		{"2020-03-08T02:30:00", "", 0, "America/New_York", "floating", "2020-03-08T07:30:00Z"},
		{"2020-06-04T20:00:00", "", 0, "UTC", "floating", "2020-06-04T20:00:00Z"},
		{"2020-06-04T20:00:00", "", 0, "America/New_York", "floating", "2020-06-05T00:00:00Z"},
		{"2020-06-04", "", 0, "UTC", "date", "2020-06-04T00:00:00Z"},
		{"2020-06-04", "", 0, "Asia/Hong_Kong", "date", "2020-06-03T16:00:00Z"},
	} {
		c.accept("instant", fmt.Sprintf("%s in %q at %d, read in %s", i.local, i.zone, i.offset, i.reader), "6.3",
			instantIn{i.local, i.zone, i.offset, i.reader}, instantOut{i.form, must(time.Parse(time.RFC3339, i.want))})
	}
}
