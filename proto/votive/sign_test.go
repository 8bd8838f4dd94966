package votive

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// desk is one at which some revisions have arrived and some were signed.
func (f *family) desk(counted []*Counted, proposals []*Counted, signed ...*Counted) *Desk {
	d := &Desk{Event: f.genesis.Event(), Counted: counted}
	for _, c := range proposals {
		d.Proposals = append(d.Proposals, &Proposal{Revision: c.revision})
	}
	for _, c := range signed {
		d.Signed = append(d.Signed, c.revision.id)
	}
	return d
}

// proposals are n revisions that nobody has marked.
func (f *family) proposals(n int, parent *Counted) []*Counted {
	var all []*Counted
	for range n {
		all = append(all, f.grow(f.genesis.Founders(), nil, parent))
	}
	return all
}

// TestMaySign is SPEC 5.13, clause by clause, for an organizer of three.
func TestMaySign(t *testing.T) {
	tests := []struct {
		name string
		grow func(f *family) (*Desk, *Counted)
		want string // in the error, or nothing
	}{
		{"the next revision", func(f *family) (*Desk, *Counted) {
			return f.desk([]*Counted{f.first}, nil, f.first), f.proposals(1, f.first)[0]
		}, ""},
		{"the same again", func(f *family) (*Desk, *Counted) {
			p := f.proposals(1, f.first)[0]
			return f.desk([]*Counted{f.first}, []*Counted{p}, f.first, p), p
		}, ""},
		{"one that counts already", func(f *family) (*Desk, *Counted) {
			c := f.grow(f.keys[:3], f.keys[1:3], f.first)
			return f.desk([]*Counted{f.first, c}, nil, f.first), c
		}, ""},
		{"a parent is not here", func(f *family) (*Desk, *Counted) {
			p := f.grow(f.keys[:3], f.keys[:3], f.first)
			return f.desk([]*Counted{f.first}, nil), f.proposals(1, p)[0]
		}, "is not here, or does not count"},
		{"a parent does not count", func(f *family) (*Desk, *Counted) {
			p := f.grow(f.keys[:3], f.keys[:1], f.first)
			return f.desk([]*Counted{f.first, p}, nil), f.proposals(1, p)[0]
		}, "is not here, or does not count"},
		{"of another event", func(f *family) (*Desk, *Counted) {
			other := fakeGenesis(f.t, "another", f.keys[:3]...)
			r := fakeRevision(f.t, other, fakeCard("another", f.keys[:3]...), nil)
			return f.desk([]*Counted{f.first}, nil), &Counted{revision: r}
		}, "is of event"},
		{"somebody else's business", func(f *family) (*Desk, *Counted) {
			left := f.grow(f.keys[1:3], f.keys[:3], f.first)
			return f.desk([]*Counted{f.first, left}, nil), f.grow(f.keys[1:3], nil, left)
		}, "not an organizer"},
		{"the own coming back", func(f *family) (*Desk, *Counted) {
			left := f.grow(f.keys[1:3], f.keys[:3], f.first)
			return f.desk([]*Counted{f.first, left}, nil), f.grow(f.keys[:3], nil, left)
		}, ""},
		{"a: not of the head", func(f *family) (*Desk, *Counted) {
			head := f.grow(f.keys[:3], f.keys[:2], f.first)
			return f.desk([]*Counted{f.first, head}, nil), f.proposals(1, f.first)[0]
		}, "does not follow"},
		{"a: of one head of two", func(f *family) (*Desk, *Counted) {
			a, b := f.grow(f.keys[:3], f.keys[:2], f.first), f.grow(f.keys[:3], f.keys[1:3], f.first)
			return f.desk([]*Counted{f.first, a, b}, nil), f.proposals(1, a)[0]
		}, "does not follow"},
		{"a: of one head of two, the other named in instead", func(f *family) (*Desk, *Counted) {
			a, b := f.grow(f.keys[:3], f.keys[:2], f.first), f.grow(f.keys[:3], f.keys[1:3], f.first)
			return f.desk([]*Counted{f.first, a, b}, nil), f.growInstead([]*Counted{b}, nil, a)
		}, "does not follow"},
		{"a: a merge of both heads", func(f *family) (*Desk, *Counted) {
			a, b := f.grow(f.keys[:3], f.keys[:2], f.first), f.grow(f.keys[:3], f.keys[1:3], f.first)
			return f.desk([]*Counted{f.first, a, b}, nil), f.grow(f.keys[:3], nil, a, b)
		}, ""},
		{"b: beside what was signed", func(f *family) (*Desk, *Counted) {
			p := f.proposals(2, f.first)
			return f.desk([]*Counted{f.first}, p, f.first, p[0]), p[1]
		}, "which was signed here before"},
		{"b: instead of what was signed", func(f *family) (*Desk, *Counted) {
			p := f.proposals(1, f.first)
			return f.desk([]*Counted{f.first}, p, f.first, p[0]), f.growInstead(p, nil, f.first)
		}, ""},
		{"b: after one that was instead of what was signed", func(f *family) (*Desk, *Counted) {
			p := f.proposals(1, f.first)
			next := f.growInstead(p, f.keys[1:3], f.first)
			last := f.grow(f.keys[:3], f.keys[1:3], next)
			return f.desk([]*Counted{f.first, next, last}, p, f.first, p[0]), f.proposals(1, last)[0]
		}, ""},
		{"b: after what was signed came to count", func(f *family) (*Desk, *Counted) {
			c := f.grow(f.keys[:3], f.keys[:2], f.first)
			return f.desk([]*Counted{f.first, c}, nil, f.first, c), f.proposals(1, c)[0]
		}, ""},
		{"b: 5 of 6 that were signed", func(f *family) (*Desk, *Counted) {
			p := f.proposals(6, f.first)
			return f.desk([]*Counted{f.first}, p, p...), f.growInstead(p[:5], nil, f.first)
		}, ""},
		{"b: 4 of 6 that were signed", func(f *family) (*Desk, *Counted) {
			p := f.proposals(6, f.first)
			return f.desk([]*Counted{f.first}, p, p...), f.growInstead(p[:4], nil, f.first)
		}, "which was signed here before"},
		{"b: 4 of 6 and 12 that others signed", func(f *family) (*Desk, *Counted) {
			p := f.proposals(18, f.first)
			return f.desk([]*Counted{f.first}, p, p[:6]...), f.growInstead(p[2:], nil, f.first)
		}, "which was signed here before"},
		{"c: a roster that cannot be", func(f *family) (*Desk, *Counted) {
			alone := f.grow(f.keys[:1], f.keys[:3], f.first)
			return f.desk([]*Counted{f.first, alone}, nil), f.grow(f.keys[:2], nil, alone)
		}, "cannot join"},
		{"c: two parents of which one follows the other", func(f *family) (*Desk, *Counted) {
			c := f.grow(f.keys[:3], f.keys[:3], f.first)
			return f.desk([]*Counted{f.first, c}, nil), f.grow(f.keys[:3], nil, f.first, c)
		}, "is an ancestor of another"},
		{"d: instead of what is not here", func(f *family) (*Desk, *Counted) {
			return f.desk([]*Counted{f.first}, nil), f.growInstead(f.proposals(1, f.first), nil, f.first)
		}, "which is not here"},
		{"d: instead of what follows something not here", func(f *family) (*Desk, *Counted) {
			p := f.proposals(1, f.grow(f.keys[:3], f.keys[:3], f.first))
			return f.desk([]*Counted{f.first}, p), f.growInstead(p, nil, f.first)
		}, "which is not here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, c := test.grow(newFamily(t, 3))
			err := d.MaySign(&Proposal{Revision: c.revision}, fakeKeys(9)[0])
			if err == nil != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("MaySign = %v, want %q", err, test.want)
			}
		})
	}
}

