package votive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"math/big"
	"strings"

	"filippo.io/edwards25519"
	"github.com/tyler-smith/go-bip39"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// This file says the primitives of the SPEC once more, in as few lines as they
// take and with nothing of the package: it is what vectors want.

// must is for what cannot fail, but for a fault of the vectors.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// lawLP is SPEC 1.1.
func lawLP(x []byte) []byte {
	var b []byte
	n := len(x)
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(append(b, byte(n)), x...)
}

// lawDigest is SPEC 1.2.
func lawDigest(domain string, parts ...[]byte) []byte {
	b := lawLP([]byte(domain))
	for _, p := range parts {
		b = append(b, lawLP(p)...)
	}
	return lawHash(b)
}

func lawHash(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }

func lawHMAC(key []byte, message ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, m := range message {
		h.Write(m)
	}
	return h.Sum(nil)
}

// lawDerive is SPEC 1.3: both steps of RFC 5869, the second for one block.
func lawDerive(secret []byte, label string, context ...[]byte) []byte {
	info := lawLP([]byte(label))
	for _, c := range context {
		info = append(info, lawLP(c)...)
	}
	return lawHMAC(lawHMAC([]byte("votive-1"), secret), info, []byte{1})
}

// lawHead is bytes 0 to 35. SPEC 2.1.
func lawHead(effort, class, expiry int, salt []byte) []byte {
	day := class<<14 | expiry
	return append([]byte{1, byte(effort), byte(day >> 8), byte(day)}, salt...)
}

// lawFrame is a frame without its stamp. SPEC 3.1-3.3.
func lawFrame(secret, head, plaintext []byte) []byte {
	b := bytes.Clone(head)
	b = append(b, lawHMAC(lawDerive(secret, "tag"), head)[:16]...)
	key := lawDerive(lawDerive(secret, "seal"), "frame", head[4:36])
	gcm := must(cipher.NewGCM(must(aes.NewCipher(key))))
	return gcm.Seal(b, make([]byte, 12), plaintext, b)
}

// lawPlaintext is SPEC 3.4.
func lawPlaintext(index, parts int, body []byte) []byte {
	b := make([]byte, 4020)
	copy(b[4:], body)
	b[0], b[1], b[2], b[3] = byte(len(body)>>8), byte(len(body)), byte(index), byte(parts)
	return b
}

// lawID is SPEC 2.3.
func lawID(frame []byte) []byte {
	return lawHash(append(bytes.Clone(frame[4088:4096]), lawHash(frame[:4088])...))
}

// lawHolds is SPEC 2.4.
func lawHolds(sum, stamp []byte, effort int) bool {
	hash := new(big.Int).SetBytes(lawHash(append(bytes.Clone(sum), stamp...)))
	return hash.BitLen() <= 256-effort
}

// lawStamped puts the n-th stamp that holds, from 0, behind a frame.
func lawStamped(unstamped []byte, n int) []byte {
	sum := lawHash(unstamped)
	for stamp := uint64(0); ; stamp++ {
		b := binary.BigEndian.AppendUint64(nil, stamp)
		if hash := lawHash(append(sum[:32:32], b...)); hash[0] == 0 && hash[1] == 0 && lawHolds(sum, b, int(unstamped[1])) {
			if n--; n < 0 {
				return append(bytes.Clone(unstamped), b...)
			}
		}
	}
}

// lawKey is the public key with an RFC 8032 seed.
func lawKey(seed []byte) []byte { return ed25519.NewKeyFromSeed(seed)[32:] }

// lawSigningInput is SPEC 4.2.
func lawSigningInput(payload []byte) []byte {
	b := lawLP([]byte("votive-record-1"))
	b = append(b, lawLP([]byte("/votive/statement/1"))...)
	return append(b, lawLP(payload)...)
}

func lawSign(seed, payload []byte) []byte {
	return ed25519.Sign(ed25519.NewKeyFromSeed(seed), lawSigningInput(payload))
}

