package dates

import (
	"fmt"
	"slices"
	"time"

	"votive/proto/recur"
)

// dayFunc is the day that is meant, by the day it is.
type dayFunc func(moment) (recur.Date, error)

// fromToday is so many days from today.
func fromToday(days int) dayFunc {
	return func(m moment) (recur.Date, error) { return within(m.today + recur.Date(days)) }
}

func within(d recur.Date) (recur.Date, error) {
	if d < recur.First || d > recur.Last {
		return 0, fmt.Errorf("not in the years 2000 to 2100")
	}
	return d, nil
}

// near is days that are named from today, and the times of day that some name
// as well.
var near = map[string]struct {
	days int
	when period
}{
	"today": {0, anyTime}, "tonight": {0, tonight}, "tomorrow": {1, anyTime},
	"the day after tomorrow": {2, anyTime}, "day after tomorrow": {2, anyTime},
	"今天": {0, anyTime}, "今日": {0, anyTime}, "今晚": {0, evening}, "今早": {0, morning},
	"明天": {1, anyTime}, "明日": {1, anyTime}, "明晚": {1, evening}, "明早": {1, morning},
	"后天": {2, anyTime}, "后日": {2, anyTime}, "大后天": {3, anyTime},
}

var weekdays = map[string]time.Weekday{
	"sunday": 0, "sun": 0, "monday": 1, "mon": 1, "tuesday": 2, "tue": 2, "tues": 2, "wednesday": 3, "wed": 3,
	"thursday": 4, "thu": 4, "thur": 4, "thurs": 4, "friday": 5, "fri": 5, "saturday": 6, "sat": 6,
}

var hanWeekdays = map[string]time.Weekday{"日": 0, "天": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}

var months = map[string]int{
	"january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4, "may": 5, "june": 6, "jun": 6,
	"july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sept": 9, "sep": 9, "october": 10, "oct": 10, "november": 11, "nov": 11,
	"december": 12, "dec": 12,
}

// day takes a day, and the time of day that it names as well.
func (s *scanner) day() (dayFunc, period, error) {
	s.word("on")
	if n, ok := one(s, near); ok {
		return fromToday(n.days), n.when, nil
	}
	if n, ok := s.days(); ok {
		return fromToday(n), anyTime, nil
	}
	weekday, which, named := s.weekday()
	if named {
		began := *s
		s.sign(",")
		date, err := s.date(&weekday)
		if err != nil || date != nil && which == coming {
			return date, anyTime, err
		}
		*s = began
		return which.day(weekday), anyTime, nil
	}
	date, err := s.date(nil)
	return date, anyTime, err
}

// days takes a number of days or weeks from now.
func (s *scanner) days() (int, bool) {
	began := *s
	if s.word("in") {
		n, ok := s.amount()
		unit, known := one(s, map[string]int{"day": 1, "days": 1, "week": 7, "weeks": 7})
		if ok && known && n > 0 {
			return n * unit, true
		}
	} else if n, _, ok := s.number(); ok {
		s.blank()
		unit, known := one(s, map[string]int{"天后": 1, "日后": 1, "周后": 7, "个星期后": 7, "星期后": 7, "个礼拜后": 7, "礼拜后": 7})
		if known && n > 0 {
			return n * unit, true
		}
	}
	*s = began
	return 0, false
}

// week says which of the days of that name is meant.
type week uint8

const (
	coming  week = iota // fri, 周五
	this                // this fri
	next                // next fri
	thisHan             // 这周五: of this week
	nextHan             // 下周五: of the next week
)

// weekday takes a day of the week.
func (s *scanner) weekday() (time.Weekday, week, bool) {
	began, which := *s, coming
	if s.word("this") {
		which = this
	} else if s.word("next") {
		which = next
	}
	if w, ok := one(s, weekdays); ok {
		return w, which, true
	}
	*s = began
	which = coming
	switch {
	case s.word("下个"), s.word("下"):
		which = nextHan
	case s.word("这个"), s.word("这"), s.word("本"):
		which = thisHan
	}
	if s.word("星期") || s.word("周") || s.word("礼拜") {
		if w, ok := one(s, hanWeekdays); ok {
			return w, which, true
		}
	}
	*s = began
	return 0, coming, false
}

// day is which day of that name is meant. A week begins on Monday for some and
// on Sunday for others, and for some the next Friday is the one that comes
// next: where they would not come on the same day, it is refused.
func (which week) day(w time.Weekday) dayFunc {
	return func(m moment) (recur.Date, error) {
		ahead := m.today + recur.Date((w-m.today.Weekday()+7)%7)
		monday := m.today - recur.Date((m.today.Weekday()+6)%7) + recur.Date((w+6)%7)
		sunday := m.today - recur.Date(m.today.Weekday()) + recur.Date(w)
		var can []recur.Date
		switch which {
		case coming:
			if ahead == m.today {
				return 0, fmt.Errorf("today is a %v: write \"today\", or the date", w)
			}
			can = []recur.Date{ahead}
		case this:
			can = []recur.Date{ahead, monday, sunday}
		case next:
			if ahead == m.today {
				ahead += 7
			}
			can = []recur.Date{ahead, monday + 7, sunday + 7}
		case thisHan:
			can = []recur.Date{monday, sunday}
		case nextHan:
			can = []recur.Date{monday + 7, sunday + 7}
		}
		slices.Sort(can)
		can = slices.Compact(can)
		if len(can) > 1 {
			return 0, fmt.Errorf("can be %v or %v: write the date", can[0], can[1])
		}
		if can[0] < m.today {
			return 0, fmt.Errorf("%v is past: write the date", can[0])
		}
		return within(can[0])
	}
}

