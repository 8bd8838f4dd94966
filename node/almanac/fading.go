package almanac

import (
	"crypto/sha256"
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

// Fading is a letter whose frames are dying, or dead, or were dropped.
type Fading struct {
	Letter
	Place [16]byte // the same each time this is about the same record
	Gone  bool     // no frame is left
}

// Fading gives those of these letters that no frame here says any more beyond
// soon, and that matter longer. What waits in the outbox is as good as said.
// Of a record in several frames the one that came last stands for all: they
// were sealed at one time, and die at one.
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
		p := placeOf(l.Kind, l.About, encoded)
		until, some := said[p]
		if !until.Before(soon) || some && !until.Before(l.Until) {
			continue
		}
		fading = append(fading, Fading{Letter: l, Place: p, Gone: !some})
	}
	return fading, nil
}

// said is until when some frame says what is in a place.
func (a *Almanac) said() (map[place]time.Time, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.index == nil {
		return nil, ErrLocked
	}
	said := make(map[place]time.Time, len(a.index.opened))
	note := func(p place, dies time.Time) {
		if dies.After(said[p]) {
			said[p] = dies
		}
	}
	for id, p := range a.index.opened {
		if e, ok := a.Store.Find(id); ok {
			note(p, e.Header.Expiry().Time())
		}
	}
	a.out.mu.Lock()
	defer a.out.mu.Unlock()
	for _, waiting := range a.out.waiting {
		for _, o := range waiting {
			note(a.index.opened[o.Frame.Sum()], o.Frame.Expiry().Time())
		}
	}
	return said, nil
}
