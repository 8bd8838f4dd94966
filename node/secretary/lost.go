package secretary

import (
	"slices"
	"strings"

	"votive/node/almanac"
	"votive/proto/votive"
)

// notesLost and an event's id name the note of the revisions that were taken for
// lost here: 32 bytes each, at most maxLost, the latest last.
const (
	notesLost = "secretary/lost/"
	maxLost   = 1024 // 32 KiB; more than can wait at once
)

// misses reports what of an event a next revision cannot name: revisions that
// are not here, or whose parents do not count here. SPEC 5.14.
func misses(e *almanac.Event) func(votive.ID) bool {
	counted := make(map[votive.ID]bool)
	for _, c := range e.Counted() {
		counted[c.Revision().ID()] = true
	}
	held := make(map[votive.ID]bool)
	for _, c := range e.Waiting() {
		held[c.Revision().ID()] = !slices.ContainsFunc(c.Revision().Parents(), func(p votive.ID) bool { return !counted[p] })
	}
	return func(id votive.ID) bool { return !counted[id] && !held[id] }
}

// takenForLost are the revisions of an event that were taken for lost here and have not
// come since, with all that follows them and waits. SPEC 9.4.
func takenForLost(v *almanac.View, e *almanac.Event, missing func(votive.ID) bool) []votive.ID {
	var all []votive.ID
	for id := range slices.Chunk(v.Local(notesLost+e.ID.String()), len(votive.ID{})) {
		if len(id) == len(votive.ID{}) && missing(votive.ID(id)) {
			all = append(all, votive.ID(id))
		}
	}
	waits := e.Waiting()
	for more := len(all) > 0; more; {
		more = false
		for _, c := range waits {
			r := c.Revision()
			follows := slices.ContainsFunc(r.Parents(), func(p votive.ID) bool { return slices.Contains(all, p) })
			if follows && !slices.Contains(all, r.ID()) {
				all, more = append(all, r.ID()), true
			}
		}
	}
	return all
}

// noteLost is the note of these.
func noteLost(event votive.ID, lost []votive.ID) almanac.Note {
	var value []byte
	for _, id := range lost[max(0, len(lost)-maxLost):] {
		value = append(value, id[:]...)
	}
	return almanac.Note{Name: notesLost + event.String(), Value: value}
}

// Gone are the notes that forget what was taken for lost of events that are not
// known here any more.
func Gone(v *almanac.View) []almanac.Note {
	var all []almanac.Note
	for name := range v.Locals(notesLost) {
		id, err := votive.ParseID(strings.TrimPrefix(name, notesLost))
		if err != nil || v.Event(id) == nil {
			all = append(all, almanac.Note{Name: name})
		}
	}
	return all
}
