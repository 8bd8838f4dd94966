package diary

import (
	"cmp"
	"errors"
	"slices"
	"sort"
	"time"

	"votive/node/almanac"
	"votive/proto/recur"
	"votive/proto/votive"
)

// Bounds on a question for free time.
const (
	MaxWindow = 366 * 24 * time.Hour
	MaxSlots  = 1000
	maxNamed  = 5 // things that are named of many
)

// Hours are those of a day, in seconds from its beginning on the clock; where
// To is not after From, until the next day. The zero Hours are the whole day.
type Hours struct{ From, To int64 }

// Ask is a question for free time.
type Ask struct {
	From, To time.Time // up to MaxWindow apart
	Lasting  time.Duration
	Between  Hours
	Reader   *time.Location
	Limit    int // slots, 1 to MaxSlots
}

// Slot is a time at which the person has nothing that is certain.
type Slot struct {
	Interval
	Maybe []Taken // what they may have then, the first few, soonest first
	More  int     // besides these
}

// Free are the times at which the person has nothing for certain and that last
// as long as asked, soonest first, and whether there are more of them.
func Free(v *almanac.View, a Ask) (slots []Slot, more bool, err error) { return Look(v).Free(a) }

// Free is what package-level Free is, of a sight.
func (s *Sight) Free(a Ask) (slots []Slot, more bool, err error) {
	if d := a.To.Sub(a.From); d <= 0 || d > MaxWindow {
		return nil, false, errors.New("want a window that ends after it begins, of up to 366 days")
	}
	w := window{from: a.From, to: a.To, reader: a.Reader}
	var busy covered
	uncertain := false
	w.taken(s, func(t *Taken) {
		if t.Maybe {
			uncertain = true
		} else {
			busy.add(t.Interval)
		}
	})
	for _, i := range without(a.hours(), busy.all()) {
		if i.To-i.From < max(1, int64(a.Lasting/time.Second)) {
			continue
		}
		if len(slots) == a.Limit {
			more = true
			break
		}
		slots = append(slots, Slot{Interval: i})
	}
	if uncertain && len(slots) > 0 {
		w.taken(s, func(t *Taken) {
			if t.Maybe {
				maybe(slots, t)
			}
		})
	}
	return slots, more, nil
}

// maybe notes what the person may have at the slots it is in.
func maybe(slots []Slot, t *Taken) {
	first := sort.Search(len(slots), func(i int) bool { return slots[i].To > t.From })
	for i := first; i < len(slots) && slots[i].From < t.To; i++ {
		slots[i].Maybe, slots[i].More = among(slots[i].Maybe, slots[i].More, t)
	}
}

// among puts t where it belongs among the first few, and counts the others.
func among(few []Taken, more int, t *Taken) ([]Taken, int) {
	at, _ := slices.BinarySearchFunc(few, t, func(a Taken, b *Taken) int { return a.compare(b) })
	few = slices.Insert(few, at, *t)
	if len(few) > maxNamed {
		return few[:maxNamed], more + 1
	}
	return few, more
}

// compare orders by when it begins.
func (t *Taken) compare(other *Taken) int {
	return cmp.Or(cmp.Compare(t.From, other.From), cmp.Compare(t.To, other.To), cmp.Compare(t.Source, other.Source),
		cmp.Compare(t.Title, other.Title), t.Event.Compare(other.Event))
}

// hours are those of the window that are asked for, ascending and apart from
// each other.
func (a *Ask) hours() []Interval {
	whole := Interval{a.From.Unix(), a.To.Unix()}
	if a.Between == (Hours{}) {
		return []Interval{whole}
	}
	year, month, day := a.From.In(a.Reader).Date()
	first, ok := recur.DateOf(year, int(month), day)
	if !ok {
		return nil
	}
	var all []Interval
	for d := max(first-1, recur.First); d <= recur.Last; d++ {
		next := int64(0)
		if a.Between.To <= a.Between.From {
			next = 86400
		}
		i := Interval{onClock(d, a.Between.From, a.Reader), onClock(d, a.Between.To+next, a.Reader)}
		if i.From >= whole.To {
			break
		}
		if i = i.in(whole); !i.Empty() {
			all = append(all, i)
		}
	}
	return union(all)
}

// onClock is when the reader's clock is so many seconds into a day.
func onClock(d recur.Date, seconds int64, reader *time.Location) int64 {
	d += recur.Date(seconds / 86400)
	t, err := votive.NewTime(d.String()+"T"+time.Unix(seconds%86400, 0).UTC().Format("15:04:05"), "", 0)
	if err != nil { // after the year 2100
		return int64(d)*86400 + seconds%86400
	}
	return t.Instant(reader).Unix()
}
