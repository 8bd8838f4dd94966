package caldav_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/node/diary"
	"votive/node/secretary"
	"votive/proto/votive"
)

// announced is a counted event of somebody's, that begins at that time.
func announced(b *testing.B, i int, begins time.Time) *votive.Counted {
	b.Helper()
	id, err := votive.NewIdentity(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	nonce, err := votive.NewNonce(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	signer := id.EventKey(nonce)
	genesis, err := votive.NewGenesis(nonce, signer.Key())
	if err != nil {
		b.Fatal(err)
	}
	p, err := votive.NewEvent(genesis, votive.Card{
		Title: fmt.Sprintf("Candlelight vigil %d", i), City: "Hong Kong", Start: *at(b, begins.Format("2006-01-02T15:04:05"), "Asia/Hong_Kong"),
		Answers: votive.AnswersClosed, Organizers: []votive.Organizer{{Key: signer.Key(), By: "somebody"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	s, err := votive.Sign(signer, p.Revision.ID())
	if err != nil {
		b.Fatal(err)
	}
	d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{s}}
	c, enough := d.Assemble(p)
	if !enough {
		b.Fatal("one founder's signature is not enough")
	}
	return c
}

// fills has the person know n events of a circle, one every two hours.
func (p *person) fills(b *testing.B, circle votive.ID, n int) {
	b.Helper()
	var secret votive.Secret
	_ = p.book.View(func(v *almanac.View) error { secret = v.Circle(circle).Secret; return nil })
	for from := 0; from < n; from += 500 {
		var d almanac.Draft
		for i := from; i < min(from+500, n); i++ {
			d.Send = append(d.Send, almanac.Letter{
				Kind: votive.KindCircle, Secret: secret, About: circle, Until: start.AddDate(0, 0, 5),
				Body: announced(b, i, start.Add(time.Duration(i+1)*2*time.Hour)),
			})
		}
		if err := p.book.Write(b.Context(), func(*almanac.View) (almanac.Draft, error) { return d, nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// radicale is another calendar server, on loopback, with one empty calendar.
type radicale struct{ url string }

func startRadicale(b *testing.B) *radicale {
	b.Helper()
	program, err := exec.LookPath("radicale")
	if err != nil {
		b.Skip("no radicale here: apt-get install radicale")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	dir := b.TempDir()
	config := filepath.Join(dir, "config")
	text := fmt.Sprintf("[server]\nhosts = %s\n[auth]\ntype = none\n[rights]\ntype = authenticated\n[storage]\nfilesystem_folder = %s\n[logging]\nlevel = error\n", addr, filepath.Join(dir, "data"))
	text = strings.Replace(text, "type = authenticated", "type = owner_only", 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, "--config", config)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	r := &radicale{url: "http://" + addr + "/u/c/"}
	for late := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(late) {
			b.Fatalf("radicale does not serve: %v\n%s", err, log.String())
		}
	}
	r.ask(b, http.StatusCreated, "MKCALENDAR", "", "")
	return r
}

// ask asks Radicale something, and gives how long it took.
func (r *radicale) ask(b *testing.B, code int, method, path, body string) (time.Duration, string) {
	b.Helper()
	q, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	q.SetBasicAuth("u", "p")
	q.Header.Set("Content-Type", "text/calendar; charset=utf-8")
	if method == "REPORT" {
		q.Header.Set("Content-Type", "application/xml; charset=utf-8")
	}
	q.Header.Set("Depth", "1")
	began := time.Now()
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	took := time.Since(began)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != code {
		b.Fatalf("radicale: %s %s = %d, %v, want %d\n%s", method, path, resp.StatusCode, err, code, text)
	}
	return took, string(text)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkNext100: the next 100 of 50,000 events as iCalendar text, against
// what Radicale takes for a calendar-query of the same hundred, where it has no
// others.
func BenchmarkNext100(b *testing.B) {
	p := newPerson(b)
	circle := p.joins("june4")
	p.fills(b, circle, 50_000)
	var entries []calendar.Event
	next := func() (text []byte) {
		_ = p.book.View(func(v *almanac.View) error {
			entries = entries[:0]
			events, _ := v.Upcoming(almanac.Query{Circle: circle, From: start, Limit: 100})
			for _, e := range events {
				entries = append(entries, diary.Entry(e))
			}
			text = calendar.Write(entries, calendar.Options{})
			return nil
		})
		return text
	}
	var ours []time.Duration
	for b.Loop() {
		began := time.Now()
		if n := bytes.Count(next(), []byte("BEGIN:VEVENT")); n != 100 {
			b.Fatalf("%d events, want 100", n)
		}
		ours = append(ours, time.Since(began))
	}
	b.ReportMetric(float64(median(ours).Microseconds()), "p50-us(goal<3000)")
	b.ReportMetric(0, "ns/op")
	r := startRadicale(b)
	for i, e := range entries {
		r.ask(b, http.StatusCreated, "PUT", fmt.Sprint(i, ".ics"), string(calendar.Write([]calendar.Event{e}, calendar.Options{})))
	}
	const report = `<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/><C:calendar-data/></prop><C:filter>` +
		`<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="20270501T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`
	var theirs []time.Duration
	for range 11 {
		took, text := r.ask(b, http.StatusMultiStatus, "REPORT", "", report)
		if n := strings.Count(text, "BEGIN:VEVENT"); n != 100 {
			b.Fatalf("radicale gave %d events, want 100", n)
		}
		theirs = append(theirs, took)
	}
	b.ReportMetric(float64(median(theirs))/float64(median(ours)), "x-radicale-report(goal>=20)")
	http.DefaultClient.CloseIdleConnections()
}

// syncs has vdirsyncer sync for the first time, into a storage of its own of that
// type, and gives how long that took and the events that it then has.
func (p *person) syncs(b *testing.B, program, url, storage string) (took time.Duration, events []string) {
	b.Helper()
	dir := b.TempDir()
	path, glob := filepath.Join(dir, "files"), "files/*.ics"
	if storage == "singlefile" {
		path, glob = filepath.Join(dir, "all.ics"), "all.ics"
	}
	text := fmt.Sprintf("[general]\nstatus_path = %q\n[pair p]\na = \"here\"\nb = \"votive\"\ncollections = null\n"+
		"[storage here]\ntype = %q\npath = %q\n"+
		"[storage votive]\ntype = \"caldav\"\nurl = %q\nusername = %q\npassword = %q\n",
		filepath.Join(dir, "status"), storage, path, url, p.user, p.pass)
	if storage == "filesystem" {
		text = strings.Replace(text, "[storage votive]", "fileext = \".ics\"\n[storage votive]", 1)
	}
	config := filepath.Join(dir, "config")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	run := func(args ...string) {
		cmd := exec.Command(program, append([]string{"-c", config}, args...)...)
		cmd.Stdin = strings.NewReader("y\ny\n")
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s = %v\n%s", cmd, err, out)
		}
	}
	run("discover", "p")
	began := time.Now()
	run("sync", "p")
	took = time.Since(began)
	files, err := filepath.Glob(filepath.Join(dir, glob))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, strings.SplitAfter(string(text), "END:VEVENT")...)
		events = events[:len(events)-1] // the end of the calendar
	}
	return took, events
}

// BenchmarkFirstSync: vdirsyncer's first sync of 1,000 events into one file,
// against as many PUTs to Radicale one after the other, all of them on this
// disk. Where vdirsyncer makes a file of each event, as khal needs it, most of
// its time goes into 2,000 fsyncs of its own, which no server can save it: that
// is reported beside.
func BenchmarkFirstSync(b *testing.B) {
	program, err := exec.LookPath("vdirsyncer")
	if err != nil {
		b.Skip("no vdirsyncer here: apt-get install vdirsyncer")
	}
	const n = 1_000
	p := newPerson(b)
	for i := range n {
		p.announces(secretary.Wish{
			Title: said(fmt.Sprint("Supper ", i)), Place: said("Nathan Road 5"),
			Start: at(b, start.Add(time.Duration(i+24)*time.Hour).Format("2006-01-02T15:04:05"), "Asia/Hong_Kong"),
		}, votive.ID{})
	}
	var inside atomic.Int64 // the part of it that is ours
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		p.dav.ServeHTTP(w, r)
		inside.Add(int64(time.Since(began)))
	}))
	defer server.Close()
	var took time.Duration
	for b.Loop() {
		one, events := p.syncs(b, program, server.URL+minePath, "singlefile")
		if len(events) != n {
			b.Fatalf("vdirsyncer has %d events, want %d", len(events), n)
		}
		took += one
	}
	took /= time.Duration(b.N)
	b.ReportMetric(n/took.Seconds(), "events/s")
	b.ReportMetric(100*float64(inside.Load())/float64(b.N)/float64(took), "%-in-votive")
	b.ReportMetric(0, "ns/op")
	apart, events := p.syncs(b, program, server.URL+minePath, "filesystem")
	if len(events) != n {
		b.Fatalf("vdirsyncer has %d files of events, want %d", len(events), n)
	}
	r := startRadicale(b)
	var theirs time.Duration
	for i, text := range events {
		one, _ := r.ask(b, http.StatusCreated, "PUT", fmt.Sprint(i, ".ics"), text+"\r\nEND:VCALENDAR\r\n")
		theirs += one
	}
	b.ReportMetric(float64(theirs)/float64(apart), "x-radicale-put-rate-in-1000-files(goal>=10)")
	b.ReportMetric(float64(theirs)/float64(took), "x-radicale-put-rate(goal>=10)")
	http.DefaultClient.CloseIdleConnections()
}
