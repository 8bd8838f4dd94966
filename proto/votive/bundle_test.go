package votive

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// testBundle is a bundle of n frames, and these.
func testBundle(t testing.TB, n int) ([]Frame, []byte) {
	t.Helper()
	var frames []Frame
	for i := range n {
		life := Lifetime(i % 3)
		frames = append(frames, sealed(t, NewReader(KindLink, testSecret("link")), life, noon.AddDate(0, 0, i/3)))
	}
	slices.SortFunc(frames, byKey)
	return frames, bundleOf(t, frames)
}

// byKey is the order of SPEC 13.2.
func byKey(a, b Frame) int {
	return cmp.Or(int(a.Expiry())-int(b.Expiry()), bytes.Compare(a.id[:], b.id[:]))
}

func bundleOf(t testing.TB, frames []Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewBundleWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		if err := w.Write(f); err != nil {
			t.Fatalf("Write(frame %d) = %v", i, err)
		}
	}
	return b.Bytes()
}

// readBundle reads to the end.
func readBundle(r io.Reader, now time.Time) (frames []Frame, b *BundleReader, err error) {
	if b, err = NewBundleReader(r); err != nil {
		return nil, nil, err
	}
	for {
		f, _, err := b.Next(Rank{}, now)
		if errors.Is(err, io.EOF) {
			return frames, b, nil
		}
		if err != nil {
			return frames, b, err
		}
		frames = append(frames, f)
	}
}

func sameFrames(a, b []Frame) bool {
	return slices.EqualFunc(a, b, func(a, b Frame) bool { return bytes.Equal(a.Bytes(), b.Bytes()) })
}

// SPEC 13.1: a bundle survives the round trip, however it is read.
func TestBundles(t *testing.T) {
	for _, n := range []int{0, 1, 6} {
		want, b := testBundle(t, n)
		if len(b) != 16+n*FrameSize {
			t.Errorf("bundle of %d frames has %d bytes, want %d", n, len(b), 16+n*FrameSize)
		}
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.DataErrReader(bytes.NewReader(b)), iotest.HalfReader(bytes.NewReader(b))} {
			got, reader, err := readBundle(r, noon)
			if err != nil || !sameFrames(got, want) || reader.Damaged() != 0 || reader.Cut() != 0 {
				t.Errorf("bundle of %d frames read = %d frames, %v, want all", n, len(got), err)
			}
		}
	}
}

// SPEC 13.2: a writer takes frames in no other order, and none twice.
func TestBundlesAreInOrder(t *testing.T) {
	frames, _ := testBundle(t, 6)
	w, err := NewBundleWriter(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(Frame{}); err == nil {
		t.Error("Write(no frame) = nil, want an error")
	}
	for i, f := range frames[3:] {
		if err := w.Write(f); err != nil {
			t.Fatalf("Write(%d) = %v", i, err)
		}
	}
	for i, f := range frames[:4] {
		if err := w.Write(f); err == nil {
			t.Errorf("Write(%d) behind what is greater = nil, want an error", i)
		}
	}
	if err := w.Write(frames[5]); err == nil {
		t.Error("Write(the same again) = nil, want an error")
	}
}

// SPEC 13.3: wherever a bundle is cut, what is whole before is read.
func TestBundlesCutShort(t *testing.T) {
	want, b := testBundle(t, 3)
	for n := range len(b) {
		if n > 40 && n < len(b)-40 && n%FrameSize > 20 && n%509 != 0 {
			continue
		}
		got, reader, err := readBundle(bytes.NewReader(b[:n]), noon)
		if n < 16 {
			if !errors.Is(err, ErrNoBundle) || !strings.Contains(err.Error(), "cut short") {
				t.Errorf("cut after %d bytes: %v, want %v, cut short", n, err, ErrNoBundle)
			}
			continue
		}
		whole, rest := (n-16)/FrameSize, (n-16)%FrameSize
		if err != nil || !sameFrames(got, want[:whole]) || reader.Cut() != rest || reader.Damaged() != 0 {
			t.Errorf("cut after %d bytes: %d frames, %d bytes over, %v, want %d and %d", n, len(got), reader.Cut(), err, whole, rest)
		}
	}
}

// SPEC 13.3: a frame that is damaged costs no other.
func TestBundlesDamaged(t *testing.T) {
	want, b := testBundle(t, 6)
	for i := range want {
		spoilt := bytes.Clone(b)
		spoilt[16+i*FrameSize+saltAt] ^= 1
		got, reader, err := readBundle(bytes.NewReader(spoilt), noon)
		if rest := slices.Delete(slices.Clone(want), i, i+1); err != nil || !sameFrames(got, rest) || reader.Damaged() != 1 {
			t.Errorf("frame %d damaged: %d frames, %d damaged, %v, want 5 and 1", i, len(got), reader.Damaged(), err)
		}
	}
}

// SPEC 13.3: each frame gets the verdict of its bytes, the floor and the clock.
func TestBundlesAreJudged(t *testing.T) {
	frames, b := testBundle(t, 3)
	for _, c := range []struct {
		name  string
		floor Rank
		now   time.Time
	}{
		{"now", Rank{}, noon},
		{"after the first died", Rank{}, noon.AddDate(0, 0, 12)},
		{"long before", Rank{}, noon.AddDate(0, 0, -50)},
		{"under a floor", frames[0].Rank(), noon},
	} {
		reader, err := NewBundleReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range frames {
			_, want, _ := Judge(f.Bytes(), c.floor, c.now)
			got, verdict, err := reader.Next(c.floor, c.now)
			if err != nil || got.ID() != f.ID() || verdict != want {
				t.Errorf("%s: frame %d is %v, %v, want %v", c.name, i, verdict, err, want)
			}
		}
	}
}

// endless is garbage without end, and how much of it was read.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e.read + int64(i)*31)
	}
	e.read += int64(len(p))
	return len(p), nil
}

