package caldav

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"votive/node/calendar"
	"votive/node/secretary"
	"votive/proto/votive"
)

// changing is what a program changed of an entry.
type changing struct {
	wish   secretary.Wish
	some   bool      // the wish says something
	cancel bool      // it is to be cancelled
	less   *schedule // it is to have fewer dates; nil: that is not wished
	of     schedule  // what it is less than: the event's, once the wish is done
	cut    bool      // the text changed, and its end may be lost
}

// changed compares what a program wrote with what was written for it, both as
// they are read: what is lost on the way, and what a program left out because it
// has no room for it, is no change.
//
// What is cancelled stays so: a program that has an old copy of it may well write
// that copy.
func changed(old *entry, said *calendar.Draft, now time.Time) (*changing, error) {
	drafts, _, err := calendar.Read(bytes.NewReader(old.text()))
	if err != nil || len(drafts) != 1 {
		return nil, errObject // what is too large to be read here is not changed here
	}
	c := &changing{}
	c.compare(old.entry(), &drafts[0], said, now)
	switch {
	case c.cut:
		return nil, errTooLong
	case (c.some || c.less != nil) && old.event.State.Card.Status == votive.Cancelled:
		return nil, errCancelled
	}
	return c, nil
}

// maxText is how much of a text is read (SPEC 6.1).
const maxText = 2400

// differ notes a value that is another than it was.
func differ[T any](c *changing, wish **T, had, now *T) {
	if !reflect.DeepEqual(had, now) {
		*wish = now
		c.some = true
	}
}

func (c *changing) compare(e calendar.Event, had, now *calendar.Draft, at time.Time) {
	w := &c.wish
	if now.Says["SUMMARY"] {
		differ(c, &w.Title, &had.Title, &now.Title)
	}
	c.cancel = now.Status == votive.Cancelled && had.Status != votive.Cancelled
	if now.Says["STATUS"] && now.Status != votive.Cancelled {
		differ(c, &w.Status, &had.Status, &now.Status)
	}
	if now.Says["CATEGORIES"] {
		differ(c, &w.Tags, &had.Tags, &now.Tags)
	}
	if now.Says["CONFERENCE"] {
		differ(c, &w.Join, &had.Joins, &now.Joins)
	}
	c.words(e, had, now)
	c.place(e, had, now)
	if had.Start != now.Start || had.End != now.End || !reflect.DeepEqual(had.Recurrence, now.Recurrence) ||
		!reflect.DeepEqual(had.Occurrences, now.Occurrences) {
		c.when(scheduleOf(e.Card), scheduleSaid(now), at)
	}
}

// when compares when it takes place. What adds dates or moves them is done;
// what takes some away waits for the person, as a deleted event does: guests
// would be told that their date is off because of a slip in a calendar. What is
// moved and what is off may come together, of one series: then the one is done,
// and the other waits.
func (c *changing) when(had, said schedule, now time.Time) {
	gone := had.without(&said, now)
	switch {
	case len(gone) == 0:
	case len(said.coming(now)) == 0 && (!had.recurrence.IsZero() || !said.recurrence.IsZero()):
		c.cancel = true // nothing would be to come any more
		return
	default:
		less := said
		c.less, c.of = &less, had
		rest, possible := said.with(gone, &had)
		if !possible || len(had.without(&rest, now)) > 0 || rest.mark() == had.mark() {
			return
		}
		c.of, said = rest, rest
	}
	said.wish(&c.wish)
	c.some = true
}

// words compares text and links. There is one URL to an event in iCalendar:
// further links were written at the end of the text, and those that are still
// there are links and no text.
func (c *changing) words(e calendar.Event, had, now *calendar.Draft) {
	links := slices.Clone(e.Card.Links)
	if now.Says["URL"] && !slices.Equal(had.Links, now.Links) && len(now.Links) > 0 {
		links = append(slices.Clone(now.Links), links[min(1, len(links)):]...)
	}
	text := now.Text
	if had.Text == text {
		c.links(e, links)
		return
	}
	length := len(e.Card.Text)
	for _, link := range links[min(1, len(links)):] {
		length += len("\n" + link)
	}
	// What was given out was cut when it came back, or would be.
	c.cut = len(links) > 1 && (length > maxText || len(text) > maxText-utf8.UTFMax)
	for i := len(links) - 1; i > 0; i-- {
		if rest, found := strings.CutSuffix(text, "\n"+links[i]); found {
			text = rest
		} else {
			links = slices.Delete(links, i, i+1)
		}
	}
	c.links(e, links)
	if text != e.Card.Text {
		c.wish.Text, c.some = &text, true
	}
}

func (c *changing) links(e calendar.Event, links []string) {
	if !slices.Equal(links, e.Card.Links) {
		c.wish.Links, c.some = &links, true
	}
}

// place compares LOCATION, which is the exact place with the city behind it.
// What is new in it is sealed, since it may be exact; a city that it has no
// longer is not the city, and a point on the map not the point.
func (c *changing) place(e calendar.Event, had, now *calendar.Draft) {
	if had.Place == now.Place {
		return
	}
	place, city := now.Place, e.Card.City
	switch rest, found := strings.CutSuffix(place, ", "+city); {
	case city == "":
	case place == city:
		place = ""
	case found:
		place = rest
	default:
		city = ""
	}
	c.some = true
	if place != e.Place {
		c.wish.Place = &place
	}
	if city != e.Card.City {
		c.wish.City = &city
	}
	if e.Card.Geo != nil {
		c.wish.Geo = new(*votive.Geo)
	}
}
