package calendar

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"votive/proto/votive"
)

// pythonWith is a Python that has a module; where there is none the test is
// skipped, and fails where it was asked for (make accept).
func pythonWith(t *testing.T, module, packages string) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	missing(t, "no python3 here that can import %s: apt-get install %s", module, packages)
	return ""
}

// ask has a script of testdata read a file, and reads its JSON answer.
func ask(t *testing.T, python, script string, input []byte, answer any, args ...string) {
	t.Helper()
	cmd := exec.Command(python, append([]string{filepath.Join("testdata", script)}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s = %v\n%s\n%s", cmd, err, stderr.Bytes(), input)
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatalf("%s printed %q: %v", cmd, out, err)
	}
}

// TestAcceptZones has python3-dateutil read the VTIMEZONE that are written, and
// compares its offsets with Go's every 5 days at noon.
func TestAcceptZones(t *testing.T) {
	python := pythonWith(t, "dateutil", "python3-dateutil")
	for _, name := range []string{
		"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "America/Santiago",
		"Asia/Gaza", "Pacific/Kiritimati", "Asia/Hong_Kong", "America/Sao_Paulo",
	} {
		zone := must(time.LoadLocation(name))
		c := &votive.Card{
			Title: "x", Start: at("2018-03-01 12:00", name),
			Recurrence: votive.Recurrence{Rule: rule("FREQ=DAILY;INTERVAL=5;UNTIL=20350301")},
		}
		file := written(t, Options{}, Event{Card: c, Stamp: stamp})
		var got []int
		ask(t, python, "zone.py", []byte(file), &got)
		i := 0
		for d := time.Date(2018, 3, 1, 12, 0, 0, 0, zone); d.Before(time.Date(2035, 3, 1, 0, 0, 0, 0, zone)); d = d.AddDate(0, 0, 5) {
			if _, want := d.Zone(); i >= len(got) || got[i] != want {
				t.Fatalf("%s on %v: offset %d of %v, want %d:\n%s", name, d, i, got[i:min(i+1, len(got))], want, file)
			}
			i++
		}
	}
}

// everyFile is a file of every kind that is written, by name.
func everyFile(t *testing.T) map[string]string {
	t.Helper()
	cancelled, hostile := vigil(), vigil()
	cancelled.Status, cancelled.Reason = votive.Cancelled, "flood"
	hostile.Title, hostile.City = "a\r\nATTENDEE:mailto:x@example.org\rEND:VEVENT\x00", strings.Repeat("燭", 33)
	cards := map[string]*votive.Card{
		"a vigil": vigil(), "what recurs": recurring(), "cancelled": cancelled, "hostile": hostile,
		"a day":        {Title: "x", Start: at("2027-06-04", "")},
		"days":         {Title: "x", Start: at("2027-12-30", ""), End: at("2027-12-31", "")},
		"floating":     {Title: "x", Start: floating("2027-06-04 20:00"), End: floating("2027-06-04 21:30")},
		"at once":      {Title: "x", Start: at("2027-06-04 20:00", "UTC"), Status: votive.Tentative},
		"unknown zone": {Title: "x", Start: must(votive.NewTime("2027-06-04T20:00:00", "Mars/Olympus", 5400))},
		"days of a leap year": {Title: "x", Start: at("2028-02-29", ""), Recurrence: votive.Recurrence{
			Rule: rule("FREQ=YEARLY;COUNT=5"), Dates: days("2029-02-28"), Except: days("2036-02-29"),
		}},
	}
	for _, zone := range []string{"Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Gaza", "Pacific/Apia", "Europe/Dublin"} {
		cards["weekly in "+zone] = &votive.Card{
			Title: "x", Start: at("2010-10-02 00:30", zone), End: at("2010-10-02 02:30", zone),
			Recurrence: votive.Recurrence{Rule: rule("FREQ=WEEKLY;UNTIL=20401231"), Except: days("2011-12-31")},
		}
	}
	files := make(map[string]string)
	busy := &Busy{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)}
	var all []Event
	for i, name := range sorted(cards) {
		valid(t, *cards[name])
		e := Event{
			ID: votive.ID{byte(i)}, Sequence: i, Card: cards[name], Place: "Victoria Park, gate 3", Joins: []string{"https://meet.example/x"},
			Stamp: stamp, Alarms: []time.Duration{time.Hour, 0, 90 * time.Second},
		}
		files[name] = written(t, Options{}, e)
		files[name+", as busy"] = written(t, Options{Busy: busy}, e)
		all = append(all, e)
	}
	all[0].UID = "somebody else's; UID, of " + strings.Repeat("many ", 40)
	files["all"], files["all, as busy"] = written(t, Options{}, all...), written(t, Options{Busy: busy}, all...)
	for name, file := range files {
		if !strings.Contains(file, "BEGIN:VEVENT") { // RFC 5545, 3.6: at least one component
			delete(files, name)
		}
	}
	return files
}

