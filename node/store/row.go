package store

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"

	ds "github.com/ipfs/go-datastore"

	"votive/proto/votive"
)

// Ranges of keys in the database; see the package comment.
const (
	headerPrefix = "/h/"
	headerEnd    = "/h0"
)

var floorRow = ds.RawKey("/floor")

// rowEncoding keeps the order of what it encodes.
var rowEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

func rowKey(prefix string, k Key) ds.Key {
	var raw [KeySize]byte
	b := make([]byte, 0, len(prefix)+55)
	b = append(b, prefix...)
	return ds.RawKey(string(rowEncoding.AppendEncode(b, k.Append(raw[:0]))))
}

func headerRow(k Key) ds.Key { return rowKey(headerPrefix, k) }

// The row of a frame: its header, then the number of its slot, 4 bytes.
const headerRowSize = votive.HeaderSize + 4

func appendHeaderRow(b []byte, h votive.Header, at slot) []byte {
	return binary.BigEndian.AppendUint32(append(b, h[:]...), uint32(at))
}

// parseHeaderRow reads what headerRow and appendHeaderRow gave. It allocates
// nothing.
func parseHeaderRow(key, value []byte) (Entry, slot, error) {
	var raw [KeySize + 1]byte
	text := key[len(headerPrefix):]
	if rowEncoding.DecodedLen(len(text)) != KeySize {
		return Entry{}, 0, fmt.Errorf("key %.80q of a frame", key)
	}
	if _, err := rowEncoding.Decode(raw[:], text); err != nil {
		return Entry{}, 0, fmt.Errorf("key %.80q of a frame: %v", key, err)
	}
	switch len(value) {
	case headerRowSize:
	case votive.HeaderSize:
		return Entry{}, 0, errOldRow
	default:
		return Entry{}, 0, fmt.Errorf("row of %d bytes for a frame, want %d", len(value), headerRowSize)
	}
	e := Entry{ID: votive.ID(raw[2:KeySize]), Header: votive.Header(value)}
	if day := votive.Day(binary.BigEndian.Uint16(raw[:])); day != e.Header.Expiry() {
		return Entry{}, 0, fmt.Errorf("header of expiry day %d under the key of day %d", e.Header.Expiry(), day)
	}
	return e, slot(binary.BigEndian.Uint32(value[votive.HeaderSize:])), nil
}

// errOldRow is about a frame that is in a row of its own, and in no slot.
var errOldRow = errors.New("by an earlier votive, which kept frames in another way: votive doctor --mend takes them over")

// leastHeaderRow is about the least that a row of a frame and its key take in a
// table.
const leastHeaderRow = 108

// The row of the floors: the floor, then the day of an intake, 2 bytes, how
// many it has cost, 4 bytes, and its floor.
const (
	rankSize  = 1 + KeySize
	floorSize = 2*rankSize + 2 + 4
)

func appendFloor(b []byte, floor votive.Rank, in intake) []byte {
	b = appendRank(b, floor)
	b = binary.BigEndian.AppendUint16(b, uint16(in.day))
	b = binary.BigEndian.AppendUint32(b, uint32(in.evicted))
	return appendRank(b, in.floor)
}

func parseFloor(b []byte) (floor votive.Rank, in intake, err error) {
	if len(b) != floorSize {
		return floor, in, fmt.Errorf("floor of %d bytes, want %d", len(b), floorSize)
	}
	floor, b = parseRank(b), b[rankSize:]
	in.day, b = votive.Day(binary.BigEndian.Uint16(b)), b[2:]
	in.evicted, b = int(binary.BigEndian.Uint32(b)), b[4:]
	in.floor = parseRank(b)
	return floor, in, nil
}

func appendRank(b []byte, r votive.Rank) []byte {
	return Key{r.Expiry, r.ID}.Append(append(b, r.Rank))
}

func parseRank(b []byte) votive.Rank {
	return votive.Rank{Rank: b[0], Expiry: votive.Day(binary.BigEndian.Uint16(b[1:])), ID: votive.ID(b[3:rankSize])}
}
