package votive

import (
	"encoding/hex"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// SPEC 3.7, 3.9. The secret is what OpenSSL's Argon2 gives as well.
func TestOpenCircle(t *testing.T) {
	const want = "98cc0d360092cb3caf96868ac74f4a9906e90fb70c3959cbc2ba328eab97dd4f"
	for _, name := range []string{"june4", "June4", " ＪＵＮＥ４\n"} {
		s, err := OpenCircleSecret(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(s.Bytes()); got != want {
			t.Errorf("OpenCircleSecret(%q) = %s, want %s", name, got, want)
		}
	}
	s, err := OpenCircleSecret("june 4")
	if err != nil || hex.EncodeToString(s.Bytes()) == want {
		t.Errorf("OpenCircleSecret of another name = %v, and the same secret", err)
	}
}

// SPEC 3.7.
func TestCircleNames(t *testing.T) {
	for name, want := range map[string]string{
		"june4":                            "june4",
		"\t June  4 \u3000":                "june  4",
		"STRASSE":                          "strasse",
		"Straße":                           "strasse",
		"STRAẞE":                           "strasse",
		"ﬁre":                              "fire",
		"Σίσυφος":                          "σίσυφοσ",
		"ΣΊΣΥΦΟΣ":                          "σίσυφοσ",
		"cafe\u0301":                       "café",
		"CAFÉ":                             "café",
		"İstanbul":                         "i\u0307stanbul",
		"六四":                               "六四",
		"ﾎﾞ":                               "ボ",
		"²":                                "2",
		"\u00a0x\u2003":                    "x",
		"\u2028x\u0085":                    "x",
		"x":                                "x",
		strings.Repeat("é", 50):            strings.Repeat("é", 50),
		"x" + strings.Repeat("\u0301", 30): "x" + strings.Repeat("\u0301", 30),
		// Folding takes these apart again, which is why NFKC comes twice.
		"\u01f0": "\u01f0",
		"\u0390": "\u0390",
	} {
		if got, err := foldCircleName(name); err != nil || got != want {
			t.Errorf("foldCircleName(%+q) = %+q %v, want %+q", name, got, err, want)
		}
		if again, err := foldCircleName(want); err != nil || again != want {
			t.Errorf("foldCircleName(%+q) = %+q %v, want no change", want, again, err)
		}
	}
	bad := []struct{ name, want string }{
		{"", "0 bytes"},
		{" \t\u2003", "0 bytes"},
		{strings.Repeat("x", 101), "101 bytes"},
		{strings.Repeat("é", 51), "102 bytes"},
		{strings.Repeat("ß", 51), "102 bytes"},
		{"\xff", "not UTF-8"},
		{"june\xc3", "not UTF-8"},
		{"\xed\xa0\x80", "not UTF-8"},
		{"x\u0378", "U+0378"},
		{"x\uffff", "U+FFFF"},
		{"x" + strings.Repeat("\u0301", 31), "30 marks"},
		{"x\u034fy", "U+034F"},
	}
	for _, c := range bad {
		if _, err := foldCircleName(c.name); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("foldCircleName(%+q) = %v, want %q", c.name, err, c.want)
		}
		if _, err := OpenCircleSecret(c.name); err == nil {
			t.Errorf("OpenCircleSecret(%+q) = nil, want an error", c.name)
		}
	}
}

// What is assigned is asked of one table, how it folds of two others: they
// must be of one version.
func TestUnicodeVersions(t *testing.T) {
	if norm.Version != unicode.Version || cases.UnicodeVersion != unicode.Version {
		t.Errorf("Unicode %s to normalize and %s to fold, want %s", norm.Version, cases.UnicodeVersion, unicode.Version)
	}
}

// SPEC 3.6, 3.9: secrets made of one another are unlike each other.
func TestDerivedSecrets(t *testing.T) {
	s := testSecret("one")
	secrets := map[string]Secret{
		"itself":     s,
		"circle id":  {key: CircleID(s)},
		"event 1":    EventSecret(s, ID{1}),
		"event 2":    EventSecret(s, ID{2}),
		"reply":      ReplySecret(s),
		"walk-in":    WalkInSecret(s),
		"of another": ReplySecret(testSecret("two")),
		"tag key":    derive(s, "tag"),
		"seal key":   derive(s, "seal"),
	}
	seen := map[Secret]string{}
	for name, secret := range secrets {
		if other, dup := seen[secret]; dup {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[secret] = name
	}
}

func TestKindString(t *testing.T) {
	for kind, want := range map[Kind]string{
		0: "kind 0", KindCircle: "circle", KindWalkIn: "walk-in", KindSelf: "self", KindSelf + 1: "kind 10", 255: "kind 255",
	} {
		if got := kind.String(); got != want {
			t.Errorf("Kind(%d).String() = %q, want %q", uint8(kind), got, want)
		}
	}
}
