package calendar

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxOctets is how long a line may be without its end (RFC 5545, 3.1).
const maxOctets = 75

// param is a parameter of a property with one value.
type param struct{ name, value string }

// text writes content lines.
type text struct{ strings.Builder }

// line writes one, folded: never inside a character, which RFC 5545, 3.1, allows
// and many readers do not survive.
func (w *text) line(name, value string, params ...param) {
	var b strings.Builder
	b.WriteString(name)
	for _, p := range params {
		b.WriteString(";" + p.name + "=" + quoted(p.value))
	}
	b.WriteString(":")
	b.WriteString(value)
	rest := b.String()
	for room := maxOctets; len(rest) > room; room = maxOctets - 1 {
		at := room
		for at > 0 && !utf8.RuneStart(rest[at]) {
			at--
		}
		w.WriteString(rest[:at])
		w.WriteString("\r\n ")
		rest = rest[at:]
	}
	w.WriteString(rest)
	w.WriteString("\r\n")
}

// quoted is the value of a parameter, in which there can be no double quote
// and no control (RFC 5545, 3.2).
func quoted(value string) string {
	value = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' {
			return -1
		}
		return r
	}, value)
	if strings.ContainsAny(value, ";:,") {
		return `"` + value + `"`
	}
	return value
}

// clean leaves out the controls that no content line can hold (RFC 5545, 3.1).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// escaped is a TEXT value (RFC 5545, 3.3.11).
func escaped(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return escaper.Replace(clean(strings.ReplaceAll(s, "\r", "\n")))
}

// plain is what a TEXT value says.
func plain(s string) string {
	list := split(s, 0)
	return list[0]
}

// split is the TEXT values of a list that has that separator; of a separator of
// 0 it is one.
func split(s string, separator byte) []string {
	var list []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			if s[i] == 'n' || s[i] == 'N' {
				b.WriteByte('\n')
			} else {
				b.WriteByte(s[i])
			}
		case c == separator && separator != 0:
			list = append(list, clean(b.String()))
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(list, clean(b.String()))
}

// property is a content line that was read: name and names of parameters in
// upper case.
type property struct {
	name   string
	params []param
	value  string
}

// param is the first value of a parameter, empty where it is not there.
func (p *property) param(name string) string {
	for _, q := range p.params {
		if q.name == name {
			return q.value
		}
	}
	return ""
}

// maxParams is how many parameters of a line are kept.
const maxParams = 16

// parseLine reads a content line (RFC 5545, 3.1) that has been unfolded.
func parseLine(line string) (property, error) {
	i := strings.IndexAny(line, ";:")
	if i < 1 {
		return property{}, fmt.Errorf("line %.40q is not of the form NAME:VALUE", line)
	}
	p := property{name: strings.ToUpper(line[:i])}
	rest := line[i:]
	for rest[0] == ';' {
		name, after, found := strings.Cut(rest[1:], "=")
		if !found || strings.ContainsAny(name, ";:\"") {
			return property{}, fmt.Errorf("line %.40q has a parameter without a value", line)
		}
		var value string
		var err error
		if value, rest, err = paramValue(after); err != nil {
			return property{}, fmt.Errorf("line %.40q: %w", line, err)
		}
		if len(p.params) < maxParams {
			p.params = append(p.params, param{strings.ToUpper(name), clean(value)})
		}
	}
	p.value = rest[1:]
	return p, nil
}

// paramValue cuts the values of a parameter, of which the first is kept, from
// what comes after it, which begins with a semicolon or a colon.
func paramValue(s string) (first, rest string, err error) {
	for n := 0; ; n++ {
		var value string
		if strings.HasPrefix(s, `"`) {
			end := strings.IndexByte(s[1:], '"')
			if end < 0 {
				return "", "", fmt.Errorf("a quote does not end")
			}
			value, s = s[1:1+end], s[2+end:]
		} else {
			end := strings.IndexAny(s, ",;:")
			if end < 0 {
				return "", "", fmt.Errorf("no value")
			}
			value, s = s[:end], s[end:]
		}
		if n == 0 {
			first = value
		}
		switch {
		case s != "" && (s[0] == ';' || s[0] == ':'):
			return first, s, nil
		case s == "" || s[0] != ',':
			return "", "", fmt.Errorf("no value")
		}
		s = s[1:]
	}
}
