package caldav_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/caldav"
	"votive/node/remind"
	"votive/node/secretary"
	"votive/node/settings"
	"votive/node/subscribe"
	"votive/proto/recur"
	"votive/proto/votive"
)

const minePath = "/dav/calendars/mine/"

func TestDiscovery(t *testing.T) {
	p := newPerson(t)
	p.joins("june4")
	w := p.does("PROPFIND", "/.well-known/caldav", "")
	if w.Code != http.StatusMovedPermanently || w.Header().Get("Location") != "/dav/" {
		t.Errorf("well-known = %d to %s, want 301 to /dav/", w.Code, w.Header().Get("Location"))
	}
	if got := p.does("OPTIONS", "/dav/", "").Header().Get("DAV"); !strings.Contains(got, "calendar-access") {
		t.Errorf("DAV: %s, want calendar-access", got)
	}
	for _, c := range []struct{ path, depth, props, want string }{
		{"/dav/", "0", "<current-user-principal/>", "<D:current-user-principal><D:href>/dav/</D:href></D:current-user-principal>"},
		{"/dav/", "0", "<C:calendar-home-set/>", "<C:calendar-home-set><D:href>/dav/calendars/</D:href></C:calendar-home-set>"},
		{"/dav/calendars/", "1", "<resourcetype/>", "<D:href>/dav/calendars/mine/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"},
		{"/dav/calendars/", "1", "<displayname/>", "<D:displayname>june4</D:displayname>"},
		{minePath, "0", "<supported-report-set/>", "<D:report><D:sync-collection/></D:report>"},
		{minePath, "0", "<C:supported-calendar-component-set/>", `<C:comp name="VEVENT"/>`},
		{minePath, "0", "<current-user-privilege-set/>", "<D:privilege><D:bind/></D:privilege>"},
		{minePath, "0", "<x:other xmlns:x=\"urn:x\"/>", `<X:other xmlns:X="urn:x"/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status>`},
		{minePath, "0", "<S:getctag/>", "<S:getctag>urn:votive:sync:"},
	} {
		body := p.wants(http.StatusMultiStatus, "PROPFIND", c.path,
			`<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"><prop>`+c.props+`</prop></propfind>`, "Depth", c.depth)
		if !strings.Contains(body, c.want) {
			t.Errorf("PROPFIND %s of %s has no %s:\n%s", c.props, c.path, c.want, body)
		}
	}
	p.wants(http.StatusMultiStatus, "PROPFIND", minePath, "", "Depth", "0") // allprop
	p.wants(http.StatusMultiStatus, "PROPFIND", minePath, `<propfind xmlns="DAV:"><propname/></propfind>`, "Depth", "1")
	for _, depth := range []string{"infinity", ""} {
		if body := p.wants(http.StatusForbidden, "PROPFIND", minePath, "", "Depth", depth); !strings.Contains(body, "propfind-finite-depth") {
			t.Errorf("Depth: %s says %s", depth, body)
		}
	}
	body := p.wants(http.StatusMultiStatus, "PROPPATCH", minePath,
		`<propertyupdate xmlns="DAV:"><set><prop><displayname>x</displayname></prop></set></propertyupdate>`)
	if !strings.Contains(body, "403 Forbidden") {
		t.Errorf("PROPPATCH says %s", body)
	}
	p.wants(http.StatusForbidden, "MKCALENDAR", "/dav/calendars/new/", "")
	for _, method := range []string{"POST", "COPY", "MOVE", "LOCK", "PATCH"} {
		p.wants(http.StatusMethodNotAllowed, method, minePath, "")
	}
}

