package vault

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/ipfs/go-datastore/query"
)

// sealedRows is the database as whoever seizes the disk reads it.
func sealedRows(t *testing.T, v *Vault) map[string]string {
	t.Helper()
	all := make(map[string]string)
	r, err := v.db.Query(context.Background(), query.Query{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for e := range r.Next() {
		all[e.Key] = string(e.Value)
	}
	return all
}

// minute is what a flush did to the rows on disk.
type minute struct{ fresh, over, gone float64 }

// quiet writes so many minutes in each of which frames came, and of which some
// records were ours, and gives what a minute did on average.
func quiet(t *testing.T, v *Vault, minutes int, ours func(i int) []string) (m minute) {
	t.Helper()
	before := sealedRows(t, v)
	for i := range minutes {
		for _, name := range ours(i) {
			v.Receive(name, fmt.Appendf(nil, "a record of minute %d", i))
		}
		v.Arrived(1)
		if err := v.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := sealedRows(t, v)
		written := 0.0
		for key, value := range after {
			switch old, there := before[key]; {
			case !there:
				m.fresh++
				written++
			case old != value:
				m.over++
				written++
			}
		}
		if written != flushRows {
			t.Fatalf("minute %d wrote %v rows, want %d", i, written, flushRows)
		}
		for key := range before {
			if _, there := after[key]; !there {
				m.gone++
			}
		}
		before = after
	}
	n := float64(minutes)
	return minute{m.fresh / n, m.over / n, m.gone / n}
}

// TestDummiesCannotBeTold: by the rows that a minute made, wrote over and
// deleted, nobody can say whether frames of it were ours. Differences of the
// averages are held to five times what chance makes of them.
func TestDummiesCannotBeTold(t *testing.T) {
	const minutes = 150
	v := made(t, vfs.NewMem(), "")
	v.life = 32
	quiet(t, v, 4*v.life, func(int) []string { return nil }) // until as many go as come
	none := quiet(t, v, minutes, func(int) []string { return nil })
	chance := func(perMinute float64) float64 { return 5 * math.Sqrt(2*perMinute/minutes) }
	for what, ours := range map[string]func(int) []string{
		"three new records": func(i int) []string {
			return []string{fmt.Sprint("a", i), fmt.Sprint("b", i), fmt.Sprint("c", i)}
		},
		"three records that change": func(int) []string { return []string{"x", "y", "z"} },
	} {
		some := quiet(t, v, minutes, ours)
		for name, pair := range map[string][2]float64{
			"made": {none.fresh, some.fresh}, "wrote over": {none.over, some.over},
		} {
			if most := chance(flushRows / overwrites * (1 - 1.0/overwrites)); math.Abs(pair[0]-pair[1]) > most {
				t.Errorf("a minute with nothing of ours %s %.2f rows, one with %s %.2f, want them within %.2f", name, pair[0], what, pair[1], most)
			}
		}
		// Where a tenth of a batch stays, a tenth less has to go; in the end, and
		// not in that minute.
		if most := chance(flushRows) + 3; math.Abs(none.gone-some.gone) > most {
			t.Errorf("a minute with nothing of ours deleted %.2f rows, one with %s %.2f, want them within %.2f", none.gone, what, some.gone, most)
		}
	}
}

// TestRowsAreAnywhereInABatch: the log has rows in the order in which they were
// put.
func TestRowsAreAnywhereInABatch(t *testing.T) {
	v := made(t, vfs.NewMem(), "")
	v.Receive("ours", []byte("a record"))
	key := v.sealer.key(realRow, "ours", 0)
	places := make(map[int]bool)
	for range 200 {
		_, rows, _, err := v.batch(t.Context(), []string{"ours"})
		if err != nil {
			t.Fatal(err)
		}
		places[slices.IndexFunc(rows, func(r row) bool { return r.key == key })] = true
	}
	if len(places) < flushRows/2 || places[-1] {
		t.Errorf("a row was at %d places of %d in 200 batches: %v", len(places), flushRows, places)
	}
}

// TestDummiesGoAndAreKnownAgain: they take bounded room, hide no row, and are
// found again by who did not write them.
func TestDummiesGoAndAreKnownAgain(t *testing.T) {
	fs := vfs.NewMem()
	v := made(t, fs, "")
	v.life = 16
	quiet(t, v, 12*v.life, func(i int) []string { return []string{fmt.Sprint(i)} })
	had := len(v.dummies)
	if most := 2 * flushRows * v.life; had > most || had < flushRows {
		t.Errorf("%d dummies after %d minutes, want at most %d", had, 12*v.life, most)
	}
	if got, want := len(sealedRows(t, v)), had+12*v.life+2; got != want { // and the identity, twice
		t.Errorf("%d rows on disk, want %d", got, want)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v = open(t, fs)
	if got := rows(t, v); len(got) != 12*16 {
		t.Errorf("Scan gave %d rows, want %d", len(got), 12*16)
	}
	before, again := sealedRows(t, v), slices.Clone(v.dummies)
	if len(again) != had {
		t.Errorf("%d dummies are known after a Scan, want %d", len(again), had)
	}
	for _, key := range again {
		if _, there := before[key.String()]; !there {
			t.Fatalf("the dummy %v is not on disk", key)
		}
	}
}
