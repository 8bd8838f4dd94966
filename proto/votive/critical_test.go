package votive

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"votive/proto/internal/wirepb"
)

// TestCritical: a critical revision with anything in it that is not known here
// needs a newer votive, wherever in it that is. SPEC 5.12.
func TestCritical(t *testing.T) {
	field := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1)
	unknown := func(m proto.Message) { m.ProtoReflect().SetUnknown(field) }
	tests := []struct {
		name   string
		change func(*wirepb.Revision)
		want   bool
	}{
		{"known", func(*wirepb.Revision) {}, false},
		{"in the revision", func(r *wirepb.Revision) { unknown(r) }, true},
		{"in the card", func(r *wirepb.Revision) { unknown(r.Card) }, true},
		{"in a time", func(r *wirepb.Revision) { unknown(r.Card.End) }, true},
		{"in a point", func(r *wirepb.Revision) { unknown(r.Card.Geo) }, true},
		{"in a recurrence", func(r *wirepb.Revision) {
			r.Card.Recurrence = &wirepb.Recurrence{Rule: "FREQ=WEEKLY"}
			unknown(r.Card.Recurrence)
		}, true},
		{"in an occurrence", func(r *wirepb.Revision) {
			r.Card.Recurrence = &wirepb.Recurrence{Rule: "FREQ=WEEKLY"}
			r.Card.Occurrences = []*wirepb.Occurrence{{Date: "2027-06-11", Cancelled: true}}
			unknown(r.Card.Occurrences[0])
		}, true},
		{"in an organizer", func(r *wirepb.Revision) { unknown(r.Card.Organizers[2]) }, true},
		{"in an attestation", func(r *wirepb.Revision) { unknown(r.Card.Organizers[1].Attestation) }, true},
		{"in the genesis", func(r *wirepb.Revision) { r.Genesis, r.Parents = append(r.Genesis, field...), [][]byte{of32(9)} }, true},
	}
	for _, test := range tests {
		for _, critical := range []bool{false, true} {
			s := sampleNamed(t, "proposal")
			b := s.message()
			inRevision(func(r *wirepb.Revision) {
				r.Critical = critical
				test.change(r)
			})(b)
			rec, err := Restore(s.kind, mustMarshal(b))
			if err != nil {
				t.Fatal(err)
			}
			r := rec.Body().(*Proposal).Revision
			if want := test.want && critical; r.newer != want {
				t.Errorf("%s, critical %v: newer = %v, want %v", test.name, critical, r.newer, want)
			}
			if !r.First() {
				continue
			}
			e, ok := Fold(r.event, []*Counted{fakeCount(r, r.roster...)})
			if want := test.want && critical; !ok || e.NeedsNewer != want {
				t.Errorf("%s, critical %v: NeedsNewer = %v, %v, want %v", test.name, critical, e.NeedsNewer, ok, want)
			}
		}
	}
}
