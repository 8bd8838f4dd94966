//go:build linux

package node

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	ds "github.com/ipfs/go-datastore"
	pebbleds "github.com/ipfs/go-ds-pebble"

	"votive/proto/votive"
)

// binaries builds what the benchmarks compare, all in the same way.
func binaries(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", dir+"/",
		"votive/cmd/votive", "votive/cmd/votived", "./testdata/bare", "./testdata/status")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("go build = %v\n%s", err, out)
	}
	return dir
}

// process is one that says "ready" when it is.
type process struct {
	*exec.Cmd
	took time.Duration // until it was ready
}

func start(b *testing.B, name string, args ...string) *process {
	b.Helper()
	p := &process{Cmd: exec.Command(name, args...)}
	out, err := p.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	p.Stderr = os.Stderr
	began := time.Now()
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	p.took = time.Since(began)
	if strings.TrimSpace(line) != "ready" {
		b.Fatalf("%s said %q, %v, want ready", name, line, err)
	}
	return p
}

func (p *process) stop() {
	_ = p.Process.Signal(syscall.SIGTERM)
	_ = p.Wait()
}

// resident is how much memory of a process is in RAM, in bytes.
func (p *process) resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kib); n == 1 {
			return kib * 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

func daemon(b *testing.B, bin, home string) *process {
	b.Helper()
	return start(b, bin+"/votived", "--home", home, "--listen", "/ip4/127.0.0.1/tcp/0", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1")
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2])
}

// BenchmarkStart: a daemon from the start of its process until it is ready,
// by turns with the yardstick; with an empty home, and carrying 50,000 frames.
func BenchmarkStart(b *testing.B) {
	bin := binaries(b)
	for _, c := range []struct {
		frames int
		goal   string
	}{{0, "of-bare(goal<=2)"}, {50_000, "of-bare(goal<=3)"}} {
		b.Run(fmt.Sprintf("frames=%d", c.frames), func(b *testing.B) {
			home := b.TempDir()
			fill(b, filepath.Join(home, "store"), c.frames)
			daemon(b, bin, home).stop() // what is done once is done
			var ours, bare []time.Duration
			for b.Loop() {
				for range 7 {
					p := daemon(b, bin, home)
					p.stop()
					ours = append(ours, p.took)
					p = start(b, bin+"/bare", b.TempDir())
					p.stop()
					bare = append(bare, p.took)
				}
			}
			b.ReportMetric(median(ours)/median(bare), c.goal)
			b.ReportMetric(median(ours)/1e6, "ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fill writes n frames into a store as it keeps them (see node/store/doc.go),
// all alive, without the work of stamping them: opening does not check what
// was checked before.
func fill(b *testing.B, dir string, n int) {
	b.Helper()
	if n == 0 {
		return
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	db, err := pebbleds.NewDatastore(dir)
	if err != nil {
		b.Fatal(err)
	}
	names := base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)
	ctx := context.Background()
	expiry := uint16(votive.DayOf(time.Now())) + 100
	const inFile = 1 << 14
	var slots *os.File
	for at := 0; at < n; {
		batch, err := db.Batch(ctx)
		if err != nil {
			b.Fatal(err)
		}
		for range 500 {
			if at%inFile == 0 {
				if slots, err = os.Create(filepath.Join(dir, fmt.Sprintf("frames-%d.data", at/inFile))); err != nil {
					b.Fatal(err)
				}
				defer func(f *os.File) { _ = f.Close() }(slots)
			}
			f := make([]byte, votive.FrameSize)
			_, _ = rand.Read(f)
			f[0], f[1], f[2], f[3] = 1, 20, 2<<6|byte(expiry>>8), byte(expiry)
			id := votive.FrameID(f)
			key := names.EncodeToString(append([]byte{byte(expiry >> 8), byte(expiry)}, id[:]...))
			row := binary.BigEndian.AppendUint32(f[:votive.HeaderSize:votive.HeaderSize], uint32(at))
			if err := batch.Put(ctx, ds.RawKey("/h/"+key), row); err != nil {
				b.Fatal(err)
			}
			if _, err := slots.Write(f); err != nil {
				b.Fatal(err)
			}
			at++
		}
		if err := batch.Commit(ctx); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkIdle: resident memory a few seconds after the start, with a vault.
func BenchmarkIdle(b *testing.B) {
	bin := binaries(b)
	home := b.TempDir()
	p := daemon(b, bin, home)
	if out, err := exec.Command(bin+"/votive", "--home", home, "init", "--no-passphrase", "--json").CombinedOutput(); err != nil {
		b.Fatalf("init = %v\n%s", err, out)
	}
	p.stop()
	var ours, bare float64
	for b.Loop() {
		p, q := daemon(b, bin, home), start(b, bin+"/bare", b.TempDir())
		<-time.After(5 * time.Second) // idle is what is measured
		ours, bare = p.resident(b), q.resident(b)
		p.stop()
		q.stop()
	}
	b.ReportMetric(ours/bare, "of-bare(goal<=1.5)")
	b.ReportMetric(ours/(1<<20), "MiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStatus: `votive status` as a whole process, by turns with the least
// client there can be.
func BenchmarkStatus(b *testing.B) {
	bin := binaries(b)
	home := b.TempDir()
	p := daemon(b, bin, home)
	defer p.stop()
	socket := filepath.Join(home, "run", "votive.sock")
	if note, err := os.ReadFile(filepath.Join(home, "run", "socket")); err == nil {
		socket = string(note)
	}
	timed := func(c *exec.Cmd) time.Duration {
		began := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v = %v\n%s", c, err, out)
		}
		return time.Since(began)
	}
	var ours, least []time.Duration
	for b.Loop() {
		for range 25 {
			ours = append(ours, timed(exec.Command(bin+"/votive", "--home", home, "status")))
			least = append(least, timed(exec.Command(bin+"/status", socket)))
		}
	}
	b.ReportMetric(median(ours)/median(least), "of-least-client(goal<=2)")
	b.ReportMetric(median(ours)/1e6, "ms")
	b.ReportMetric(0, "ns/op")
}
