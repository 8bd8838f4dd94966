package diary

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"votive/node/calendar"
	"votive/proto/votive"
)

// file is a calendar of these entries, each the lines of one.
func file(entries ...[]string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
	for i, lines := range entries {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%d\r\n%s\r\nEND:VEVENT\r\n", i, strings.Join(lines, "\r\n"))
	}
	return b.String() + "END:VCALENDAR\r\n"
}

// drafts are what is in a calendar of these entries.
func drafts(t testing.TB, entries ...[]string) []calendar.Draft {
	t.Helper()
	all, notices, err := calendar.Read(strings.NewReader(file(entries...)))
	if err != nil || len(all) != len(entries) {
		t.Fatalf("Read = %d drafts, %q, %v, want %d", len(all), notices, err, len(entries))
	}
	return all
}

// many is a calendar with everything that is kept.
func many(t testing.TB) []calendar.Draft {
	return drafts(t,
		[]string{"DTSTART;TZID=Asia/Hong_Kong:20270604T200000", "DTEND;TZID=Asia/Hong_Kong:20270604T220000", "SUMMARY:六四"},
		[]string{"DTSTART;VALUE=DATE:20270604", "DTEND;VALUE=DATE:20270607", "SUMMARY:Days", "TRANSP:TRANSPARENT"},
		[]string{"DTSTART:20270604T200000", "SUMMARY:Floating", "STATUS:TENTATIVE"},
		[]string{"DTSTART:20270604T200000Z", "SUMMARY:UTC", "STATUS:CANCELLED"},
		[]string{
			"DTSTART;TZID=America/New_York:20270604T200000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=20", "SUMMARY:Again",
			"RDATE;TZID=America/New_York:20270605T200000,20270608T210000", "EXDATE;TZID=America/New_York:20270618T200000",
		},
	)
}

// TestKept: what is kept of an entry is what was read of it.
func TestKept(t *testing.T) {
	all := many(t)
	notes := encode(all, nil)
	if len(notes) != 1 {
		t.Fatalf("%d notes, want 1", len(notes))
	}
	d := decode(notes[0])
	for i := range all {
		got, want := d.entry(), entry{card: all[i].Card(), free: all[i].Free}
		want.card.Text, want.card.Tags, want.card.Links = "", nil, nil
		if d.err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("entry %d = %+v, %v, want %+v", i, got, d.err, want)
		}
	}
	if d.more() {
		t.Error("there is more than was kept")
	}
	// Cut off anywhere, it is damaged or ends with an entry.
	for n := range notes[0] {
		d, read := decode(notes[0][:n]), 0
		for d.more() {
			d.entry()
			read++
		}
		if d.err == nil && read >= len(all) {
			t.Errorf("the first %d of %d bytes have %d entries", n, len(notes[0]), read)
		}
	}
}

// TestKeptIsSmall: as many entries as are read of a file fit, in notes that are
// no larger than may be.
func TestKeptIsSmall(t *testing.T) {
	one := []string{"DTSTART;TZID=America/New_York:20270604T200000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=FR", "SUMMARY:A meeting of the usual kind"}
	entries := make([][]string, 2000)
	for i := range entries {
		entries[i] = one
	}
	sum := 0
	for _, n := range encode(drafts(t, entries...), head(time.Now(), len(entries))) {
		if len(n) > maxNote {
			t.Errorf("a note of %d bytes, want at most %d", len(n), maxNote)
		}
		sum += len(n)
	}
	t.Logf("2,000 entries in %d bytes", sum)
	if sum > maxKept/8 {
		t.Errorf("2,000 entries take %d bytes, want at most an eighth of %d", sum, maxKept)
	}
}

// FuzzDecode: a note that is damaged neither panics nor costs more than there
// is in it, and what can be read of it can be expanded.
func FuzzDecode(f *testing.F) {
	f.Add(encode(many(f), nil)[0])
	from := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, note []byte) {
		d := decode(note)
		for n := 0; d.more(); n++ {
			if n > len(note) {
				t.Fatalf("more than %d entries of %d bytes", n, len(note))
			}
			e := d.entry()
			if d.err != nil {
				break
			}
			w := window{from: from, to: from.AddDate(1, 0, 0), reader: time.UTC}
			w.spans(&e.card, Taken{}, func(taken *Taken) {
				if taken.Empty() {
					t.Fatalf("%+v takes no time", e)
				}
			})
			again := encode([]calendar.Draft{{
				Title: e.card.Title, Status: e.card.Status, Free: e.free, Start: e.card.Start, End: e.card.End,
				Recurrence: e.card.Recurrence, Occurrences: e.card.Occurrences,
			}}, nil)
			if got := decode(again[0]).entry(); !reflect.DeepEqual(got, e) {
				t.Fatalf("read %+v, then %+v", e, got)
			}
		}
	})
}

// TestCorpus writes the corpus of FuzzDecode where it is asked to.
func TestCorpus(t *testing.T) {
	dir := filepath.Join("testdata", "fuzz", "FuzzDecode")
	if os.Getenv("UPDATE") == "" {
		if all, err := os.ReadDir(dir); err != nil || len(all) < 3 {
			t.Errorf("%d files in the corpus, %v; UPDATE=1 makes it", len(all), err)
		}
		return
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	whole := encode(many(t), nil)[0]
	zero, err := votive.NewTime("2000-01-01", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"whole": whole, "cut": whole[:len(whole)-7], "version": {9}, "empty": {},
		"long-text": append([]byte{version, 3}, 0xff, 0xff, 0xff, 0xff, 0x0f),
		"first-day": encode([]calendar.Draft{{Title: "x", Start: zero}}, nil)[0],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
