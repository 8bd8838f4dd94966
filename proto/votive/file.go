package votive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	fileMagic     = "votive-file-1\n"
	maxFileFrames = 1024
)

// File is a link together with frames, for those who cannot be reached
// otherwise: on a stick, by mail. Its frames may long have died. SPEC 7.8.
type File struct {
	Link   Secret
	Frames []Frame // 1 to 1,024
}

// WriteTo writes the file and counts its bytes.
func (f File) WriteTo(w io.Writer) (int64, error) {
	if len(f.Frames) == 0 || len(f.Frames) > maxFileFrames {
		return 0, fmt.Errorf("file of %d frames, want 1 to %d", len(f.Frames), maxFileFrames)
	}
	if err := checkSecret(f.Link); err != nil {
		return 0, fmt.Errorf("file with a link %w", err)
	}
	head := append([]byte(fileMagic), f.Link.key[:]...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(f.Frames)))
	n, err := w.Write(head)
	total := int64(n)
	for i := 0; i < len(f.Frames) && err == nil; i++ {
		if f.Frames[i].bytes == nil {
			return total, fmt.Errorf("frame %d of the file is none", i+1)
		}
		n, err = w.Write(f.Frames[i].Bytes())
		total += int64(n)
	}
	return total, err
}

// ReadFile reads a file to its end, at most 4 MiB and a little, and refuses one
// with anything before, between or behind, or with a frame that would be
// Rejected.
func ReadFile(r io.Reader) (File, error) {
	var head [len(fileMagic) + 32 + 4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return File{}, fmt.Errorf("not a votive file: %w", endsEarly(err))
	}
	if magic := string(head[:len(fileMagic)]); magic != fileMagic {
		return File{}, fmt.Errorf("not a votive file: begins with %q, want %q", magic, fileMagic)
	}
	link, err := SecretFrom(head[len(fileMagic):][:32])
	if err != nil {
		return File{}, fmt.Errorf("file with a link %w", err)
	}
	f := File{Link: link}
	n := binary.BigEndian.Uint32(head[len(fileMagic)+32:])
	if n == 0 || n > maxFileFrames {
		return File{}, fmt.Errorf("file of %d frames, want 1 to %d", n, maxFileFrames)
	}
	var b [FrameSize]byte
	for i := range n {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return File{}, fmt.Errorf("frame %d of the %d in the file: %w", i+1, n, endsEarly(err))
		}
		frame, err := ParseFrame(b[:])
		if err != nil {
			return File{}, fmt.Errorf("frame %d of the %d in the file: %w", i+1, n, err)
		}
		f.Frames = append(f.Frames, frame)
	}
	switch _, err := io.ReadFull(r, b[:1]); {
	case err == nil:
		return File{}, fmt.Errorf("more behind the %d frames of the file", n)
	case !errors.Is(err, io.EOF):
		return File{}, err
	}
	return f, nil
}

// endsEarly says in words what io.ReadFull says at the end of its reader.
func endsEarly(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("cut short")
	}
	return err
}
