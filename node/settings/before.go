package settings

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits on reminders of one event.
const (
	MaxBefore    = 90 * 24 * time.Hour // how long before an event
	MaxReminders = 8                   // how many
)

// ParseBefore reads how long before an event a reminder is: 90m, 2h, 2h30m, 1d
// or 2w; 0 is when it begins. It is an ErrInput where it is nothing of that,
// more than MaxBefore, or no whole number of minutes.
func ParseBefore(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	wrong := input("%.40q is not understood as a time before an event; say 30m, 2h, 1d or 1w, or 0 for when it begins, and at most %s",
		text, FormatBefore(MaxBefore))
	d, err := parse(text)
	if err != nil || d < 0 || d > MaxBefore || d%time.Minute != 0 {
		return 0, wrong
	}
	return d, nil
}

// parse reads days and weeks, which Go does not know, and what Go knows. Days
// are of 24 hours: a reminder is so long before an event as it says.
func parse(text string) (time.Duration, error) {
	for unit, each := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(number, 10, 16)
			return time.Duration(n) * each, err
		}
	}
	return time.ParseDuration(text)
}

// FormatBefore writes what ParseBefore reads: 90m is 1h30m, 24h is 1d.
func FormatBefore(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d > 0 && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0 && d > 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d > time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// ParseList reads reminders, comma between them. No text is no reminder.
func ParseList(text string) ([]time.Duration, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return ParseEach(strings.Split(text, ","))
}

// ParseEach reads up to MaxReminders reminders, and gives each once, the longest
// before the event first.
func ParseEach(texts []string) ([]time.Duration, error) {
	var list []time.Duration
	for _, text := range texts {
		d, err := ParseBefore(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, d) {
			list = append(list, d)
		}
		if len(list) > MaxReminders {
			return nil, input("more than %d reminders of one event", MaxReminders)
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list, nil
}

// FormatList writes what ParseList reads.
func FormatList(list []time.Duration) string {
	var parts []string
	for _, d := range list {
		parts = append(parts, FormatBefore(d))
	}
	return strings.Join(parts, ",")
}
