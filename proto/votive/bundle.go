package votive

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	bundleMagic = "votive-bundle-1\n"

	// maxDamaged is how many frames in a row may be damaged before a reader
	// stops: 1 MiB of them. SPEC 13.3.
	maxDamaged = 256
)

// What callers branch on.
var (
	// ErrNoBundle means that something does not begin as a bundle does.
	ErrNoBundle = errors.New("not a bundle")
	// ErrGarbage means that a bundle goes on with what is no frames at all.
	ErrGarbage = errors.New("garbage")
)

// BundleWriter writes frames one behind the other, for those who cannot be
// reached otherwise: on a stick, by mail. It says nothing about who wrote it,
// nor when and from where each frame came. SPEC 13.1, 13.2.
type BundleWriter struct {
	w    io.Writer
	last Frame // none before the first
}

// NewBundleWriter writes the beginning of a bundle. Without a frame behind it
// it is a bundle too.
func NewBundleWriter(w io.Writer) (*BundleWriter, error) {
	if _, err := io.WriteString(w, bundleMagic); err != nil {
		return nil, err
	}
	return &BundleWriter{w: w}, nil
}

// Write writes a frame, in one Write. It refuses one that does not come after
// the one before by expiry day and id: any other order could tell something.
func (b *BundleWriter) Write(f Frame) error {
	if f.bytes == nil {
		return errors.New("no frame to write")
	}
	if b.last.bytes != nil && cmp.Or(cmp.Compare(b.last.Expiry(), f.Expiry()), b.last.id.Compare(f.id)) >= 0 {
		return fmt.Errorf("frame %v behind %v in a bundle, want them ascending by expiry day and id", f.id, b.last.id)
	}
	b.last = f
	_, err := b.w.Write(f.Bytes())
	return err
}

// BundleReader reads a bundle of any length, a frame at a time. It holds one.
type BundleReader struct {
	r       io.Reader
	err     error // that ended it
	damaged int
	row     int // damaged ones in a row
	cut     int
}

// NewBundleReader reads the beginning of a bundle. ErrNoBundle means that it is
// another. SPEC 13.1.
func NewBundleReader(r io.Reader) (*BundleReader, error) {
	var magic [len(bundleMagic)]byte
	n, err := io.ReadFull(r, magic[:])
	short := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case err != nil && !short:
		return nil, err
	case !bytes.HasPrefix([]byte(bundleMagic), magic[:n]):
		return nil, fmt.Errorf("%w: begins with %q, want %q", ErrNoBundle, magic[:n], bundleMagic)
	case short:
		return nil, fmt.Errorf("%w: %v after %d bytes", ErrNoBundle, endsEarly(err), n)
	}
	return &BundleReader{r: r}, nil
}

// Next is the next frame that would not be Rejected, with the verdict on it,
// Accept or Ignore. What would be is passed over. At the end of the bundle,
// whole or cut short, the error is io.EOF; ErrGarbage where it is not worth
// reading on; else what was wrong with reading. SPEC 13.3.
func (b *BundleReader) Next(floor Rank, now time.Time) (Frame, Verdict, error) {
	for b.err == nil {
		buf := new([FrameSize]byte)
		n, err := io.ReadFull(b.r, buf[:])
		if errors.Is(err, io.ErrUnexpectedEOF) {
			b.cut, err = n, io.EOF
		}
		if err != nil {
			b.err = err
			break
		}
		f, verdict, _ := Judge(buf[:], floor, now)
		if verdict != Reject {
			b.row = 0
			return f, verdict, nil
		}
		b.damaged++
		if b.row++; b.row == maxDamaged {
			b.err = fmt.Errorf("%w: %d frames in a row are damaged", ErrGarbage, b.row)
		}
	}
	return Frame{}, Reject, b.err
}

// Damaged is how many frames were passed over so far.
func (b *BundleReader) Damaged() int { return b.damaged }

// Cut is how many bytes there were at the end that are less than a frame, once
// Next has given io.EOF.
func (b *BundleReader) Cut() int { return b.cut }
