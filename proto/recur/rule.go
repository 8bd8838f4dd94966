package recur

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Limits of a rule. SPEC 6.8.
const (
	MaxText     = 200  // bytes
	maxInterval = 1000 // INTERVAL
	maxCount    = 1000 // COUNT
)

// Frequency is how often a rule comes round.
type Frequency uint8

// The frequencies. The zero Frequency is that of no rule.
const (
	Daily Frequency = iota + 1
	Weekly
	Monthly
	Yearly
)

var frequencies = []string{"", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}

// weekdays are the days as RFC 5545 writes them, by time.Weekday.
var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// Rule is a rule by which dates come again. Parse, Every and Until make one;
// what they made is valid. Rules are compared with ==; the zero Rule is none.
type Rule struct {
	freq     Frequency
	interval int32 // 1-1,000
	count    int32 // 1-1,000; 0 is no limit
	until    Date  // the last date, or none

	months  uint16 // BYMONTH: bit m
	days    uint32 // BYMONTHDAY: bit d
	fromEnd uint32 // BYMONTHDAY below 0: bit -d

	weekdays  uint8     // BYDAY without a number: bit time.Weekday
	nth       [7]uint64 // BYDAY with one, by time.Weekday: bit n
	nthToLast [7]uint64 // BYDAY with one below 0: bit -n
	weekStart time.Weekday
}

// IsZero reports whether there is no rule.
func (r Rule) IsZero() bool { return r.freq == 0 }

// Frequency is how often it comes round; 0 for no rule.
func (r Rule) Frequency() Frequency { return r.freq }

// Interval is every how manieth day, week, month or year counts.
func (r Rule) Interval() int { return int(r.interval) }

// Count is how many dates there are, with that of the start; 0 is no limit.
func (r Rule) Count() int { return int(r.count) }

// Until is the last date on which it may come, zero for none.
func (r Rule) Until() Date { return r.until }

// Every is a rule that comes round at that frequency, on the weekday, the day
// of the month or the day of the year of its start.
func Every(f Frequency) Rule {
	return Rule{freq: f, interval: 1, weekStart: time.Monday}
}

// Times has a rule give so many dates, that of the start among them.
func (r Rule) Times(count int) (Rule, error) {
	if count < 1 || count > maxCount {
		return Rule{}, fmt.Errorf("COUNT of %d, want 1 to %d", count, maxCount)
	}
	r.count, r.until = int32(count), 0
	return r, nil
}

// To has a rule give no date after that one.
func (r Rule) To(last Date) Rule {
	r.count, r.until = 0, last
	return r
}

