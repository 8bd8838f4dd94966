package votive

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// kinds are the secrets by the names of SPEC 3.6.
var kinds = map[string]Kind{
	"circle": KindCircle, "event": KindEvent, "desk": KindDesk, "link": KindLink, "reply": KindReply,
	"walk-in": KindWalkIn, "answer": KindAnswer, "inbox": KindInbox, "self": KindSelf,
}

func kindNamed(name string) (Kind, error) {
	kind, ok := kinds[name]
	if !ok {
		return 0, badVector{fmt.Errorf("kind of secret %q is not known", name)}
	}
	return kind, nil
}

type frameKeysIn struct {
	Secret octets `json:"secret"`
	Head   octets `json:"head"`
}

type frameKeysOut struct {
	TagKey   octets `json:"tag_key"`
	SealKey  octets `json:"seal_key"`
	Tag      octets `json:"tag"`
	FrameKey octets `json:"frame_key"`
}

func doFrameKeys(in frameKeysIn) (frameKeysOut, error) {
	secret := in.Secret.secret32()
	r := NewReader(KindCircle, secret)
	var h Header
	copy(h[:], in.Head)
	tag := r.tag(&h)
	copy(h[tagAt:], tag[:])
	if !r.Knows(&h) {
		return frameKeysOut{}, badVector{fmt.Errorf("reader does not know the tag it made")}
	}
	return frameKeysOut{
		TagKey:   derive(secret, "tag").Bytes(),
		SealKey:  derive(r.secret, "seal").Bytes(),
		Tag:      h[tagAt:],
		FrameKey: derive(derive(r.secret, "seal"), "frame", h.salt()).Bytes(),
	}, nil
}

type openIn struct {
	Secret octets `json:"secret"`
	Frame  octets `json:"frame"`
}

type openOut struct {
	Index int    `json:"index"`
	Parts int    `json:"parts"`
	Whole octets `json:"whole,omitempty"`
	Body  octets `json:"body"`
}

func doOpen(in openIn) (openOut, error) {
	f, err := ParseFrame(in.Frame)
	if err != nil {
		return openOut{}, badVector{err}
	}
	p, err := NewReader(KindCircle, in.Secret.secret32()).Open(f)
	if err != nil {
		return openOut{}, err
	}
	out := openOut{Index: p.Index(), Parts: p.Parts(), Body: p.chunk}
	if whole := p.Whole(); !whole.IsZero() {
		out.Whole = whole[:]
	}
	return out, nil
}

type sealIn struct {
	Secret octets    `json:"secret"`
	Body   octets    `json:"body"`
	Class  int       `json:"class"`
	Effort int       `json:"effort"`
	Now    time.Time `json:"now"`
	Salts  []octets  `json:"salts"`
}

type sealOut struct {
	Sums []octets `json:"sums"`
}

func doSeal(in sealIn) (sealOut, error) {
	salts := io.Reader(bytes.NewReader(bytes.Join(plainBytes(in.Salts), nil)))
	frames, err := NewReader(KindCircle, in.Secret.secret32()).sealWhole(in.Body, Lifetime(in.Class), uint8(in.Effort), in.Now, salts)
	var out sealOut
	for _, f := range frames {
		sum := f.Sum()
		out.Sums = append(out.Sums, sum[:])
	}
	return out, err
}

type joinIn struct {
	Secret octets      `json:"secret"`
	Pieces []joinPiece `json:"pieces"`
}

type joinPiece struct {
	Secret octets `json:"secret,omitempty"` // where it came under another
	Index  int    `json:"index"`
	Parts  int    `json:"parts"`
	Body   octets `json:"body"` // the n bytes of SPEC 3.4
}

type joinOut struct {
	Size int    `json:"size"`
	ID   octets `json:"id"`
}

func doJoin(in joinIn) (joinOut, error) {
	var pieces []Piece
	for i, p := range in.Pieces {
		under := in.Secret
		if p.Secret != nil {
			under = p.Secret
		}
		r := NewReader(KindCircle, under.secret32())
		h, err := newHeader(Days8, MinEffort, noon)
		if err != nil {
			return joinOut{}, badVector{err}
		}
		h[saltAt] = byte(i)
		piece, err := r.Open(Frame{bytes: r.sealPart(h, p.Body, p.Index, p.Parts).bytes})
		if err != nil {
			return joinOut{}, badVector{err}
		}
		pieces = append(pieces, piece)
	}
	rec, err := Join(NewReader(KindCircle, in.Secret.secret32()), pieces...)
	id := rec.ID()
	return joinOut{len(rec.Bytes()), id[:]}, err
}

