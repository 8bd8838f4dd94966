package votive

import (
	"bytes"
	"testing"
	"time"
)

// fuzzKinds takes any byte as a kind of secret.
func fuzzKind(b byte) Kind { return Kind(b)%KindSelf + 1 }

// fuzzSecret is the one under which all records of the fuzz tests came. What
// hangs on the secret itself, links and answers, is in the corpus of its own
// tests.
var fuzzSecret = testSecret("reply")

// addSamples puts every sample into the corpus, under its own kind.
func addSamples(f *testing.F) {
	for _, s := range samples(f) {
		whole, err := encodeBody(s.body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(s.kind)-1, whole)
	}
}

// FuzzNewRecord: whatever is opened can be restored, written again, and read
// as the same.
func FuzzNewRecord(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, kind byte, whole []byte) {
		rec, err := newRecord(NewReader(fuzzKind(kind), fuzzSecret), whole)
		if err != nil {
			return
		}
		restored, err := Restore(rec.Kind(), rec.Bytes())
		if err != nil || restored.ID() != rec.ID() {
			t.Fatalf("Restore(what was opened) = %v, %v, want %v", restored.ID(), err, rec.ID())
		}
		checkSurvives(t, rec)
	})
}

// FuzzRestore: whatever is restored can be used without a fault, written
// again, and read as the same.
func FuzzRestore(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, kind byte, whole []byte) {
		rec, err := Restore(fuzzKind(kind), whole)
		if err != nil {
			return
		}
		checkSurvives(t, rec)
		use(rec)
	})
}

// checkSurvives writes a record again, twice: the first time fields that are
// not known may get lost, the second time nothing may.
func checkSurvives(t *testing.T, rec Record) {
	t.Helper()
	whole, err := encodeBody(rec.Body())
	if err != nil {
		t.Fatalf("encodeBody(what was read) = %v, want nil", err)
	}
	again, err := Restore(rec.Kind(), whole)
	if err != nil {
		t.Fatalf("Restore(what was written) = %v, want nil", err)
	}
	switch rec.Body().(type) {
	case *Counted, *Proposal, *Inbox, *Signature, *Invitation, *Revoke, *ContactCard, *Details, *Unknown:
		// Those are kept as they came, or their ids are of what is known.
		if again.ID() != rec.ID() {
			if _, details := rec.Body().(*Details); !details {
				t.Fatalf("id of what was written = %v, want %v", again.ID(), rec.ID())
			}
		}
	}
	if third, err := encodeBody(again.Body()); err != nil || !bytes.Equal(third, whole) {
		t.Fatalf("written again = %x, %v, want %x", third, err, whole)
	}
}

// use does with a record what can be done with it.
func use(rec Record) {
	rec.Newer(rec)
	fold := func(r *Revision, c *Counted) {
		card := r.Card()
		card.Span(time.UTC)
		card.Next(noon, time.UTC)
		if on, _ := card.Within(noon, time.Time{}, time.UTC); len(on) > MaxOccurrences {
			panic("more occurrences than there may be")
		}
		e, _ := Fold(r.Event(), []*Counted{c, c})
		e.Organizes(ID{})
		d := Desk{Event: r.Event(), Counted: []*Counted{c}, Proposals: []*Proposal{{Revision: r}}, Signed: r.Instead()}
		_ = d.MaySign(d.Proposals[0], r.Card().Organizers[0].Key)
		_, _ = d.Propose(Draft{Card: r.Card()})
		_, _ = d.Assemble(d.Proposals[0])
		_, _ = d.Lacks(d.Proposals[0])
	}
	switch b := rec.Body().(type) {
	case *Counted:
		fold(b.Revision(), b)
	case *Proposal:
		fold(b.Revision, fakeCount(b.Revision, b.Revision.roster...))
	case *Invitation:
		_ = new(Event).Honours(b, nil, noon)
		_, _ = Request{Event: new(Event), Invitation: b}.Automatic(noon)
	case Keep:
		b.About()
	}
}

// FuzzReply: whatever is in a sealed reply that can be read survives.
func FuzzReply(f *testing.F) {
	for _, r := range []Reply{testReply(ID{1}), {Event: ID{2}, Secret: testSecret("walk-in")}} {
		b, err := r.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeReply(b)
		if err != nil {
			return
		}
		again, err := r.encode()
		if err != nil {
			t.Fatalf("encode(what was read) = %v, want nil", err)
		}
		second, err := decodeReply(again)
		if err != nil || second.ID() != r.ID() || second.Proves(fuzzSecret) != r.Proves(fuzzSecret) {
			t.Fatalf("decodeReply(what was written) = %+v, %v, want %+v", second, err, r)
		}
	})
}

// FuzzParseRule: what is understood is understood as the same once it is
// written for iCalendar, for every form of start.
func FuzzParseRule(f *testing.F) {
	for _, rule := range []string{
		"FREQ=WEEKLY;BYDAY=FR", "RRULE:FREQ=DAILY;UNTIL=20271224T000000Z", "FREQ=DAILY;UNTIL=20270610T200000", "FREQ=YEARLY;UNTIL=21001231T235959Z",
		"FREQ=DAILY;UNTIL=20000101T000000Z", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "UNTIL=;FREQ=DAILY", "freq=daily;until=20270610t200000z",
	} {
		f.Add(rule, "2027-06-04T20:00", "America/New_York")
		f.Add(rule, "2000-01-01T00:00", "Pacific/Apia")
		f.Add(rule, "2100-12-31", "")
	}
	f.Fuzz(func(t *testing.T, rule, local, zone string) {
		start, err := ParseFloating(local)
		if zone != "" && err == nil {
			start, err = ParseTime(local, zone)
		}
		if err != nil {
			return
		}
		r, err := ParseRule(rule, start)
		if err != nil {
			return
		}
		text := Recurrence{Rule: r}.RRule(start)
		if again, err := ParseRule(text, start); err != nil || again != r {
			t.Fatalf("ParseRule(%s, %v) = %v, %v, want %v", text, start, again, err, r)
		}
	})
}

// FuzzParseTime: what is understood is a time as records may have it, and is
// understood as the same when it is typed in full.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{
		"2027-06-04T20:00", "2027-06-04 20:00:59", "2027-06-04", "2027-02-29", "2027-03-14T02:30",
		"tomorrow 20:00", "6月4日晚上8点", "2100-12-31T23:59:59", " 2027-06-04 ", "2027-06-04T20:00Z",
	} {
		f.Add(text, "America/New_York")
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, zone string) {
		got, err := ParseTime(text, zone)
		if err != nil {
			return
		}
		if again, err := ParseTime(got.Local(), zone); err != nil || again != got {
			t.Fatalf("ParseTime(%q, %q) = %v, %v, want %v", got.Local(), zone, again, err, got)
		}
		if again, err := timeFrom("time", got.wire()); err != nil || again != got {
			t.Fatalf("timeFrom(%v) = %v, %v, want the same", got, again, err)
		}
		if at := got.Instant(nil); at.Year() < firstYear-1 || at.Year() > lastYear+1 {
			t.Fatalf("(%v).Instant = %v, want the years %d to %d", got, at, firstYear, lastYear)
		}
	})
}
