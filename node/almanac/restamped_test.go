package almanac

import (
	"crypto/rand"
	"testing"

	"votive/proto/votive"
)

// Whoever stamps a frame once more makes another frame, without knowing what is in
// it (SPEC 2.4). What waits is not crowded out by copies of one that does.
func TestCopiesOfWhatWaitsTakeNoRoom(t *testing.T) {
	_, c := longEvent(t, "Vigil")
	e := &Event{ID: c.Revision().Event(), Known: true, voters: c.Signers()}
	x := newIndex(votive.Identity{})
	rec, err := votive.NewReader(votive.KindCircle, must[votive.Secret](t)(votive.NewSecret(rand.Reader))).Compose(c)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := x.wait(rec, e, c, source{}); got.refused {
			t.Error("a copy is refused, and would be read again and again")
		}
		e.seal(rec, source{}) // of any kind: nothing of it is looked at
	}
	if len(e.waits) != 1 || len(e.sealed) != 1 {
		t.Errorf("%d revisions wait and %d replies are sealed, want 1 of each", len(e.waits), len(e.sealed))
	}
}
