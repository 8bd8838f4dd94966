package dates

import (
	"errors"
	"fmt"
)

// clock is a time of day in seconds.
type clock int

const noClock clock = -1

// String writes 20:00:00.
func (c clock) String() string { return fmt.Sprintf("%02d:%02d:%02d", c/3600, c/60%60, c%60) }

// period is a part of the day, by its first and last hour.
type period struct {
	first, last int
	twelve      bool // hours are counted to twelve, as one does in Chinese
}

var (
	anyTime   = period{0, 23, false}
	tonight   = period{17, 23, false}
	morning   = period{5, 11, true}
	evening   = period{17, 23, true}
	afternoon = period{12, 23, true} // in Taiwan and Hong Kong 下午 is p.m.
)

var periods = map[string]period{
	"凌晨": {0, 5, true}, "清晨": {4, 8, true}, "早上": morning, "早晨": morning, "上午": {1, 11, true}, "中午": {11, 13, true},
	"下午": afternoon, "傍晚": {16, 19, true}, "晚上": evening, "晚间": evening, "夜晚": evening,
}

var (
	errTwelve   = errors.New("12 can be noon or midnight: write 12:00 or 00:00")
	errMidnight = errors.New("midnight can be the first or the last of a day: write 00:00 or 23:59")
	errHalfDay  = errors.New("this can be in the morning or in the evening: write 08:00, 20:00, 8am, 8pm, 上午8点 or 晚上8点")
	errClock    = errors.New("there is no such time of day")
)

// clockTime takes a time of day, which a word before it may have placed.
func (s *scanner) clockTime(when period) (clock, error) {
	switch {
	case s.word("noon"), s.word("正午"):
		return when.fit(12, 0, true)
	case s.word("midnight"), s.word("午夜"):
		return noClock, errMidnight
	}
	began := *s
	if p, ok := one(s, periods); ok {
		if p.first < when.first {
			return noClock, errClock
		}
		when = p
	}
	for _, form := range []func(*scanner, period) (clock, bool, error){(*scanner).figures, (*scanner).hours} {
		try := *s
		if c, ok, err := form(&try, when); ok || err != nil {
			*s = try
			s.blank()
			return c, err
		}
	}
	*s = began
	return noClock, nil
}

// figures takes 20:00, 8pm or 8:30 pm; behind a period, 8:00.
func (s *scanner) figures(when period) (clock, bool, error) {
	hour, length, ok := s.digits(1, 2)
	if !ok {
		return noClock, false, nil
	}
	rest, colon := clock(0), false
	for _, unit := range []clock{60, 1} {
		if left := s.rest(); left == "" || left[0] != ':' {
			break
		}
		s.at++
		n, _, ok := s.digits(2, 2)
		if !ok {
			return noClock, false, nil
		}
		if n > 59 {
			return noClock, false, errClock
		}
		rest, colon = rest+clock(n)*unit, true
	}
	s.blank()
	half, halved := one(s, map[string]int{"am": 0, "a.m.": 0, "pm": 12, "p.m.": 12})
	switch {
	case halved && hour == 12:
		return noClock, false, errTwelve
	case halved && (hour < 1 || hour > 11):
		return noClock, false, errClock
	case halved:
		c, err := when.fit(hour+half, rest, true)
		return c, true, err
	case !colon:
		return noClock, false, nil
	case length < 2 && !when.twelve:
		return noClock, false, errHalfDay
	}
	c, err := when.fit(hour, rest, !when.twelve)
	return c, true, err
}

// hours takes 晚上8点, 8点半 behind a period, 20时30分.
func (s *scanner) hours(when period) (clock, bool, error) {
	hour, padded, ok := s.number()
	s.blank()
	if !ok || !s.word("点钟") && !s.word("点") && !s.word("时") {
		return noClock, false, nil
	}
	minute := 0
	switch {
	case s.word("半"):
		minute = 30
	case s.word("一刻"):
		minute = 15
	case s.word("三刻"):
		minute = 45
	case s.word("整"):
	default:
		var err error
		if minute, err = s.minutes(); err != nil {
			return noClock, false, err
		}
	}
	if !when.twelve && hour >= 1 && hour <= 12 && !padded {
		return noClock, false, errHalfDay
	}
	c, err := when.fit(hour, clock(minute)*60, !when.twelve)
	return c, true, err
}

// minutes takes 30分, or 30 at the end of the text; 0 where there are none.
func (s *scanner) minutes() (int, error) {
	began := *s
	n, _, ok := s.number()
	s.blank()
	if !ok || !s.word("分") && s.rest() != "" {
		*s = began
		return 0, nil
	}
	if n > 59 {
		return 0, errClock
	}
	return n, nil
}

// fit is the time of day in the period: where the hour is not exact, it can be
// twelve more. It is refused where none fits, and at twelve but about noon.
func (p period) fit(hour int, rest clock, exact bool) (clock, error) {
	switch {
	case hour > 23:
		return noClock, errClock
	case !exact && hour == 12 && (p.first > 12 || p.last < 12):
		return noClock, errTwelve
	case p.first <= hour && hour <= p.last:
		return clock(hour)*3600 + rest, nil
	case !exact && hour > 0 && hour < 12 && p.first <= hour+12 && hour+12 <= p.last:
		return clock(hour+12)*3600 + rest, nil
	}
	return noClock, errClock
}
