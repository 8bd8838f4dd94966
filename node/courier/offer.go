package courier

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

const (
	maxOffers        = 8
	maxOffersPerPeer = 2
	offerTime        = 10 * time.Minute // of one offer; the asker comes again
	offerUndisturbed = time.Minute      // before it gives way to a peer that has none

	// What all offers together send, in units of a frame: 8 MiB a second.
	serveRate  = 2048
	serveBurst = 2048

	// How often one peer may ask: an honest one asks about once a minute, and
	// sooner when it missed something.
	askedEvery = 10 * time.Second
	askedBurst = 6
	maxAskers  = 1024 // peers whose asking is remembered
)

// serve is the offerer's side of a stream that a peer opened.
func (c *Courier) serve(ctx context.Context, m *mesh.Mesh, s mesh.Stream) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := &offering{peer: s.Peer(), since: time.Now(), stop: func() {
		cancel()
		_ = s.Reset() // what it was doing fails
	}}
	if !c.offers.enter(o) {
		_ = s.Reset()
		return
	}
	defer c.offers.leave(o)
	_ = s.SetDeadline(o.since.Add(offerTime)) // it only notes the time
	if err := c.offer(ctx, s); err != nil {
		c.log.Debug("courier: offer ended", "peer", o.peer, "err", err)
		_ = s.Reset()
	}
}

// offer says what there is and hands out what is asked for, in the order in
// which it is asked for. SPEC 10.2 to 10.4.
func (c *Courier) offer(ctx context.Context, s io.ReadWriter) error {
	in, out := bufio.NewReader(s), bufio.NewWriterSize(s, 1<<16)
	l := c.listing()
	if _, err := out.Write(appendNumber(l.sum[:], len(l.keys))); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	switch answer, err := in.ReadByte(); {
	case err != nil:
		return err
	case answer == sameSet:
		return nil
	case answer != listAll:
		return fmt.Errorf("answer %d to a fingerprint, want %d or %d", answer, sameSet, listAll)
	}
	if err := c.list(ctx, out, l.keys); err != nil {
		return err
	}
	left := len(l.keys) // each may be asked for once
	l = listing{}       // it may be long outdated when the last frame is sent
	for {
		ids, err := readAsked(in, min(left, maxBatch))
		if len(ids) == 0 || err != nil {
			return err
		}
		left -= len(ids)
		for _, id := range ids {
			if err := c.hand(ctx, out, id); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// list writes the keys, at the pace of as many bytes of frames.
func (c *Courier) list(ctx context.Context, out *bufio.Writer, keys []store.Key) error {
	const each = votive.FrameSize / store.KeySize
	b := make([]byte, 0, each*store.KeySize)
	for some := range slices.Chunk(keys, each) {
		if err := c.offers.pace.Wait(ctx); err != nil {
			return err
		}
		b = b[:0]
		for _, k := range some {
			b = k.Append(b)
		}
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Flush()
}

// readAsked reads a number of at most limit, and that many ids.
func readAsked(in io.Reader, limit int) ([]votive.ID, error) {
	n, err := readNumber(in)
	switch {
	case err != nil:
		return nil, err
	case n > limit:
		return nil, fmt.Errorf("asked for %d frames, want at most %d", n, limit)
	}
	ids := make([]votive.ID, n)
	for i := range ids {
		if _, err := io.ReadFull(in, ids[i][:]); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// hand writes a frame, or that it is not here any longer.
func (c *Courier) hand(ctx context.Context, out *bufio.Writer, id votive.ID) error {
	if err := c.offers.pace.Wait(ctx); err != nil {
		return err
	}
	f, err := c.store.Get(ctx, id)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil: // dropped since, or damaged on disk
		return out.WriteByte(haveNot)
	}
	if err := out.WriteByte(have); err != nil {
		return err
	}
	c.tally.served.Add(1)
	_, err = out.Write(f.Bytes())
	return err
}

// offering is one offer that runs.
type offering struct {
	peer  mesh.PeerID
	since time.Time
	stop  func()
}

// offers bounds how many offers run, how much they send, and how often one
// peer may ask.
type offers struct {
	pace *rate.Limiter

	mu      sync.Mutex
	running []*offering // oldest first
	askers  map[mesh.PeerID]*rate.Limiter
	closed  bool
	done    sync.WaitGroup
}

func newOffers() offers {
	return offers{
		pace:   rate.NewLimiter(serveRate, serveBurst),
		askers: make(map[mesh.PeerID]*rate.Limiter),
	}
}

// enter reports whether an offer may run. Where there are too many, a peer that
// has none takes the place of the one that has run longest.
func (o *offers) enter(now *offering) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || !o.mayAsk(now.peer) {
		return false
	}
	same := 0
	for _, r := range o.running {
		if r.peer == now.peer {
			same++
		}
	}
	if same >= maxOffersPerPeer {
		return false
	}
	if len(o.running) >= maxOffers {
		oldest := o.running[0]
		if same > 0 || now.since.Sub(oldest.since) < offerUndisturbed {
			return false
		}
		oldest.stop()
		o.running = slices.Delete(o.running, 0, 1)
	}
	o.running = append(o.running, now)
	o.done.Add(1)
	return true
}

func (o *offers) leave(gone *offering) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.running = slices.DeleteFunc(o.running, func(r *offering) bool { return r == gone })
	o.done.Done()
}

// mayAsk counts an ask against the pace of a peer. The caller holds mu.
func (o *offers) mayAsk(id mesh.PeerID) bool {
	asker, ok := o.askers[id]
	if !ok {
		if len(o.askers) >= maxAskers {
			for id, a := range o.askers { // a full bucket says nothing
				if a.Tokens() >= askedBurst {
					delete(o.askers, id)
				}
			}
		}
		if len(o.askers) >= maxAskers {
			return false
		}
		asker = rate.NewLimiter(rate.Every(askedEvery), askedBurst)
		o.askers[id] = asker
	}
	return asker.Allow()
}

// shut ends what runs, lets nothing begin, and waits.
func (o *offers) shut() {
	o.mu.Lock()
	o.closed = true
	for _, r := range o.running {
		r.stop()
	}
	o.mu.Unlock()
	o.done.Wait()
}
