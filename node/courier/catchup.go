package courier

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"votive/node/mesh"
	"votive/proto/recon"
	"votive/proto/votive"
)

// Protocol is the protocol of catch-up's streams. SPEC 10.1.
const Protocol = "/votive/catchup/1"

// What a frame that was asked for is answered with. SPEC 10.9.
const haveNot, have = 0, 1

var (
	// errLie is about what no honest peer sends, whatever its clock and store.
	errLie = errors.New("peer lies")
	// errShort is about frames offered and not delivered.
	errShort = errors.New("peer does not deliver")
	// errBusy means that the peer had no time for us.
	errBusy = errors.New("peer is busy")
	// errKeep means that we could not store what a peer brought.
	errKeep = errors.New("frames cannot be kept")
)

// tooLong is for how long a frame has to be dead for nobody to take it.
// SPEC 2.6.
const tooLong = 48 * time.Hour

// expired reports whether a frame that dies on that day is too long dead to be
// taken.
func expired(day votive.Day, now time.Time) bool { return now.Sub(day.Time()) > tooLong }

// window is what this node takes part with: what is above a floor, and not too
// long dead, whoever can read it. SPEC 10.3.
func (c *Courier) window(floor votive.Rank) recon.Window {
	first := votive.DayOf(c.now().Add(-tooLong))
	if expired(first, c.now()) {
		first++
	}
	return recon.Window{
		Floor: recon.MakeKey(floor.Rank, uint16(floor.Expiry), floor.ID), First: uint16(first),
	}
}

// nonce is a new one, for one session. SPEC 10.5.
func nonce() (n recon.Nonce) {
	_, _ = rand.Read(n[:]) // never fails
	return n
}

// channel is a catch-up stream, message by message. It belongs to one
// goroutine.
type channel struct {
	*Courier
	peer  mesh.PeerID
	s     deadliner
	in    *bufio.Reader
	out   *bufio.Writer
	until time.Time // no deadline is later
}

// deadliner is what a channel needs of a stream.
type deadliner interface {
	io.ReadWriter
	SetDeadline(time.Time) error
}

func (c *Courier) channel(s mesh.Stream, most time.Duration) channel {
	return channel{
		Courier: c, peer: s.Peer(), s: s, until: time.Now().Add(most),
		in: bufio.NewReaderSize(s, 1<<16), out: bufio.NewWriterSize(s, 1<<16),
	}
}

// within gives reads and writes so long.
func (c *channel) within(d time.Duration) {
	t := time.Now().Add(d)
	if t.After(c.until) {
		t = c.until
	}
	_ = c.s.SetDeadline(t) // it only notes the time
}

// hear reads a message, whole as it came.
func (c *channel) hear() ([]byte, error) {
	var head [recon.HeaderSize]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return nil, err
	}
	n, err := recon.Length(head)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errLie, err)
	}
	// No more is held than has come: who says a long message has to send it.
	msg := append(make([]byte, 0, recon.HeaderSize+min(n, 1<<12)), head[:]...)
	for len(msg) < recon.HeaderSize+n {
		at := len(msg)
		msg = append(msg, make([]byte, min(recon.HeaderSize+n-at, 1<<14))...)
		if _, err := io.ReadFull(c.in, msg[at:]); err != nil {
			return nil, err
		}
	}
	return msg, nil
}

// say writes a message; at the pace of as many bytes of frames.
func (c *channel) say(ctx context.Context, msg []byte) error {
	for range len(msg) / votive.FrameSize {
		if err := c.offers.pace.Wait(ctx); err != nil {
			return err
		}
	}
	_, err := c.out.Write(msg)
	return errors.Join(err, c.out.Flush())
}

// hand writes the frames that were asked for, or that they are not here any
// longer. SPEC 10.9.
func (c *channel) hand(ctx context.Context, ids []recon.ID) error {
	for _, id := range ids {
		if err := c.offers.pace.Wait(ctx); err != nil {
			return err
		}
		f, err := c.store.Get(ctx, id)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil: // dropped since, or damaged on disk
			err = c.out.WriteByte(haveNot)
		default:
			c.tally.served.Add(1)
			_ = c.out.WriteByte(have) // what fails, fails for what follows
			_, err = c.out.Write(f.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return c.out.Flush()
}
