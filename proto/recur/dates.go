package recur

import (
	"iter"
	"math"
	"math/bits"
	"time"
)

// Gives reports whether a date is one that r gives when it begins on start.
func (r Rule) Gives(start, date Date) bool {
	for d := range r.Dates(start, date) {
		return d == date
	}
	return false
}

// Dates are the dates that r gives when it begins on start, ascending, those
// before from left out. What RFC 5545 takes from DTSTART comes from start,
// which is among the dates only where the rule gives it. There is none after
// 2100.
func (r Rule) Dates(start, from Date) iter.Seq[Date] {
	return func(yield func(Date) bool) {
		if r.IsZero() {
			return
		}
		r := r.completed(start)
		last, left := Last, int32(math.MaxInt32)
		if r.until != 0 {
			last = min(last, r.until)
		}
		begin := max(start, from)
		if r.count > 0 { // all of them have to be counted
			begin, left = start, r.count
		}
		r.walk(start, begin, last, func(d Date) bool {
			left--
			return (d < from || yield(d)) && left > 0
		})
	}
}

// walk gives the dates of a rule in which nothing is left to its start, from
// begin to last, until yield says to stop.
func (r *Rule) walk(start, begin, last Date, yield func(Date) bool) {
	switch r.freq {
	case Daily:
		r.daily(start, begin, last, yield)
	case Weekly:
		r.weekly(start, begin, last, yield)
	case Monthly:
		r.monthly(start, begin, last, yield)
	case Yearly:
		r.yearly(start, begin, last, yield)
	}
}

// completed is r with what it leaves to its start. RFC 5545, 3.3.10:
// "Information, not contained in the rule, necessary to determine the various
// recurrence instance start time and dates are derived from the Start Time".
func (r Rule) completed(start Date) Rule {
	if r.days|r.fromEnd != 0 || r.weekdays != 0 || r.numbered() {
		return r
	}
	_, month, day := start.Civil()
	switch r.freq {
	case Weekly:
		r.weekdays = 1 << start.Weekday()
	case Yearly:
		if r.months == 0 {
			r.months = 1 << month
		}
		r.days = 1 << day
	case Monthly:
		r.days = 1 << day
	}
	return r
}

// periods is the first of start, start+step, … that has not passed at begin.
func periods(start, begin, step int) int {
	return start + max(0, begin-start)/step*step
}

func (r *Rule) daily(start, begin, last Date, yield func(Date) bool) {
	step := Date(r.interval)
	if r.months != 0 || r.days|r.fromEnd != 0 || r.weekdays != 0 {
		r.insideMonths(begin, last, func(d Date) bool { return (d-start)%step == 0 }, yield)
		return
	}
	d := Date(periods(int(start), int(begin), int(step)))
	if d < begin {
		d += step
	}
	for ; d <= last && yield(d); d += step {
	}
}

func (r *Rule) weekly(start, begin, last Date, yield func(Date) bool) {
	week := start - Date((start.Weekday()-r.weekStart+7)%7)
	step := 7 * Date(r.interval)
	if r.months != 0 {
		r.insideMonths(begin, last, func(d Date) bool { return (d-week)%step < 7 }, yield)
		return
	}
	for week = Date(periods(int(week), int(begin), int(step))); week <= last; week += step {
		for d := max(week, begin); d < week+7 && d <= last; d++ {
			if r.weekdays>>d.Weekday()&1 == 1 && !yield(d) {
				return
			}
		}
	}
}

// insideMonths gives those days of all months that the rule has and that fit:
// what BYMONTH, BYMONTHDAY and BYDAY leave of days or weeks is found by months,
// and not day by day.
func (r *Rule) insideMonths(begin, last Date, fits, yield func(Date) bool) {
	for m := monthOf(begin); ; m++ {
		year, month := m/12, m%12+1
		day := firstOf(year, month)
		if day > last {
			return
		}
		if r.inMonth(month) && !give(day, r.inside(year, month, day), begin, last, func(d Date) bool { return !fits(d) || yield(d) }) {
			return
		}
	}
}

// inMonth is BYMONTH.
func (r *Rule) inMonth(month int) bool { return r.months == 0 || r.months>>month&1 == 1 }

// yearMonths is BYMONTH, all of them where there is none.
func (r *Rule) yearMonths() uint16 {
	if r.months == 0 {
		return 1<<13 - 2
	}
	return r.months
}

func (r *Rule) monthly(start, begin, last Date, yield func(Date) bool) {
	for m := periods(monthOf(start), monthOf(begin), int(r.interval)); ; m += int(r.interval) {
		year, month := m/12, m%12+1
		day := firstOf(year, month)
		if day > last {
			return
		}
		if r.inMonth(month) && !give(day, r.inside(year, month, day), begin, last, yield) {
			return
		}
	}
}

// monthOf counts months from that of the year 0.
func monthOf(d Date) int {
	year, month, _ := d.Civil()
	return year*12 + month - 1
}