// TestCrossing: three proposals cross, each signed by one of three organizers.
// Any of them can propose what all may sign, and on equal desks all propose
// the same. SPEC 5.13, 5.14.
func TestCrossing(t *testing.T) {
	f := newFamily(t, 3)
	crossed := f.proposals(3, f.first)
	var desks []*Desk
	for i := range crossed {
		d := f.desk([]*Counted{f.first}, crossed, f.first, crossed[i])
		for j, c := range crossed {
			d.Signatures = append(d.Signatures, fakeSign(f.keys[j], c.revision.id))
		}
		desks = append(desks, d)
	}
	draft := Draft{Card: fakeCard("agreed", f.keys[:3]...)}
	want, err := desks[0].Propose(draft)
	if err != nil {
		t.Fatal(err)
	}
	if got := want.Revision.Instead(); len(got) != 3 {
		t.Errorf("instead = %v, want the three that crossed", got)
	}
	for i, d := range desks {
		p, err := d.Propose(draft)
		if err != nil || p.Revision.id != want.Revision.id {
			t.Errorf("Propose by organizer %d = %v, %v, want the same as by organizer 0", i, p, err)
		}
		if err := d.MaySign(want, f.keys[i]); err != nil {
			t.Errorf("MaySign by organizer %d = %v, want nil", i, err)
		}
	}
}

