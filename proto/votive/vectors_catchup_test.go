package votive

import (
	"bytes"
	"fmt"
)

// Catch-up is not spoken in this package: the tests of node/courier hold it to
// these vectors.

type catchUpOfferIn struct {
	Frames []catchUpFrame `json:"frames"`
}

type catchUpFrame struct {
	Expiry int    `json:"expiry"`
	ID     octets `json:"id"`
}

type catchUpOfferOut struct {
	Hello octets `json:"hello"`
	List  octets `json:"list"`
}

type catchUpAskIn struct {
	Frames int    `json:"frames"`
	Asked  octets `json:"asked"`
}

type catchUpAskOut struct {
	IDs []octets `json:"ids"`
}

// writeCatchUp is SPEC 10.2 to 10.4.
func writeCatchUp(c *chapter) {
	id := func(first, last byte) octets { return append(append([]byte{first}, seedOf("frame")[1:31]...), last) }
	for _, o := range []struct {
		name   string
		frames []catchUpFrame // in the order of their keys
	}{
		{"no frames", []catchUpFrame{}},
		{"one frame", []catchUpFrame{{2508, id(1, 1)}}},
		{"days before ids", []catchUpFrame{{2508, id(255, 1)}, {2509, id(0, 1)}, {2620, id(0, 0)}}},
		{"days of two bytes", []catchUpFrame{{255, id(9, 1)}, {256, id(8, 1)}, {16383, id(7, 1)}}},
		{"ids as bytes", []catchUpFrame{{2508, id(1, 2)}, {2508, id(1, 3)}, {2508, id(127, 0)}, {2508, id(128, 0)}}},
	} {
		want := catchUpOfferOut{List: octets{}}
		var mixed []catchUpFrame
		for i, f := range o.frames {
			want.List = append(append(want.List, byte(f.Expiry>>8), byte(f.Expiry)), f.ID...)
			if mixed = append(mixed, f); i > 0 {
				mixed[0], mixed[i] = mixed[i], mixed[0]
			}
		}
		want.Hello = append(lawHash(want.List), 0, 0, 0, byte(len(o.frames)))
		c.accept("catch-up-offer", o.name, "10.1 10.2 10.3", catchUpOfferIn{mixed}, want)
	}
	number := func(n int) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }
	some := func(n int) []octets {
		ids := []octets{}
		for i := range n {
			ids = append(ids, bytes.Repeat([]byte{byte(i)}, 32))
		}
		return ids
	}
	for _, n := range []int{0, 1, 2, 256} {
		asked := append(number(n), bytes.Join(plainBytes(some(n)), nil)...)
		c.accept("catch-up-ask", fmt.Sprintf("asked for %d", n), "10.4", catchUpAskIn{1000, asked}, catchUpAskOut{some(n)})
	}
	for _, n := range []int{257, 1 << 31} {
		c.refuse("catch-up-ask", fmt.Sprintf("asked for %d", n), "10.4", catchUpAskIn{1000, append(number(n), bytes.Repeat([]byte{7}, 257*32)...)})
	}
	c.refuse("catch-up-ask", "asked for more than there are", "10.4", catchUpAskIn{2, append(number(3), bytes.Repeat([]byte{7}, 96)...)})
	c.refuse("catch-up-ask", "an id cut short", "10.4", catchUpAskIn{1000, append(number(2), bytes.Repeat([]byte{7}, 63)...)})
}
