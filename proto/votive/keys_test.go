package votive

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/record"
	"github.com/libp2p/go-libp2p/core/record/pb"
	"google.golang.org/protobuf/proto"
)

// statement is a record as go-libp2p sees one.
type statement struct{ payload []byte }

func (*statement) Domain() string                   { return "votive-record-1" }
func (*statement) Codec() []byte                    { return []byte("/votive/statement/1") }
func (s *statement) MarshalRecord() ([]byte, error) { return s.payload, nil }
func (s *statement) UnmarshalRecord(b []byte) error { s.payload = bytes.Clone(b); return nil }

// SPEC 4.2: what we sign, go-libp2p opens, and the other way round.
func TestSignedIsALibp2pEnvelope(t *testing.T) {
	signer := newSigner(testSecret("signer"))
	private, err := crypto.UnmarshalEd25519PrivateKey(signer.private)
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long"), 2048)} {
		key, err := crypto.PublicKeyToProto(private.GetPublic())
		if err != nil {
			t.Fatal(err)
		}
		ours, err := proto.Marshal(&pb.Envelope{
			PublicKey:   key,
			PayloadType: []byte("/votive/statement/1"),
			Payload:     payload,
			Signature:   signer.sign(payload),
		})
		if err != nil {
			t.Fatal(err)
		}
		var got statement
		if _, err := record.ConsumeTypedEnvelope(ours, &got); err != nil || !bytes.Equal(got.payload, payload) {
			t.Errorf("ConsumeTypedEnvelope(ours) = %v, with %d bytes, want %d", err, len(got.payload), len(payload))
		}

		theirs, err := record.Seal(&statement{payload}, private)
		if err != nil {
			t.Fatal(err)
		}
		b, err := theirs.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var envelope pb.Envelope
		if err := proto.Unmarshal(b, &envelope); err != nil {
			t.Fatal(err)
		}
		if err := verifyOne(signer.Key(), payload, envelope.GetSignature()); err != nil {
			t.Errorf("verifyOne(theirs) = %v, want nil", err)
		}
	}
}

// lowOrder are the eight points whose product with 8 is the neutral element.
var lowOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
}

// nonCanonical are all the encodings that name a point in a second way, or
// name none: y from p on, for both signs, and a negative x of zero.
func nonCanonical() []ID {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	var keys []ID
	encode := func(y *big.Int, sign byte) {
		var key ID
		y.FillBytes(key[:])
		slices.Reverse(key[:])
		key[31] |= sign
		keys = append(keys, key)
	}
	for i := range int64(19) {
		y := new(big.Int).Add(p, big.NewInt(i))
		encode(y, 0)
		encode(y, 0x80)
	}
	encode(big.NewInt(1), 0x80)
	encode(new(big.Int).Sub(p, big.NewInt(1)), 0x80)
	return keys
}

// SPEC 4.4.
func TestKeysThatAreRefused(t *testing.T) {
	for _, s := range lowOrder {
		key, err := ParseID(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkKey(key); err == nil || !strings.Contains(err.Error(), "low order") {
			t.Errorf("checkKey(%v) = %v, want that it is of low order", key, err)
		}
	}
	for _, key := range nonCanonical() {
		if err := checkKey(key); err == nil || strings.Contains(err.Error(), "low order") {
			t.Errorf("checkKey(%v) = %v, want that it is not canonical or no point", key, err)
		}
	}
	if err := checkKey(ID{2}); err == nil || !strings.Contains(err.Error(), "not a point") {
		t.Errorf("checkKey(%v) = %v, want that it is not a point", ID{2}, err)
	}
	if err := checkKey(newSigner(testSecret("signer")).Key()); err != nil {
		t.Errorf("checkKey of a good key = %v, want nil", err)
	}
}

// The reason for SPEC 4.4: under the neutral element as key, the standard
// library's verification holds for every message.
func TestOneSignatureForEveryMessage(t *testing.T) {
	neutral := ID{1}
	signature := append(bytes.Clone(neutral[:]), make([]byte, 32)...)
	for _, payload := range []string{"one statement", "another statement"} {
		if !ed25519.Verify(neutral[:], signingInput([]byte(payload)), signature) {
			t.Fatalf("the forged signature does not hold for %q: this test tests nothing", payload)
		}
		if err := verifyOne(neutral, []byte(payload), signature); err == nil {
			t.Errorf("verifyOne(neutral, %q) = nil, want an error", payload)
		}
	}
}

// SPEC 4.2, 4.5.
func TestSignaturesThatAreRefused(t *testing.T) {
	signer := newSigner(testSecret("signer"))
	payload := []byte("a statement")
	good := signer.sign(payload)
	if err := verifyOne(signer.Key(), payload, good); err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{
		"nothing":           nil,
		"short":             good[:63],
		"long":              append(bytes.Clone(good), 0),
		"zeros":             make([]byte, 64),
		"of a bare payload": ed25519.Sign(signer.private, payload),
		"of another payload": signer.sign([]byte(
			"another statement")),
		"of another domain": ed25519.Sign(signer.private, bytes.Replace(
			signingInput(payload), []byte("record-1"), []byte("record-2"), 1)),
		"of another key":     newSigner(testSecret("other")).sign(payload),
		"S plus group order": plusGroupOrder(good),
	}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		cases["flipped at "+hex.EncodeToString([]byte{byte(i)})] = flipped
	}
	for name, signature := range cases {
		if err := verifyOne(signer.Key(), payload, signature); err == nil {
			t.Errorf("%s: verifyOne = nil, want an error", name)
		}
	}
	if err := verifyOne(newSigner(testSecret("other")).Key(), payload, good); err == nil {
		t.Error("under another key: verifyOne = nil, want an error")
	}
}

// plusGroupOrder is a second signature that would hold if S were not compared
// with the order of the group.
func plusGroupOrder(signature []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := bytes.Clone(signature[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	return append(bytes.Clone(signature[:32]), sum...)
}
