package almanac

import (
	"context"
	"errors"
	"sync/atomic"

	"votive/node/vault"
)

// trouble is why something could not be written the last time, nil where it
// could.
type trouble struct{ is atomic.Pointer[string] }

// note takes what came of a write. That somebody gave up, or locked the vault
// meanwhile, says nothing of the disk.
func (t *trouble) note(err error) {
	switch {
	case err == nil:
		t.is.Store(nil)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, vault.ErrLocked):
	default:
		text := err.Error()
		t.is.Store(&text)
	}
}

// Trouble is why frames or what is one's own could not be written the last
// time, or "". Until that is mended this node cannot do what it is for.
func (a *Almanac) Trouble() string {
	for _, t := range []*trouble{&a.keeping, &a.carrying} {
		if text := t.is.Load(); text != nil {
			return *text
		}
	}
	return ""
}
