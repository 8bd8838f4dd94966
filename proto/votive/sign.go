package votive

import (
	"errors"
	"fmt"
	"slices"
)

// Desk is what one organizer's node knows of one event: what it signs and what
// it proposes depends on nothing else. SPEC 5.13.
type Desk struct {
	Event      ID
	Counted    []*Counted
	Proposals  []*Proposal
	Signatures []*Signature // the node's own among them

	// Signed is every revision that this node has ever signed for the event,
	// with the signatures read back from others after the loss of a disk.
	Signed []ID
}

// ErrConflict is why nothing can be proposed but to merge.
var ErrConflict = errors.New("the event is in conflict: its heads have to be merged first")

// ErrBehind is why nothing can be proposed yet: what has to be replaced, or what
// it follows, is still to come.
var ErrBehind = errors.New("it was signed here before, and is not here yet")

// MaySign says why an honest node must not sign the proposal with that event
// key, or nothing. SPEC 5.13.
func (d *Desk) MaySign(p *Proposal, key ID) error {
	h := newHistory(d.Event, d.Counted)
	r := p.Revision
	if r.event != d.Event {
		return fmt.Errorf("revision %v is of event %v, this is %v", r.id, r.event, d.Event)
	}
	parents, err := h.parentsOf(r)
	if err != nil {
		return err
	}
	if err := h.allows(r, parents); err != nil {
		return err
	}
	if !slices.Contains(voters(r, parents), key) {
		return ErrNotOrganizer
	}
	if err := h.follows(r, parents); err != nil {
		return err
	}
	if err := d.replaces(h, r, parents); err != nil {
		return err
	}
	for _, id := range r.instead {
		if !d.holds(h, id) {
			return fmt.Errorf("revision %v would replace %v, which is not here", r.id, id)
		}
	}
	return nil
}

// follows is SPEC 5.13 a. A head has no child that counts, so a revision whose
// parents count descends from it only as its child.
func (h *history) follows(r *Revision, parents []*state) error {
	for _, head := range h.oldHeads() {
		if head.revision.id != r.id && !slices.Contains(parents, head) {
			return fmt.Errorf("revision %v does not follow %v, which counts", r.id, head.revision.id)
		}
	}
	return nil
}

// oldHeads is the heads that a next revision has to follow: all, or the 8
// least. SPEC 5.9.
func (h *history) oldHeads() []*state {
	return h.heads[:min(len(h.heads), maxParents)]
}

// replaces is SPEC 5.13 b.
func (d *Desk) replaces(h *history, r *Revision, parents []*state) error {
	abandoned := h.abandoned(d.Signed, parents)
	named := 0
	var first ID
	for _, id := range abandoned {
		switch {
		case id == r.id || slices.Contains(r.instead, id):
			named++
		case first.IsZero():
			first = id
		}
	}
	if named == len(abandoned) || named >= share(r.roster, parents) {
		return nil
	}
	return fmt.Errorf("revision %v does not replace %v, which was signed here before", r.id, first)
}

// share is how many of the revisions that one voter has signed a revision has
// room to name, with as much room for every other voter. SPEC 5.13 b.
func share(roster []ID, parents []*state) int {
	return maxInstead / len(voters(&Revision{roster: roster}, parents))
}

// abandoned is those of some revisions that do not count and that no revision
// names in instead which a child of these parents would descend from,
// ascending.
func (h *history) abandoned(ids []ID, parents []*state) []ID {
	if len(ids) == 0 {
		return nil
	}
	named := make(map[ID]bool)
	h.walk(parents, func(s *state) bool {
		for _, id := range s.revision.instead {
			named[id] = true
		}
		return true
	})
	return slices.DeleteFunc(sortedSet(slices.Clone(ids)), func(id ID) bool {
		s := h.find(id)
		return named[id] || s != nil && s.counts
	})
}

// holds reports whether a revision is here, and its parents are here and
// count. SPEC 5.14.
func (d *Desk) holds(h *history, id ID) bool {
	r := d.revision(h, id)
	if r == nil {
		return false
	}
	_, err := h.parentsOf(r)
	return err == nil
}

// revision is the revision with that id, or nil.
func (d *Desk) revision(h *history, id ID) *Revision {
	if s := h.find(id); s != nil {
		return s.revision
	}
	for _, p := range d.Proposals {
		if p.Revision.id == id && p.Revision.event == d.Event {
			return p.Revision
		}
	}
	return nil
}

// Propose is the revision that says what a draft says and follows the head of
// the event, for the organizers to sign; a first one where nothing counts yet.
// Where others have been proposed and signed, it replaces them. Equal choices
// on equal desks give equal proposals. It fails with ErrConflict when there
// are several heads, and with ErrBehind. SPEC 5.13, 5.14.
func (d *Desk) Propose(draft Draft) (*Proposal, error) {
	h := newHistory(d.Event, d.Counted)
	if len(h.heads) > 1 {
		return nil, ErrConflict
	}
	return d.next(h, draft)
}

// Merge is the revision that ends a conflict with what a draft says; where
// there are more than 8 heads, the first step to it. Organizers on the draft's
// card that are missing in the roster of any head have to sign it. SPEC 5.9.
func (d *Desk) Merge(draft Draft) (*Proposal, error) {
	h := newHistory(d.Event, d.Counted)
	if len(h.heads) < 2 {
		return nil, fmt.Errorf("nothing to merge: the event has %d heads", len(h.heads))
	}
	return d.next(h, draft)
}

