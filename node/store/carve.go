package store

import (
	"context"
	"errors"
	"io"

	"votive/proto/votive"
)

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
