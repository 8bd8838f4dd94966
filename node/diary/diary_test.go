package diary

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/recur"
	"votive/proto/votive"
)

// now is when every test is.
var now = time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC)

// person is somebody with a diary and no network.
type person struct {
	*secretary.Secretary
	t    testing.TB
	book *almanac.Almanac
}

func newPerson(t testing.TB) *person {
	t.Helper()
	s, err := store.Open("store", store.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	v, err := vault.Open("vault", vault.Options{FS: vfs.NewMem(), Cost: vault.Cost{Passes: 1, MemoryKiB: 64, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() })
	log := slog.New(slog.DiscardHandler)
	book, err := almanac.Open(t.Context(), almanac.Options{
		Store: s, Vault: v, Effort: votive.MinEffort, Log: log, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{secretary.New(book, secretary.Options{Log: log}), t, book}
	if _, err := p.Init(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// keeps imports a calendar of these entries.
func (p *person) keeps(name string, entries ...[]string) {
	p.t.Helper()
	if _, err := Keep(p.t.Context(), p.book, name, drafts(p.t, entries...)); err != nil {
		p.t.Fatal(err)
	}
}

// looks has see look at what the person knows.
func (p *person) looks(see func(*almanac.View)) {
	p.t.Helper()
	if err := p.book.View(func(v *almanac.View) error { see(v); return nil }); err != nil {
		p.t.Fatal(err)
	}
}

// free is when the person has time, on the clock of the reader.
func (p *person) free(a Ask) (free []string, more bool) {
	p.t.Helper()
	if a.Limit == 0 {
		a.Limit = MaxSlots
	}
	p.looks(func(v *almanac.View) {
		slots, m, err := Free(v, a)
		if err != nil {
			p.t.Fatal(err)
		}
		more = m
		for _, s := range slots {
			const form = "02 15:04"
			text := time.Unix(s.From, 0).In(a.Reader).Format(form) + "-" + time.Unix(s.To, 0).In(a.Reader).Format(form)
			for _, t := range s.Maybe {
				text += " " + t.Title
			}
			free = append(free, text)
		}
	})
	return free, more
}

func date(zone *time.Location, day int) time.Time { return time.Date(2027, 6, day, 0, 0, 0, 0, zone) }

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestFree(t *testing.T) {
	p := newPerson(t)
	hk, berlin := zoneOf(t, "Asia/Hong_Kong"), zoneOf(t, "Europe/Berlin")
	p.keeps("a",
		[]string{"DTSTART;TZID=Asia/Hong_Kong:20270604T200000", "DTEND;TZID=Asia/Hong_Kong:20270604T220000", "SUMMARY:zoned"},
		[]string{"DTSTART;VALUE=DATE:20270606", "SUMMARY:day"},
		[]string{"DTSTART;VALUE=DATE:20270605", "TRANSP:TRANSPARENT", "SUMMARY:takes no time"},
		[]string{"DTSTART:20270605T100000", "SUMMARY:floating"},
		[]string{"DTSTART:20270605T150000", "DURATION:PT1H", "STATUS:TENTATIVE", "SUMMARY:perhaps"},
		[]string{"DTSTART:20270605T170000", "DURATION:PT1H", "STATUS:CANCELLED", "SUMMARY:cancelled"},
	)
	p.keeps("b",
		[]string{
			"DTSTART:20270601T080000", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=10", "EXDATE:20270605T080000", "SUMMARY:again",
		},
	)
	for _, c := range []struct {
		ask  Ask
		want string
	}{
		{
			Ask{From: date(hk, 4), To: date(hk, 7), Reader: hk},
			"04 00:00-04 08:00, 04 08:30-04 20:00, 04 22:00-05 10:00, 05 11:00-06 00:00 perhaps",
		},
		{
			Ask{From: date(berlin, 4), To: date(berlin, 7), Reader: berlin},
			"04 00:00-04 08:00, 04 08:30-04 14:00, 04 16:00-05 10:00, 05 11:00-06 00:00 perhaps",
		},
		{
			Ask{From: date(berlin, 4), To: date(berlin, 6), Reader: berlin, Lasting: 6 * time.Hour, Between: Hours{8 * 3600, 20 * 3600}},
			"05 11:00-05 20:00 perhaps",
		},
		{
			Ask{From: date(berlin, 4), To: date(berlin, 6), Reader: berlin, Between: Hours{22 * 3600, 9 * 3600}},
			"04 00:00-04 08:00, 04 08:30-04 09:00, 04 22:00-05 09:00, 05 22:00-06 00:00",
		},
		{Ask{From: date(berlin, 6), To: date(berlin, 7), Reader: berlin}, ""},
	} {
		got, _ := p.free(c.ask)
		if g := strings.Join(got, ", "); g != c.want {
			t.Errorf("Free(%v to %v) = %s, want %s", c.ask.From, c.ask.To, g, c.want)
		}
	}
	if got, more := p.free(Ask{From: date(berlin, 4), To: date(berlin, 6), Reader: berlin, Limit: 1}); len(got) != 1 || !more {
		t.Errorf("with a limit of 1: %q, %v", got, more)
	}
	p.looks(func(v *almanac.View) {
		for _, a := range []Ask{{From: now, To: now}, {From: now, To: now.Add(MaxWindow + 1)}, {From: now, To: now.Add(-1)}} {
			a.Reader, a.Limit = time.UTC, 1
			if _, _, err := Free(v, a); err == nil {
				t.Errorf("Free(%v to %v) has no error", a.From, a.To)
			}
		}
	})
}

// TestFreeWhereClocksChange: hours are those that the clock shows.
func TestFreeWhereClocksChange(t *testing.T) {
	p, ny := newPerson(t), zoneOf(t, "America/New_York")
	a := Ask{Reader: ny, Between: Hours{1 * 3600, 4 * 3600}, Limit: 9}
	for day, want := range map[time.Time]time.Duration{
		time.Date(2027, 3, 13, 0, 0, 0, 0, ny): 3 * time.Hour,
		time.Date(2027, 3, 14, 0, 0, 0, 0, ny): 2 * time.Hour, // 02:00 to 03:00 is not there
		time.Date(2027, 11, 7, 0, 0, 0, 0, ny): 4 * time.Hour, // 01:00 to 02:00 comes twice
	} {
		a.From, a.To = day, day.AddDate(0, 0, 1)
		p.looks(func(v *almanac.View) {
			slots, _, err := Free(v, a)
			if err != nil || len(slots) != 1 || slots[0].To-slots[0].From != int64(want/time.Second) {
				t.Errorf("Free(%v) = %v, %v, want %v", day, slots, err, want)
			}
		})
	}
}

// TestManyAtOnce: however many times something is on, all of them count, past
// the number that is ever shown together.
func TestManyAtOnce(t *testing.T) {
	p := newPerson(t)
	p.keeps("a",
		[]string{"DTSTART:20270101T000000Z", "DURATION:PT23H", "RRULE:FREQ=DAILY", "SUMMARY:daily"},
		[]string{"DTSTART:20270101T000000Z", "DURATION:P500D", "RRULE:FREQ=YEARLY", "SUMMARY:long"},
	)
	from := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if got, _ := p.free(Ask{From: from, To: from.Add(MaxWindow), Reader: time.UTC}); len(got) != 0 {
		t.Errorf("%d times are free, want none", len(got))
	}
	p.keeps("a", []string{"DTSTART:20270101T000000Z", "DURATION:PT23H", "RRULE:FREQ=DAILY", "SUMMARY:daily"})
	got, _ := p.free(Ask{From: from, To: from.Add(MaxWindow), Reader: time.UTC})
	if len(got) != 366 {
		t.Errorf("%d times are free, want an hour of each of 366 days", len(got))
	}
}

func (p *person) announces(title, local string, w secretary.Wish) votive.ID {
	p.t.Helper()
	start, err := votive.ParseTime(local, "UTC")
	if err != nil {
		p.t.Fatal(err)
	}
	w.Title, w.Start = &title, &start
	id, err := p.Announce(p.t.Context(), w, votive.ID{}, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func TestClashes(t *testing.T) {
	p := newPerson(t)
	p.keeps("work",
		[]string{"DTSTART:20270604T190000Z", "DTEND:20270604T210000Z", "SUMMARY:Rehearsal"},
		[]string{"DTSTART:20270604T210000Z", "DTEND:20270604T220000Z", "SUMMARY:right after"},
		[]string{"DTSTART:20270101T120000Z", "DURATION:PT10M", "RRULE:FREQ=DAILY", "SUMMARY:noon"},
	)
	rule := "FREQ=WEEKLY"
	vigil := p.announces("Vigil", "2027-06-04 20:00", secretary.Wish{}) // an hour, as it says only when it begins
	talk := p.announces("Talk", "2027-06-04 20:59", secretary.Wish{})
	series := p.announces("Series", "2027-06-01 12:05", secretary.Wish{Rule: &rule})
	off := p.announces("Off", "2027-06-04 20:30", secretary.Wish{})
	if _, err := p.Cancel(t.Context(), off, ""); err != nil {
		t.Fatal(err)
	}
	for event, want := range map[votive.ID]string{
		vigil: "Rehearsal Talk +0", talk: "Rehearsal Vigil right after +0", off: " +0",
		series: "noon noon noon noon noon +47", // of the coming year from its first date: 53 weeks, less these
		{}:     " +0",
	} {
		p.looks(func(v *almanac.View) {
			few, more := Clashes(v, event, time.UTC)
			var titles []string
			for _, c := range few {
				titles = append(titles, c.Title)
			}
			if got := fmt.Sprintf("%s +%d", strings.Join(titles, " "), more); got != want && event != series {
				t.Errorf("Clashes = %s, want %s", got, want)
			} else if event == series && (len(few) != 5 || few[0].Title != "noon" || more < 47 || more > 48) {
				t.Errorf("Clashes of what recurs = %s, want a year of noons", got)
			}
		})
	}
}

func TestImports(t *testing.T) {
	p := newPerson(t)
	one := []string{"DTSTART:20270604T190000Z", "SUMMARY:one"}
	for _, name := range []string{"", "a/b", " a", "a\n", strings.Repeat("x", 101), "\xff"} {
		if _, err := Keep(t.Context(), p.book, name, nil); !errors.Is(err, ErrName) {
			t.Errorf("Keep as %q = %v, want ErrName", name, err)
		}
	}
	big := make([][]string, 2000)
	for i := range big {
		big[i] = []string{"DTSTART;TZID=Asia/Hong_Kong:20270604T190000", "SUMMARY:" + strings.Repeat("long ", 30)}
	}
	p.keeps("work", big...)
	p.keeps("work!", one)
	p.keeps("home")
	list := func() string {
		var all []string
		p.looks(func(v *almanac.View) {
			for _, i := range Imports(v) {
				all = append(all, fmt.Sprintf("%s %d %v", i.Name, i.Entries, i.Damaged))
				if !i.At.Equal(now) {
					t.Errorf("%s was imported %v, want %v", i.Name, i.At, now)
				}
			}
		})
		return strings.Join(all, ", ")
	}
	if got, want := list(), "home 0 false, work 2000 false, work! 1 false"; got != want {
		t.Errorf("Imports = %s, want %s", got, want)
	}
	for k := range 4 { // 2,000 each, and one too many with the fourth
		_, err := Keep(t.Context(), p.book, fmt.Sprint("more", k), drafts(t, big...))
		if k < 3 && err != nil || k == 3 && !errors.Is(err, ErrTooMuch) {
			t.Errorf("Keep %d = %v", k, err)
		}
	}
	for k := range 3 {
		if err := Forget(t.Context(), p.book, fmt.Sprint("more", k)); err != nil {
			t.Error(err)
		}
	}
	if got, want := list(), "home 0 false, work 2000 false, work! 1 false"; got != want {
		t.Errorf("Imports = %s, want %s", got, want)
	}
	if replaced, err := Keep(t.Context(), p.book, "work", drafts(t, one)); !replaced || err != nil {
		t.Errorf("Keep again = %v, %v", replaced, err)
	}
	if got := list(); !strings.Contains(got, "work 1 false") {
		t.Errorf("Imports = %s", got)
	}
	for _, name := range []string{"work", "home"} {
		if err := Forget(t.Context(), p.book, name); err != nil {
			t.Error(err)
		}
	}
	if err := Forget(t.Context(), p.book, "work"); !errors.Is(err, ErrUnknown) {
		t.Errorf("Forget twice = %v, want ErrUnknown", err)
	}
	if got := list(); !strings.HasPrefix(got, "work! 1 false") {
		t.Errorf("Imports = %s", got)
	}
}

// TestDamagedImport: what is damaged is said, and what can be read counts.
func TestDamagedImport(t *testing.T) {
	p := newPerson(t)
	big := make([][]string, 1000)
	for i := range big {
		big[i] = []string{"DTSTART:20270604T190000Z", "SUMMARY:" + strings.Repeat("long ", 30)}
	}
	p.keeps("work", big...)
	for note, value := range map[string][]byte{
		noteName("work", 1): nil, noteName("work", 0): {version + 1}, noteName("odd", 7): {version},
	} {
		err := p.book.Write(t.Context(), func(*almanac.View) (almanac.Draft, error) {
			return almanac.Draft{Note: []almanac.Note{{Name: note, Value: value}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p.looks(func(v *almanac.View) {
			all := Imports(v)
			if i := slices.IndexFunc(all, func(i Import) bool { return strings.HasPrefix(note, imports+i.Name+"/") }); i < 0 || !all[i].Damaged {
				t.Errorf("with %s damaged, Imports = %+v", note, all)
			}
			if _, _, err := Free(v, Ask{From: now, To: now.Add(time.Hour), Reader: time.UTC, Limit: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	if err := Forget(t.Context(), p.book, "odd"); err != nil {
		t.Error(err)
	}
	p.keeps("work", big[0])
}

// TestSight: what is worked out is of the moment at which it was looked, whatever
// is done meanwhile, so that it can be worked out while others write.
func TestSight(t *testing.T) {
	p := newPerson(t)
	p.keeps("work", []string{"DTSTART:20270604T090000Z", "DURATION:PT8H", "SUMMARY:Work"})
	event := p.announces("Vigil", "2027-06-04T20:00", secretary.Wish{})
	var one One
	var sight *Sight
	p.looks(func(v *almanac.View) { one, sight = Event(v, event), Look(v) })
	if err := Forget(t.Context(), p.book, "work"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Cancel(t.Context(), event, ""); err != nil {
		t.Fatal(err)
	}
	day := date(time.UTC, 4)
	a := Ask{From: day, To: day.Add(24 * time.Hour), Reader: time.UTC, Limit: 10}
	if slots, _, err := sight.Free(a); err != nil || len(slots) != 3 || slots[2].From != day.Add(21*time.Hour).Unix() {
		t.Errorf("Free of what was seen = %v, %v, want it without work and the vigil", slots, err)
	}
	if few, _ := one.Clashes(sight, time.UTC); len(few) != 0 {
		t.Errorf("the vigil clashes with %v", few)
	}
	if err := p.book.Lock(); err != nil {
		t.Fatal(err)
	}
	if slots, _, err := sight.Free(a); err != nil || len(slots) != 3 {
		t.Errorf("Free of what was seen, once locked = %v, %v", slots, err)
	}
}

// BenchmarkFreeDaily asks for a year of a person whose imports have as many
// entries as there may be, each of them daily at its own time. x-look is how much
// of that is done while nobody can write; x-spans is how often as long it takes as
// to go through the 3,660,000 times and no more.
func BenchmarkFreeDaily(b *testing.B) {
	p := newPerson(b)
	entries := make([][]string, maxEntries)
	for i := range entries {
		at := now.Add(time.Duration(i*7) * time.Minute % (24 * time.Hour)).Format("20060102T150405")
		entries[i] = []string{"DTSTART;TZID=Europe/Berlin:" + at, "DURATION:PT5M", "RRULE:FREQ=DAILY", "SUMMARY:A meeting of the usual kind"}
	}
	for i := range 5 {
		p.keeps(fmt.Sprint("work ", i), entries[i*maxEntries/5:(i+1)*maxEntries/5]...)
	}
	a := Ask{From: now, To: now.Add(MaxWindow), Reader: zoneOf(b, "Europe/Berlin"), Limit: 50}
	var looked, took, measured time.Duration
	for b.Loop() {
		start := time.Now()
		var s *Sight
		p.looks(func(v *almanac.View) { s = Look(v) })
		seen := time.Now()
		if _, _, err := s.Free(a); err != nil {
			b.Fatal(err)
		}
		done := time.Now()
		w, sum := window{from: a.From, to: a.To, reader: a.Reader}, int64(0)
		w.taken(s, func(t *Taken) { sum += t.From })
		looked, took, measured = looked+seen.Sub(start), took+done.Sub(start), measured+time.Since(done)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(looked)/float64(took), "x-look")
	b.ReportMetric(float64(took)/float64(measured), "x-spans")
}

// BenchmarkFree asks for a week and for a year of a person with 100 events of
// their own and 2,000 imported entries, where a circle has 50,000 events of
// others. The yardstick is the same without those.
func BenchmarkFree(b *testing.B) {
	work := make([][]string, 2000)
	for i := range work {
		day := now.AddDate(0, 0, i%700).Format("20060102")
		work[i] = []string{"DTSTART;TZID=Europe/Berlin:" + day + "T100000", "DURATION:PT1H", "SUMMARY:A meeting of the usual kind"}
		if i%20 == 0 {
			work[i] = append(work[i], "RRULE:FREQ=WEEKLY")
		}
	}
	circle := func(events int) *person {
		p := newPerson(b)
		p.keeps("work", work...)
		for i := range 100 {
			p.announces("Mine", now.AddDate(0, 0, i).Format("2006-01-02 15:04"), secretary.Wish{})
		}
		p.others(events)
		return p
	}
	alone, crowded := circle(0), circle(50_000)
	for name, days := range map[string]int{"week": 7, "year": 365} {
		a := Ask{From: now, To: now.AddDate(0, 0, days), Reader: zoneOf(b, "Europe/Berlin"), Limit: 50}
		b.Run(name, func(b *testing.B) {
			var took, measured time.Duration
			for b.Loop() {
				start := time.Now()
				crowded.free(a)
				between := time.Now()
				alone.free(a)
				took, measured = took+between.Sub(start), measured+time.Since(between)
			}
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
			b.ReportMetric(float64(took)/float64(measured), "x-alone")
		})
	}
}

// others has so many events of others be announced in a circle of the person's,
// a month of them.
func (p *person) others(events int) {
	p.t.Helper()
	circle, err := p.JoinCircle(p.t.Context(), "june4")
	if err != nil {
		p.t.Fatal(err)
	}
	const batch = 1000
	for done := 0; done < events; done += batch {
		err := p.book.Write(p.t.Context(), func(v *almanac.View) (d almanac.Draft, err error) {
			for i := range batch {
				d.Send = append(d.Send, almanac.Letter{
					Kind: votive.KindCircle, Secret: v.Circle(circle).Secret, About: circle, Body: p.other(done + i), Until: now.AddDate(0, 2, 0),
				})
			}
			return d, nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// other is a weekly event of somebody else's.
func (p *person) other(i int) *votive.Counted {
	p.t.Helper()
	id, err := votive.NewIdentity(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	nonce, err := votive.NewNonce(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	signer := id.EventKey(nonce)
	genesis, err := votive.NewGenesis(nonce, signer.Key())
	if err != nil {
		p.t.Fatal(err)
	}
	start, err := votive.ParseTime(now.AddDate(0, 0, i%30).Format("2006-01-02 15:04"), "Asia/Hong_Kong")
	if err != nil {
		p.t.Fatal(err)
	}
	proposal, err := votive.NewEvent(genesis, votive.Card{
		Title: "Vigil", Start: start, Answers: votive.AnswersClosed, Organizers: []votive.Organizer{{Key: signer.Key()}},
		Recurrence: votive.Recurrence{Rule: recur.Every(recur.Weekly)},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	signature, err := votive.Sign(signer, proposal.Revision.ID())
	if err != nil {
		p.t.Fatal(err)
	}
	counted, ok := (&votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{signature}}).Assemble(proposal)
	if !ok {
		p.t.Fatal("one founder's signature is not enough")
	}
	return counted
}
