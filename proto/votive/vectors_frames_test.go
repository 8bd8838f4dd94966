package votive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

type rankJSON struct {
	Rank   int    `json:"rank"`
	Expiry int    `json:"expiry"`
	ID     octets `json:"id"`
}

func (r *rankJSON) floor() Rank {
	if r == nil {
		return Rank{}
	}
	return Rank{Rank: uint8(r.Rank), Expiry: Day(r.Expiry), ID: r.ID.id32()}
}

type judgeIn struct {
	Message octets    `json:"message"`
	Floor   *rankJSON `json:"floor,omitempty"`
	Now     time.Time `json:"now"`
}

type judgeOut struct {
	Verdict string `json:"verdict"`
	ID      octets `json:"id,omitempty"`
	NotID   octets `json:"not_id,omitempty"`
	Effort  int    `json:"effort,omitempty"`
	Class   *int   `json:"class,omitempty"`
	Expiry  int    `json:"expiry,omitempty"`
	Rank    int    `json:"rank,omitempty"`
}

func doJudge(in judgeIn) (judgeOut, error) {
	f, verdict, _ := Judge(in.Message, in.Floor.floor(), in.Now)
	out := judgeOut{Verdict: verdict.String()}
	messageID := FrameID(in.Message)
	if verdict == Reject {
		if len(in.Message) >= FrameSize {
			if id := frameID(sumOf(in.Message), in.Message[stampAt:FrameSize]); messageID != id {
				out.NotID = id[:]
			}
		}
		return out, nil
	}
	if id := f.ID(); id == messageID {
		out.ID = id[:]
	}
	class := int(f.Lifetime())
	out.Effort, out.Class, out.Expiry, out.Rank = int(f.Effort()), &class, int(f.Expiry()), int(f.Rank().Rank)
	return out, nil
}

// blank is a frame of a filling instead of a ciphertext, without its stamp.
func blank(effort, class, expiry int, filling byte) []byte {
	b := append(lawHead(effort, class, expiry, bytes.Repeat([]byte{filling}, 32)), seedOf("tag")[:16]...)
	return append(b, bytes.Repeat([]byte{filling}, 4036)...)
}

const today = 2500 // the day of most vectors, on which it is noon

func noonOf(day int) time.Time {
	return time.Date(2020, 1, 1+day, 12, 0, 0, 0, time.UTC)
}

func writeFrames(c *chapter) {
	writeRejected(c)
	writeIgnored(c)
	writeHeads(c)
	writeStamps(c)
	writeDrops(c)
}

// writeRejected is SPEC 2.5.
func writeRejected(c *chapter) {
	good := lawStamped(blank(16, 1, today+30, 0xa5), 0)
	with := func(at int, v byte) []byte {
		b := bytes.Clone(good)
		b[at] = v
		return b
	}
	again := func(at int, v byte) []byte { return lawStamped(with(at, v)[:4088], 0) }
	rejected := []struct {
		name    string
		message []byte
	}{
		{"nothing", nil},
		{"4,095 bytes", good[:4095]},
		{"4,097 bytes", append(bytes.Clone(good), 0)},
		{"no stamp", good[:4088]},
		{"two frames", append(bytes.Clone(good), good...)},
		{"version 0", again(0, 0)},
		{"version 2", again(0, 2)},
		{"version 255", again(0, 255)},
		{"class 3", again(2, good[2]|0xc0)},
		{"effort 0", again(1, 0)},
		{"effort 15", again(1, 15)},
		{"effort 255, which nobody has", with(1, 255)},
		{"stamp that does not hold", append(bytes.Clone(good[:4088]), make([]byte, 8)...)},
		{"stamp of another frame", append(blank(16, 1, today+30, 0xa6), good[4088:]...)},
		{"effort raised by one behind the stamp", with(1, 17)},
		{"class changed behind the stamp", with(2, good[2]^0x40)},
		{"salt changed behind the stamp", with(4, 0)},
		{"tag changed behind the stamp", with(36, good[36]^1)},
		{"first byte of ciphertext changed behind the stamp", with(52, 0)},
		{"last byte of ciphertext changed behind the stamp", with(4087, 0)},
		{"all zeros", make([]byte, 4096)},
		{"all ones", bytes.Repeat([]byte{0xff}, 4096)},
		{"dead and with a stamp that does not hold", append(blank(16, 0, 1, 0xa5), make([]byte, 8)...)},
	}
	for _, r := range rejected {
		want := judgeOut{Verdict: "reject"}
		if len(r.message) >= 4096 {
			want.NotID = lawID(r.message)
		}
		c.add("judge", r.name, "2.1 2.3 2.5", judgeIn{Message: r.message, Now: noonOf(today)}, want)
	}
}

