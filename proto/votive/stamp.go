package votive

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Unstamped is a sealed frame that still lacks its stamp. It is what waits in
// an outbox: stamped again after a crash, it is the same frame. The zero
// Unstamped is none.
type Unstamped struct {
	bytes *[FrameSize]byte // with a stamp of zeros
	id    ID
}

// UnstampedFrom takes the 4,088 bytes that Bytes gave, and copies them.
func UnstampedFrom(b []byte) (Unstamped, error) {
	if len(b) != stampAt {
		return Unstamped{}, fmt.Errorf("unstamped frame of %d bytes, want %d", len(b), stampAt)
	}
	if err := (*Header)(b).check(); err != nil {
		return Unstamped{}, err
	}
	u := Unstamped{bytes: new([FrameSize]byte), id: frameID(b)}
	copy(u.bytes[:], b)
	return u, nil
}

// Bytes is a view of the 4,088 bytes before the stamp, not to be written to.
func (u Unstamped) Bytes() []byte {
	if u.bytes == nil {
		return nil
	}
	return u.bytes[:stampAt:stampAt]
}

// ID is the id of the frame that this becomes. SPEC 2.3.
func (u Unstamped) ID() ID { return u.id }

// Effort is the number of zero bits that Stamp has to find.
func (u Unstamped) Effort() uint8 {
	if u.bytes == nil {
		return 0
	}
	return u.bytes[1]
}

// Expiry is the day with which the frame dies.
func (u Unstamped) Expiry() Day { return (*Header)(u.bytes[:]).Expiry() }

// Stamp searches for a stamp, on one core and for 2^effort tries on average,
// until it has one or ctx is done, and then gives the error of ctx. SPEC 2.4.
func (u Unstamped) Stamp(ctx context.Context) (Frame, error) {
	if u.bytes == nil {
		return Frame{}, errors.New("no frame to stamp")
	}
	const triesBetweenLooks = 1 << 14
	for stamp := uint64(0); ; stamp += triesBetweenLooks {
		if err := ctx.Err(); err != nil {
			return Frame{}, err
		}
		found, ok := searchStamp(u.id, u.Effort(), stamp, triesBetweenLooks)
		if !ok {
			continue
		}
		whole := *u.bytes
		binary.BigEndian.PutUint64(whole[stampAt:], found)
		return Frame{bytes: &whole, id: u.id}, nil
	}
}

// searchStamp tries so many stamps, upwards from the first.
func searchStamp(id ID, effort uint8, first, tries uint64) (uint64, bool) {
	var try [len(id) + FrameSize - stampAt]byte
	copy(try[:], id[:])
	for stamp := first; stamp < first+tries; stamp++ {
		binary.BigEndian.PutUint64(try[len(id):], stamp)
		if sum := sha256.Sum256(try[:]); zeroBits(&sum) >= int(effort) {
			return stamp, true
		}
	}
	return 0, false
}

// stampHolds is the rule of SPEC 2.4.
func stampHolds(id ID, stamp []byte, effort uint8) bool {
	var try [len(id) + FrameSize - stampAt]byte
	copy(try[:], id[:])
	copy(try[len(id):], stamp)
	sum := sha256.Sum256(try[:])
	return zeroBits(&sum) >= int(effort)
}

// zeroBits counts the zero bits that sum begins with.
func zeroBits(sum *[sha256.Size]byte) int {
	n := 0
	for i := 0; i < len(sum); i += 8 {
		zeros := bits.LeadingZeros64(binary.BigEndian.Uint64(sum[i:]))
		n += zeros
		if zeros < 64 {
			break
		}
	}
	return n
}
