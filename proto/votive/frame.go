package votive

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Sizes in a frame. SPEC 2.1.
const (
	FrameSize  = 4096
	HeaderSize = 52

	expiryAt = 2
	saltAt   = 4
	tagAt    = 36
	stampAt  = FrameSize - 8
)

// MinEffort is the least effort, in bits, of a frame that is not Rejected.
// SPEC 2.5.
const MinEffort = 16

// Topic is the gossipsub topic of all frames. SPEC 2.9.
const Topic = "/votive/1"

const frameVersion = 1

// Frame is 4,096 bytes that are well formed and whose stamp holds. Only Judge,
// ParseFrame and Stamp make one. Frames are compared by their ID; the zero
// Frame is none, and has an ID of zero.
type Frame struct {
	bytes *[FrameSize]byte
	id    ID
}

// ID is the frame id, which every byte has a part in. SPEC 2.3.
func (f Frame) ID() ID { return f.id }

// Bytes is a view of the 4,096 bytes, not to be written to; nil for none.
func (f Frame) Bytes() []byte {
	if f.bytes == nil {
		return nil
	}
	return f.bytes[:]
}

// Header is a copy of the first 52 bytes: all that it takes to know whether a
// Reader opens the frame.
func (f Frame) Header() Header {
	if f.bytes == nil {
		return Header{}
	}
	return Header(f.bytes[:HeaderSize])
}

// Effort is the number of zero bits that the frame claims and has.
func (f Frame) Effort() uint8 { h := f.Header(); return h.Effort() }

// Expiry is the day with whose midnight the frame dies.
func (f Frame) Expiry() Day { h := f.Header(); return h.Expiry() }

// Lifetime is the class of the frame.
func (f Frame) Lifetime() Lifetime { h := f.Header(); return h.Lifetime() }

// Rank is what the frame is worth to a store that is full. SPEC 2.8.
func (f Frame) Rank() Rank { h := f.Header(); return h.Rank(f.id) }

// ParseFrame takes the bytes of a frame, which it copies. It refuses whatever
// SPEC 2.5 has Rejected, and looks at no clock.
func ParseFrame(b []byte) (Frame, error) {
	f, err := frameOf(b)
	if err != nil {
		return Frame{}, err
	}
	whole := *f.bytes
	f.bytes = &whole
	return f, nil
}

// frameOf is ParseFrame without the copy: b is the frame's from then on.
func frameOf(b []byte) (Frame, error) {
	id, err := checkStamped(b)
	if err != nil {
		return Frame{}, err
	}
	return Frame{bytes: (*[FrameSize]byte)(b), id: id}, nil
}

// FrameID is the gossipsub message id of a message of any length: the frame id
// where the message is a frame, and something else for every message that
// would be Rejected. With the frame id for those as well, a frame could be
// kept from a peer by sending it there first with a stamp that does not hold:
// gossipsub drops what it has seen. SPEC 2.3.
func FrameID(b []byte) ID {
	id, err := checkStamped(b)
	if err != nil {
		return digest("votive-no-frame-1", b)
	}
	return id
}

// checkStamped refuses what SPEC 2.5 has Rejected, and gives the frame id. The
// cheap checks come first: the 4 KiB are hashed once, and only if those pass.
func checkStamped(b []byte) (ID, error) {
	if len(b) != FrameSize {
		return ID{}, fmt.Errorf("frame of %d bytes, want %d", len(b), FrameSize)
	}
	if err := (*Header)(b).check(); err != nil {
		return ID{}, err
	}
	sum, stamp := sumOf(b), b[stampAt:]
	if !stampHolds(sum, stamp, b[1]) {
		return ID{}, fmt.Errorf("stamp does not hold for an effort of %d", b[1])
	}
	return frameID(sum, stamp), nil
}

// sumOf hashes all but the stamp, which is found for it. SPEC 2.3.
func sumOf(b []byte) ID { return sha256.Sum256(b[:stampAt]) }

// frameID has the stamp first, and so nothing to do with the hash that begins
// with zeros. SPEC 2.3.
func frameID(sum ID, stamp []byte) ID {
	var both [FrameSize - stampAt + len(sum)]byte
	copy(both[copy(both[:], stamp):], sum[:])
	return sha256.Sum256(both[:])
}

// Header is the first 52 bytes of a frame, not sealed: version, effort,
// lifetime class and expiry, salt, tag. SPEC 2.1.
type Header [HeaderSize]byte

