package almanac

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"votive/node/vault"
	"votive/proto/votive"
)

// ErrNotFound says that nothing here is called that, or more than one thing.
var ErrNotFound = errors.New("not found")

// NotFoundError is an ErrNotFound about something that was named.
type NotFoundError struct {
	What string // event, circle, invitation
	text string
}

func (e NotFoundError) Error() string { return e.text }

// Is reports whether target is ErrNotFound.
func (e NotFoundError) Is(target error) bool { return target == ErrNotFound }

// View is a look at all that can be read. It is good until the function that
// was given it returns, and what it gives out is read only.
type View struct {
	x   *index
	now time.Time
}

// View has look see what is known, while nothing changes. It gives ErrNoVault
// or vault.ErrLocked where there is nothing to see.
func (a *Almanac) View(look func(*View) error) error {
	if !a.Vault.Exists() {
		return ErrNoVault
	}
	a.mu.RLock()
	if x := a.index; x != nil && !x.agenda.settled() {
		a.mu.RUnlock()
		a.mu.Lock()
		if a.index != nil {
			a.index.agenda.settle()
		}
		a.mu.Unlock()
		a.mu.RLock()
	}
	defer a.mu.RUnlock()
	if a.index == nil {
		return vault.ErrLocked
	}
	return look(&View{x: a.index, now: a.Now()})
}

// Now is the time of the look.
func (v *View) Now() time.Time { return v.now }

// Identity is that of the person here.
func (v *View) Identity() votive.Identity { return v.x.identity }

// Event is what is known of an event; nil where nothing is.
func (v *View) Event(id votive.ID) *Event { return v.x.events[id] }

// All is every event that anything is known of, in no order.
func (v *View) All() iter.Seq[*Event] { return maps.Values(v.x.events) }

// Said is what the person said to themself, the newest about each thing, in no
// order.
func (v *View) Said() iter.Seq[votive.Keep] {
	return func(yield func(votive.Keep) bool) {
		for _, rec := range v.x.keeps {
			if k, ok := rec.Body().(votive.Keep); ok && !yield(k) {
				return
			}
		}
	}
}

// Circle is a circle that the person is in, or nil.
func (v *View) Circle(id votive.ID) *Circle { return v.x.circles[id] }

