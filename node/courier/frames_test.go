package courier

import (
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"votive/proto/votive"
)

// These tests carry many frames and open none, so that what is sealed in them
// does not matter, but their stamps do. To find one takes 65,536 tries, so those
// of the first allStamped frames are in testdata; `go test -run Stamps -stamp`
// makes them again.
var restamp = flag.Bool("stamp", false, "search for the stamps in testdata again")

const (
	maxStamped = 3000  // as many as most tests carry
	allStamped = 12000 // a minute at 200 frames a second
	stampSize  = 4
)

var stampsFile = filepath.Join("testdata", "stamps")

// noon is when the tests begin.
var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// header gives what a frame is judged by.
type header struct {
	version, effort byte
	class           votive.Lifetime
	expiry          votive.Day
}

// usual is the header of the n-th frame.
var usual = header{1, votive.MinEffort, votive.Days8, votive.DayOf(noon) + 8}

// rawFrame is the n-th frame without a stamp.
func rawFrame(h header, n int) []byte {
	b := make([]byte, votive.FrameSize)
	b[0], b[1] = h.version, h.effort
	binary.BigEndian.PutUint16(b[2:], uint16(h.class)<<14|uint16(h.expiry))
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("frame"), uint64(n)))
	for i := 4; i < len(b)-8; {
		i += copy(b[i:len(b)-8], seed[:])
		seed = sha256.Sum256(seed[:])
	}
	return b
}

func unstamped(t testing.TB, h header, n int) votive.Unstamped {
	t.Helper()
	u, err := votive.UnstampedFrom(rawFrame(h, n)[:votive.FrameSize-8])
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// stampedFrame searches for a stamp.
func stampedFrame(t testing.TB, h header, n int) votive.Frame {
	t.Helper()
	f, err := unstamped(t, h, n).Stamp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var stamps = sync.OnceValues(func() ([]byte, error) { return os.ReadFile(stampsFile) })

// frames gives those from the n-th up to and without the m-th.
func frames(t testing.TB, n, m int) []votive.Frame {
	t.Helper()
	s, err := stamps()
	if err != nil {
		t.Fatal(err)
	}
	var out []votive.Frame
	for i := n; i < m; i++ {
		b := rawFrame(usual, i)
		copy(b[votive.FrameSize-stampSize:], s[i*stampSize:])
		f, err := votive.ParseFrame(b)
		if err != nil {
			t.Fatalf("frame %d: %v; make its stamp again with -stamp", i, err)
		}
		out = append(out, f)
	}
	return out
}

func TestStamps(t *testing.T) {
	if !*restamp {
		t.Skip("without -stamp")
	}
	var out []byte
	for i := range allStamped {
		b := stampedFrame(t, usual, i).Bytes()
		out = append(out, b[len(b)-stampSize:]...)
	}
	if err := os.WriteFile(stampsFile, out, 0o644); err != nil {
		t.Fatal(err)
	}
}
