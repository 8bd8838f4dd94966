package almanac

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"

	"votive/node/vault"
	"votive/proto/votive"
)

// Outgoing is a frame of one's own that has not been published yet. It is in
// the vault until Sent, so that after a crash the same frame goes out, not a
// second one.
type Outgoing struct {
	Key   string // of its row in the vault: outKey, class, topic
	Frame votive.Unstamped

	// Stamped is what was published, where it was: it has the id by which
	// the frame is known from then on.
	Stamped votive.Frame
}

// Class is who wants a letter to be sent.
type Class uint8

const (
	Said      Class = iota // a person: it goes before all that is automatic
	Automatic              // nobody: it is what a node does by itself
)

// topic is what a letter is about, zero for nothing: of several that wait, the
// last says it all.
type topic [16]byte

// topicOf makes it of a Letter's.
func topicOf(l Letter) (t topic) {
	if !l.Topic.IsZero() {
		sum := sha256.Sum256(append([]byte{byte(l.Kind)}, l.Topic[:]...))
		copy(t[:], sum[:])
	}
	return t
}

// outRowKey names the row of a frame, so that all that the outbox knows of it
// is there after a restart.
func outRowKey(n uint64, class Class, t topic) string {
	return outKey(n) + string([]byte{byte(class)}) + string(t[:])
}

// parse takes the name of its row apart.
func (o Outgoing) parse() (n uint64, class Class, t topic) {
	length := len(outKey(0))
	if len(o.Key) != len(outRowKey(0, 0, t)) {
		return 0, Automatic, t
	}
	copy(t[:], o.Key[length+1:])
	return outNumber(o.Key[:length]), min(Class(o.Key[length]), Automatic), t
}

// outbox is what waits to be published.
type outbox struct {
	mu      sync.Mutex
	waiting [Automatic + 1][]Outgoing // by class, oldest first
	last    uint64
	changed chan struct{} // holds one when there may be something new
}

// next numbers a row.
func (o *outbox) next() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	return o.last
}

func (o *outbox) add(more ...Outgoing) {
	if len(more) == 0 {
		return
	}
	o.mu.Lock()
	for _, one := range more {
		_, class, _ := one.parse()
		o.waiting[class] = append(o.waiting[class], one)
	}
	o.mu.Unlock()
	o.signal()
}

// topics is what waits about each topic.
func (o *outbox) topics() map[topic][]Outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make(map[topic][]Outgoing)
	for _, waiting := range o.waiting {
		for _, one := range waiting {
			if _, _, t := one.parse(); t != (topic{}) {
				all[t] = append(all[t], one)
			}
		}
	}
	return all
}

// drop forgets what was sent or replaced.
func (o *outbox) drop(gone ...Outgoing) {
	if len(gone) == 0 {
		return
	}
	keys := make(map[string]bool, len(gone))
	for _, g := range gone {
		keys[g.Key] = true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for class, waiting := range o.waiting {
		left := waiting[:0:0]
		for _, one := range waiting {
			if !keys[one.Key] {
				left = append(left, one)
			}
		}
		o.waiting[class] = left
	}
}

// load takes what waits in the vault, and goes on numbering after it.
func (o *outbox) load(waiting []Outgoing) {
	slices.SortFunc(waiting, func(o, p Outgoing) int { return strings.Compare(o.Key, p.Key) })
	var last uint64
	for _, one := range waiting {
		n, _, _ := one.parse()
		last = max(last, n)
	}
	o.from(last)
	o.add(waiting...)
}

func (o *outbox) signal() {
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// from goes on numbering after last.
func (o *outbox) from(last uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = max(o.last, last)
}

// clear forgets what waits, when the vault is locked. The rows stay.
func (o *outbox) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.waiting[:])
}

// How many frames Outgoing hands out at once. Of what is automatic only a few:
// what a person says next waits until they are stamped.
const (
	maxOutgoing  = 256
	maxAutomatic = 4
)

