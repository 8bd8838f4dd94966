package dates

import (
	"fmt"
	"regexp"
	"time"

	"votive/proto/recur"
)

// phrase is a time in words.
type phrase struct {
	day   func(moment) (recur.Date, error)
	clock clock         // or noClock
	after time.Duration // from now, and then neither day nor clock
}

var (
	// twoNumbers is a day and a month, or a month and a day.
	twoNumbers = regexp.MustCompile(`^[0-9]{1,2} ?[/.][ 0-9]`)
	clockAlone = regexp.MustCompile(`^[0-9]{1,2}((:[0-9]{2}){1,2}|(:[0-9]{2})? ?[ap]\.?m\.?)$`)
)

// parse reads a folded text.
func parse(text string) (phrase, error) {
	p := phrase{clock: noClock}
	switch {
	case twoNumbers.MatchString(text):
		return p, fmt.Errorf("the day and the month can be either way round: write 2027-06-04T20:00, \"4 June\" or 6月4日")
	case clockAlone.MatchString(text):
		return p, fmt.Errorf("no day: write \"today 20:00\", \"tomorrow 20:00\" or 2027-06-04T20:00")
	}
	s := &scanner{text: text}
	if d, ok := s.length(); ok && s.rest() == "" {
		p.after = d
		return p, nil
	}
	s.at = 0
	// "8pm tomorrow" as well as "tomorrow 8pm".
	first, err := s.clockTime(anyTime)
	if err != nil {
		return p, err
	}
	if first != noClock {
		p.clock = first
		s.sign(",")
	}
	day, when, err := s.day()
	if err != nil {
		return p, err
	}
	p.day = day
	if day != nil && first == noClock {
		s.sign(",")
		at := s.word("at")
		if p.clock, err = s.clockTime(when); err != nil {
			return p, err
		}
		if at && p.clock == noClock {
			return p, errUnderstood
		}
	}
	if day == nil || s.rest() != "" || when != anyTime && p.clock == noClock {
		return p, errUnderstood
	}
	if when != anyTime && first != noClock {
		if p.clock, err = when.fit(int(first)/3600, first%3600, true); err != nil {
			return p, err
		}
	}
	return p, nil
}

// length takes a number of hours or minutes from now.
func (s *scanner) length() (time.Duration, bool) {
	if s.word("in") {
		if s.word("half an hour") {
			return 30 * time.Minute, true
		}
		n, ok := s.amount()
		unit, known := one(s, map[string]time.Duration{
			"hour": time.Hour, "hours": time.Hour, "minute": time.Minute, "minutes": time.Minute, "min": time.Minute, "mins": time.Minute,
		})
		return time.Duration(n) * unit, ok && known && n > 0
	}
	if s.word("半小时后") || s.word("半个小时后") || s.word("半个钟头后") {
		return 30 * time.Minute, true
	}
	n, _, ok := s.number()
	s.blank()
	unit, known := one(s, map[string]time.Duration{
		"小时后": time.Hour, "个小时后": time.Hour, "钟头后": time.Hour, "个钟头后": time.Hour, "分钟后": time.Minute, "分后": time.Minute,
	})
	return time.Duration(n) * unit, ok && known && n > 0
}

// amount takes a number of up to three digits, or a small one in words, and
// the blank behind it.
func (s *scanner) amount() (int, bool) {
	n, _, ok := s.digits(1, 3)
	if !ok {
		n, ok = one(s, map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10})
	}
	s.blank()
	return n, ok
}
