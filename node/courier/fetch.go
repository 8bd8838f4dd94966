package courier

import (
	"context"
	"fmt"
	"io"
	"time"

	"votive/node/mesh"
	"votive/proto/recon"
	"votive/proto/votive"
)

const (
	batchTime = time.Minute     // for one batch
	fetchTime = 2 * time.Minute // for all batches; then it is somebody else's turn

	// A batch is made as large as the peer delivers in this time, more or
	// less: a slow one is to get one done, and not to hold up what others
	// could bring.
	firstBatch = 64
	quickBatch = 5 * time.Second
	slowBatch  = 20 * time.Second

	// maxMissing is what one session is to learn of: 64 MiB worth of frames.
	// There can be another.
	maxMissing = 16384

	// A peer is given up when it brought this many frames more that we do not
	// keep than frames that we do.
	maxUseless = 2048

	// Frames dropped between the listing and the asking are few.
	maxGone = 64

	// What another peer is bringing is waited for so long, in all, before it is
	// asked for here as well: that peer may be slow, or stall.
	patience = 2 * time.Second
)

// session is the side of reconciliation that fetches.
type session interface {
	Fetch(most int, busy func(leaf int) bool) ([]byte, []recon.Short)
	Short(id recon.ID) recon.Short
	Drop(id recon.ID) bool
	Missing() int
}

// outcome is what came of fetching from a peer.
type outcome struct {
	peer      mesh.PeerID
	same      bool // the peer has just what we have
	more      bool // there was more than one session can bring
	delivered int  // frames that came
	kept      int  // of these, new ones in the store now
	gone      int  // frames offered that the peer has no longer
	err       error
}

// fetching brings frames that were found to be missing. It belongs to one
// goroutine. The next batch is asked for before the last one is kept, so that
// the peer need not wait for this node's disk: two are in hand at most.
type fetching struct {
	*channel
	*outcome
	session session
	came    []votive.Frame // fresh, in flight, and not yet kept
	seen    uint64         // number of the last frame in the store that was looked at
	size    int            // of the next batch
	useless int            // frames that came and were not kept
}

// fetch brings all that is missing, as far as the peer is worth it. What is
// asked for, and in what order, says the session, which knows nothing but ids
// (SPEC 10.9).
func (c *channel) fetch(ctx context.Context, s session, o *outcome, since uint64) error {
	f := &fetching{channel: c, outcome: o, session: s, size: firstBatch, seen: since}
	defer c.tally.stop(f)
	for _, id := range c.refused.all() {
		s.Drop(recon.ID(id))
	}
	start, patient := time.Now(), patience
	left := false
	for {
		f.pass()
		c.tally.lack(f, s.Missing())
		if time.Since(start) > fetchTime || f.useless > f.kept+maxUseless {
			left = s.Missing() > 0
			break
		}
		began := time.Now()
		// Towards the end, batches of several peers would be the same frames.
		msg, batch, ended := f.bringing.choose(s, min(f.size, max(s.Missing()/4, firstBatch/4)), patient > 0)
		if msg == nil && len(f.came) > 0 {
			if err := f.keepFresh(ctx); err != nil {
				return err
			}
			continue
		}
		if msg == nil && s.Missing() > 0 && patient > 0 {
			await(ctx, ended, patient)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			patient -= time.Since(began)
			continue
		}
		if msg == nil {
			break
		}
		err := f.batch(ctx, msg, batch)
		f.bringing.end(batch)
		if err != nil {
			return err
		}
		f.adapt(time.Since(began))
	}
	if err := f.keepFresh(ctx); err != nil {
		return err
	}
	f.more = f.more || f.kept > 0 && left
	if f.delivered == 0 && f.gone > 0 {
		return fmt.Errorf("%w: none of %d frames", errShort, f.gone)
	}
	return nil
}

