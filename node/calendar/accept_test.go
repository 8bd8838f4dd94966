package calendar

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"votive/proto/votive"
)

// pythonWith is a Python that has a module; where there is none the test is
// skipped.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	t.Skipf("no python3 with %s here: apt-get install python3-%s", module, module)
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
	python := pythonWith(t, "dateutil")
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

// TestAcceptICalendar has python3-icalendar read every kind of file that is
// written: no errors, and as many events with the same times and titles.
func TestAcceptICalendar(t *testing.T) {
	python := pythonWith(t, "icalendar")
	busy := &Busy{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, o := range []Options{{}, {Busy: busy}} {
		for _, c := range []*votive.Card{vigil(), recurring(), {Title: "x", Start: at("2027-06-04", "")}, {Title: "x", Start: floating("2027-06-04 20:00")}} {
			file := written(t, o, Event{Card: c, Place: "Victoria Park, gate 3", Stamp: stamp, Alarms: []time.Duration{time.Hour, 0}})
			want, notices := read(t, file)
			if len(notices) > 0 {
				t.Errorf("notices %q", notices)
			}
			var got struct {
				Errors  []string
				Summary []string
				Start   []string
			}
			ask(t, python, "events.py", []byte(file), &got)
			if len(got.Errors) > 0 || len(got.Summary) == 0 {
				t.Fatalf("icalendar: errors %q, titles %q:\n%s", got.Errors, got.Summary, file)
			}
			if got.Summary[0] != want[0].Title || got.Start[0] != want[0].Start.Local() {
				t.Errorf("icalendar: %q at %s, want %q at %s", got.Summary[0], got.Start[0], want[0].Title, want[0].Start.Local())
			}
		}
	}
}