// lawChallenge is the k of RFC 8032, 5.1.7.
func lawChallenge(r, key, payload []byte) *edwards25519.Scalar {
	h := sha512.New()
	h.Write(r)
	h.Write(key)
	h.Write(lawSigningInput(payload))
	return must(edwards25519.NewScalar().SetUniformBytes(h.Sum(nil)))
}

// lawWords is BIP-39: entropy, as many bits of its hash as it has words of 32
// bits, and 11 bits for each word.
func lawWords(entropy []byte) []string {
	bits := new(big.Int).SetBytes(append(bytes.Clone(entropy), lawHash(entropy)[0]))
	check := uint(len(entropy) / 4)
	bits.Rsh(bits, 8-check)
	words := make([]string, (len(entropy)*8+int(check))/11)
	for i := len(words) - 1; i >= 0; i-- {
		words[i] = bip39.GetWordList()[new(big.Int).And(bits, big.NewInt(2047)).Int64()]
		bits.Rsh(bits, 11)
	}
	return words
}

// lawCircle is SPEC 3.7, of a name that is folded already.
func lawCircle(folded string) []byte {
	return argon2.IDKey([]byte(folded), []byte("votive-open-circle-1"), 3, 64*1024, 4, 32)
}

// lawLink is SPEC 7.5, in lower case.
func lawLink(secret, addr []byte) string {
	b := append([]byte{1}, secret...)
	b = append(append(b, byte(len(addr))), addr...)
	return lawLinkText(append(b, lawDigest("votive-link-check-1", b)[:4]...))
}

func lawLinkText(b []byte) string {
	return "votive:" + strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString(b), "="))
}

// lawInboxKey is the public key of MLKEM768-X25519 with a private key of 32
// bytes: ML-KEM-768 and X25519 on what SHAKE256 stretches it to.
func lawInboxKey(seed []byte) []byte {
	stretched := sha3.SumSHAKE256(seed, 96)
	pq := must(mlkem.NewDecapsulationKey768(stretched[:64])).EncapsulationKey().Bytes()
	return append(pq, must(ecdh.X25519().NewPrivateKey(stretched[64:])).PublicKey().Bytes()...)
}

// lawHPKE is single-shot HPKE in base mode (RFC 9180, 5.1 and 6.1) with
// MLKEM768-X25519, HKDF-SHA256 and ChaCha20-Poly1305. random is 32 bytes for
// ML-KEM and 32 for X25519.
func lawHPKE(key, info, plaintext, random []byte) []byte {
	pq := must(mlkem.NewEncapsulationKey768(key[:1184]))
	secret1, sealed1, err := mlkemtest.Encapsulate768(pq, random[:32])
	must(secret1, err)
	ephemeral := must(ecdh.X25519().NewPrivateKey(random[32:]))
	sealed2 := ephemeral.PublicKey().Bytes()
	secret2 := must(ephemeral.ECDH(must(ecdh.X25519().NewPublicKey(key[1184:]))))
	combined := sha3.Sum256(bytes.Join([][]byte{secret1, secret2, sealed2, key[1184:], []byte(`\.//^\`)}, nil))

	suite := []byte("HPKE\x64\x7a\x00\x01\x00\x03")
	extract := func(salt []byte, label string, ikm []byte) []byte {
		return lawHMAC(salt, []byte("HPKE-v1"), suite, []byte(label), ikm)
	}
	schedule := append([]byte{0}, extract(nil, "psk_id_hash", nil)...)
	schedule = append(schedule, extract(nil, "info_hash", info)...)
	prk := extract(combined[:], "secret", nil)
	expand := func(label string, n int) []byte {
		return lawHMAC(prk, []byte{0, byte(n)}, []byte("HPKE-v1"), suite, []byte(label), schedule, []byte{1})[:n]
	}
	aead := must(chacha20poly1305.New(expand("key", 32)))
	return aead.Seal(append(sealed1, sealed2...), expand("base_nonce", 12), plaintext, nil)
}

// lawBodyID is SPEC 4.6 for what has no id of its own.
func lawBodyID(body []byte) []byte { return lawDigest("votive-body-1", body) }

// seedOf is 32 bytes that stand for randomness: the digest of a name.
func seedOf(name string) []byte { return lawDigest("votive-vector-1", []byte(name)) }
