package votive

import (
	"bytes"
	"crypto/aes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// Catch-up is not spoken in this package: the tests of proto/recon hold it to
// these vectors.

type catchUpFrame struct {
	Rank   int    `json:"rank"`
	Expiry int    `json:"expiry"`
	ID     octets `json:"id"`
}

// key is SPEC 10.2.
func (f catchUpFrame) key() []byte {
	return append([]byte{byte(f.Rank), byte(f.Expiry >> 8), byte(f.Expiry)}, f.ID...)
}

func catchUpKeys(frames []catchUpFrame) []octets {
	keys := []octets{}
	for _, f := range frames {
		keys = append(keys, f.key())
	}
	return keys
}

type catchUpWindow struct {
	Floor octets `json:"floor"`
	First int    `json:"first"`
}

func (w catchUpWindow) bytes() []byte {
	floor := []byte(w.Floor)
	if len(floor) == 0 {
		floor = make([]byte, 35)
	}
	return append(slices.Clone(floor), byte(w.First>>8), byte(w.First))
}

type catchUpSetIn struct {
	Frames []catchUpFrame `json:"frames"`
	Window catchUpWindow  `json:"window"`
}

type catchUpSetOut struct {
	Keys        int    `json:"keys"`
	Fingerprint octets `json:"fingerprint"`
}

type catchUpShortIn struct {
	Asker   octets `json:"asker"`
	Offerer octets `json:"offerer"`
	ID      octets `json:"id"`
}

type catchUpShortOut struct {
	Short octets `json:"short"`
}

type catchUpHelloIn struct {
	Keys   []octets      `json:"keys"`
	Window catchUpWindow `json:"window"`
	Nonce  octets        `json:"nonce"`
}

type catchUpHelloOut struct {
	Hello octets `json:"hello"`
}

type catchUpOfferIn struct {
	Keys   []octets      `json:"keys"`
	Window catchUpWindow `json:"window"`
	Nonce  octets        `json:"nonce"`
	Said   []octets      `json:"said"`
}

type catchUpOfferOut struct {
	Answers []octets `json:"answers"`
}

// lawSet is a set as SPEC 10.2 and 10.3 have it.
type lawSet [][]byte

func lawSetOf(frames []catchUpFrame, windows ...catchUpWindow) (set lawSet) {
	for _, f := range frames {
		in := true
		for _, w := range windows {
			in = in && bytes.Compare(f.key(), w.bytes()[:35]) > 0 && f.Expiry >= w.First
		}
		if in {
			set = append(set, f.key())
		}
	}
	slices.SortFunc(set, bytes.Compare)
	return set
}

func lawLeaf(key []byte) int { return int(key[3])<<2 | int(key[4])>>6 }

// digest is that of the leaves from one up to and without another.
func (s lawSet) digest(from, to int) []byte {
	var all []byte
	for leaf := from; leaf < to; leaf++ {
		var keys []byte
		for _, k := range s {
			if lawLeaf(k) == leaf {
				keys = append(keys, k...)
			}
		}
		all = append(all, lawHash(keys)...)
	}
	return lawHash(all)
}

func lawAES(key, x []byte) []byte {
	out := make([]byte, 16)
	must(aes.NewCipher(key)).Encrypt(out, x)
	return out
}

// lawShort is SPEC 10.5.
func lawShort(key, id []byte) uint64 {
	tail := binary.BigEndian.Uint64(lawAES(key[:16], id[:16])) & (1<<38 - 1)
	return (uint64(id[0])<<2|uint64(id[1])>>6)<<38 | tail
}

func lawShortBytes(s uint64) []byte { return binary.BigEndian.AppendUint64(nil, s)[2:] }

// lawTag is SPEC 10.6.
func (s lawSet) tag(key []byte, from, to int) []byte {
	n := 0
	for _, k := range s {
		if lawLeaf(k) >= from && lawLeaf(k) < to {
			n++
		}
	}
	d := s.digest(from, to)
	mixed := lawAES(key[16:], d[:16])
	for i := range mixed {
		mixed[i] ^= d[16+i]
	}
	mixed = lawAES(key[16:], mixed)
	return []byte{mixed[0], mixed[1]&0xc0 | byte(n%64)}
}

// lawMix is the numbers of SplitMix64.
func lawMix(seed uint64, n int) (numbers []uint64) {
	for range n {
		seed += 0x9e3779b97f4a7c15
		z := seed
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		numbers = append(numbers, z^z>>31)
	}
	return numbers
}

func lawChosen(ranges []byte, leaf int) bool {
	range10 := leaf * len(ranges) * 8 / 1024
	return ranges[range10/8]>>(7-range10%8)&1 == 1
}

// cells is SPEC 10.7.
func (s lawSet) cells(key []byte, number, part int, ranges []byte) (all []byte) {
	sums, checks, counts := make([]uint64, 4*part), make([]uint32, 4*part), make([]int, 4*part)
	for _, k := range s {
		if !lawChosen(ranges, lawLeaf(k)) {
			continue
		}
		short := lawShort(key, k[3:])
		r := lawMix(short, 2*number+3)
		x, y := r[2*number+1], r[2*number+2]
		for i, half := range []uint64{x >> 32, x & 0xffffffff, y >> 32, y & 0xffffffff} {
			at, _ := bits.Mul64(half<<32, uint64(part))
			c := i*part + int(at)
			sums[c] ^= short
			checks[c] ^= uint32(r[0]) & (1<<30 - 1)
			counts[c]++
		}
	}
	for i := range sums {
		all = append(all, lawShortBytes(sums[i])...)
		all = binary.BigEndian.AppendUint32(all, uint32(counts[i]%4)<<30|checks[i])
	}
	return all
}

// list is SPEC 10.8.
func (s lawSet) list(key []byte, first, last uint64, most int, ranges []byte) []byte {
	var shorts []uint64
	for _, k := range s {
		if short := lawShort(key, k[3:]); lawChosen(ranges, lawLeaf(k)) && short >= first && short <= last {
			shorts = append(shorts, short)
		}
	}
	slices.Sort(shorts)
	all := []byte{0}
	if len(shorts) > most {
		all[0], shorts = 1, shorts[:most]
	}
	for _, short := range shorts {
		all = append(all, lawShortBytes(short)...)
	}
	return all
}

func lawMessage(is byte, parts ...[]byte) octets {
	body := bytes.Join(parts, nil)
	return append([]byte{is, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func lawNumber(n, size int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n))[8-size:] }

// catchUpFrames are frames for vectors: some in one leaf, some of one day.
func catchUpFrames(n int) []catchUpFrame {
	frames := []catchUpFrame{}
	for i := range n {
		id := lawDigest("votive-vector-1", []byte("frame"), lawNumber(i, 4))
		if i%5 == 4 {
			id[0], id[1] = 7, id[1]&0x3f|0x80
		}
		frames = append(frames, catchUpFrame{14 + i%4, 2508 + i%3*50, id})
	}
	return frames
}

// writeCatchUp is SPEC 10.
func writeCatchUp(c *chapter) {
	all := catchUpFrames(40)
	none := catchUpWindow{octets{}, 0}
	floor := catchUpWindow{octets(all[17].key()), 0}
	days := catchUpWindow{octets{}, 2558}
	both := catchUpWindow{octets(all[6].key()), 2509}
	for _, s := range []struct {
		name   string
		frames []catchUpFrame
		window catchUpWindow
	}{
		{"no frames", all[:0], none},
		{"one frame", all[:1], none},
		{"one leaf", []catchUpFrame{all[4], all[9], all[14]}, none},
		{"ranks before days, days before ids", all, none},
		{"above a floor", all, floor},
		{"the floor itself", all[17:18], floor},
		{"from a day on", all, days},
		{"a floor and a day", all, both},
	} {
		set := lawSetOf(s.frames, s.window)
		mixed := slices.Clone(s.frames)
		slices.Reverse(mixed)
		c.accept("catch-up-set", s.name, "10.2 10.3", catchUpSetIn{mixed, s.window}, catchUpSetOut{len(set), set.digest(0, 1024)})
		c.accept("catch-up-hello", s.name, "10.1 10.4", catchUpHelloIn{catchUpKeys(mixed), s.window, seedOf("asker")[:16]}, catchUpHelloOut{
			lawMessage(1, seedOf("asker")[:16], s.window.bytes(), []byte{4}, set.digest(0, 1024)),
		})
	}
	asker, offerer := octets(seedOf("asker")[:16]), octets(seedOf("offerer")[:16])
	key := lawDigest("votive-catchup-1", asker, offerer)
	for _, i := range []int{0, 1, 4, 9} {
		c.accept("catch-up-short", lawName("frame", i), "10.5", catchUpShortIn{asker, offerer, all[i].ID},
			catchUpShortOut{lawShortBytes(lawShort(key, all[i].ID))})
	}
	writeCatchUpOffers(c, all, none, both, asker, offerer, key)
}

func lawName(what string, i int) string { return what + " " + string(rune('a'+i)) }

// writeCatchUpOffers is what an offerer answers, in sessions of several
// messages.
func writeCatchUpOffers(c *chapter, all []catchUpFrame, none, other catchUpWindow, asker, offerer octets, key []byte) {
	hello := func(level byte, w catchUpWindow, frames []catchUpFrame) octets {
		return lawMessage(1, asker, w.bytes(), []byte{level}, lawSetOf(frames, w).digest(0, 1024))
	}
	tags := func(level int, set lawSet, w catchUpWindow) octets {
		b := slices.Concat(offerer, w.bytes(), lawNumber(len(set), 4))
		each := 1024 >> level
		for i := 0; i < 1024; i += each {
			b = append(b, set.tag(key, i, i+each)...)
		}
		return lawMessage(4, b)
	}
	whole, cut := lawSetOf(all), lawSetOf(all, other)
	every := []byte{0xff, 0xff}
	few := []byte{0x80, 0x11}
	cells := func(number, part int, ranges []byte) octets {
		return lawMessage(3, []byte{byte(number)}, lawNumber(part, 2), ranges)
	}
	list := func(first, last uint64, most int, ranges []byte) octets {
		return lawMessage(5, lawShortBytes(first), lawShortBytes(last), lawNumber(most, 4), ranges)
	}
	shorts := func(frames ...catchUpFrame) (b []byte) {
		var some []uint64
		for _, f := range frames {
			some = append(some, lawShort(key, f.ID))
		}
		slices.Sort(some)
		for _, s := range some {
			b = append(b, lawShortBytes(s)...)
		}
		return b
	}
	const last = 1<<48 - 1
	middle := lawShort(key, all[3].ID)
	h := hello(4, none, all[:38])
	bye := lawMessage(11)
	say := func(name, clauses string, w catchUpWindow, said, answers []octets) {
		c.accept("catch-up-offer", name, clauses, catchUpOfferIn{catchUpKeys(all), w, offerer, said}, catchUpOfferOut{answers})
	}
	say("the same set", "10.1 10.4", none, []octets{hello(7, none, all)}, []octets{lawMessage(2)})
	say("the same in both windows", "10.3 10.4", none, []octets{hello(4, other, all)}, []octets{lawMessage(2)})
	say("the same in a smaller window", "10.3 10.4", other, []octets{hello(4, none, all), bye}, []octets{tags(4, cut, other), {}})
	say("tags", "10.3 10.6", none, []octets{h, bye}, []octets{tags(4, whole, none), {}})
	say("most tags", "10.6", none, []octets{hello(10, none, all[:3]), bye}, []octets{tags(10, whole, none), {}})
	say("tags in the asker's window", "10.3 10.6", none, []octets{hello(5, other, all[:9]), bye}, []octets{tags(5, cut, none), {}})
	say("cells", "10.7", none, []octets{h, cells(0, 4, every), cells(0, 3, few), cells(3, 7, few), bye}, []octets{
		tags(4, whole, none), lawMessage(6, whole.cells(key, 0, 4, every)), lawMessage(6, whole.cells(key, 0, 3, few)),
		lawMessage(6, whole.cells(key, 3, 7, few)),
		{},
	})
	say("cells in the asker's window", "10.3 10.7", none, []octets{hello(4, other, all[:9]), cells(1, 1, every), bye}, []octets{
		tags(4, cut, none), lawMessage(6, cut.cells(key, 1, 1, every)), {},
	})
	say("lists", "10.8", none, []octets{h, list(0, last, 65536, every), list(0, last, 7, few), list(middle, last, 3, every), list(middle, middle, 1, every), list(middle+1, last, 100, few), bye}, []octets{
		tags(4, whole, none), lawMessage(8, whole.list(key, 0, last, 65536, every)), lawMessage(8, whole.list(key, 0, last, 7, few)),
		lawMessage(8, whole.list(key, middle, last, 3, every)), lawMessage(8, whole.list(key, middle, middle, 1, every)),
		lawMessage(8, whole.list(key, middle+1, last, 100, few)),
		{},
	})
	ids := func(some ...octets) octets { return bytes.Join(plainBytes(some), nil) }
	zero := octets(make([]byte, 32))
	first, second := all[1], all[5]
	if lawShort(key, first.ID) > lawShort(key, second.ID) {
		first, second = second, first
	}
	say("frames", "10.9", none, []octets{h, lawMessage(9, shorts(first, second)), lawMessage(9, shorts(all[4])), bye}, []octets{
		tags(4, whole, none), ids(first.ID, second.ID), ids(all[4].ID), {},
	})
	say("a frame that is not there", "10.9", none, []octets{h, lawMessage(9, lawShortBytes(middle+1)), bye}, []octets{tags(4, whole, none), zero, {}})
	outside := slices.IndexFunc(all, func(f catchUpFrame) bool { return len(lawSetOf([]catchUpFrame{f}, other)) == 0 })
	say("a frame outside the window", "10.3 10.9", none, []octets{hello(4, other, all[:9]), lawMessage(9, shorts(all[outside]))}, []octets{tags(4, cut, none), zero})
	say("have", "10.10", none, []octets{h, lawMessage(7, lawShortBytes(5), lawShortBytes(6))}, []octets{tags(4, whole, none), {}})

	not := func(name, clauses string, said ...octets) {
		c.refuse("catch-up-offer", name, clauses, catchUpOfferIn{catchUpKeys(all[:3]), none, offerer, said})
	}
	not("no hello", "10.1", cells(0, 4, every))
	not("an unknown message", "10.1", lawMessage(12))
	not("a message cut short", "10.1", h[:len(h)-1])
	not("a hello too long", "10.1", lawMessage(1, h[4:], []byte{0}))
	not("two hellos", "10.1", h, h)
	not("level 3", "10.4", hello(3, none, all[:2]))
	not("level 11", "10.4", hello(11, none, all[:2]))
	not("what an offerer says", "10.1", h, lawMessage(2))
	not("ranges of another level", "10.1 10.6", h, cells(0, 4, append(every, 0, 0)))
	not("block 4", "10.7", h, cells(4, 4, every))
	not("no cells", "10.7", h, cells(0, 0, every))
	not("parts of 8,193 cells", "10.7", h, cells(0, 8193, every))
	not("a list of none", "10.8", h, list(0, last, 0, every))
	not("a list of 65,537", "10.8", h, list(0, last, 65537, every))
	not("a fetch of none", "10.9", h, lawMessage(9))
	not("a fetch of 257", "10.9", h, lawMessage(9, bytes.Join(ascendingShorts(257), nil)))
	not("a fetch that does not ascend", "10.9", h, lawMessage(9, lawShortBytes(6), lawShortBytes(5)))
	not("a fetch of one twice", "10.9", h, lawMessage(9, lawShortBytes(6), lawShortBytes(6)))
	not("a half short id", "10.9", h, lawMessage(9, []byte{1, 2, 3}))
	not("cells after a fetch", "10.1", h, lawMessage(9, lawShortBytes(6)), cells(0, 4, every))
	not("a have of none", "10.10", h, lawMessage(7))
	not("a have that does not ascend", "10.10", h, lawMessage(7, lawShortBytes(6), lawShortBytes(5)))
	not("after bye", "10.1", h, bye, bye)
	not("fetch after have", "10.1", h, lawMessage(7, lawShortBytes(5)), lawMessage(9, lawShortBytes(6)))
}

func ascendingShorts(n int) (shorts [][]byte) {
	for i := range n {
		shorts = append(shorts, lawShortBytes(uint64(i)))
	}
	return shorts
}
