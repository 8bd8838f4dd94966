package votive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A bundle is given as bytes that come a number of times, one after the other.
type bundleIn struct {
	Pieces []bundlePiece `json:"pieces"`
}

type bundlePiece struct {
	Bytes octets `json:"bytes"`
	Times int    `json:"times"`
}

type bundleOut struct {
	Frames  []bundleFrame `json:"frames"`
	Damaged int           `json:"damaged"`
	Cut     int           `json:"cut"`
}

type bundleFrame struct {
	ID      octets `json:"id"`
	Verdict string `json:"verdict"`
}

func doBundle(in bundleIn) (bundleOut, error) {
	var b []byte
	for _, p := range in.Pieces {
		b = append(b, bytes.Repeat(p.Bytes, p.Times)...)
	}
	reader, err := NewBundleReader(bytes.NewReader(b))
	if err != nil {
		return bundleOut{}, err
	}
	out := bundleOut{Frames: []bundleFrame{}}
	for {
		f, verdict, err := reader.Next(Rank{}, noon)
		if errors.Is(err, io.EOF) {
			out.Damaged, out.Cut = reader.Damaged(), reader.Cut()
			return out, nil
		}
		if err != nil {
			return out, badVector{err}
		}
		id := f.ID()
		out.Frames = append(out.Frames, bundleFrame{id[:], verdict.String()})
	}
}

type writeBundleIn struct {
	Frames []octets `json:"frames"`
}

type writeBundleOut struct {
	Bytes octets `json:"bytes"`
}

func doWriteBundle(in writeBundleIn) (writeBundleOut, error) {
	var frames []Frame
	for _, b := range in.Frames {
		f, err := ParseFrame(b)
		if err != nil {
			return writeBundleOut{}, badVector{err}
		}
		frames = append(frames, f)
	}
	slices.SortFunc(frames, byKey)
	frames = slices.CompactFunc(frames, func(a, b Frame) bool { return a.ID() == b.ID() })
	var out bytes.Buffer
	w, err := NewBundleWriter(&out)
	if err != nil {
		return writeBundleOut{}, badVector{err}
	}
	for _, f := range frames {
		if err := w.Write(f); err != nil {
			return writeBundleOut{}, badVector{err}
		}
	}
	return writeBundleOut{out.Bytes()}, nil
}

// writeBundles is section 12.
func writeBundles(c *chapter) {
	magic := []byte("votive-bundle-1\n")
	today := int(DayOf(noon))
	first := lawStamped(blank(16, 0, today+8, 0x5a), 0)
	second := lawStamped(blank(16, 1, today+30, 0x5a), 0)
	third := lawStamped(blank(20, 2, today+120, 0x5a), 0)
	dead := lawStamped(blank(16, 0, 8, 0x5a), 0)
	ahead := lawStamped(blank(16, 0, today+11, 0x5a), 0)
	spoilt := slices.Clone(first)
	spoilt[100] ^= 1
	readBundles(c, magic, first, second, third, dead, ahead, spoilt)

	written := func(name string, want []byte, frames ...[]byte) {
		c.accept("write-bundle", name, "13.1 13.2", writeBundleIn{octetsOf(frames)}, writeBundleOut{want})
	}
	written("no frames", magic)
	written("one frame", slices.Concat(magic, first), first)
	written("three frames by their days", slices.Concat(magic, first, second, third), third, first, second)
	written("a frame twice", slices.Concat(magic, first, second), second, first, second)
	same := lawStamped(blank(16, 0, today+8, 0x11), 0)
	a, b := first, same
	if bytes.Compare(lawID(a), lawID(b)) > 0 {
		a, b = b, a
	}
	written("two frames of a day by their ids", slices.Concat(magic, a, b), b, a)
}

// readBundles is SPEC 13.1 and 13.3.
func readBundles(c *chapter, magic, first, second, third, dead, ahead, spoilt []byte) {
	piece := func(b []byte, times int) bundlePiece { return bundlePiece{b, times} }
	verdict := func(v string, b []byte) bundleFrame { return bundleFrame{lawID(b), v} }
	all := []bundleFrame{verdict("accept", first), verdict("accept", second), verdict("accept", third)}
	read := func(name string, want bundleOut, pieces ...bundlePiece) {
		c.accept("bundle", name, "2.5 2.6 13.1 13.3", bundleIn{pieces}, want)
	}
	head := piece(magic, 1)
	read("no frames", bundleOut{Frames: []bundleFrame{}}, head)
	read("three frames", bundleOut{all, 0, 0}, head, piece(first, 1), piece(second, 1), piece(third, 1))
	read("three frames in another order", bundleOut{[]bundleFrame{all[2], all[0], all[1]}, 0, 0},
		head, piece(third, 1), piece(first, 1), piece(second, 1))
	read("a frame three times", bundleOut{[]bundleFrame{all[0], all[0], all[0]}, 0, 0}, head, piece(first, 3))
	read("a frame long dead and one too far ahead", bundleOut{[]bundleFrame{verdict("ignore", dead), verdict("ignore", ahead), all[0]}, 0, 0},
		head, piece(dead, 1), piece(ahead, 1), piece(first, 1))

	read("cut by one byte", bundleOut{all[:1], 0, 4095}, head, piece(first, 1), piece(second[:4095], 1))
	read("one byte of a frame", bundleOut{all[:1], 0, 1}, head, piece(first, 1), piece(second[:1], 1))
	read("nothing but part of a frame", bundleOut{[]bundleFrame{}, 0, 100}, head, piece(first[:100], 1))
	read("a newline more", bundleOut{all[:1], 0, 1}, head, piece(first, 1), piece([]byte("\n"), 1))

	read("the second of three damaged", bundleOut{[]bundleFrame{all[0], all[2]}, 1, 0}, head, piece(first, 1), piece(spoilt, 1), piece(third, 1))
	read("255 frames of zeros before one", bundleOut{all[:1], 255, 0}, head, piece(make([]byte, 4096), 255), piece(first, 1))
	read("a byte missing in the first", bundleOut{[]bundleFrame{}, 1, 4095}, head, piece(first[1:], 1), piece(second, 1))
	read("a frame of version 2", bundleOut{all[:1], 1, 0}, head, piece(lawStamped(append([]byte{2}, first[1:4088]...), 0), 1), piece(first, 1))
	read("a frame of effort 15", bundleOut{all[:1], 1, 0}, head, piece(lawStamped(blank(15, 0, 2508, 0x5a), 0), 1), piece(first, 1))
	read("two bundles one behind the other", bundleOut{all[:1], 1, 16}, head, piece(first, 1), head, piece(second, 1))

	for _, bad := range []struct{ name, magic string }{
		{"nothing at all", ""},
		{"magic cut short", "votive-bundle-1"},
		{"version 2", "votive-bundle-2\n"},
		{"two bytes for a newline", "votive-bundle-1\r\n"},
		{"a file for a link", "votive-file-1\n\x00\x00"},
		{"a byte before", fmt.Sprintf("\n%s", magic)},
	} {
		c.refuse("bundle", bad.name, "13.1", bundleIn{[]bundlePiece{piece([]byte(bad.magic), 1), piece(first, min(len(bad.magic)/16, 1))}})
	}
}
