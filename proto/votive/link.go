package votive

import (
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Sizes in a link's bytes. SPEC 7.5.
const (
	linkVersion   = 1
	linkCheckSize = 4
	maxLinkAddr   = 100
	minLink       = 1 + 32 + 1 + linkCheckSize

	linkScheme = "votive:"
)

// linkText is the base32 of links.
var linkText = base32.StdEncoding.WithPadding(base32.NoPadding)

// Link opens the one record that hashes to its secret, an invitation or a
// contact card, and may say where a peer is that has it. Whoever has the text
// has the secret: printing a Link by any verb shows "link", and only String
// and QR give the text. SPEC 7.4, 7.5.
type Link struct {
	secret Secret
	addr   string
}

// NewLink makes a link out of a link secret and the binary multiaddr of a
// peer, with its peer id, which may be nil.
func NewLink(secret Secret, addr []byte) (Link, error) {
	if len(addr) > maxLinkAddr {
		return Link{}, fmt.Errorf("address of %d bytes in a link, want at most %d", len(addr), maxLinkAddr)
	}
	if err := checkSecret(secret); err != nil {
		return Link{}, fmt.Errorf("link with a %w", err)
	}
	return Link{secret: secret, addr: string(addr)}, nil
}

// ParseLink reads the text of a link, whose scheme may be in upper or lower
// case, and apart from it the rest, but not in both at once.
func ParseLink(text string) (Link, error) {
	if len(text) < len(linkScheme) || !strings.EqualFold(text[:len(linkScheme)], linkScheme) {
		return Link{}, fmt.Errorf("a link begins with %q, this one does not", linkScheme)
	}
	body := text[len(linkScheme):]
	if most := linkText.EncodedLen(minLink + maxLinkAddr); len(body) > most {
		return Link{}, fmt.Errorf("link of %d letters and digits, want at most %d", len(body), most)
	}
	b, err := linkText.DecodeString(strings.ToUpper(body))
	// The decoder takes more than it would write: line ends, bits left over.
	if whole := linkText.EncodeToString(b); err != nil || body != whole && body != strings.ToLower(whole) {
		return Link{}, errors.New("link is not base32 in one case: it was cut short or altered on its way")
	}
	return LinkFrom(b)
}

// LinkFrom takes the bytes that Bytes gave.
func LinkFrom(b []byte) (Link, error) {
	if len(b) < minLink || len(b) > minLink+maxLinkAddr {
		return Link{}, fmt.Errorf("link of %d bytes, want %d to %d", len(b), minLink, minLink+maxLinkAddr)
	}
	if b[0] != linkVersion {
		return Link{}, fmt.Errorf("link of version %d, want %d", b[0], linkVersion)
	}
	if n := len(b) - minLink; int(b[33]) != n {
		return Link{}, fmt.Errorf("link with an address of %d bytes has room for %d", b[33], n)
	}
	before := b[:len(b)-linkCheckSize]
	if check := linkCheck(before); string(check) != string(b[len(before):]) {
		return Link{}, errors.New("link does not add up: it was altered on its way")
	}
	secret, err := SecretFrom(b[1:33])
	if err != nil {
		return Link{}, fmt.Errorf("link with a %w", err)
	}
	return Link{secret: secret, addr: string(before[34:])}, nil
}

// Secret is the link secret: the hash and the frame secret of one record.
func (l Link) Secret() Secret { return l.secret }

// Addr is the binary multiaddr of a peer, nil where there is none. It is a
// hint and comes from whoever wrote the link: whether it is an address at all
// is for those to find out who would dial it.
func (l Link) Addr() []byte {
	if l.addr == "" {
		return nil
	}
	return []byte(l.addr)
}

// Bytes is what the text of the link holds, 38 to 138 bytes.
func (l Link) Bytes() []byte {
	b := append([]byte{linkVersion}, l.secret.key[:]...)
	b = append(b, byte(len(l.addr)))
	b = append(b, l.addr...)
	return append(b, linkCheck(b)...)
}

// linkCheck is the last 4 bytes of a link.
func linkCheck(before []byte) []byte {
	sum := digest("votive-link-check-1", before)
	return sum[:linkCheckSize]
}

// String is the text of the link in lower case.
func (l Link) String() string { return strings.ToLower(l.QR()) }

// QR is the text of the link in upper case, of which a QR code holds more.
func (l Link) QR() string { return strings.ToUpper(linkScheme) + linkText.EncodeToString(l.Bytes()) }

// Format writes a placeholder, whatever the verb.
func (l Link) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "link") }

// MarshalText writes a placeholder, for JSON and the like.
func (l Link) MarshalText() ([]byte, error) { return []byte("link"), nil }