// TestAcceptICalendar has python3-icalendar read every kind of file that is
// written: no errors, and as many events with the same times and titles.
func TestAcceptICalendar(t *testing.T) {
	python := pythonWith(t, "icalendar", "python3-icalendar")
	files := everyFile(t)
	names, texts := listed(files)
	var got []struct{ Errors, Summary, Start []string }
	ask(t, python, "events.py", texts, &got)
	for i, name := range names {
		var summary, start []string
		for _, e := range writtenEvents(t, files[name]) {
			summary = append(summary, e.Title)
			start = append(start, e.value)
		}
		if g := got[i]; len(g.Errors) > 0 || !slices.Equal(g.Summary, summary) || !slices.Equal(g.Start, start) {
			t.Errorf("%s: icalendar has %+v, want titles %q, starts %v:\n%s", name, g, summary, start, files[name])
		}
	}
	t.Logf("python3-icalendar read %d files", len(files))
}

// listed are files in the order of their names, as a JSON list.
func listed(files map[string]string) (names []string, texts []byte) {
	var list []string
	for _, name := range sorted(files) {
		names = append(names, name)
		list = append(list, files[name])
	}
	return names, must(json.Marshal(list))
}

// writtenEvent is a VEVENT of a file that was written.
type writtenEvent struct {
	Draft
	value string // of DTSTART
}

