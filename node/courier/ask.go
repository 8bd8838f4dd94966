package courier

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

const (
	helloTime = 30 * time.Second // for the fingerprint
	listTime  = 3 * time.Minute  // for all keys
	batchTime = time.Minute      // for one batch
	askTime   = 2 * time.Minute  // for all batches; then it is somebody else's turn

	// A batch is made as large as the peer delivers in this time, more or
	// less: a slow one is to get one done, and not to hold up what others
	// could bring.
	firstBatch = 64
	quickBatch = 5 * time.Second
	slowBatch  = 20 * time.Second

	// maxMissing bounds what one ask remembers: 64 MiB worth of frames, in
	// half a MiB. There can be another ask.
	maxMissing = 16384

	// An ask is given up when it brought this many frames more that we do not
	// keep than frames that we do. A key does not tell the rank, so that what
	// is below the floor is found out when it is here; reconciliation will
	// exchange floors first.
	maxUseless = 2048

	// Frames dropped between the listing and the asking are few.
	maxGone = 64
)

// outcome is what came of asking a peer.
type outcome struct {
	peer      mesh.PeerID
	same      bool // the peer has just what we have
	more      bool // there was more than one ask can bring
	delivered int  // frames that came
	kept      int  // of these, new ones in the store now
	gone      int  // frames offered that the peer has no longer
	err       error
}

// ask is the asker's side of one stream. It belongs to one goroutine.
type ask struct {
	*Courier
	outcome
	s       mesh.Stream
	in      *bufio.Reader
	out     *bufio.Writer
	missing []store.Key // offered and wanted
	size    int         // of the next batch
	useless int         // frames that came and were not kept
	buf     [votive.FrameSize]byte
}

// ask asks a peer for everything that this node lacks.
func (c *Courier) ask(ctx context.Context, m *mesh.Mesh, peer mesh.PeerID) outcome {
	s, err := m.OpenStream(ctx, peer, Protocol)
	if err != nil {
		return outcome{peer: peer, err: err}
	}
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	return c.askOver(ctx, s)
}

func (c *Courier) askOver(ctx context.Context, s mesh.Stream) outcome {
	a := &ask{Courier: c, outcome: outcome{peer: s.Peer()}, s: s, size: firstBatch}
	a.in, a.out = bufio.NewReaderSize(s, 1<<16), bufio.NewWriter(s)
	defer c.tally.stop(a)
	a.err = a.run(ctx)
	if a.err != nil {
		_ = s.Reset()
	} else {
		_ = s.Close() // nothing is left to arrive
	}
	return a.outcome
}

func (a *ask) run(ctx context.Context) error {
	n, err := a.greet()
	if err != nil || a.same {
		return err
	}
	if err := a.listen(n); err != nil {
		return err
	}
	start := time.Now()
	for _, last := range []bool{false, true} {
		// What another ask is bringing is left out at first. If it is still
		// missing in the end, that peer is slow or worse, and a batch twice
		// costs less than waiting for it.
		rest := a.missing
		a.missing = nil
		for len(rest) > 0 {
			if time.Since(start) > askTime || a.useless > a.kept+maxUseless {
				a.more = a.more || a.kept > 0
				return a.bye()
			}
			var batch []store.Key
			batch, rest = a.pick(rest, last)
			a.tally.lack(a, len(batch)+len(rest)+len(a.missing))
			began := time.Now()
			if err := a.fetch(ctx, batch); err != nil {
				return err
			}
			a.adapt(time.Since(began))
		}
	}
	return a.bye()
}

// greet reads the fingerprint and how many keys there are. SPEC 10.2.
func (a *ask) greet() (int, error) {
	_ = a.s.SetDeadline(time.Now().Add(helloTime))
	var sum [sumSize]byte
	switch _, err := io.ReadFull(a.in, sum[:1]); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return 0, err
	case err != nil: // it did not take the stream
		return 0, fmt.Errorf("%w: %v", errBusy, err)
	}
	if _, err := io.ReadFull(a.in, sum[1:]); err != nil {
		return 0, err
	}
	n, err := readNumber(a.in)
	if err != nil {
		return 0, err
	}
	if n > maxKeys {
		return 0, fmt.Errorf("%w: it has %d frames, want at most %d", errLie, n, maxKeys)
	}
	mine := a.listing()
	if a.same = bytes.Equal(sum[:], mine.sum[:]); a.same {
		return n, a.write([]byte{sameSet})
	}
	return n, a.write([]byte{listAll})
}

// listen reads the keys and remembers those that are wanted, the last ones when
// they are too many. SPEC 10.3.
func (a *ask) listen(n int) error {
	_ = a.s.SetDeadline(time.Now().Add(listTime))
	var previous, raw [store.KeySize]byte
	next := 0 // where the oldest is, once there are maxMissing
	for i := range n {
		if _, err := io.ReadFull(a.in, raw[:]); err != nil {
			return fmt.Errorf("after %d of %d keys: %w", i, n, err)
		}
		if i > 0 && bytes.Compare(raw[:], previous[:]) <= 0 {
			return fmt.Errorf("%w: key %d is not greater than the one before", errLie, i)
		}
		previous = raw
		switch k := parseKey(&raw); {
		case !a.wants(k):
		case len(a.missing) < maxMissing:
			a.missing = append(a.missing, k)
		default:
			a.more = true
			a.missing[next] = k
			next = (next + 1) % maxMissing
		}
	}
	if next > 0 {
		a.missing = append(a.missing[next:len(a.missing):len(a.missing)], a.missing[:next]...)
	}
	return nil
}

