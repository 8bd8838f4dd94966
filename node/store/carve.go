package store

import (
	"context"
	"errors"
	"io"
	"path"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/proto/votive"
)

// carveFile finds every whole frame in a file of a database, some twice.
func carveFile(ctx context.Context, name string, disk vfs.FS, found func(votive.Frame) error) (err error) {
	withRuins(name, disk, func(r io.Reader) { err = carve(ctx, r, found) })
	if err == nil && path.Ext(name) == ".log" {
		// The frames that are not in one piece.
		withRuins(name, disk, func(r io.Reader) { err = carve(ctx, &logBytes{r: r}, found) })
	}
	return err
}

// carve finds every whole frame in r, wherever it begins, and whatever is
// around it: frames are stored as they are, and prove themselves.
func carve(ctx context.Context, r io.Reader, found func(votive.Frame) error) error {
	const window = 1 << 18
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

// withRuins calls f with what can be read of a file; not at all where nothing
// can.
func withRuins(name string, disk vfs.FS, f func(io.Reader)) {
	file, err := disk.Open(name)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	if info, err := file.Stat(); err == nil {
		f(&ruins{f: file, size: info.Size()})
	}
}

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
