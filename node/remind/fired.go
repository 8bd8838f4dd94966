package remind

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// maxFired is how many reminders are remembered as said.
const maxFired = 1_024

// key names a reminder of an event at one time: who moves the event has the
// person reminded of the new time.
type key [12]byte

func (r *Reminder) key() key {
	hash := sha256.New()
	hash.Write(r.Event[:])
	var b []byte
	b = binary.BigEndian.AppendUint64(b, uint64(r.Start.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Before/time.Minute))
	hash.Write(b)
	return key(hash.Sum(nil))
}

// fired is which reminders were said. What is over is forgotten when there is
// no room for more, and not before: a clock that was wrong for an hour must not
// have anything said twice. The nil fired is empty.
type fired struct {
	said map[key]int64 // when it is over, Unix seconds
}

func (f *fired) has(k key) bool {
	if f == nil {
		return false
	}
	_, said := f.said[k]
	return said
}

// say notes that a reminder is being said. It is false where there is no room:
// then it must not be said, since it would be said again and again.
func (f *fired) say(r *Reminder, now time.Time) bool {
	if f.said == nil {
		f.said = make(map[key]int64)
	}
	if len(f.said) >= maxFired && !f.forget(now) {
		return false
	}
	f.said[r.key()] = r.Over.Unix()
	return true
}

// sayAll notes that reminders are being said, and gives those for which there
// was room, soonest first.
func (f *fired) sayAll(due []Reminder, now time.Time) []Reminder {
	slices.SortFunc(due, func(a, b Reminder) int {
		return cmp.Or(a.Start.Compare(b.Start), a.Event.Compare(b.Event), cmp.Compare(a.Before, b.Before))
	})
	return slices.DeleteFunc(due, func(r Reminder) bool { return !f.say(&r, now) })
}

// forget makes room for one more, and forgets what has been over for longest.
func (f *fired) forget(now time.Time) bool {
	var oldest key
	over := now.Unix()
	found := false
	for k, at := range f.said {
		if at < over {
			oldest, over, found = k, at, true
		}
	}
	delete(f.said, oldest)
	return found
}

const (
	firedVersion = 1
	firedSize    = len(key{}) + 8
)

// bytes is the note that parseFired reads.
func (f *fired) bytes() []byte {
	keys := make([]key, 0, len(f.said))
	for k := range f.said {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(f.said[a], f.said[b]), slices.Compare(a[:], b[:])) })
	b := []byte{firedVersion}
	for _, k := range keys {
		b = append(b, k[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(f.said[k]))
	}
	return b
}

// parseFired reads a note. What a later votive wrote is empty: something may be
// said twice then.
func parseFired(b []byte) *fired {
	f := &fired{said: make(map[key]int64)}
	if len(b) == 0 || b[0] != firedVersion {
		return f
	}
	for b = b[1:]; len(b) >= firedSize && len(f.said) < maxFired; b = b[firedSize:] {
		f.said[key(b)] = int64(binary.BigEndian.Uint64(b[len(key{}):]))
	}
	return f
}
