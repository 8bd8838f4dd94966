package almanac

import (
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

// parseRow reads what encode wrote.
func parseRow(b []byte) (row, error) {
	if len(b) < rowHead {
		return row{}, fmt.Errorf("private row of %d bytes, want at least %d", len(b), rowHead)
	}
	return row{
		kind:    votive.Kind(b[0]),
		arrived: time.UnixMilli(int64(binary.BigEndian.Uint64(b[1:9]))),
		about:   votive.ID(b[9:41]),
		frame:   votive.ID(b[41:73]),
		body:    b[rowHead:],
	}, nil
}

// The names of rows begin with what they are.
const (
	recordRows = "record/" // what others said, and what was said to others
	keepRows   = "keep/"   // what the person said to themself; the newest replaces
	outRows    = "out/"    // sealed frames not yet published
)

// rowKey names the row of a record that came from src. The same record from
// the same place has the same row.
func rowKey(rec votive.Record, src source) string {
	if k, ok := rec.Body().(votive.Keep); ok {
		return keepRows + k.About().String()
	}
	return fmt.Sprintf("%s%v/%v/%v", recordRows, src.about, rec.Kind(), rec.ID())
}

// outKey names a frame that waits, so that rows sort in the order written.
func outKey(n uint64) string { return fmt.Sprintf("%s%020d", outRows, n) }
