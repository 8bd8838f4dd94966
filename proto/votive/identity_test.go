package votive

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39"
)

func TestIdentity(t *testing.T) {
	made, err := NewIdentity(seeded("identity"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := IdentityFrom(made.Seed())
	if err != nil || again.Key() != made.Key() || made.Key().IsZero() {
		t.Errorf("IdentityFrom(Seed) = %v %v, want %v", again.Key(), err, made.Key())
	}
	for _, seed := range [][]byte{nil, make([]byte, 31), make([]byte, 33)} {
		if _, err := IdentityFrom(seed); err == nil {
			t.Errorf("IdentityFrom(%d bytes) = nil, want an error", len(seed))
		}
	}
	if _, err := NewIdentity(failingReader{}); err == nil {
		t.Error("NewIdentity without randomness = nil, want an error")
	}
}

// One person's keys are unlike each other. SPEC 5.1, 7.1, 9.1.
func TestKeysOfOneIdentity(t *testing.T) {
	id := testIdentity(t, "ana")
	keys := map[string]ID{
		"person":        id.PersonKey().Key(),
		"event 1":       id.EventKey(ID{1}).Key(),
		"event 2":       id.EventKey(ID{2}).Key(),
		"circle 1":      id.CircleKey(ID{1}).Key(),
		"circle 2":      id.CircleKey(ID{2}).Key(),
		"another's 1":   testIdentity(t, "ben").EventKey(ID{1}).Key(),
		"bare seed's":   newSigner(testSecret("ana")).Key(),
		"self":          ID(id.Self().key),
		"another self":  ID(testIdentity(t, "ben").Self().key),
		"another's own": testIdentity(t, "ben").Key(),
	}
	seen := map[ID]string{}
	for name, key := range keys {
		if other, dup := seen[key]; dup {
			t.Errorf("%s and %s are the same key", name, other)
		}
		seen[key] = name
	}
	if id.PersonKey().Key() != id.Key() {
		t.Error("an identity's key is not the one it signs with")
	}
}

// SPEC 9.1, 9.2: the words of BIP-39's own test vectors.
func TestWords(t *testing.T) {
	for seed, want := range map[byte]string{
		0x80: "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless",
		0xff: strings.Repeat("zoo ", 23) + "vote",
		0x7f: "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
	} {
		id, err := IdentityFrom(bytes.Repeat([]byte{seed}, 32))
		if err != nil {
			t.Fatal(err)
		}
		words := id.Backup()
		if got := strings.Join(words[:], " "); got != want {
			t.Errorf("Backup of %#x = %q, want %q", seed, got, want)
		}
		for _, write := range []func(string) string{strings.ToLower, strings.ToUpper} {
			back, err := IdentityFromBackup(strings.Fields(write(want)))
			if err != nil || back.Key() != id.Key() {
				t.Errorf("IdentityFromBackup(%q) = %v %v, want %v", write(want), back.Key(), err, id.Key())
			}
		}
	}
	key := testIdentity(t, "ana").Key()
	hash := digest("votive-words-1", key[:])
	if got, want := WordsOf(key), mnemonic(hash[:16]); !slices.Equal(got[:], want) {
		t.Errorf("WordsOf(%v) = %v, want %v", key, got, want)
	}
	if WordsOf(key) != testIdentity(t, "ana").Words() || WordsOf(key) == WordsOf(ID{}) {
		t.Error("words do not go with their key")
	}
}

func TestBackupsThatAreRefused(t *testing.T) {
	words := testIdentity(t, "ana").Backup()
	with := func(i int, w string) []string {
		changed := slices.Clone(words[:])
		changed[i] = w
		return changed
	}
	swapped := slices.Clone(words[:])
	swapped[3], swapped[4] = swapped[4], swapped[3]
	cases := []struct {
		name  string
		words []string
		want  string
	}{
		{"none", nil, "0 words"},
		{"twelve", words[:12], "12 words"},
		{"one missing", words[:23], "23 words"},
		{"one too many", append(slices.Clone(words[:]), "zoo"), "25 words"},
		{"a word of no list", with(6, "votive"), "word 7 "},
		{"two words in one", with(6, "zoo zoo"), "word 7 "},
		{"an empty word", with(0, ""), "word 1 "},
		{"a seed of zeros", append(slices.Repeat([]string{"abandon"}, 23), "art"), "zeros"},
		{"two swapped", swapped, "do not fit together"},
	}
	for _, c := range cases {
		_, err := IdentityFromBackup(c.words)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: IdentityFromBackup = %v, want %q", c.name, err, c.want)
		}
		for _, w := range words {
			if err != nil && strings.Contains(err.Error(), " "+w+" ") && w != "word" && w != "one" {
				t.Errorf("%s: the error shows the word %q", c.name, w)
			}
		}
	}
	// The last word holds 8 bits of checksum: of 2,048 words there, 8 fit.
	fitting := 0
	for _, w := range bip39.GetWordList() {
		if _, err := IdentityFromBackup(with(23, w)); err == nil {
			fitting++
		}
	}
	if fitting != 8 {
		t.Errorf("%d last words fit, want 8", fitting)
	}
}
