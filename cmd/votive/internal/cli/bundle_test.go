package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
	"votive/proto/localpb/localpbconnect"
	"votive/proto/votive"
)

// taker is a daemon that reads bundles and keeps nothing of them.
type taker struct {
	localpbconnect.UnimplementedVotiveHandler
	fail error // after a request

	mu       sync.Mutex
	requests int
	largest  int
}

func (d *taker) ImportBundle(_ context.Context, r *localpb.ImportBundleRequest) (*localpb.BundleResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	d.largest = max(d.largest, len(r.GetBundle()))
	if d.fail != nil && d.requests > 1 {
		return nil, d.fail
	}
	b, err := votive.NewBundleReader(bytes.NewReader(r.GetBundle()))
	if err != nil {
		return nil, connect.NewError(connect.CodeInvalidArgument, err)
	}
	m := new(localpb.BundleResponse)
	for {
		_, _, err := b.Next(votive.Rank{}, time.Now())
		if errors.Is(err, io.EOF) {
			m.New, m.Damaged, m.Cut = m.Frames, uint32(b.Damaged()), uint32(b.Cut())
			return m, nil
		}
		if err != nil {
			return nil, connect.NewError(connect.CodePermissionDenied, err)
		}
		m.Frames++
	}
}

// at serves the taker on the socket of a home.
func (d *taker) at(t *testing.T) (home string) {
	t.Helper()
	home, err := os.MkdirTemp("", "v") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.Mkdir(filepath.Join(home, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(home, "run", "votive.sock"))
	if err != nil {
		t.Fatal(err)
	}
	_, handler := localpbconnect.NewVotiveHandler(d)
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(socket) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return home
}

// repeated is a text without end, and how much of it was read.
type repeated struct {
	text []byte
	read int64
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.read%int64(len(r.text)):])
	r.read += int64(n)
	return n, nil
}

const magic = "votive-bundle-1\n"

// anyFrame is a frame, of any time.
func anyFrame(t *testing.T) []byte {
	t.Helper()
	u, err := votive.UnstampedFrom(append([]byte{1, 16}, make([]byte, bundleFrame-10)...))
	if err != nil {
		t.Fatal(err)
	}
	f, err := u.Stamp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f.Bytes()
}

// Of 10 GiB of garbage as much is read as it takes to know it, and one line
// says so.
func TestImportOf10GiBOfGarbage(t *testing.T) {
	for name, begin := range map[string]string{"a bundle at first": magic, "none at all": ""} {
		d := new(taker)
		rest := &repeated{text: []byte("no frames at all\n")}
		in := io.MultiReader(strings.NewReader(begin), io.LimitReader(rest, 10<<30))
		var out, errs bytes.Buffer
		code := Run(t.Context(), []string{"bundle", "import", "-", "--home", d.at(t)}, Stdio{in, &out, &errs}, "dev")
		want := map[string]int{magic: 6, "": 2}[begin]
		if code != want || out.Len() > 0 || strings.Count(errs.String(), "\n") != 2 {
			t.Errorf("%s: exits with %d, says %q and %q, want %d and one line with its hint", name, code, out.String(), errs.String(), want)
		}
		if d.requests != 1 || rest.read > bundleHead+bundleChunk {
			t.Errorf("%s: %d requests for %d bytes read, want 1 for at most %d", name, d.requests, rest.read, bundleHead+bundleChunk)
		}
	}
}

// However long a bundle is, the daemon gets it in pieces of the same size.
func TestImportInPieces(t *testing.T) {
	const frames = 20*256 + 10
	d := new(taker)
	in := io.MultiReader(strings.NewReader(magic), io.LimitReader(&repeated{text: anyFrame(t)}, frames*bundleFrame+7))
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"bundle", "import", "-", "--home", d.at(t)}, Stdio{in, &out, &errs}, "dev")
	if want := "5,130 frames, 5,130 new to this computer.\n"; code != 0 || out.String() != want {
		t.Errorf("exits with %d and prints %q, want 0 and %q", code, out.String(), want)
	}
	if want := "warning: the bundle is cut short: 7 bytes at its end are less than a frame.\n"; !strings.HasPrefix(errs.String(), want) {
		t.Errorf("says %q, want %q", errs.String(), want)
	}
	if d.requests != 21 || d.largest != bundleHead+bundleChunk {
		t.Errorf("%d requests of at most %d bytes, want 21 of %d", d.requests, d.largest, bundleHead+bundleChunk)
	}
}

