package calendar

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"votive/proto/votive"
)

// maxDrafts is how many events of a file are read.
const maxDrafts = 2000

// Draft is an event of somebody else's calendar, within the limits that SPEC 6
// has for cards, or cut to them with a notice. Who organizes it and who is
// invited is not in it.
type Draft struct {
	UID  string          // as the other calendar has it, up to 1,024 bytes, or empty
	Says map[string]bool // by name, of the properties that are understood, those it had

	Title  string
	Text   string
	Status votive.Status
	Secret bool // its owner marked it as for few or nobody (CLASS, RFC 5545, 3.8.1.3)
	Free   bool // it takes none of its owner's time (TRANSP, RFC 5545, 3.8.2.7)

	// Place is what the other calendar has as LOCATION, which mostly is exact.
	// Whether that may be on the card, where everybody can read it, or is for
	// the Details is for a person to say, and so it is with Geo.
	Place string
	Geo   *votive.Geo

	Tags  []string
	Links []string
	Joins []string // of CONFERENCE

	Start, End  votive.Time
	Recurrence  votive.Recurrence
	Occurrences []votive.Occurrence

	Notices []string // what of it could not be said, for a person to read
}

// Card is the draft as a card, without its place and organizers.
func (d *Draft) Card() votive.Card {
	return votive.Card{
		Title: d.Title, Text: d.Text, Status: d.Status, Start: d.Start, End: d.End,
		Tags: d.Tags, Links: d.Links, Recurrence: d.Recurrence, Occurrences: d.Occurrences,
	}
}

// Read reads iCalendar text of up to MaxBytes: the drafts in the order of the
// file, and notices of what is in none of them. It fails where the text is no
// calendar, is cut off, or is beyond a limit; an event that cannot be read is
// left out with a notice.
func Read(r io.Reader) ([]Draft, []string, error) {
	top, n, err := readAll(r)
	if err != nil {
		return nil, nil, fmt.Errorf("calendar: %w", err)
	}
	f := newFile(n)
	drafts := f.drafts(top)
	return drafts, f.all(), nil
}

// drafts reads the events of all VCALENDARs.
func (f *file) drafts(top *component) []Draft {
	mains, overrides := f.events(top)
	var drafts []Draft
	for _, c := range mains {
		if len(drafts) == maxDrafts {
			f.say("there are more than %d events; the first %d were read", maxDrafts, maxDrafts)
			break
		}
		var own []*component
		if uid := text1(c, "UID"); uid != "" && c.first("RECURRENCE-ID") == nil {
			own = overrides[uid]
		}
		d, err := f.draft(c, own)
		if err != nil {
			f.say("left out: %s: %v", short(text1(c, "SUMMARY")), err)
			continue
		}
		drafts = append(drafts, d)
	}
	return drafts
}

// events are the VEVENTs of a file, each once, and by UID those that change some
// dates of one. What others are sent about events (RFC 5546) is taken for what it
// says of them, and never answered.
func (f *file) events(top *component) (mains []*component, overrides map[string][]*component) {
	overrides = make(map[string][]*component)
	byUID := make(map[string]int)
	var orphans []*component
	for _, calendar := range top.children {
		method := strings.ToUpper(text1(calendar, "METHOD"))
		for _, c := range calendar.children {
			uid := text1(c, "UID")
			i, twice := byUID[uid]
			switch {
			case c.name == "VTIMEZONE":
				f.timezones = append(f.timezones, c)
				continue
			case c.name == "VTODO", c.name == "VJOURNAL", c.name == "VFREEBUSY":
				f.say("there are parts that are no events (%s), which were left out", c.name)
				continue
			case c.name != "VEVENT":
				continue
			case method == "REPLY", method == "REFRESH", method == "COUNTER", method == "DECLINECOUNTER":
				f.say("what somebody answers, asks or proposes (METHOD:%s) is no event, and was left out", method)
				continue
			case method == "CANCEL":
				c.cancel()
			}
			switch {
			case c.first("RECURRENCE-ID") != nil:
				overrides[uid] = append(overrides[uid], c)
				orphans = append(orphans, c)
			case uid == "" || !twice:
				byUID[uid] = len(mains)
				mains = append(mains, c)
			case method == "ADD":
				f.say("a date that was added to an event later (METHOD:ADD) was left out: %s", short(text1(c, "SUMMARY")))
			default:
				f.say("an event is there twice; the one changed last counts: %s", short(text1(mains[i], "SUMMARY")))
				if number(c, "SEQUENCE") < number(mains[i], "SEQUENCE") {
					break
				}
				if c.first("DTSTART") != nil {
					mains[i] = c
				} else if c.cancelled() { // which needs not say more than that
					mains[i].cancel()
				}
			}
		}
	}
	for _, c := range orphans {
		// An override without what it overrides: an invitation to one date.
		if _, found := byUID[text1(c, "UID")]; !found || text1(c, "UID") == "" {
			mains = append(mains, c)
		}
	}
	return mains, overrides
}

