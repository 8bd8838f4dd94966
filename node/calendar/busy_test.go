package calendar

import (
	"slices"
	"strings"
	"testing"
	"time"

	"votive/proto/recur"
	"votive/proto/votive"
)

// dailies are so many events, each daily at its own minute.
func dailies(n int) []Event {
	begin := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	events := make([]Event, n)
	for i := range events {
		start := at(begin.Add(time.Duration(i)*time.Minute).Format("2006-01-02 15:04"), "UTC")
		events[i] = Event{ID: votive.ID{byte(i), byte(i >> 8)}, Card: &votive.Card{
			Start: start, Recurrence: votive.Recurrence{Rule: recur.Every(recur.Daily)},
		}}
	}
	return events
}

// TestMuchBusy: what is more than fits is not written, it says so, and what is
// written is all there is until then.
func TestMuchBusy(t *testing.T) {
	from := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
	b := &Busy{From: from, To: from.AddDate(0, 0, 430)}
	for _, events := range []int{13, 1000, 1001} {
		file := string(Write(dailies(events), Options{Busy: b}))
		starts := valuesOf(file, "DTSTART:")
		if n := len(starts); n > MaxBusy || n < MaxBusy-1 {
			t.Errorf("%d events are %d entries, want %d", events, n, MaxBusy)
		}
		if !slices.IsSorted(starts) {
			t.Errorf("of %d events entries are not soonest first", events)
		}
		if !strings.Contains(file, "X-WR-CALNAME:busy until ") || !strings.Contains(file, "X-WR-CALDESC:") {
			t.Errorf("%d events are cut off, and nothing says so:\n%s", events, file[:300])
		}
		// Whole until the moment that it names.
		name, _, _ := strings.Cut(file[strings.Index(file, "busy until ")+len("busy until "):], " UTC")
		until, err := time.Parse("2006-01-02 15:04", name)
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, e := range dailies(events) {
			for start := e.Card.Start.Instant(nil); start.Before(until); start = start.AddDate(0, 0, 1) {
				whole++
			}
		}
		if whole != len(starts) {
			t.Errorf("until %v there are %d entries of %d events, want %d", until, len(starts), events, whole)
		}
	}
	file := string(Write(dailies(3), Options{Busy: b}))
	if n := len(valuesOf(file, "DTSTART:")); n != 3*399+1 || strings.Contains(file, "X-WR") {
		t.Errorf("three events that fit are %d entries:\n%s", n, file[:300])
	}

	// What lasts for years is on hundreds of times at once.
	long := dailies(1)
	long[0].Card.End = at("2029-06-01 00:00", "UTC")
	file = string(Write(long, Options{Busy: &Busy{From: from.AddDate(3, 0, 0), To: from.AddDate(4, 0, 0)}}))
	if n := len(valuesOf(file, "DTSTART:")); n == 0 || n > MaxBusy || !strings.Contains(file, "X-WR-CALDESC") {
		t.Errorf("what lasts for years is %d entries:\n%s", n, file[:300])
	}
}

// valuesOf are the values of a property, in the order of the file.
func valuesOf(file, name string) (all []string) {
	for line := range strings.SplitSeq(file, "\r\n") {
		if value, found := strings.CutPrefix(line, name); found {
			all = append(all, value)
		}
	}
	return all
}

// BenchmarkBusy: a thousand daily events; x-hundred is how often as long it takes
// as a tenth of them.
func BenchmarkBusy(b *testing.B) {
	from := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
	o := Options{Busy: &Busy{From: from, To: from.AddDate(0, 0, 430)}}
	many, few := dailies(1000), dailies(100)
	var took, measured time.Duration
	size := 0
	for b.Loop() {
		start := time.Now()
		size = len(Write(many, o))
		between := time.Now()
		Write(few, o)
		took, measured = took+between.Sub(start), measured+time.Since(between)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(size), "bytes")
	b.ReportMetric(float64(took)/float64(measured), "x-hundred")
}
