package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"

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

// eachChunk calls see with the whole chunks of a log of this number, and with
// nil for what is none, until it gives false.
func eachChunk(log io.Reader, number uint32, see func(chunk []byte) bool) {
	var block [logBlock]byte
	for {
		n, _ := io.ReadFull(log, block[:])
		if n == 0 {
			return
		}
		for rest := block[:n]; !isPadding(rest); {
			end, whole := wholeChunk(rest, number)
			if !whole && !see(nil) || whole && !see(rest[:end]) {
				return
			}
			rest = rest[min(max(end, 1), len(rest)):]
		}
	}
}

// isPadding reports whether no chunk can be in what is left of a block.
func isPadding(rest []byte) bool {
	const longest = chunkHead + 12
	return len(rest) <= longest && !slices.ContainsFunc(rest, func(b byte) bool { return b != 0 })
}

// isBroken reports whether whole chunks of this log follow on what is none.
// Pebble takes the first such place for the moment of a loss of power, and
// drops all that follows. (It has a way to tell; see its record package, where
// it looks for a later offset that was synced. But it counts those too low.)
//
// A loss of power can leave such a place too, in what was not synced yet: the
// disk writes blocks in any order. Nothing here tells it from damage, so of one
// write that is several batches a later one can outlive an earlier one. Each is
// whole or not there; and what a Finish gave nil for is all there.
func isBroken(log io.Reader, number uint32) (is bool) {
	broken := false
	eachChunk(log, number, func(chunk []byte) bool {
		is = is || broken && chunk != nil
		broken = broken || chunk == nil
		return !is
	})
	return is
}

// eachBatch calls see with each batch that is whole in a log of this number, with
// its rows, and with whether anything before it is broken.
func eachBatch(log io.Reader, number uint32, see func(batch []byte, rows []version, behind bool)) {
	const first, middle, last = 1, 2, 3 // chunks of a batch; 0 is all of it
	var batch []byte
	begun, behind := false, false
	eachChunk(log, number, func(chunk []byte) bool {
		if chunk == nil {
			begun, behind = false, true
			return true
		}
		head, _, _ := chunkAt(chunk)
		kind := (chunk[6] - 1) % 4
		if kind == 0 || kind == first {
			batch, begun = nil, true
		}
		batch = append(batch, chunk[head:]...)
		if begun && (kind == 0 || kind == last) {
			if rows, ok := batchRows(batch, nil); ok {
				see(batch, rows, behind)
			} else if !behind {
				see(batch, nil, behind) // Pebble's own business
			}
		}
		begun = begun && (kind == first || kind == middle)
		return true
	})
}

// wholeChunk reports whether b begins with a chunk of the log of this number
// that is as it was written, and where that ends.
func wholeChunk(b []byte, number uint32) (end int, whole bool) {
	head, end, ok := chunkAt(b)
	if !ok || head == chunkHead || binary.LittleEndian.Uint32(b[chunkHead:]) != number {
		return 0, false
	}
	if checksum(b[6:end]) != binary.LittleEndian.Uint32(b) {
		return 0, false
	}
	return end, true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// brokenLog is a log of which Pebble may drop a part.
type brokenLog struct {
	name    string
	content []byte
	number  uint32
	last    bool
}

// brokenLogs is those of which Pebble reads something. What is in others is in
// tables, and they only wait to be written on: there can be 60 MiB of them.
func brokenLogs(dir string, disk vfs.FS) (logs []brokenLog, err error) {
	names, err := dataFiles(dir, disk)
	if err != nil {
		return nil, err
	}
	m, manifestErr := readManifest(dir, disk)
	var last uint64
	for _, name := range names {
		number, ok := fileNumber(name)
		if !ok || !isLogName(name) || manifestErr == nil && !m.counts(name, true) {
			continue
		}
		last = max(last, number)
		withRuins(disk.PathJoin(dir, name), disk, func(r io.Reader) {
			if b, err := io.ReadAll(r); err == nil && isBroken(bytes.NewReader(b), uint32(number)) {
				logs = append(logs, brokenLog{name: name, content: b, number: uint32(number)})
			}
		})
	}
	for i := range logs {
		logs[i].last = uint64(logs[i].number) == last
	}
	return logs, nil
}

// mendLog writes a broken log again without what is broken: beside it first, and
// in its place when all of it is on disk. So a crash leaves one or the other, and
// Pebble has read what is behind the break before it lets go of the log.
//
// It is for the last log alone. Pebble opens no database in which another one is
// broken: what is in later logs may need what is lost.
func (e *Database) mendLog(log brokenLog, disk vfs.FS) error {
	var whole [][]byte
	behind := 0
	eachBatch(bytes.NewReader(log.content), log.number, func(batch []byte, rows []version, isBehind bool) {
		whole = append(whole, batch)
		if isBehind && len(rows) > 0 {
			behind++
		}
	})
	if behind == 0 {
		return nil
	}
	beside := disk.PathJoin(e.dir, mended)
	f, err := disk.Create(beside, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(newLog(log.number, whole))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := disk.Rename(beside, disk.PathJoin(e.dir, log.name)); err != nil {
		return err
	}
	if err := syncDir(e.dir, disk); err != nil {
		return err
	}
	e.log.Warn("recovered what was behind damage in a log", "database", e.dir, "changes", behind)
	return nil
}

// mended is a log before it takes the place of a broken one.
const mended = "log.mended"

// newLog is a log of this number with these batches in it.
func newLog(number uint32, batches [][]byte) (log []byte) {
	const head = chunkHead + 4
	for _, batch := range batches {
		for first, more := true, true; more; first = false {
			room := logBlock - len(log)%logBlock
			if room < head {
				log = append(log, make([]byte, room)...)
				room = logBlock
			}
			part := batch[:min(len(batch), room-head)]
			batch, more = batch[len(part):], len(part) < len(batch)
			kind := byte(5) // all of a batch; then its first chunk, one in the middle, its last
			switch {
			case first && more:
				kind = 6
			case more:
				kind = 7
			case !first:
				kind = 8
			}
			at := len(log)
			log = append(log, 0, 0, 0, 0, 0, 0, kind, 0, 0, 0, 0)
			log = append(log, part...)
			binary.LittleEndian.PutUint16(log[at+4:], uint16(len(part)))
			binary.LittleEndian.PutUint32(log[at+chunkHead:], number)
			binary.LittleEndian.PutUint32(log[at:], checksum(log[at+6:]))
		}
	}
	return log
}

// Broken reports whether a log was broken when the database was opened. Whole
// batches were recovered from it.
func (e *Database) Broken() bool { return e.broken }