// newHeader is the header of a frame that is sealed now, with its salt and tag
// still to be filled in. SPEC 2.1, 2.2.
func newHeader(life Lifetime, effort uint8, now time.Time) (Header, error) {
	if life > Days120 {
		return Header{}, fmt.Errorf("lifetime class %d, want at most %d", life, Days120)
	}
	expiry := life.expiry(now)
	if expiry > maxDay {
		return Header{}, fmt.Errorf("frame would die on %v, want at most %v", expiry.Time(), maxDay.Time())
	}
	h := Header{0: frameVersion, 1: effort}
	binary.BigEndian.PutUint16(h[expiryAt:], uint16(life)<<14|uint16(expiry))
	return h, h.check()
}

// check refuses what SPEC 2.5 has Rejected for its first bytes.
func (h *Header) check() error {
	switch {
	case h[0] != frameVersion:
		return fmt.Errorf("frame version %d, want %d", h[0], frameVersion)
	case h.Lifetime() > Days120:
		return fmt.Errorf("lifetime class %d, want at most %d", h.Lifetime(), Days120)
	case h.Effort() < MinEffort:
		return fmt.Errorf("effort of %d, want at least %d", h.Effort(), MinEffort)
	}
	return nil
}

// Effort is byte 1.
func (h *Header) Effort() uint8 { return h[1] }

// Lifetime is the class in the two top bits of byte 2.
func (h *Header) Lifetime() Lifetime { return Lifetime(h[expiryAt] >> 6) }

// Expiry is the day in the other fourteen bits of bytes 2 and 3.
func (h *Header) Expiry() Day {
	return Day(binary.BigEndian.Uint16(h[expiryAt:])) & maxDay
}

// Sealed is the day on which the frame was sealed, by its expiry day and class;
// the first where that would be before it. SPEC 2.2.
func (h *Header) Sealed() Day {
	return Day(max(int(h.Expiry())-h.Lifetime().Days(), 0))
}

// Rank is the rank of the frame that has this header and this id, as a store
// knows it that does not have the whole frame at hand. SPEC 2.8.
func (h *Header) Rank(id ID) Rank {
	return Rank{Rank: h.Effort() - h.Lifetime().cost(), Expiry: h.Expiry(), ID: id}
}

// salt is what makes the frame key of this frame. SPEC 3.3.
func (h *Header) salt() []byte { return h[saltAt:tagAt] }

// Rank orders frames by what they are worth to a store that is full, least
// first. The zero Rank is below every frame, and so means no floor. SPEC 2.8.
type Rank struct {
	Rank   uint8
	Expiry Day
	ID     ID
}

// Compare is -1, 0 or 1 as r is less than, equal to or greater than other.
func (r Rank) Compare(other Rank) int {
	return cmp.Or(cmp.Compare(r.Rank, other.Rank), cmp.Compare(r.Expiry, other.Expiry), r.ID.Compare(other.ID))
}

// Day is a number of days since 2020-01-01 UTC; it begins at midnight UTC.
// SPEC 1.6.
type Day uint16

const (
	firstDay = 1577836800 // Unix seconds of 2020-01-01 UTC
	daySize  = 86400

	maxDay Day = 1<<14 - 1 // the last that a frame can say, in 2064
)

// DayOf is the day that t is in: the first for all times before it, and the
// last that Day can hold for all times after that.
func DayOf(t time.Time) Day {
	return Day(min(max(t.Unix()-firstDay, 0)/daySize, 1<<16-1))
}

// Time is the midnight with which the day begins.
func (d Day) Time() time.Time {
	return time.Unix(firstDay+int64(d)*daySize, 0).UTC()
}

// Lifetime is the class of a frame: how many days it is kept. SPEC 2.2.
type Lifetime uint8

// The lifetime classes.
const (
	Days8 Lifetime = iota
	Days30
	Days120
)

// Days is the number of days that a frame of this class lives.
func (l Lifetime) Days() int { return int([4]uint8{8, 30, 120, 0}[l&3]) }

// cost is what a lifetime takes off the effort in a frame's rank. SPEC 2.8.
func (l Lifetime) cost() uint8 { return 2 * uint8(l) }

// LifetimeUntil is the shortest class with which a frame that is sealed now
// still lives at until, and the longest where none does.
func LifetimeUntil(until, now time.Time) Lifetime {
	for life := Days8; life < Days120; life++ {
		if !life.expiry(now).Time().Before(until) {
			return life
		}
	}
	return Days120
}

// expiry is the only expiry day that a frame of this class sealed now may
// have. SPEC 2.2.
func (l Lifetime) expiry(now time.Time) Day {
	return Day(min(int(DayOf(now))+l.Days(), 1<<16-1))
}