// date takes a day of a month, with the year or without. A weekday that was
// typed before or after it must be the right one.
func (s *scanner) date(weekday *time.Weekday) (dayFunc, error) {
	began := *s
	year, month, day, ok := s.english()
	if !ok {
		*s = began
		if year, month, day, ok = s.chinese(); !ok {
			*s = began
			return nil, nil
		}
		behind, err := s.weekdayBehind()
		if err != nil {
			return nil, err
		}
		if behind != nil {
			weekday = behind
		}
	}
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return nil, fmt.Errorf("there is no such day")
	}
	return onDate(year, month, day, weekday), nil
}

// weekdayBehind takes a weekday behind a date: 星期五, (五) or (星期五).
func (s *scanner) weekdayBehind() (*time.Weekday, error) {
	began := *s
	inside := s.sign("(")
	w, which, ok := s.weekday()
	if !ok && inside {
		w, ok = one(s, hanWeekdays)
	}
	if !ok || which != coming {
		*s = began
		return nil, nil
	}
	if inside && !s.sign(")") {
		return nil, errUnderstood
	}
	return &w, nil
}

// onDate is that day, or without a year (0) the next one that there is. A day
// whose time is over today is refused: who types it has mistaken the time or
// means another year.
func onDate(year, month, day int, weekday *time.Weekday) dayFunc {
	right := func(d recur.Date) (recur.Date, error) {
		if weekday != nil && d.Weekday() != *weekday {
			return 0, fmt.Errorf("%v is a %v, not a %v", d, d.Weekday(), *weekday)
		}
		return d, nil
	}
	return func(m moment) (recur.Date, error) {
		if year != 0 {
			if year < 2000 || year > 2100 {
				return 0, fmt.Errorf("not in the years 2000 to 2100")
			}
			if d, ok := recur.DateOf(year, month, day); ok {
				return right(d)
			}
			return 0, fmt.Errorf("there is no such day")
		}
		now, _, _ := m.today.Civil()
		for y := now; y <= now+8; y++ { // a leap day comes every four or eight years
			d, ok := recur.DateOf(y, month, day)
			switch {
			case !ok || d < m.today:
			case d == m.today && m.over:
				return 0, fmt.Errorf("that is over today: write the year")
			default:
				return right(d)
			}
		}
		return 0, fmt.Errorf("there is no such day")
	}
}

// english takes "4 June 2027", "June 4, 2027", "4th June" or 2027-06-04. Year 0
// is none.
func (s *scanner) english() (year, month, day int, ok bool) {
	began := *s
	if y, _, ok := s.digits(4, 4); ok {
		if s.sign("-") {
			if month, _, ok = s.digits(2, 2); ok && s.sign("-") {
				if day, _, ok = s.digits(2, 2); ok {
					s.blank()
					return y, month, day, true
				}
			}
		}
		return 0, 0, 0, false
	}
	*s = began
	if day, ok = s.ordinal(); ok {
		s.word("of")
		if month, ok = one(s, months); !ok {
			return 0, 0, 0, false
		}
	} else {
		if month, ok = one(s, months); !ok {
			return 0, 0, 0, false
		}
		if day, ok = s.ordinal(); !ok {
			return 0, 0, 0, false
		}
	}
	// "June 4, 2027", but not the 2027 of a clock.
	behind := *s
	s.sign(",")
	if year, _, ok = s.digits(4, 4); ok {
		s.blank()
		return year, month, day, true
	}
	*s = behind
	return 0, month, day, true
}

// ordinal takes the day of a month: 4 or 4th. A 20 with a clock behind it is
// none.
func (s *scanner) ordinal() (int, bool) {
	began := *s
	n, _, ok := s.digits(1, 2)
	if !ok {
		return 0, false
	}
	if s.word("st") || s.word("nd") || s.word("rd") || s.word("th") {
		return n, true
	}
	if r := s.rest(); r != "" && (r[0] == ':' || r[0] == '.') {
		*s = began
		return 0, false
	}
	s.blank()
	return n, true
}

// chinese takes 2027年6月4日 or 6月4号. Year 0 is none.
func (s *scanner) chinese() (year, month, day int, ok bool) {
	began := *s
	if year, ok = s.year(); ok {
		s.blank()
		if ok = s.word("年"); !ok {
			return 0, 0, 0, false
		}
	} else {
		*s = began
	}
	if month, _, ok = s.number(); !ok {
		return 0, 0, 0, false
	}
	s.blank()
	if !s.word("月") {
		return 0, 0, 0, false
	}
	if day, _, ok = s.number(); !ok {
		return 0, 0, 0, false
	}
	s.blank()
	return year, month, day, s.word("日") || s.word("号")
}
