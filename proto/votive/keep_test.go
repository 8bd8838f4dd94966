package votive

import "testing"

// TestKeptRefuses: nothing is kept that could not be read again. SPEC 9.4.
func TestKeptRefuses(t *testing.T) {
	circle := testSecret("circle")
	details := testDetails(t)
	details.Place = times(501)
	card := sampleNamed(t, "contact card").body.(*ContactCard)
	link, err := NewLink(circle, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Keep{
		&KeepCircle{},
		&KeepEvent{Event: ID{1}},
		&KeepEvent{Event: ID{1}, Secret: circle, Details: details},
		&KeepEvent{Event: ID{1}, Secret: circle, Invitation: &Invitation{Event: ID{1}}},
		&KeepInvite{Made: noon},
		&KeepInvite{Invitation: &Invitation{}, Made: noon},
		&KeepReply{},
		&KeepContact{},
		&KeepContact{Card: &ContactCard{}},
		&KeepContact{Card: card, Petname: "\xff"},
		&KeepCard{Card: card},
		&KeepCard{Key: testInboxKey(t, "card")},
		&KeepInbox{Event: ID{1}},
		&KeepLink{Since: noon},
		&KeepLink{Link: link},
	} {
		if _, err := Kept(k); err == nil {
			t.Errorf("Kept(%+v) = nil, want an error", k)
		}
	}
}

// TestKeptNewer: of keeps about one thing, and of answers to one reply, the
// highest counter counts; of equal ones, the one with the lesser id. SPEC 8.4,
// 9.4.
func TestKeptNewer(t *testing.T) {
	keep := func(counter uint32, name string) Record {
		r, err := Kept(&KeepCircle{Counter: counter, Secret: testSecret("circle"), Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	answer := func(counter uint32, note string) Record {
		b, err := encodeBody(&Answer{Event: ID{1}, Reply: ID{2}, Counter: counter, Note: note})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Restore(KindAnswer, b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, make := range []func(uint32, string) Record{keep, answer} {
		if a, b := make(2, "a"), make(1, "b"); !a.Newer(b) || b.Newer(a) {
			t.Error("counter 2 newer than 1 = false, want true")
		}
		a, b := make(1, "a"), make(1, "b")
		if want := a.ID().Compare(b.ID()) < 0; a.Newer(b) != want || b.Newer(a) == want {
			t.Errorf("Newer of equal counters = %v, want %v: the lesser id", a.Newer(b), want)
		}
		if a.Newer(a) {
			t.Error("a record newer than itself = true, want false")
		}
	}
	if keep(1, "a").Body().(Keep).About() != keep(2, "b").Body().(Keep).About() {
		t.Error("two keeps of one circle are about different things, want one")
	}
}

// TestAbout: no two of the samples' keeps are about one thing, and none of
// them is about another when written again. SPEC 9.4.
func TestAbout(t *testing.T) {
	seen := make(map[ID]string)
	for _, s := range samples(t) {
		k, ok := s.body.(Keep)
		if !ok {
			continue
		}
		r, err := Kept(k)
		if err != nil {
			t.Fatal(err)
		}
		about := r.Body().(Keep).About()
		if other, ok := seen[about]; ok || about != k.About() {
			t.Errorf("%s is about %v, and so is %q", s.name, about, other)
		}
		seen[about] = s.name
	}
}
