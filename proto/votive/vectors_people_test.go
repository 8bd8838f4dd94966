package votive

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Open circles.

type circleIn struct {
	Name  string `json:"name,omitempty"`
	Bytes octets `json:"bytes,omitempty"` // of a name that is not UTF-8
}

func (in circleIn) name() string {
	if in.Bytes != nil {
		return string(in.Bytes)
	}
	return in.Name
}

type circleNameOut struct {
	Folded string `json:"folded"`
}

func doCircleName(in circleIn) (circleNameOut, error) {
	folded, err := foldCircleName(in.name())
	return circleNameOut{folded}, err
}

type circleOut struct {
	Secret octets `json:"secret"`
	ID     octets `json:"id"`
}

func doCircle(in circleIn) (circleOut, error) {
	s, err := OpenCircleSecret(in.name())
	id := CircleID(s)
	return circleOut{s.Bytes(), id[:]}, err
}

type secretsIn struct {
	Circle octets `json:"circle"`
	Event  octets `json:"event"`
	Invite octets `json:"invite"`
}

type secretsOut struct {
	CircleID octets `json:"circle_id"`
	Event    octets `json:"event"`
	WalkIn   octets `json:"walk_in"`
	Reply    octets `json:"reply"`
}

func doSecrets(in secretsIn) (secretsOut, error) {
	id := CircleID(in.Circle.secret32())
	event := EventSecret(in.Circle.secret32(), in.Event.id32())
	return secretsOut{
		CircleID: id[:],
		Event:    event.Bytes(),
		WalkIn:   WalkInSecret(event).Bytes(),
		Reply:    ReplySecret(in.Invite.secret32()).Bytes(),
	}, nil
}

// writeCircles is SPEC 3.6, 3.7 and 3.9.
func writeCircles(c *chapter) {
	for _, n := range []struct{ name, folded string }{
		{"June4", "june4"},
		{" \tＪＵＮＥ４\u3000", "june4"},
		{"Straße 六四", "strasse 六四"},
	} {
		secret := lawCircle(n.folded)
		c.accept("circle", fmt.Sprintf("secret of %+q", n.name), "3.7 3.9", circleIn{Name: n.name}, circleOut{secret, lawDerive(secret, "circle id")})
	}
	writeCircleNames(c)
	circle, event, invite := seedOf("circle"), seedOf("event"), seedOf("invite")
	secret := lawDerive(circle, "event", event)
	c.accept("secrets", "secrets made of a circle's and an invite's", "3.6 3.8 3.9", secretsIn{circle, event, invite}, secretsOut{
		CircleID: lawDerive(circle, "circle id"),
		Event:    secret,
		WalkIn:   lawDerive(secret, "walk-in"),
		Reply:    lawDerive(invite, "reply"),
	})
}

func writeCircleNames(c *chapter) {
	marks := func(n int) string { return "x" + strings.Repeat("\u0301", n) }
	for _, n := range []struct{ name, folded string }{
		{"june4", "june4"},
		{"june  4", "june  4"},
		{"STRASSE", "strasse"},
		{"STRAẞE", "strasse"},
		{"ﬁre", "fire"},
		{"Σίσυφος", "σίσυφοσ"},
		{"cafe\u0301", "café"},
		{"CAFÉ", "café"},
		{"\u0130stanbul", "i\u0307stanbul"},
		{"ISTANBUL", "istanbul"},
		{"六四", "六四"},
		{"ﾎﾞ", "ボ"},
		{"²", "2"},
		{"\u01f0", "\u01f0"},
		{"\u00a0x\u2003", "x"},
		{"\u0085\u2028x\n", "x"},
		{"\u200bx", "\u200bx"}, // not White_Space
		{marks(30), marks(30)},
		{strings.Repeat("x", 100), strings.Repeat("x", 100)},
		{" " + strings.Repeat("x", 100) + " ", strings.Repeat("x", 100)},
		{strings.Repeat("é", 50), strings.Repeat("é", 50)},
	} {
		c.accept("circle-name", fmt.Sprintf("fold %.20q of %d bytes", ascii(n.name), len(n.name)), "3.7", circleIn{Name: n.name}, circleNameOut{n.folded})
	}
	for _, n := range []struct{ what, name string }{
		{"empty name", ""},
		{"name of white space", " \t\u2003"},
		{"name of 101 bytes", strings.Repeat("x", 101)},
		{"name of 102 bytes in 51 letters", strings.Repeat("é", 51)},
		{"name of 102 bytes when folded", strings.Repeat("ß", 51)},
		{"name with a byte that is no UTF-8", "june4\xff"},
		{"name with a character cut short", "june4\xc3"},
		{"name with a surrogate in UTF-8", "\xed\xa0\x80"},
		{"name with a code point never assigned", "x\uffff"},
		{"name with 31 marks in a row", marks(31)},
		{"name with U+034F", "x\u034fy"},
	} {
		in := circleIn{Name: n.name}
		if !utf8.ValidString(n.name) {
			in = circleIn{Bytes: []byte(n.name)}
		}
		c.refuse("circle-name", n.what, "1.5 3.7", in)
	}
}

