package subscribe

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/settings"
	"votive/proto/votive"
)

func (p *person) get(path string, header ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Feeds(p.book).ServeHTTP(w, r)
	return w
}

func feedOf(s Secrets) string { return FeedPrefix + s.Feed + ".ics" }

func TestFeed(t *testing.T) {
	p := newPerson(t)
	circle := p.joins("june4")
	p.announce("Mine alone", "2027-06-04T20:00", votive.ID{})
	vigil := p.announce("In the circle", "2027-06-04T20:00", circle)
	_, own := p.calendar(Terms{})
	c, inCircle := p.calendar(Terms{Circle: circle})
	w := p.get(feedOf(own))
	for _, want := range []string{"SUMMARY:Mine alone\r\n", "SUMMARY:In the circle\r\n", "LOCATION:Gate 3\r\n"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the feed has no %q:\n%s", want, w.Body)
		}
	}
	if got := w.Header().Get("Content-Type"); got != "text/calendar; charset=utf-8" {
		t.Errorf("Content-Type is %s", got)
	}
	if body := p.get(feedOf(inCircle)).Body.String(); strings.Contains(body, "Mine alone") || !strings.Contains(body, "In the circle") {
		t.Errorf("the feed of a circle is\n%s", body)
	}

	tag := w.Header().Get("ETag")
	for _, list := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if w := p.get(feedOf(own), "If-None-Match", list); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("with If-None-Match: %s = %d and %d bytes, want 304 and none", list, w.Code, w.Body.Len())
		}
	}
	p.restart()
	p.clock.Add(int64(time.Hour))
	if w := p.get(feedOf(own), "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("after a restart and an hour = %d, want 304: nothing has changed", w.Code)
	}
	if _, err := p.sec.Cancel(t.Context(), vigil, "rain"); err != nil {
		t.Fatal(err)
	}
	if w := p.get(feedOf(own), "If-None-Match", tag); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "STATUS:CANCELLED") {
		t.Errorf("after a cancellation = %d, want 200 and the event as cancelled:\n%s", w.Code, w.Body)
	}

	// What is over stays for a month.
	p.clock.Add(int64(time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC).Sub(start)))
	if body := p.get(feedOf(own)).Body.String(); !strings.Contains(body, "Mine alone") {
		t.Errorf("after 26 days the feed is\n%s", body)
	}
	p.clock.Add(int64(10 * 24 * time.Hour))
	if body := p.get(feedOf(own)).Body.String(); strings.Contains(body, "Mine alone") {
		t.Errorf("after 36 days the feed is\n%s", body)
	}

	if err := Revoke(t.Context(), p.book, c.ID); err != nil {
		t.Fatal(err)
	}
	if w := p.get(feedOf(inCircle)); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "VEVENT") {
		t.Errorf("a revoked feed = %d, %s", w.Code, w.Body)
	}
	if w := p.get(feedOf(own)); w.Code != http.StatusOK {
		t.Errorf("the other feed = %d, want 200", w.Code)
	}
	if err := Revoke(t.Context(), p.book, c.ID); !errors.Is(err, almanac.ErrNotFound) {
		t.Errorf("revoking it again = %v", err)
	}
}

