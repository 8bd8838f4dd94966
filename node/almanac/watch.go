package almanac

import (
	"context"
	"slices"
	"sync"

	"votive/proto/votive"
)

// What can change.
const (
	EventChanged  = "event"
	ReplyCame     = "reply"
	AnswerCame    = "answer"
	ConflictCame  = "conflict"
	PartCame      = "part"    // an Inbox or a Revoke: the event looks the same, what can be done with it does not
	LinkFound     = "link"    // a pending link's record has arrived
	CircleChanged = "circle"  // joined or left
	Lagged        = "lagged"  // the watcher was too slow: read again
	LockChanged   = "lock"    // the vault was opened, closed or wiped
	ContactMet    = "contact" // a contact was added or changed
	NotesChanged  = "notes"   // what only this computer keeps
)

// Change is one thing that became different; what it is now is for View to
// say.
type Change struct {
	Kind  string
	Event votive.ID // or zero
	Reply votive.ID // or zero
}

// watchers tells many what changed. A watcher that does not read gets a
// Lagged in place of what it missed, and holds up nobody.
type watchers struct {
	mu  sync.Mutex
	all map[*watcher]struct{}
}

type watcher struct {
	changes chan Change
	lagged  bool
}

// Watch gives what changes from now on until ctx ends, when the channel is
// closed. buffer is how many changes may wait for the reader, at least 1.
func (a *Almanac) Watch(ctx context.Context, buffer int) <-chan Change {
	w := &watcher{changes: make(chan Change, max(buffer, 1))}
	a.watchers.mu.Lock()
	if a.watchers.all == nil {
		a.watchers.all = make(map[*watcher]struct{})
	}
	a.watchers.all[w] = struct{}{}
	a.watchers.mu.Unlock()
	context.AfterFunc(ctx, func() {
		a.watchers.mu.Lock()
		defer a.watchers.mu.Unlock()
		delete(a.watchers.all, w)
		close(w.changes)
	})
	return w.changes
}

// tell hands changes to everybody who watches. What happened at once is said
// once: several records may have been needed for it, and the watcher reads what
// they add up to.
func (ws *watchers) tell(changes ...Change) {
	if len(changes) == 0 {
		return
	}
	said := make(map[Change]bool, len(changes))
	changes = slices.DeleteFunc(changes, func(c Change) bool {
		again := said[c]
		said[c] = true
		return again
	})
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		for _, c := range changes {
			w.offer(c)
		}
	}
}

// offer gives c, or remembers that it could not.
func (w *watcher) offer(c Change) {
	if w.lagged {
		select {
		case w.changes <- Change{Kind: Lagged}:
			w.lagged = false
		default:
			return
		}
	}
	select {
	case w.changes <- c:
	default:
		w.lagged = true
	}
}
