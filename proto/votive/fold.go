package votive

// Event is what a set of revisions adds up to. SPEC 5.7-5.12.
type Event struct {
	ID   ID
	Card Card // of the head; in conflict, of the last common revision

	Heads        []ID        // ascending; one, unless there is a conflict
	Conflict     bool        // there are several heads
	Alternatives []*Revision // in conflict, the heads in the order of Heads

	Sequence   int // RFC 5545, 3.8.7.4; 0 for the first revision
	Quorum     int // the majority of the organizers on the card
	Signatures int // of those with a say, on the revision that the card is of

	// Safety is how many keys, of all organizers that the event ever had,
	// can be lost to somebody without their being able to change it.
	Safety    int
	Protected bool // Safety is more than 0

	NeedsNewer bool // a newer votive is needed to understand a head
	MovedTo    ID   // the event as which this one goes on, or zero

	History []*Counted // all that count, by depth, then id
	Waiting []ID       // what is here and does not count, or not yet; ascending

	heads []*Revision
}

// Fold gives the event that a set of Counted adds up to. It depends on the set
// alone: not on the order, on how often one is there, on how the marks are
// spread over several, or on what came when. It is false when no revision
// counts; then only ID and Waiting are set. SPEC 5.5-5.12.
func Fold(event ID, counted []*Counted) (Event, bool) {
	h := newHistory(event, counted)
	e := Event{ID: event, Waiting: h.waiting()}
	if len(h.heads) == 0 {
		return e, false
	}
	shown := h.heads[0]
	if len(h.heads) > 1 {
		e.Conflict = true
		if last := h.common(); last != nil {
			shown = last
		}
	}
	e.Card = shown.revision.card
	e.MovedTo = shown.revision.movedTo
	e.Quorum = majority(len(shown.revision.roster))
	e.Signatures = len(shown.marks)
	depth := 0
	for _, s := range h.heads {
		depth = max(depth, s.depth)
		e.Heads = append(e.Heads, s.revision.id)
		e.heads = append(e.heads, s.revision)
		e.NeedsNewer = e.NeedsNewer || s.revision.newer
	}
	if e.Conflict {
		e.Alternatives = e.heads
	}
	e.Sequence = depth - 1
	e.Safety = h.safety()
	e.Protected = e.Safety > 0
	e.History = make([]*Counted, len(h.counted))
	for i, s := range h.counted {
		e.History[i] = s.Counted
	}
	return e, true
}

// waiting is what is here and does not count, ascending.
func (h *history) waiting() []ID {
	if len(h.counted) == len(h.all) {
		return nil
	}
	var ids []ID
	for _, s := range h.all {
		if !s.counts {
			ids = append(ids, s.revision.id)
		}
	}
	return ids
}

// safety is SPEC 5.11. The founders are the roster of every first revision.
func (h *history) safety() int {
	least := maxMarks
	h.walk(h.heads, func(s *state) bool {
		least = min(least, majority(len(s.revision.roster))-1)
		return true
	})
	return least
}
