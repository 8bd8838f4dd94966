package votive

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"

	"filippo.io/edwards25519"
)

type keyIn struct {
	Key octets `json:"key"`
}

func doKey(in keyIn) (none, error) { return none{}, checkKey(in.Key.id32()) }

type signIn struct {
	Seed    octets `json:"seed"`
	Payload octets `json:"payload"`
}

type signOut struct {
	Author    octets `json:"author"`
	Signed    octets `json:"signed"`
	Signature octets `json:"signature"`
}

func doSign(in signIn) (signOut, error) {
	s := newSigner(in.Seed.secret32())
	author := s.Key()
	return signOut{author[:], signingInput(in.Payload), s.sign(in.Payload)}, nil
}

type verifyIn struct {
	Author    octets `json:"author"`
	Payload   octets `json:"payload"`
	Signature octets `json:"signature"`
}

func doVerify(in verifyIn) (none, error) {
	return none{}, verifyAmong(in.Author.id32(), in.Payload, in.Signature)
}

// writeKeys is SPEC 4.2, 4.4 and 4.5.
func writeKeys(c *chapter) {
	for i, n := range []int{0, 1, 127, 128, 300, 8192} {
		seed, payload := seedOf(fmt.Sprint("signer ", i)), laterPayload(n)
		c.accept("sign", fmt.Sprintf("payload of %d bytes", n), "4.2", signIn{seed, payload},
			signOut{lawKey(seed), lawSigningInput(payload), lawSign(seed, payload)})
		c.accept("verify", fmt.Sprintf("signature on %d bytes", n), "4.2 4.5", verifyIn{lawKey(seed), payload, lawSign(seed, payload)}, none{})
	}
	writeGoodKeys(c)
	writeBadKeys(c)
	writeSignatures(c)
	writeCofactors(c)
}

// laterPayload is n bytes.
func laterPayload(n int) []byte { return bytes.Repeat([]byte{'v'}, n) }

