package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// zones are where readers are: the first and the last to have a day, and two
// in between.
var zones = []string{"Pacific/Kiritimati", "Asia/Hong_Kong", "Europe/London", "Pacific/Honolulu"}

// in runs a command where it is that zone.
func (p *person) in(t *testing.T, zone string, args ...string) said {
	cmd := p.command(t.Context(), "votive", args...)
	cmd.Env = append(cmd.Env, "TZ="+zone) // the last counts
	return p.runs(cmd)
}

// TestDatesNeverShift: an event on a date is on that date for everybody, as
// text, as JSON, and where events are looked for by date; it does not matter where
// it was announced. RFC 5545, 3.3.4.
func TestDatesNeverShift(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ming")
	p.start()
	p.does("init", "--no-passphrase")
	day, err := time.Parse(time.DateOnly, nextYear+"-06-04")
	if err != nil {
		t.Fatal(err)
	}
	on := func(days int) string { return day.AddDate(0, 0, days).Format(time.DateOnly) }
	for _, there := range zones {
		title := "Day of silence of " + there
		announced := p.in(t, there, "announce", title, "--at", on(0), "--end", on(1), "--json")
		made, err := parse(announced.out)
		if announced.code != 0 || err != nil {
			t.Fatalf("announce in %s exits with %d, %v: %s", there, announced.code, err, announced.err)
		}
		echo := "on     " + day.Format("Mon 2006-01-02") + " to " + day.AddDate(0, 0, 1).Format("Mon 2006-01-02") + ", wherever you are"
		if !strings.Contains(announced.err, echo+"\n") {
			t.Errorf("announce in %s says %q, want %q", there, announced.err, echo)
		}
		id := made.at("event.id")
		for _, here := range zones {
			for what, args := range map[string][]string{
				"event": {"show", id, "--json"}, "events.0": {"events", "--search", there, "--json"},
			} {
				got, err := parse(p.in(t, here, args...).out)
				if err != nil {
					t.Fatal(err)
				}
				start, end := got.at(what+".start"), got.at(what+".end")
				if want := `{"kind":"date","local":"` + on(0) + `"}`; start != want {
					t.Errorf("announced in %s: %s in %s begins %s, want %s", there, args[0], here, start, want)
				}
				if want := `{"kind":"date","local":"` + on(1) + `"}`; end != want {
					t.Errorf("announced in %s: %s in %s ends %s, want %s", there, args[0], here, end, want)
				}
			}
			agenda := p.in(t, here, "events", "--search", there).out
			want := regexp.MustCompile(`(?s)^` + day.Format("Monday 2 January 2006") + `\n  all day +` + title + ` .*until ` +
				day.AddDate(0, 0, 1).Format("Mon 2 January"))
			if !want.MatchString(agenda) {
				t.Errorf("announced in %s: events in %s prints\n%s\nwant %v", there, here, agenda, want)
			}
			for _, c := range []struct {
				from, to int
				found    bool
			}{{0, 0, true}, {1, 1, true}, {-1, -1, false}, {2, 2, false}} {
				out := p.in(t, here, "events", "--search", there, "--from", on(c.from), "--to", on(c.to)).out
				if found := strings.Contains(out, title); found != c.found {
					t.Errorf("announced in %s: events in %s from %s to %s found is %v, want %v", there, here, on(c.from), on(c.to), found, c.found)
				}
			}
		}
	}
}
