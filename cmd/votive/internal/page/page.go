// Package page writes what the daemon answered for people: a calm page of at
// most 80 columns, in the reader's own time. It is pure, messages in and text
// out, so that every page has a golden file. Every string that came from
// somebody else passes package plain on its way, here and nowhere else.
package page

import (
	"fmt"
	"strings"
	"time"

	"votive/cmd/votive/internal/plain"
)

// A Reader is for whom a page is written: when they look, and where they are.
type Reader struct {
	Now  time.Time
	Zone *time.Location
}

// margin is the width of the labels of a sheet.
const margin = 13

// sheet is a page of labelled rows.
type sheet struct{ strings.Builder }

// row writes a label with its value, which is wrapped and may have lines of its
// own. An empty value is no row.
func (s *sheet) row(label, value string) {
	for i, line := range plain.Wrap(value, plain.Columns-margin) {
		if i > 0 {
			label = ""
		}
		s.WriteString(strings.TrimRight(plain.Pad(label, margin)+line, " ") + "\n")
	}
}

// rows writes a label with a list of values, one below the other.
func (s *sheet) rows(label string, values []string) {
	for i, v := range values {
		if i > 0 {
			label = ""
		}
		s.row(label, v)
	}
}

// para writes a paragraph over the whole page.
func (s *sheet) para(text string) {
	for _, line := range plain.Wrap(text, plain.Columns) {
		s.WriteString(line + "\n")
	}
}

// Short is how an id or a key is shown where there is little room: eight
// characters, enough to be typed back.
func Short(id string) string {
	if strings.Trim(id, "0123456789abcdef") == "" {
		return id[:min(len(id), 8)]
	}
	return plain.Cut(plain.Line(id), 8)
}

// count is n of something, in words that fit the number.
func count(n uint32, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// number writes thousands apart: 12,345.
func number(n uint32) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sentence joins what is not empty with commas.
func sentence(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}
