package almanac

import (
	"testing"
	"time"

	"votive/proto/votive"
)

// TestParts: a campaign's parts are in the order of when they are next, then of
// their cities; a floating time is the reader's.
func TestParts(t *testing.T) {
	whole := votive.ID{9}
	x := newIndex(votive.Identity{})
	for i, p := range []struct{ city, start, zone, rule string }{
		{"Taipei", "2027-06-04 20:00", "Asia/Taipei", ""},
		{"Berlin", "2027-06-04 20:00", "", ""},
		{"Athens", "2027-06-04 20:00", "", ""},
		{"Oslo", "2027-05-01 20:00", "Europe/Oslo", "FREQ=WEEKLY"}, // next on 5 June
		{"London", "2027-06-05 12:00", "Europe/London", ""},
	} {
		card := votive.Card{Title: "x", City: p.city, PartOf: whole}
		var err error
		if card.Start, err = votive.ParseTime(p.start, p.zone); p.zone == "" {
			card.Start, err = votive.ParseFloating(p.start)
		}
		if err == nil && p.rule != "" {
			card.Recurrence.Rule, err = votive.ParseRule(p.rule, card.Start)
		}
		if err != nil {
			t.Fatal(err)
		}
		id := votive.ID{byte(i)}
		x.events[id] = &Event{ID: id, Known: true, State: votive.Event{ID: id, Card: card}}
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	v := &View{x: x, now: time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC)}
	got := ""
	for _, e := range v.Parts(whole, berlin) {
		got += e.State.Card.City + " "
	}
	if want := "Taipei Athens Berlin London Oslo "; got != want {
		t.Errorf("Parts = %s, want %s", got, want)
	}
}
