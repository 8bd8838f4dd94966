package votive

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseID(t *testing.T) {
	id := digest("test", []byte("id"))
	for _, text := range []string{id.String(), strings.ToUpper(id.String())} {
		if got, err := ParseID(text); err != nil || got != id {
			t.Errorf("ParseID(%s) = %v %v, want %v", text, got, err, id)
		}
	}
	for _, bad := range []string{"", "00", id.String()[1:], id.String() + "00", " " + id.String(), strings.Repeat("g", 64)} {
		if _, err := ParseID(bad); err == nil {
			t.Errorf("ParseID(%q) = nil, want an error", bad)
		}
	}
}

// SPEC 1.4.
func TestLengthsOfIDsAndSecrets(t *testing.T) {
	for n := range 70 {
		b := bytes.Repeat([]byte{7}, n)
		id, err := idFrom("thing", b)
		if (err == nil) != (n == 32) {
			t.Errorf("idFrom(%d bytes) = %v %v", n, id, err)
		}
		id, err = optionalID("thing", b)
		if (err == nil) != (n == 32 || n == 0) || n == 0 && !id.IsZero() {
			t.Errorf("optionalID(%d bytes) = %v %v", n, id, err)
		}
		s, err := SecretFrom(b)
		if (err == nil) != (n == 32) || err == nil && !bytes.Equal(s.Bytes(), b) {
			t.Errorf("SecretFrom(%d bytes) = %v", n, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	s, err := NewSecret(seeded("secret"))
	if err != nil || s.IsZero() {
		t.Fatalf("NewSecret = %v, zero: %v", err, s.IsZero())
	}
	again, err := SecretFrom(s.Bytes())
	if err != nil || !again.Equal(s) || again.Equal(testSecret("another")) {
		t.Errorf("SecretFrom(Bytes) = %v, equal: %v", err, again.Equal(s))
	}
	s.Bytes()[0]++
	if !again.Equal(s) {
		t.Error("a secret changes with the bytes that it gave")
	}
	if _, err := NewSecret(failingReader{}); err == nil {
		t.Error("NewSecret without randomness = nil, want an error")
	}
}

// SPEC 1.4: zeros are what everybody knows, and stand for no secret here.
func TestZerosAreNoSecret(t *testing.T) {
	zeros := make([]byte, 32)
	if s, err := SecretFrom(zeros); err == nil {
		t.Errorf("SecretFrom(zeros) = %v, want an error", s)
	}
	if s, err := NewSecret(bytes.NewReader(zeros)); err == nil {
		t.Errorf("NewSecret of a source of zeros = %v, want an error", s)
	}
	if id, err := IdentityFrom(zeros); err == nil {
		t.Errorf("IdentityFrom(zeros) = %v, want an error", id)
	}
	if l, err := NewLink(Secret{}, nil); err == nil {
		t.Errorf("NewLink(zeros) = %v, want an error", l)
	}
}

// SPEC 1.2: what is hashed says where its parts end.
func TestDigest(t *testing.T) {
	seen := map[ID]bool{}
	for _, id := range []ID{
		digest("a"), digest("a", nil), digest("a", nil, nil), digest("a", []byte("b")), digest("ab"),
		digest("a", []byte("b"), []byte("c")), digest("a", []byte("bc")), digest("a", []byte("bc"), nil),
		digest("a", nil, []byte("bc")), digest("a", bytes.Repeat([]byte("b"), 128)),
	} {
		if seen[id] {
			t.Errorf("%v is the digest of two things", id)
		}
		seen[id] = true
	}
	secret := testSecret("derive")
	if derive(secret, "a", []byte("b")) == derive(secret, "ab") || derive(secret, "a") == derive(secret, "a", nil) {
		t.Error("two labels give one secret")
	}
}

func TestVerdictString(t *testing.T) {
	for v, want := range map[Verdict]string{Accept: "accept", Ignore: "ignore", Reject: "reject", 9: "verdict 9"} {
		if got := v.String(); got != want {
			t.Errorf("Verdict(%d).String() = %q, want %q", uint8(v), got, want)
		}
	}
}
