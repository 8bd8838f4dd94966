package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// missing ends a test for which something is not installed.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("VOTIVE_LONG") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// installed skips the test where a program is not here, and fails it where it
// was asked for (make accept).
func installed(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing(t, "no %s here: apt-get install %s", p, p)
		}
	}
}

// desk is a directory with vdirsyncer and khal, which know of nothing else.
type desk struct {
	t     *testing.T
	dir   string
	given document // what votive calendar new printed
}

func newDesk(t *testing.T, given document) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), given: given}
	write(t, d.path("vdirsyncer"), fmt.Sprintf(`
[general]
status_path = %q
[pair two]
a = "files"
b = "votive"
collections = ["from b"]
[storage files]
type = "filesystem"
path = %q
fileext = ".ics"
[storage votive]
type = "caldav"
url = %q
username = %q
password = %q
[pair feed]
a = "copy"
b = "http"
collections = null
conflict_resolution = "b wins"
[storage copy]
type = "filesystem"
path = %q
fileext = ".ics"
[storage http]
type = "http"
url = %q
`, d.path("status"), d.path("two"), given.at("caldav"), given.at("user"), given.at("password"), d.path("feed"), given.at("feed")))
	return d
}

func (d *desk) path(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

// runs runs a program, and gives all that it prints.
func (d *desk) runs(input, program string, args ...string) (string, error) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "HOME="+d.dir, "XDG_CONFIG_HOME="+d.dir, "XDG_DATA_HOME="+d.dir, "XDG_CACHE_HOME="+d.dir,
		"VDIRSYNCER_CONFIG="+d.path("vdirsyncer"), "TZ=UTC", "LC_ALL=C.UTF-8")
	cmd.Stdin = strings.NewReader(input)
	cmd.WaitDelay = patience
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (d *desk) does(program string, args ...string) string {
	d.t.Helper()
	out, err := d.runs(strings.Repeat("y\n", 10), program, args...)
	if err != nil {
		d.t.Fatalf("%s %s = %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

func (d *desk) sync() { d.t.Helper(); d.does("vdirsyncer", "sync", "two") }

// calendars are the collections that were found.
func (d *desk) calendars() (mine, circle string) {
	d.t.Helper()
	all, err := os.ReadDir(d.path("two"))
	if err != nil || len(all) != 2 {
		d.t.Fatalf("vdirsyncer found %v, %v, want two collections", all, err)
	}
	for _, one := range all {
		if one.Name() != "mine" {
			circle = d.path("two", one.Name())
		}
	}
	return d.path("two", "mine"), circle
}

// file is the one file of a directory that has the text in it, empty where none
// has.
func (d *desk) file(dir, text string) string {
	d.t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.ics"))
	if err != nil {
		d.t.Fatal(err)
	}
	found := ""
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			d.t.Fatal(err)
		}
		if strings.Contains(string(b), text) {
			if found != "" {
				d.t.Fatalf("%s and %s both have %q", found, f, text)
			}
			found = f
		}
	}
	return found
}

// rewrites replaces text in a file, as a person does with an editor.
func (d *desk) rewrites(path, old, new string) {
	d.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		d.t.Fatalf("%s has no %q:\n%s", path, old, b)
	}
	write(d.t, path, strings.Replace(string(b), old, new, 1))
}

// khal runs it, in a zone.
func (d *desk) khal(zone string, args ...string) string {
	d.t.Helper()
	mine, circle := d.calendars()
	config := d.path("khal-" + strings.ReplaceAll(zone, "/", "-"))
	write(d.t, config, fmt.Sprintf(`
[calendars]
[[mine]]
path = %s
[[circle]]
path = %s
[sqlite]
path = %s.db
[locale]
local_timezone = %[4]s
default_timezone = %[4]s
timeformat = %%H:%%M
dateformat = %%Y-%%m-%%d
longdateformat = %%Y-%%m-%%d
datetimeformat = %%Y-%%m-%%d %%H:%%M
longdatetimeformat = %%Y-%%m-%%d %%H:%%M
`, mine, circle, config, zone))
	return d.does("khal", append([]string{"-c", config, "--no-color"}, args...)...)
}

// read has another implementation read what came into a directory, with a script
// of node/calendar: it finds nothing wrong.
func (d *desk) read(module, script, dir string) {
	d.t.Helper()
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import "+module).Run() != nil {
		missing(d.t, "no %s that can import %s here: apt-get install python3-icalendar python3-gi gir1.2-ical-3.0", python, module)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.ics"))
	if err != nil || len(files) == 0 {
		d.t.Fatalf("there is nothing in %s: %v", dir, err)
	}
	var texts []string
	for _, f := range files {
		texts = append(texts, read(d.t, f))
	}
	input, err := json.Marshal(texts)
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := d.runs(string(input), python, filepath.Join("..", "calendar", "testdata", script))
	if err != nil {
		d.t.Fatalf("%s = %v\n%s", script, err, out)
	}
	var got []struct{ Errors, Summary []string }
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got) != len(files) {
		d.t.Fatalf("%s printed %s: %v", script, out, err)
	}
	for i, g := range got {
		if len(g.Errors) > 0 || len(g.Summary) == 0 {
			d.t.Errorf("%s says of %s %q, and of events %q:\n%s", script, files[i], g.Errors, g.Summary, texts[i])
		}
	}
}

