package caldav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The namespaces that are spoken.
const (
	nsDAV    = "DAV:"
	nsCalDAV = "urn:ietf:params:xml:ns:caldav"
	nsServer = "http://calendarserver.org/ns/"
	nsOwn    = "urn:votive"
)

// The bounds on XML that comes in. Its bytes are bounded before.
const (
	maxDepth    = 16
	maxElements = 50_000
)

// element is an element with what is in it.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	text     []byte // all of it
	children []*element
}

// is reports whether it has this name.
func (e *element) is(space, local string) bool { return e.name == xml.Name{Space: space, Local: local} }

// child is the first child of a name, or nil.
func (e *element) child(space, local string) *element {
	for _, c := range e.children {
		if c.is(space, local) {
			return c
		}
	}
	return nil
}

// content is its text without the spaces around it.
func (e *element) content() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(string(e.text))
}

// attr is the value of an attribute, empty where it is not there.
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// parse reads a document, nil where it is empty. It takes no DOCTYPE, and so no
// entities but the five that XML has.
func parse(body []byte) (*element, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	top := new(element)
	open := []*element{top}
	elements := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		in := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if elements++; elements > maxElements {
				return nil, fmt.Errorf("more than %d elements, want at most that", maxElements)
			}
			if len(open) > maxDepth {
				return nil, fmt.Errorf("elements in elements, more than %d deep", maxDepth)
			}
			e := &element{name: t.Name, attrs: t.Copy().Attr}
			in.children = append(in.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			in.text = append(in.text, t...)
		case xml.Directive:
			return nil, errors.New("a DOCTYPE, want none")
		}
	}
	if len(top.children) != 1 {
		return nil, fmt.Errorf("%d elements at the top, want one", len(top.children))
	}
	return top.children[0], nil
}

// writer writes XML with the prefixes of the multistatus that it is in.
type writer struct{ strings.Builder }

const declaration = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

// spaces are the prefixes, declared where a document begins.
const spaces = ` xmlns:D="` + nsDAV + `" xmlns:C="` + nsCalDAV + `" xmlns:S="` + nsServer + `" xmlns:V="` + nsOwn + `"`

var prefixes = map[string]string{nsDAV: "D:", nsCalDAV: "C:", nsServer: "S:", nsOwn: "V:"}

// escape is text as it may stand in XML. What XML cannot hold is left out.
func escape(s string) string {
	if !strings.ContainsAny(s, "<>&\"\r") && valid(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&#34;")
		case r == '\r': // a parser would make it a line feed
			b.WriteString("&#13;")
		case permitted(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func valid(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !permitted(r) }) < 0
}

// permitted reports whether XML 1.0 has the character.
func permitted(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

// element writes an element with XML in it.
func (w *writer) element(name xml.Name, inner string) {
	tag, space := name.Local, ""
	if p, known := prefixes[name.Space]; known {
		tag = p + tag
	} else {
		tag, space = "X:"+tag, ` xmlns:X="`+escape(name.Space)+`"`
	}
	if inner == "" {
		w.WriteString("<" + tag + space + "/>")
		return
	}
	w.WriteString("<" + tag + space + ">" + inner + "</" + tag + ">")
}

// property is a property of a resource, and whether it has it.
type property struct {
	name  xml.Name
	inner string
	found bool
}

// response writes what was found of a resource, and what was not.
func (w *writer) response(href string, props []property) {
	w.WriteString("<D:response><D:href>" + escape(href) + "</D:href>")
	w.propstat(props, true, "HTTP/1.1 200 OK")
	w.propstat(props, false, "HTTP/1.1 404 Not Found")
	w.WriteString("</D:response>\n")
}

func (w *writer) propstat(props []property, found bool, status string) {
	some := false
	for _, p := range props {
		if p.found != found {
			continue
		}
		if !some {
			w.WriteString("<D:propstat><D:prop>")
			some = true
		}
		w.element(p.name, p.inner)
	}
	if some {
		w.WriteString("</D:prop><D:status>" + status + "</D:status></D:propstat>")
	}
}

// status writes that of a resource of which nothing else is said.
func (w *writer) status(href, status string) {
	w.WriteString("<D:response><D:href>" + escape(href) + "</D:href><D:status>HTTP/1.1 " + status + "</D:status></D:response>\n")
}
