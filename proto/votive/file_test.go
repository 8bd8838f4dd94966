package votive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func testFile(t testing.TB, frames int) (File, []byte) {
	t.Helper()
	f := File{Link: testSecret("link")}
	one := sealed(t, NewReader(KindLink, f.Link), Days8, noon)
	for range frames {
		f.Frames = append(f.Frames, one)
	}
	var b bytes.Buffer
	n, err := f.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo = %d %v, want %d", n, err, b.Len())
	}
	return f, b.Bytes()
}

// SPEC 7.8.
func TestFiles(t *testing.T) {
	for _, n := range []int{1, 2, 1024} {
		want, b := testFile(t, n)
		if len(b) != 14+32+4+n*FrameSize {
			t.Errorf("file of %d frames has %d bytes, want %d", n, len(b), 50+n*FrameSize)
		}
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.DataErrReader(bytes.NewReader(b))} {
			got, err := ReadFile(r)
			if err != nil || !got.Link.Equal(want.Link) || len(got.Frames) != n {
				t.Fatalf("ReadFile of %d frames = %d frames, %v", n, len(got.Frames), err)
			}
			for i := range got.Frames {
				if !bytes.Equal(got.Frames[i].Bytes(), want.Frames[i].Bytes()) {
					t.Errorf("frame %d came back altered", i)
				}
			}
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	f, good := testFile(t, 2)
	altered := func(change func(b []byte)) []byte {
		b := bytes.Clone(good)
		change(b)
		return b
	}
	count := func(n uint32) []byte {
		return altered(func(b []byte) { binary.BigEndian.PutUint32(b[46:], n) })
	}
	cases := []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"another kind of file", bytes.Repeat([]byte("%PDF"), 5000), "begins with"},
		{"version 2", altered(func(b []byte) { b[12] = '2' }), "begins with"},
		{"line end of Windows", altered(func(b []byte) { b[13] = '\r' }), "begins with"},
		{"no frames", count(0)[:50], "0 frames"},
		{"1,025 frames", count(1025), "1025 frames"},
		{"4,294,967,295 frames", count(1<<32 - 1), "4294967295 frames"},
		{"fewer frames than there are", count(1), "more behind"},
		{"more frames than there are", count(3), "frame 3 of the 3 in the file: cut short"},
		{"a link secret of zeros", altered(func(b []byte) { clear(b[14:46]) }), "secret of zeros"},
		{"more behind", append(bytes.Clone(good), 0), "more behind"},
		{"a frame twice over", append(bytes.Clone(good), f.Frames[0].Bytes()...), "more behind"},
		{"first frame altered", altered(func(b []byte) { b[50+saltAt] ^= 1 }), "frame 1 of the 2"},
		{"last frame altered", altered(func(b []byte) { b[len(b)-9] ^= 1 }), "frame 2 of the 2"},
		{"shifted", append(bytes.Clone(good[:50]), good[49:]...), "frame 1 of the 2"},
	}
	for _, c := range cases {
		_, err := ReadFile(bytes.NewReader(c.bytes))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: ReadFile = %v, want %q", c.name, err, c.want)
		}
	}
	for n := range len(good) {
		if n > 60 && n < 50+FrameSize-3 && n%500 != 0 {
			continue
		}
		if _, err := ReadFile(bytes.NewReader(good[:n])); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("cut after %d bytes: ReadFile = %v, want that it is cut short", n, err)
		}
	}
}

var errDisk = errors.New("disk on fire")

func TestFilesPassOnErrors(t *testing.T) {
	f, good := testFile(t, 1)
	for _, n := range []int{0, 20, 50, 60, len(good)} {
		r := io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(errDisk))
		if _, err := ReadFile(r); !errors.Is(err, errDisk) {
			t.Errorf("error after %d bytes: ReadFile = %v, want %v", n, err, errDisk)
		}
	}
	for _, bad := range []File{
		{},
		{Frames: f.Frames},
		{Link: f.Link, Frames: make([]Frame, 1025)},
		{Link: f.Link, Frames: make([]Frame, 1)},
	} {
		if _, err := bad.WriteTo(io.Discard); err == nil {
			t.Errorf("WriteTo of a bad file of %d frames = nil, want an error", len(bad.Frames))
		}
	}
	if _, err := f.WriteTo(brokenWriter{}); !errors.Is(err, errDisk) {
		t.Errorf("WriteTo = %v, want %v", err, errDisk)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }
