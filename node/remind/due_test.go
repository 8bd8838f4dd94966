package remind

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"votive/node/settings"
	"votive/proto/recur"
	"votive/proto/votive"
)

func at(t testing.TB, local, zone string) votive.Time {
	t.Helper()
	v, err := votive.ParseTime(local, zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func plain(t testing.TB, local string) votive.Time {
	t.Helper()
	v, err := votive.NewTime(local, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func rule(t testing.TB, text string, start votive.Time) votive.Recurrence {
	t.Helper()
	r, err := votive.ParseRule(text, start)
	if err != nil {
		t.Fatal(err)
	}
	return votive.Recurrence{Rule: r}
}

func date(t testing.TB, text string) recur.Date {
	t.Helper()
	d, err := recur.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func list(t testing.TB, text string) []time.Duration {
	t.Helper()
	b, err := settings.ParseList(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const stamp = "2006-01-02 15:04"

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	m, err := time.Parse(stamp, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What is due at a moment, and when to look again, both in UTC.
func TestLook(t *testing.T) {
	hk := "Asia/Hong_Kong" // UTC+8
	vigil := votive.Card{Start: at(t, "2027-06-04 20:00", hk), End: at(t, "2027-06-04 22:00", hk)}
	brief := votive.Card{Start: at(t, "2027-06-04 20:00", hk)}
	whole := votive.Card{Start: plain(t, "2027-06-04")}
	floating := votive.Card{Start: plain(t, "2027-06-04T20:00:00")}
	cancelled := vigil
	cancelled.Status = votive.Cancelled
	weekly := vigil
	weekly.Recurrence = rule(t, "FREQ=WEEKLY;COUNT=3", weekly.Start)
	changed := weekly
	changed.Occurrences = []votive.Occurrence{
		{Date: date(t, "2027-06-11"), Start: at(t, "2027-06-12 09:00", hk)},
		{Date: date(t, "2027-06-18"), Cancelled: true},
	}
	never := weekly
	never.Recurrence = rule(t, "FREQ=YEARLY", weekly.Start)
	for _, c := range []struct {
		name   string
		card   votive.Card
		before string
		now    string
		zone   string // of the reader
		due    string // date, comma, before
		next   string
	}{
		{"long before", vigil, "1h", "2027-06-01 00:00", "", "", "2027-06-04 11:00"},
		{"a minute before", vigil, "1h", "2027-06-04 10:59", "", "", "2027-06-04 11:00"},
		{"to the minute", vigil, "1h", "2027-06-04 11:00", "", "2027-06-04 1h", "2027-07-06 11:00"},
		{"missed", vigil, "1h", "2027-06-04 11:40", "", "2027-06-04 1h", "2027-07-06 11:40"},
		{"missed and begun", vigil, "1h", "2027-06-04 13:59", "", "2027-06-04 1h", "2027-07-06 13:59"},
		{"over", vigil, "1h", "2027-06-04 14:00", "", "", "2027-07-06 14:00"},
		{"long over", vigil, "1h", "2027-06-05 14:00", "", "", ""},
		{"two", vigil, "1d,1h", "2027-06-03 13:00", "", "2027-06-04 1d", "2027-06-04 11:00"},
		{"two missed", vigil, "1d,1h", "2027-06-04 11:30", "", "2027-06-04 1d 2027-06-04 1h", "2027-07-06 11:30"},
		{"when it begins", vigil, "0", "2027-06-04 12:00", "", "2027-06-04 0m", "2027-07-06 12:00"},
		{"without an end", brief, "0", "2027-06-04 12:59", "", "2027-06-04 0m", "2027-07-06 12:59"},
		{"without an end, over", brief, "0", "2027-06-04 13:00", "", "", "2027-07-06 13:00"},
		{"no reminders", vigil, "", "2027-06-04 11:30", "", "", ""},
		{"cancelled", cancelled, "1h", "2027-06-04 11:30", "", "", ""},
		{"no time", votive.Card{}, "1h", "2027-06-04 11:30", "", "", ""},
		{"far away", vigil, "1h", "2026-06-04 11:00", "", "", "2026-07-06 11:00"},

		{"a date in Hong Kong", whole, "1h", "2027-06-03 15:00", hk, "2027-06-04 1h", "2027-07-05 15:00"},
		{"a date in Honolulu", whole, "1h", "2027-06-03 15:00", "Pacific/Honolulu", "", "2027-06-04 09:00"},
		{"a date goes on all day", whole, "1h", "2027-06-05 09:59", "Pacific/Honolulu", "2027-06-04 1h", "2027-07-07 09:59"},
		{"floating in Hong Kong", floating, "1h", "2027-06-04 11:00", hk, "2027-06-04 1h", "2027-07-06 11:00"},
		{"floating in London", floating, "1h", "2027-06-04 11:00", "Europe/London", "", "2027-06-04 18:00"},

		{"the second", weekly, "1h", "2027-06-05 00:00", "", "", "2027-06-11 11:00"},
		{"the second is due", weekly, "1h", "2027-06-11 11:00", "", "2027-06-11 1h", "2027-06-18 11:00"},
		{"after the last", weekly, "1h", "2027-06-19 11:00", "", "", ""},
		{"each of them", weekly, "14d", "2027-06-04 13:00", "", "2027-06-04 14d 2027-06-11 14d 2027-06-18 14d", "2027-07-06 13:00"},
		{"moved", changed, "1h", "2027-06-11 11:00", "", "", "2027-06-12 00:00"},
		{"moved and due", changed, "1h", "2027-06-12 00:00", "", "2027-06-11 1h", "2027-07-14 00:00"},
		{"one date is cancelled", changed, "1h", "2027-06-18 11:30", "", "", ""},
		{"next year", never, "1h", "2028-06-04 11:00", "", "2028-06-04 1h", "2028-07-06 11:00"},
	} {
		reader := time.UTC
		if c.zone != "" {
			reader, _ = time.LoadLocation(c.zone)
		}
		p := plan{card: &c.card, before: list(t, c.before)}
		due, next := p.look(moment(t, c.now), reader, nil)
		var got []string
		for _, r := range due {
			got = append(got, r.Date.String()+" "+settings.FormatBefore(r.Before))
		}
		again := ""
		if !next.IsZero() {
			again = next.UTC().Format(stamp)
		}
		if g := strings.Join(got, " "); g != c.due || again != c.next {
			t.Errorf("%s: due %q, next %q, want %q, %q", c.name, g, again, c.due, c.next)
		}
	}
}

// Who looks when they are told to is reminded to the minute, of everything.
func TestLookIsPunctual(t *testing.T) {
	start := at(t, "2027-06-04 20:00", "Asia/Hong_Kong")
	card := votive.Card{Start: start, Recurrence: rule(t, "FREQ=MONTHLY;COUNT=24", start)}
	p := plan{card: &card, before: list(t, "90d,1d,0")}
	now, end := moment(t, "2027-01-01 00:00"), moment(t, "2031-01-01 00:00")
	said := parseFired(nil)
	times := 0
	for looks := 0; now.Before(end) && !now.IsZero(); looks++ {
		if looks > 200 {
			t.Fatal("it looks again and again")
		}
		due, next := p.look(now, time.UTC, said)
		for _, r := range said.sayAll(due, now) {
			times++
			if !r.Start.Add(-r.Before).Equal(now) {
				t.Errorf("%v %v before came at %v", r.Date, r.Before, now)
			}
		}
		now = next
	}
	if times != 3*24 {
		t.Errorf("%d reminders came, want %d", times, 3*24)
	}
}

// weekly is an event of the model: it takes place n times, a week apart, an hour
// long, and its second date is perhaps moved by some hours or cancelled.
type weekly struct {
	id        votive.ID
	start     time.Time // UTC
	n         int
	moved     time.Duration
	gone      bool // the second date
	cancelled bool
	before    []time.Duration
}

func (w *weekly) card(t testing.TB) *votive.Card {
	clock := func(u time.Time) votive.Time { return at(t, u.Format(stamp), "UTC") }
	c := &votive.Card{Start: clock(w.start), End: clock(w.start.Add(time.Hour))}
	if w.cancelled {
		c.Status = votive.Cancelled
	}
	if w.n > 1 {
		c.Recurrence = rule(t, fmt.Sprintf("FREQ=WEEKLY;COUNT=%d", w.n), c.Start)
		second := w.start.Add(7 * 24 * time.Hour)
		day := date(t, second.Format(time.DateOnly))
		switch {
		case w.gone:
			c.Occurrences = []votive.Occurrence{{Date: day, Cancelled: true}}
		case w.moved != 0:
			c.Occurrences = []votive.Occurrence{{Date: day, Start: clock(second.Add(w.moved))}}
		}
	}
	return c
}

// starts are when it takes place.
func (w *weekly) starts() (all []time.Time) {
	for i := range w.n {
		s := w.start.Add(time.Duration(i) * 7 * 24 * time.Hour)
		if i == 1 {
			s = s.Add(w.moved)
		}
		if !w.cancelled && !(i == 1 && w.gone) {
			all = append(all, s)
		}
	}
	return all
}

// Whatever happens to the clock, to the events and to the daemon, each reminder
// of each time at which an event takes place comes once, at the first look
// between its time and the end of the event.
func TestEachReminderComesOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		begin := moment(t, "2027-06-01 00:00")
		events := make([]*weekly, rapid.IntRange(1, 4).Draw(rt, "events"))
		lists := []string{"", "0", "1h", "1d,1h", "7d,1d,2h,10m", "30d"}
		hours := func(name string, from, to int) time.Duration {
			return time.Duration(rapid.IntRange(from, to).Draw(rt, name)) * time.Hour
		}
		for i := range events {
			events[i] = &weekly{
				id: votive.ID{byte(i)}, start: begin.Add(hours("start", 0, 500)), n: rapid.IntRange(1, 6).Draw(rt, "times"),
				before: list(t, rapid.SampledFrom(lists).Draw(rt, "before")),
			}
		}
		came := make(map[string]int)
		name := func(event votive.ID, start time.Time, before time.Duration) string {
			return fmt.Sprint(event[0], start.UTC(), before)
		}
		now, said := begin, parseFired(nil)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			e := rapid.SampledFrom(events).Draw(rt, "event")
			switch rapid.SampledFrom([]string{"wait", "wait", "sleep", "back", "edit", "second", "cancel", "choose", "restart"}).Draw(rt, "step") {
			case "wait":
				now = now.Add(time.Duration(rapid.IntRange(0, 180).Draw(rt, "minutes")) * time.Minute)
			case "sleep":
				now = now.Add(hours("asleep", 1, 300))
			case "back":
				now = now.Add(-hours("back", 0, 200))
			case "edit":
				e.start = e.start.Add(hours("moved", -48, 48))
			case "second":
				e.moved, e.gone = hours("second moved", -24, 24), rapid.Bool().Draw(rt, "gone")
			case "cancel":
				e.cancelled = !e.cancelled
			case "choose":
				e.before = list(t, rapid.SampledFrom(lists).Draw(rt, "before"))
			case "restart":
				said = parseFired(said.bytes())
			}
			var due []Reminder
			for _, e := range events {
				p := plan{event: e.id, card: e.card(t), before: e.before}
				d, next := p.look(now, time.UTC, said)
				if !next.IsZero() && !next.After(now) {
					rt.Fatalf("at %v the next look is at %v", now, next)
				}
				due = append(due, d...)
			}
			for _, r := range said.sayAll(due, now) {
				came[name(r.Event, r.Start, r.Before)]++
			}
			for what, times := range came {
				if times != 1 {
					rt.Fatalf("%s came %d times", what, times)
				}
			}
			for _, e := range events {
				for _, start := range e.starts() {
					for _, b := range e.before {
						over := start.Add(time.Hour)
						if !now.Before(start.Add(-b)) && now.Before(over) && came[name(e.id, start, b)] == 0 {
							rt.Fatalf("at %v the reminder %v before %v did not come", now, b, start)
						}
						if now.Before(start.Add(-b)) && slices.ContainsFunc(due, func(r Reminder) bool {
							return r.Event == e.id && r.Start.Equal(start) && r.Before == b
						}) {
							rt.Fatalf("at %v the reminder %v before %v came too early", now, b, start)
						}
					}
				}
			}
		}
	})
}

func TestFiredIsBounded(t *testing.T) {
	now := moment(t, "2027-06-04 20:00")
	said := parseFired(nil)
	say := func(i int, over time.Time) bool {
		r := Reminder{Start: now.Add(time.Duration(i) * time.Minute), Over: over}
		return said.say(&r, now)
	}
	for i := range maxFired {
		if !say(i, now.Add(time.Duration(i-10)*time.Hour)) { // ten of them are over
			t.Fatalf("no room for number %d", i)
		}
	}
	for i := range 12 {
		if got := say(maxFired+i, now.Add(time.Hour)); got != (i < 10) {
			t.Errorf("room for number %d: %v", maxFired+i, got)
		}
	}
	if len(said.said) != maxFired {
		t.Errorf("%d are remembered, want %d", len(said.said), maxFired)
	}
	if n := len(said.bytes()); n > 1<<16 {
		t.Errorf("the note has %d bytes, more than a note may have", n)
	}
	again := parseFired(said.bytes())
	if string(again.bytes()) != string(said.bytes()) {
		t.Error("what is written is not what is read")
	}
}

func FuzzParseFired(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte{firedVersion})
	f.Add([]byte{2, 0})
	f.Add((&fired{said: map[key]int64{{1}: 5, {2}: -5}}).bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		first := parseFired(b).bytes()
		if again := parseFired(first).bytes(); string(again) != string(first) {
			t.Errorf("parseFired(%x) is written as %x", first, again)
		}
	})
}
