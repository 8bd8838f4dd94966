package calendar

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkRead reports how long a KB takes and what it allocates, of files made
// of what costs the most for its length.
func BenchmarkRead(b *testing.B) {
	several := func(f func(i int) string) string {
		var s strings.Builder
		s.WriteString("BEGIN:VCALENDAR\r\n")
		for i := range 500 {
			s.WriteString(f(i))
		}
		return s.String() + "END:VCALENDAR\r\n"
	}
	for name, text := range map[string]string{
		"rules": several(func(int) string {
			return "BEGIN:VEVENT\r\nDTSTART:20000101T000000\r\nRRULE:FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=1\r\nRRULE:FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2\r\nEND:VEVENT\r\n"
		}),
		"zones": several(func(i int) string {
			return fmt.Sprintf("BEGIN:VTIMEZONE\r\nTZID:%d\r\nBEGIN:DAYLIGHT\r\nDTSTART:20000101T000000\r\nTZOFFSETFROM:+0117\r\nTZOFFSETTO:+0218\r\nRRULE:FREQ=YEARLY\r\nEND:DAYLIGHT\r\n"+
				"END:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;TZID=%d:20270101T000000\r\nEND:VEVENT\r\n", i, i)
		}),
		"lines": several(func(int) string { return "UID:\n" }),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Read(strings.NewReader(text)); err != nil {
					b.Fatal(err)
				}
			}
			kb := float64(b.N) * float64(len(text)) / 1024
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/kb, "ms/KB")
		})
	}
}
