package subscribe

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/node/diary"
	"votive/node/remind"
)

// FeedPrefix is where feeds are: FeedPrefix + secret + ".ics".
const FeedPrefix = "/feed/"

// What a feed holds: what is coming, so many events, and what is over since not
// long, so that nobody's calendar loses what they were just at.
const (
	maxFeed = 1_000
	before  = 30 * 24 * time.Hour
	ahead   = 400 * 24 * time.Hour // of a busy one, which is written date by date, see calendar.MaxBusy
)

// Feeds serves all calendars as feeds (text/calendar, RFC 5545): GET and HEAD,
// with an ETag.
func Feeds(book *almanac.Almanac) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "a feed can be read, and nothing else", http.StatusMethodNotAllowed)
			return
		}
		body, err := feed(book, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, FeedPrefix), ".ics"))
		switch {
		case errors.Is(err, almanac.ErrNotFound):
			http.Error(w, "there is no such calendar", http.StatusNotFound)
			return
		case err != nil: // locked meanwhile
			http.Error(w, "locked: votive unlock", http.StatusServiceUnavailable)
			return
		}
		hash := sha256.Sum256(body)
		tag := fmt.Sprintf(`"%x"`, hash[:16])
		w.Header().Set("ETag", tag)
		if Matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body) // of HEAD it writes nothing
	})
}

// Matches reports whether a list of ETags, or *, has one: as If-None-Match
// compares them, which is weakly (RFC 9110, 13.1.2).
func Matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// feed is the text of the feed that has this secret.
func feed(book *almanac.Almanac, secret string) (body []byte, err error) {
	err = book.View(func(v *almanac.View) error {
		c, found := ByFeed(v, secret)
		if !found || !c.Circle.IsZero() && v.Circle(c.Circle) == nil {
			return almanac.ErrNotFound
		}
		body = c.Write(v)
		return nil
	})
	return body, err
}

// Write is the text of a feed.
func (c *Calendar) Write(v *almanac.View) []byte {
	var o calendar.Options
	// By days, so that it stays the same between two changes.
	from := v.Now().UTC().Truncate(24 * time.Hour).Add(-before)
	var entries []calendar.Event
	alarms, named := remind.Chosen(v), remind.Named(v)
	for _, e := range c.coming(v, from, maxFeed) {
		entry := diary.Entry(e)
		entry.Alarms, entry.Named = alarms(e), named
		entries = append(entries, entry)
	}
	if c.Busy {
		o.Busy = &calendar.Busy{From: from, To: from.Add(before + ahead), Key: c.key}
	}
	return calendar.Write(entries, o)
}

// coming are the events of a calendar that are not over at a moment, the first
// of them by when they begin.
func (c *Calendar) coming(v *almanac.View, from time.Time, limit int) []*almanac.Event {
	if !c.Circle.IsZero() {
		events, _ := v.Upcoming(almanac.Query{Circle: c.Circle, From: from, Limit: limit})
		return events
	}
	events := Mine(v)
	events = slices.DeleteFunc(events, func(e *almanac.Event) bool {
		_, end := e.State.Card.Span(nil)
		return end.Before(from)
	})
	slices.SortFunc(events, func(a, b *almanac.Event) int {
		return cmp.Or(begin(a).Compare(begin(b)), a.ID.Compare(b.ID))
	})
	return events[:min(len(events), limit)]
}

func begin(e *almanac.Event) time.Time { return e.State.Card.Start.Instant(nil) }

// Mine are the events in the person's own calendar, in no order.
func Mine(v *almanac.View) []*almanac.Event {
	all := v.Organized()
	for _, e := range v.Answered() {
		if !e.Organized() {
			all = append(all, e)
		}
	}
	return slices.DeleteFunc(all, func(e *almanac.Event) bool { return !e.Known || !diary.Mine(e) })
}
