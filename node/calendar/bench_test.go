package calendar

import (
	"strings"
	"testing"
)

// BenchmarkRead reports how long a KB takes and what it allocates, of files made
// of what costs the most for its length. The yardstick is a plain file.
func BenchmarkRead(b *testing.B) {
	files, plain := costly()
	files["plain"] = plain
	for _, name := range sorted(files) {
		text := files[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Read(strings.NewReader(text)) //nolint:errcheck // some are refused
			}
			kb := float64(b.N) * float64(kilobytes(text))
			b.ReportMetric(b.Elapsed().Seconds()*1000/kb, "ms/KB")
		})
	}
}
