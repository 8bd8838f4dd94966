package caldav

import (
	"encoding/xml"
	"strings"
	"testing"
)

// FuzzParse: what programs send as XML. What is parsed can be written again, and
// is bounded.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "x", `<propfind xmlns="DAV:"><prop><displayname/><x:y xmlns:x="urn:x" a="b"/></prop></propfind>`,
		`<?xml version="1.0"?><D:multiget xmlns:D="DAV:"><D:href>/dav/calendars/mine/a%20b.ics</D:href></D:multiget>`,
		`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`, "<a><![CDATA[<b>]]></a>", "<a>&#0;&#x202e;</a>", strings.Repeat("<a>", 20),
		`<filter xmlns="urn:ietf:params:xml:ns:caldav"><comp-filter name="VCALENDAR"><comp-filter name="VEVENT"><time-range start="20270604T000000Z"/></comp-filter></comp-filter></filter>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parse(body)
		if err != nil || e == nil {
			return
		}
		elements := 0
		var walk func(e *element, depth int)
		walk = func(e *element, depth int) {
			if elements++; elements > maxElements || depth > maxDepth {
				t.Fatalf("parse gave %d elements, %d deep", elements, depth)
			}
			var w writer
			w.element(e.name, escape(string(e.text)))
			if err := xml.Unmarshal([]byte("<x"+spaces+">"+w.String()+"</x>"), new(struct{})); err != nil && plain(e.name) {
				t.Fatalf("%q is written as %s: %v", e.name, w.String(), err)
			}
			for _, c := range e.children {
				walk(c, depth+1)
			}
		}
		walk(e, 1)
		if _, err := wantedOf(e); err == nil {
			_, _ = filterOf(e)
		}
		_, _ = filterOf(e.child(nsCalDAV, "filter"))
	})
}

// plain reports whether a name may be written as it was read: encoding/xml takes
// some that are none.
func plain(n xml.Name) bool {
	return !strings.ContainsAny(n.Local, ":")
}

// FuzzPath: what programs ask for. What a path leads to is where it says, and an
// href of it leads there again.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"/dav/", "/dav", "/dav/calendars/mine/a%20b.ics", "/dav/calendars/../x", "/dav/calendars/mine/%2e%2e", "/dav//calendars//mine//",
		"/dav/calendars/mine/a%2fb", "/dav/calendars/mine/%ff", "/davx", "/", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p, err := parsePath(path)
		if err != nil {
			return
		}
		for _, name := range []string{p.collection, p.name} {
			if name != "" && !named(name) {
				t.Fatalf("parsePath(%q) has the name %q", path, name)
			}
		}
		if p.name == "" {
			return
		}
		if again, err := parsePath(href(p.collection, p.name)); err != nil || again != p {
			t.Fatalf("parsePath(href(parsePath(%q))) = %+v, %v, want %+v", path, again, err, p)
		}
	})
}
