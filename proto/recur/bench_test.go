package recur

import "testing"

// BenchmarkDates expands rules over the century. days/op is how many dates come
// of it; a day is the yardstick: what one step of a plain daily rule takes.
func BenchmarkDates(b *testing.B) {
	start := First
	for _, rule := range append([]string{
		"FREQ=YEARLY",
		"FREQ=YEARLY;BYDAY=20MO",
		"FREQ=MONTHLY;BYDAY=-1FR",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;WKST=SU",
		"FREQ=DAILY",
	}, dearRules...) {
		r, err := Parse(rule)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(rule[:min(len(rule), 40)], func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = 0
				for range r.Dates(start, start) {
					n++
				}
			}
			b.ReportMetric(float64(n), "dates/op")
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/KB") // a rule is less than one
		})
	}
}

// BenchmarkParse reads the longest rules there are.
func BenchmarkParse(b *testing.B) {
	const rule = "FREQ=YEARLY;BYDAY=1MO,2MO,3MO,4MO,5MO,6MO,7MO,8MO,9MO,10MO,-1TU,-2TU,-3TU,-4TU,-5TU,-6TU,-7TU,-8TU,-9TU,-10TU,1WE,2WE,3WE,4WE,5WE,6WE,7WE,8WE,9WE,10WE,11WE,12WE,13WE,14WE,15WE"
	b.SetBytes(int64(len(rule)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(rule); err != nil {
			b.Fatal(err)
		}
	}
}
