package disk

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// manifest is which of the files of a database count.
type manifest struct {
	tables map[uint64]bool
	log    uint64 // all before it are in tables
}

// What a change of the manifest says, one after the other: Pebble's own
// numbers. Those that are not here, votive's databases do not have.
const (
	tagComparator  = 1 // text
	tagLog         = 2 // number
	tagNextFile    = 3 // number
	tagSequence    = 4 // number
	tagDeletedFile = 6 // level, number
	tagPreviousLog = 9 // number
	tagNewFile     = 103
	tagEndOfFile   = 1 // of what is said of a new file
	tagCreation    = 6
	tagCompact     = 2
)

var errManifest = errors.New("manifest that cannot be read")

// readManifest reads the manifest of the database in dir.
func readManifest(dir string, disk vfs.FS) (manifest, error) {
	m := manifest{tables: make(map[uint64]bool)}
	d, err := pebble.Peek(dir, disk)
	if err != nil || !d.Exists {
		return m, errors.Join(errManifest, err)
	}
	f, err := disk.Open(d.ManifestFilename)
	if err != nil {
		return m, err
	}
	defer func() { _ = f.Close() }() // it was only read
	changes := record.NewReader(f, 0)
	for {
		change, err := changes.Next()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		var b []byte
		if err == nil {
			b, err = io.ReadAll(change)
		}
		if err == nil {
			err = m.apply(b)
		}
		if err != nil {
			return m, err
		}
	}
}

// apply makes the change that b says.
func (m *manifest) apply(b []byte) error {
	ok := true
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			ok, b = false, nil
			return 0
		}
		b = b[n:]
		return v
	}
	text := func() {
		if n := number(); n <= uint64(len(b)) {
			b = b[n:]
		} else {
			ok = false
		}
	}
	for ok && len(b) > 0 {
		switch number() {
		case tagComparator:
			text()
		case tagLog:
			m.log = max(m.log, number())
		case tagNextFile, tagSequence, tagPreviousLog:
			number()
		case tagDeletedFile:
			number()
			delete(m.tables, number())
		case tagNewFile:
			number()
			m.tables[number()] = true
			number() // size
			text()   // least key
			text()   // greatest
			number() // least sequence number
			number() // greatest
			for tag := number(); ok && tag != tagEndOfFile; tag = number() {
				ok = ok && (tag == tagCreation || tag == tagCompact)
				text()
			}
		default:
			ok = false
		}
	}
	if !ok {
		return errManifest
	}
	return nil
}

// counts reports whether the file of this name holds what is not elsewhere.
func (m *manifest) counts(name string, isLog bool) bool {
	number, ok := fileNumber(name)
	return ok && (isLog && number >= m.log || !isLog && m.tables[number])
}

// guessManifest is a manifest of all tables, and of the last log, and those
// newer than any table: an older one is in a table, and only waits to be used
// again.
func guessManifest(names []string) manifest {
	m := manifest{tables: make(map[uint64]bool)}
	var lastTable, lastLog uint64
	for _, name := range names {
		number, ok := fileNumber(name)
		if isLog := isLogName(name); ok && isLog {
			lastLog = max(lastLog, number)
		} else if ok {
			m.tables[number] = true
			lastTable = max(lastTable, number)
		}
	}
	m.log = min(lastLog, lastTable)
	return m
}
