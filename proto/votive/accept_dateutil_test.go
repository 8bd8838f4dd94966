package votive

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"votive/proto/recur"
)

// oddZones have clocks that change at odd times: at midnight (São Paulo, Gaza),
// by half an hour (Lord Howe), backwards in summer (Casablanca), by a whole day
// (Apia), at several times in a year (Casablanca, Gaza).
var oddZones = []string{
	"America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca",
	"America/Sao_Paulo", "Asia/Hong_Kong", "Asia/Gaza", "Pacific/Apia",
}

// compared is an event as testdata/moments.py reads it.
type compared struct {
	Zone   string   `json:"zone"`
	Start  string   `json:"start"`
	Rule   string   `json:"rule"`
	RDate  []string `json:"rdate"`
	ExDate []string `json:"exdate"`
	Most   int      `json:"most"`
	After  string   `json:"after"`
	card   *Card
	after  time.Time
}

// TestAcceptDateutil holds occurrences of random events to what python3-dateutil
// says about them: 200 events, 10,000 where VOTIVE_LONG is set, drawn with
// VOTIVE_SEED or a new seed. Both read the zone data that Go brings.
func TestAcceptDateutil(t *testing.T) {
	python := pythonWith(t, "dateutil")
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("VOTIVE_SEED"); s != "" {
		seed = must(strconv.ParseUint(s, 10, 64))
	}
	events := 200
	if os.Getenv("VOTIVE_LONG") != "" {
		events = 10_000
	}
	t.Logf("VOTIVE_SEED=%d, %d events", seed, events)
	data := sameZones(t)
	random := rand.New(rand.NewPCG(seed, 0))
	var all []compared
	var in bytes.Buffer
	for len(all) < events {
		if c, ok := randomEvent(random); ok {
			all = append(all, c)
			if err := json.NewEncoder(&in).Encode(c); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command(python, filepath.Join("testdata", "moments.py"))
	cmd.Env = append(os.Environ(), "PYTHONTZPATH="+data)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s = %v\n%s", cmd, err, stderr.Bytes())
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	var odd, total, differ, explained int
	for _, c := range all {
		var want []string
		if err := answers.Decode(&want); err != nil {
			t.Fatal(err)
		}
		got := c.moments()
		total += len(got)
		if c.mixed() {
			explained++
		}
		odd += c.oddMoments()
		if !slices.Equal(got, want) {
			if differ++; differ <= 10 {
				text, _ := json.Marshal(c)
				t.Errorf("%s\n got %v\nwant %v", text, got, want)
			}
		}
	}
	t.Logf("%d moments, %d of them where a clock was changed: %d events differ", total, odd, differ)
	t.Logf("%d events have days with and without numbers in BYDAY, which dateutil reads otherwise than RFC 5545, 3.3.10: see testdata/moments.py", explained)
	if odd == 0 {
		t.Errorf("of %d moments none is where a clock was changed: nothing was compared", total)
	}
}

// mixed reports whether BYDAY has days with numbers and days without.
func (c *compared) mixed() bool {
	_, days, _ := strings.Cut(c.Rule, "BYDAY=")
	days, _, _ = strings.Cut(days, ";")
	with := strings.ContainsAny(days, "0123456789")
	return with && slices.ContainsFunc(strings.Split(days, ","), func(d string) bool { return len(d) == 2 })
}

// pythonWith is a Python that has a module; where there is none the test is
// skipped, and fails where it was asked for (make accept).
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import zoneinfo, "+module).Run() == nil {
			return python
		}
	}
	missing(t, "no python3 with %s here: apt-get install python3-%s", module, module)
	return ""
}