// writeIgnored is SPEC 2.3 to 2.6 and 2.8 for messages that are frames.
func writeIgnored(c *chapter) {
	judged := func(name, clauses, verdict string, frame []byte, floor *rankJSON, now time.Time) {
		effort, class, expiry := int(frame[1]), int(frame[2]>>6), int(binary.BigEndian.Uint16(frame[2:]))&16383
		c.add("judge", name, clauses, judgeIn{frame, floor, now}, judgeOut{
			Verdict: verdict, ID: lawID(frame), Effort: effort, Class: &class, Expiry: expiry, Rank: effort - 2*class,
		})
	}
	for class, days := range []int{8, 30, 120} {
		frame := func(expiry int) []byte { return lawStamped(blank(16, class, expiry, 0x5a), 0) }
		f := frame(today + days)
		dies := noonOf(today + days).Add(-12 * time.Hour)
		name := func(s string) string { return fmt.Sprintf("class %d, %s", class, s) }
		judged(name("fresh"), "2.2 2.6", "accept", f, nil, noonOf(today))
		judged(name("just before it dies"), "2.6", "accept", f, nil, dies.Add(-time.Second))
		judged(name("died 48 hours ago"), "2.6", "accept", f, nil, dies.Add(48*time.Hour))
		judged(name("died 48 hours and a second ago"), "2.6", "ignore", f, nil, dies.Add(48*time.Hour+time.Second))
		judged(name("sealed by a clock two days fast"), "2.6", "accept", frame(today+days+2), nil, noonOf(today))
		judged(name("sealed by a clock three days fast"), "2.6", "ignore", frame(today+days+3), nil, noonOf(today))
		judged(name("two days ahead begins at midnight"), "2.6", "accept", frame(today+days+3), nil, noonOf(today).Add(12*time.Hour))
		judged(name("until the last day"), "2.2 2.6", "ignore", frame(16383), nil, noonOf(today))
	}
	f := lawStamped(blank(18, 1, today+30, 0x5a), 0)
	id := lawID(f)
	floors := []struct {
		name, verdict string
		floor         rankJSON
	}{
		{"floor of lower rank", "accept", rankJSON{15, 16383, bytes.Repeat([]byte{255}, 32)}},
		{"floor of higher rank", "ignore", rankJSON{17, 0, make([]byte, 32)}},
		{"floor of an earlier day", "accept", rankJSON{16, today + 29, bytes.Repeat([]byte{255}, 32)}},
		{"floor of a later day", "ignore", rankJSON{16, today + 31, make([]byte, 32)}},
		{"floor of a lesser id", "accept", rankJSON{16, today + 30, neighbour(id, -1)}},
		{"floor of a greater id", "ignore", rankJSON{16, today + 30, neighbour(id, 1)}},
		{"is the floor", "ignore", rankJSON{16, today + 30, id}},
	}
	for _, fl := range floors {
		judged(fl.name, "2.6 2.8", fl.verdict, f, &fl.floor, noonOf(today))
	}
	judged("any other day of expiry", "2.2 2.5 2.6", "accept", lawStamped(blank(16, 2, today+77, 0x5a), 0), nil, noonOf(today))
	judged("another stamp is another frame", "2.3 2.4", "accept", lawStamped(f[:4088], 1), nil, noonOf(today))
	judged("more effort than said", "2.4", "accept", lawStamped(blank(17, 0, today+8, moreThanSaid()), 0), nil, noonOf(today))
}

// moreThanSaid is a filling of which the first stamp for 17 bits has 18.
func moreThanSaid() byte {
	for filling := byte(0); ; filling++ {
		f := lawStamped(blank(17, 0, today+8, filling), 0)
		if lawHolds(lawHash(f[:4088]), f[4088:], 18) {
			return filling
		}
	}
}

// neighbour is an id one greater or less in its last byte that can be.
func neighbour(id []byte, by int) []byte {
	b := bytes.Clone(id)
	for i := 31; ; i-- {
		if v := int(b[i]) + by; v >= 0 && v <= 255 {
			b[i] = byte(v)
			return b
		}
	}
}

type headIn struct {
	Effort int       `json:"effort"`
	Class  int       `json:"class"`
	Now    time.Time `json:"now"`
}

type headOut struct {
	Head octets `json:"head"`
}

func doHead(in headIn) (headOut, error) {
	h, err := newHeader(Lifetime(in.Class), uint8(in.Effort), in.Now)
	return headOut{h[:saltAt]}, err
}

