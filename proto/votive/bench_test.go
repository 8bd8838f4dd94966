package votive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"
)

// against times an operation, and reports how many times as long it takes as a
// yardstick: on another machine, only that says something. The two take turns,
// so that they suffer alike from whatever else the machine does.
func against(b *testing.B, yardstick string, measure, operation func()) {
	b.Helper()
	var took, measured time.Duration
	for b.Loop() {
		start := time.Now()
		operation()
		between := time.Now()
		measure()
		took += between.Sub(start)
		measured += time.Since(between)
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(took)/float64(measured), "x-"+yardstick)
}

// BenchmarkKnows100 is what a frame of strangers costs a node that watches 100
// secrets, and the same for HMACs of the standard library with kept keys.
func BenchmarkKnows100(b *testing.B) {
	h := sealed(b, NewReader(KindCircle, testSecret("another")), Days8, noon).Header()
	var readers []*Reader
	for i := range 100 {
		readers = append(readers, NewReader(KindEvent, testSecret(fmt.Sprint(i))))
	}
	mac := hmac.New(sha256.New, testSecret("mac").Bytes())
	var sum [sha256.Size]byte
	against(b, "hmac", func() {
		for range readers {
			mac.Reset()
			mac.Write(h[:tagAt])
			mac.Sum(sum[:0])
		}
	}, func() {
		for _, r := range readers {
			if r.Knows(&h) {
				b.Fatal("a stranger's frame is known")
			}
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	f := sealed(b, NewReader(KindCircle, testSecret("circle")), Days8, noon)
	against(b, "sha256-4KiB", func() { sha256.Sum256(f.Bytes()) }, func() {
		if _, verdict, err := Judge(f.Bytes(), Rank{}, noon); verdict != Accept {
			b.Fatal(err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	r := NewReader(KindCircle, testSecret("circle"))
	f := sealed(b, r, Days8, noon)
	block, err := aes.NewCipher(testSecret("aes").Bytes())
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		b.Fatal(err)
	}
	plain := make([]byte, 0, FrameSize)
	ciphertext := aead.Seal(nil, frameNonce[:], plain[:plainSize], nil)
	against(b, "aes-gcm", func() {
		if _, err := aead.Open(plain, frameNonce[:], ciphertext, nil); err != nil {
			b.Fatal(err)
		}
	}, func() {
		if _, err := r.Open(f); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	r := NewReader(KindCircle, testSecret("circle"))
	whole, random := unknownBody(b, 2000), seeded("bench")
	against(b, "sha256-4KiB", func() { sha256.Sum256(make([]byte, FrameSize)) }, func() {
		if _, err := r.sealWhole(whole, Days8, MinEffort, noon, random); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkStamp16 is 65,536 tries: what a stamp of effort 16 takes on average.
func BenchmarkStamp16(b *testing.B) {
	const tries = 1 << 16
	var block [40]byte
	against(b, "sha256", func() {
		for i := range tries {
			block[i%8] = byte(i)
			sha256.Sum256(block[:])
		}
	}, func() {
		if _, found := searchStamp(ID{1}, 255, 0, tries); found {
			b.Fatal("found what nobody finds")
		}
	})
}

func BenchmarkVerifySigned(b *testing.B) {
	s, payload := newSigner(testSecret("signer")), make([]byte, 200)
	signature, key := s.sign(payload), s.Key()
	against(b, "ed25519-verify", func() {
		ed25519.Verify(key[:], signingInput(payload), signature)
	}, func() {
		if err := verifyOne(key, payload, signature); err != nil {
			b.Fatal(err)
		}
	})
}