// laterBody is an encoded Body of n bytes, of a kind that is not known yet:
// field 100, of a length that takes one byte to say, or two, or three.
func laterBody(n int) []byte {
	for size := n; size > n-7; size-- {
		if b := append([]byte{0xa2, 0x06}, lawLP(bytes.Repeat([]byte{'v'}, size))...); len(b) == n {
			return b
		}
	}
	panic(fmt.Sprintf("no body of %d bytes", n))
}

func writeSealing(c *chapter) {
	for i := range 3 {
		secret, head := seedOf(fmt.Sprint("secret ", i)), lawHead(16+i, i, 2508+i, seedOf(fmt.Sprint("salt ", i)))
		c.accept("frame-keys", fmt.Sprintf("keys of secret %d", i), "3.1 3.2 3.3", frameKeysIn{secret, head}, frameKeysOut{
			TagKey:   lawDerive(secret, "tag"),
			SealKey:  lawDerive(secret, "seal"),
			Tag:      lawHMAC(lawDerive(secret, "tag"), head)[:16],
			FrameKey: lawDerive(lawDerive(secret, "seal"), "frame", head[4:]),
		})
	}
	writeOpened(c)
	writeSealed(c)
	writeJoined(c)
}

// writeOpened is SPEC 3.2 to 3.4, and what of 3.5 one part shows.
func writeOpened(c *chapter) {
	secret, head := seedOf("circle"), lawHead(16, 0, today+8, seedOf("salt"))
	frame := func(plaintext []byte) []byte { return lawStamped(lawFrame(secret, head, plaintext), 0) }
	whole := lawHash(laterBody(5000))
	part := func(n int) []byte { return append(bytes.Clone(whole), bytes.Repeat([]byte{'v'}, n)...) }
	opened := []struct {
		name, clauses string
		index, parts  int
		body          []byte
	}{
		{"body of 1 byte", "3.4", 0, 1, []byte{7}},
		{"body of 300 bytes", "3.4", 0, 1, laterBody(300)},
		{"body that ends in zeros", "3.4", 0, 1, append(laterBody(300), 0, 0)},
		{"body of 4,016 bytes", "3.4", 0, 1, laterBody(4016)},
		{"first part of two", "3.4 3.5", 0, 2, part(3984)},
		{"second part of two", "3.4 3.5", 1, 2, part(1016)},
		{"last part of eight, with 1 byte", "3.4 3.5", 7, 8, part(1)},
		{"last part of eight, full", "3.4 3.5", 7, 8, part(3984)},
	}
	for _, o := range opened {
		want := openOut{Index: o.index, Parts: o.parts, Body: o.body}
		if o.parts > 1 {
			want.Whole, want.Body = o.body[:32], o.body[32:]
		}
		c.accept("open", o.name, o.clauses, openIn{secret, frame(lawPlaintext(o.index, o.parts, o.body))}, want)
	}
	with := func(b []byte, at int, v byte) []byte { b[at] = v; return b }
	refused := []struct {
		name, clauses string
		plaintext     []byte
	}{
		{"body of 0 bytes", "3.4", lawPlaintext(0, 1, nil)},
		{"body of 4,017 bytes", "3.4", with(with(lawPlaintext(0, 1, laterBody(4016)), 0, 4017>>8), 1, 4017&255)},
		{"body of 65,535 bytes", "3.4", with(with(lawPlaintext(0, 1, laterBody(4016)), 0, 255), 1, 255)},
		{"0 parts", "3.4", lawPlaintext(0, 0, laterBody(300))},
		{"9 parts", "3.4", lawPlaintext(0, 9, part(3984))},
		{"part 1 of 1", "3.4", lawPlaintext(1, 1, laterBody(300))},
		{"part 2 of 2, counted from 0", "3.4", lawPlaintext(2, 2, part(3984))},
		{"part 255 of 8", "3.4", lawPlaintext(255, 8, part(3984))},
		{"first byte of padding not zero", "3.4", with(lawPlaintext(0, 1, laterBody(300)), 304, 1)},
		{"last byte of padding not zero", "3.4", with(lawPlaintext(0, 1, laterBody(300)), 4019, 128)},
		{"first part not full", "3.5", lawPlaintext(0, 2, part(3983))},
		{"last part without a chunk", "3.5", lawPlaintext(1, 2, part(0))},
		{"part without all of the hash", "3.5", lawPlaintext(1, 2, whole[:31])},
	}
	for _, r := range refused {
		c.refuse("open", r.name, r.clauses, openIn{secret, frame(r.plaintext)})
	}
	good := frame(lawPlaintext(0, 1, laterBody(300)))
	altered := func(at int) []byte {
		b := bytes.Clone(good[:4088])
		b[at] ^= 1
		return lawStamped(b, 0)
	}
	c.refuse("open", "another secret", "3.2", openIn{seedOf("another circle"), good})
	c.refuse("open", "tag altered", "3.2", openIn{secret, altered(36)})
	c.refuse("open", "effort altered", "3.2 3.3", openIn{secret, altered(1)})
	c.refuse("open", "salt altered", "3.2 3.3", openIn{secret, altered(35)})
	c.refuse("open", "ciphertext altered", "3.3", openIn{secret, altered(52)})
	c.refuse("open", "tag of the ciphertext altered", "3.3", openIn{secret, altered(4087)})
}

