package caldav_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"votive/node/almanac"
	"votive/node/caldav"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/subscribe"
	"votive/node/vault"
	"votive/proto/votive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

// person is somebody with a vault, no network, and a program that was given a
// calendar.
type person struct {
	t       testing.TB
	fs      vfs.FS
	book    *almanac.Almanac
	sec     *secretary.Secretary
	dav     *caldav.Handler
	clock   atomic.Int64
	close   func()
	user    string
	pass    string
	program string // its id
}

func newPerson(t testing.TB) *person {
	t.Helper()
	p := &person{t: t, fs: vfs.NewMem()}
	p.clock.Store(start.UnixNano())
	p.open()
	if _, err := p.sec.Init(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	p.is(subscribe.Terms{})
	return p
}

// is has the program be one with a calendar of those terms.
func (p *person) is(terms subscribe.Terms) {
	p.t.Helper()
	c, s, err := subscribe.New(p.t.Context(), p.book, terms)
	if err != nil {
		p.t.Fatal(err)
	}
	p.user, p.pass, p.program = c.ID, s.Password, c.ID
}

func (p *person) open() {
	p.t.Helper()
	s, err := store.Open("store", store.Options{FS: p.fs})
	if err != nil {
		p.t.Fatal(err)
	}
	v, err := vault.Open("vault", vault.Options{FS: p.fs, Cost: vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.book, err = almanac.Open(context.Background(), almanac.Options{
		Store: s, Vault: v, Effort: votive.MinEffort, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(0, p.clock.Load()).UTC() },
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.sec = secretary.New(p.book, secretary.Options{Log: slog.New(slog.DiscardHandler)})
	p.dav = caldav.New(caldav.Options{Almanac: p.book, Secretary: p.sec, Log: slog.New(slog.DiscardHandler)})
	p.close = func() {
		if err := v.Close(); err != nil {
			p.t.Error(err)
		}
		if err := s.Close(); err != nil {
			p.t.Error(err)
		}
	}
}

// restart reads everything from the disk again.
func (p *person) restart() {
	p.t.Helper()
	p.close()
	p.open()
}

func said[T any](v T) *T { return &v }

func at(t testing.TB, local, zone string) *votive.Time {
	t.Helper()
	var when votive.Time
	var err error
	if zone == "" {
		when, err = votive.NewTime(local, "", 0)
	} else {
		when, err = votive.ParseTime(local, zone)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &when
}

// announces announces by command.
func (p *person) announces(w secretary.Wish, circle votive.ID) votive.ID {
	p.t.Helper()
	id, err := p.sec.Announce(p.t.Context(), w, circle, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func (p *person) joins(name string) votive.ID {
	p.t.Helper()
	id, err := p.sec.JoinCircle(p.t.Context(), name)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// tells takes all that waits in the outbox to somebody else.
func (p *person) tells(other *person) {
	p.t.Helper()
	for p.book.Waiting() > 0 {
		out, err := p.book.Outgoing(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		var frames []votive.Frame
		for _, o := range out {
			f, err := o.Frame.Stamp(p.t.Context())
			if err != nil {
				p.t.Fatal(err)
			}
			frames = append(frames, f)
		}
		if err := other.book.Receive(p.t.Context(), frames); err != nil {
			p.t.Fatal(err)
		}
		other.book.Learn(p.t.Context(), frames)
		if err := p.book.Sent(p.t.Context(), out...); err != nil {
			p.t.Fatal(err)
		}
	}
}

// titles are the events that the person knows, by title, with their sequences.
func (p *person) titles() map[string]int {
	p.t.Helper()
	all := make(map[string]int)
	err := p.book.View(func(v *almanac.View) error {
		for e := range v.All() {
			all[e.State.Card.Title] = e.State.Sequence
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// card is that of the one event that is called so.
func (p *person) card(title string) votive.Card {
	p.t.Helper()
	var card votive.Card
	err := p.book.View(func(v *almanac.View) error {
		e, err := v.FindEvent(title)
		if err == nil {
			card = e.State.Card
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return card
}

// does asks something, with headers in pairs.
func (p *person) does(method, path, body string, header ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.SetBasicAuth(p.user, p.pass)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.dav.ServeHTTP(w, r)
	return w
}

// wants asks something that must have that status, and gives the body.
func (p *person) wants(code int, method, path, body string, header ...string) string {
	p.t.Helper()
	w := p.does(method, path, body, header...)
	if w.Code != code {
		p.t.Errorf("%s %s = %d, want %d\n%s\n%s", method, path, w.Code, code, body, w.Body)
	}
	return w.Body.String()
}

// puts puts an entry that was not there.
func (p *person) puts(path, entry string) {
	p.t.Helper()
	p.wants(http.StatusCreated, "PUT", path, entry, "If-None-Match", "*", "Content-Type", "text/calendar; charset=utf-8")
}

// rewrites puts an entry in place of the one that is there.
func (p *person) rewrites(path, entry string) {
	p.t.Helper()
	p.wants(http.StatusNoContent, "PUT", path, entry, "If-Match", p.tag(path))
}

// tag is the ETag of an entry.
func (p *person) tag(path string) string {
	p.t.Helper()
	w := p.does("GET", path, "")
	_, _ = io.Copy(io.Discard, w.Body)
	return w.Header().Get("ETag")
}

// event is an entry as a program writes it.
func event(uid, title string, lines ...string) string {
	all := append([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:" + uid}, "SUMMARY:"+title)
	if !strings.Contains(strings.Join(lines, "\n"), "DTSTART") {
		all = append(all, "DTSTART;TZID=Asia/Hong_Kong:20270604T200000", "DTEND;TZID=Asia/Hong_Kong:20270604T220000")
	}
	return strings.Join(append(append(all, lines...), "END:VEVENT", "END:VCALENDAR", ""), "\r\n")
}

// circlePath is the collection of a circle, as a program finds it.
func (p *person) circlePath(name string) string {
	p.t.Helper()
	body := p.wants(http.StatusMultiStatus, "PROPFIND", "/dav/calendars/", `<propfind xmlns="DAV:"><prop><displayname/></prop></propfind>`, "Depth", "1")
	for _, r := range strings.Split(body, "<D:response>") {
		if strings.Contains(r, "<D:displayname>"+name+"<") {
			_, rest, _ := strings.Cut(r, "<D:href>")
			path, _, _ := strings.Cut(rest, "</D:href>")
			return path
		}
	}
	p.t.Fatalf("no collection is called %s: %s", name, body)
	return ""
}

const (
	multiget = `<C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/><C:calendar-data/></prop>%s</C:calendar-multiget>`
	query    = `<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/></prop><C:filter>` +
		`<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">%s</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>`
	syncing = `<sync-collection xmlns="DAV:"><sync-token>%s</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>`
)

// changes asks for what has changed since a token, and gives the names, with a
// minus before those that are gone, and the next token.
func (p *person) changes(path, token string) (names []string, next string) {
	p.t.Helper()
	body := p.wants(http.StatusMultiStatus, "REPORT", path, fmt.Sprintf(syncing, token))
	for _, r := range strings.Split(body, "<D:response>")[1:] {
		_, rest, _ := strings.Cut(r, "<D:href>"+path)
		name, after, _ := strings.Cut(rest, "</D:href>")
		if strings.HasPrefix(after, "<D:status>HTTP/1.1 404") {
			name = "-" + name
		}
		names = append(names, name)
	}
	_, rest, _ := strings.Cut(body, "<D:sync-token>")
	next, _, _ = strings.Cut(rest, "</D:sync-token>")
	return names, next
}
