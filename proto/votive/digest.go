package votive

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// digest is SHA-256 over the length-prefixed domain and parts. SPEC 1.2.
func digest(domain string, parts ...[]byte) ID {
	h := sha256.New()
	var head [64]byte // all domains are shorter
	h.Write(appendPrefixed(head[:0], []byte(domain)))
	for _, p := range parts {
		var length [binary.MaxVarintLen64]byte
		h.Write(length[:binary.PutUvarint(length[:], uint64(len(p)))])
		h.Write(p)
	}
	var id ID
	h.Sum(id[:0])
	return id
}

// derive makes one secret out of another. SPEC 1.3.
func derive(secret Secret, label string, context ...[]byte) Secret {
	info := appendPrefixed(nil, []byte(label))
	for _, c := range context {
		info = appendPrefixed(info, c)
	}
	key, err := hkdf.Key(sha256.New, secret.key[:], []byte("votive-1"), string(info), 32)
	if err != nil {
		panic(err) // only for a length over 255 hashes
	}
	return Secret{key: [32]byte(key)}
}

// extract is the first half of derive, which is the same for every label:
// HKDF-Extract.
func extract(secret Secret) []byte {
	key, err := hkdf.Extract(sha256.New, secret.key[:], []byte("votive-1"))
	if err != nil {
		panic(err) // only where SHA-256 is not allowed
	}
	return key
}

// appendPrefixed appends x behind its length as an unsigned varint. SPEC 1.1.
func appendPrefixed(b, x []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(x)))
	return append(b, x...)
}