// writeSealed is section 3 from the writer's side.
func writeSealed(c *chapter) {
	secret := seedOf("circle")
	for _, s := range []struct {
		name                 string
		size, class, frames  int
		clauses              string
		expiry, effort, part int
	}{
		{"300 bytes in one frame", 300, 0, 1, "2.1 2.2 3.2 3.3 3.4", today + 8, 16, 0},
		{"4,016 bytes in one frame", 4016, 1, 1, "3.4", today + 30, 20, 0},
		{"4,017 bytes in two frames", 4017, 2, 2, "3.5", today + 120, 24, 0},
		{"7,968 bytes in two frames", 7968, 0, 2, "3.5", today + 8, 16, 0},
		{"7,969 bytes in three frames", 7969, 0, 3, "3.5", today + 8, 16, 0},
		{"31,872 bytes in eight frames", 31872, 0, 8, "3.5", today + 8, 16, 0},
	} {
		in := sealIn{Secret: secret, Body: laterBody(s.size), Class: s.class, Effort: s.effort, Now: noonOf(today)}
		var want sealOut
		for i := range s.frames {
			salt := seedOf(fmt.Sprint("salt ", i))
			in.Salts = append(in.Salts, salt)
			body := []byte(in.Body)
			if s.frames > 1 {
				body = append(lawHash(body), body[i*3984:min((i+1)*3984, len(body))]...)
			}
			frame := lawFrame(secret, lawHead(s.effort, s.class, s.expiry, salt), lawPlaintext(i, s.frames, body))
			want.Sums = append(want.Sums, lawHash(frame))
		}
		c.accept("seal", s.name, s.clauses, in, want)
	}
	eight := []octets{}
	for i := range 9 {
		eight = append(eight, seedOf(fmt.Sprint("salt ", i)))
	}
	c.refuse("seal", "31,873 bytes sealed", "3.4 3.5", sealIn{secret, laterBody(31873), 0, 16, noonOf(today), eight})
}

// writeJoined is SPEC 3.5.
func writeJoined(c *chapter) {
	secret := seedOf("circle")
	cut := func(whole []byte, hash []byte) []joinPiece {
		parts := (len(whole) + 3983) / 3984
		var pieces []joinPiece
		for i := range parts {
			chunk := whole[i*3984 : min((i+1)*3984, len(whole))]
			pieces = append(pieces, joinPiece{Index: i, Parts: parts, Body: append(bytes.Clone(hash), chunk...)})
		}
		return pieces
	}
	body := laterBody(9000)
	three := func() []joinPiece { return cut(body, lawHash(body)) }
	joined := func(name string, body []byte, pieces []joinPiece) {
		c.accept("join", name, "3.5", joinIn{secret, pieces}, joinOut{len(body), lawBodyID(body)})
	}
	joined("three parts", body, three())
	p := three()
	joined("three parts, last first", body, []joinPiece{p[2], p[1], p[0]})
	long := laterBody(31872)
	joined("eight parts", long, cut(long, lawHash(long)))
	joined("one part", laterBody(300), []joinPiece{{Index: 0, Parts: 1, Body: laterBody(300)}})

	refused := func(name string, pieces []joinPiece) { c.refuse("join", name, "3.5", joinIn{secret, pieces}) }
	refused("a part is missing", p[:2])
	refused("a part is there twice", []joinPiece{p[0], p[1], p[1]})
	refused("a part too many", []joinPiece{p[0], p[1], p[2], p[2]})
	refused("whole of another hash", cut(body, lawHash([]byte("another"))))
	p = three()
	p[1].Body = append(bytes.Clone(p[1].Body[:4015]), 'w')
	refused("a chunk altered", p)
	p = three()
	other := laterBody(9001)
	p[1] = cut(other, lawHash(other))[1]
	refused("a part of another whole", p)
	p = three()
	p[1].Parts = 4
	refused("numbers of parts differ", p)
	p = three()
	p[1].Secret = seedOf("another circle")
	refused("a part under another secret", p)
	p = three()
	p[0].Body, p[1].Body = p[1].Body, p[0].Body
	refused("chunks in the wrong order", p)
}