// cancelled reports whether an event, or what is different on a date, is so.
func (c *component) cancelled() bool { return strings.EqualFold(text1(c, "STATUS"), "CANCELLED") }

// cancel has it be so, whatever its STATUS is.
func (c *component) cancel() {
	c.props = slices.Insert(c.props, 0, property{name: "STATUS", value: "CANCELLED"})
}

// file is what all events of a file share.
type file struct {
	notices
	timezones []*component
	zones     map[string]zone
	clocks    map[year]clock
	loose     int // rules written as dates
	looked    int // days that rules were asked about: what recurrence costs
}

func newFile(n notices) *file {
	return &file{notices: n, zones: make(map[string]zone), clocks: make(map[year]clock)}
}

// draft reads a VEVENT with the VEVENTs that change some of its dates.
func (f *file) draft(c *component, overrides []*component) (Draft, error) {
	e := &reading{file: f}
	d := &e.Draft
	if err := e.times(c); err != nil {
		return Draft{}, err
	}
	e.words(c)
	if c.first("RECURRENCE-ID") == nil {
		e.recurrence(c)
		e.different(overrides)
	}
	d.Notices = e.all()
	return *d, nil
}

// reading is a draft that is being made.
type reading struct {
	Draft
	notices
	file *file
}

// words reads what is no time.
func (e *reading) words(c *component) {
	e.UID = e.cut("UID", text1(c, "UID"), 1024)
	e.Says = make(map[string]bool, len(c.props))
	for i := range c.props {
		e.Says[c.props[i].name] = true
	}
	e.Title = e.cut("title", strings.TrimSpace(text1(c, "SUMMARY")), 200)
	if e.Title == "" {
		e.Title = "(without a title)"
	}
	e.Text = e.cut("text", text1(c, "DESCRIPTION"), 2400)
	e.Place = e.cut("place", text1(c, "LOCATION"), 500)
	switch status := strings.ToUpper(text1(c, "STATUS")); status {
	case "TENTATIVE":
		e.Status = votive.Tentative
	case "CANCELLED":
		e.Status = votive.Cancelled
	}
	switch class := strings.ToUpper(strings.TrimSpace(text1(c, "CLASS"))); class {
	case "", "PUBLIC":
	default: // what is not known is to be taken as private
		e.Secret = true
	}
	e.Free = strings.EqualFold(text1(c, "TRANSP"), "TRANSPARENT")
	for _, p := range c.all("CATEGORIES") {
		for _, tag := range split(p.value, ',') {
			if tag = strings.TrimSpace(tag); tag == "" {
				continue
			}
			if len(e.Tags) == 16 {
				e.say("there are more than 16 categories; the first 16 are kept")
				break
			}
			e.Tags = append(e.Tags, e.cut("category", tag, 50))
		}
	}
	e.Links = e.addresses("URL", c.all("URL"), 8)
	e.Joins = e.addresses("CONFERENCE", c.all("CONFERENCE"), 4)
	if p := c.first("GEO"); p != nil {
		if e.Geo = geo(p.value); e.Geo == nil {
			e.say("GEO is no point on the earth: %s", short(p.value))
		}
	}
}

// addresses are the values that may be links. SPEC 6.1.
func (e *reading) addresses(what string, props []property, most int) []string {
	var links []string
	for _, p := range props {
		link := clean(strings.TrimSpace(p.value))
		switch {
		case link == "":
		case !strings.HasPrefix(link, "https://") || len(link) > 300 || len(links) == most:
			e.say("%s was left out: %s is not one of up to %d https addresses of up to 300 bytes", what, short(link), most)
		default:
			links = append(links, link)
		}
	}
	return links
}

// cut shortens a text to so many bytes, between two characters.
func (e *reading) cut(what, s string, most int) string {
	if len(s) <= most {
		return s
	}
	e.say("the %s has %d bytes and was cut to %d", what, len(s), most)
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// text1 is what the first property of a name says.
func text1(c *component, name string) string {
	if p := c.first(name); p != nil {
		return plain(p.value)
	}
	return ""
}

// number is what the first property of a name counts, 0 where it does not.
func number(c *component, name string) int {
	n, err := strconv.Atoi(text1(c, name))
	if err != nil {
		return 0
	}
	return n
}

// short is the beginning of what a file says, fit for a notice.
func short(s string) string { return fmt.Sprintf("%.60q", s) }

// geo reads a GEO (RFC 5545, 3.8.1.6), nil where it is none.
func geo(value string) *votive.Geo {
	latitude, longitude, found := strings.Cut(value, ";")
	if !found {
		return nil
	}
	var out [2]int32
	for i, s := range []string{latitude, longitude} {
		degrees, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		most := float64(90 * (i + 1))
		if err != nil || math.IsNaN(degrees) || degrees < -most || degrees > most {
			return nil
		}
		out[i] = int32(math.Round(degrees * 1e6))
	}
	return &votive.Geo{Latitude: out[0], Longitude: out[1]}
}