// TestManyAbandoned: organizers who have each signed and abandoned more than
// any revision has room to name can go on. SPEC 5.13 b.
func TestManyAbandoned(t *testing.T) {
	for founders := 1; founders <= 5; founders++ {
		f := newFamily(t, founders)
		var desks []*Desk
		var signatures []*Signature
		var all []*Counted
		for i := range founders {
			own := f.proposals(20, f.first)
			all = append(all, own...)
			desks = append(desks, f.desk([]*Counted{f.first}, nil, own...))
			for _, c := range own {
				signatures = append(signatures, fakeSign(f.keys[i], c.revision.id))
			}
		}
		for _, d := range desks {
			d.Signatures = signatures
			for _, c := range all {
				d.Proposals = append(d.Proposals, &Proposal{Revision: c.revision})
			}
		}
		p, err := desks[0].Propose(Draft{Card: fakeCard("on", f.keys[:founders]...)})
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range desks {
			if err := d.MaySign(p, f.keys[i]); err != nil {
				t.Errorf("MaySign by organizer %d of %d = %v, want nil", i, founders, err)
			}
		}
	}
}

// TestLostBytes: who signed something whose bytes are gone waits for them.
// SPEC 5.13 b, 5.14.
func TestLostBytes(t *testing.T) {
	f := newFamily(t, 3)
	lost := f.proposals(1, f.first)
	draft := Draft{Card: fakeCard("next", f.keys[:3]...)}
	d := f.desk([]*Counted{f.first}, nil, lost...)
	if p, err := d.Propose(draft); err == nil {
		t.Errorf("Propose without what was signed = %v, want an error", p.Revision.Instead())
	}
	d = f.desk([]*Counted{f.first}, lost, lost...)
	p, err := d.Propose(draft)
	if err != nil || len(p.Revision.Instead()) != 1 {
		t.Errorf("Propose with what was signed = %v, %v, want it named", p, err)
	}
}

// TestProposeFirst: founders whose first proposals crossed agree on another.
func TestProposeFirst(t *testing.T) {
	f := newFamily(t, 2)
	crossed := []*Counted{f.grow(f.keys[:2], nil), f.grow(f.keys[:2], nil)}
	d := f.desk(nil, crossed, crossed[0])
	d.Signatures = []*Signature{fakeSign(f.keys[0], crossed[0].revision.id), fakeSign(f.keys[1], crossed[1].revision.id)}
	p, err := d.Propose(Draft{Card: fakeCard("agreed", f.keys[:2]...)})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Revision.First() || len(p.Revision.Instead()) != 2 {
		t.Errorf("Propose = first %v, instead %v, want first, two", p.Revision.First(), p.Revision.Instead())
	}
	if err := d.MaySign(p, f.keys[0]); err != nil {
		t.Errorf("MaySign = %v, want nil", err)
	}
	if _, err := new(Desk).Propose(Draft{}); err == nil {
		t.Error("Propose on an empty desk = nil, want an error")
	}
}

// TestConflictBlocks: in conflict nothing can be proposed but to merge, and
// without one there is nothing to merge.
func TestConflictBlocks(t *testing.T) {
	f := newFamily(t, 3)
	draft := Draft{Card: fakeCard("next", f.keys[:3]...)}
	d := f.desk([]*Counted{f.first}, nil)
	if _, err := d.Merge(draft); err == nil {
		t.Error("Merge of one head = nil, want an error")
	}
	d.Counted = append(d.Counted, f.grow(f.keys[:3], f.keys[:2], f.first), f.grow(f.keys[:3], f.keys[1:3], f.first))
	if _, err := d.Propose(draft); !errors.Is(err, ErrConflict) {
		t.Errorf("Propose with two heads = %v, want %v", err, ErrConflict)
	}
	p, err := d.Merge(draft)
	if err != nil || len(p.Revision.Parents()) != 2 {
		t.Errorf("Merge of two heads = %v, %v, want two parents", p, err)
	}
}

// TestAssemble puts marks together from wherever they are.
func TestAssemble(t *testing.T) {
	f := newFamily(t, 5)
	c := f.grow(f.keys[1:6], f.keys[:1], f.first)
	p := &Proposal{Revision: c.revision}
	d := f.desk([]*Counted{f.first, c}, nil)
	steps := []struct {
		key   int // who signs
		lacks int
	}{
		{0, 3}, {8, 3}, {1, 2}, {2, 1}, {2, 1}, {5, 0},
	}
	for _, s := range steps {
		d.Signatures = append(d.Signatures, fakeSign(f.keys[s.key], c.revision.id))
		lacks, ok := d.Lacks(p)
		if lacks != s.lacks || !ok {
			t.Errorf("Lacks after key %d = %d, %v, want %d, true", s.key, lacks, ok, s.lacks)
		}
		got, counts := d.Assemble(p)
		if counts != (s.lacks == 0) {
			t.Errorf("Assemble after key %d counts = %v, want %v", s.key, counts, s.lacks == 0)
		}
		if slices.Contains(got.Signers(), f.keys[8]) {
			t.Errorf("signers = %v, want nobody without a say", got.Signers())
		}
	}
	waiting := f.proposals(1, c)[0]
	d.Counted = d.Counted[:1]
	if got, counts := d.Assemble(&Proposal{Revision: waiting.revision}); got != nil || counts {
		t.Errorf("Assemble without its parent = %v, %v, want nil, false", got, counts)
	}
}

