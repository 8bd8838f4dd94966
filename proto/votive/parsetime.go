package votive

import (
	"fmt"
	"strings"
	"time"
)

// understood is what a refusal says would be right.
const understood = "write 2027-06-04T20:00, \"2027-06-04 20:00\" or 2027-06-04"

// typedForms are what people may write, in the order in which they are tried.
var typedForms = []string{
	"2006-01-02T15:04",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04",
	"2006-01-02 15:04:05",
	dateForm,
}

// ParseTime reads a time that a person typed: a clock time in the named zone,
// or a date, for which the zone does not matter. The zone must be known here.
// Nothing is guessed: what is not one of the absolute forms is refused.
func ParseTime(text, zone string) (Time, error) {
	t, err := ParseFloating(text)
	if err != nil || t.kind == Date {
		return t, err
	}
	if zone == "" {
		return Time{}, fmt.Errorf("time %q has no zone: name one, such as Asia/Hong_Kong", text)
	}
	where := knownZone(zone)
	if where == nil {
		return Time{}, fmt.Errorf("zone %.64q is not known: write an IANA name, such as Asia/Hong_Kong", zone)
	}
	_, offset := onWall(t.wall, where).Zone()
	return NewTime(t.Local(), zone, offset)
}

// ParseFloating reads a time that a person typed and that means the clock
// wherever the reader is, or a date.
func ParseFloating(text string) (Time, error) {
	typed := strings.TrimSpace(text)
	for _, form := range typedForms {
		wall, err := time.Parse(form, typed)
		if err == nil && wall.Format(form) == typed {
			if form != dateForm {
				form = clockForm
			}
			return NewTime(wall.Format(form), "", 0)
		}
		if err != nil && strings.HasSuffix(err.Error(), "out of range") {
			return Time{}, fmt.Errorf("time %.40q: there is no such day or hour", text)
		}
	}
	return Time{}, fmt.Errorf("time %.40q is not understood: %s", text, understood)
}
