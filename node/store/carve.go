package store

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/proto/votive"
)

// carve finds every whole frame in r, wherever it begins, and whatever is
// around it: frames are stored as they are, and prove themselves.
func carve(ctx context.Context, r io.Reader, found func(votive.Frame) error) error {
	const window = 1 << 20
	b := make([]byte, 0, window)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, b[len(b):window])
		b = b[:len(b)+n]
		rest, foundErr := carveBytes(b, found)
		if foundErr != nil {
			return foundErr
		}
		b = b[:copy(b, rest)]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// carveBytes finds the frames in b, and gives the rest in which one may begin.
func carveBytes(b []byte, found func(votive.Frame) error) (rest []byte, err error) {
	for len(b) >= votive.FrameSize {
		if !mayBegin(b) {
			b = b[1:]
			continue
		}
		f, err := votive.ParseFrame(b[:votive.FrameSize])
		if err != nil {
			b = b[1:]
			continue
		}
		if err := found(f); err != nil {
			return nil, err
		}
		b = b[votive.FrameSize:]
	}
	return b, nil
}

// mayBegin spares hashing 4 KiB at most places: a frame begins with a version
// of 1 and an effort that somebody can have spent. SPEC 2.1.
func mayBegin(b []byte) bool { return b[0] == 1 && b[1] >= votive.MinEffort && b[1] <= 96 }

// ruins reads a file that may not be readable everywhere, with zeros where it
// is not.
type ruins struct {
	f        vfs.File
	at, size int64
}

func (r *ruins) Read(p []byte) (int, error) {
	const sector = 4 << 10
	if r.at >= r.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.size-r.at)]
	n, err := r.f.ReadAt(p, r.at)
	if n == 0 && err != nil {
		// Up to where the next sector begins.
		n = int(min(int64(len(p)), sector-r.at%sector))
		clear(p[:n])
	}
	r.at += int64(n)
	return n, nil
}

// logBytes reads the records of a Pebble log without what is between them. A
// log is blocks of 32 KiB, and a block is chunks: checksum 4, size 2 (little
// endian), kind 1, depending on the kind 0, 4 or 12 more, and so many bytes of
// a record. Where that makes no sense, the rest of the block is taken as it is.
type logBytes struct {
	r     io.Reader
	block [32 << 10]byte
	rest  []byte // of the block, not yet looked at
	chunk []byte // of rest, not yet read
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
		l.chunk, l.rest = nextChunk(l.rest)
	}
	n := copy(p, l.chunk)
	l.chunk = l.chunk[n:]
	return n, nil
}

func nextChunk(block []byte) (chunk, rest []byte) {
	const plain = 7
	if len(block) < plain || block[6] < 1 || block[6] > 12 {
		return block, nil
	}
	begin := plain + [3]int{0, 4, 12}[(block[6]-1)/4]
	end := begin + int(binary.LittleEndian.Uint16(block[4:]))
	if end > len(block) {
		return block, nil
	}
	return block[begin:end], block[end:]
}
