package caldav_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"votive/node/almanac"
	"votive/node/caldav"
	"votive/node/secretary"
	"votive/node/subscribe"
	"votive/proto/votive"
)

// weekly is an entry on 4, 11, 18 and 25 June.
func weekly(title string, lines ...string) string {
	return event("uid-1", title, append([]string{"RRULE:FREQ=WEEKLY;COUNT=4"}, lines...)...)
}

// single begins the text of one date of what weekly is.
func single(title, date string) []string {
	return []string{
		"END:VEVENT", "BEGIN:VEVENT", "UID:uid-1", "SUMMARY:" + title, "RECURRENCE-ID;TZID=Asia/Hong_Kong:" + date,
	}
}

const (
	eleventh = "20270611T200000"
	when     = "DTSTART;TZID=Asia/Hong_Kong:20270604T200000"
	ending   = "DTEND;TZID=Asia/Hong_Kong:20270604T220000"
)

// waiting are the deletions that wait, and the dates of each.
func (p *person) waiting() (ids []votive.ID, dates [][]string) {
	p.t.Helper()
	err := p.book.View(func(v *almanac.View) error {
		for _, d := range caldav.Deletions(v) {
			var list []string
			for _, date := range d.Dates {
				list = append(list, date.String())
			}
			ids, dates = append(ids, d.Event.ID), append(dates, list)
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return ids, dates
}

// TestTakenDatesWait: no guest loses a date because of a slip in a calendar.
func TestTakenDatesWait(t *testing.T) {
	cancelled := append([]string{when, ending}, single("Vigil", eleventh)...)
	cancelled = append(cancelled, "DTSTART;TZID=Asia/Hong_Kong:"+eleventh, "STATUS:CANCELLED")
	for what, c := range map[string]struct {
		entry string
		want  []string
		after int // dates that there are once it is confirmed
	}{
		"EXDATE":             {weekly("Vigil", "EXDATE;TZID=Asia/Hong_Kong:"+eleventh), []string{"2027-06-11"}, 3},
		"STATUS:CANCELLED":   {weekly("Vigil", cancelled...), []string{"2027-06-11"}, 3},
		"fewer":              {event("uid-1", "Vigil", "RRULE:FREQ=WEEKLY;COUNT=3"), []string{"2027-06-25"}, 3},
		"UNTIL":              {event("uid-1", "Vigil", "RRULE:FREQ=WEEKLY;UNTIL=20270618T120000Z"), []string{"2027-06-25"}, 3},
		"no rule":            {event("uid-1", "Vigil"), []string{"2027-06-11", "2027-06-18", "2027-06-25"}, 1},
		"without the first":  {weekly("Vigil", "EXDATE;TZID=Asia/Hong_Kong:20270604T200000"), []string{"2027-06-04"}, 3},
		"the last is before": {event("uid-1", "Vigil", "RRULE:FREQ=DAILY;COUNT=4"), []string{"2027-06-11", "2027-06-18", "2027-06-25"}, 4},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPerson(t)
			path := minePath + "a.ics"
			p.puts(path, weekly("Vigil"))
			before, tag := p.titles()["Vigil"], p.tag(path)
			settled := func(keep bool) {
				p.rewrites(path, c.entry)
				ids, dates := p.waiting()
				if len(ids) != 1 || !slices.Equal(dates[0], c.want) {
					t.Fatalf("there wait %v, want %v", dates, c.want)
				}
				if got := p.titles()["Vigil"]; got != before || p.tag(path) == tag {
					t.Fatalf("it is revision %d, want %d, and the entry to come back", got, before)
				}
				p.restart()
				if keep {
					if err := caldav.Keep(t.Context(), p.book, ids[0]); err != nil {
						t.Fatal(err)
					}
				} else if _, err := caldav.Confirm(t.Context(), p.book, p.sec, ids[0]); err != nil {
					t.Fatal(err)
				}
				if ids, _ := p.waiting(); len(ids) > 0 {
					t.Fatalf("settled, %v wait", ids)
				}
				if _, err := caldav.Confirm(t.Context(), p.book, p.sec, ids[0]); err == nil {
					t.Error("Confirm of what is settled = nil, want an error")
				}
			}
			settled(true)
			p.rewrites(path, c.entry)
			p.rewrites(path, weekly("Vigil")) // takes it back
			if ids, _ := p.waiting(); len(ids) > 0 || p.titles()["Vigil"] != before {
				t.Fatalf("taken back, %v wait", ids)
			}
			settled(false)
			card := p.card("Vigil")
			if got := len(slices.Collect(card.Coming(start, nil))); got != c.after || card.Status != votive.Confirmed || p.titles()["Vigil"] != before+1 {
				t.Errorf("confirmed, it is on %d dates, %v, want %d", got, card, c.after)
			}
		})
	}
}

// TestTakenAndMoved: what is moved and what is off come in one entry. The one is
// done, and the other waits.
func TestTakenAndMoved(t *testing.T) {
	p := newPerson(t)
	path := minePath + "a.ics"
	p.puts(path, weekly("Vigil"))
	lines := append([]string{when, ending, "EXDATE;TZID=Asia/Hong_Kong:20270618T200000"}, single("Long vigil", eleventh)...)
	lines = append(lines, "DTSTART;TZID=Asia/Hong_Kong:20270612T190000", "DTEND;TZID=Asia/Hong_Kong:20270612T210000")
	p.rewrites(path, weekly("Long vigil", lines...))
	card := p.card("Long vigil")
	if len(card.Occurrences) != 1 || card.Occurrences[0].Start.Local() != "2027-06-12T19:00:00" || len(card.Recurrence.Except) > 0 {
		t.Errorf("it is %+v, want the 11th moved and nothing excepted", card)
	}
	ids, dates := p.waiting()
	if len(ids) != 1 || !slices.Equal(dates[0], []string{"2027-06-18"}) {
		t.Fatalf("there waits %v, want the 18th", dates)
	}

	// Changed by command meanwhile, by another name it waits still; by other dates
	// it does not.
	if _, err := p.sec.Edit(t.Context(), ids[0], secretary.Wish{Title: said("Vigil")}); err != nil {
		t.Fatal(err)
	}
	if again, _ := p.waiting(); len(again) != 1 {
		t.Error("by another name it waits no longer")
	}
	if _, err := p.sec.Edit(t.Context(), ids[0], secretary.Wish{Rule: said("FREQ=WEEKLY;COUNT=6")}); err != nil {
		t.Fatal(err)
	}
	if again, dates := p.waiting(); len(again) > 0 {
		t.Errorf("after it was made longer there waits %v: confirmed, it would be shorter again", dates)
	}
	if _, err := caldav.Confirm(t.Context(), p.book, p.sec, ids[0]); err == nil {
		t.Error("Confirm = nil, want an error")
	}
}

// TestStaleProgram: what the person changed meanwhile is not undone.
func TestStaleProgram(t *testing.T) {
	p := newPerson(t)
	path := minePath + "a.ics"
	p.puts(path, event("uid-1", "Supper"))
	old, tag := p.wants(http.StatusOK, "GET", path, ""), p.tag(path)
	var id votive.ID
	_ = p.book.View(func(v *almanac.View) error { e, err := v.FindEvent("Supper"); id = e.ID; return err })
	if _, err := p.sec.Edit(t.Context(), id, secretary.Wish{Title: said("Dinner")}); err != nil {
		t.Fatal(err)
	}
	p.wants(http.StatusPreconditionFailed, "PUT", path, old, "If-Match", tag)
	p.wants(http.StatusPreconditionRequired, "PUT", path, old)
	p.wants(http.StatusPreconditionRequired, "PUT", path, old, "If-Match", "*")
	if got := p.titles(); len(got) != 1 || got["Dinner"] != 1 {
		t.Errorf("the person has %v, want dinner", got)
	}
}

// TestConfirmSurvives: whenever the power goes while a deletion is confirmed, it
// waits still or is done, and confirmed again it is done once.
func TestConfirmSurvives(t *testing.T) {
	for what, entry := range map[string]string{
		"all of it": "", "a date": weekly("Vigil", "EXDATE;TZID=Asia/Hong_Kong:"+eleventh),
	} {
		t.Run(what, func(t *testing.T) {
			disk := vfs.NewCrashableMem()
			var after []*vfs.MemFS
			watching := false
			rng := rand.New(rand.NewPCG(1, 2))
			p := &person{t: t, fs: errorfs.Wrap(disk, errorfs.InjectorFunc(func(errorfs.Op) error {
				if watching && len(after) < 200 {
					after = append(after, disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng}))
				}
				return nil
			}))}
			p.clock.Store(start.UnixNano())
			p.open()
			t.Cleanup(func() { p.close() })
			if _, err := p.sec.Init(t.Context(), nil, nil); err != nil {
				t.Fatal(err)
			}
			p.is(subscribe.Terms{})
			path := minePath + "a.ics"
			p.puts(path, weekly("Vigil"))
			if entry == "" {
				p.wants(http.StatusNoContent, "DELETE", path, "")
			} else {
				p.rewrites(path, entry)
			}
			ids, _ := p.waiting()
			watching = true
			if _, err := caldav.Confirm(t.Context(), p.book, p.sec, ids[0]); err != nil {
				t.Fatal(err)
			}
			watching = false
			after = append(after, disk.CrashClone(vfs.CrashCloneCfg{}))
			before, done := 0, 0
			for _, fs := range after {
				other := &person{t: t, fs: fs}
				other.clock.Store(start.UnixNano())
				other.open()
				waits, _ := other.waiting()
				if got := other.titles()["Vigil"]; got == 0 != (len(waits) == 1) || got > 1 {
					t.Errorf("after a crash %d wait, and it is revision %d", len(waits), got)
				}
				if len(waits) == 1 {
					before++
				} else {
					done++
				}
				_, err := caldav.Confirm(t.Context(), other.book, other.sec, ids[0])
				if len(waits) == 1 && err != nil || entry == "" && err != nil {
					t.Errorf("confirmed after a crash = %v", err)
				}
				card := other.card("Vigil")
				if got := other.titles()["Vigil"]; got != 1 || entry == "" != (card.Status == votive.Cancelled) || entry != "" && len(card.Recurrence.Except) != 1 {
					t.Errorf("confirmed after a crash it is revision %d, %v, without %v", got, card.Status, card.Recurrence.Except)
				}
				other.close()
			}
			if before == 0 || done == 0 {
				t.Errorf("%d crashes before and %d after it was done, want some of both", before, done)
			}
		})
	}
}
