package votive

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzParseLink(f *testing.F) {
	f.Add(testLink(f, 0).String())
	f.Add(testLink(f, 40).QR())
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := ParseLink(text); err == nil {
			if !strings.EqualFold(l.String(), text) {
				t.Fatalf("ParseLink(%q).String() = %q", text, l.String())
			}
			survives(t, l)
		}
		// Nobody guesses a check, so that what lies behind it is reached so.
		if l, err := LinkFrom(checked([]byte(text))); err == nil {
			if got := l.Bytes(); string(got[:len(got)-linkCheckSize]) != text {
				t.Fatalf("LinkFrom(%x).Bytes() = %x", text, got)
			}
			survives(t, l)
		}
	})
}

func survives(t *testing.T, l Link) {
	t.Helper()
	if len(l.Addr()) > maxLinkAddr {
		t.Fatalf("Addr has %d bytes, want at most %d", len(l.Addr()), maxLinkAddr)
	}
	for _, text := range []string{l.String(), l.QR()} {
		if again, err := ParseLink(text); err != nil || again != l {
			t.Fatalf("ParseLink(%s) = %v, want the same link", text, err)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	_, good := testFile(f, 2)
	f.Add(len(good), 0, []byte{})
	f.Add(len(good)+1, 0, []byte{})
	f.Add(50+FrameSize, 49, []byte{1})
	f.Add(46, 0, []byte("votive-file-2"))
	f.Fuzz(func(t *testing.T, length, offset int, change []byte) {
		b := edited(good, length, offset, change)
		file, err := ReadFile(bytes.NewReader(b))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if n, err := file.WriteTo(&again); err != nil || n != int64(len(b)) || !bytes.Equal(again.Bytes(), b) {
			t.Fatalf("WriteTo = %d bytes %v, want the %d that were read", n, err, len(b))
		}
	})
}
