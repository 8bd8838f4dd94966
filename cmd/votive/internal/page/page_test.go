package page

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"votive/proto/localpb"
)

func reader(t *testing.T, zone string) Reader {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return Reader{Now: time.Date(2027, 6, 3, 22, 30, 0, 0, time.UTC), Zone: z}
}

func at(local, zone, utc string) *localpb.Time {
	return &localpb.Time{Kind: zoned, Local: local, Zone: &zone, Utc: &utc}
}

func TestWhen(t *testing.T) {
	start := at("2027-06-04T20:00:00", "Asia/Hong_Kong", "2027-06-04T12:00:00Z")
	end := at("2027-06-04T21:30:00", "Asia/Hong_Kong", "2027-06-04T13:30:00Z")
	day := func(d string) *localpb.Time { return &localpb.Time{Kind: date, Local: d} }
	for _, c := range []struct {
		name, zone string
		start, end *localpb.Time
		want       string
	}{
		{"there", "Asia/Hong_Kong", start, nil, "Fri 4 June 2027, 20:00, Asia/Hong_Kong"},
		{"same clock, other name", "Asia/Taipei", start, end, "Fri 4 June 2027, 20:00 to 21:30, Asia/Hong_Kong"},
		{
			"elsewhere", "America/New_York", start, end,
			"Fri 4 June 2027, 20:00 to 21:30, Asia/Hong_Kong|Fri 4 June 2027, 08:00 to 09:30 for you, America/New_York",
		},
		{
			"another day", "Pacific/Auckland", start, end,
			"Fri 4 June 2027, 20:00 to 21:30, Asia/Hong_Kong|Sat 5 June 2027, 00:00 to 01:30 for you, Pacific/Auckland",
		},
		{"a date never shifts", "Pacific/Auckland", day("2027-06-04"), nil, "Fri 4 June 2027, all day"},
		{"one day that says its end", "UTC", day("2027-06-04"), day("2027-06-04"), "Fri 4 June 2027, all day"},
		{"dates", "UTC", day("2027-06-04"), day("2027-06-06"), "Fri 4 June 2027 to Sun 6 June 2027, all day"},
		{
			"floating", "Asia/Tokyo", &localpb.Time{Kind: floating, Local: "2027-06-04T20:00:00"}, nil,
			"Fri 4 June 2027, 20:00, wherever you are",
		},
		{"nothing", "UTC", nil, nil, ""},
		{"unreadable", "UTC", at("2027-06-04T25:00:00", "Mars/\x1b", ""), nil, "2027-06-04T25:00:00 Mars/‹U+001B›"},
		{"no UTC", "UTC", at("2027-06-04T20:00:00", "A/B", "soon"), nil, "2027-06-04T20:00:00 A/B"},
	} {
		got := strings.Join(reader(t, c.zone).When(c.start, c.end), "|")
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s: When() = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAgo(t *testing.T) {
	r := reader(t, "UTC")
	for _, c := range []struct {
		before time.Duration
		want   string
	}{
		{-2 * time.Minute, "later than this computer's clock: is the clock right?"},
		{-time.Second, "less than a minute ago"},
		{59 * time.Second, "less than a minute ago"},
		{time.Minute, "1 minute ago"},
		{59 * time.Minute, "59 minutes ago"},
		{time.Hour, "1 hour ago"},
		{47 * time.Hour, "47 hours ago"},
		{48 * time.Hour, "2 days ago"},
	} {
		if got := r.ago(r.Now.Add(-c.before).Format(time.RFC3339)); got != c.want {
			t.Errorf("ago(%v) = %q, want %q", c.before, got, c.want)
		}
	}
}

// Today is the reader's: at 22:30 UTC it is tomorrow in Berlin.
func TestAgendaNamesDaysThatAreNear(t *testing.T) {
	events := []*localpb.Event{{Id: "0123456789", Title: "x", Start: &localpb.Time{Kind: date, Local: "2027-06-04"}}}
	for zone, want := range map[string]string{
		"UTC":              "Friday 4 June 2027, tomorrow",
		"Europe/Berlin":    "Friday 4 June 2027, today",
		"Pacific/Honolulu": "Friday 4 June 2027, tomorrow",
	} {
		got, _, _ := strings.Cut(reader(t, zone).Agenda(events), "\n")
		if got != want {
			t.Errorf("Agenda() in %s begins with %q, want %q", zone, got, want)
		}
	}
}

func TestChange(t *testing.T) {
	r := reader(t, "Europe/Berlin")
	event := &localpb.Event{Id: "3f2a9c1b00", Title: "Candles", Start: at("2027-06-04T20:00:00", "Asia/Hong_Kong", "2027-06-04T12:00:00Z")}
	gone := &localpb.Event{Id: "3f2a9c1b00", Title: strings.Repeat("燭", 50), Status: "cancelled", Start: event.Start}
	for _, c := range []struct {
		change *localpb.Change
		want   string
	}{
		{
			&localpb.Change{Kind: "event", Event: event},
			"00:30:00  event     Candles, Fri 4 June 2027, 20:00, Asia/Hong_Kong     3f2a9c1b\n",
		},
		{
			&localpb.Change{Kind: "event", Event: gone},
			"00:30:00  event     CANCELLED: 燭燭燭燭燭燭燭燭燭燭燭燭燭燭燭燭燭燭燭…  3f2a9c1b\n",
		},
		{
			&localpb.Change{Kind: "reply", Event: event, Guest: &localpb.Guest{Status: "yes", Party: 3, Name: "Bo\x1b"}},
			"00:30:00  reply     Bo‹U+001B› (3 people) says yes, Candles             3f2a9c1b\n",
		},
		{
			&localpb.Change{Kind: "answer", Event: event, Reply: &localpb.Reply{Status: "yes", Answer: "in"}},
			"00:30:00  answer    Candles, you said yes and are let in                3f2a9c1b\n",
		},
		{
			&localpb.Change{Kind: "answer", Event: event, Guest: &localpb.Guest{Status: "yes", Answer: "waitlist", Name: "Bo"}},
			"00:30:00  answer    Bo was answered: waitlist, Candles                  3f2a9c1b\n",
		},
		{
			&localpb.Change{Kind: "conflict", Event: event},
			"00:30:00  conflict  Candles, its organizers disagree                    3f2a9c1b\n",
		},
		{
			&localpb.Change{Kind: "peer", Peer: &localpb.Connection{Peer: "12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo"}},
			"00:30:00  peer      12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo\n",
		},
		{&localpb.Change{Kind: "dream"}, "00:30:00  dream\n"},
	} {
		if got := r.Change(c.change); got != c.want {
			t.Errorf("Change(%s) =\n%q, want\n%q", c.change.GetKind(), got, c.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[uint32]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestBackupFitsAPage(t *testing.T) {
	words := make([]string, 24)
	for i := range words {
		words[i] = "mountain"
	}
	got := Backup(words)
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) != 6 || lines[0] != " 1. mountain     2. mountain     3. mountain     4. mountain" {
		t.Errorf("Backup() = %q, want 6 lines in columns", got)
	}
}
