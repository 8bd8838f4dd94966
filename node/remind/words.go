package remind

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"votive/node/settings"
)

// maxNamed is how many events a notice names.
const maxNamed = 3

// notice says what is due at a moment, as far as may be told. There is at least
// one reminder.
func notice(due []Reminder, now time.Time, tell settings.Notify) string {
	due = each(due)
	if tell != settings.Full {
		return private(due, now)
	}
	if len(due) == 1 {
		return named(&due[0]) + begins(&due[0], now)
	}
	var all []string
	for i := range due[:min(len(due), maxNamed)] {
		all = append(all, named(&due[i])+begins(&due[i], now))
	}
	if more := len(due) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}

// private says that something is due, and not what: a screen may be seen by
// others, and a desktop may keep what it showed.
func private(due []Reminder, now time.Time) string {
	if len(due) == 1 {
		return "Something of yours " + begins(&due[0], now)
	}
	first := "the first " + begins(&due[0], now)
	return fmt.Sprintf("%d things of yours are near; %s", len(due), first)
}

// each is what is due without those that speak of the same occurrence, the
// soonest first.
func each(due []Reminder) []Reminder {
	type what struct {
		event [32]byte
		start int64
	}
	seen := make(map[what]bool)
	var all []Reminder
	for _, r := range due {
		if w := (what{r.Event, r.Start.Unix()}); !seen[w] {
			seen[w] = true
			all = append(all, r)
		}
	}
	return all
}

// begins says when something begins, seen from a moment.
func begins(r *Reminder, now time.Time) string {
	in := r.Start.Sub(now).Round(time.Minute)
	switch {
	case in > 0:
		return "begins in " + long(in)
	case in > -time.Minute:
		return "begins now"
	default:
		return "began " + long(-in) + " ago"
	}
}

// long says how long something takes, in the two largest units.
func long(d time.Duration) string {
	const day = 24 * time.Hour
	days, hours, minutes := int(d/day), int(d%day/time.Hour), int(d%time.Hour/time.Minute)
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{days, "day"}, {hours, "hour"}, {minutes, "minute"}} {
		switch {
		case p.n == 0 || len(parts) == 2:
		case p.n == 1:
			parts = append(parts, "1 "+p.unit)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.unit))
		}
	}
	return strings.Join(parts, " ")
}

// maxTitle is how many characters of a title are shown.
const maxTitle = 60

// named begins a sentence about an event with its title, as it may go to a
// desktop.
func named(r *Reminder) string {
	if title := safe(r.Title); title != "" {
		return title + ": "
	}
	return "Something of yours "
}

// safe is what of a stranger's text any desktop can be shown. A notification is
// markup on Linux, where it can hold links and pictures from elsewhere, XML on
// Windows and a script on a Mac, and none of them escapes as the next one does.
// So only what can be nothing but text comes through: letters, marks, digits
// and the marks of a sentence, on one line. Of quotes only such as no language
// of programs knows, and first a letter or a digit, so that it is no option.
func safe(text string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range text {
		switch {
		case r == utf8.RuneError || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			continue
		case strings.ContainsRune("'’‘", r):
			r = 'ʼ'
		case strings.ContainsRune(".,:;!?-–—·…()/+。，、：；！？（）「」『』《》〈〉༎།་", r):
		case unicode.In(r, unicode.L, unicode.M, unicode.N):
		default: // spaces, controls, bidi marks, quotes, brackets, signs
			r = ' '
		}
		if space && r == ' ' || n == 0 && !unicode.In(r, unicode.L, unicode.N) {
			continue
		}
		if n == maxTitle {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		space = r == ' '
		b.WriteRune(r)
		n++
	}
	return strings.TrimRight(b.String(), " ")
}
