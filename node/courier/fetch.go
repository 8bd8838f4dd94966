package courier

import (
	"context"
	"errors"
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

	// maxCame frames, 4 MiB, may have come while the disk is busy with those of
	// before, which are as many and a batch. Then the peer waits for it.
	maxCame = 4 * maxBatch

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
// goroutine. What came is kept beside that, in one portion after the other, so
// that neither the peer nor the line waits for this node's disk.
type fetching struct {
	*channel
	*outcome
	session session
	came    []votive.Frame // fresh, in flight, and not yet kept; maxCame and a batch at most
	keeping *portion       // being kept; nil for none
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
	left, err := f.bring(ctx)
	// What came is kept even if not all does.
	if err := errors.Join(err, f.keepFresh(ctx)); err != nil {
		return err
	}
	f.more = f.more || f.kept > 0 && left
	if f.delivered == 0 && f.gone > 0 {
		return fmt.Errorf("%w: none of %d frames", errShort, f.gone)
	}
	return nil
}

// bring brings one batch after the other, and says whether it left anything,
// because it took too long or was not worth it.
func (f *fetching) bring(ctx context.Context) (left bool, err error) {
	c, s := f.channel, f.session
	for _, id := range c.refused.all() {
		s.Drop(recon.ID(id))
	}
	start, patient := time.Now(), patience
	for {
		f.pass()
		c.tally.lack(f, s.Missing())
		if time.Since(start) > fetchTime || f.useless > f.kept+maxUseless {
			return s.Missing() > 0, nil
		}
		began := time.Now()
		// Towards the end, batches of several peers would be the same frames.
		msg, batch, ended := f.bringing.choose(s, min(f.size, max(s.Missing()/4, firstBatch/4)), patient > 0)
		if msg == nil && (len(f.came) > 0 || f.keeping != nil) {
			if err := f.keepFresh(ctx); err != nil {
				return false, err
			}
			continue
		}
		if msg == nil && s.Missing() > 0 && patient > 0 {
			await(ctx, ended, patient)
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			patient -= time.Since(began)
			continue
		}
		if msg == nil {
			return false, nil
		}
		err := f.batch(ctx, msg, batch)
		f.bringing.end(batch)
		if err != nil {
			return false, err
		}
		f.adapt(time.Since(began))
	}
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

// batch asks for a batch, has what came before kept, and takes what comes. SPEC
// 10.9, 10.11.
func (f *fetching) batch(ctx context.Context, msg []byte, batch []recon.Short) error {
	f.within(batchTime)
	if err := f.say(ctx, msg); err != nil {
		return err
	}
	if err := f.keepOn(ctx); err != nil {
		return err
	}
	f.within(batchTime)
	for _, short := range batch {
		frame, ok, err := f.read(short)
		if err != nil {
			return err
		}
		if ok && f.fresh(frame) {
			f.came = append(f.came, frame)
		}
	}
	if f.gone > f.delivered+maxGone {
		return fmt.Errorf("%w: %d frames of %d offered", errShort, f.delivered, f.delivered+f.gone)
	}
	return nil
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

// portion is frames that are being kept.
type portion struct {
	frames []votive.Frame
	done   chan error
}

// keepOn begins to keep what came, unless that of before is still being kept:
// then it waits for that only where too much has come meanwhile.
func (f *fetching) keepOn(ctx context.Context) error {
	if f.keeping != nil && len(f.keeping.done) == 0 && len(f.came) < maxCame {
		return nil
	}
	if err := f.settle(); err != nil || len(f.came) == 0 {
		return err
	}
	p := &portion{f.came, make(chan error, 1)}
	f.keeping, f.came = p, nil
	go func() { p.done <- f.keep(ctx, p.frames) }()
	return nil
}

// keepFresh keeps what came: all of it has its place in the store, or none,
// when it returns.
func (f *fetching) keepFresh(ctx context.Context) error {
	err := f.settle()
	if begin := f.keepOn(ctx); begin != nil { // also after an error: what came is in flight
		err = errors.Join(err, begin)
	}
	return errors.Join(err, f.settle())
}

// settle waits for what is being kept, and counts it.
func (f *fetching) settle() error {
	if f.keeping == nil {
		return nil
	}
	p := f.keeping
	f.keeping = nil
	if err := <-p.done; err != nil {
		return fmt.Errorf("%w: %v", errKeep, err)
	}
	for _, frame := range p.frames {
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