// TestAssembleFits: where more have signed than a Counted holds, those that it
// takes to count are in it. SPEC 5.4.
func TestAssembleFits(t *testing.T) {
	keys := fakeKeys(45)
	g := fakeGenesis(t, "crowd", keys[:5]...)
	first := fakeCount(fakeRevision(t, g, fakeCard("first", keys[:5]...), nil), keys[:5]...)
	d := Desk{Event: g.Event(), Counted: []*Counted{first}}
	var heads []*Counted
	for i := range 8 {
		roster := keys[5*i : 5*i+5]
		head := fakeCount(fakeRevision(t, g, fakeCard("head", roster...), nil, first), keys...)
		heads = append(heads, head)
		d.Counted = append(d.Counted, head)
	}
	p := &Proposal{Revision: fakeRevision(t, g, fakeCard("merge", keys[40:]...), nil, heads...)}
	for _, key := range keys {
		d.Signatures = append(d.Signatures, fakeSign(key, p.Revision.id))
	}
	c, counts := d.Assemble(p)
	if !counts || len(c.marks) != maxMarks {
		t.Fatalf("Assemble = %d marks, %v, want %d, true", len(c.marks), counts, maxMarks)
	}
	e, _ := Fold(g.Event(), append(d.Counted, c))
	if e.Conflict || e.Heads[0] != p.Revision.id {
		t.Errorf("heads = %v, want the merge alone", e.Heads)
	}
	if err := c.check(); err != nil {
		t.Errorf("check(%d marks) = %v, want nil", len(c.marks), err)
	}
}

// TestSignatureInAnotherForm: of three organizers, one can not spoil what the
// other two have signed. A Signature over anything but the one form of its
// Statement holds as a Signed, and never as a mark. SPEC 5.4.
func TestSignatureInAnotherForm(t *testing.T) {
	var signers []Signer
	var keys []ID
	for _, name := range []string{"chan", "lee", "ng"} {
		s := testIdentity(t, name).EventKey([32]byte{1})
		signers, keys = append(signers, s), append(keys, s.Key())
	}
	genesis := fakeGenesis(t, t.Name(), keys...)
	first, err := NewEvent(genesis, fakeCard("vigil", keys...))
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{Event: genesis.Event()}
	say := func(p *Proposal, s Signer, more ...byte) error {
		t.Helper()
		payload, err := marshal(signatureStatement(p.Revision.id))
		if err != nil {
			t.Fatal(err)
		}
		payload = append(payload, more...)
		rec, err := NewReader(KindDesk, testSecret("desk")).Compose(&Signature{
			Author: s.Key(), Revision: p.Revision.id,
			signed: &signed{author: s.Key(), payload: payload, signature: s.sign(payload)},
		})
		if err == nil {
			d.Signatures = append(d.Signatures, rec.Body().(*Signature))
		}
		return err
	}
	count := func(p *Proposal) *Counted {
		t.Helper()
		c, enough := d.Assemble(p)
		if !enough {
			t.Fatalf("Assemble of %d signatures = %v, want enough", len(d.Signatures), c)
		}
		return c
	}
	for _, s := range signers {
		if err := say(first, s); err != nil {
			t.Fatal(err)
		}
	}
	d.Counted = append(d.Counted, count(first))
	p, err := d.Propose(Draft{Card: fakeCard("moved", keys...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range signers[:2] {
		if err := say(p, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := say(p, signers[2], 13<<3, 1); err == nil {
		t.Error("a Signature with a field more is taken, want it refused")
	}
	if _, err := NewReader(KindEvent, testSecret("event")).Compose(count(p)); err != nil {
		t.Errorf("what two of three signed = %v, want a record", err)
	}
}

// What marks are signatures over is what a writer of a Statement writes.
func TestSignaturePayload(t *testing.T) {
	for _, revision := range []ID{{1}, digest("a revision"), {31: 255}} {
		want, err := marshal(signatureStatement(revision))
		if err != nil {
			t.Fatal(err)
		}
		if got := signaturePayload(revision); !bytes.Equal(got, want) {
			t.Errorf("signaturePayload(%v) = %x, want %x", revision, got, want)
		}
	}
}