// pass leaves out what has come by other ways since the sets were compared.
func (f *fetching) pass() {
	for number, e := range f.store.Arrivals(f.seen) {
		f.session.Drop(recon.ID(e.ID))
		f.seen = number
	}
	for _, id := range f.intake.all() {
		f.session.Drop(recon.ID(id))
	}
}

// adapt chooses the size of the next batch by how long the last one took.
func (f *fetching) adapt(took time.Duration) {
	switch {
	case took < quickBatch:
		f.size = min(2*f.size, recon.MaxFetch)
	case took > slowBatch:
		f.size = max(f.size/2, 1)
	}
}

// batch asks for a batch, keeps the one before, and takes what comes, which is
// kept even if not all does. SPEC 10.9, 10.11.
func (f *fetching) batch(ctx context.Context, msg []byte, batch []recon.Short) error {
	f.within(batchTime)
	failed := f.say(ctx, msg)
	if err := f.keepFresh(ctx); err != nil {
		return err
	}
	f.within(batchTime)
	for _, short := range batch {
		if failed != nil {
			break
		}
		var frame votive.Frame
		var ok bool
		if frame, ok, failed = f.read(short); ok && f.fresh(frame) {
			f.came = append(f.came, frame)
		}
	}
	if failed == nil && f.gone > f.delivered+maxGone {
		failed = fmt.Errorf("%w: %d frames of %d offered", errShort, f.delivered, f.delivered+f.gone)
	}
	if failed != nil {
		if err := f.keepFresh(ctx); err != nil {
			return err
		}
	}
	return failed
}

// fresh reports whether nobody else has brought a frame that came, and says to
// the others that it is here. It is shown at once: a peer that takes a minute for
// the rest of its batch would else keep it from the person for so long, since
// nobody else's is taken (SPEC 10.12).
func (f *fetching) fresh(frame votive.Frame) bool {
	if f.store.Has(frame.ID()) {
		return false
	}
	f.brought.add(time.Now(), frame)
	if !f.intake.begin(frame.ID()) {
		return false
	}
	f.almanac.Show(frame)
	return true
}

// keepFresh keeps what came.
func (f *fetching) keepFresh(ctx context.Context) error {
	fresh := f.came
	f.came = nil
	if err := f.keep(ctx, fresh); err != nil {
		return fmt.Errorf("%w: %v", errKeep, err)
	}
	for _, frame := range fresh {
		if f.store.Has(frame.ID()) {
			f.kept++
			f.tally.fetched.Add(1)
		} else { // the store's quota would not have it
			f.refuse(frame.ID())
		}
	}
	return nil
}

// read reads what the peer answers for one frame, and gives the frame if it is
// accepted. SPEC 10.11.
func (f *fetching) read(short recon.Short) (votive.Frame, bool, error) {
	answer, err := f.in.ReadByte()
	switch {
	case err != nil:
		return votive.Frame{}, false, err
	case answer == haveNot:
		f.gone++
		return votive.Frame{}, false, nil
	case answer != have:
		return votive.Frame{}, false, fmt.Errorf("%w: answer %d to an ask, want %d or %d", errLie, answer, haveNot, have)
	}
	buf := new([votive.FrameSize]byte)
	if _, err := io.ReadFull(f.in, buf[:]); err != nil {
		return votive.Frame{}, false, err
	}
	frame, verdict, err := votive.Judge(buf[:], f.store.Floor(), f.now())
	switch {
	case verdict == votive.Reject:
		return votive.Frame{}, false, fmt.Errorf("%w: %v", errLie, err)
	case f.session.Short(recon.ID(frame.ID())) != short:
		return votive.Frame{}, false, fmt.Errorf("%w: a frame that was not asked for", errLie)
	}
	f.delivered++
	f.tally.hear(f.now())
	if verdict == votive.Ignore {
		f.refuse(frame.ID())
		return votive.Frame{}, false, nil
	}
	return frame, true, nil
}

// refuse remembers a frame that came for nothing.
func (f *fetching) refuse(id votive.ID) {
	f.useless++
	f.refused.add(id, time.Now())
}
