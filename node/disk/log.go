package disk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A Pebble log is blocks of 32 KiB, and a block is chunks: checksum 4, size 2
// (little endian), kind 1; but for the oldest kinds, log number 4; for the
// newest, 8 more; and so many bytes of a record. What is left of a block is
// zeros.
const (
	logBlock  = 32 << 10
	chunkHead = 7
)

// chunkAt takes b apart if it begins with what could be a chunk.
func chunkAt(b []byte) (head, end int, ok bool) {
	if len(b) < chunkHead || b[6] < 1 || b[6] > 12 {
		return 0, 0, false
	}
	head = chunkHead + [3]int{0, 4, 12}[(b[6]-1)/4]
	end = head + int(binary.LittleEndian.Uint16(b[4:]))
	return head, end, end <= len(b)
}

// logBytes reads the records of a log without what is between them. Where a
// block makes no sense, the rest of it is taken for one chunk.
type logBytes struct {
	r     io.Reader
	block [logBlock]byte
	rest  []byte // of the block, not yet looked at
	chunk []byte // of a record, not yet read
	head  int    // size of what is before a chunk, last time it made sense
}

func (l *logBytes) Read(p []byte) (int, error) {
	for len(l.chunk) == 0 {
		if len(l.rest) == 0 {
			n, err := io.ReadFull(l.r, l.block[:])
			if n == 0 {
				return 0, err
			}
			l.rest = l.block[:n]
		}
		head, end, ok := chunkAt(l.rest)
		if !ok {
			head, end = min(l.head, len(l.rest)), len(l.rest)
		}
		l.chunk, l.rest, l.head = l.rest[head:end], l.rest[end:], head
	}
	n := copy(p, l.chunk)
	l.chunk = l.chunk[n:]
	return n, nil
}

// isBroken reports whether whole chunks of this log follow on what is none.
// Pebble takes the first such place for the moment of a loss of power, and
// drops all that follows. (It has a way to tell; see its record package, where
// it looks for a later offset that was synced. But it counts those too low.)
func isBroken(log io.Reader, number uint32) bool {
	var block [logBlock]byte
	broken := false
	for {
		n, _ := io.ReadFull(log, block[:])
		if n == 0 {
			return false
		}
		for at := 0; at+chunkHead < n; {
			end, whole := wholeChunk(block[at:n], number)
			if whole && broken {
				return true
			}
			broken = broken || !whole
			at += max(end, 1)
		}
	}
}

// wholeChunk reports whether b begins with a chunk of the log of this number
// that is as it was written, and where that ends.
func wholeChunk(b []byte, number uint32) (end int, whole bool) {
	head, end, ok := chunkAt(b)
	if !ok || head == chunkHead || binary.LittleEndian.Uint32(b[chunkHead:]) != number {
		return 0, false
	}
	sum := crc32.Checksum(b[6:end], castagnoli)
	if sum = (sum>>15 | sum<<17) + 0xa282ead8; sum != binary.LittleEndian.Uint32(b) {
		return 0, false
	}
	return end, true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// brokenLogs is the content of those logs in dir of which Pebble may drop a
// part.
func brokenLogs(dir string, disk vfs.FS) (logs [][]byte, err error) {
	names, err := dataFiles(dir, disk)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		number, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 32)
		if path.Ext(name) != ".log" || err != nil {
			continue
		}
		withRuins(disk.PathJoin(dir, name), disk, func(r io.Reader) {
			if b, err := io.ReadAll(r); err == nil && isBroken(bytes.NewReader(b), uint32(number)) {
				logs = append(logs, b)
			}
		})
	}
	return logs, nil
}

// Broken is what there was in a log that was broken when the database was
// opened, in the readings of [Ruins.Each]; mostly nothing. It is given once.
func (e *Database) Broken() (readings []io.Reader) {
	for _, log := range e.broken {
		readings = append(readings, bytes.NewReader(log), &logBytes{r: bytes.NewReader(log)})
	}
	e.broken = nil
	return readings
}