// first is what is to be published next.
func (o *outbox) first() []Outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	if said := o.waiting[Said]; len(said) > 0 {
		return slices.Clone(said[:min(len(said), maxOutgoing)])
	}
	rest := o.waiting[Automatic]
	return slices.Clone(rest[:min(len(rest), maxAutomatic)])
}

// Outgoing waits until there is something to publish and gives the oldest of
// what was said, or where there is none of what is automatic. What it gave
// stays until Sent, or until something newer replaces it.
func (a *Almanac) Outgoing(ctx context.Context) ([]Outgoing, error) {
	for {
		if batch := a.out.first(); len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-a.out.changed:
		}
	}
}

// Sent says that these are no longer waited for: that they were published, and
// are in the store, or that nobody would carry them.
func (a *Almanac) Sent(ctx context.Context, done ...Outgoing) error {
	if err := a.sent(ctx, done); err != nil {
		return err
	}
	a.out.drop(done...)
	return nil
}

// sent is Sent for the vault and the index. As in delete, nothing is taken
// between the reading of a row and its being written again.
func (a *Almanac) sent(ctx context.Context, done []Outgoing) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	c := new(vault.Changes)
	for _, o := range done {
		c.Delete(o.Key)
		a.name(ctx, c, o)
	}
	if err := a.Vault.Commit(ctx, c); err != nil {
		return err
	}
	for _, o := range done {
		a.index.stamp(o)
	}
	return nil
}

// name has the row of what a frame says name the frame. After a restart nothing
// else tells that it is said: one's own answers, and what is behind one's own
// links, are under secrets that are not watched here. Said anew, they would tell
// every guest when this node was started. SPEC 2.13, 8.9. Called with mu held.
func (a *Almanac) name(ctx context.Context, c *vault.Changes, o Outgoing) {
	if a.index == nil || o.Stamped.ID().IsZero() {
		return
	}
	key, ok := a.index.unnamed[o.Frame.Sum()]
	if !ok {
		return
	}
	value, err := a.Vault.Get(ctx, key)
	if err != nil {
		return // it was destroyed, or cannot be read
	}
	if r, err := parseRow(value); err == nil && r.frame == o.Frame.Sum() {
		r.frame = o.Stamped.ID()
		c.Put(key, r.encode())
	}
}

// stamp has what a frame says be known by the frame's id. Until then it is known
// by what is to be stamped.
func (x *index) stamp(o Outgoing) {
	if x == nil || o.Stamped.ID().IsZero() {
		return
	}
	delete(x.unnamed, o.Frame.Sum())
	if p, ok := x.opened[o.Frame.Sum()]; ok {
		delete(x.opened, o.Frame.Sum())
		x.opened[o.Stamped.ID()] = p
	}
}

// Waiting is how many frames of one's own are not published yet.
func (a *Almanac) Waiting() int {
	a.out.mu.Lock()
	defer a.out.mu.Unlock()
	n := 0
	for _, waiting := range a.out.waiting {
		n += len(waiting)
	}
	return n
}

// Unpublished is all frames of one's own that are not published yet, oldest
// first; none while locked.
func (a *Almanac) Unpublished() []Outgoing {
	a.out.mu.Lock()
	defer a.out.mu.Unlock()
	return slices.Concat(a.out.waiting[:]...)
}

// Sealed seals and stamps letters for a file, at the least effort: they are
// opened by who gets the file, and never published.
func (a *Almanac) Sealed(ctx context.Context, letters ...Letter) ([]votive.Frame, error) {
	var frames []votive.Frame
	for _, l := range letters {
		life := votive.LifetimeUntil(l.Until, a.Now())
		sealed, err := votive.NewReader(l.Kind, l.Secret).Seal(l.Body, life, votive.MinEffort, a.Now(), a.Random)
		if err != nil {
			return nil, err
		}
		for _, u := range sealed {
			f, err := u.Stamp(ctx)
			if err != nil {
				return nil, err
			}
			frames = append(frames, f)
		}
	}
	return frames, nil
}
