package almanac

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"votive/node/store"
	"votive/node/vault"
	"votive/proto/votive"
)

// Options are what an Almanac is made of.
type Options struct {
	Store  *store.Store
	Vault  *vault.Vault
	Now    func() time.Time // default time.Now
	Random io.Reader        // default crypto/rand
	Effort uint8            // bits for frames that live 8 days; 2 and 4 more for the longer; at least 16
	Log    *slog.Logger
}

// Almanac is what this node knows. Its methods may be called by many
// goroutines at once.
type Almanac struct {
	Options

	mu    sync.RWMutex // guards index
	index *index       // nil while locked

	ring     atomic.Pointer[ring] // what index watches for; copied when it grows
	watchers watchers
	arrivals bell
	pieces   pieces

	writing sync.Mutex // one writer at a time; taken before mu
	out     outbox

	incoming chan []votive.Frame // from Show to the opener
	queued   atomic.Int64        // how many frames are in it
	behind   atomic.Bool         // something did not fit into incoming
	wake     chan struct{}       // the opener has to look at behind
	shown    shown               // what is on its way into the store
	damaged  atomic.Uint32       // private rows that could not be read
	heard    atomic.Int64        // when the last frame came, Unix milliseconds
	carrying trouble             // what is wrong with the store
	keeping  trouble             // and with the vault

	swept atomic.Pointer[time.Time] // when Sweep was last called; nil: not yet
}

// What callers branch on.
var (
	ErrNoVault         = errors.New("there is no vault here yet")
	ErrLocked          = vault.ErrLocked
	ErrExists          = vault.ErrExists
	ErrWrongPassphrase = vault.ErrWrongPassphrase
	ErrFull            = vault.ErrFull
)

// Open makes an Almanac of a store and a vault. Where the vault needs no
// passphrase it is read at once, otherwise at Unlock.
func Open(ctx context.Context, o Options) (*Almanac, error) {
	if o.Effort < votive.MinEffort {
		return nil, fmt.Errorf("effort %d is below %d", o.Effort, votive.MinEffort)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	a := &Almanac{
		Options:  o,
		incoming: make(chan []votive.Frame, 4096),
		wake:     make(chan struct{}, 1),
	}
	a.out.changed = make(chan struct{}, 1)
	if o.Vault.Exists() && !o.Vault.Locked() {
		if err := a.load(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Run opens what Receive takes, lets die what has expired, and destroys what
// must not be kept, until ctx ends.
func (a *Almanac) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.open(ctx) })
	g.Go(func() error { return a.sweep(ctx) })
	return g.Wait()
}

// Receive takes frames that have passed their verdict: it shows them, and
// carries them.
func (a *Almanac) Receive(ctx context.Context, frames []votive.Frame) error {
	a.Show(frames...)
	return a.Carry(ctx, frames)
}

// Show hands frames of others that have passed their verdict to the opener, and returns
// at once. Nothing that the network sees waits for the reading of them.
func (a *Almanac) Show(frames ...votive.Frame) {
	if len(frames) == 0 {
		return
	}
	a.heard.Store(a.Now().UnixMilli())
	r := a.ring.Load()
	a.shown.put(r, frames)
	if r != nil && !a.hand(frames) {
		a.shown.put(nil, frames)
	}
}

// hand hands frames to the opener, unless it has too much to read.
func (a *Almanac) hand(frames []votive.Frame) bool {
	if n := int64(len(frames)); a.queued.Add(n) > maxIncoming {
		a.queued.Add(-n)
		return false
	}
	select {
	case a.incoming <- frames:
		return true
	default:
		a.queued.Add(-int64(len(frames)))
		return false
	}
}

// maxIncoming is how many frames wait for the opener at most: 32 MiB. What is
// over it finds in the store.
const maxIncoming = 8192

// Carry puts frames that have passed their verdict into the store. They are on
// disk when it returns.
func (a *Almanac) Carry(ctx context.Context, frames []votive.Frame) error {
	if len(frames) == 0 {
		return nil
	}
	a.Vault.Arrived(len(frames))
	_, err := a.Store.Put(ctx, frames...)
	a.carrying.note(err)
	again, lost := a.shown.stale(a.ring.Load(), frames)
	if lost || len(again) > 0 && !a.hand(again) {
		a.lag()
	}
	if err != nil {
		return err
	}
	a.arrivals.ring()
	return nil
}

// lag has the opener look through the store for what it was not handed.
func (a *Almanac) lag() {
	a.behind.Store(true)
	a.nudge()
}

// LastHeard is when the last frame came from anybody, or the zero time.
func (a *Almanac) LastHeard() time.Time {
	if ms := a.heard.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// Damaged is how many private rows could not be read at unlock.
func (a *Almanac) Damaged() int { return int(a.damaged.Load()) }

// sweep sweeps once an hour.
func (a *Almanac) sweep(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := a.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.Log.Warn("what has expired could not be dropped", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sweep drops frames that have died, and destroys what must not be kept. Run
// does it every hour.
func (a *Almanac) Sweep(ctx context.Context) error {
	now := a.Now()
	if before := a.swept.Swap(&now); before != nil && setBack(now.Round(0).Sub(before.Round(0)), now.Sub(*before)) {
		a.lag() // what came dead by a clock that was ahead was not read
	}
	_, err := a.Store.Expire(ctx, now)
	a.forgetFrames()
	return errors.Join(err, a.forget(ctx))
}

// setBack reports whether the clock on the wall, by which so much has passed, was
// set back while so much did.
func setBack(wall, passed time.Duration) bool { return wall < 0 || wall < passed-time.Minute }
