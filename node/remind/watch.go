package remind

import (
	"context"
	"sync"
)

// maxWaiting is how many reminders wait for one that watches. What is over is
// not told.
const maxWaiting = 64

// watchers tells many what is due.
type watchers struct {
	mu  sync.Mutex
	all map[chan Reminder]struct{}
}

// Watch gives the reminders that come from now on, whatever a notification may
// tell, until ctx ends, when the channel is closed.
func (r *Remind) Watch(ctx context.Context) <-chan Reminder {
	w := &r.watchers
	c := make(chan Reminder, maxWaiting)
	w.mu.Lock()
	if w.all == nil {
		w.all = make(map[chan Reminder]struct{})
	}
	w.all[c] = struct{}{}
	w.mu.Unlock()
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
		close(c)
	})
	return c
}

func (w *watchers) tell(due []Reminder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		for _, r := range due {
			select {
			case c <- r:
			default:
			}
		}
	}
}
