package calendar

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Limits of a file that is read. A file of one's own calendar of many years is
// below them, but for pictures kept in it.
const (
	MaxBytes      = 4 << 20 // of a file
	maxLine       = 64 << 10
	maxDepth      = 8
	maxComponents = 20_000
	maxProperties = 200_000
	maxOwn        = 4096 // properties of one part that are kept: they are looked through again and again
	maxNotices    = 100
)

// component is a BEGIN with its END and what is between them.
type component struct {
	name     string
	props    []property
	children []*component
}

// all are the properties of a name, in the order of the file.
func (c *component) all(name string) []property {
	var all []property
	for _, p := range c.props {
		if p.name == name {
			all = append(all, p)
		}
	}
	return all
}

// first is the first property of a name, nil where there is none.
func (c *component) first(name string) *property {
	i := slices.IndexFunc(c.props, func(p property) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &c.props[i]
}

// understood are the properties that anything is done with; no others are kept.
var understood = map[string]bool{
	"SUMMARY": true, "DESCRIPTION": true, "LOCATION": true, "URL": true, "GEO": true, "CATEGORIES": true, "STATUS": true, "CLASS": true,
	"ORGANIZER": true, "ATTENDEE": true,
	"METHOD": true, "UID": true, "SEQUENCE": true, "DTSTART": true, "DTEND": true, "DURATION": true,
	"TRANSP": true, "RRULE": true, "RDATE": true, "EXDATE": true, "EXRULE": true, "RECURRENCE-ID": true, "CONFERENCE": true,
	"TZID": true, "X-LIC-LOCATION": true, "TZOFFSETFROM": true, "TZOFFSETTO": true,
}

// readAll is the VCALENDARs of a file, as the children of one component, and
// notices of lines that say nothing.
func readAll(r io.Reader) (*component, notices, error) {
	var n notices
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, n, err
	}
	if len(raw) > MaxBytes {
		return nil, n, fmt.Errorf("more than %d bytes, want at most that: export fewer events to a file", MaxBytes)
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	top := &component{}
	open := []*component{top}
	components, properties, odd := 0, 0, 0
	for line, tooLong := range lines(raw) {
		p, err := parseLine(line)
		if err != nil || tooLong {
			odd++
			continue
		}
		in := open[len(open)-1]
		if in == top && (p.name != "BEGIN" || !strings.EqualFold(p.value, "VCALENDAR")) {
			return nil, n, fmt.Errorf("begins with %.40q, want BEGIN:VCALENDAR: this is no calendar", line)
		}
		switch name := strings.ToUpper(strings.TrimSpace(p.value)); p.name {
		case "BEGIN":
			if components++; components > maxComponents {
				return nil, n, fmt.Errorf("more than %d events and other parts, want at most that", maxComponents)
			}
			if len(open) > maxDepth {
				return nil, n, fmt.Errorf("parts in parts, more than %d deep", maxDepth)
			}
			c := &component{name: name}
			in.children = append(in.children, c)
			open = append(open, c)
		case "END":
			if name != in.name {
				return nil, n, fmt.Errorf("END:%.40s where %.40s is open", name, in.name)
			}
			open = open[:len(open)-1]
		default:
			if !understood[p.name] {
				continue
			}
			if properties++; properties > maxProperties {
				return nil, n, fmt.Errorf("more than %d properties, want at most that", maxProperties)
			}
			if len(in.props) == maxOwn {
				n.say("there are parts with more than %d properties; the others were left out", maxOwn)
				continue
			}
			in.props = append(in.props, p)
		}
	}
	switch {
	case len(open) > 1:
		return nil, n, fmt.Errorf("is cut off: %.40s does not end", open[len(open)-1].name)
	case len(top.children) == 0:
		return nil, n, fmt.Errorf("has no BEGIN:VCALENDAR: this is no calendar")
	}
	if odd > 0 {
		n.say("%d lines are too long or of no form that a calendar has, and were left out", odd)
	}
	return top, n, nil
}

// lines gives the content lines, unfolded (RFC 5545, 3.1), without those that
// are empty. A line that is too long is given as far as it may go.
func lines(raw []byte) func(yield func(line string, tooLong bool) bool) {
	return func(yield func(string, bool) bool) {
		for len(raw) > 0 {
			var line []byte
			line, raw = physical(raw)
			long := false
			if len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') {
				line = bytes.Clone(line[:min(len(line), maxLine+1)])
			}
			for len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') {
				var more []byte
				more, raw = physical(raw)
				if len(line) <= maxLine {
					line = append(line, more[1:]...)
				}
			}
			if len(line) > maxLine {
				line, long = line[:maxLine], true
			}
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			if !yield(strings.ToValidUTF8(string(line), "\uFFFD"), long) {
				return
			}
		}
	}
}

// physical cuts the first line off, which ends with LF or CRLF.
func physical(raw []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(raw, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// notices are what a person is told of what was read.
type notices struct {
	list []string
	more bool
}

func (n *notices) say(format string, args ...any) {
	if len(n.list) >= maxNotices {
		n.more = true
		return
	}
	if s := fmt.Sprintf(format, args...); !slices.Contains(n.list, s) {
		n.list = append(n.list, s)
	}
}

// all are the notices, and whether there were more.
func (n *notices) all() []string {
	if n.more {
		return append(slices.Clone(n.list), "there were more notices than these")
	}
	return n.list
}
