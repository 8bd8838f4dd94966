package dates

import (
	"fmt"
	"strconv"
	"strings"

	"votive/proto/recur"
	"votive/proto/votive"
)

var frequencies = map[string]recur.Frequency{
	"daily": recur.Daily, "weekly": recur.Weekly, "monthly": recur.Monthly, "yearly": recur.Yearly,
	"每天": recur.Daily, "每日": recur.Daily, "每周": recur.Weekly, "每星期": recur.Weekly, "每月": recur.Monthly, "每年": recur.Yearly,
}

// Every is how often something comes again: daily, weekly, monthly or yearly,
// and behind a colon how many times, or until which date.
func (r Reader) Every(text string) (recur.Rule, error) {
	if len(text) > maxText {
		return recur.Rule{}, fmt.Errorf("%d bytes, want at most %d", len(text), maxText)
	}
	often, bound, bounded := strings.Cut(fold(text), ":")
	f, ok := frequencies[strings.TrimSpace(often)]
	if !ok {
		return recur.Rule{}, fmt.Errorf("%q is not understood: write daily, weekly, monthly or yearly, and behind a colon how many times or until when: weekly:10, weekly:2027-12-31", text)
	}
	rule := recur.Every(f)
	if !bounded {
		return rule, nil
	}
	bound = strings.TrimSpace(bound)
	if strings.Trim(bound, "0123456789") == "" {
		count, err := strconv.Atoi(bound)
		if err != nil || len(bound) > 4 {
			return recur.Rule{}, fmt.Errorf("%q: how many times, or until when?", text)
		}
		return rule.Times(count)
	}
	t, err := r.Read(bound)
	if err != nil {
		return recur.Rule{}, err
	}
	if t.Kind() != votive.Date {
		return recur.Rule{}, fmt.Errorf("%q: until %v, want a date", text, t)
	}
	last, err := recur.ParseDate(t.Local())
	if err != nil {
		return recur.Rule{}, err
	}
	return rule.To(last), nil
}