// Circles are those that the person is in, by name.
func (v *View) Circles() []*Circle {
	return sorted(v.x.circles, func(a, b *Circle) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
}

// Contacts are the people of whom there is a card, by petname.
func (v *View) Contacts() []*Contact {
	return sorted(v.x.contacts, func(a, b *Contact) int {
		return cmp.Or(strings.Compare(a.Petname, b.Petname), a.Key.Compare(b.Key))
	})
}

// Contact is the one with that identity key, or nil.
func (v *View) Contact(key votive.ID) *Contact { return v.x.contacts[key] }

// Card is the contact card given out last, or nil.
func (v *View) Card() *votive.KeepCard {
	if len(v.x.cards) == 0 {
		return nil
	}
	return slices.MaxFunc(v.x.cards, func(a, b *votive.KeepCard) int {
		return cmp.Or(cmp.Compare(a.Counter, b.Counter), a.About().Compare(b.About()))
	})
}

// Invite is the invitation with that hash of its invite secret, or nil.
func (v *View) Invite(id votive.ID) *Invite { return v.x.invites[id] }

// Invites are those to one event or circle, in the order they were made.
func (v *View) Invites(about votive.ID) []*Invite {
	var all []*Invite
	for _, i := range v.x.invites {
		if i.Event == about || i.Circle == about {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *Invite) int {
		return cmp.Or(a.Made.Compare(b.Made), a.arrived.Compare(b.arrived),
			votive.InviteHash(a.Invite).Compare(votive.InviteHash(b.Invite)))
	})
	return all
}

// Pending are the links that were not accepted yet.
func (v *View) Pending() []*Pending {
	return sorted(v.x.links, func(a, b *Pending) int { return a.ID.Compare(b.ID) })
}

// Counter is that of the newest keep about the same thing as k, or 0.
func (v *View) Counter(k votive.Keep) uint32 {
	if rec, ok := v.x.keeps[k.About()]; ok {
		return counterOf(rec.Body().(votive.Keep))
	}
	return 0
}

// Events is how many events are known.
func (v *View) Events() int { return v.x.agenda.events }

// Organized are the events that the person organizes.
func (v *View) Organized() []*Event {
	return slices.DeleteFunc(v.taken(), func(e *Event) bool { return !e.Organized() })
}

// Answered are the events that the person has replied to.
func (v *View) Answered() []*Event {
	return slices.DeleteFunc(v.taken(), func(e *Event) bool { return e.Mine == nil })
}

// taken are the events that the person takes part in.
func (v *View) taken() []*Event {
	return sorted(v.x.mine, func(a, b *Event) int { return a.ID.Compare(b.ID) })
}

// sorted is a map's values in order.
func sorted[K comparable, V any](m map[K]V, order func(a, b V) int) []V {
	all := make([]V, 0, len(m))
	for _, v := range m {
		all = append(all, v)
	}
	slices.SortFunc(all, order)
	return all
}

// minPrefix is how many characters of an id name the whole.
const minPrefix = 6

// FindEvent is the event that an id, a prefix of one or a title names.
func (v *View) FindEvent(name string) (*Event, error) {
	return find(v.x.events, name, "event", func(e *Event) string { return e.State.Card.Title })
}

// FindCircle is the circle that an id, a prefix of one or a name names.
func (v *View) FindCircle(name string) (*Circle, error) {
	return find(v.x.circles, name, "circle", func(c *Circle) string { return c.Name })
}

// FindInvite is the invitation that an id, a prefix of one or its link names.
func (v *View) FindInvite(name string) (*Invite, error) {
	if l, err := votive.ParseLink(strings.TrimSpace(name)); err == nil {
		for _, i := range v.x.invites {
			if secret := i.LinkSecret(); secret.Equal(l.Secret()) {
				return i, nil
			}
		}
		return nil, NotFoundError{"invitation", "no invitation of yours is behind that link"}
	}
	return find(v.x.invites, name, "invitation", func(*Invite) string { return "" })
}

// find is the one of all that name means: by its id, by the beginning of one or
// by what is in its title. Anybody can announce what is called like another's
// event, like a word out of it or like its id, and can search for an id that
// begins with a given word. So only a whole id says which one is meant; where
// anything else means several, none of them is taken, however well it fits.
func find[T any](all map[votive.ID]T, name, what string, title func(T) string) (T, error) {
	var none T
	var meant []votive.ID
	folded := strings.ToLower(strings.TrimSpace(name))
	var begins, titled bool // an id begins with it; a title has it
	for id, one := range all {
		switch {
		case folded == "":
		case id.String() == folded:
			return one, nil
		case len(folded) >= minPrefix && strings.HasPrefix(id.String(), folded):
			meant, begins = append(meant, id), true
		case strings.Contains(strings.ToLower(title(one)), folded):
			meant, titled = append(meant, id), true
		}
	}
	switch len(meant) {
	case 0:
		return none, NotFoundError{what, fmt.Sprintf("no %s is called %.80q", what, name)}
	case 1:
		return all[meant[0]], nil
	}
	text := fmt.Sprintf("%d %ss may be meant by %.80q: %s", len(meant), what, name, shorts(meant, begins && titled))
	return none, NotFoundError{what, text}
}

// shorts lists ids by their beginnings, long enough to tell them apart, the
// first few of them. They are whole where a beginning is also in a title.
func shorts(ids []votive.ID, whole bool) string {
	const length, most = 8, 5
	var list []string
	for _, id := range ids {
		list = append(list, id.String())
	}
	slices.Sort(list)
	n := length
	for i := 1; i < len(list); i++ {
		for list[i][:n] == list[i-1][:n] {
			n++
		}
	}
	if whole {
		n = len(list[0])
	}
	for i := range list {
		list[i] = list[i][:n]
	}
	if len(list) > most {
		list = append(list[:most], "…")
	}
	return strings.Join(list, ", ")
}