// writeHeads is SPEC 2.2 for who writes.
func writeHeads(c *chapter) {
	for class, days := range []int{8, 30, 120} {
		for _, now := range []time.Time{noonOf(today), noonOf(today).Add(-12 * time.Hour), noonOf(today).Add(12*time.Hour - time.Second)} {
			c.accept("head", fmt.Sprintf("class %d sealed at %s", class, now.Format("15:04:05")), "2.1 2.2",
				headIn{20, class, now}, headOut{lawHead(20, class, today+days, nil)})
		}
		c.accept("head", fmt.Sprintf("class %d to the last day", class), "2.2",
			headIn{16, class, noonOf(16383 - days)}, headOut{lawHead(16, class, 16383, nil)})
		c.refuse("head", fmt.Sprintf("class %d past the last day", class), "2.2", headIn{16, class, noonOf(16384 - days)})
	}
	c.refuse("head", "class 3 sealed", "2.2 2.5", headIn{16, 3, noonOf(today)})
	c.refuse("head", "effort 15 sealed", "2.5", headIn{15, 0, noonOf(today)})
}

type stampIn struct {
	Sum    octets `json:"sum"`
	Effort int    `json:"effort"`
	Stamp  octets `json:"stamp"`
}

func doStamp(in stampIn) (none, error) {
	if !stampHolds(in.Sum.id32(), in.Stamp, uint8(in.Effort)) {
		return none{}, fmt.Errorf("stamp does not hold for %d bits", in.Effort)
	}
	return none{}, nil
}

// writeStamps is SPEC 2.4 at every number of bits that one stamp can have.
func writeStamps(c *chapter) {
	f := lawStamped(blank(16, 0, today+8, 1), 0)
	sum, stamp := lawHash(f[:4088]), f[4088:]
	bits := 16
	for lawHolds(sum, stamp, bits+1) {
		bits++
	}
	for _, effort := range []int{0, 1, 8, bits - 1, bits} {
		c.accept("stamp", fmt.Sprintf("stamp of %d bits for %d", bits, effort), "2.4", stampIn{sum, effort, stamp}, none{})
	}
	for _, effort := range []int{bits + 1, bits + 2, 64, 255} {
		c.refuse("stamp", fmt.Sprintf("stamp of %d bits for %d", bits, effort), "2.4", stampIn{sum, effort, stamp})
	}
}

type dropIn struct {
	Frames []dropFrame `json:"frames"`
}

type dropFrame struct {
	ID   octets `json:"id"`
	Head octets `json:"head"`
}

type dropOut struct {
	Order []octets `json:"order"`
}

func doDrop(in dropIn) (dropOut, error) {
	ranks := make([]Rank, len(in.Frames))
	for i, f := range in.Frames {
		var h Header
		copy(h[:], f.Head)
		ranks[i] = h.Rank(f.ID.id32())
	}
	slices.SortFunc(ranks, Rank.Compare)
	var out dropOut
	for _, r := range ranks {
		out.Order = append(out.Order, octets(r.ID[:]))
	}
	return out, nil
}

// writeDrops is SPEC 2.8 for frames of which none has died.
func writeDrops(c *chapter) {
	id := func(first byte) octets { return append([]byte{first}, seedOf("drop")[1:]...) }
	frame := func(first byte, effort, class, expiry int) dropFrame {
		return dropFrame{id(first), lawHead(effort, class, expiry, nil)}
	}
	// Written in the order in which they are dropped.
	groups := map[string][]dropFrame{
		"dropped by effort":               {frame(9, 16, 0, 2508), frame(1, 17, 0, 2501), frame(0, 255, 0, 2501)},
		"dropped by effort and class":     {frame(9, 16, 2, 2600), frame(8, 16, 1, 2530), frame(7, 16, 0, 2501), frame(6, 21, 2, 2501)},
		"dropped by expiry at equal rank": {frame(9, 16, 0, 2501), frame(8, 18, 1, 2502), frame(7, 20, 2, 2503), frame(6, 20, 2, 2600)},
		"dropped by id at equal expiry":   {frame(1, 16, 0, 2501), frame(2, 18, 1, 2501), frame(0x80, 20, 2, 2501), frame(255, 16, 0, 2501)},
	}
	names := []string{}
	for name := range groups {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names {
		var want dropOut
		for _, f := range groups[name] {
			want.Order = append(want.Order, f.ID)
		}
		mixed := slices.Clone(groups[name])
		slices.Reverse(mixed)
		mixed[0], mixed[1] = mixed[1], mixed[0]
		c.accept("drop", name, "2.8", dropIn{mixed}, want)
	}
}
