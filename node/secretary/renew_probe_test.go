package secretary_test

import (
	"crypto/rand"
	"testing"
	"time"

	"votive/node/secretary"
	"votive/proto/votive"
)

// SPEC 2.7: what one node alone was given does not tell whether it can read it.
// Who knows a circle's secret can give one node a frame in the last moment in
// which anybody takes it: nobody takes it from that node. Were it said anew, that
// it is said at all would say that this node is in the circle.
func TestNobodyIsFoundByWhatTheyAloneWereGiven(t *testing.T) {
	w := newWorld(t)
	eve, member := w.person(), w.person()
	circle := eve.joins("june4")
	member.joins("june4")
	w.carry()
	w.leaves(member) // gets nothing that eve says here
	event := eve.vigil(circle)
	w.carry()
	secret, err := votive.OpenCircleSecret("june4")
	if err != nil {
		t.Fatal(err)
	}
	const slack = 48 * time.Hour // SPEC 2.6
	midnight := start.Truncate(24 * time.Hour).Add(24 * time.Hour)
	sealed := midnight.Add(-slack).Add(-8 * 24 * time.Hour)
	reader := votive.NewReader(votive.KindCircle, secret)
	dying, err := reader.Seal(eve.knows(event).State.History[0], votive.Days8, votive.MinEffort, sealed, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var probe []votive.Frame
	for _, u := range dying {
		f, err := u.Stamp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		probe = append(probe, f)
	}
	verdict := func(at time.Time) votive.Verdict {
		_, v, _ := votive.Judge(probe[0].Bytes(), votive.Rank{}, at)
		return v
	}
	w.pass(midnight.Add(-5 * time.Second).Sub(w.now()))
	if now, then := verdict(w.now()), verdict(midnight.Add(time.Second)); now != votive.Accept || then != votive.Ignore {
		t.Fatalf("verdicts before and after midnight: %v, %v, want accept, ignore", now, then)
	}
	member.receive(probe) // by catch-up: it is not passed on by gossip
	anew := new(secretary.Renewals)
	for range 31 { // as long as any draw is
		w.pass(time.Hour)
		if err := anew.Renew(member.ctx, member.book); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range member.book.Unpublished() {
		f, err := o.Frame.Stamp(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if h := f.Header(); reader.Knows(&h) {
			t.Fatal("a member says in its circle what nobody but it was ever given: so it is a member")
		}
	}
}
