package almanac

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"time"

	"votive/proto/votive"
)

// row is what the vault keeps of one record: the record and where it came
// from, so that the index can be built again from rows alone.
type row struct {
	kind    votive.Kind
	arrived time.Time // here, for the order of replies; never sent
	about   votive.ID // the event or circle whose secret it came under
	frame   votive.ID // the frame it came in, so that it is not opened again
	body    []byte
}

const rowHead = 1 + 8 + 32 + 32

// encode gives kind, arrival in Unix milliseconds, about, frame and body.
func (r row) encode() []byte {
	b := make([]byte, 0, rowHead+len(r.body))
	b = append(b, byte(r.kind))
	b = binary.BigEndian.AppendUint64(b, uint64(r.arrived.UnixMilli()))
	b = append(b, r.about[:]...)
	b = append(b, r.frame[:]...)
	return append(b, r.body...)
}

// parseRow reads what encode wrote, and keeps none of it: a record is a part of
// the bytes that it was made of, and the vault's are a whole KiB.
func parseRow(b []byte) (row, error) {
	if len(b) < rowHead {
		return row{}, fmt.Errorf("private row of %d bytes, want at least %d", len(b), rowHead)
	}
	return row{
		kind:    votive.Kind(b[0]),
		arrived: time.UnixMilli(int64(binary.BigEndian.Uint64(b[1:9]))),
		about:   votive.ID(b[9:41]),
		frame:   votive.ID(b[41:73]),
		body:    bytes.Clone(b[rowHead:]),
	}, nil
}

// readOrder is that in which rows are read again: that in which they came, and
// replies last, since they need what they reply to, and one that came again after
// it was destroyed has kept only its place among replies: see remains.
func readOrder(r, s row) int {
	turn := func(k votive.Kind) int {
		if k == votive.KindReply || k == votive.KindWalkIn {
			return 1
		}
		return 0
	}
	return cmp.Or(turn(r.kind)-turn(s.kind), r.arrived.Compare(s.arrived))
}

// The names of rows begin with what they are. They are short, since every row
// of the vault has room for little more than a record.
const (
	recordRows = "r" // what others said, and what was said to others
	goneRows   = "g" // what is left of replies that were destroyed
	keepRows   = "k" // what the person said to themself; the newest replaces
	outRows    = "o" // sealed frames not yet published
	localRows  = "l" // what only this computer keeps; followed by its name
	purgeRow   = "p" // there while the vault's files may hold what was destroyed
)

// rowKey names the row of a record that came from src. The same record from
// the same place has the same row.
func rowKey(rec votive.Record, src source) string {
	if k, ok := rec.Body().(votive.Keep); ok {
		return keepKey(k)
	}
	id := rec.ID()
	return recordKeys(src.about, rec.Kind()) + string(id[:])
}

// recordKeys is how the names of all records found about an event, a circle or
// a link under one kind of secret begin.
func recordKeys(about votive.ID, kind votive.Kind) string {
	return recordRows + string(about[:]) + string([]byte{byte(kind)})
}

// keepKey names the row of what the person said to themself about one thing.
func keepKey(k votive.Keep) string {
	about := k.About()
	return keepRows + string(about[:])
}

// outKey names a frame that waits, so that rows sort in the order written.
func outKey(n uint64) string {
	return outRows + string(binary.BigEndian.AppendUint64(nil, n))
}

// outNumber is the n of an outKey.
func outNumber(key string) uint64 {
	if len(key) != len(outRows)+8 {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(key[len(outRows):]))
}
