package votive

import (
	"bytes"
	"strings"
	"testing"
)

func testLink(t testing.TB, addr int) Link {
	t.Helper()
	l, err := NewLink(testSecret("link"), bytes.Repeat([]byte{0xa5}, addr))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// SPEC 7.5.
func TestLinks(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 50, 99, 100} {
		l := testLink(t, n)
		text := l.String()
		for _, written := range []string{text, l.QR(), "VOTIVE:" + text[7:], "votive:" + l.QR()[7:], "Votive:" + text[7:]} {
			got, err := ParseLink(written)
			if err != nil || got != l {
				t.Errorf("ParseLink(%s) = %v, want the link it was made from", written, err)
			}
		}
		got, err := LinkFrom(l.Bytes())
		if err != nil || !got.Secret().Equal(testSecret("link")) || len(got.Addr()) != n || (got.Addr() == nil) != (n == 0) {
			t.Errorf("LinkFrom(Bytes) = %v with an address of %d bytes, want %d", err, len(got.Addr()), n)
		}
	}
	if _, err := NewLink(testSecret("link"), make([]byte, 101)); err == nil {
		t.Error("NewLink with an address of 101 bytes = nil, want an error")
	}
}

// SPEC 7.5: of every link that was cut, prolonged or altered in one place,
// none is taken.
func TestLinksThatAreRefused(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789=-_+/:.,ABCXYZ \n\r\x00\x80ıſK"
	for _, n := range []int{0, 1, 2, 3, 4, 40, 100} {
		text := testLink(t, n).String()
		refuse := func(what, altered string) {
			t.Helper()
			if _, err := ParseLink(altered); err == nil {
				t.Errorf("%s: ParseLink(%q) = nil, want an error", what, altered)
			}
		}
		for i := range len(text) {
			refuse("cut short", text[:i])
			refuse("beginning missing", text[i+1:])
			refuse("one missing", text[:i]+text[i+1:])
			for _, c := range letters {
				refuse("one more", text[:i]+string(c)+text[i:])
				if i < len(linkScheme) && strings.EqualFold(string(c), text[i:i+1]) {
					continue
				}
				if string(c) != text[i:i+1] {
					refuse("one altered", text[:i]+string(c)+text[i+1:])
				}
			}
			if i > 0 && text[i] != text[i-1] {
				refuse("two swapped", text[:i-1]+text[i:i+1]+text[i-1:i]+text[i+1:])
			}
		}
		for _, c := range letters {
			refuse("prolonged", text+string(c))
		}
		refuse("twice", text+text[len(linkScheme):])
		refuse("another scheme", "http:"+text[len(linkScheme):])
		refuse("slashes", "votive://"+text[len(linkScheme):])
	}
	if _, err := ParseLink(linkScheme + strings.Repeat("a", 1<<20)); err == nil || len(err.Error()) > 200 {
		t.Errorf("ParseLink(1 MiB) = %.300v, want a short error", err)
	}
}

// checked puts the right check behind what should be refused for something else.
func checked(b []byte) []byte { return append(b, linkCheck(b)...) }

func TestLinkBytesThatAreRefused(t *testing.T) {
	secret := testSecret("link").Bytes()
	body := func(version, n byte, addr int) []byte {
		b := append([]byte{version}, secret...)
		return append(append(b, n), make([]byte, addr)...)
	}
	cases := []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"nothing", nil, "0 bytes"},
		{"no room for a check", body(1, 0, 0), "34 bytes"},
		{"version 0", checked(body(0, 0, 0)), "version 0"},
		{"version 2", checked(body(2, 0, 0)), "version 2"},
		{"an address that is not there", checked(body(1, 1, 0)), "address of 1 bytes has room for 0"},
		{"an address that is longer", checked(body(1, 4, 5)), "address of 4 bytes has room for 5"},
		{"an address of 101", checked(body(1, 101, 101)), "139 bytes"},
		{"a secret of zeros", checked(append([]byte{1}, make([]byte, 33)...)), "secret of zeros"},
		{"a check of zeros", append(body(1, 0, 0), 0, 0, 0, 0), "does not add up"},
	}
	for _, c := range cases {
		if _, err := LinkFrom(c.bytes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: LinkFrom = %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := LinkFrom(checked(body(1, 5, 5))); err != nil {
		t.Errorf("LinkFrom of a good one = %v, want nil", err)
	}
}
