package api

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/almanac"
	"votive/node/secretary"
	"votive/node/store"
	"votive/node/vault"
	"votive/proto/localpb"
	"votive/proto/votive"
)

// diarist is an API over stores in memory, at a time that stands still, for
// somebody who is in the circle june4.
func diarist(t *testing.T) *API {
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
		Store: s, Vault: v, Effort: votive.MinEffort, Log: log,
		Now: func() time.Time { return time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	a := &API{Options: Options{Almanac: book, Secretary: secretary.New(book, secretary.Options{Log: log})}}
	if _, err := a.Init(t.Context(), &localpb.InitRequest{NoPassphrase: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.JoinCircle(t.Context(), &localpb.JoinCircleRequest{Name: "june4"}); err != nil {
		t.Fatal(err)
	}
	return a
}

// imports imports a calendar with one entry, on the evening of a day.
func (a *API) imports(t *testing.T, day string) {
	t.Helper()
	text := fmt.Sprintf("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:%sT180000Z\nDTEND:%sT230000Z\nSUMMARY:Rehearsal\nEND:VEVENT\nEND:VCALENDAR\n", day, day)
	r, err := a.ImportCalendar(t.Context(), &localpb.ImportCalendarRequest{Calendar: []byte(text), Name: "work"})
	if err != nil || r.Entries != 1 {
		t.Fatalf("ImportCalendar = %v, %v", r, err)
	}
}

// outgoing is every frame that waits to be sent.
func (a *API) outgoing() (frames [][]byte) {
	for _, o := range a.Almanac.Unpublished() {
		frames = append(frames, bytes.Clone(o.Frame.Bytes()))
	}
	return frames
}

// sending announces an event, changes and moves it, and has somebody answer it,
// all of them with something else on the days given: it is what was sent, and
// how many clashes were told of.
func sending(t *testing.T, hosts, guests string) (frames [][]byte, clashes int) {
	cryptotest.SetGlobalRandom(t, 64)
	host, guest := diarist(t), diarist(t)
	host.imports(t, hosts)
	guest.imports(t, guests)
	at := func(clock string) *localpb.Time {
		zone := "UTC"
		return &localpb.Time{Kind: "zoned", Local: "2027-06-04T" + clock, Zone: &zone}
	}
	title, rule := "Vigil", "FREQ=WEEKLY;COUNT=3"
	r, err := host.Announce(t.Context(), &localpb.AnnounceRequest{Circle: "june4", Draft: &localpb.Draft{Title: &title, Start: at("20:00:00"), Rule: &rule}})
	if err != nil {
		t.Fatal(err)
	}
	clashes += len(r.Clashes)
	frames = host.outgoing()
	event := r.Event.Id
	r, err = host.EditEvent(t.Context(), &localpb.EditEventRequest{Event: event, Draft: &localpb.Draft{Start: at("19:00:00"), End: at("21:00:00")}})
	if err != nil {
		t.Fatal(err)
	}
	clashes += len(r.Clashes)
	r, err = host.ChangeOccurrence(t.Context(), &localpb.ChangeOccurrenceRequest{Event: event, Date: "2027-06-11", Start: at("18:30:00")})
	if err != nil {
		t.Fatal(err)
	}
	clashes += len(r.Clashes)
	for _, o := range host.Almanac.Unpublished() {
		f, err := o.Frame.Stamp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := guest.Almanac.Receive(t.Context(), []votive.Frame{f}); err != nil {
			t.Fatal(err)
		}
		guest.Almanac.Learn(t.Context(), []votive.Frame{f})
	}
	for _, status := range []string{"maybe", "yes", "no"} {
		r, err := guest.Rsvp(t.Context(), &localpb.RsvpRequest{Event: event, Status: status})
		if err != nil {
			t.Fatal(err)
		}
		if status == "no" && len(r.Clashes) > 0 {
			t.Errorf("who says no is told of clashes: %v", r.Clashes)
		}
		clashes += len(r.Clashes)
		frames = append(frames, guest.outgoing()...)
	}
	return append(frames, host.outgoing()...), clashes
}

// TestClashesAreNotSent: with the same randomness, what is sent is the same to
// the byte whether there is something else at the time or not. That would not be
// so if a clash changed anything in it, or in how much randomness it took.
func TestClashesAreNotSent(t *testing.T) {
	var without, with [][]byte
	var none, some int
	t.Run("without", func(t *testing.T) { without, none = sending(t, "20260604", "20260604") })
	t.Run("with", func(t *testing.T) { with, some = sending(t, "20270604", "20270604") })
	if none != 0 || some < 4 {
		t.Fatalf("%d and %d clashes were told of, want none, and one for each of announce, edit and two answers", none, some)
	}
	if len(without) != len(with) || len(with) < 6 {
		t.Fatalf("%d frames without a clash, %d with, want as many", len(without), len(with))
	}
	for i := range with {
		if !bytes.Equal(with[i], without[i]) {
			t.Errorf("frame %d differs", i)
		}
	}
	var other [][]byte
	t.Run("otherwise", func(t *testing.T) {
		cryptotest.SetGlobalRandom(t, 1)
		host := diarist(t)
		host.imports(t, "20270604")
		other = host.outgoing()
	})
	if len(other) > 0 && bytes.Equal(other[0], with[0]) {
		t.Error("frames are the same with another randomness: this test cannot fail")
	}
}
