package votive

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestClockRemembers: what a clock remembers from moments before makes no
// difference.
func TestClockRemembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{
			"UTC", "Asia/Hong_Kong", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca",
			"America/Sao_Paulo", "Asia/Gaza", "Pacific/Apia", "Etc/GMT+5",
		}).Draw(t, "zone")
		where := must(time.LoadLocation(zone))
		old := clock{zone: where}
		near := rapid.Int64Range(946684800-daySize, 4133980800).Draw(t, "near")
		for range 50 {
			wall := near + rapid.Int64Range(-400*daySize, 400*daySize).Draw(t, "wall")
			fresh := clock{zone: where}
			if got, want := old.moment(wall), fresh.moment(wall); got != want {
				t.Fatalf("the moment of %d in %s is %d, and %d where nothing is remembered", wall, zone, got, want)
			}
			_, ahead := time.Unix(wall, 0).In(where).Zone()
			if got := old.at(wall); got != int64(ahead) {
				t.Fatalf("%s is %d ahead of UTC at %d, want %d", zone, got, wall, ahead)
			}
		}
	})
}
