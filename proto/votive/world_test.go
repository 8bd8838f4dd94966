package votive

import (
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// world is one event, its honest organizers, and an adversary who holds a
// minority of the keys of every roster that an honest organizer signs. What is
// said reaches the adversary at once and the honest ones when the test says
// so; what the adversary says reaches whom it pleases.
type world struct {
	genesis Genesis
	honest  []*organizer
	rogue   []ID

	proposals  []*Proposal // all that were ever made
	signatures []*Signature
	counted    []*Counted // all that were ever assembled, by anybody
	said       []any      // by honest organizers, in order
	settled    *Revision  // the last head that replaced all that was abandoned
	titles     int
}

type organizer struct {
	key   ID
	desk  Desk
	heard map[any]bool
	order []any // what was heard, in order

	// crowded: signed and abandoned more than a revision has room to name.
	crowded bool
}

func (o *organizer) hear(m any) {
	if o.heard[m] {
		return
	}
	o.heard[m] = true
	o.order = append(o.order, m)
	switch m := m.(type) {
	case *Proposal:
		o.desk.Proposals = append(o.desk.Proposals, m)
	case *Signature:
		o.desk.Signatures = append(o.desk.Signatures, m)
	case *Counted:
		o.desk.Counted = append(o.desk.Counted, m)
	}
}

// say is what an honest organizer hands to everybody, in time.
func (w *world) say(o *organizer, m any) {
	o.hear(m)
	w.said = append(w.said, m)
	switch m := m.(type) {
	case *Proposal:
		w.proposals = append(w.proposals, m)
	case *Signature:
		w.signatures = append(w.signatures, m)
	case *Counted:
		w.counted = append(w.counted, m)
	}
}

// deliver gives every honest organizer all that any of them has.
func (w *world) deliver() {
	for _, from := range w.honest {
		for _, m := range from.order {
			for _, to := range w.honest {
				to.hear(m)
			}
		}
	}
}

func (w *world) isRogue(key ID) bool { return slices.Contains(w.rogue, key) }

// sound reports whether the adversary holds a minority of a roster. The
// promise is about such events, and so honest organizers make no others.
func (w *world) sound(roster []ID) bool {
	rogue := 0
	for _, key := range roster {
		if w.isRogue(key) {
			rogue++
		}
	}
	return len(roster)-rogue >= majority(len(roster))
}

// newWorld founds an event on n keys and counts its first revision.
func newWorld(t *rapid.T, n int) *world {
	bad := max(0, (n-1)/2-rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "fewer rogues"))
	var keys []ID
	for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8}).Draw(t, "keys") {
		keys = append(keys, fakeKeys(9)[i])
	}
	w := &world{rogue: slices.Concat(keys[:bad], keys[7:])}
	founders := keys[:n]
	var err error
	if w.genesis, err = NewGenesis([32]byte{1}, founders...); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys[bad:7] {
		w.honest = append(w.honest, &organizer{key: key, desk: Desk{Event: w.genesis.Event()}, heard: make(map[any]bool)})
	}
	first, err := NewEvent(w.genesis, fakeCard("first", founders...))
	if err != nil {
		t.Fatal(err)
	}
	c := fakeCount(first.Revision, founders...)
	w.say(w.honest[0], c)
	for _, o := range w.honest {
		if slices.Contains(founders, o.key) {
			o.desk.Signed = append(o.desk.Signed, first.Revision.id)
		}
	}
	w.deliver()
	return w
}

// sign is what an honest node does with a proposal that its person likes.
func (w *world) sign(o *organizer, p *Proposal) error {
	if !w.sound(p.Revision.roster) {
		return fmt.Errorf("roster that an honest person would not sign")
	}
	if err := o.desk.MaySign(p, o.key); err != nil {
		return err
	}
	if !slices.Contains(o.desk.Signed, p.Revision.id) {
		h := newHistory(o.desk.Event, o.desk.Counted)
		parents, _ := h.parentsOf(p.Revision)
		o.crowded = o.crowded || len(h.abandoned(o.desk.Signed, parents)) > share(p.Revision.roster, parents)
		o.desk.Signed = append(o.desk.Signed, p.Revision.id)
		w.say(o, p) // so that others can name it whatever the proposer does
		w.say(o, fakeSign(o.key, p.Revision.id))
	}
	return nil
}

// count is what an honest node does with a proposal that has enough marks.
func (w *world) count(o *organizer, p *Proposal) bool {
	c, ok := o.desk.Assemble(p)
	if !ok {
		return false
	}
	for _, old := range o.desk.Counted {
		if old.revision.id == c.revision.id && slices.Equal(old.Signers(), c.Signers()) {
			return true
		}
	}
	w.say(o, c)
	return true
}

// roster draws organizers for a next revision: of those there are, some leave
// and others join.
func (w *world) roster(t *rapid.T, now []ID) []ID {
	next := slices.Clone(now)
	if rapid.SampledFrom([]bool{false, false, true}).Draw(t, "leave") {
		i := rapid.IntRange(0, len(next)-1).Draw(t, "who leaves")
		next = slices.Delete(next, i, i+1)
	}
	if rapid.SampledFrom([]bool{false, false, true}).Draw(t, "join") {
		pool := slices.Clone(w.rogue)
		for _, o := range w.honest {
			pool = append(pool, o.key)
		}
		next = append(next, pool[rapid.IntRange(0, len(pool)-1).Draw(t, "who joins")])
	}
	return sortedSet(next)
}

func (w *world) title() string {
	w.titles++
	return fmt.Sprint(w.titles)
}

// The exported methods are the actions of a state machine.