// Parse reads the value of an RRULE (RFC 5545, 3.3.10), in any order and case.
// UNTIL is a date here. What the subset has not is refused by name.
func Parse(text string) (Rule, error) {
	if len(text) > MaxText {
		return Rule{}, fmt.Errorf("rule of %d bytes, want at most %d", len(text), MaxText)
	}
	r := Rule{interval: 1, weekStart: time.Monday}
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(strings.ToUpper(text), ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || value == "" {
			return Rule{}, fmt.Errorf("rule part %.40q is not of the form NAME=VALUE", part)
		}
		if seen[name] {
			return Rule{}, fmt.Errorf("rule has %.20s twice", name)
		}
		seen[name] = true
		if err := r.set(name, value); err != nil {
			return Rule{}, err
		}
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	return r, nil
}

// set takes one part of a rule.
func (r *Rule) set(name, value string) error {
	switch name {
	case "FREQ":
		for f, known := range frequencies {
			if value == known {
				r.freq = Frequency(f)
				return nil
			}
		}
		return fmt.Errorf("FREQ=%.20s, want DAILY, WEEKLY, MONTHLY or YEARLY", value)
	case "INTERVAL":
		return numberTo(&r.interval, name, value, maxInterval)
	case "COUNT":
		return numberTo(&r.count, name, value, maxCount)
	case "UNTIL":
		var err error
		r.until, err = parseDate(value, value)
		return err
	case "BYMONTH":
		return each(name, value, func(item string) bool {
			n, ok := number(item, 2)
			r.months |= 1 << n
			return ok && n >= 1 && n <= 12
		})
	case "BYMONTHDAY":
		return each(name, value, func(item string) bool {
			n, below, ok := signed(item)
			*either(below, &r.fromEnd, &r.days) |= 1 << n
			return ok && n >= 1 && n <= 31
		})
	case "BYDAY":
		return each(name, value, r.setDay)
	case "WKST":
		w, ok := weekday(value)
		r.weekStart = w
		if !ok {
			return fmt.Errorf("WKST=%.20s is no day of the week", value)
		}
		return nil
	}
	return fmt.Errorf("%.20q in a rule is not understood; these are: FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, WKST", name)
}

// setDay takes one of BYDAY: FR, 1FR or -1FR.
func (r *Rule) setDay(item string) bool {
	if len(item) < 2 {
		return false
	}
	w, ok := weekday(item[len(item)-2:])
	if !ok {
		return false
	}
	item = item[:len(item)-2]
	if item == "" {
		r.weekdays |= 1 << w
		return true
	}
	n, below, ok := signed(item)
	either(below, &r.nthToLast, &r.nth)[w] |= 1 << n
	return ok && n >= 1 && n <= 53
}

// check holds the parts to each other.
func (r *Rule) check() error {
	numbered := r.numbered()
	switch {
	case r.freq == 0:
		return errors.New("rule without FREQ")
	case r.count > 0 && r.until != 0:
		return errors.New("rule with both COUNT and UNTIL")
	case r.freq == Weekly && r.days|r.fromEnd != 0:
		return errors.New("BYMONTHDAY in a weekly rule")
	case numbered && r.freq != Monthly && r.freq != Yearly:
		return errors.New("a number in BYDAY in a rule that is neither monthly nor yearly")
	case numbered && !r.ofYear() && r.most() > 5:
		return fmt.Errorf("BYDAY asks for number %d of a weekday in a month, want at most 5", r.most())
	}
	// Where weeks begin says nothing elsewhere, and equal rules are to be equal.
	if r.freq != Weekly || r.interval == 1 {
		r.weekStart = time.Monday
	}
	return nil
}

// numbered reports whether BYDAY has numbers.
func (r *Rule) numbered() bool { return r.nth != [7]uint64{} || r.nthToLast != [7]uint64{} }

// ofYear reports whether numbers in BYDAY count weekdays in the year, and not
// in the month.
func (r *Rule) ofYear() bool { return r.freq == Yearly && r.months == 0 }

// most is the greatest number in BYDAY.
func (r *Rule) most() int {
	most := 0
	for w := range 7 {
		most = max(most, bits.Len64(r.nth[w]|r.nthToLast[w])-1)
	}
	return most
}

// String writes the rule as SPEC 6.8 has it: equal rules are written alike. It
// is empty for no rule.
func (r Rule) String() string {
	if r.IsZero() {
		return ""
	}
	b := []byte("FREQ=" + frequencies[r.freq])
	if r.interval > 1 {
		b = fmt.Appendf(b, ";INTERVAL=%d", r.interval)
	}
	if r.count > 0 {
		b = fmt.Appendf(b, ";COUNT=%d", r.count)
	}
	if r.until != 0 {
		b = append(b, ";UNTIL="+r.until.midnight().Format("20060102")...)
	}
	list := func(name string, items []string) {
		if len(items) > 0 {
			b = append(b, ";"+name+"="+strings.Join(items, ",")...)
		}
	}
	list("BYMONTH", numbers(1, 12, func(n int) bool { return r.months>>n&1 == 1 }))
	list("BYMONTHDAY", numbers(-31, 31, r.hasDay))
	list("BYDAY", r.byDay())
	if r.weekStart != time.Monday {
		b = append(b, ";WKST="+weekdays[r.weekStart]...)
	}
	return string(b)
}

// hasDay reports whether BYMONTHDAY has n.
func (r Rule) hasDay(n int) bool {
	if n < 0 {
		return r.fromEnd>>-n&1 == 1
	}
	return r.days>>n&1 == 1
}

// byDay is BYDAY in order: by number, none being 0, then from Monday on.
func (r Rule) byDay() []string {
	var items []string
	for n := -53; n <= 53; n++ {
		for i := range 7 {
			w := (i + 1) % 7
			switch {
			case n < 0 && r.nthToLast[w]>>-n&1 == 1, n > 0 && r.nth[w]>>n&1 == 1:
				items = append(items, strconv.Itoa(n)+weekdays[w])
			case n == 0 && r.weekdays>>w&1 == 1:
				items = append(items, weekdays[w])
			}
		}
	}
	return items
}

// numbers are those from first to last that are had, in digits.
func numbers(first, last int, has func(int) bool) []string {
	var items []string
	for n := first; n <= last; n++ {
		if has(n) {
			items = append(items, strconv.Itoa(n))
		}
	}
	return items
}

// each has add take every item of a list.
func each(name, list string, add func(string) bool) error {
	for item := range strings.SplitSeq(list, ",") {
		if !add(item) {
			return fmt.Errorf("%s has %.20q, which is not understood", name, item)
		}
	}
	return nil
}

func numberTo(to *int32, name, value string, most int) error {
	n, ok := number(value, 9)
	if !ok || n < 1 || n > most {
		return fmt.Errorf("%s=%.20s, want 1 to %d", name, value, most)
	}
	*to = int32(n)
	return nil
}

// number reads up to so many digits, and nothing else.
func number(text string, digits int) (int, bool) {
	if text == "" || len(text) > digits {
		return 0, false
	}
	n := 0
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// signed reads 1, +1 or -1, of up to two digits.
func signed(text string) (n int, below, ok bool) {
	digits := strings.TrimPrefix(text, "+")
	if digits == text {
		digits = strings.TrimPrefix(text, "-")
		below = digits != text
	}
	n, ok = number(digits, 2)
	return n, below, ok
}

func either[T any](first bool, a, b *T) *T {
	if first {
		return a
	}
	return b
}

func weekday(text string) (time.Weekday, bool) {
	for w, name := range weekdays {
		if text == name {
			return time.Weekday(w), true
		}
	}
	return 0, false
}
