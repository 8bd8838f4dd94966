package almanac

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"votive/proto/votive"
)

// TestRemainsAreInOrder: of replies that are destroyed the order is left among
// themselves and those that stay, and when they came is not; nor is it, by what
// was left next to it, of one that is destroyed later.
func TestRemainsAreInOrder(t *testing.T) {
	old, fresh := votive.ID{1}, votive.ID{2}
	noon := time.Date(2027, 6, 5, 12, 0, 0, 0, time.UTC)
	ids := []votive.ID{{'a'}, {'b'}, {'c'}, {'d'}, {'e'}}
	e := &Event{replies: make(map[votive.ID]*Reply)}
	for i, id := range ids {
		inbox := old
		if id[0] == 'c' {
			inbox = fresh
		}
		e.replies[id] = &Reply{
			Reply:  votive.Reply{Status: votive.RsvpYes, Party: 2},
			First:  noon.Add(time.Duration(i*i) * time.Minute),
			Answer: &votive.Answer{Admission: votive.In},
			inbox:  inbox,
		}
		e.comes(votive.ID{}, 1)
	}
	x := &index{}
	forget := func(inbox votive.ID) {
		left := x.remains(e, []votive.ID{inbox}, noon)
		for id, g := range left {
			e.leave(id)
			e.keepGone(id, g)
		}
	}
	wants := func(when string, want ...time.Time) {
		t.Helper()
		for i, c := range e.Came() {
			if c.ID != ids[i] || c.Seats != 2 || !c.first.Equal(want[i]) {
				t.Errorf("%s: at place %d is %s of %d seats at %v, want %s of 2 at %v", when, i, c.ID[:1], c.Seats, c.first, ids[i][:1], want[i])
			}
		}
	}
	nth := func(n int64) time.Time { return time.UnixMilli(n) }
	stays := e.replies[ids[2]].First
	forget(old)
	wants("one stays", nth(1), nth(2), stays, stays.Add(time.Millisecond), stays.Add(2*time.Millisecond))
	forget(fresh)
	wants("none stays", nth(1), nth(2), nth(3), nth(4), nth(5))

	// As it is read again.
	again := &index{events: make(map[votive.ID]*Event), mine: make(map[votive.ID]*Event)}
	for id, g := range e.gone {
		r, err := parseRow(g.row(votive.ID{}, id).encode())
		if err != nil || again.restoreGone(r) != 0 {
			t.Fatalf("%v: a row cannot be read: %v", id, err)
		}
	}
	if got := again.events[votive.ID{}].Came(); !slices.Equal(got, e.Came()) {
		t.Errorf("read again it is %s, want %s", fmt.Sprint(got), fmt.Sprint(e.Came()))
	}
}

// TestReadOrder: a reply that came again is read after the invitation it proves
// to hold, which may be of another organizer and come later than what is left of
// when it came.
func TestReadOrder(t *testing.T) {
	rows := []row{
		{kind: votive.KindReply, arrived: time.UnixMilli(5)},
		{kind: votive.KindWalkIn, arrived: time.UnixMilli(4)},
		{kind: votive.KindDesk, arrived: time.UnixMilli(9)},
		{kind: votive.KindCircle, arrived: time.UnixMilli(7)},
	}
	slices.SortStableFunc(rows, readOrder)
	want := []votive.Kind{votive.KindCircle, votive.KindDesk, votive.KindWalkIn, votive.KindReply}
	for i, r := range rows {
		if r.kind != want[i] {
			t.Errorf("row %d is of kind %v, want %v", i, r.kind, want[i])
		}
	}
}