func (d *Desk) next(h *history, draft Draft) (*Proposal, error) {
	genesis, err := d.genesis(h)
	if err != nil {
		return nil, err
	}
	parents := h.oldHeads()
	instead, err := d.instead(h, draft.Card.roster(), parents)
	if err != nil {
		return nil, err
	}
	ids := []ID{d.Event}
	if len(parents) > 0 {
		ids = nil
		for _, s := range parents {
			ids = append(ids, s.revision.id)
		}
	}
	r, err := newRevision(genesis, ids, instead, draft)
	if err != nil {
		return nil, err
	}
	if err := h.allows(r, parents); err != nil {
		return nil, err
	}
	return &Proposal{Revision: r}, nil
}

// genesis is that of any revision here: its hash is the event id.
func (d *Desk) genesis(h *history) (Genesis, error) {
	for _, s := range h.all {
		return s.revision.genesis, nil
	}
	for _, p := range d.Proposals {
		if p.Revision.event == d.Event {
			return p.Revision.genesis, nil
		}
	}
	return Genesis{}, fmt.Errorf("no revision of event %v is here", d.Event)
}

// instead is what a next revision names, so that everybody who signed
// something else before may sign it: of what each of those with a say has
// signed, as many as there is room for everybody to have; then of the rest, as
// many as there is room for. SPEC 5.13 b, 5.14.
func (d *Desk) instead(h *history, roster []ID, parents []*state) ([]ID, error) {
	own := h.abandoned(d.Signed, parents)
	for _, id := range own {
		if !d.holds(h, id) {
			return nil, fmt.Errorf("revision %v: %w", id, ErrBehind)
		}
	}
	var all []ID // everybody who ever had a say: what they signed may be completed yet
	for _, s := range h.counted {
		all = append(all, s.revision.roster...)
	}
	inReach := voters(&Revision{roster: roster}, parents)
	each := maxInstead / len(inReach)
	var named, rest []ID
	for _, key := range sortedSet(append(all, inReach...)) {
		ids := h.abandoned(d.signedBy(h, key), parents)
		ids = slices.DeleteFunc(ids, func(id ID) bool { return !d.holds(h, id) })
		if slices.Contains(inReach, key) {
			named = append(named, ids[:min(each, len(ids))]...)
		}
		rest = append(rest, ids...)
	}
	rest = append(rest, own...)
	named = sortedSet(named)
	for _, id := range sortedSet(rest) {
		if len(named) < maxInstead && !slices.Contains(named, id) {
			named = append(named, id)
		}
	}
	return named, nil
}

// signedBy is what of the revisions here a key is known to have signed and
// that does not count.
func (d *Desk) signedBy(h *history, key ID) []ID {
	var ids []ID
	for _, s := range d.Signatures {
		if s.Author == key {
			ids = append(ids, s.Revision)
		}
	}
	for _, s := range h.all {
		if s.counts {
			continue
		}
		for _, c := range append(s.also, s.Counted) {
			if c.markOf(key) != nil {
				ids = append(ids, s.revision.id)
			}
		}
	}
	return ids
}

// Assemble puts the signatures that are here to a proposal. It reports whether
// they are enough for it to count; if so, it is what all readers of the event
// get. It is nil while the proposal's parents are not here. SPEC 5.4, 5.5.
func (d *Desk) Assemble(p *Proposal) (*Counted, bool) {
	s := d.gather(newHistory(d.Event, d.Counted), p)
	if s == nil {
		return nil, false
	}
	return s.fit(), s.enough()
}

// Lacks is how many more signatures a proposal needs at least in order to
// count. It is false while the proposal's parents are not here, and when no
// signature can make it count.
func (d *Desk) Lacks(p *Proposal) (int, bool) {
	h := newHistory(d.Event, d.Counted)
	s := d.gather(h, p)
	if s == nil || h.allows(s.revision, s.parents) != nil {
		return 0, false
	}
	return len(s.lacks()), true
}

// gather joins all marks for a proposal of those who have a say.
func (d *Desk) gather(h *history, p *Proposal) *state {
	r := p.Revision
	parents, err := h.parentsOf(r)
	if err != nil || r.event != d.Event {
		return nil
	}
	s := &state{Counted: &Counted{revision: r}, parents: parents}
	for _, c := range d.Counted {
		if c.revision.id == r.id {
			s.also = append(s.also, c)
		}
	}
	for _, sig := range d.Signatures {
		if sig.Revision == r.id {
			s.also = append(s.also, &Counted{revision: r, marks: []mark{{key: sig.Author, signature: sig.signature}}})
		}
	}
	s.join()
	return s
}

// fit leaves out marks that are not needed where there are more than a Counted
// holds: it can be 45, of which 29 are enough. SPEC 5.4.
func (s *state) fit() *Counted {
	if len(s.marks) <= maxMarks {
		return s.Counted
	}
	rosters := [][]ID{s.revision.roster}
	for _, p := range s.parents {
		rosters = append(rosters, p.revision.roster)
	}
	fitting := &Counted{revision: s.revision}
	take := func(need int, roster []ID) {
		for _, key := range roster {
			m := s.markOf(key)
			if m == nil || need == 0 {
				continue
			}
			need--
			if fitting.markOf(key) == nil && len(fitting.marks) < maxMarks {
				fitting.marks = append(fitting.marks, mark{key: key, signature: m})
				slices.SortFunc(fitting.marks, compareMarks)
			}
		}
	}
	take(len(s.revision.roster), s.revision.roster)
	for _, roster := range rosters {
		take(majority(len(roster)), roster)
	}
	for _, roster := range rosters {
		take(len(roster), roster)
	}
	return fitting
}
