package votive

import (
	"bytes"
	"fmt"
	"slices"

	"votive/proto/internal/wirepb"
)

type maySignIn struct {
	Event     octets   `json:"event"`
	Counted   []octets `json:"counted"`
	Proposals []octets `json:"proposals"`
	Signed    []octets `json:"signed"`
	Proposal  octets   `json:"proposal"`
	Key       octets   `json:"key"`
}

func doMaySign(in maySignIn) (none, error) {
	d := Desk{Event: in.Event.id32()}
	var err error
	if d.Counted, err = countedOf(in.Counted); err != nil {
		return none{}, err
	}
	for _, b := range append(slices.Clone(in.Proposals), in.Proposal) {
		rec, err := newRecord(NewReader(KindDesk, seedSecret("desk")), b)
		if err != nil {
			return none{}, badVector{err}
		}
		d.Proposals = append(d.Proposals, rec.Body().(*Proposal))
	}
	for _, id := range in.Signed {
		d.Signed = append(d.Signed, id.id32())
	}
	return none{}, d.MaySign(d.Proposals[len(in.Proposals)], in.Key.id32())
}

// signingCase is what the node of ana knows, and what it is asked to sign.
type signingCase struct {
	name, clauses string
	good          bool
	counted       [][]byte
	proposals     []*revised
	signed        []*revised
	asked         *revised
	by            string // whose key it is, where not ana's
}

func (c *chapter) maySign(f *founding, k signingCase) {
	in := maySignIn{
		Event: f.id, Counted: octetsOf(k.counted), Proposals: []octets{}, Signed: octetsOf(idsOf(k.signed)),
		Proposal: k.asked.proposal(), Key: keyOf("ana"),
	}
	if k.by != "" {
		in.Key = keyOf(k.by)
	}
	for _, p := range k.proposals {
		in.Proposals = append(in.Proposals, p.proposal())
	}
	if k.good {
		c.accept("may-sign", k.name, k.clauses, in, none{})
	} else {
		c.refuse("may-sign", k.name, k.clauses, in)
	}
}

// writeSigning is SPEC 5.13 and 5.14.
func writeSigning(c *chapter) {
	f := found("nonce", three...)
	first := f.revise("first", three, nil)
	known := first.counted(three...)
	next := f.revise("next", three, list(first))
	good := func(name string, counted [][]byte, asked *revised) {
		c.maySign(f, signingCase{name: name, clauses: "5.13", good: true, counted: counted, asked: asked})
	}
	bad := func(name, clauses string, counted [][]byte, asked *revised) {
		c.maySign(f, signingCase{name: name, clauses: clauses, counted: counted, asked: asked})
	}
	good("the first revision", nil, first)
	good("what follows the head", list(known), next)
	good("what counts already", list(known, by(next)), next)
	good("what would let the last word to others", list(known), f.revise("leave", list("ben", "cyn"), list(first)))

	bad("without its parent", "5.13", nil, next)
	bad("with a parent that does not count", "5.13", list(first.counted("ana")), next)
	bad("of another event", "5.13", list(known), found("another nonce", three...).revise("first", three, nil))
	bad("another first revision", "5.13", list(known), f.revise("another first", three, nil))
	bad("beside the head", "5.13", list(known, by(next)), f.revise("beside", three, list(first)))
	bad("beside the head, with the head in instead", "5.13", list(known, by(next)), f.revise("beside", three, list(first), naming(next)))
	other := f.revise("other", three, list(first))
	conflict := append(marked(next, other), known)
	bad("one of two heads is followed", "5.13", conflict, f.revise("half", three, list(next)))
	good("both heads are followed", conflict, f.revise("merge", three, list(next, other)))
	bad("a parent is an ancestor of another", "5.13", append(marked(next), known), f.revise("related", three, list(first, next)))
	with := f.revise("with", list("ana", "dov"), list(first))
	key := func(name, by string, good bool) {
		c.maySign(f, signingCase{name: name, clauses: "5.13", good: good, counted: list(known), asked: with, by: by})
	}
	key("with the key of one who stays", "ana", true)
	key("with the key of one who leaves", "cyn", true)
	key("with the key of one who joins", "dov", true)
	key("with the key of a stranger", "eva", false)
	writeSigned(c, f)
	writeManyAbandoned(c, f)
	writeManyToFollow(c, f)
	writeNeverCounts(c)
}

// writeManyAbandoned is SPEC 5.13 b where not all can be named: with 3 keys,
// 5 of 16 are enough, and with 4 keys 4.
func writeManyAbandoned(c *chapter, f *founding) {
	first := f.revise("first", three, nil)
	var old []*revised
	for i := range 7 {
		old = append(old, f.revise(fmt.Sprint("old ", i), three, list(first)))
	}
	four := append(slices.Clone(three), "dov")
	for _, k := range []struct {
		signed, named int
		organizers    []string
		good          bool
	}{
		{5, 5, three, true},
		{5, 4, three, false},
		{6, 5, three, true},
		{7, 5, three, true},
		{7, 7, three, true},
		{7, 4, three, false},
		{5, 4, four, true},
		{5, 3, four, false},
		{3, 3, four, true},
		{4, 4, four, true},
		{4, 3, four, false},
	} {
		c.maySign(f, signingCase{
			name:    fmt.Sprintf("%d signed before, %d named, %d keys", k.signed, k.named, len(k.organizers)),
			clauses: "5.13 5.14", good: k.good, counted: list(first.counted(three...)), proposals: old[:max(k.signed, k.named)], signed: old[:k.signed],
			asked: f.revise("next", k.organizers, list(first), naming(old[:k.named]...)),
		})
	}
	next := f.revise("next", three, list(first), naming(old[0]))
	base := list(first.counted(three...), by(next))
	plain := f.revise("plain", three, list(next))
	c.maySign(f, signingCase{
		name: "named by an ancestor", clauses: "5.13", good: true, counted: base, proposals: old[:1], signed: old[:1], asked: plain,
	})
	c.maySign(f, signingCase{
		name: "one named by an ancestor and one not", clauses: "5.13", counted: base, proposals: old[:2], signed: old[:2], asked: plain,
	})
	c.maySign(f, signingCase{
		name: "signed before, and counts beside", clauses: "5.13", good: true, counted: append(slices.Clone(base), by(old[0])),
		signed: old[:1], asked: plain,
	})
}

// writeManyToFollow is SPEC 5.13 a with more heads than a revision has parents.
func writeManyToFollow(c *chapter, f *founding) {
	first := f.revise("first", three, nil)
	var heads []*revised
	for i := range 10 {
		heads = append(heads, f.revise(fmt.Sprint("head ", i), three, list(first)))
	}
	slices.SortFunc(heads, func(a, b *revised) int { return bytes.Compare(a.id, b.id) })
	counted := append(marked(heads...), first.counted(three...))
	for _, k := range []struct {
		name    string
		parents []*revised
		good    bool
	}{
		{"the 8 least of 10 heads are followed", heads[:8], true},
		{"7 of 10 heads are followed", heads[:7], false},
		{"8 others of 10 heads are followed", heads[1:9], false},
		{"the 8 greatest of 10 heads are followed", heads[2:], false},
	} {
		c.maySign(f, signingCase{
			name: k.name, clauses: "5.9 5.13", good: k.good, counted: counted, asked: f.revise("merge", three, k.parents),
		})
	}
}

// writeSigned is SPEC 5.13 b and 5.14.
func writeSigned(c *chapter, f *founding) {
	first := f.revise("first", three, nil)
	known := first.counted(three...)
	old := f.revise("old", three, list(first))
	older := f.revise("older", three, list(first))
	asked := func(name string, good bool, counted [][]byte, proposals, signed []*revised, asked *revised) {
		c.maySign(f, signingCase{name, "5.13 5.14", good, counted, proposals, signed, asked, ""})
	}
	plain := f.revise("next", three, list(first))
	one := f.revise("next", three, list(first), naming(old))
	both := f.revise("next", three, list(first), naming(old, older))
	asked("signed before and not named in instead", false, list(known), list(old), list(old), plain)
	asked("signed before and named in instead", true, list(known), list(old), list(old), one)
	asked("signed once more", true, list(known), list(old), list(old), old)
	asked("one of two signed before is named in instead", false, list(known), list(old, older), list(old, older), one)
	asked("two signed before are named in instead", true, list(known), list(old, older), list(old, older), both)
	asked("signed before, and an ancestor", true, list(known, by(old)), nil, list(first, old), f.revise("next", three, list(old)))
	asked("signed before by others alone", true, list(known), list(old), nil, plain)
	asked("names what is not here", false, list(known), nil, nil, one)
	asked("names what was signed and is not here", false, list(known), nil, list(old), one)
	orphan := f.revise("orphan", three, list(old))
	asked("names what is here without its parent", false, list(known), list(orphan), nil, f.revise("next", three, list(first), naming(orphan)))
	asked("names what counts", true, list(known, by(old)), nil, nil, f.revise("next", three, list(old), naming(old)))
}

// writeNeverCounts is SPEC 5.13 c.
func writeNeverCounts(c *chapter) {
	alone := found("nonce", "ana")
	first := alone.revise("first", list("ana"), nil)
	known := list(first.counted("ana"))
	c.maySign(alone, signingCase{
		name: "who joins one key", clauses: "5.5 5.13", counted: known,
		asked: alone.revise("join", list("ana", "ben"), list(first)),
	})
	c.maySign(alone, signingCase{
		name: "one key goes on", clauses: "5.5 5.13", counted: known, good: true,
		asked: alone.revise("next", list("ana"), list(first)),
	})
	c.maySign(alone, signingCase{
		name: "one key moves", clauses: "5.13 5.15", counted: known, good: true,
		asked: alone.revise("next", list("ana"), list(first), func(w *wirepb.Revision) { w.MovedTo = seedOf("event") }),
	})
}
