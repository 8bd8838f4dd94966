package votive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
)

// SPEC 2.4.
func TestStamp(t *testing.T) {
	r := NewReader(KindCircle, testSecret("circle"))
	for _, effort := range []uint8{16, 17, 18} {
		unstamped, err := r.sealWhole(unknownBody(t, 10), Days8, effort, noon, seeded("stamp"))
		if err != nil {
			t.Fatal(err)
		}
		f := stamp(t, unstamped[0])
		if !bytes.Equal(f.Bytes()[:stampAt], unstamped[0].Bytes()) || f.Effort() != effort {
			t.Errorf("Stamp made another frame, of effort %d, want %d", f.Effort(), effort)
		}
		if got, err := ParseFrame(f.Bytes()); err != nil || got.ID() != f.ID() {
			t.Errorf("ParseFrame(Stamp) = %v %v, want %v", got.ID(), err, f.ID())
		}
		found := binary.BigEndian.Uint64(f.Bytes()[stampAt:])
		if least, ok := searchStamp(unstamped[0].Sum(), effort, 0, found); ok {
			t.Errorf("Stamp = %d, want %d, which is less and holds", found, least)
		}
	}
}

func TestZeroBits(t *testing.T) {
	for want := range 257 {
		var sum [sha256.Size]byte
		for i := want; i < 256; i++ {
			sum[i/8] |= 1 << (7 - i%8)
		}
		if got := zeroBits(&sum); got != want {
			t.Errorf("zeroBits(%x) = %d, want %d", sum, got, want)
		}
	}
}

func TestStampStops(t *testing.T) {
	unstamped, err := NewReader(KindCircle, testSecret("circle")).
		sealWhole(unknownBody(t, 10), Days8, 255, noon, seeded("stamp"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := unstamped[0].Stamp(ctx)
		done <- err
	}()
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Stamp = %v, want %v", err, context.Canceled)
	}
}

// What waits in an outbox becomes the same frame after a crash.
func TestUnstampedFrom(t *testing.T) {
	unstamped, err := NewReader(KindCircle, testSecret("circle")).
		sealWhole(unknownBody(t, 10), Days8, MinEffort, noon, seeded("stamp"))
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.Clone(unstamped[0].Bytes())
	again, err := UnstampedFrom(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if again.Sum() != unstamped[0].Sum() || again.Effort() != MinEffort {
		t.Errorf("UnstampedFrom = %v of effort %d, want %v of %d", again.Sum(), again.Effort(), unstamped[0].Sum(), MinEffort)
	}
	if got, want := stamp(t, again), stamp(t, unstamped[0]); !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("stamped again, the frame is another")
	}
	whole := unstamped[0].Bytes()
	for name, bad := range map[string][]byte{
		"nothing":    nil,
		"short":      whole[:stampAt-1],
		"long":       make([]byte, FrameSize),
		"version 2":  altered(whole, at(0, 2)),
		"effort 15":  altered(whole, at(1, 15)),
		"no class":   altered(whole, expiring(3, 2501)),
		"all zeroes": make([]byte, stampAt),
	} {
		if _, err := UnstampedFrom(bad); err == nil {
			t.Errorf("%s: UnstampedFrom = nil, want an error", name)
		}
	}
}
