package votive

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"
)

// SPEC 3.1 to 3.5: what is sealed opens, whatever its size.
func TestSealOpens(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	sizes := []struct{ bytes, frames int }{
		{3, 1},
		{4015, 1},
		{maxPart, 1},
		{maxPart + 1, 2},
		{2 * maxChunk, 2},
		{2*maxChunk + 1, 3},
		{8*maxChunk - 1, 8},
		{8 * maxChunk, 8},
	}
	for _, size := range sizes {
		whole := unknownBody(t, size.bytes)
		unstamped, err := r.sealWhole(whole, Days30, MinEffort, noon, seeded("seal"))
		if err != nil || len(unstamped) != size.frames {
			t.Fatalf("%d bytes: Seal = %d frames %v, want %d", size.bytes, len(unstamped), err, size.frames)
		}
		var pieces []Piece
		for i, u := range unstamped {
			f := stamp(t, u)
			if f.Expiry() != 2530 || f.Lifetime() != Days30 {
				t.Errorf("frame dies on day %d in class %d, want 2530 in %d", f.Expiry(), f.Lifetime(), Days30)
			}
			h := f.Header()
			if !r.Knows(&h) {
				t.Errorf("Knows(frame %d of %d) = false", i, size.frames)
			}
			p, err := r.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			if p.Index() != i || p.Parts() != size.frames || p.Whole().IsZero() != (size.frames == 1) {
				t.Errorf("piece %d of %d of %v, want %d of %d", p.Index(), p.Parts(), p.Whole(), i, size.frames)
			}
			pieces = append([]Piece{p}, pieces...) // the last one first
		}
		rec, err := Join(r, pieces...)
		if err != nil || !bytes.Equal(rec.Bytes(), whole) {
			t.Errorf("%d bytes: Join gives %d bytes, %v", size.bytes, len(rec.Bytes()), err)
		}
	}
}

