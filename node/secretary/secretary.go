package secretary

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"votive/node/almanac"
	"votive/proto/votive"
)

// What a wish can come to nothing for; the almanac's errors apart.
var (
	ErrInput   = errors.New("not understood")
	ErrRefused = errors.New("refused")
)

// wrong is an error whose text is for the person alone, and whose kind is for
// the caller to branch on.
type wrong struct {
	kind error
	text string
}

func (w wrong) Error() string { return w.text }
func (w wrong) Unwrap() error { return w.kind }

// input says what was wrong with what was asked.
func input(format string, args ...any) error {
	return wrong{ErrInput, fmt.Sprintf(format, args...)}
}

// refused says why it will not be done.
func refused(format string, args ...any) error {
	return wrong{ErrRefused, fmt.Sprintf(format, args...)}
}

// ErrNotOrganizer says that only organizers may do or see that.
var ErrNotOrganizer = refused("you are not an organizer of it")

// Options are what a Secretary works with.
type Options struct {
	Keeper func() string                                // its address, for links; may give ""
	Here   func() string                                // this node's, for links of who asks for it; may give ""
	Dial   func(ctx context.Context, addr string) error // connects to the peer of a link
	Random io.Reader                                    // default crypto/rand
	Log    *slog.Logger

	// Delay draws how long to wait before what others caused is done, of a given
	// mean. Default: exponential, at most 4 times the mean.
	Delay func(mean time.Duration) time.Duration
}

// Secretary does what the person asks. Its methods may be called by many
// goroutines at once, but for Run and Duties.
type Secretary struct {
	Options
	book *almanac.Almanac

	// What Duties wait with; all of it may be lost.
	answering, repeating, noting, turning patience
	owed                                  map[votive.ID]bool   // keeps that others caused, not yet noted to oneself
	stuck                                 map[votive.ID]string // events that can have no new Inbox, and why
}

// New makes a Secretary for the person whose almanac it is.
func New(book *almanac.Almanac, o Options) *Secretary {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Keeper == nil {
		o.Keeper = func() string { return "" }
	}
	if o.Here == nil {
		o.Here = func() string { return "" }
	}
	if o.Delay == nil {
		o.Delay = exponential
	}
	return &Secretary{Options: o, book: book, owed: make(map[votive.ID]bool), stuck: make(map[votive.ID]string)}
}

// Init makes the vault: for a new identity, or for one brought back by its 24
// words. Without a passphrase whoever has the disk has the vault.
func (s *Secretary) Init(ctx context.Context, passphrase []byte, restore []string) (votive.Identity, error) {
	var id votive.Identity
	var err error
	if len(restore) > 0 {
		if id, err = votive.IdentityFromBackup(restore); err != nil {
			return id, input("%v", err)
		}
	} else if id, err = votive.NewIdentity(s.Random); err != nil {
		return id, err
	}
	return id, s.book.Create(ctx, passphrase, id)
}

// secret draws a new one.
func (s *Secretary) secret() (votive.Secret, error) { return votive.NewSecret(s.Random) }