// sameZones has this test, and what reads the directory, go by one and the same
// zone data.
func sameZones(t *testing.T) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	dir := t.TempDir()
	for _, name := range oddZones {
		f, err := data.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		withZone(t, name, must(time.LoadLocationFromTZData(name, b)))
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// moments are those of the card, as moments.py gives them.
func (c *compared) moments() []string {
	got := []string{}
	for d := range c.card.dates(perhaps(c.after, 0)) {
		start := c.card.on(d, 0).Start.Instant(nil)
		if len(got) < c.Most && !start.Before(c.after) {
			got = append(got, start.UTC().Format("2006-01-02T15:04:05"))
		}
		if len(got) == c.Most {
			break
		}
	}
	return got
}

// oddMoments counts readings that the clock does not show, or shows twice.
func (c *compared) oddMoments() int {
	n := 0
	for d := range c.card.dates(perhaps(c.after, 0)) {
		start := c.card.on(d, 0).Start
		at := start.Instant(nil)
		_, offset := at.Zone()
		again := false
		for _, shift := range []int64{1800, 3600, 7200, 86400} {
			later := at.Add(time.Duration(shift) * time.Second)
			_, o := later.Zone()
			again = again || later.Unix()+int64(o) == start.wall
		}
		if at.Unix()+int64(offset) != start.wall || again {
			n++
		}
		if d > c.card.Start.date()+4000 {
			break
		}
	}
	return n
}

// randomEvent is an event of the subset; false where the rule gives no date.
func randomEvent(r *rand.Rand) (compared, bool) {
	clocks := []string{
		"00:00:00", "00:00:01", "00:15:00", "00:30:00", "01:00:00", "01:15:00", "01:30:00", "01:45:00", "01:59:59",
		"02:00:00", "02:15:00", "02:30:00", "03:00:00", "09:00:00", "20:00:00", "23:00:00", "23:30:00", "23:59:59",
	}
	zone := append(oddZones, "")[r.IntN(len(oddZones)+1)]
	day := recur.First + recur.Date(r.IntN(25_000)) // to 2068
	clock := clocks[r.IntN(len(clocks))]
	text, count, until := randomRule(r, day)
	rule, err := recur.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	for d := range rule.Dates(day, day) {
		day = d
		break
	}
	rule, _ = recur.Parse(text + count + until)
	if rule.IsZero() || !rule.Gives(day, day) {
		return compared{}, false
	}
	c := &Card{Title: "x", Organizers: []Organizer{{Key: ID{1}}}, Start: must(NewTime(day.String()+"T"+clock, zone, 0))}
	c.Recurrence = Recurrence{Rule: rule}
	for d := range rule.Dates(day, day+1) {
		if r.IntN(8) == 0 {
			c.Recurrence.Except = append(c.Recurrence.Except, d)
		}
		if r.IntN(8) == 0 && d < recur.Last {
			c.Recurrence.Dates = append(c.Recurrence.Dates, d+1)
		}
		if len(c.Recurrence.Except)+len(c.Recurrence.Dates) > 4 {
			break
		}
	}
	c.Recurrence.Dates = slices.Compact(c.Recurrence.Dates)
	if err := c.check(); err != nil {
		panic(fmt.Sprintf("%s from %v: %v", rule, c.Start, err))
	}
	out := compared{Zone: zone, Start: c.Start.Local(), Rule: c.Recurrence.RRule(c.Start), Most: 60, card: c}
	for _, d := range c.Recurrence.Dates {
		out.RDate = append(out.RDate, c.Start.on(d).Local())
	}
	for _, d := range c.Recurrence.Except {
		out.ExDate = append(out.ExDate, c.Start.on(d).Local())
	}
	out.after = c.Start.Instant(nil).Add(time.Duration(r.IntN(2000*24)-24) * time.Hour).UTC()
	out.After = out.after.Format("2006-01-02T15:04:05")
	return out, true
}

// randomRule is a rule, and what may bound it, in parts.
func randomRule(r *rand.Rand, start recur.Date) (rule, count, until string) {
	frequency := []string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}[r.IntN(4)]
	rule = "FREQ=" + frequency
	often := func(n int) bool { return r.IntN(n) == 0 }
	list := func(name string, least, most, length int) bool {
		if !often(3) {
			return false
		}
		items := map[string]bool{}
		for range 1 + r.IntN(length) {
			if n := least + r.IntN(most-least+1); n != 0 {
				items[strconv.Itoa(n)] = true
			}
		}
		var sorted []string
		for item := range items {
			sorted = append(sorted, item)
		}
		slices.Sort(sorted)
		if len(sorted) > 0 {
			rule += ";" + name + "=" + strings.Join(sorted, ",")
		}
		return len(sorted) > 0
	}
	if often(2) {
		rule += fmt.Sprintf(";INTERVAL=%d", 1+r.IntN(5))
	}
	months := list("BYMONTH", 1, 12, 4)
	if frequency != "WEEKLY" {
		list("BYMONTHDAY", -31, 31, 6)
	}
	if often(2) {
		var days []string
		for range 1 + r.IntN(4) {
			day := []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}[r.IntN(7)]
			most := map[string]int{"MONTHLY": 5, "YEARLY": 53}[frequency]
			if months {
				most = min(most, 5)
			}
			if n := r.IntN(2*most+1) - most; most > 0 && n != 0 && often(2) {
				day = strconv.Itoa(n) + day
			}
			days = append(days, day)
		}
		rule += ";BYDAY=" + strings.Join(days, ",")
	}
	if frequency == "WEEKLY" && often(2) {
		rule += ";WKST=" + []string{"SU", "SA", "MO"}[r.IntN(3)]
	}
	switch r.IntN(4) {
	case 0:
		count = fmt.Sprintf(";COUNT=%d", 1+r.IntN(80))
	case 1:
		until = ";UNTIL=" + strings.ReplaceAll(min(recur.Last, start+recur.Date(r.IntN(6000))).String(), "-", "")
	}
	return rule, count, until
}

// missing ends a test for which something is not installed.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("VOTIVE_LONG") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
