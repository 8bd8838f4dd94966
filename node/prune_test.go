package node

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"votive/node/almanac"
	"votive/node/remind"
	"votive/node/secretary"
	"votive/node/subscribe"
	"votive/proto/votive"
)

// TestPrune: what is kept of events and circles that are gone goes, and nothing
// else does.
func TestPrune(t *testing.T) {
	ctx := t.Context()
	n, err := Open(ctx, Config{
		Home: filepath.Join(t.TempDir(), "home"), Effort: votive.MinEffort, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Web: "off",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := n.close(); err != nil {
			t.Error(err)
		}
	}()
	if err := n.pruneOnce(ctx); err != nil {
		t.Errorf("without a vault pruneOnce = %v", err)
	}
	if _, err := n.secretary.Init(ctx, nil, nil); err != nil {
		t.Fatal(err)
	}
	left, err := n.secretary.JoinCircle(ctx, "june4")
	if err != nil {
		t.Fatal(err)
	}
	joined, err := n.secretary.JoinCircle(ctx, "readers")
	if err != nil {
		t.Fatal(err)
	}
	for _, circle := range []votive.ID{{}, left, joined} {
		if _, _, err := subscribe.New(ctx, n.almanac, subscribe.Terms{Circle: circle}); err != nil {
			t.Fatal(err)
		}
	}
	title := "Vigil"
	start, err := votive.ParseTime(time.Now().AddDate(0, 1, 0).Format("2006-01-02 15:04"), "UTC")
	if err != nil {
		t.Fatal(err)
	}
	event, err := n.secretary.Announce(ctx, secretary.Wish{Title: &title, Start: &start}, votive.ID{}, "")
	if err != nil {
		t.Fatal(err)
	}
	notes := func() (all map[string]bool) {
		all = make(map[string]bool)
		_ = n.almanac.View(func(v *almanac.View) error {
			for name := range v.Locals("") {
				all[name] = true
			}
			return nil
		})
		return all
	}
	err = n.almanac.Write(ctx, func(v *almanac.View) (d almanac.Draft, err error) {
		d.Note, err = remind.Choose(v, event, []time.Duration{time.Hour})
		d.Note = append(d.Note,
			almanac.Note{Name: "caldav/name/mine/" + event.String(), Value: []byte(`{"name":"a.ics","uid":"1"}`)},
			almanac.Note{Name: "caldav/deletion/" + event.String(), Value: []byte(time.Now().UTC().Format(time.RFC3339Nano))})
		return d, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.secretary.LeaveCircle(ctx, left); err != nil {
		t.Fatal(err)
	}
	var gone []almanac.Note
	_ = n.almanac.View(func(v *almanac.View) error { gone = subscribe.Gone(v); return nil })
	if len(gone) != 1 {
		t.Fatalf("of one circle that was left the calendars are %v", gone)
	}
	want := notes()
	delete(want, gone[0].Name)
	other := votive.ID{1, 2, 3}.String()
	err = n.almanac.Write(ctx, func(*almanac.View) (d almanac.Draft, err error) {
		for _, name := range []string{"remind/event/" + other, "caldav/name/mine/" + other, "caldav/deletion/" + other, "caldav/gone/" + other, "secretary/lost/" + other} {
			d.Note = append(d.Note, almanac.Note{Name: name, Value: []byte("1h")})
		}
		return d, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.pruneOnce(ctx); err != nil {
			t.Fatal(err)
		}
		if got := notes(); !maps.Equal(got, want) {
			t.Errorf("there are %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}

	// A deletion of what was called off by command waits for nobody.
	if _, err := n.secretary.Cancel(ctx, event, ""); err != nil {
		t.Fatal(err)
	}
	delete(want, "caldav/deletion/"+event.String())
	if err := n.pruneOnce(ctx); err != nil {
		t.Fatal(err)
	}
	if got := notes(); !maps.Equal(got, want) {
		t.Errorf("once it is cancelled there are %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if err := n.almanac.Lock(); err != nil {
		t.Fatal(err)
	}
	if err := n.pruneOnce(ctx); err != nil {
		t.Errorf("locked, pruneOnce = %v", err)
	}
}
