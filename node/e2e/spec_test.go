package e2e

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/tyler-smith/go-bip39"
	"golang.org/x/crypto/argon2"
	"google.golang.org/protobuf/encoding/protowire"
)

// What these tests know of the law is from SPEC.md, and not from our code.

const frameSize = 4096

// lp is SPEC 1.1.
func lp(x []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(x))), x...) }

// digest is SPEC 1.2.
func digest(domain string, parts ...[]byte) []byte {
	h := sha256.New()
	h.Write(lp([]byte(domain)))
	for _, p := range parts {
		h.Write(lp(p))
	}
	return h.Sum(nil)
}

// derive is SPEC 1.3.
func derive(secret []byte, label string, parts ...[]byte) []byte {
	info := lp([]byte(label))
	for _, p := range parts {
		info = append(info, lp(p)...)
	}
	key, err := hkdf.Key(sha256.New, secret, []byte("votive-1"), string(info), 32)
	if err != nil {
		panic(err)
	}
	return key
}

// openCircle is the secret of the open circle of a name in small letters of
// ASCII. SPEC 3.7.
func openCircle(name string) []byte {
	return argon2.IDKey([]byte(name), []byte("votive-open-circle-1"), 3, 64<<10, 4, 32)
}

// linkSecret is what a link opens. SPEC 7.5.
func linkSecret(t *testing.T, link string) []byte {
	t.Helper()
	b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimPrefix(link, "votive:")))
	if err != nil || len(b) < 38 || b[0] != 1 || len(b) != 38+int(b[33]) {
		t.Fatalf("link %s is %x, %v, want it as SPEC 7.5 has it", link, b, err)
	}
	if sum := digest("votive-link-check-1", b[:len(b)-4])[:4]; !bytes.Equal(sum, b[len(b)-4:]) {
		t.Fatalf("link %s ends with %x, want %x", link, b[len(b)-4:], sum)
	}
	return b[1:33]
}

// open is the body in a frame under a secret, nil where it is not under it.
// SPEC 3.1 to 3.5, of one part.
func open(t *testing.T, secret, frame []byte) []byte {
	t.Helper()
	mac := hmac.New(sha256.New, derive(secret, "tag"))
	mac.Write(frame[:36])
	if !bytes.Equal(mac.Sum(nil)[:16], frame[36:52]) {
		return nil
	}
	block, err := aes.NewCipher(derive(derive(secret, "seal"), "frame", frame[4:36]))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := gcm.Open(nil, make([]byte, 12), frame[52:4088], frame[:52])
	if err != nil || plain[2] != 0 || plain[3] != 1 {
		t.Fatalf("a frame with our tag opens to %x…, %v, want a body in one part", plain[:min(len(plain), 4)], err)
	}
	return plain[4 : 4+binary.BigEndian.Uint16(plain)]
}

// invitationFile is what an invitation to an event in a file grants: the
// event's secret and the invite secret. SPEC 7.1, 7.4, 7.8.
func invitationFile(t *testing.T, file []byte) (event, invite []byte) {
	t.Helper()
	const head = "votive-file-1\n"
	rest, ok := bytes.CutPrefix(file, []byte(head))
	if !ok || len(rest) < 36 || len(rest) != 36+frameSize*int(binary.BigEndian.Uint32(rest[32:])) {
		t.Fatalf("file of %d bytes, want it as SPEC 7.8 has it", len(file))
	}
	link := rest[:32]
	for frame := rest[36:]; len(frame) > 0; frame = frame[frameSize:] {
		body := open(t, link, frame[:frameSize])
		if body == nil {
			continue
		}
		signed := message(t, message(t, body).one(t, 1))
		if got := digest("votive-link-1", signed.one(t, 1), signed.one(t, 2)); !bytes.Equal(got, link) {
			t.Fatalf("the record hashes to %x, want the link secret %x", got, link)
		}
		inv := message(t, message(t, signed.one(t, 2)).one(t, 2))
		return inv.one(t, 3), inv.one(t, 4)
	}
	t.Fatal("no frame in the file is under its link secret")
	return nil, nil
}

// identity is the seed behind 24 words, and the public key. SPEC 9.1.
func identity(t *testing.T, words []string) (seed, key []byte) {
	t.Helper()
	seed, err := bip39.EntropyFromMnemonic(strings.Join(words, " "))
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(derive(seed, "identity"))
	return seed, private.Public().(ed25519.PublicKey)
}

// fields is a protobuf message taken apart: what each field number holds, in
// order; varints as their bytes.
type fields map[protowire.Number][][]byte

func message(t *testing.T, b []byte) fields {
	t.Helper()
	f := make(fields)
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatalf("%x is no protobuf message", b)
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(num, kind, b)
		if size < 0 {
			t.Fatalf("%x is no protobuf message", b)
		}
		value := b[:size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(b)
		}
		f[num] = append(f[num], value)
		b = b[size:]
	}
	return f
}

// one is what the only field of that number holds.
func (f fields) one(t *testing.T, num protowire.Number) []byte {
	t.Helper()
	if len(f[num]) != 1 {
		t.Fatalf("%d fields %d, want 1", len(f[num]), num)
	}
	return f[num][0]
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 32 {
		t.Fatalf("%q is no id or key: %v", text, err)
	}
	return b
}
