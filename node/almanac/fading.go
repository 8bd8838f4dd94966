package almanac

import (
	"crypto/sha256"
	"slices"
	"time"

	"votive/proto/votive"
)

// place is a record under one kind of secret, about one thing: what two frames
// have in common that say the same to the same people.
type place [16]byte

func placeOf(kind votive.Kind, about votive.ID, encoded []byte) (p place) {
	h := sha256.New()
	h.Write([]byte{byte(kind)})
	h.Write(about[:])
	h.Write(encoded)
	copy(p[:], h.Sum(nil))
	return p
}

// part is one of the parts of what is in a place: what one frame says.
type part struct {
	place
	index uint8
}

// mark notes what the frames of a record say, which are in the order of its
// parts.
func (x *index) mark(rec votive.Record, about votive.ID, frames []votive.ID) {
	p := placeOf(rec.Kind(), about, rec.Bytes())
	for i, id := range frames {
		x.opened[id] = part{p, uint8(i)}
	}
}

// Fading is a letter whose frames are dying, or dead, or were dropped.
type Fading struct {
	Letter
	Place [16]byte // the same each time this is about the same record
	Gone  bool     // no frame is left
}

// Fading gives those of these letters that no frame here says any more beyond
// soon, and that matter longer. What waits in the outbox is as good as said. A
// record in several frames is said for as long as all of its parts are. What fits
// into no frames is left out: marks of several Counted, which each did, may together
// be too much.
func (a *Almanac) Fading(letters []Letter, soon time.Time) ([]Fading, error) {
	said, err := a.said()
	if err != nil {
		return nil, err
	}
	var fading []Fading
	for _, l := range letters {
		encoded, err := votive.Encode(l.Body)
		if err != nil {
			return nil, err
		}
		if votive.Parts(len(encoded)) > votive.MaxParts {
			continue
		}
		p := placeOf(l.Kind, l.About, encoded)
		until := said[p].until(len(encoded))
		if !until.Before(soon) || !until.IsZero() && !until.Before(l.Until) {
			continue
		}
		fading = append(fading, Fading{Letter: l, Place: p, Gone: until.IsZero()})
	}
	return fading, nil
}

// spoken is for each part of what is in a place on which day the last of the
// frames dies that say it; the zero Day, which is long past, for none.
type spoken [votive.MaxParts]votive.Day

// until is when the first of the parts of a body of so many bytes is no longer
// said; the zero Time where one is not.
func (s *spoken) until(size int) time.Time {
	if s == nil {
		return time.Time{}
	}
	first := slices.Min(s[:min(votive.Parts(size), len(s))])
	if first == 0 {
		return time.Time{}
	}
	return first.Time()
}

// said is what some frame says.
func (a *Almanac) said() (map[place]*spoken, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.index == nil {
		return nil, ErrLocked
	}
	said := make(map[place]*spoken, len(a.index.opened))
	note := func(p part, dies votive.Day) {
		if said[p.place] == nil {
			said[p.place] = new(spoken)
		}
		if at := &said[p.place][p.index]; dies > *at {
			*at = dies
		}
	}
	for id, p := range a.index.opened {
		if e, ok := a.Store.Find(id); ok {
			note(p, e.Header.Expiry())
		}
	}
	for _, o := range a.Unpublished() {
		if p, ok := a.index.opened[o.Frame.Sum()]; ok {
			note(p, o.Frame.Expiry())
		}
	}
	return said, nil
}
