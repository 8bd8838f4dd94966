package recur

import (
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// Words says the rule in English: "every 2 weeks on Monday and Friday, 10
// times". What it leaves to its start it says nothing of.
func (r Rule) Words() string {
	if r.IsZero() {
		return ""
	}
	unit := []string{"", "day", "week", "month", "year"}[r.freq]
	text := "every " + unit
	if r.interval > 1 {
		text = fmt.Sprintf("every %d %ss", r.interval, unit)
	}
	if on := r.dayWords(); on != "" {
		text += " on " + on
	}
	if r.months != 0 {
		var names []string
		for m := time.January; m <= time.December; m++ {
			if r.inMonth(int(m)) {
				names = append(names, m.String())
			}
		}
		text += " in " + and(names)
	}
	if r.weekStart != time.Monday {
		text += ", weeks beginning on " + r.weekStart.String()
	}
	switch {
	case r.count == 1:
		text += ", once"
	case r.count > 1:
		text += fmt.Sprintf(", %d times", r.count)
	case r.until != 0:
		text += ", until " + r.until.String()
	}
	return text
}

// dayWords is BYDAY and BYMONTHDAY, which hold together where both are there.
func (r Rule) dayWords() string {
	var days, names []string
	for n := 1; n <= 31; n++ {
		if r.hasDay(n) {
			days = append(days, "the "+ordinal(n))
		}
	}
	for n := 1; n <= 31; n++ {
		if r.hasDay(-n) {
			days = append(days, "the "+toLast(n)+" day")
		}
	}
	for i := range 7 {
		w := time.Weekday((i + 1) % 7)
		if r.weekdays>>w&1 == 1 {
			names = append(names, w.String())
		}
		for set := r.nth[w]; set != 0; set &= set - 1 {
			names = append(names, "the "+ordinal(bits.TrailingZeros64(set))+" "+w.String())
		}
		for set := r.nthToLast[w]; set != 0; set &= set - 1 {
			names = append(names, "the "+toLast(bits.TrailingZeros64(set))+" "+w.String())
		}
	}
	switch {
	case len(names) == 0:
		return and(days)
	case len(days) == 0:
		return and(names)
	}
	return and(days) + " if that is " + strings.Replace(and(names), " and ", " or ", 1)
}

// ordinal writes 1st, 2nd, 3rd, 4th.
func ordinal(n int) string {
	end := "th"
	if n/10 != 1 {
		end = map[int]string{1: "st", 2: "nd", 3: "rd"}[n%10]
		if end == "" {
			end = "th"
		}
	}
	return fmt.Sprintf("%d%s", n, end)
}

// toLast writes last, 2nd to last.
func toLast(n int) string {
	if n == 1 {
		return "last"
	}
	return ordinal(n) + " to last"
}

// and joins a list as one says it.
func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
