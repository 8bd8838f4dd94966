package recur

import (
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar, counted from 1970-01-01. It is in
// no zone. The zero Date stands for none.
type Date int32

// The first and the last date that there may be: 2000-01-01 and 2100-12-31.
const (
	First Date = 10957
	Last  Date = 47846
)

// DateOf is a date by the calendar; false where there is no such day in the
// years 2000 to 2100.
func DateOf(year, month, day int) (Date, bool) {
	if year < 2000 || year > 2100 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	return firstOf(year, month) + Date(day) - 1, true
}

// ParseDate reads 2027-06-04.
func ParseDate(text string) (Date, error) {
	if len(text) == 10 && text[4] == '-' && text[7] == '-' {
		return parseDate(text, text[:4]+text[5:7]+text[8:])
	}
	return 0, fmt.Errorf("date %.40q is not of the form 2027-06-04", text)
}

// parseDate reads 20270604.
func parseDate(said, digits string) (Date, error) {
	n, ok := number(digits, 8)
	if !ok || len(digits) != 8 {
		return 0, fmt.Errorf("date %.40q is not of digits", said)
	}
	if d, ok := DateOf(n/10000, n/100%100, n%100); ok {
		return d, nil
	}
	return 0, fmt.Errorf("date %.40q is no day of the years 2000 to 2100", said)
}

// Civil is the year, month and day.
func (d Date) Civil() (year, month, day int) {
	t := d.midnight()
	return t.Year(), int(t.Month()), t.Day()
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Weekday((int(d)%7 + 11) % 7) // 1970-01-01 was a Thursday
}

// String writes 2027-06-04.
func (d Date) String() string { return d.midnight().Format(time.DateOnly) }

// midnight is the beginning of the day, as if in UTC.
func (d Date) midnight() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// daysIn is how many days a month has.
func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// firstOf is the first day of a month. A year is taken to begin in March, so
// that a leap day is its last, and counted from the years' beginning in 2000,
// which no leap century comes before.
func firstOf(year, month int) Date {
	y, m := year-2000, month-3
	if m < 0 {
		y, m = y-1, m+12
	}
	// y is -1 in January and February 2000; adding 400 keeps the divisions from
	// rounding toward zero. 400 years have 146,097 days.
	y += 400
	days := y*365 + y/4 - y/100 + y/400 + (153*m+2)/5 - 146097
	return First + 60 + Date(days) // 2000-03-01
}
