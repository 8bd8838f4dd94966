package courier

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"sort"
	"time"

	"votive/node/store"
	"votive/proto/votive"
)

// Protocol is the protocol of catch-up's streams. SPEC 10.1.
const Protocol = "/votive/catchup/1"

// maxKeys is how many keys are offered and listened to. SPEC 10.3.
const maxKeys = 4_194_304

// What an offerer answers with, for each frame (SPEC 10.4), and an asker to the
// fingerprint (SPEC 10.2).
const (
	haveNot, have    = 0, 1
	sameSet, listAll = 0, 1
)

const sumSize = sha256.Size // of the fingerprint

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

// readNumber reads 4 bytes. SPEC 10.1.
func readNumber(r io.Reader) (int, error) {
	var b [4]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint32(b[:])), nil
}

func appendNumber(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

// parseKey takes a key apart. Whether its day is one that a frame can say is
// not looked at: no frame will come for it.
func parseKey(b *[store.KeySize]byte) store.Key {
	return store.Key{Expiry: votive.Day(binary.BigEndian.Uint16(b[:])), ID: votive.ID(b[2:])}
}

// tooLong is for how long a frame has to be dead for nobody to take it.
// SPEC 2.6.
const tooLong = 48 * time.Hour

// expired reports whether a frame that dies on that day is too long dead to be
// taken.
func expired(day votive.Day, now time.Time) bool { return now.Sub(day.Time()) > tooLong }

// listing is what this node serves at one moment: every frame it has that
// peers could still take, whoever can read it.
type listing struct {
	keys []store.Key // ascending
	sum  [sumSize]byte
}

// listing leaves out of the store's keys those that are too long dead, which
// come first, and those over SPEC 10.3.
func (c *Courier) listing() listing {
	snapshot, now := c.store.Snapshot(), c.now()
	keys := snapshot.Keys()
	first := sort.Search(len(keys), func(i int) bool { return !expired(keys[i].Expiry, now) })
	first = max(first, len(keys)-maxKeys)
	if first == 0 {
		return listing{keys, snapshot.Fingerprint()}
	}
	return listing{keys[first:], fingerprint(keys[first:])}
}

// fingerprint is the SHA-256 over keys. SPEC 10.2.
func fingerprint(keys []store.Key) (sum [sumSize]byte) {
	h := sha256.New()
	var b [store.KeySize]byte
	for _, k := range keys {
		h.Write(k.Append(b[:0]))
	}
	h.Sum(sum[:0])
	return sum
}
