package almanac

import (
	"context"
	"fmt"
	"time"

	"votive/node/vault"
	"votive/proto/votive"
)

// Letter is one record to be sealed and sent.
type Letter struct {
	Kind   votive.Kind
	Secret votive.Secret
	About  votive.ID // the event or circle it is about; zero for a card or a keep
	Body   votive.Body
	Until  time.Time // how long it matters; chooses the lifetime

	Class Class
	Topic votive.ID // where set, it replaces what waits to be sent about the same
}

// Draft is what one wish of the person comes to: what to send, and what to
// keep for oneself, here only or wherever the person restores. It happens as a whole or not at all.
type Draft struct {
	Send []Letter
	Keep []votive.Keep
	Note []Note
}

// Write asks for a draft, with nobody else writing, and makes it so. When it
// returns nil the draft is on disk: the frames are sealed and wait in the
// outbox, what was kept is kept, and View shows all of it.
func (a *Almanac) Write(ctx context.Context, wish func(*View) (Draft, error)) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	var draft Draft
	err := a.View(func(v *View) (err error) {
		if draft, err = wish(v); err == nil && !v.x.fits(draft.Note) {
			err = ErrTooMuch
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.commit(ctx, draft)
}

// written is one record of a draft, ready for the vault and the index.
type written struct {
	rec    votive.Record
	src    source
	row    votive.ID   // names the row in place of the record's id, unless zero
	frames []votive.ID // what is stamped for it, unless it came from elsewhere
}

// key names the row.
func (w written) key() string {
	if w.row.IsZero() {
		return rowKey(w.rec, w.src)
	}
	return recordKeys(w.src.about, w.rec.Kind()) + string(w.row[:])
}

// commit seals and keeps a draft. Called with writing held.
func (a *Almanac) commit(ctx context.Context, d Draft) error {
	now := a.Now()
	changes := new(vault.Changes)
	var records []written
	var outgoing, replaced []Outgoing
	topics := a.out.topics()
	for _, l := range d.Send {
		rec, sealed, err := a.seal(l, now)
		if err != nil {
			return err
		}
		src := source{about: l.About, arrived: now, own: true}
		t, class := topicOf(l), l.Class
		for _, o := range topics[t] {
			_, its, _ := o.parse()
			class = min(class, its) // what a person said is not to wait longer
			changes.Delete(o.Key)
		}
		replaced = append(replaced, topics[t]...)
		var frames []votive.ID
		for _, u := range sealed {
			o := Outgoing{Key: outRowKey(a.out.next(), class, t), Frame: u}
			changes.Put(o.Key, u.Bytes())
			outgoing = append(outgoing, o)
			src.frame = u.Sum()
			frames = append(frames, src.frame)
		}
		records = append(records, written{rec: rec, src: src, frames: frames})
	}
	for _, body := range d.Keep {
		rec, err := votive.Kept(body)
		if err != nil {
			return fmt.Errorf("a note to oneself: %w", err)
		}
		records = append(records, written{rec: rec, src: source{arrived: now, own: true}})
	}
	for _, n := range d.Note {
		if n.Value == nil {
			changes.Delete(localRows + n.Name)
		} else {
			changes.Put(localRows+n.Name, n.Value)
		}
	}
	if err := a.settle(ctx, changes, records, outgoing, d.Note); err != nil {
		return err
	}
	a.out.drop(replaced...)
	return nil
}

// seal makes the frames of a letter, and the record that they will open to.
func (a *Almanac) seal(l Letter, now time.Time) (votive.Record, []votive.Unstamped, error) {
	life := votive.LifetimeUntil(l.Until, now)
	effort := a.effort() + 2*uint8(life)
	reader := votive.NewReader(l.Kind, l.Secret)
	rec, err := reader.Compose(l.Body)
	if err != nil {
		return votive.Record{}, nil, err
	}
	sealed, err := reader.Seal(l.Body, life, effort, now, a.Random)
	return rec, sealed, err
}

// maxRaise is how many bits of effort are added at most, under a flood: each
// doubles the work.
const maxRaise = 6

// effort is what it takes for a frame that lives 8 days: what the person
// chose, and more where the store's floor has risen above that. What everybody
// drops need not be stamped. SPEC 2.8.
func (a *Almanac) effort() uint8 {
	floor := a.Store.Floor()
	return max(a.Effort, min(floor.Rank+1, a.Effort+maxRaise))
}

// settle puts it all on disk, and then into the index.
func (a *Almanac) settle(ctx context.Context, c *vault.Changes, records []written, outgoing []Outgoing, notes []Note) error {
	for _, w := range records {
		c.Put(w.key(), w.src.row(w.rec).encode())
	}
	err := a.Vault.Commit(ctx, c)
	if len(records) > 0 {
		a.keeping.note(err)
	}
	if err != nil {
		return err
	}
	var told []Change
	a.mu.Lock()
	if a.index != nil {
		for _, w := range records {
			told = append(told, a.index.apply(w.rec, w.src).changes...)
			a.index.mark(w.rec, w.src.about, w.frames)
			if len(w.frames) > 0 {
				a.index.unnamed[w.src.frame] = w.key()
			}
		}
		if a.index.note(notes); len(notes) > 0 {
			told = append(told, Change{Kind: NotesChanged})
		}
	}
	a.keepLate()
	added := a.follow()
	a.out.add(outgoing...)
	a.mu.Unlock()
	a.watchers.tell(told...)
	a.scan(ctx, added)
	return nil
}
