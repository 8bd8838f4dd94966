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
// an outbox: stamped again after a crash, it is the same frame, since Stamp
// finds the same stamp again. The zero Unstamped is none.
type Unstamped struct {
	bytes *[FrameSize]byte // with a stamp of zeros
	sum   ID
}

// UnstampedFrom takes the 4,088 bytes that Bytes gave, and copies them.
func UnstampedFrom(b []byte) (Unstamped, error) {
	if len(b) != stampAt {
		return Unstamped{}, fmt.Errorf("unstamped frame of %d bytes, want %d", len(b), stampAt)
	}
	if err := (*Header)(b).check(); err != nil {
		return Unstamped{}, err
	}
	u := Unstamped{bytes: new([FrameSize]byte), sum: sumOf(b)}
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

// Sum is the hash of its bytes, for which a stamp is found. It is not the id of
// the frame that this becomes. SPEC 2.3.
func (u Unstamped) Sum() ID { return u.sum }

// Effort is the number of zero bits that Stamp has to find.
func (u Unstamped) Effort() uint8 {
	if u.bytes == nil {
		return 0
	}
	return u.bytes[1]
}

// Expiry is the day with which the frame dies.
func (u Unstamped) Expiry() Day { return (*Header)(u.bytes[:]).Expiry() }

// Stamp searches for the least stamp that holds, on one core and for 2^effort
// tries on average, until it has it or ctx is done, and then gives the error of
// ctx. SPEC 2.4.
func (u Unstamped) Stamp(ctx context.Context) (Frame, error) {
	if u.bytes == nil {
		return Frame{}, errors.New("no frame to stamp")
	}
	const triesBetweenLooks = 1 << 14
	for stamp := uint64(0); ; stamp += triesBetweenLooks {
		if err := ctx.Err(); err != nil {
			return Frame{}, err
		}
		found, ok := searchStamp(u.sum, u.Effort(), stamp, triesBetweenLooks)
		if !ok {
			continue
		}
		whole := *u.bytes
		binary.BigEndian.PutUint64(whole[stampAt:], found)
		return Frame{bytes: &whole, id: frameID(u.sum, whole[stampAt:])}, nil
	}
}

// searchStamp tries so many stamps, upwards from the first.
func searchStamp(sum ID, effort uint8, first, tries uint64) (uint64, bool) {
	var try [len(sum) + FrameSize - stampAt]byte
	copy(try[:], sum[:])
	for stamp := first; stamp < first+tries; stamp++ {
		binary.BigEndian.PutUint64(try[len(sum):], stamp)
		if hash := sha256.Sum256(try[:]); zeroBits(&hash) >= int(effort) {
			return stamp, true
		}
	}
	return 0, false
}

// stampHolds is the rule of SPEC 2.4.
func stampHolds(sum ID, stamp []byte, effort uint8) bool {
	var try [len(sum) + FrameSize - stampAt]byte
	copy(try[copy(try[:], sum[:]):], stamp)
	hash := sha256.Sum256(try[:])
	return zeroBits(&hash) >= int(effort)
}

// zeroBits counts the zero bits that a hash begins with.
func zeroBits(hash *[sha256.Size]byte) int {
	n := 0
	for i := 0; i < len(hash); i += 8 {
		zeros := bits.LeadingZeros64(binary.BigEndian.Uint64(hash[i:]))
		n += zeros
		if zeros < 64 {
			break
		}
	}
	return n
}
