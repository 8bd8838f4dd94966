package votive

import (
	"bytes"
	"testing"
)

// edited is a copy of b, cut or prolonged to a length, with something written
// over it: a small input to a fuzzer that makes a large one to a parser.
func edited(b []byte, length, offset int, change []byte) []byte {
	b = append(bytes.Clone(b), make([]byte, 64)...)
	b = b[:min(max(length, 0), len(b))]
	copy(b[min(max(offset, 0), len(b)):], change)
	return b
}

func FuzzParseFrame(f *testing.F) {
	good := sealed(f, NewReader(KindCircle, testSecret("circle")), Days30, noon).Bytes()
	f.Add(FrameSize, 0, []byte{}, false)
	f.Add(FrameSize, 0, []byte{1, 16, 0xff, 0xff}, true)
	f.Add(FrameSize, 0, []byte{1, 16, 0x80, 0}, true)
	f.Add(FrameSize, stampAt, []byte("anything"), false)
	f.Add(stampAt, 0, []byte{}, false)
	f.Fuzz(func(t *testing.T, length, offset int, change []byte, stamped bool) {
		b := edited(good, length, offset, change)
		if stamped && len(b) == FrameSize && b[1] <= MinEffort {
			b = altered(b, func([]byte) {})
		}
		checkParseFrame(t, b)
	})
}

func checkParseFrame(t *testing.T, b []byte) {
	t.Helper()
	frame, err := ParseFrame(b)
	judged, verdict, why := Judge(b, Rank{}, noon)
	if (err == nil) == (verdict == Reject) || (why == nil) != (verdict == Accept) {
		t.Fatalf("ParseFrame = %v, Judge = %v %v", err, verdict, why)
	}
	if err != nil {
		return
	}
	if !bytes.Equal(frame.Bytes(), b) || frame.ID() != FrameID(b) || judged.ID() != frame.ID() {
		t.Fatal("the frame is not the bytes it was parsed from")
	}
	// Its header can be written again, and it is worth what it says.
	h := frame.Header()
	again, err := newHeader(h.Lifetime(), h.Effort(), frame.Expiry().Time().AddDate(0, 0, -h.Lifetime().Days()))
	if int(frame.Expiry()) >= h.Lifetime().Days() && (err != nil || !bytes.Equal(again[:saltAt], h[:saltAt])) {
		t.Fatalf("header %x, written again %x %v", h[:saltAt], again[:saltAt], err)
	}
	if frame.Rank().Compare(Rank{}) <= 0 || frame.Rank().Rank > frame.Effort() {
		t.Fatalf("Rank = %+v of effort %d", frame.Rank(), frame.Effort())
	}
}

// FuzzOpen shows a reader frames that were altered under it: but for the stamp,
// which is not sealed, it opens only what was written.
func FuzzOpen(f *testing.F) {
	r := NewReader(KindCircle, testSecret("circle"))
	good := sealed(f, r, Days30, noon)
	want, err := r.Open(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, []byte{})
	f.Add(0, []byte{1, 17})
	f.Add(saltAt, bytes.Repeat([]byte{0}, 32))
	f.Add(stampAt, []byte("anything"))
	f.Fuzz(func(t *testing.T, offset int, change []byte) {
		if offset < 0 || offset >= FrameSize {
			return
		}
		whole := *good.bytes
		copy(whole[offset:], change)
		got, err := r.Open(Frame{bytes: &whole})
		same := bytes.Equal(whole[:stampAt], good.bytes[:stampAt])
		if same != (err == nil) || same && !bytes.Equal(got.chunk, want.chunk) {
			t.Fatalf("Open with %x at %d = %v", change, offset, err)
		}
	})
}

// FuzzPiece is about what a reader finds in a frame that somebody sealed who
// has the secret.
func FuzzPiece(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 'x'})
	f.Add([]byte{0, 33, 7, 8, 31: 1, 36: 1})
	f.Add([]byte{0x0f, 0xb0, 0, 2})
	f.Add([]byte{0, 10, 0, 1, 20: 1})
	r := NewReader(KindCircle, testSecret("circle"))
	f.Fuzz(func(t *testing.T, start []byte) {
		plain := make([]byte, plainSize)
		copy(plain, start)
		p, err := parsePiece(plain)
		if err != nil {
			return
		}
		body := bytes.Clone(p.chunk)
		if p.Parts() > 1 {
			body = append(bytes.Clone(p.whole[:]), body...)
		}
		h, err := newHeader(Days8, MinEffort, noon)
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.Open(Frame{bytes: r.sealPart(h, body, p.Index(), p.Parts()).bytes})
		if err != nil || again.index != p.index || again.parts != p.parts || again.whole != p.whole || !bytes.Equal(again.chunk, p.chunk) {
			t.Fatalf("piece %d of %d, sealed again: %d of %d, %v", p.index, p.parts, again.index, again.parts, err)
		}
		rec, err := Join(r, again)
		if err == nil && !bytes.Equal(rec.Bytes(), p.chunk) {
			t.Fatal("the record is not the bytes of its only piece")
		}
	})
}
