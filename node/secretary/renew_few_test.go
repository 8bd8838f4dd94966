package secretary

import (
	"slices"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// SPEC 2.13: however much is fading, no more than so many records are said anew
// at once, each takes its turn, and none does before its moment.
func TestRenewalsAreFew(t *testing.T) {
	const records = 3*maxRenewed + 5
	now := time.Date(2027, 6, 4, 12, 0, 0, 0, time.UTC)
	var fading []almanac.Fading
	for i := range records {
		f := almanac.Fading{Place: [16]byte{byte(i), byte(i >> 8)}}
		f.About = votive.ID{byte(i), byte(i >> 8)}
		fading = append(fading, f)
	}
	var r renewals
	if early := r.take(fading, now); len(early) > 0 {
		t.Errorf("%d are said anew at the moment at which they are drawn, want 0", len(early))
	}
	soon := 0
	for _, when := range r.due {
		if when.Before(now.Add(renewSpread / 2)) {
			soon++
		}
	}
	if soon < records/4 || soon > records*3/4 {
		t.Errorf("%d of %d are drawn for the first half of a day, want about half", soon, records)
	}
	now = now.Add(renewSpread)
	for looks := 0; len(fading) > 0; looks++ {
		due := r.take(fading, now)
		if want := min(len(fading), maxRenewed); len(due) != want || looks > records/maxRenewed {
			t.Fatalf("look %d: %d of %d are said anew, want %d", looks, len(due), len(fading), want)
		}
		fading = slices.DeleteFunc(fading, func(f almanac.Fading) bool {
			return slices.ContainsFunc(due, func(l almanac.Letter) bool { return l.About == f.About })
		})
		now = now.Add(renewEvery)
	}
}
