package caldav

import (
	"encoding/xml"
	"fmt"
	"net/http"

	"votive/node/almanac"
	"votive/node/subscribe"
)

// resource is something that has properties: an entry, a collection, or, with
// neither, the home of all collections or the root.
type resource struct {
	href       string
	home       bool
	collection *collection
	entries    map[string]*entry // of the collection
	entry      *entry
}

// looking is a request that looks at resources.
type looking struct {
	*request
	v *almanac.View
}

// wanted is which properties are asked for.
type wanted struct {
	names []xml.Name
	all   bool // those that a resource has
	bare  bool // their names alone
}

// wantedOf reads prop, allprop and propname of a request. Where there is nothing
// it is allprop.
func wantedOf(e *element) (wanted, error) {
	if e == nil {
		return wanted{all: true}, nil
	}
	var w wanted
	prop := e.child(nsDAV, "prop")
	w.bare = e.child(nsDAV, "propname") != nil
	w.all = w.bare || e.child(nsDAV, "allprop") != nil
	if prop == nil && !w.all {
		return w, &fault{code: http.StatusBadRequest, text: "want prop, allprop or propname"}
	}
	if prop != nil {
		had := make(map[xml.Name]bool)
		for _, c := range prop.children {
			if had[c.name] {
				continue // it would be given as often as it is named, of every entry
			}
			if had[c.name] = true; len(had) > maxProperties {
				return w, &fault{code: http.StatusBadRequest, text: fmt.Sprintf("more than %d properties, want at most that", maxProperties)}
			}
			w.names = append(w.names, c.name)
		}
	}
	return w, nil
}

// The bounds on what is answered.
const (
	maxProperties = 100      // that are asked for; programs ask for some 20
	maxAnswer     = 64 << 20 // bytes; who asks for more can ask in parts
)

// fits refuses an answer that is too large to be held in memory.
func (w *writer) fits() error {
	if w.Len() > maxAnswer {
		return errMatches
	}
	return nil
}

func (q *request) propfind() (answer, error) {
	depth := q.Header.Get("Depth")
	if depth != "0" && depth != "1" { // none is infinity: RFC 4918, 9.1
		return answer{}, errDepth
	}
	doc, err := parse(q.body)
	if err != nil {
		return answer{}, badRequest(err)
	}
	if doc != nil && !doc.is(nsDAV, "propfind") {
		return answer{}, badRequest(fmt.Errorf("a %.40q, want a propfind", doc.name.Local))
	}
	want, err := wantedOf(doc)
	if err != nil {
		return answer{}, err
	}
	var w writer
	err = q.h.Almanac.View(func(v *almanac.View) error {
		if _, err := subscribe.Find(v, q.program.ID); err != nil {
			return errWho
		}
		all, err := (&looking{q, v}).resources(depth == "1")
		for _, r := range all {
			w.response(r.href, (&looking{q, v}).properties(r, want))
			if err := w.fits(); err != nil {
				return err
			}
		}
		return err
	})
	return multistatus(&w, ""), err
}

// resources are what the request is about, and with deep what is in it.
func (l *looking) resources(deep bool) ([]*resource, error) {
	p := l.place
	if p.collection != "" {
		return l.inside(deep)
	}
	if !p.home {
		all := []*resource{{href: Prefix}}
		if deep {
			all = append(all, &resource{href: home, home: true})
		}
		return all, nil
	}
	all := []*resource{{href: home, home: true}}
	if deep {
		for _, c := range collections(l.v, &l.program) {
			all = append(all, &resource{href: href(c.id, ""), collection: &c})
		}
	}
	return all, nil
}

// inside are a collection and its entries, or one of them.
func (l *looking) inside(deep bool) ([]*resource, error) {
	c, err := find(l.v, &l.program, l.place.collection)
	if err != nil {
		return nil, err
	}
	entries := c.entries(l.v)
	if name := l.place.name; name != "" {
		if entries[name] == nil {
			return nil, errNotFound
		}
		return []*resource{{href: href(c.id, name), entry: entries[name]}}, nil
	}
	all := []*resource{{href: href(c.id, ""), collection: &c, entries: entries}}
	if deep {
		for _, e := range sorted(entries) {
			all = append(all, &resource{href: href(c.id, e.name), entry: e})
		}
	}
	return all, nil
}

// properties are those of a resource that are wanted.
func (l *looking) properties(r *resource, want wanted) []property {
	names := want.names
	if want.all {
		names = append(r.names(), names...)
	}
	props := make([]property, 0, len(names))
	for _, name := range names {
		p := property{name: name}
		p.inner, p.found = l.value(r, name)
		if want.bare {
			p.inner = ""
		}
		if p.found || !l.minimal() {
			props = append(props, p)
		}
	}
	return props
}

// names are the properties that an allprop gives.
func (r *resource) names() []xml.Name {
	dav := func(locals ...string) (all []xml.Name) {
		for _, local := range locals {
			all = append(all, xml.Name{Space: nsDAV, Local: local})
		}
		return all
	}
	switch {
	case r.entry != nil:
		return dav("resourcetype", "getetag", "getcontenttype", "getlastmodified")
	case r.collection != nil:
		return append(dav("resourcetype", "displayname", "sync-token"), xml.Name{Space: nsServer, Local: "getctag"})
	}
	return dav("resourcetype", "displayname")
}