// wants reports whether a frame is to be asked for: it is not here, it was not
// here before and of no use, and no clock forbids it whatever its class. It
// knows nothing else about it (SPEC 2.7, 10.4).
func (a *ask) wants(k store.Key) bool {
	now := a.now()
	latest := votive.DayOf(now.Add(tooLong)) + votive.Day(votive.Days120.Days())
	return k.Expiry <= latest && !expired(k.Expiry, now) &&
		a.store.Wants(k) && !a.intake.has(k.ID) && !a.refused.has(k.ID)
}

// pick takes the next batch from the end of rest: what lives longest first,
// because it is least likely to be below the floor. Unless it is the last
// chance, what another ask is bringing is put back.
func (a *ask) pick(rest []store.Key, last bool) (batch, left []store.Key) {
	for len(rest) > 0 && len(batch) < a.size {
		k := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		switch {
		case !a.wants(k): // it has come in the meantime
		case a.claims.take(k.ID, a) || last:
			batch = append(batch, k)
		default:
			a.missing = append(a.missing, k)
		}
	}
	return batch, rest
}

// adapt chooses the size of the next batch by how long the last one took.
func (a *ask) adapt(took time.Duration) {
	switch {
	case took < quickBatch:
		a.size = min(2*a.size, maxBatch)
	case took > slowBatch:
		a.size = max(a.size/2, 1)
	}
}

// fetch asks for a batch and keeps what comes of it, even if not all does.
// SPEC 10.4, 10.5.
func (a *ask) fetch(ctx context.Context, batch []store.Key) error {
	if len(batch) == 0 {
		return nil
	}
	defer a.claims.drop(batch, a)
	_ = a.s.SetDeadline(time.Now().Add(batchTime))
	b := appendNumber(make([]byte, 0, 4+len(batch)*len(votive.ID{})), len(batch))
	for _, k := range batch {
		b = append(b, k.ID[:]...)
	}
	if err := a.write(b); err != nil {
		return err
	}
	var came []votive.Frame
	var failed error
	for _, k := range batch {
		var f votive.Frame
		var ok bool
		if f, ok, failed = a.read(k); failed != nil {
			break
		}
		if ok {
			came = append(came, f)
		}
	}
	if err := a.keepFresh(ctx, came); err != nil {
		return err
	}
	if failed == nil && a.gone > a.delivered+maxGone {
		failed = fmt.Errorf("%w: %d frames of %d offered", errShort, a.delivered, a.delivered+a.gone)
	}
	return failed
}

// keepFresh keeps what nobody else has brought while it was on its way.
func (a *ask) keepFresh(ctx context.Context, came []votive.Frame) error {
	var fresh []votive.Frame
	for _, f := range came {
		if !a.store.Has(f.ID()) && a.intake.begin(f.ID()) {
			fresh = append(fresh, f)
		}
	}
	a.almanac.Show(fresh...)
	if err := a.keep(ctx, fresh); err != nil {
		return fmt.Errorf("%w: %v", errKeep, err)
	}
	for _, f := range fresh {
		if a.store.Has(f.ID()) {
			a.kept++
			a.tally.fetched.Add(1)
		} else { // the store's quota would not have it
			a.refuse(f.ID())
		}
	}
	return nil
}

// read reads what the peer answers for one frame, and gives the frame if it is
// accepted. SPEC 10.5.
func (a *ask) read(k store.Key) (votive.Frame, bool, error) {
	answer, err := a.in.ReadByte()
	switch {
	case err != nil:
		return votive.Frame{}, false, err
	case answer == haveNot:
		a.gone++
		return votive.Frame{}, false, nil
	case answer != have:
		return votive.Frame{}, false, fmt.Errorf("%w: answer %d to an ask, want %d or %d", errLie, answer, haveNot, have)
	}
	if _, err := io.ReadFull(a.in, a.buf[:]); err != nil {
		return votive.Frame{}, false, err
	}
	f, verdict, err := votive.Judge(a.buf[:], a.store.Floor(), a.now())
	switch {
	case verdict == votive.Reject:
		return votive.Frame{}, false, fmt.Errorf("%w: %v", errLie, err)
	case f.ID() != k.ID || f.Expiry() != k.Expiry:
		return votive.Frame{}, false, fmt.Errorf("%w: a frame that was not asked for", errLie)
	}
	a.delivered++
	a.tally.hear(a.now())
	if verdict == votive.Ignore {
		a.refuse(k.ID)
		return votive.Frame{}, false, nil
	}
	return f, true, nil
}

// refuse remembers a frame that came for nothing.
func (a *ask) refuse(id votive.ID) {
	a.useless++
	a.refused.add(id, time.Now())
}

// bye ends an ask that went well.
func (a *ask) bye() error {
	if a.delivered == 0 && a.gone > 0 {
		return fmt.Errorf("%w: none of %d frames", errShort, a.gone)
	}
	return a.write(appendNumber(nil, 0))
}

func (a *ask) write(b []byte) error {
	_, err := a.out.Write(b)
	return errors.Join(err, a.out.Flush())
}

// claims is which ask is bringing which frame, so that asks that run at the
// same time share the work: a batch each.
type claims struct {
	mu sync.Mutex
	by map[votive.ID]*ask
}

func (c *claims) take(id votive.ID, by *ask) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, taken := c.by[id]; taken {
		return false
	}
	if c.by == nil {
		c.by = make(map[votive.ID]*ask)
	}
	c.by[id] = by
	return true
}

func (c *claims) drop(batch []store.Key, by *ask) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range batch {
		if c.by[k.ID] == by {
			delete(c.by, k.ID)
		}
	}
}
