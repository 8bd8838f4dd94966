package store

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"votive/proto/votive"
)

// Whatever is on disk: nothing panics, and what is found are frames.
func FuzzRuins(f *testing.F) {
	whole := named["16+6"]()
	frame := whole.Bytes()
	f.Add(frame, 0)
	f.Add(frame[:100], 7)
	f.Add(appendHeaderRow(nil, whole.Header(), 1<<16), 0)
	f.Add([]byte{0, 0, 0, 0, 3, 0, 9}, 4)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		if len(b) > len(headerPrefix) {
			_, _, _ = parseHeaderRow(b, b)
		}
		key := []byte(headerRow(Key{whole.Expiry(), whole.ID()}).String())
		if e, at, err := parseHeaderRow(key, b); err == nil && !bytes.Equal(appendHeaderRow(nil, e.Header, at), b) {
			t.Errorf("parseHeaderRow(%x) = %v, %d, which is another row", b, e, at)
		}
		_, _, _ = parseFloor(b)
		// A frame among it is found.
		at = max(at, 0) % (len(b) + 1)
		var found []votive.ID
		r := bytes.NewReader(slices.Concat(b[:at], frame, b[at:]))
		err := carve(context.Background(), r, func(f votive.Frame) error { found = append(found, f.ID()); return nil })
		if err != nil || !slices.Contains(found, whole.ID()) {
			t.Errorf("carve() found %d frames, %v, want the one that is there", len(found), err)
		}
	})
}