func ascii(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) }

// Identities.

type identityIn struct {
	Seed   octets `json:"seed"`
	Nonce  octets `json:"nonce"`
	Circle octets `json:"circle"`
}

type identityOut struct {
	Key       octets   `json:"key"`
	Words     []string `json:"words"`
	Backup    []string `json:"backup"`
	EventKey  octets   `json:"event_key"`
	CircleKey octets   `json:"circle_key"`
	Self      octets   `json:"self"`
}

func doIdentity(in identityIn) (identityOut, error) {
	id, err := IdentityFrom(in.Seed)
	if err != nil {
		return identityOut{}, err
	}
	key, words, backup := id.Key(), id.Words(), id.Backup()
	event, circle := id.EventKey(in.Nonce.id32()).Key(), id.CircleKey(in.Circle.id32()).Key()
	return identityOut{
		Key: key[:], Words: words[:], Backup: backup[:],
		EventKey: event[:], CircleKey: circle[:], Self: id.Self().Bytes(),
	}, nil
}

type backupIn struct {
	Words []string `json:"words"`
}

type backupOut struct {
	Seed octets `json:"seed"`
}

func doBackup(in backupIn) (backupOut, error) {
	id, err := IdentityFromBackup(in.Words)
	return backupOut{id.Seed()}, err
}

// writeIdentities is SPEC 5.1, 7.1, 9.1 and 9.2.
func writeIdentities(c *chapter) {
	counting := make([]byte, 32)
	for i := range counting {
		counting[i] = byte(i)
	}
	for _, s := range []struct {
		name string
		seed []byte
	}{
		{"seed of ones", bytes.Repeat([]byte{255}, 32)},
		{"seed that counts", counting},
		{"seed of ana", seedOf("ana")},
	} {
		nonce, circle := seedOf("nonce"), seedOf("circle id")
		key := lawKey(lawDerive(s.seed, "identity"))
		c.accept("identity", s.name, "3.6 5.1 7.1 9.1 9.2", identityIn{s.seed, nonce, circle}, identityOut{
			Key:       key,
			Words:     lawWords(lawDigest("votive-words-1", key)[:16]),
			Backup:    lawWords(s.seed),
			EventKey:  lawKey(lawDerive(s.seed, "event key", nonce)),
			CircleKey: lawKey(lawDerive(s.seed, "circle key", circle)),
			Self:      lawDerive(s.seed, "self"),
		})
	}
	seed := seedOf("ana")
	words := lawWords(seed)
	c.accept("backup", "24 words", "9.1", backupIn{words}, backupOut{seed})
	altered := func(i int, w string) []string {
		b := slices.Clone(words)
		b[i] = w
		return b
	}
	swapped := altered(0, words[1])
	swapped[1] = words[0]
	c.refuse("identity", "seed of zeros", "1.4 9.1", identityIn{make([]byte, 32), seedOf("nonce"), seedOf("circle id")})
	c.refuse("backup", "words of a seed of zeros", "1.4 9.1", backupIn{lawWords(make([]byte, 32))})
	c.refuse("backup", "23 words", "9.1", backupIn{words[:23]})
	c.refuse("backup", "12 words", "9.1", backupIn{lawWords(seed[:16])})
	c.refuse("backup", "a word that is not one of the 2,048", "9.1", backupIn{altered(5, "votive")})
	c.refuse("backup", "two words swapped", "9.1", backupIn{swapped})
	c.refuse("backup", "words whose last bits do not add up", "9.1", backupIn{slices.Repeat([]string{"abandon"}, 24)})
}