// TestAcceptCalendars is the programs that people use against a real daemon:
// vdirsyncer down and up and back, khal writing and reading, the feed.
func TestAcceptCalendars(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts some 30 programs")
	}
	installed(t, "vdirsyncer", "khal")
	t.Parallel()
	host, member := newPerson(t, "host"), newPerson(t, "member")
	host.start()
	member.start("--peer", host.ready.Addrs[0])
	for _, p := range []*person{host, member} {
		p.does("init", "--no-passphrase")
		p.does("circle", "join", "june4")
	}
	host.does("announce", "Vigil at home", "--at", nextYear+"-06-04 20:00", "--zone", "Asia/Hong_Kong", "--for", "2h", "--circle", "june4", "--place", "Gate 3")
	host.does("announce", "Day of silence", "--at", nextYear+"-06-05", "--circle", "june4")
	member.does("announce", "Vigil elsewhere", "--at", nextYear+"-06-06 20:00", "--zone", "Europe/London", "--circle", "june4")
	host.until("Vigil elsewhere", "events")
	d := newDesk(t, host.asks("calendar", "new"))

	t.Log("down")
	d.does("vdirsyncer", "discover", "two")
	d.sync()
	mine, circle := d.calendars()
	for _, c := range []struct{ dir, text string }{
		{mine, "SUMMARY:Vigil at home"},
		{mine, "SUMMARY:Day of silence"},
		{circle, "SUMMARY:Vigil at home"},
		{circle, "SUMMARY:Day of silence"},
		{circle, "SUMMARY:Vigil elsewhere"},
	} {
		if d.file(c.dir, c.text) == "" {
			t.Errorf("there is no %s in %s", c.text, c.dir)
		}
	}
	if f := d.file(mine, "Vigil elsewhere"); f != "" {
		t.Errorf("what nobody answered is in %s", f)
	}

	t.Log("dates stay what they are, wherever khal reads them")
	for _, zone := range []string{"Pacific/Kiritimati", "Asia/Hong_Kong", "Europe/London", "Pacific/Honolulu"} {
		got := d.khal(zone, "list", "-a", "mine", "-f", "{title}", "-df", "on {date}", nextYear+"-06-03", "4d")
		day, rest, _ := strings.Cut(got, "Day of silence")
		day = day[strings.LastIndex(day, "on "):]
		if !strings.Contains(day, "on "+nextYear+"-06-05") || strings.Contains(rest, "Day of silence") {
			t.Errorf("khal in %s lists\n%s\nwant the day of silence on 5 June alone", zone, got)
		}
	}
	if got := d.khal("Europe/London", "list", "-a", "mine", "-f", "{start-time} {title}", "-df", "", nextYear+"-06-04", "1d"); !strings.Contains(got, "13:00 Vigil at home") {
		t.Errorf("khal in London lists\n%s\nwant the vigil at 13:00", got)
	}

	t.Log("up: new entries")
	d.khal("Europe/London", "new", "-a", "mine", "-l", "Nathan Road 5", nextYear+"-06-07", "19:00", "21:00", "Supper", "::", "Bring wine.")
	d.khal("Europe/London", "new", "-a", "circle", nextYear+"-06-08", "Reading", "all", "day")
	d.sync()
	if got := host.asks("show", "Supper"); got.at("event.details.place") != "Nathan Road 5" || got.at("event.circle") != "null" ||
		got.at("event.start.zone") != "Europe/London" || got.at("event.start.local") != nextYear+"-06-07T19:00:00" || got.at("event.text") != "Bring wine." {
		t.Errorf("votive has the supper as %s", got)
	}
	member.until("Reading all day", "events")
	if got := host.asks("show", "Reading all day"); got.at("event.circle.name") != "june4" || got.at("event.start.kind") != "date" {
		t.Errorf("votive has the reading as %s", got)
	}
	if got := member.votive("show", "Supper"); got.code != 3 {
		t.Errorf("a member is shown the supper: %s", got.out)
	}
	d.sync() // the entries come back as votive has them
	d.sync()
	if f := d.file(mine, "SUMMARY:Supper"); f == "" || !strings.Contains(read(t, f), "PRODID:-//votive//") {
		t.Errorf("the supper came back as %q", read(t, f))
	}

	t.Log("up: a change")
	d.rewrites(d.file(mine, "SUMMARY:Supper"), "SUMMARY:Supper", "SUMMARY:Late supper")
	d.sync()
	if got := host.asks("show", "Late supper"); got.at("event.sequence") != "1" || got.at("event.details.place") != "Nathan Road 5" {
		t.Errorf("votive has the late supper as %s", got)
	}

	t.Log("down: a change")
	host.does("edit", "Late supper", "--city", "Hong Kong", "--capacity", "8")
	d.sync()
	if f := d.file(mine, "SUMMARY:Late supper"); !strings.Contains(read(t, f), `LOCATION:Nathan Road 5\, Hong Kong`) {
		t.Errorf("the entry is\n%s", read(t, f))
	}

	t.Log("up: a deletion waits, and the entry comes back")
	if err := os.Remove(d.file(mine, "SUMMARY:Late supper")); err != nil {
		t.Fatal(err)
	}
	d.sync()
	waits := host.asks("calendar")
	if waits.at("waiting.0.event.title") != "Late supper" || host.asks("show", "Late supper").at("event.status") != "confirmed" {
		t.Errorf("after a deletion votive has %s", waits)
	}
	d.sync()
	if d.file(mine, "SUMMARY:Late supper") == "" {
		t.Error("before it was confirmed the entry did not come back")
	}
	host.does("calendar", "confirm", "Late supper")
	d.sync()
	if f := d.file(mine, "SUMMARY:Late supper"); f != "" || host.asks("show", "Late supper").at("event.status") != "cancelled" {
		t.Errorf("after it was confirmed there is %s", f)
	}

	t.Log("what somebody else organizes stays theirs")
	elsewhere := d.file(circle, "SUMMARY:Vigil elsewhere")
	before := read(t, elsewhere)
	d.rewrites(elsewhere, "Vigil elsewhere", "Party elsewhere")
	if out, err := d.runs("", "vdirsyncer", "sync", "two"); err == nil || !strings.Contains(out, "403") {
		t.Errorf("vdirsyncer sync = %v, want 403:\n%s", err, out)
	}
	if got := member.asks("show", "Vigil elsewhere").at("event.sequence"); got != "0" {
		t.Errorf("the member's event has sequence %s, want 0", got)
	}
	write(t, elsewhere, before)
	d.sync()

	t.Log("a restart changes nothing")
	host.restart()
	had := read(t, elsewhere)
	d.sync()
	if read(t, elsewhere) != had || host.ready.Web == "" {
		t.Error("after a restart the entry is another")
	}

	t.Log("the feed")
	d.does("vdirsyncer", "discover", "feed")
	d.does("vdirsyncer", "sync", "feed")
	for _, text := range []string{"SUMMARY:Vigil at home", "STATUS:CANCELLED"} {
		if d.file(d.path("feed"), text) == "" {
			t.Errorf("the feed has no %s", text)
		}
	}
	for _, dir := range []string{mine, circle, d.path("feed")} {
		d.read("icalendar", "events.py", dir)
		d.read("gi; gi.require_version('ICalGLib', '3.0')", "libical.py", dir)
	}
	host.does("calendar", "revoke", d.given.at("user"))
	for _, pair := range []string{"feed", "two"} {
		if out, err := d.runs("", "vdirsyncer", "sync", pair); err == nil {
			t.Errorf("vdirsyncer sync %s after it was revoked = 0:\n%s", pair, out)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCalendarsOfLocked is what programs are told by a daemon whose vault is
// locked, by name of another, and without a password.
func TestCalendarsOfLocked(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "ming")
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	write(t, passphrase, "correct horse\n")
	p.start()
	p.does("init", "--passphrase-file", passphrase)
	p.does("announce", "Vigil", "--at", nextYear+"-06-04")
	c := p.asks("calendar", "new")
	ask := func(url, host string) int {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	codes := func() []int {
		return []int{ask(c.at("feed"), ""), ask(c.at("feed"), "evil.example"), ask(c.at("caldav"), ""), ask(p.ready.Web, "")}
	}
	if got := codes(); !slices.Equal(got, []int{200, 421, 401, 404}) {
		t.Errorf("open: %v, want 200 421 401 404", got)
	}
	p.does("lock")
	if got := codes(); !slices.Equal(got, []int{503, 421, 503, 503}) {
		t.Errorf("locked: %v, want 503 421 503 503", got)
	}
	p.restart()
	if got := codes(); !slices.Equal(got, []int{503, 421, 503, 503}) {
		t.Errorf("locked after a restart: %v, want 503 421 503 503", got)
	}
	p.does("unlock", "--passphrase-file", passphrase)
	if got := codes(); !slices.Equal(got, []int{200, 421, 401, 404}) {
		t.Errorf("open again: %v, want 200 421 401 404", got)
	}
	if log := read(t, p.log()); strings.Contains(log, "feed") || strings.Contains(log, "dav") {
		t.Errorf("the daemon's log tells what was asked:\n%s", log)
	}
}