// TestFeedAlarms: what an alarm says is what a notification here may.
func TestFeedAlarms(t *testing.T) {
	p := newPerson(t)
	p.announce("Candlelight vigil", "2027-06-04T20:00", votive.ID{})
	_, s := p.calendar(Terms{})
	for _, c := range []struct{ name, value, want string }{
		{settings.Reminders, "1h", "Something of yours begins"},
		{settings.Notifying, "full", "Candlelight vigil"},
		{settings.Notifying, "off", "Something of yours begins"},
	} {
		note, err := settings.Set(c.name, c.value)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.book.Write(t.Context(), func(*almanac.View) (almanac.Draft, error) {
			return almanac.Draft{Note: []almanac.Note{note}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if body := p.get(feedOf(s)).Body.String(); !strings.Contains(body, "DESCRIPTION:"+c.want+"\r\nEND:VALARM\r\n") {
			t.Errorf("with %s %s the feed is\n%s", c.name, c.value, body)
		}
	}
}

func TestFeedOfCircleThatWasLeft(t *testing.T) {
	p := newPerson(t)
	circle := p.joins("june4")
	p.announce("In the circle", "2027-06-04T20:00", circle)
	_, s := p.calendar(Terms{Circle: circle})
	if err := p.sec.LeaveCircle(t.Context(), circle); err != nil {
		t.Fatal(err)
	}
	if w := p.get(feedOf(s)); w.Code != http.StatusNotFound {
		t.Errorf("the feed of a circle that was left = %d, want 404", w.Code)
	}
}

// TestBusy: nothing but that there is something.
func TestBusy(t *testing.T) {
	p := newPerson(t)
	event := p.announce("Candlelight vigil", "2027-06-04T20:00", votive.ID{})
	c, s := p.calendar(Terms{Busy: true})
	if s.Password != "" {
		t.Error("a busy calendar has a password, want none: it is not written to")
	}
	body := p.get(feedOf(s)).Body.String()
	if !strings.Contains(body, "DTSTART:20270604T120000Z") || strings.Count(body, "BEGIN:VEVENT") != 1 {
		t.Errorf("the feed is\n%s", body)
	}
	for _, secret := range []string{"Candle", "Gate", "Hong", event.String()} {
		if strings.Contains(body, secret) {
			t.Errorf("a busy feed has %q:\n%s", secret, body)
		}
	}
	tag := p.get(feedOf(s)).Header().Get("ETag")
	p.clock.Add(int64(time.Hour))
	p.restart()
	if w := p.get(feedOf(s), "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("after an hour and a restart = %d, want 304", w.Code)
	}
	_ = p.book.View(func(v *almanac.View) error {
		if _, found := ByPassword(v, c.ID, ""); found {
			t.Error("a busy calendar is opened by no password")
		}
		return nil
	})
}

func TestSecrets(t *testing.T) {
	p := newPerson(t)
	c, s := p.calendar(Terms{})
	other, others := p.calendar(Terms{ReadOnly: true})
	if s.Feed == others.Feed || s.Password == others.Password || s.Feed == s.Password || len(s.Feed) != 26 || len(s.Password) != 26 {
		t.Fatalf("secrets %v and %v, want four of 26 characters", s, others)
	}
	err := p.book.View(func(v *almanac.View) error {
		for name, value := range v.Locals("") {
			for _, secret := range []string{s.Feed, s.Password} {
				if strings.Contains(name, secret) || bytes.Contains(value, []byte(secret)) {
					t.Errorf("the note %s has a secret in it: %s", name, value)
				}
			}
		}
		for _, bad := range [][2]string{
			{c.ID, others.Password},
			{other.ID, s.Password},
			{c.ID, s.Feed},
			{"", s.Password},
			{c.ID, ""},
			{c.ID, s.Password + "x"},
			{c.ID[:6], s.Password},
			{c.ID, strings.ToUpper(s.Password)},
		} {
			if _, found := ByPassword(v, bad[0], bad[1]); found {
				t.Errorf("user %q and password %q are taken", bad[0], bad[1])
			}
		}
		if got, found := ByPassword(v, c.ID, s.Password); !found || got.ID != c.ID {
			t.Errorf("ByPassword = %+v, %v", got, found)
		}
		if got, found := ByFeed(v, others.Feed); !found || got.ID != other.ID || !got.ReadOnly {
			t.Errorf("ByFeed = %+v, %v", got, found)
		}
		if _, found := ByFeed(v, s.Password); found {
			t.Error("a password opens a feed")
		}
		if got, err := Find(v, c.ID[:6]); err != nil || got.ID != c.ID {
			t.Errorf("Find = %+v, %v", got, err)
		}
		for _, bad := range []string{"", c.ID[:5], "zzzzzz"} {
			if _, err := Find(v, bad); !errors.Is(err, almanac.ErrNotFound) {
				t.Errorf("Find(%q) = %v", bad, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFeedRefusals(t *testing.T) {
	p := newPerson(t)
	p.announce("Mine", "2027-06-04T20:00", votive.ID{})
	_, s := p.calendar(Terms{})
	for _, path := range []string{
		"/feed/", "/feed/.ics", "/feed/" + s.Feed[:25], "/feed/" + s.Feed + ".ics/", "/feed/" + s.Feed + "/../" + s.Feed,
		"/feed/%2e%2e/" + s.Feed, "/feed/" + strings.Repeat("x", 8000),
	} {
		if w := p.get(path); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "BEGIN") {
			t.Errorf("GET %.60s = %d, %s, want 404", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	Feeds(p.book).ServeHTTP(w, httptest.NewRequest("PUT", feedOf(s), strings.NewReader("x")))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT = %d, want 405", w.Code)
	}
	if err := p.book.Lock(); err != nil {
		t.Fatal(err)
	}
	if w := p.get(feedOf(s)); w.Code != http.StatusServiceUnavailable {
		t.Errorf("GET of a locked vault = %d, want 503", w.Code)
	}
}

func TestNoMoreThanMax(t *testing.T) {
	p := newPerson(t)
	for range MaxCalendars {
		p.calendar(Terms{})
	}
	if _, _, err := New(t.Context(), p.book, Terms{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more than %d = %v", MaxCalendars, err)
	}
}

func TestMatches(t *testing.T) {
	for list, want := range map[string]bool{`"a"`: true, `W/"a"`: true, `"b", "a"`: true, "*": true, "": false, "a": false, `"b"`: false} {
		if got := Matches(list, `"a"`); got != want {
			t.Errorf("Matches(%s) = %v, want %v", list, got, want)
		}
	}
}
