package caldav

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

func (q *request) report() (answer, error) {
	doc, err := parse(q.body)
	switch {
	case err != nil:
		return answer{}, badRequest(err)
	case doc == nil || q.place.collection == "" || q.place.name != "":
		return answer{}, errReport
	}
	switch {
	case doc.is(nsCalDAV, "calendar-query"):
		return q.query(doc)
	case doc.is(nsCalDAV, "calendar-multiget"):
		return q.multiget(doc)
	case doc.is(nsDAV, "sync-collection"):
		return q.sync(doc)
	}
	return answer{}, errReport
}

// multiget is the entries that are named (RFC 4791, 7.9).
func (q *request) multiget(doc *element) (answer, error) {
	want, err := wantedOf(doc)
	if err != nil {
		return answer{}, err
	}
	var w writer
	err = q.look(func(v *almanac.View, c collection, all map[string]*entry) error {
		l := &looking{q, v}
		had := make(map[*entry]bool)
		for _, one := range doc.children {
			if !one.is(nsDAV, "href") {
				continue
			}
			switch e := all[nameIn(c.id, one.content())]; {
			case e == nil:
				w.status(one.content(), "404 Not Found")
			case !had[e]:
				had[e] = true
				w.response(href(c.id, e.name), l.properties(&resource{entry: e}, want))
			}
			if err := w.fits(); err != nil {
				return err
			}
		}
		return nil
	})
	return multistatus(&w, ""), err
}

// nameIn is the name of the entry that an href leads to, empty where it leads
// out of the collection.
func nameIn(collection, text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	p, err := parsePath(u.EscapedPath())
	if err != nil || p.collection != collection {
		return ""
	}
	return p.name
}

// sync is what has changed since a state (RFC 6578).
func (q *request) sync(doc *element) (answer, error) {
	want, err := wantedOf(doc)
	if err != nil {
		return answer{}, err
	}
	since := doc.child(nsDAV, "sync-token").content()
	var w writer
	var token string
	err = q.look(func(v *almanac.View, c collection, all map[string]*entry) error {
		l := &looking{q, v}
		now := stateOf(all)
		token = now.token()
		had := state{}
		if old, ours := strings.CutPrefix(since, stateURN); since != "" {
			if had = q.h.states.find(c.id, old); ours && old == token {
				had = now
			}
			if !ours || had == nil {
				return errToken
			}
		}
		changes := 0
		for _, e := range sorted(all) {
			if had[e.name] != now[e.name] {
				changes++
				w.response(href(c.id, e.name), l.properties(&resource{entry: e}, want))
			}
			if err := w.fits(); err != nil {
				return err
			}
		}
		for name := range had {
			if _, there := now[name]; !there {
				changes++
				w.status(href(c.id, name), "404 Not Found")
			}
		}
		if most := doc.child(nsDAV, "limit"); most != nil {
			n, err := strconv.Atoi(most.child(nsDAV, "nresults").content())
			if err == nil && changes > n {
				return errMatches // RFC 6578, 3.6 lets it be all or nothing
			}
		}
		q.h.states.remember(c.id, now)
		return nil
	})
	return multistatus(&w, "<D:sync-token>"+stateURN+token+"</D:sync-token>\n"), err
}

// query is the entries that a filter lets through (RFC 4791, 7.8).
func (q *request) query(doc *element) (answer, error) {
	want, err := wantedOf(doc)
	if err != nil {
		return answer{}, err
	}
	f, err := filterOf(doc.child(nsCalDAV, "filter"))
	if err != nil {
		return answer{}, err
	}
	var w writer
	err = q.look(func(v *almanac.View, c collection, all map[string]*entry) error {
		l := &looking{q, v}
		for _, e := range sorted(all) {
			if f.lets(e) {
				w.response(href(c.id, e.name), l.properties(&resource{entry: e}, want))
			}
			if err := w.fits(); err != nil {
				return err
			}
		}
		return nil
	})
	return multistatus(&w, ""), err
}

// filter is what of RFC 4791, 9.7, is understood: events, in a time range, with
// a UID. Anything else is refused: to give too much is wrong as well.
type filter struct {
	nothing  bool // it asks for what is no event
	ranged   bool
	from, to time.Time // zero: open
	uid      string    // is in the UID, whatever the case; empty: any
}

func filterOf(e *element) (filter, error) {
	var f filter
	if e == nil {
		return f, errFilter
	}
	calendar := e.child(nsCalDAV, "comp-filter")
	if calendar == nil || calendar.attr("name") != "VCALENDAR" {
		return f, errFilter
	}
	for _, c := range calendar.children {
		switch {
		case !c.is(nsCalDAV, "comp-filter") || len(calendar.children) > 1:
			return f, errFilter
		case c.child(nsCalDAV, "is-not-defined") != nil:
			f.nothing = c.attr("name") == "VEVENT"
			return f, nil
		case c.attr("name") != "VEVENT":
			f.nothing = true
			return f, nil
		}
		for _, part := range c.children {
			if err := f.add(part); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// add reads what an event has to be.
func (f *filter) add(e *element) error {
	switch {
	case e.is(nsCalDAV, "time-range"):
		for _, end := range []struct {
			name string
			at   *time.Time
		}{{"start", &f.from}, {"end", &f.to}} {
			text := e.attr(end.name)
			if text == "" {
				continue
			}
			var err error
			if *end.at, err = time.Parse("20060102T150405Z", text); err != nil {
				return errFilter
			}
		}
		f.ranged = true
		return nil
	case e.is(nsCalDAV, "prop-filter") && e.attr("name") == "UID" && len(e.children) == 1:
		if match := e.child(nsCalDAV, "text-match"); match != nil && match.attr("negate-condition") != "yes" {
			f.uid = strings.ToLower(match.content())
			return nil
		}
	}
	return errFilter
}

// wherever is how far a date or a floating time may be from its reading in UTC.
// A server may choose where they are read (RFC 4791, 9.9); here it is anywhere,
// so that nobody misses an anniversary.
const wherever = 14 * time.Hour

// lets reports whether an entry is let through.
func (f *filter) lets(e *entry) bool {
	if f.nothing || f.uid != "" && !strings.Contains(strings.ToLower(e.UID()), f.uid) {
		return false
	}
	if !f.ranged {
		return true
	}
	from, to := f.from, f.to
	card := &e.event.State.Card
	if card.Start.Kind() != votive.Zoned {
		from = from.Add(-wherever)
		if !to.IsZero() {
			to = to.Add(wherever)
		}
	}
	if !card.Recurs() {
		start, end := card.Span(nil)
		return during(start, end, from, to)
	}
	all, _ := card.Within(from, to, nil)
	for _, o := range all {
		if start, end := o.Span(nil); during(start, end, from, to) {
			return true
		}
	}
	return false
}

// during reports whether something is on in a range, whose end is not in it
// (RFC 4791, 9.9).
func during(start, end, from, to time.Time) bool {
	if !to.IsZero() && !start.Before(to) {
		return false
	}
	return end.After(from) || start.Equal(end) && !start.Before(from)
}