// TestPutIsAnnounced: into what is one's own, and into a circle's.
func TestPutIsAnnounced(t *testing.T) {
	p, member := newPerson(t), newPerson(t)
	p.joins("june4")
	circle := member.joins("june4")
	p.puts(minePath+"one%20and%20only.ics", event("uid-1", "Supper", "LOCATION:Nathan Road 5", "DESCRIPTION:Bring wine\\, please."))
	p.puts(p.circlePath("june4")+"a.ics", event("uid-2", "Vigil", "LOCATION:Gate 3", "STATUS:TENTATIVE", "CATEGORIES:a,b",
		"URL:https://example.org/", "RRULE:FREQ=YEARLY", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT1H", "END:VALARM"))
	if got := p.titles(); len(got) != 2 {
		t.Fatalf("the person has %v, want two events", got)
	}
	supper, vigil := p.card("Supper"), p.card("Vigil")
	if supper.Text != "Bring wine, please." || supper.City != "" || supper.Details.IsZero() || supper.Start.Zone() != "Asia/Hong_Kong" {
		t.Errorf("supper is %+v, want its place sealed", supper)
	}
	if vigil.Status != votive.Tentative || !slices.Equal(vigil.Tags, []string{"a", "b"}) || vigil.Recurrence.Rule.String() != "FREQ=YEARLY" ||
		!slices.Equal(vigil.Links, []string{"https://example.org/"}) {
		t.Errorf("the vigil is %+v", vigil)
	}
	p.tells(member)
	if got := member.titles(); len(got) != 1 || member.card("Vigil").Details != vigil.Details {
		t.Errorf("a member knows %v, want the vigil and nothing else", got)
	}
	_ = member.book.View(func(v *almanac.View) error {
		for e := range v.All() {
			if e.Circle != circle || e.Details() != nil {
				t.Errorf("a member knows %+v", e.Details())
			}
		}
		return nil
	})

	// What was put is there under the name and with the UID that it was given.
	for range 2 {
		body := p.wants(http.StatusOK, "GET", minePath+"one%20and%20only.ics", "")
		if !strings.Contains(body, "UID:uid-1\r\n") || !strings.Contains(body, "LOCATION:Nathan Road 5\r\n") {
			t.Errorf("GET gives\n%s", body)
		}
		body = p.wants(http.StatusMultiStatus, "REPORT", minePath,
			fmt.Sprintf(multiget, "<href>/dav/calendars/mine/one%20and%20only.ics</href><href>/dav/calendars/mine/x.ics</href><href>/etc/passwd</href>"))
		if !strings.Contains(body, "UID:uid-1&#13;") || strings.Count(body, "404 Not Found") != 2 {
			t.Errorf("multiget gives\n%s", body)
		}
		p.restart()
	}
	// The vigil is in what is one's own as well, by its own UID.
	if names, _ := p.changes(minePath, ""); len(names) != 2 {
		t.Errorf("mine has %v, want two entries", names)
	}
}

func TestPutRevises(t *testing.T) {
	p := newPerson(t)
	p.joins("june4")
	path := p.circlePath("june4") + "a.ics"
	p.puts(path, event("uid-1", "Vigil", "LOCATION:Gate 3"))
	id := func() (id votive.ID) {
		_ = p.book.View(func(v *almanac.View) error {
			for e := range v.All() {
				id = e.ID
			}
			return nil
		})
		return id
	}()
	// What iCalendar does not say, by command.
	if _, err := p.sec.Edit(t.Context(), id, secretary.Wish{
		City: said("Hong Kong"), Capacity: said(20), Language: said("en"), Links: said([]string{"https://a.example/", "https://b.example/"}),
		Geo: said(&votive.Geo{Latitude: 1, Longitude: 2}), By: said("Ming"),
	}); err != nil {
		t.Fatal(err)
	}
	ours := p.wants(http.StatusOK, "GET", path, "")
	p.rewrites(path, ours)
	p.rewrites(path, strings.ReplaceAll(ours, "\r\n", "\n"))
	// As a simple program writes it: less, and in another order.
	p.wants(http.StatusNoContent, "PUT", path, event("uid-1", "Vigil", "LOCATION:Gate 3\\, Hong Kong",
		"DESCRIPTION:\\nhttps://b.example/"), "If-Match", p.tag(path))
	if got := p.titles()["Vigil"]; got != 1 {
		t.Fatalf("after three PUTs of the same its sequence is %d, want 1: they are no revisions", got)
	}

	changed := strings.Replace(ours, "SUMMARY;LANGUAGE=en:Vigil", "SUMMARY:Candlelight vigil", 1)
	p.rewrites(path, changed)
	card := p.card("Candlelight vigil")
	if card.City != "Hong Kong" || card.Capacity != 20 || card.Language != "en" || len(card.Links) != 2 || card.Geo == nil ||
		card.Organizers[0].By != "Ming" || card.Details.IsZero() || p.titles()["Candlelight vigil"] != 2 {
		t.Errorf("after a change of the title the card is %+v", card)
	}
	// A former ETag is refused, and so are none, any, and creating it again.
	for _, header := range [][]string{nil, {"If-Match", "*"}} {
		p.wants(http.StatusPreconditionRequired, "PUT", path, ours, header...)
	}
	p.wants(http.StatusPreconditionFailed, "PUT", path, changed, "If-Match", `"x"`)
	p.wants(http.StatusPreconditionFailed, "PUT", path, changed, "If-None-Match", "*")
	p.wants(http.StatusPreconditionFailed, "PUT", path+"x", changed, "If-Match", "*")
	if body := p.wants(http.StatusForbidden, "PUT", path, event("uid-other", "X")); !strings.Contains(body, "no-uid-conflict") {
		t.Errorf("another UID says %s", body)
	}

	// Another place: it is sealed, and the old city is not that of the new place.
	ours = p.wants(http.StatusOK, "GET", path, "")
	for _, c := range []struct{ location, city string }{
		{"Gate 5\\, Hong Kong", "Hong Kong"}, {"Kowloon Park", ""},
	} {
		_, rest, _ := strings.Cut(ours, "LOCATION:")
		had, _, _ := strings.Cut(rest, "\r\n")
		p.rewrites(path, strings.Replace(ours, "LOCATION:"+had, "LOCATION:"+c.location, 1))
		ours = p.wants(http.StatusOK, "GET", path, "")
		if got := p.card("Candlelight vigil"); got.City != c.city || got.Geo != nil || !strings.Contains(ours, "LOCATION:"+c.location+"\r\n") {
			t.Errorf("at %s the city is %q, geo %v, want %q and none:\n%s", c.location, got.City, got.Geo, c.city, ours)
		}
	}
	// Text, and the link at its end that is a link.
	p.rewrites(path, strings.Replace(ours, `:\nhttps://b.example/`, `:Come early.\nhttps://b.example/`, 1))
	if got := p.card("Candlelight vigil"); got.Text != "Come early." || len(got.Links) != 2 {
		t.Errorf("text %q, links %q", got.Text, got.Links)
	}
	// A text so long that the links at its end are cut off when it comes back.
	long := strings.Repeat("x", 2390)
	if _, err := p.sec.Edit(t.Context(), id, secretary.Wish{Text: &long}); err != nil {
		t.Fatal(err)
	}
	ours = p.wants(http.StatusOK, "GET", path, "")
	p.rewrites(path, ours)
	if body := p.wants(http.StatusForbidden, "PUT", path, strings.Replace(ours, "DESCRIPTION;LANGUAGE=en:xx", "DESCRIPTION:xy", 1), "If-Match", p.tag(path)); !strings.Contains(body, "too long") {
		t.Errorf("a change of a long text says %s", body)
	}
	if got := p.card("Candlelight vigil"); got.Text != long || len(got.Links) != 2 {
		t.Errorf("text %q, links %q", got.Text, got.Links)
	}
	if _, err := p.sec.Edit(t.Context(), id, secretary.Wish{Text: said("")}); err != nil {
		t.Fatal(err)
	}
	// How it recurs, and one date that is different.
	series := event("uid-1", "Candlelight vigil", "RRULE:FREQ=WEEKLY;COUNT=4", "DTSTART;TZID=Asia/Hong_Kong:20270604T200000",
		"DTEND;TZID=Asia/Hong_Kong:20270604T220000", "END:VEVENT", "BEGIN:VEVENT", "UID:uid-1", "SUMMARY:Candlelight vigil",
		"RECURRENCE-ID;TZID=Asia/Hong_Kong:20270611T200000", "DTSTART;TZID=Asia/Hong_Kong:20270612T190000", "DTEND;TZID=Asia/Hong_Kong:20270612T210000")
	p.rewrites(path, series)
	day, _ := recur.ParseDate("2027-06-11")
	if got := p.card("Candlelight vigil"); got.Recurrence.Rule.Count() != 4 || len(got.Occurrences) != 1 || got.Occurrences[0].Date != day ||
		got.Occurrences[0].Start.Local() != "2027-06-12T19:00:00" {
		t.Errorf("it recurs %+v, %+v", got.Recurrence, got.Occurrences)
	}
	before := p.titles()["Candlelight vigil"]
	p.rewrites(path, p.wants(http.StatusOK, "GET", path, ""))
	if got := p.titles()["Candlelight vigil"]; got != before {
		t.Errorf("the same again is revision %d, want %d", got, before)
	}
}

// TestDeletionWaits: nothing is cancelled before it is confirmed.
func TestDeletionWaits(t *testing.T) {
	p := newPerson(t)
	path := minePath + "a.ics"
	p.puts(path, event("uid-1", "Supper"))
	_, token := p.changes(minePath, "")
	tag := p.tag(path)
	p.wants(http.StatusPreconditionFailed, "DELETE", path, "", "If-Match", `"x"`)
	for range 2 { // again is the same
		p.wants(http.StatusNoContent, "DELETE", path, "")
		if got := p.card("Supper").Status; got != votive.Confirmed {
			t.Fatalf("after DELETE it is %v", got)
		}
		names, next := p.changes(minePath, token)
		if !slices.Equal(names, []string{"a.ics"}) || p.tag(path) == tag {
			t.Errorf("what has changed is %v, ETag %s after %s, want the entry to come back", names, p.tag(path), tag)
		}
		token, tag = next, p.tag(path)
		p.clock.Add(1)
	}
	p.restart()
	deletions := func() (all []caldav.Deletion) {
		_ = p.book.View(func(v *almanac.View) error { all = caldav.Deletions(v); return nil })
		return all
	}
	waiting := deletions()
	if len(waiting) != 1 || waiting[0].Event.State.Card.Title != "Supper" {
		t.Fatalf("there wait %+v, want supper", waiting)
	}
	id := waiting[0].Event.ID
	if err := caldav.Keep(t.Context(), p.book, id); err != nil || len(deletions()) > 0 {
		t.Fatalf("Keep = %v, and %v wait", err, deletions())
	}
	if _, err := caldav.Confirm(t.Context(), p.book, p.sec, id); err == nil {
		t.Error("Confirm of what nobody deleted = nil, want an error")
	}
	// By a status; and writing it again takes that back.
	p.rewrites(path, event("uid-1", "Supper", "STATUS:CANCELLED"))
	if got := p.card("Supper").Status; len(deletions()) != 1 || got != votive.Confirmed {
		t.Errorf("after STATUS:CANCELLED there wait %v, and it is %v", deletions(), got)
	}
	p.rewrites(path, event("uid-1", "Supper"))
	if len(deletions()) > 0 {
		t.Errorf("after it was written again there wait %v", deletions())
	}
	p.wants(http.StatusNoContent, "DELETE", path, "")
	if _, err := caldav.Confirm(t.Context(), p.book, p.sec, id); err != nil {
		t.Fatalf("Confirm = %v", err)
	}
	if got := p.card("Supper").Status; got != votive.Cancelled || len(deletions()) > 0 {
		t.Errorf("after Confirm it is %v, and %v wait", got, deletions())
	}
	p.wants(http.StatusNotFound, "GET", path, "")
	if names, _ := p.changes(minePath, ""); len(names) > 0 {
		t.Errorf("after Confirm there is %v", names)
	}

	// What was cancelled by command is seen off at once.
	other := p.announces(secretary.Wish{Title: said("Lunch"), Start: at(t, "2027-06-05", "")}, votive.ID{})
	if _, err := p.sec.Cancel(t.Context(), other, ""); err != nil {
		t.Fatal(err)
	}
	names, _ := p.changes(minePath, "")
	p.wants(http.StatusNoContent, "DELETE", minePath+names[0], "")
	if names, _ := p.changes(minePath, ""); len(names) > 0 || len(deletions()) > 0 {
		t.Errorf("there is %v, and %v wait", names, deletions())
	}
}

// TestOthersAreReadOnly: what somebody else organizes.
func TestOthersAreReadOnly(t *testing.T) {
	p, other := newPerson(t), newPerson(t)
	p.joins("june4")
	circle := other.joins("june4")
	other.announces(secretary.Wish{Title: said("Vigil"), Start: at(t, "2027-06-04T20:00", "Asia/Hong_Kong")}, circle)
	other.tells(p)
	in := p.circlePath("june4")
	names, _ := p.changes(in, "")
	if len(names) != 1 {
		t.Fatalf("the circle has %v", names)
	}
	path := in + names[0]
	body := p.wants(http.StatusMultiStatus, "PROPFIND", path, `<propfind xmlns="DAV:"><prop><current-user-privilege-set/></prop></propfind>`, "Depth", "0")
	if strings.Contains(body, "write") || !strings.Contains(body, "<D:read/>") {
		t.Errorf("the privileges are %s", body)
	}
	ours := p.wants(http.StatusOK, "GET", path, "")
	for _, body := range []string{
		p.wants(http.StatusForbidden, "PUT", path, strings.Replace(ours, "Vigil", "Party", 1)),
		p.wants(http.StatusForbidden, "DELETE", path, ""),
	} {
		if !strings.Contains(body, "<D:need-privileges><D:resource><D:href>"+path+"</D:href>") {
			t.Errorf("it says %s", body)
		}
	}
	// Copied into one's own calendar, it is not announced again.
	if body := p.wants(http.StatusForbidden, "PUT", minePath+"copy.ics", ours, "If-None-Match", "*"); !strings.Contains(body, "no-uid-conflict") {
		t.Errorf("it says %s", body)
	}
	if got := p.titles(); len(got) != 1 || got["Vigil"] != 0 {
		t.Errorf("the person knows %v", got)
	}
}

// TestTerms: what a program was not given.
func TestTerms(t *testing.T) {
	p := newPerson(t)
	circle := p.joins("june4")
	p.joins("readers")
	in, out := p.circlePath("june4"), p.circlePath("readers")
	p.puts(in+"a.ics", event("uid-1", "Vigil"))
	full, fullPass, program := p.user, p.pass, p.program

	p.is(subscribe.Terms{ReadOnly: true})
	in = p.circlePath("june4")
	for _, body := range []string{
		p.wants(http.StatusForbidden, "PUT", in+"b.ics", event("uid-2", "X")),
		p.wants(http.StatusForbidden, "PUT", in+"a.ics", event("uid-1", "X")),
		p.wants(http.StatusForbidden, "DELETE", in+"a.ics", ""),
	} {
		if !strings.Contains(body, "need-privileges") {
			t.Errorf("a program that may read is told %s", body)
		}
	}
	if body := p.wants(http.StatusMultiStatus, "PROPFIND", in, `<propfind xmlns="DAV:"><prop><current-user-privilege-set/></prop></propfind>`, "Depth", "1"); strings.Contains(body, "write") {
		t.Errorf("a program that may read has the privileges %s", body)
	}

	p.is(subscribe.Terms{Circle: circle})
	in = p.circlePath("june4")
	p.wants(http.StatusOK, "GET", in+"a.ics", "")
	for _, path := range []string{out, minePath} {
		p.wants(http.StatusNotFound, "PROPFIND", path, "", "Depth", "0")
		p.wants(http.StatusNotFound, "PUT", path+"b.ics", event("uid-3", "X"))
		p.wants(http.StatusNotFound, "REPORT", path, fmt.Sprintf(syncing, ""))
	}
	p.user, p.pass = full, fullPass
	p.wants(http.StatusMultiStatus, "PROPFIND", out, "", "Depth", "0")
	if err := subscribe.Revoke(t.Context(), p.book, program); err != nil {
		t.Fatal(err)
	}
	p.wants(http.StatusUnauthorized, "PROPFIND", out, "", "Depth", "0")
	if got := p.titles(); len(got) != 1 {
		t.Errorf("the person has %v", got)
	}
}

// TestPathsSayNothing: who reads a program's files learns no circle by guessing
// its name, nor that two programs are of the same person by their circles.
func TestPathsSayNothing(t *testing.T) {
	p := newPerson(t)
	circle := p.joins("june4")
	sum := sha256.Sum256(append([]byte("votive-caldav-collection-1"), circle[:]...))
	guessed := "/dav/calendars/" + hex.EncodeToString(sum[:8]) + "/"
	path := p.circlePath("june4")
	p.puts(path+"a.ics", event("uid-1", "Vigil"))
	p.restart()
	if again := p.circlePath("june4"); again != path || path == guessed {
		t.Errorf("the collection is %s, and after a restart %s, want the same, and not %s", path, again, guessed)
	}
	p.wants(http.StatusNotFound, "PROPFIND", guessed, "", "Depth", "0")

	// A calendar that another program is given in its place has the same entries,
	// by the names that they had: none would be announced again.
	first := p.program
	p.is(subscribe.Terms{})
	other := p.circlePath("june4")
	if other == path {
		t.Errorf("two programs have the collection %s", path)
	}
	p.wants(http.StatusNotFound, "PROPFIND", path, "", "Depth", "0")
	if body := p.wants(http.StatusOK, "GET", other+"a.ics", ""); !strings.Contains(body, "UID:uid-1\r\n") {
		t.Errorf("another program is given\n%s", body)
	}

	// One that was made before there were keys has the paths that it had.
	err := p.book.Write(t.Context(), func(v *almanac.View) (almanac.Draft, error) {
		var kept map[string]any
		if err := json.Unmarshal(v.Local("subscribe/"+p.program), &kept); err != nil {
			return almanac.Draft{}, err
		}
		delete(kept, "key")
		value, err := json.Marshal(kept)
		return almanac.Draft{Note: []almanac.Note{{Name: "subscribe/" + p.program, Value: value}}}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	p.wants(http.StatusOK, "GET", guessed+"a.ics", "")
	if err := subscribe.Revoke(t.Context(), p.book, first); err != nil {
		t.Fatal(err)
	}
}

func TestSync(t *testing.T) {
	p := newPerson(t)
	_, empty := p.changes(minePath, "")
	p.puts(minePath+"a.ics", event("uid-1", "A"))
	p.puts(minePath+"b.ics", event("uid-2", "B"))
	names, two := p.changes(minePath, "")
	if !slices.Equal(names, []string{"a.ics", "b.ics"}) {
		t.Fatalf("there is %v", names)
	}
	if names, again := p.changes(minePath, two); len(names) > 0 || again != two {
		t.Errorf("where nothing changed there is %v, token %s after %s", names, again, two)
	}
	p.rewrites(minePath+"a.ics", event("uid-1", "A!"))
	if names, _ := p.changes(minePath, two); !slices.Equal(names, []string{"a.ics"}) {
		t.Errorf("since two there is %v, want a.ics", names)
	}
	if names, _ := p.changes(minePath, empty); !slices.Equal(names, []string{"a.ics", "b.ics"}) {
		t.Errorf("since none there is %v", names)
	}
	_, last := p.changes(minePath, "")
	limited := strings.Replace(fmt.Sprintf(syncing, empty), "<prop>", "<limit><nresults>1</nresults></limit><prop>", 1)
	if body := p.wants(http.StatusForbidden, "REPORT", minePath, limited); !strings.Contains(body, "number-of-matches-within-limits") {
		t.Errorf("a limit says %s", body)
	}

	// After a restart the state that is, is known, and former ones are not.
	p.restart()
	if names, again := p.changes(minePath, last); len(names) > 0 || again != last {
		t.Errorf("after a restart there is %v, token %s after %s", names, again, last)
	}
	for _, token := range []string{two, "urn:votive:sync:", "urn:other", "data:,x", strings.Repeat("x", 10_000)} {
		if body := p.wants(http.StatusForbidden, "REPORT", minePath, fmt.Sprintf(syncing, token)); !strings.Contains(body, "<D:valid-sync-token/>") {
			t.Errorf("token %.40s says %s", token, body)
		}
	}
	// What is gone.
	p.wants(http.StatusNoContent, "DELETE", minePath+"b.ics", "")
	_, last = p.changes(minePath, "")
	var id votive.ID
	_ = p.book.View(func(v *almanac.View) error {
		e, err := v.FindEvent("B")
		id = e.ID
		return err
	})
	if _, err := caldav.Confirm(t.Context(), p.book, p.sec, id); err != nil {
		t.Fatal(err)
	}
	if names, _ := p.changes(minePath, last); !slices.Equal(names, []string{"-b.ics"}) {
		t.Errorf("since then there is %v, want b.ics gone", names)
	}
}

// TestQuery: by time, wherever a date is read.
func TestQuery(t *testing.T) {
	p := newPerson(t)
	p.puts(minePath+"zoned.ics", event("uid-1", "Z"))
	p.puts(minePath+"date.ics", event("uid-2", "D", "DTSTART;VALUE=DATE:20270604"))
	p.puts(minePath+"every.ics", event("uid-3", "E", "DTSTART;TZID=Asia/Hong_Kong:20270601T090000", "RRULE:FREQ=MONTHLY"))
	for _, c := range []struct{ filter, want string }{
		{"", "date every zoned"},
		{`<C:time-range start="20270604T120000Z" end="20270604T130000Z"/>`, "date zoned"},
		{`<C:time-range start="20270604T140000Z" end="20270604T150000Z"/>`, "date"}, // the vigil ends at 14:00
		{`<C:time-range end="20270604T120000Z"/>`, "date every"},
		{`<C:time-range start="20270603T110000Z" end="20270603T120000Z"/>`, "date"},  // in Kiritimati
		{`<C:time-range start="20270605T080000Z" end="20270605T090000Z"/>`, "date"},  // in Honolulu
		{`<C:time-range start="20270606T000000Z" end="20270607T000000Z"/>`, ""},      //
		{`<C:time-range start="20280601T000000Z" end="20280602T000000Z"/>`, "every"}, // a year later
		{`<C:time-range start="20270603T000000Z"/>`, "date every zoned"},
		{`<C:prop-filter name="UID"><C:text-match collation="i;octet">uid-2</C:text-match></C:prop-filter>`, "date"},
	} {
		body := p.wants(http.StatusMultiStatus, "REPORT", minePath, fmt.Sprintf(query, c.filter), "Depth", "1")
		var got []string
		for _, name := range []string{"date", "every", "zoned"} {
			if strings.Contains(body, minePath+name+".ics<") {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s gives %v, want %s", c.filter, got, c.want)
		}
	}
	for _, filter := range []string{
		`<C:prop-filter name="SUMMARY"><C:text-match>Z</C:text-match></C:prop-filter>`,
		`<C:comp-filter name="VALARM"/>`, `<C:time-range start="tomorrow"/>`,
	} {
		if body := p.wants(http.StatusForbidden, "REPORT", minePath, fmt.Sprintf(query, filter)); !strings.Contains(body, "supported-filter") {
			t.Errorf("%s says %s", filter, body)
		}
	}
	todo := strings.Replace(fmt.Sprintf(query, ""), "VEVENT", "VTODO", 1)
	if body := p.wants(http.StatusMultiStatus, "REPORT", minePath, todo); strings.Contains(body, "response") {
		t.Errorf("what is to do is %s", body)
	}
	if body := p.wants(http.StatusForbidden, "REPORT", minePath, `<free-busy-query xmlns="urn:ietf:params:xml:ns:caldav"/>`); !strings.Contains(body, "supported-report") {
		t.Errorf("another report says %s", body)
	}
}

// TestDates: a day is that day, in every text and for every reader.
func TestDates(t *testing.T) {
	p := newPerson(t)
	for i, zone := range []string{"Pacific/Kiritimati", "Asia/Hong_Kong", "Europe/London", "Pacific/Honolulu"} {
		path := fmt.Sprintf("%s%d.ics", minePath, i)
		p.puts(path, event(fmt.Sprint("uid-", i), "Day in "+zone, "DTSTART;VALUE=DATE:20270604", "DTEND;VALUE=DATE:20270605", "X-WR-TIMEZONE:"+zone))
		if got := p.card("Day in " + zone).Start; got.Kind() != votive.Date || got.Local() != "2027-06-04" {
			t.Errorf("%s: the day is %v", zone, got)
		}
		if body := p.wants(http.StatusOK, "GET", path, ""); !strings.Contains(body, "DTSTART;VALUE=DATE:20270604\r\nDTEND;VALUE=DATE:20270605\r\n") || strings.Contains(body, "VTIMEZONE") {
			t.Errorf("%s: GET gives\n%s", zone, body)
		}
	}
}

func TestHostile(t *testing.T) {
	p := newPerson(t)
	p.puts(minePath+"a.ics", event("uid-1", "A"))
	deep := strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)
	for what, body := range map[string]string{
		"no XML": "x", "two": "<propfind xmlns='DAV:'/><propfind xmlns='DAV:'/>", "deep": deep, "cut off": "<propfind xmlns='DAV:'><prop>",
		"another": "<x/>", "nothing asked": "<propfind xmlns='DAV:'/>",
		"an entity":     `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop><a>&e;</a></prop></propfind>`,
		"entities":      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>`,
		"of an unknown": `<propfind xmlns="DAV:"><prop>&nbsp;</prop></propfind>`, "another encoding": `<?xml version="1.0" encoding="utf-16"?><x/>`,
		"invalid UTF-8": "<propfind xmlns='DAV:'><prop>\xff</prop></propfind>",
	} {
		p.wants(http.StatusBadRequest, "PROPFIND", minePath, body, "Depth", "0")
		if code := p.does("REPORT", minePath, body).Code; code != http.StatusBadRequest && code != http.StatusForbidden {
			t.Errorf("REPORT with %s = %d", what, code)
		}
	}
	many := "<propfind xmlns='DAV:'><prop>" + strings.Repeat("<a/>", 60_000) + "</prop></propfind>"
	p.wants(http.StatusRequestEntityTooLarge, "PROPFIND", minePath, many, "Depth", "0")
	p.wants(http.StatusBadRequest, "REPORT", minePath, many)
	p.wants(http.StatusRequestEntityTooLarge, "REPORT", minePath, strings.Repeat("x", 5<<20))
	p.wants(http.StatusRequestEntityTooLarge, "PUT", minePath+"b.ics", event("uid-2", "B", "X-A:"+strings.Repeat("x", 300<<10)))
	for _, path := range []string{
		"/dav/x", "/dav/calendars/../../etc/passwd", "/dav/calendars/%2e%2e/%2e%2e/etc/passwd", "/dav/calendars/mine/..%2f..%2fx", "/dav/calendars/mine/a.ics/b",
		"/dav/calendars/mine/%00", "/dav/calendars/mine/%ff", "/dav/calendars/none/", "/dav/calendars/" + strings.Repeat("x", 4000), "/davx/",
	} {
		p.wants(http.StatusNotFound, "PROPFIND", path, "", "Depth", "0")
		p.wants(http.StatusNotFound, "PUT", path+"y", event("uid-9", "X"))
	}
	for what, entry := range map[string]string{
		"no calendar": "x", "empty": "", "two events": strings.Replace(event("u", "A"), "END:VCALENDAR", "BEGIN:VEVENT\r\nUID:v\r\nDTSTART:20270604T200000Z\r\nEND:VEVENT\r\nEND:VCALENDAR", 1),
		"no UID": strings.Replace(event("u", "A"), "UID:u\r\n", "", 1), "something to do": strings.ReplaceAll(event("u", "A"), "VEVENT", "VTODO"),
		"past": event("u", "A", "DTSTART:20200604T200000Z"), "cancelled already": event("u", "A", "STATUS:CANCELLED"),
		"no time": event("u", "A", "X-DTSTART:"), "the UID of another": event("uid-1", "A"),
	} {
		w := p.does("PUT", minePath+"b.ics", entry)
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "<D:error") {
			t.Errorf("PUT of %s = %d, %s, want 403 and a precondition", what, w.Code, w.Body)
		}
	}
	p.wants(http.StatusForbidden, "PUT", minePath+"b.ics", event("u", "A"), "Content-Type", "text/html")
	p.wants(http.StatusMethodNotAllowed, "PUT", minePath, event("u", "A"))
	p.wants(http.StatusMethodNotAllowed, "DELETE", minePath, "")
	for _, bad := range [][2]string{{"", ""}, {p.user, "x"}, {"x", p.pass}, {p.pass, p.user}} {
		r := httptest.NewRequest("PROPFIND", minePath, nil)
		r.SetBasicAuth(bad[0], bad[1])
		w := httptest.NewRecorder()
		p.dav.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("user %q and password %q = %d", bad[0], bad[1], w.Code)
		}
	}
	if got := p.titles(); len(got) != 1 {
		t.Errorf("the person has %v, want A alone", got)
	}
	if err := p.book.Lock(); err != nil {
		t.Fatal(err)
	}
	p.wants(http.StatusServiceUnavailable, "PROPFIND", minePath, "", "Depth", "0")
}

// TestManyNew: a whole private calendar is not announced by mistake.
func TestManyNew(t *testing.T) {
	p := newPerson(t)
	made := 0
	for i := range 110 {
		w := p.does("PUT", fmt.Sprintf("%s%d.ics", minePath, i), event(fmt.Sprint(i), fmt.Sprint("Private ", i)))
		if w.Code == http.StatusCreated {
			made++
		} else if w.Code != http.StatusTooManyRequests {
			t.Fatalf("PUT = %d", w.Code)
		}
	}
	if made != 100 {
		t.Errorf("%d were announced, want 100", made)
	}
	p.clock.Add(int64(2 * 3600 * 1e9))
	p.puts(minePath+"later.ics", event("later", "Later"))
}

// TestManyNewInCircles: what strangers read is announced a little at a time, and
// the rest when there is room again.
func TestManyNewInCircles(t *testing.T) {
	p := newPerson(t)
	p.joins("june4")
	p.joins("readers")
	paths := []string{p.circlePath("june4"), p.circlePath("readers")}
	put := func(i int) *httptest.ResponseRecorder {
		p.clock.Add(60e9)
		return p.does("PUT", fmt.Sprintf("%s%d.ics", paths[i%2], i), event(fmt.Sprint(i), fmt.Sprint("Vigil ", i)))
	}
	for i := range 12 {
		w := put(i)
		if i < 10 && w.Code != http.StatusCreated {
			t.Errorf("the announcement %d = %d", i, w.Code)
		}
		// The first one was 10 minutes ago when the eleventh came.
		if want := fmt.Sprint(60 * (60 - i)); i >= 10 && (w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != want) {
			t.Errorf("the announcement %d = %d, Retry-After %s, want 429, %s", i, w.Code, w.Header().Get("Retry-After"), want)
		}
	}
	p.puts(minePath+"a.ics", event("uid-1", "Supper")) // found by invitation only
	p.clock.Add(48 * 60e9)
	for i := 10; i < 12; i++ {
		if w := put(i); w.Code != http.StatusCreated {
			t.Errorf("an hour later the announcement %d = %d", i, w.Code)
		}
	}
	if got := p.titles(); len(got) != 13 {
		t.Errorf("the person has %v, want 12 vigils and supper", got)
	}
}

// TestAlarms: what reminds the person here reminds them in their calendar, which
// sees that it changed.
func TestAlarms(t *testing.T) {
	p := newPerson(t)
	p.puts(minePath+"a.ics", event("uid-1", "A"))
	if body := p.wants(http.StatusOK, "GET", minePath+"a.ics", ""); strings.Contains(body, "VALARM") {
		t.Errorf("with no reminders there is\n%s", body)
	}
	_, before := p.changes(minePath, "")
	err := p.book.Write(t.Context(), func(v *almanac.View) (almanac.Draft, error) {
		e, err := v.FindEvent("A")
		if err != nil {
			return almanac.Draft{}, err
		}
		notes, err := remind.Choose(v, e.ID, []time.Duration{2 * time.Hour})
		return almanac.Draft{Note: notes}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if names, _ := p.changes(minePath, before); !slices.Equal(names, []string{"a.ics"}) {
		t.Errorf("since a reminder was chosen there is %v, want a.ics", names)
	}
	if body := p.wants(http.StatusOK, "GET", minePath+"a.ics", ""); !strings.Contains(body, "TRIGGER:-PT2H\r\nDESCRIPTION:Something of yours begins\r\n") {
		t.Errorf("with a reminder there is\n%s", body)
	}

	// What it is called, only where a notification may tell that here.
	for notify, want := range map[settings.Notify]string{settings.Off: "Something of yours begins", settings.Full: "A", settings.Private: "Something of yours begins"} {
		tag := p.tag(minePath + "a.ics")
		note, err := settings.Set(settings.Notifying, string(notify))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.book.Write(t.Context(), func(*almanac.View) (almanac.Draft, error) {
			return almanac.Draft{Note: []almanac.Note{note}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		body := p.wants(http.StatusOK, "GET", minePath+"a.ics", "")
		if !strings.Contains(body, "DESCRIPTION:"+want+"\r\nEND:VALARM\r\n") {
			t.Errorf("with notifications %s there is\n%s", notify, body)
		}
		if notify == settings.Full && p.tag(minePath+"a.ics") == tag {
			t.Error("what alarms say changed, and the ETag did not")
		}
	}
}

// TestRepeated: who names the same thing many times gets it once.
func TestRepeated(t *testing.T) {
	p := newPerson(t)
	path := minePath + "a.ics"
	p.puts(path, event("uid-1", "Supper"))
	body := p.wants(http.StatusMultiStatus, "REPORT", minePath, fmt.Sprintf(multiget, strings.Repeat("<href>"+path+"</href>", 1000)))
	if got := strings.Count(body, "BEGIN:VEVENT"); got != 1 {
		t.Errorf("an entry that is named 1000 times is given %d times, want once", got)
	}
	often := strings.Replace(fmt.Sprintf(multiget, "<href>"+path+"</href>"), "<getetag/>", strings.Repeat("<C:calendar-data/>", 1000), 1)
	body = p.wants(http.StatusMultiStatus, "REPORT", minePath, often)
	if got := strings.Count(body, "BEGIN:VEVENT"); got != 1 {
		t.Errorf("a property that is named 1000 times is given %d times, want once", got)
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, "<a%d/>", i)
	}
	p.wants(http.StatusBadRequest, "PROPFIND", minePath, "<propfind xmlns='DAV:'><prop>"+many.String()+"</prop></propfind>", "Depth", "1")
}

// TestCancellationByOtherMeans: what comes to a cancellation waits, and what is
// cancelled stays so, whatever a program still has.
func TestCancellationByOtherMeans(t *testing.T) {
	p := newPerson(t)
	path, rule := minePath+"a.ics", "RRULE:FREQ=DAILY;COUNT=3"
	all := "EXDATE;TZID=Asia/Hong_Kong:20270604T200000,20270605T200000,20270606T200000"
	p.puts(path, event("uid-1", "Vigil", rule))
	before := p.card("Vigil")
	find := func() (event votive.ID, waiting int) {
		err := p.book.View(func(v *almanac.View) error {
			e, err := v.FindEvent("Vigil")
			event, waiting = e.ID, len(caldav.Deletions(v))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return event, waiting
	}
	for what, lines := range map[string][]string{
		"every date excepted": {rule, all},
		"an end in the past":  {"DTSTART;TZID=Asia/Hong_Kong:20270401T200000", "RRULE:FREQ=DAILY;COUNT=3"},
	} {
		p.rewrites(path, event("uid-1", "Vigil", lines...))
		if _, waiting := find(); waiting != 1 || !reflect.DeepEqual(p.card("Vigil"), before) {
			t.Errorf("after %s %d wait, want one, and it is %+v", what, waiting, p.card("Vigil"))
		}
		p.rewrites(path, event("uid-1", "Vigil", rule)) // takes it back
		if _, waiting := find(); waiting != 0 {
			t.Errorf("after it was written again %d wait", waiting)
		}
	}
	id, _ := find()
	if _, err := p.sec.Cancel(t.Context(), id, "not safe"); err != nil {
		t.Fatal(err)
	}
	p.wants(http.StatusForbidden, "PUT", path, event("uid-1", "Vigil", rule, "STATUS:CONFIRMED"), "If-Match", p.tag(path))
	p.wants(http.StatusForbidden, "PUT", path, event("uid-1", "Vigil again", rule), "If-Match", p.tag(path))
	p.wants(http.StatusForbidden, "PUT", path, event("uid-1", "Vigil", rule, all[:len(all)-16]), "If-Match", p.tag(path))
	p.wants(http.StatusNoContent, "DELETE", path, "")
	p.wants(http.StatusForbidden, "PUT", path, event("uid-1", "Vigil", rule))
	p.wants(http.StatusForbidden, "PUT", minePath+"b.ics", event("uid-1", "Vigil", rule))
	if got := p.titles(); len(got) != 1 || p.card("Vigil").Status != votive.Cancelled {
		t.Errorf("the person has %v, and the vigil is %v, want it alone and cancelled", got, p.card("Vigil").Status)
	}
}

// TestManyChanges: two programs that fight over an event do not use it up.
func TestManyChanges(t *testing.T) {
	p := newPerson(t)
	path := minePath + "a.ics"
	p.puts(path, event("uid-1", "Vigil 0"))
	p.puts(minePath+"b.ics", event("uid-2", "Supper"))
	done := 0
	for i := range 30 {
		w := p.does("PUT", path, event("uid-1", fmt.Sprint("Vigil ", i+1)), "If-Match", p.tag(path))
		if w.Code == http.StatusNoContent {
			done++
		} else if w.Code != http.StatusTooManyRequests {
			t.Fatalf("PUT = %d", w.Code)
		}
	}
	if done != 20 {
		t.Errorf("it was revised %d times, want 20", done)
	}
	p.rewrites(minePath+"b.ics", event("uid-2", "Dinner")) // another
	p.clock.Add(int64(25 * 3600 * 1e9))
	p.rewrites(path, event("uid-1", "Vigil tomorrow"))
}

// TestPrivate: what is marked as private is nobody's in a circle.
func TestPrivate(t *testing.T) {
	p := newPerson(t)
	p.joins("june4")
	circle := p.circlePath("june4")
	for i, class := range []string{"PRIVATE", "confidential", "X-SECRET"} {
		p.wants(http.StatusForbidden, "PUT", circle+"a.ics", event("uid-1", "Doctor", "CLASS:"+class))
		p.puts(fmt.Sprint(minePath, i, ".ics"), event(fmt.Sprint("uid-1", i), "Doctor", "CLASS:"+class))
	}
	p.puts(circle+"b.ics", event("uid-2", "Vigil", "CLASS:PUBLIC"))
	if got := p.titles(); len(got) != 2 {
		t.Errorf("the person has %v, want a doctor and a vigil", got)
	}
	// It comes back as private, and can be changed as such.
	p.rewrites(circle+"b.ics", event("uid-2", "Long vigil", "CLASS:PRIVATE"))
}

// revoking is a body that takes the program's right while it is read.
type revoking struct {
	*strings.Reader
	p *person
}

func (r revoking) Read(b []byte) (int, error) {
	if r.p.program != "" {
		if err := subscribe.Revoke(r.p.t.Context(), r.p.book, r.p.program); err != nil {
			r.p.t.Error(err)
		}
		r.p.program = ""
	}
	return r.Reader.Read(b)
}

// TestRevokedMeanwhile: who sends slowly is nobody any more when it is all there.
func TestRevokedMeanwhile(t *testing.T) {
	for _, c := range [][3]string{
		{"PUT", minePath + "a.ics", event("uid-1", "Supper")},
		{"PROPFIND", minePath, "<propfind xmlns='DAV:'><allprop/></propfind>"},
		{"REPORT", minePath, fmt.Sprintf(syncing, "")},
	} {
		p := newPerson(t)
		r := httptest.NewRequest(c[0], c[1], revoking{strings.NewReader(c[2]), p})
		r.SetBasicAuth(p.user, p.pass)
		r.Header.Set("Depth", "1")
		w := httptest.NewRecorder()
		p.dav.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized || len(p.titles()) != 0 {
			t.Errorf("%s = %d, and there is %v, want 401 and nothing", c[0], w.Code, p.titles())
		}
	}
}

// TestInvited: who sends an invitation by mail has nothing announced.
func TestInvited(t *testing.T) {
	p := newPerson(t)
	for _, line := range []string{"ORGANIZER;CN=X:mailto:x@example.org", "ATTENDEE:mailto:y@example.org"} {
		p.wants(http.StatusForbidden, "PUT", minePath+"a.ics", event("uid-1", "Gotcha", line))
	}
	if got := p.titles(); len(got) != 0 {
		t.Errorf("the person has %v, want nothing", got)
	}
	// A program may add itself to what is there: that is no change.
	p.puts(minePath+"a.ics", event("uid-1", "Supper"))
	p.rewrites(minePath+"a.ics", event("uid-1", "Supper", "ORGANIZER:mailto:me@example.org"))
	if got, known := p.titles()["Supper"]; got != 0 || !known {
		t.Errorf("supper has the sequence %d (%t), want 0", got, known)
	}
}