// SPEC 13.3: garbage ends soon, however much there is, and what was before it
// has been read. A good frame in between makes the count begin again.
func TestBundlesOfGarbage(t *testing.T) {
	want, b := testBundle(t, 2)
	rest := new(endless)
	got, reader, err := readBundle(io.MultiReader(bytes.NewReader(b), io.LimitReader(rest, 10<<30)), noon)
	if !errors.Is(err, ErrGarbage) || !sameFrames(got, want) || reader.Damaged() != maxDamaged {
		t.Errorf("bundle with 10 GiB of garbage = %d frames, %d damaged, %v, want 2, %d, %v", len(got), reader.Damaged(), err, maxDamaged, ErrGarbage)
	}
	if rest.read != maxDamaged*FrameSize {
		t.Errorf("of 10 GiB of garbage %d bytes were read, want %d", rest.read, maxDamaged*FrameSize)
	}
	if _, _, again := reader.Next(Rank{}, noon); !errors.Is(again, ErrGarbage) || rest.read != maxDamaged*FrameSize {
		t.Errorf("Next() after garbage = %v, want %v still", again, ErrGarbage)
	}

	gap := make([]byte, (maxDamaged-1)*FrameSize)
	one := want[0].Bytes()
	got, reader, err = readBundle(bytes.NewReader(slices.Concat([]byte(bundleMagic), gap, one, gap, one)), noon)
	if err != nil || len(got) != 2 || reader.Damaged() != 2*(maxDamaged-1) {
		t.Errorf("bundle with gaps = %d frames, %d damaged, %v, want 2, %d", len(got), reader.Damaged(), err, 2*(maxDamaged-1))
	}
}

// SPEC 13.1.
func TestBundlesThatAreNone(t *testing.T) {
	_, file := testFile(t, 1)
	for name, b := range map[string][]byte{
		"a file for a link": file,
		"version 2":         []byte("votive-bundle-2\n"),
		"line end of DOS":   []byte("votive-bundle-1\r\n"),
		"a space before":    []byte(" votive-bundle-1\n"),
		"a few letters":     []byte("votive-bandle"),
		"frames alone":      make([]byte, 2*FrameSize),
	} {
		if _, err := NewBundleReader(bytes.NewReader(b)); !errors.Is(err, ErrNoBundle) || !strings.Contains(err.Error(), "begins with") {
			t.Errorf("NewBundleReader(%s) = %v, want %v and how it begins", name, err, ErrNoBundle)
		}
	}
}

func TestBundlesPassOnErrors(t *testing.T) {
	_, b := testBundle(t, 1)
	for _, n := range []int{0, 10, 16, 100, len(b)} {
		r := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(errDisk))
		if _, _, err := readBundle(r, noon); !errors.Is(err, errDisk) {
			t.Errorf("error after %d bytes: %v, want %v", n, err, errDisk)
		}
	}
	if _, err := NewBundleWriter(brokenWriter{}); !errors.Is(err, errDisk) {
		t.Errorf("NewBundleWriter = %v, want %v", err, errDisk)
	}
}

// SPEC 2.2: what a frame tells about when it was sealed.
func TestSealed(t *testing.T) {
	for life := Days8; life <= Days120; life++ {
		h, err := newHeader(life, MinEffort, noon)
		if err != nil || h.Sealed() != DayOf(noon) {
			t.Errorf("Sealed() of class %d = %v, %v, want %v", life, h.Sealed(), err, DayOf(noon))
		}
	}
	early := Header{expiryAt: 2 << 6, 5}
	if got := early.Sealed(); got != 0 {
		t.Errorf("Sealed() of a frame that dies on day 5 in class 2 = %v, want 0", got)
	}
}

func FuzzBundle(f *testing.F) {
	_, good := testBundle(f, 3)
	f.Add(len(good), 0, []byte{})
	f.Add(len(good)-1, 0, []byte{})
	f.Add(16, 0, []byte{})
	f.Add(len(good), 16+FrameSize, []byte{2})
	f.Add(len(good), 14, []byte("2"))
	f.Fuzz(func(t *testing.T, length, offset int, change []byte) {
		b := edited(good, length, offset, change)
		frames, reader, err := readBundle(bytes.NewReader(b), noon)
		if err != nil {
			if bytes.HasPrefix(b, []byte(bundleMagic)) {
				t.Fatalf("bundle of %d bytes = %v, want what is whole of it", len(b), err)
			}
			return
		}
		if n := 16 + (len(frames)+reader.Damaged())*FrameSize + reader.Cut(); n != len(b) || reader.Cut() >= FrameSize {
			t.Fatalf("%d frames, %d damaged, %d bytes over are %d bytes, want %d", len(frames), reader.Damaged(), reader.Cut(), n, len(b))
		}
		slices.SortFunc(frames, byKey)
		frames = slices.CompactFunc(frames, func(a, b Frame) bool { return a.ID() == b.ID() })
		again, _, err := readBundle(bytes.NewReader(bundleOf(t, frames)), noon)
		if err != nil || !sameFrames(again, frames) {
			t.Fatalf("written again: %d frames %v, want %d", len(again), err, len(frames))
		}
	})
}