func (w *world) Propose(t *rapid.T) {
	o := w.honest[rapid.IntRange(0, len(w.honest)-1).Draw(t, "who")]
	e, _ := Fold(o.desk.Event, o.desk.Counted)
	roster := w.roster(t, e.Card.roster())
	if !w.sound(roster) {
		t.Skip("no honest roster")
	}
	p, err := w.propose(o, roster)
	if err != nil {
		t.Skip(err)
	}
	w.say(o, p)
	_ = w.sign(o, p)
}

func (w *world) Sign(t *rapid.T) {
	o := w.honest[rapid.IntRange(0, len(w.honest)-1).Draw(t, "who")]
	if len(o.desk.Proposals) == 0 {
		t.Skip("nothing proposed")
	}
	n := len(o.desk.Proposals)
	p := o.desk.Proposals[rapid.IntRange(max(0, n-4), n-1).Draw(t, "what")]
	if err := w.sign(o, p); err != nil {
		t.Skip(err)
	}
}

func (w *world) Count(t *rapid.T) {
	o := w.honest[rapid.IntRange(0, len(w.honest)-1).Draw(t, "who")]
	for _, p := range o.desk.Proposals {
		w.count(o, p)
	}
}

func (w *world) Deliver(t *rapid.T) {
	o := w.honest[rapid.IntRange(0, len(w.honest)-1).Draw(t, "to")]
	for _, m := range w.said {
		if rapid.Bool().Draw(t, "arrives") {
			o.hear(m)
		}
	}
}

// RoguePropose makes a revision of anything that the adversary has seen, and
// shows it to some.
func (w *world) RoguePropose(t *rapid.T) {
	h := newHistory(w.genesis.Event(), w.counted)
	var ids, roster []ID
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(h.counted)-1), 1, min(3, len(h.counted)), rapid.ID[int]).Draw(t, "parents") {
		p := h.counted[i]
		ids = append(ids, p.revision.id)
		roster = append(roster, p.revision.roster...)
	}
	var instead []ID
	for _, p := range w.proposals {
		if len(instead) < maxInstead && rapid.Bool().Draw(t, "instead") {
			instead = append(instead, p.Revision.id)
		}
	}
	r, err := newRevision(w.genesis, ids, instead, Draft{Card: fakeCard(w.title(), w.roster(t, sortedSet(roster))...)})
	if err != nil {
		t.Skip(err)
	}
	p := &Proposal{Revision: r}
	w.proposals = append(w.proposals, p)
	for _, o := range w.honest {
		if rapid.Bool().Draw(t, "shown") {
			o.hear(p)
		}
	}
}

// RogueCount completes any proposal with every signature that was ever made
// and its own, and shows it to some, or to nobody.
func (w *world) RogueCount(t *rapid.T) {
	if len(w.proposals) == 0 {
		t.Skip("nothing proposed")
	}
	n := len(w.proposals)
	p := w.proposals[n-1-rapid.IntRange(0, n-1).Draw(t, "what")]
	c, ok := w.complete(p)
	if !ok {
		t.Skip("not enough signatures")
	}
	for _, o := range w.honest {
		if rapid.Bool().Draw(t, "shown") {
			o.hear(c)
		}
	}
}

func (w *world) complete(p *Proposal) (*Counted, bool) {
	all := Desk{Event: w.genesis.Event(), Counted: w.counted, Signatures: slices.Clone(w.signatures)}
	for _, key := range w.rogue {
		all.Signatures = append(all.Signatures, fakeSign(key, p.Revision.id))
	}
	c, ok := all.Assemble(p)
	if !ok {
		return nil, false
	}
	for _, old := range w.counted {
		if old.revision.id == c.revision.id && slices.Equal(old.Signers(), c.Signers()) {
			return old, true
		}
	}
	w.counted = append(w.counted, c)
	return c, true
}

// Quarrel has several organizers propose at once, and each sign their own.
func (w *world) Quarrel(t *rapid.T) {
	for _, o := range w.honest {
		if !rapid.Bool().Draw(t, "proposes") {
			continue
		}
		if p, err := w.propose(o, w.able(&o.desk)); err == nil {
			_ = w.sign(o, p)
		}
	}
}

// RogueWoo has one honest organizer sign what nobody else has seen, such as
// that person would like, and completes it with its own keys if it can.
func (w *world) RogueWoo(t *rapid.T) {
	o := w.honest[rapid.IntRange(0, len(w.honest)-1).Draw(t, "who")]
	e, _ := Fold(o.desk.Event, o.desk.Counted)
	p, err := w.propose(o, w.roster(t, e.Card.roster()))
	if err != nil {
		t.Skip(err)
	}
	w.proposals = append(w.proposals, p)
	if err := w.sign(o, p); err != nil {
		t.Skip(err)
	}
	if c, ok := w.complete(p); ok && rapid.Bool().Draw(t, "shown") {
		o.hear(c)
	}
}

// propose is what an organizer's node would propose with that roster.
func (w *world) propose(o *organizer, roster []ID) (*Proposal, error) {
	draft := Draft{Card: fakeCard(w.title(), roster...)}
	p, err := o.desk.Propose(draft)
	if errors.Is(err, ErrConflict) {
		return o.desk.Merge(draft)
	}
	return p, err
}

// able is the honest organizers of the heads, up to 5 of them.
func (w *world) able(d *Desk) []ID {
	var able []ID
	for _, head := range newHistory(d.Event, d.Counted).oldHeads() {
		able = append(able, head.revision.roster...)
	}
	able = slices.DeleteFunc(sortedSet(able), w.isRogue)
	return able[:min(len(able), 5)]
}