func (r *Rule) yearly(start, begin, last Date, yield func(Date) bool) {
	first, _, _ := start.Civil()
	now, _, _ := begin.Civil()
	for year := periods(first, now, int(r.interval)); year <= 2100; year += int(r.interval) {
		var numbered [13]uint32
		if r.ofYear() && r.numbered() {
			numbered = r.numberedDays(year)
		}
		for set := r.yearMonths(); set != 0; set &= set - 1 {
			month := bits.TrailingZeros16(set)
			day := firstOf(year, month)
			if day > last {
				return
			}
			var days uint32
			if r.ofYear() {
				days = r.insideYear(year, month, day, numbered[month])
			} else {
				days = r.inside(year, month, day)
			}
			if !give(day, days, begin, last, yield) {
				return
			}
		}
	}
}

// give yields those days of a month that are in a set, bit d for day d.
func give(first Date, set uint32, begin, last Date, yield func(Date) bool) bool {
	for ; set != 0; set &= set - 1 {
		d := first + Date(bits.TrailingZeros32(set)) - 1
		if d > last {
			return false
		}
		if d >= begin && !yield(d) {
			return false
		}
	}
	return true
}

// all is the days of a month of so many.
func all(length int) uint32 { return 1<<(length+1) - 2 }

// inside is the days of a month on which the rule comes, weekdays counted in
// the month.
func (r *Rule) inside(year, month int, first Date) uint32 {
	if !r.numbered() {
		return r.insideYear(year, month, first, 0)
	}
	length := daysIn(year, month)
	var numbered uint32
	for w := range 7 {
		if r.nth[w]|r.nthToLast[w] == 0 {
			continue
		}
		on := weekdayIn(first, w, length)
		for n := range 6 {
			if r.nth[w]>>n&1 == 1 {
				numbered |= nthBit(on, n)
			}
			if r.nthToLast[w]>>n&1 == 1 {
				numbered |= nthBit(on, bits.OnesCount32(on)-n+1)
			}
		}
	}
	return r.insideYear(year, month, first, numbered)
}

// insideYear is the same where the days that BYDAY numbers are known.
func (r *Rule) insideYear(year, month int, first Date, numbered uint32) uint32 {
	length := daysIn(year, month)
	set := all(length)
	if r.days|r.fromEnd != 0 {
		set = r.monthDays(length)
	}
	if r.weekdays == 0 && !r.numbered() {
		return set
	}
	for w := range 7 {
		if r.weekdays>>w&1 == 1 {
			numbered |= weekdayIn(first, w, length)
		}
	}
	return set & numbered
}

// monthDays is BYMONTHDAY in a month of so many days.
func (r *Rule) monthDays(length int) uint32 {
	// Day -n of the month is day length+1-n. Reversed, bit n is bit 31-n.
	below := uint64(bits.Reverse32(r.fromEnd)) << 1 >> (31 - length)
	return (r.days | uint32(below)) & all(length)
}

// weekdayIn is the days of a month that are that day of the week.
func weekdayIn(first Date, weekday, length int) uint32 {
	const sevens = 1<<1 | 1<<8 | 1<<15 | 1<<22 | 1<<29
	return uint32(sevens<<((weekday-int(first.Weekday())+7)%7)) & all(length)
}

// nthBit is the n-th of the days in a set, from 1; none where there are fewer.
func nthBit(set uint32, n int) uint32 {
	if n < 1 {
		return 0
	}
	for ; n > 1; n-- {
		set &= set - 1
	}
	return set & -set
}

// numberedDays is the days that BYDAY numbers in a year, by month.
func (r *Rule) numberedDays(year int) [13]uint32 {
	var months [13]uint32
	first, next := firstOf(year, 1), firstOf(year+1, 1)
	add := func(d Date) {
		if d >= first && d < next {
			_, month, day := d.Civil()
			months[month] |= 1 << day
		}
	}
	for w := range time.Weekday(7) {
		once := first + Date((w-first.Weekday()+7)%7)
		end := next - 1 - Date(((next-1).Weekday()-w+7)%7)
		for set := r.nth[w]; set != 0; set &= set - 1 {
			add(once + 7*Date(bits.TrailingZeros64(set)-1))
		}
		for set := r.nthToLast[w]; set != 0; set &= set - 1 {
			add(end - 7*Date(bits.TrailingZeros64(set)-1))
		}
	}
	return months
}

// Final is the last date that r gives when it begins on start; zero where it
// gives none.
func (r Rule) Final(start Date) Date {
	end := Last
	if r.until != 0 {
		end = min(end, r.until)
	}
	if r.count > 0 { // all of them have to be counted
		return last(r.Dates(start, start))
	}
	for back := Date(400); ; back *= 4 {
		from := max(start, end-back)
		if d := last(r.Dates(start, from)); d != 0 || from == start {
			return d
		}
	}
}

func last(dates iter.Seq[Date]) Date {
	var last Date
	for d := range dates {
		last = d
	}
	return last
}
