package disk

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/sstable/colblk"
)

// What the rows of a database look like in its files, so that they can be
// found there without it: Pebble's columnar blocks, and its batches. A Pebble that writes something else fails TestRowsInFiles.

// Kinds of rows: Pebble's own numbers.
const (
	kindDelete        = 0
	kindSet           = 1
	kindLogData       = 3
	kindSetWithDelete = 18
)

// version is one state of a row: its value, or that it was deleted.
type version struct {
	key, value []byte
	sequence   uint64 // greater is newer; 0 where Pebble has forgotten it
	deleted    bool
}

// blockAt reads the block of rows with which b begins, and gives its size; 0
// where none does. Only a whole one is believed: a checksum follows on it.
func blockAt(b []byte) (rows []version, size int) {
	size = blockSize(b)
	if size == 0 {
		return nil, 0
	}
	// What has the right checksum was written so. Should Pebble see it
	// otherwise, it is no block of rows.
	defer func() {
		if recover() != nil {
			rows = nil
		}
	}()
	var d colblk.DataBlockDecoder
	var i colblk.DataBlockIter
	d.Init(&blockSchema, bytes.Clone(b[:size])) // aligned, as it has to be
	i.InitOnce(&blockSchema, pebble.DefaultComparer, nil)
	if err := i.Init(&d, block.NoTransforms); err != nil {
		return nil, size + blockTrailer
	}
	defer func() { _ = i.Close() }()
	for row := i.First(); row != nil; row = i.Next() {
		v := version{key: bytes.Clone(row.K.UserKey), sequence: uint64(row.K.SeqNum())}
		switch row.K.Kind() {
		case kindDelete:
			v.deleted = true
		case kindSet, kindSetWithDelete:
			v.value = bytes.Clone(row.V.InPlaceValue())
		default:
			continue
		}
		rows = append(rows, v)
	}
	return rows, size + blockTrailer
}

var blockSchema = colblk.DefaultKeySchema(pebble.DefaultComparer, 16)

const (
	blockTrailer = 1 + 4 // kind of compression, which is none, and checksum
	// maxBlock bounds what is believed, in bytes.
	maxBlock = 1 << 18
)

// blockColumns is what a block of rows begins with, behind the length of the
// longest key and but for its numbers: their types, without where they begin.
var blockColumns = []byte{
	byte(colblk.DataTypePrefixBytes), byte(colblk.DataTypeBytes), byte(colblk.DataTypeUint), byte(colblk.DataTypeBool),
	byte(colblk.DataTypeBytes), byte(colblk.DataTypeBool), byte(colblk.DataTypeBool),
}

// blockSize is the size of the block with which b begins, without its trailer;
// 0 where none does.
func blockSize(b []byte) int {
	const longestKey, column = 4, 1 + 4
	head := int(colblk.HeaderSize(len(blockColumns), longestKey))
	if len(b) < head || b[longestKey] != byte(colblk.Version1) {
		return 0
	}
	h := colblk.DecodeHeader(b[longestKey:])
	if int(h.Columns) != len(blockColumns) || h.Rows > maxBlock {
		return 0
	}
	columns := b[head-column*len(blockColumns) : head]
	last := head
	for i, kind := range blockColumns {
		at := binary.LittleEndian.Uint32(columns[column*i+1:])
		if columns[column*i] != kind || at > maxBlock || int(at) < last {
			return 0
		}
		last = int(at)
	}
	// The last column is a bit for each row, in words, and a bit for each word;
	// or a byte that says that none is set. How long it is, it does not say.
	words := int(h.Rows)/64 + 1
	most := min(last+8*(words+words/64+3), len(b)-blockTrailer)
	if last >= most {
		return 0
	}
	sum := crc32.Checksum(b[:last], castagnoli)
	for size := last; size <= most; size++ {
		sum = crc32.Update(sum, castagnoli, b[size:size+1])
		if b[size] == 0 && masked(sum) == binary.LittleEndian.Uint32(b[size+1:]) {
			return size
		}
	}
	return 0
}

// checksum is Pebble's, of blocks and chunks.
func checksum(b []byte) uint32 { return masked(crc32.Checksum(b, castagnoli)) }

func masked(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }

// batchRows appends the rows of a batch, as it is in a log; not ok where it is
// none of ours.
func batchRows(b []byte, rows []version) (_ []version, ok bool) {
	const header = 8 + 4
	if len(b) < header {
		return rows, false
	}
	sequence, count := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])
	b = b[header:]
	text := func() (s []byte) {
		size, n := binary.Uvarint(b)
		if ok = n > 0 && size <= uint64(len(b)-n); ok {
			s, b = b[n:n+int(size)], b[n+int(size):]
		}
		return s
	}
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		v := version{key: text(), sequence: sequence, deleted: kind == kindDelete}
		if ok && kind == kindSet {
			v.value = text()
		}
		switch {
		case !ok, kind != kindSet && kind != kindDelete && kind != kindLogData:
			return rows, false
		case kind == kindLogData:
			continue
		}
		rows = append(rows, v)
		sequence++
		count--
	}
	return rows, count == 0
}