func writtenEvents(t *testing.T, text string) []writtenEvent {
	t.Helper()
	top, _, err := readAll(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	f := newFile(notices{})
	var all []writtenEvent
	for _, c := range top.children[0].children {
		switch c.name {
		case "VTIMEZONE":
			f.timezones = append(f.timezones, c)
		case "VEVENT":
			all = append(all, writtenEvent{must(f.draft(c, nil)), c.first("DTSTART").value})
		}
	}
	return all
}

// libical is what testdata/libical.py says of a file.
type libical struct {
	Errors  []string
	Lines   int
	Summary []string
	Start   []string
}

// TestAcceptLibical has libical read every kind of file that is written, and
// what is written of the corpus of FuzzImport: no errors, every line understood,
// and the same events at the same moments by the VTIMEZONE that comes with them.
func TestAcceptLibical(t *testing.T) {
	python := pythonWith(t, "gi; gi.require_version('ICalGLib', '3.0')", "gir1.2-ical-3.0 python3-gi")
	files := everyFile(t)
	maps.Copy(files, corpusFiles(t))
	names, texts := listed(files)
	var got []libical
	ask(t, python, "libical.py", texts, &got)
	events := 0
	for i, name := range names {
		want := libical{Lines: linesOf(files[name])}
		for _, e := range writtenEvents(t, files[name]) {
			want.Summary = append(want.Summary, e.Title)
			start, _ := form(e.Start)
			if e.Start.Kind() == votive.Zoned {
				start = strconv.FormatInt(e.Start.Instant(nil).Unix(), 10)
			}
			want.Start = append(want.Start, start)
			events++
		}
		if g := got[i]; len(g.Errors) > 0 || g.Lines != want.Lines || !slices.Equal(g.Summary, want.Summary) || !slices.Equal(g.Start, want.Start) {
			t.Errorf("%s: libical has %+v, want %+v:\n%s", name, g, want, files[name])
		}
	}
	t.Logf("libical read %d files with %d events", len(files), events)
}

// linesOf is how many content lines there are; of a list libical makes one for
// each value.
func linesOf(text string) int {
	n := 0
	for line := range strings.Lines(unfolded(text)) {
		n++
		switch p, _ := parseLine(line); p.name {
		case "CATEGORIES", "RDATE", "EXDATE":
			n += len(split(p.value, ',')) - 1
		}
	}
	return n
}

// TestAcceptLibicalFinds has libical find what is wrong with a file, so that
// nothing found is something said.
func TestAcceptLibicalFinds(t *testing.T) {
	python := pythonWith(t, "gi; gi.require_version('ICalGLib', '3.0')", "gir1.2-ical-3.0 python3-gi")
	good := written(t, Options{}, Event{Card: recurring(), Stamp: stamp, Alarms: []time.Duration{time.Hour}})
	broken := []struct{ why, old, new string }{
		{"no part that is known", "BYDAY=1SU", "BYDAY=1XX"},
		{"no line", "SUMMARY:", "SUMMARY "},
		{"no date", "EXDATE;TZID=Europe/London:", "EXDATE;TZID=Europe/London:x"},
		{"no duration", "TRIGGER:-PT1H", "TRIGGER:-1H"},
		{"two starts", "DTSTART;", "DTSTART:20270307T180000Z\r\nDTSTART;"},
		{"an end and a duration", "SEQUENCE:0", "SEQUENCE:0\r\nDURATION:PT1H"},
		{"cut off", "END:VCALENDAR\r\n", ""},
		{"an end that is missing", "END:VEVENT\r\n", ""},
	}
	var texts []string
	for _, b := range broken {
		text := strings.Replace(good, b.old, b.new, 1)
		if text == good {
			t.Fatalf("%s: no %q in\n%s", b.why, b.old, good)
		}
		texts = append(texts, text)
	}
	var got []libical
	ask(t, python, "libical.py", must(json.Marshal(append(texts, good))), &got)
	for i, b := range broken {
		if len(got[i].Errors) == 0 {
			t.Errorf("%s, %q in place of %q: libical finds nothing", b.why, b.new, b.old)
		}
	}
	if last := got[len(broken)]; len(last.Errors) > 0 {
		t.Errorf("libical finds %q in\n%s", last.Errors, good)
	}
}

// corpusFiles is what is written of the events that are read from the corpus of
// FuzzImport.
func corpusFiles(t *testing.T) map[string]string {
	t.Helper()
	paths := must(filepath.Glob("testdata/fuzz/FuzzImport/*"))
	files := make(map[string]string)
	for _, path := range paths {
		raw := corpusEntry(t, path)
		drafts, _, err := Read(strings.NewReader(raw))
		if err != nil || len(drafts) == 0 {
			continue
		}
		var events []Event
		for i := range drafts {
			card := drafts[i].Card()
			events = append(events, Event{ID: votive.ID{byte(i), byte(i >> 8)}, Card: &card, Place: drafts[i].Place, UID: drafts[i].UID, Stamp: stamp})
		}
		files[filepath.Base(path)] = written(t, Options{}, events...)
	}
	if len(files) == 0 {
		t.Error("the corpus of FuzzImport has no file with an event")
	}
	return files
}

// corpusEntry is the one []byte of a file of go test -fuzz.
func corpusEntry(t *testing.T, path string) string {
	t.Helper()
	_, line, _ := strings.Cut(string(must(os.ReadFile(path))), "\n[]byte(")
	raw, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(line), ")"))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return raw
}

// missing ends a test for which something is not installed.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("VOTIVE_LONG") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