// torsion is a point of order 8.
func torsion() *edwards25519.Point {
	b := must(hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
	return must(new(edwards25519.Point).SetBytes(b))
}

// scalarOf is the secret scalar that RFC 8032, 5.1.5 makes of a seed.
func scalarOf(seed []byte) *edwards25519.Scalar {
	h := sha512.Sum512(seed)
	return must(edwards25519.NewScalar().SetBytesWithClamping(h[:32]))
}

func basePoint(s *edwards25519.Scalar) *edwards25519.Point {
	return new(edwards25519.Point).ScalarBaseMult(s)
}

func writeGoodKeys(c *chapter) {
	c.accept("key", "key of a signer", "4.4", keyIn{lawKey(seedOf("signer 0"))}, none{})
	base := edwards25519.NewGeneratorPoint()
	c.accept("key", "base point", "4.4", keyIn{base.Bytes()}, none{})
	mixed := new(edwards25519.Point).Add(base, torsion())
	c.accept("key", "point with a part of order 8 that is not of low order", "4.4", keyIn{mixed.Bytes()}, none{})
	for y := byte(2); y < 19; y++ {
		key := append([]byte{y}, make([]byte, 31)...)
		if checkPoint(key) == nil {
			c.accept("key", fmt.Sprintf("y is %d", y), "4.4", keyIn{key}, none{})
		} else {
			c.refuse("key", fmt.Sprintf("y is %d, and no such point", y), "4.4", keyIn{key})
		}
	}
}

// checkPoint says whether 32 bytes are a point by any encoding.
func checkPoint(key []byte) error {
	_, err := new(edwards25519.Point).SetBytes(key)
	return err
}

// writeBadKeys is all keys of low order, and all encodings that name a point
// in a second way.
func writeBadKeys(c *chapter) {
	multiple := edwards25519.NewIdentityPoint()
	for i := range 8 {
		c.refuse("key", fmt.Sprintf("%d times a point of order 8", i), "4.4", keyIn{multiple.Bytes()})
		multiple.Add(multiple, torsion())
	}
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	encoding := func(y *big.Int, sign byte) octets {
		key := make([]byte, 32)
		y.FillBytes(key)
		slices.Reverse(key)
		key[31] |= sign
		return key
	}
	for i := range int64(19) {
		y := new(big.Int).Add(p, big.NewInt(i))
		c.refuse("key", fmt.Sprintf("y is p + %d", i), "4.4", keyIn{encoding(y, 0)})
		c.refuse("key", fmt.Sprintf("y is p + %d, x is odd", i), "4.4", keyIn{encoding(y, 0x80)})
	}
	c.refuse("key", "y is 1, x is odd", "4.4", keyIn{encoding(big.NewInt(1), 0x80)})
	c.refuse("key", "y is p - 1, x is odd", "4.4", keyIn{encoding(new(big.Int).Sub(p, big.NewInt(1)), 0x80)})
}

// writeSignatures is SPEC 4.5, and why 4.4 comes first.
func writeSignatures(c *chapter) {
	seed, payload := seedOf("signer 0"), laterPayload(300)
	author, good := lawKey(seed), lawSign(seed, payload)
	altered := func(at int) octets {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	refused := func(name, clauses string, in verifyIn) { c.refuse("verify", name, clauses, in) }
	refused("R altered", "4.5", verifyIn{author, payload, altered(0)})
	refused("S altered", "4.5", verifyIn{author, payload, altered(32)})
	refused("another payload", "4.5", verifyIn{author, laterPayload(299), good})
	refused("another author", "4.5", verifyIn{lawKey(seedOf("signer 1")), payload, good})
	refused("no signature", "4.5", verifyIn{author, payload, octets{}})
	refused("signature of 63 bytes", "4.5", verifyIn{author, payload, good[:63]})
	refused("signature of 65 bytes", "4.5", verifyIn{author, payload, append(bytes.Clone(good), 0)})
	bare := ed25519.Sign(ed25519.NewKeyFromSeed(seed), payload)
	refused("signature on the payload alone", "4.2", verifyIn{author, payload, bare})

	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := bytes.Clone(good[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	refused("S + L", "4.5", verifyIn{author, payload, append(bytes.Clone(good[:32]), sum...)})
	l := order.FillBytes(make([]byte, 32))
	slices.Reverse(l)
	k := lawChallenge(edwards25519.NewIdentityPoint().Bytes(), author, payload)
	zero := edwards25519.NewScalar().Multiply(k, scalarOf(seed))
	c.accept("verify", "R is the neutral element", "4.5", verifyIn{author, payload, append(edwards25519.NewIdentityPoint().Bytes(), zero.Bytes()...)}, none{})
	refused("S is L", "4.5", verifyIn{author, payload, append(edwards25519.NewIdentityPoint().Bytes(), l...)})

	everything := append(edwards25519.NewGeneratorPoint().Bytes(), append([]byte{1}, make([]byte, 31)...)...)
	refused("the neutral element signs everything", "4.4", verifyIn{edwards25519.NewIdentityPoint().Bytes(), payload, everything})
	second := append(bytes.Repeat([]byte{0xff}, 31), 0x7f)
	second[0] = 0xee // p + 1
	refused("the neutral element by its other name", "4.4", verifyIn{second, payload, everything})
}

// writeCofactors is signatures that hold by one equation of RFC 8032 and not
// by the other.
func writeCofactors(c *chapter) {
	seed, payload := seedOf("signer 0"), laterPayload(300)
	secret, nonce := scalarOf(seed), scalarOf(seedOf("r"))
	signed := func(key, r *edwards25519.Point, payload []byte) verifyIn {
		k := lawChallenge(r.Bytes(), key.Bytes(), payload)
		s := edwards25519.NewScalar().MultiplyAdd(k, secret, nonce)
		return verifyIn{key.Bytes(), payload, append(r.Bytes(), s.Bytes()...)}
	}
	key, r := basePoint(secret), basePoint(nonce)
	c.accept("verify", "any R", "4.5", signed(key, r, payload), none{})
	c.accept("verify", "R with a part of order 8: holds with the cofactor only", "4.5", signed(key, new(edwards25519.Point).Add(r, torsion()), payload), none{})
	mixed := new(edwards25519.Point).Add(key, torsion())
	held := map[bool]bool{}
	for n := 1; len(held) < 2; n++ {
		in := signed(mixed, r, laterPayload(n))
		holds := lawChallenge(r.Bytes(), mixed.Bytes(), in.Payload).Bytes()[0]%8 == 0
		switch {
		case held[holds]:
		case holds:
			c.accept("verify", "key with a part of order 8 and k a multiple of 8", "4.4 4.5", in, none{})
		default:
			c.accept("verify", "key with a part of order 8: holds with the cofactor only", "4.5", in, none{})
		}
		held[holds] = true
	}
	writeSecondNames(c, key, secret, payload)
}

// writeSecondNames is signatures whose R is of low order, by each encoding of
// each of these points, and what is no point.
func writeSecondNames(c *chapter, key *edwards25519.Point, secret *edwards25519.Scalar, payload []byte) {
	under := func(r []byte) verifyIn {
		s := edwards25519.NewScalar().Multiply(lawChallenge(r, key.Bytes(), payload), secret)
		return verifyIn{key.Bytes(), payload, append(bytes.Clone(r), s.Bytes()...)}
	}
	multiple := edwards25519.NewIdentityPoint()
	for i := range 8 {
		c.accept("verify", fmt.Sprintf("R is %d times a point of order 8", i), "4.5", under(multiple.Bytes()), none{})
		multiple.Add(multiple, torsion())
	}
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	for y := range int64(2) {
		second := new(big.Int).Add(p, big.NewInt(y)).FillBytes(make([]byte, 32))
		slices.Reverse(second)
		c.accept("verify", fmt.Sprintf("R is low and not canonical: y is p + %d", y), "4.5", under(second), none{})
	}
	c.accept("verify", "R is low and not canonical: y is 1, x is odd", "4.5", under(append([]byte{1}, append(make([]byte, 30), 0x80)...)), none{})
	c.refuse("verify", "R is no point", "4.5", under(append([]byte{2}, make([]byte, 31)...)))
}
