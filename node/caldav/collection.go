package caldav

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"votive/node/almanac"
	"votive/node/calendar"
	"votive/node/diary"
	"votive/node/remind"
	"votive/node/subscribe"
	"votive/proto/votive"
)

// The notes of this package. A name is what a program called an entry that it
// put into a collection, and is for that collection alone: elsewhere the event
// is called by its own UID. A UID may name the computer that made it, and goes
// back to who gave it and to nobody else.
const (
	notesNames     = "caldav/name/"     // collection + "/" + event
	notesDeletions = "caldav/deletion/" // event
	notesGone      = "caldav/gone/"     // event: cancelled, and seen off
)

// given is what a program called an entry.
type given struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

// mine is the collection of the person's own events.
const mine = "mine"

// collection is a calendar.
type collection struct {
	id     string // in the paths of the program that it was given
	kept   string // in the names of notes, whatever the program
	title  string
	circle votive.ID // zero: mine
}

// collections are those that a program was given.
func collections(v *almanac.View, c *subscribe.Calendar) []collection {
	var all []collection
	if c.Circle.IsZero() {
		all = append(all, collection{id: mine, kept: mine, title: "votive"})
	}
	for _, circle := range v.Circles() {
		if c.Circle.IsZero() || c.Circle == circle.ID {
			one := collection{kept: keptAs(circle.ID), title: circle.Name, circle: circle.ID}
			var keyed bool
			if one.id, keyed = c.Named(circle.ID); !keyed {
				one.id = one.kept // as its program has it since then
			}
			all = append(all, one)
		}
	}
	return all
}

// keptAs is what a circle is called in the names of notes. Anybody who knows the
// circle can work it out, so it is told to no program any more.
func keptAs(circle votive.ID) string {
	sum := sha256.Sum256(append([]byte("votive-caldav-collection-1"), circle[:]...))
	return hex.EncodeToString(sum[:8])
}

// find is the collection of that name.
func find(v *almanac.View, c *subscribe.Calendar, id string) (collection, error) {
	for _, one := range collections(v, c) {
		if one.id == id {
			return one, nil
		}
	}
	return collection{}, errNotFound
}

// entry is an event in a collection.
type entry struct {
	event *almanac.Event
	name  string
	uid   string // empty: the event's own
	asked []byte // the note of its deletion, or nil

	alarms []time.Duration
	named  bool // they say what it is called
}

// entry is what an event is in the collection; nil where it is not in it. It is
// the event of one that is, see entries.
func (c *collection) entry(v *almanac.View, e *almanac.Event) *entry {
	return c.look(v)(e)
}

// look is entry for many.
func (c *collection) look(v *almanac.View) func(*almanac.Event) *entry {
	alarms, named := remind.Chosen(v), remind.Named(v)
	return func(e *almanac.Event) *entry {
		if e == nil || !e.Known || e.State.Card.Start.IsZero() {
			return nil
		}
		id := e.ID.String()
		if v.Local(notesGone+id) != nil {
			return nil
		}
		var g given
		if value := v.Local(c.note(e.ID)); value != nil && json.Unmarshal(value, &g) != nil {
			g = given{}
		}
		one := &entry{event: e, name: g.Name, uid: g.UID, asked: v.Local(notesDeletions + id), alarms: alarms(e), named: named}
		if one.name == "" {
			one.name = calendar.UID(e.ID) + ".ics"
		}
		return one
	}
}

// entries are those of a collection, by name.
func (c *collection) entries(v *almanac.View) map[string]*entry {
	all := make(map[string]*entry)
	look := c.look(v)
	add := func(e *almanac.Event) {
		if one := look(e); one != nil {
			all[one.name] = one
		}
	}
	if c.circle.IsZero() {
		for _, e := range subscribe.Mine(v) {
			add(e)
		}
		return all
	}
	for e := range v.All() {
		if e.Circle == c.circle {
			add(e)
		}
	}
	return all
}

// sorted are entries by name.
func sorted(all map[string]*entry) []*entry {
	return slices.SortedFunc(maps.Values(all), func(a, b *entry) int { return cmp.Compare(a.name, b.name) })
}

// UID is that of the entry.
func (e *entry) UID() string {
	if e.uid != "" {
		return e.uid
	}
	return calendar.UID(e.event.ID)
}

// entry is the event as package calendar writes it.
func (e *entry) entry() calendar.Event {
	one := diary.Entry(e.event)
	one.UID, one.Alarms, one.Named = e.uid, e.alarms, e.named
	return one
}

// text is the entry as iCalendar text.
func (e *entry) text() []byte { return calendar.Write([]calendar.Event{e.entry()}, calendar.Options{}) }

// form changes with what text makes of an event.
const form = "3"

// tag is the ETag: of all that the text depends on, which is faster than of the
// text. The rules of zones come with the version of Go. A deletion that waits is
// in it so that the program sees the entry again.
func (e *entry) tag() string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %s %s %d", form, runtime.Version(), e.uid, e.event.State.Sequence)
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], uint64(e.event.Learned.Unix()))
	hash.Write(stamp[:])
	hash.Write(e.event.ID[:])
	for _, head := range e.event.State.Heads {
		hash.Write(head[:])
	}
	if e.event.Details() != nil {
		hash.Write(e.event.State.Card.Details[:])
	}
	hash.Write(e.asked)
	fmt.Fprint(hash, e.alarms, e.named)
	return `"` + hex.EncodeToString(hash.Sum(nil)[:16]) + `"`
}

// state is what a collection holds, by name.
type state map[string]string

func stateOf(all map[string]*entry) state {
	s := make(state, len(all))
	for name, e := range all {
		s[name] = e.tag()
	}
	return s
}

// token names a state: it is the same after a restart, as long as the collection
// is.
func (s state) token() string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(hash, "%q %s\n", name, s[name])
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// stateURN begins a token: a URI, which RFC 6578 wants.
const stateURN = "urn:votive:sync:"

// writable reports whether a program may change the event.
func (e *entry) writable(c *subscribe.Calendar) bool { return !c.ReadOnly && e.event.Organized() }

// note is the name of the note with what a program called an event.
func (c *collection) note(event votive.ID) string {
	return strings.Join([]string{notesNames + c.kept, event.String()}, "/")
}

// Gone are the notes that forget what programs called events which are not known
// here any more, and what they did to them; and deletions that no longer wait. What
// an event was called that was cancelled and seen off is kept as long as it is
// known: a program that still has it would else announce it again.
func Gone(v *almanac.View) []almanac.Note {
	var all []almanac.Note
	for _, prefix := range []string{notesNames, notesDeletions, notesGone} {
		for note := range v.Locals(prefix) {
			id, err := votive.ParseID(note[strings.LastIndexByte(note, '/')+1:])
			if err != nil {
				continue // of a later votive
			}
			gone := v.Event(id) == nil
			if prefix == notesDeletions && !gone {
				_, waits := waiting(v, id)
				gone = !waits
			}
			if gone {
				all = append(all, almanac.Note{Name: note})
			}
		}
	}
	return all
}
