package caldav

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where things are. The principal is the root: there is one person.
const (
	Prefix    = "/dav/"
	WellKnown = "/.well-known/caldav"
	home      = Prefix + "calendars/"
	maxName   = 200
)

// place is what a path leads to: the root, the home of all collections, a
// collection, or an entry in one.
type place struct {
	home       bool
	collection string // or empty
	name       string // or empty
}

// parsePath reads a path as it was sent, with its escapes.
func parsePath(escaped string) (place, error) {
	rest, found := strings.CutPrefix(escaped, strings.TrimSuffix(Prefix, "/"))
	if !found {
		return place{}, errNotFound
	}
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(rest, "/"), "/") {
		if part == "" {
			continue
		}
		name, err := url.PathUnescape(part)
		if err != nil || !named(name) {
			return place{}, errNotFound
		}
		parts = append(parts, name)
	}
	switch {
	case len(parts) == 0:
		return place{}, nil
	case len(parts) > 3 || parts[0] != "calendars":
		return place{}, errNotFound
	}
	p := place{home: true}
	if len(parts) > 1 {
		p.collection = parts[1]
	}
	if len(parts) > 2 {
		p.name = parts[2]
	}
	return p, nil
}

// named reports whether something may be the name of a resource.
func named(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= maxName && utf8.ValidString(name) &&
		!strings.Contains(name, "/") && strings.IndexFunc(name, unicode.IsControl) < 0
}

// href is the path of an entry, or without a name of its collection.
func href(collection, name string) string {
	return home + url.PathEscape(collection) + "/" + url.PathEscape(name)
}