// What was taken before the daemon fails is said.
func TestImportThatBreaksOff(t *testing.T) {
	d := &taker{fail: connect.NewError(connect.CodeResourceExhausted, errors.New("disk full"))}
	in := io.MultiReader(strings.NewReader(magic), io.LimitReader(&repeated{text: anyFrame(t)}, 300*bundleFrame))
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"bundle", "import", "-", "--home", d.at(t)}, Stdio{in, &out, &errs}, "dev")
	if code != 1 || out.Len() > 0 || !strings.Contains(errs.String(), "256 new to") || !strings.Contains(errs.String(), "votive: disk full\n") {
		t.Errorf("exits with %d, prints %q, says %q, want 1, nothing, 256 new frames and why", code, out.String(), errs.String())
	}
	for line := range strings.Lines(errs.String()) {
		if w := plain.Width(strings.TrimSpace(line)); w > plain.Columns {
			t.Errorf("a line has %d columns: %s", w, line)
		}
	}
}

// waiting is a stdin on which nothing comes.
type waiting struct {
	asked, over chan struct{}
	once        sync.Once
}

func (w *waiting) Read([]byte) (int, error) {
	w.once.Do(func() { close(w.asked) })
	<-w.over
	return 0, io.EOF
}

// Ctrl-C ends an import also while it waits for more.
func TestImportIsInterrupted(t *testing.T) {
	w := &waiting{asked: make(chan struct{}), over: make(chan struct{})}
	defer close(w.over)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-w.asked; cancel() }()
	var out, errs bytes.Buffer
	code := Run(ctx, []string{"bundle", "import", "-", "--home", new(taker).at(t)}, Stdio{io.MultiReader(strings.NewReader(magic), w), &out, &errs}, "dev")
	if code != exitInterrupted || out.Len()+errs.Len() > 0 {
		t.Errorf("exits with %d and says %q, want %d and nothing", code, errs.String(), exitInterrupted)
	}
}

// An export that goes on writes what is not there, and comes to the same.
func TestPartial(t *testing.T) {
	want := []byte(magic + strings.Repeat("a", bundleFrame) + strings.Repeat("b", bundleFrame) + strings.Repeat("c", bundleFrame))
	other := bytes.Clone(want)
	other[bundleHead+bundleFrame+99] = 'x'
	for _, c := range []struct {
		name   string
		there  []byte
		frames uint32
	}{
		{"nothing", nil, 0},
		{"part of the magic", want[:7], 0},
		{"the magic", want[:16], 0},
		{"part of a frame", want[:100], 0},
		{"a frame", want[:bundleHead+bundleFrame], 1},
		{"all but a byte", want[:len(want)-1], 2},
		{"all", want, 3},
		{"more", append(bytes.Clone(want), "more"...), 3},
		{"another frame in between", other, 1},
	} {
		for _, size := range []int{1 << 20, 1000, bundleHead} {
			path := filepath.Join(t.TempDir(), "x.part")
			if err := os.WriteFile(path, c.there, 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := openPartial(path)
			if err != nil {
				t.Fatal(err)
			}
			for rest := want; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if n, err := p.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
					t.Fatalf("%s: Write() = %d, %v", c.name, n, err)
				}
			}
			if err := p.finish(true); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); !bytes.Equal(got, want) {
				t.Errorf("%s, %d at once: %d bytes, %v, want the %d of the bundle", c.name, size, len(got), err, len(want))
			}
			if got := p.frames(); got != c.frames {
				t.Errorf("%s, %d at once: %d frames were there, want %d", c.name, size, got, c.frames)
			}
		}
	}
}

func TestPartialOfSomethingElse(t *testing.T) {
	for _, there := range []string{"shopping", "votive-bundle-2\nand so on"} {
		path := filepath.Join(t.TempDir(), "x.part")
		if err := os.WriteFile(path, []byte(there), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := openPartial(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Write([]byte(magic + "frames")); !errors.Is(err, errForeign) {
			t.Errorf("Write() over %q = %v, want %v", there, err, errForeign)
		}
		if err := p.finish(false); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != there {
			t.Errorf("the file is %q, %v, want %q untouched", got, err, there)
		}
	}
}

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := &progress{out: &out, live: true}
	for done := uint32(0); done <= 1000; done += 500 {
		p.at(done, 1000)
		p.at(done, 1000)
	}
	p.end()
	want := "\r0 of 1,000 frames, 0%\r500 of 1,000 frames, 50%\r1,000 of 1,000 frames, 100%\r" + strings.Repeat(" ", 27) + "\r"
	if out.String() != want {
		t.Errorf("on a terminal: %q, want %q", out.String(), want)
	}

	out.Reset()
	p = &progress{out: &out, next: progressEvery}
	for done := uint32(0); done <= 50_000; done += 256 {
		p.at(done, 0)
	}
	p.end()
	if want := "16,384 frames\n32,768 frames\n49,152 frames\n"; out.String() != want {
		t.Errorf("elsewhere: %q, want %q", out.String(), want)
	}

	out.Reset()
	new(progress).at(1<<20, 0)
	(&app{Stdio: Stdio{Err: &out}, quiet: true}).progress().at(1<<20, 0)
	if out.Len() != 0 {
		t.Errorf("with --quiet: %q, want nothing", out.String())
	}
}