func TestSealRefuses(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	body := unknownBody(t, 10)
	cases := []struct {
		name   string
		whole  []byte
		life   Lifetime
		effort uint8
		day    Day
		want   string
	}{
		{"nothing", nil, Days8, MinEffort, 0, "part of 0 bytes"},
		{"too much", unknownBody(t, 8*maxChunk+1), Days8, MinEffort, 0, "body of 31873 bytes"},
		{"too little effort", body, Days8, 15, 0, "effort of 15"},
		{"class 3", body, 3, MinEffort, 0, "lifetime class 3"},
		{"class 4", body, 4, MinEffort, 0, "lifetime class 4"},
		{"the end of days", body, Days8, MinEffort, maxDay - 7, "frame would die on 2064-11-09"},
		{"no body", []byte{0xff}, Days8, MinEffort, 0, "not sealed"},
	}
	for _, c := range cases {
		_, err := r.sealWhole(c.whole, c.life, c.effort, c.day.Time(), seeded("seal"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Seal = %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := r.sealWhole(unknownBody(t, 5000), Days8, MinEffort, noon, bytes.NewReader(make([]byte, 63))); err == nil {
		t.Error("randomness for one salt and two frames: Seal = nil, want an error")
	}
	if _, err := r.sealWhole(body, Days8, MinEffort, (maxDay - 8).Time(), seeded("seal")); err != nil {
		t.Errorf("the last day: Seal = %v, want nil", err)
	}
}

// SPEC 3.2: Knows is HMAC-SHA256, taken apart for speed.
func TestTagIsHMAC(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	tagKey := derive(r.Secret(), "tag")
	random := seeded("tags")
	for range 100 {
		var h Header
		_, _ = random.Read(h[:])
		mac := hmac.New(sha256.New, tagKey.Bytes())
		mac.Write(h[:36])
		want := mac.Sum(nil)
		if got := r.tag(&h); !bytes.Equal(got[:], want) {
			t.Fatalf("tag(%x) = %x, want %x", h, got, want)
		}
		if r.Knows(&h) {
			t.Fatalf("Knows(%x) = true, for random bytes", h)
		}
		copy(h[tagAt:], want)
		if !r.Knows(&h) {
			t.Fatalf("Knows(%x) = false, want true", h)
		}
	}
}

func TestKnowsAllocatesNothing(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	var h Header
	if n := testing.AllocsPerRun(100, func() { r.Knows(&h) }); n != 0 {
		t.Errorf("Knows allocates %v times, want 0", n)
	}
}

// SPEC 3.2, 3.3: every bit that was sealed or stands before it is held to.
func TestOpenRefusesWhatWasAltered(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	good := sealed(t, r, Days30, noon)
	if _, err := r.Open(good); err != nil {
		t.Fatal(err)
	}
	if _, err := NewReader(KindCircle, testSecret("another")).Open(good); err == nil {
		t.Error("Open under another secret = nil, want an error")
	}
	offsets := []int{0, 1, 2, 3, saltAt, tagAt - 1, tagAt, HeaderSize - 1, HeaderSize, 2000, stampAt - gcmTagSize - 1, stampAt - gcmTagSize, stampAt - 1}
	for _, offset := range offsets {
		for bit := range 8 {
			whole := *good.bytes
			whole[offset] ^= 1 << bit
			if _, err := r.Open(Frame{bytes: &whole, id: good.id}); err == nil {
				t.Errorf("byte %d, bit %d flipped: Open = nil, want an error", offset, bit)
			}
		}
	}
	// With the tag made right again, the rest of the header is still sealed.
	for offset := range tagAt {
		whole := *good.bytes
		whole[offset] ^= 1
		tag := r.tag((*Header)(whole[:]))
		copy(whole[tagAt:HeaderSize], tag[:])
		if _, err := r.Open(Frame{bytes: &whole, id: good.id}); err == nil {
			t.Errorf("byte %d flipped and tagged again: Open = nil, want an error", offset)
		}
	}
}

// rawFrame seals what nobody should seal.
func rawFrame(t *testing.T, r *Reader, plain []byte) Frame {
	t.Helper()
	h, err := newHeader(Days8, MinEffort, noon)
	if err != nil {
		t.Fatal(err)
	}
	tag := r.tag(&h)
	copy(h[tagAt:], tag[:tagSize])
	var whole [FrameSize]byte
	copy(whole[:], h[:])
	r.frameCipher(&h).Seal(whole[HeaderSize:HeaderSize], frameNonce[:], plain, h[:])
	return Frame{bytes: &whole, id: frameID(sumOf(whole[:]), whole[stampAt:])}
}

// SPEC 3.4, 3.5.
func TestOpenRefusesBadPlaintext(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	plain := func(n, index, parts int, fill ...int) []byte {
		b := make([]byte, plainSize)
		binary.BigEndian.PutUint16(b, uint16(n))
		b[2], b[3] = byte(index), byte(parts)
		copy(b[plainHead:], bytes.Repeat([]byte{7}, min(n, maxPart)))
		for _, i := range fill {
			b[i] = 1
		}
		return b
	}
	good := map[string][]byte{
		"a single part":       plain(10, 0, 1),
		"a full single part":  plain(maxPart, 0, 1),
		"a byte":              plain(1, 0, 1),
		"the first of two":    plain(maxPart, 0, 2),
		"the last of eight":   plain(33, 7, 8),
		"a full last of many": plain(maxPart, 7, 8),
	}
	for name, b := range good {
		if _, err := r.Open(rawFrame(t, r, b)); err != nil {
			t.Errorf("%s: Open = %v, want nil", name, err)
		}
	}
	bad := []struct {
		name  string
		plain []byte
		want  string
	}{
		{"no bytes", plain(0, 0, 1), "part of 0 bytes"},
		{"more than fit", plain(maxPart+1, 0, 1), "part of 4017 bytes"},
		{"far more", plain(65535, 0, 1), "part of 65535 bytes"},
		{"no parts", plain(10, 0, 0), "0 parts"},
		{"nine parts", plain(maxPart, 0, 9), "9 parts"},
		{"part 1 of 1", plain(10, 1, 1), "part 1 of 1"},
		{"part 8 of 8", plain(40, 8, 8), "part 8 of 8"},
		{"part 255", plain(40, 255, 2), "part 255 of 2"},
		{"first byte of padding", plain(10, 0, 1, plainHead+10), "padding"},
		{"last byte of padding", plain(10, 0, 1, plainSize-1), "padding"},
		{"padding of a part", plain(100, 1, 2, 200), "padding"},
		{"a first part not full", plain(maxPart-1, 0, 2), "chunk of 3983 bytes"},
		{"a hash and no chunk", plain(32, 1, 2), "chunk of 0 bytes"},
		{"half a hash", plain(16, 1, 2), "chunk of -16 bytes"},
	}
	for _, c := range bad {
		_, err := r.Open(rawFrame(t, r, c.plain))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Open = %v, want %q", c.name, err, c.want)
		}
	}
}

// SPEC 3.5.
func TestJoinRefuses(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	piecesOf := func(r *Reader, whole []byte) []Piece {
		t.Helper()
		unstamped, err := r.sealWhole(whole, Days8, MinEffort, noon, seeded("join"))
		if err != nil {
			t.Fatal(err)
		}
		var pieces []Piece
		for _, u := range unstamped {
			p, err := r.Open(Frame{bytes: u.bytes})
			if err != nil {
				t.Fatal(err)
			}
			pieces = append(pieces, p)
		}
		return pieces
	}
	one := piecesOf(r, unknownBody(t, 100))
	a := piecesOf(r, unknownBody(t, 10000))
	other := piecesOf(r, unknownBody(t, 10001))
	four := piecesOf(r, unknownBody(t, 4*maxChunk))
	elsewhere := piecesOf(NewReader(KindCircle, testSecret("another")), unknownBody(t, 10000))
	forged := a[2]
	forged.chunk = bytes.Repeat([]byte("w"), len(forged.chunk))
	cases := []struct {
		name   string
		pieces []Piece
		want   string
	}{
		{"none", nil, "no pieces"},
		{"the zero piece", []Piece{{}}, "1 pieces of a whole of 0"},
		{"one missing", a[:2], "2 pieces of a whole of 3"},
		{"one too many", []Piece{a[0], a[1], a[2], a[2]}, "4 pieces of a whole of 3"},
		{"one twice", []Piece{a[0], a[1], a[1]}, "piece 1 of 3 twice"},
		{"two single ones", []Piece{one[0], one[0]}, "2 pieces of a whole of 1"},
		{"of two wholes", []Piece{a[0], a[1], other[2]}, "pieces of two wholes"},
		{"of other numbers of parts", []Piece{a[0], a[1], four[2]}, "pieces of two wholes"},
		{"a single among three", []Piece{a[0], a[1], one[0]}, "pieces of two wholes"},
		{"under another secret", []Piece{a[0], a[1], elsewhere[2]}, "under another secret"},
		{"all under another secret", elsewhere, "under another secret"},
		{"another chunk", []Piece{a[0], a[1], forged}, "whole of hash"},
	}
	for _, c := range cases {
		_, err := Join(r, c.pieces...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Join = %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Join(r, a[2], a[0], a[1]); err != nil {
		t.Errorf("in another order: Join = %v, want nil", err)
	}
}

// A writer that puts a wrong hash into every part is refused, though all of
// them agree. SPEC 3.5.
func TestJoinRefusesAHashThatIsWrongEverywhere(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	var pieces []Piece
	for i, chunk := range []int{maxChunk, 5} {
		b := make([]byte, plainSize)
		binary.BigEndian.PutUint16(b, uint16(sha256.Size+chunk))
		b[2], b[3] = byte(i), 2
		p, err := r.Open(rawFrame(t, r, b))
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, p)
	}
	if _, err := Join(r, pieces...); err == nil || !strings.Contains(err.Error(), "whole of hash") {
		t.Errorf("Join = %v, want that the hash is wrong", err)
	}
}

// One frame key is used once: two frames of one body have nothing in common
// but version, effort and expiry. SPEC 3.3.
func TestSaltsDiffer(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	random := seeded("salts")
	a, err := r.sealWhole(unknownBody(t, 10), Days8, MinEffort, noon, random)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.sealWhole(unknownBody(t, 10), Days8, MinEffort, noon, random)
	if err != nil {
		t.Fatal(err)
	}
	x, y := a[0].Bytes(), b[0].Bytes()
	if !bytes.Equal(x[:saltAt], y[:saltAt]) {
		t.Errorf("first bytes %x and %x, want them equal", x[:saltAt], y[:saltAt])
	}
	for i := saltAt; i+8 <= stampAt; i += 8 {
		if bytes.Equal(x[i:i+8], y[i:i+8]) {
			t.Errorf("bytes %d to %d are equal in two frames", i, i+8)
		}
	}
	if _, err := r.sealWhole(unknownBody(t, 10), Days8, MinEffort, noon, failingReader{}); err == nil {
		t.Error("without randomness: Seal = nil, want an error")
	}
}