// value is a property of a resource as XML, and whether it has it.
func (l *looking) value(r *resource, name xml.Name) (string, bool) {
	switch name {
	case xml.Name{Space: nsDAV, Local: "current-user-principal"}, xml.Name{Space: nsDAV, Local: "owner"}:
		return hrefOf(Prefix), true
	case xml.Name{Space: nsDAV, Local: "principal-collection-set"}:
		return hrefOf(Prefix), true
	case xml.Name{Space: nsDAV, Local: "current-user-privilege-set"}:
		return l.privileges(r), true
	}
	switch {
	case r.entry != nil:
		return l.entryValue(r.entry, name)
	case r.collection != nil:
		return l.collectionValue(r, name)
	}
	return rootValue(r, name)
}

func hrefOf(path string) string { return "<D:href>" + escape(path) + "</D:href>" }

// privileges say what the program may do (RFC 3744, 5.4).
func (l *looking) privileges(r *resource) string {
	list := []string{"read", "read-current-user-privilege-set"}
	switch {
	case r.entry != nil && r.entry.writable(&l.program):
		list = append(list, "write-content")
	case r.collection != nil && !l.program.ReadOnly:
		list = append(list, "write-content", "bind", "unbind")
	}
	text := ""
	for _, one := range list {
		text += "<D:privilege><D:" + one + "/></D:privilege>"
	}
	return text
}

// rootValue is a property of the root, which is the principal, or of the home.
func rootValue(r *resource, name xml.Name) (string, bool) {
	switch name {
	case xml.Name{Space: nsDAV, Local: "resourcetype"}:
		if r.home {
			return "<D:collection/>", true
		}
		return "<D:collection/><D:principal/>", true
	case xml.Name{Space: nsDAV, Local: "displayname"}:
		return "votive", true
	case xml.Name{Space: nsDAV, Local: "principal-URL"}:
		return hrefOf(Prefix), !r.home
	case xml.Name{Space: nsCalDAV, Local: "calendar-home-set"}:
		return hrefOf(home), !r.home
	}
	return "", false
}

// collectionValue is a property of a collection.
func (l *looking) collectionValue(r *resource, name xml.Name) (string, bool) {
	c := r.collection
	switch name.Space + name.Local {
	case nsDAV + "resourcetype":
		return "<D:collection/><C:calendar/>", true
	case nsDAV + "displayname":
		return escape(c.title), true
	case nsCalDAV + "calendar-description":
		if c.circle.IsZero() {
			return "What you organize, and what you come to. What is put here is found by invitation only.", true
		}
		return "What is put here is announced to everybody in this circle.", true
	case nsCalDAV + "supported-calendar-component-set":
		return `<C:comp name="VEVENT"/>`, true
	case nsCalDAV + "supported-calendar-data":
		return `<C:calendar-data content-type="text/calendar" version="2.0"/>`, true
	case nsCalDAV + "max-resource-size":
		return fmt.Sprint(maxEntry), true
	case nsDAV + "supported-report-set":
		text := ""
		for _, report := range []string{"C:calendar-query", "C:calendar-multiget", "D:sync-collection"} {
			text += "<D:supported-report><D:report><" + report + "/></D:report></D:supported-report>"
		}
		return text, true
	case nsServer + "getctag", nsDAV + "sync-token":
		return stateURN + l.token(r), true
	}
	return "", false
}

// token is that of a collection as it is.
func (l *looking) token(r *resource) string {
	if r.entries == nil {
		r.entries = r.collection.entries(l.v)
	}
	return l.h.states.remember(r.collection.id, stateOf(r.entries))
}

// entryValue is a property of an entry.
func (l *looking) entryValue(e *entry, name xml.Name) (string, bool) {
	switch name.Space + name.Local {
	case nsDAV + "resourcetype":
		return "", true
	case nsDAV + "getetag":
		return escape(e.tag()), true
	case nsDAV + "getcontenttype":
		return "text/calendar; charset=utf-8; component=VEVENT", true
	case nsDAV + "getlastmodified":
		return e.event.Learned.UTC().Format(http.TimeFormat), true
	case nsDAV + "getcontentlength":
		return fmt.Sprint(len(e.text())), true
	case nsCalDAV + "calendar-data":
		if l.Method == "REPORT" { // RFC 4791, 9.6
			return escape(string(e.text())), true
		}
	}
	return "", false
}

// proppatch changes nothing: a name or a colour is the program's own.
func (q *request) proppatch() (answer, error) {
	doc, err := parse(q.body)
	if err != nil {
		return answer{}, badRequest(err)
	}
	if doc == nil || !doc.is(nsDAV, "propertyupdate") {
		return answer{}, badRequest(fmt.Errorf("no propertyupdate"))
	}
	var w writer
	w.WriteString("<D:response>" + hrefOf(q.URL.EscapedPath()) + "<D:propstat><D:prop>")
	for _, action := range doc.children {
		prop := action.child(nsDAV, "prop")
		if prop == nil {
			continue
		}
		for _, p := range prop.children {
			w.element(p.name, "")
		}
	}
	w.WriteString("</D:prop><D:status>HTTP/1.1 403 Forbidden</D:status><D:error><D:cannot-modify-protected-property/></D:error>" +
		"</D:propstat></D:response>\n")
	return multistatus(&w, ""), nil
}
