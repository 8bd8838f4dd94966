package daemon

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"go.uber.org/goleak"

	"votive/proto/localpb"
	"votive/proto/localpb/localpbconnect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFindHome(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, named, system string
		env                 map[string]string
		want                string // empty: an error
	}{
		{"named", "/srv/v", "linux", map[string]string{"VOTIVE_HOME": "/x", "HOME": "/h"}, "/srv/v"},
		{"named, relative", "v", "linux", nil, filepath.Join(here, "v")},
		{"the variable", "", "linux", map[string]string{"VOTIVE_HOME": "/x", "XDG_DATA_HOME": "/d", "HOME": "/h"}, "/x"},
		{"XDG", "", "linux", map[string]string{"XDG_DATA_HOME": "/d", "HOME": "/h"}, "/d/votive"},
		{"XDG, relative and so void", "", "linux", map[string]string{"XDG_DATA_HOME": "d", "HOME": "/h"}, "/h/.local/share/votive"},
		{"the default", "", "freebsd", map[string]string{"HOME": "/h"}, "/h/.local/share/votive"},
		{"macOS", "", "darwin", map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/d"}, "/h/Library/Application Support/votive"},
		{"Windows", "", "windows", map[string]string{"LOCALAPPDATA": "/l", "HOME": "/h"}, "/l/votive"},
		{"nothing", "", "linux", nil, ""},
		{"nothing on Windows", "", "windows", map[string]string{"HOME": "/h"}, ""},
	} {
		got, err := findHome(c.named, c.system, func(k string) string { return c.env[k] })
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: findHome() = %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestSocket(t *testing.T) {
	home := t.TempDir()
	if got, err := Home(home).Socket(); err != nil || got != filepath.Join(home, "run", "votive.sock") {
		t.Errorf("Socket() = %q, %v, want it in run", got, err)
	}
	if err := os.Mkdir(filepath.Join(home, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ note, want string }{
		{"/tmp/votive-1/votive.sock", "/tmp/votive-1/votive.sock"},
		{"/tmp/votive-1/votive.sock\n", "/tmp/votive-1/votive.sock"},
		{"votive.sock", ""},
		{"", ""},
		{"/" + strings.Repeat("a", 100), ""},
	} {
		if err := os.WriteFile(filepath.Join(home, "run", "socket"), []byte(c.note), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Home(home).Socket(); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("Socket() with %q = %q, %v, want %q", c.note, got, err, c.want)
		}
	}
}

// served serves a home's socket until the test ends.
func served(t *testing.T, handler http.Handler) Home {
	t.Helper()
	dir, err := os.MkdirTemp("", "v") // t.TempDir is too long for a socket on macOS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "run", "votive.sock"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return Home(dir)
}

type fixed struct {
	localpbconnect.UnimplementedVotiveHandler
	asked chan struct{}
}

func (f fixed) Status(ctx context.Context, _ *localpb.StatusRequest) (*localpb.StatusResponse, error) {
	if f.asked == nil {
		return &localpb.StatusResponse{PeerId: "12D3Koo", Peers: 3}, nil
	}
	close(f.asked)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestClient(t *testing.T) {
	_, handler := localpbconnect.NewVotiveHandler(fixed{})
	home := served(t, handler)
	for range 2 {
		got, err := home.Client().Status(t.Context(), &localpb.StatusRequest{})
		if err != nil || got.GetPeerId() != "12D3Koo" || got.GetPeers() != 3 {
			t.Errorf("Status() = %v, %v, want the peer id and 3 peers", got, err)
		}
	}
}

func TestClientIsInterrupted(t *testing.T) {
	asked := make(chan struct{})
	_, handler := localpbconnect.NewVotiveHandler(fixed{asked: asked})
	home := served(t, handler)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if got, err := home.Client().Status(ctx, &localpb.StatusRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Status() = %v, %v, want %v", got, err, context.Canceled)
	}
}

func TestClientWithoutDaemon(t *testing.T) {
	dies := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	left := Home(t.TempDir())
	if err := os.Mkdir(filepath.Join(string(left), "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(string(left), "run", "votive.sock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		home Home
	}{
		{"never started", Home(t.TempDir())},
		{"killed, its socket left behind", left},
		{"dies before it answers", dies},
	} {
		if got, err := c.home.Client().Status(t.Context(), &localpb.StatusRequest{}); !errors.Is(err, ErrNotRunning) {
			t.Errorf("%s: Status() = %v, %v, want %v", c.name, got, err, ErrNotRunning)
		}
	}
}

func TestGone(t *testing.T) {
	home := Home(t.TempDir())
	if err := home.Gone(t.Context()); err != nil {
		t.Errorf("Gone() of an empty home = %v, want nil", err)
	}
	lock := flock.New(filepath.Join(string(home), "lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error)
	go func() { gone <- home.Gone(t.Context()) }()
	select {
	case err := <-gone:
		t.Fatalf("Gone() = %v while the lock is held, want it to wait", err)
	default:
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := <-gone; err != nil {
		t.Errorf("Gone() = %v, want nil", err)
	}
}

func TestComplaint(t *testing.T) {
	for _, c := range []struct{ name, written, said, hint string }{
		{"nothing", "", "it said nothing", ""},
		{"its line and hint", "votived: home /x is not writable\nhint: chmod u+w /x\n", "home /x is not writable", "chmod u+w /x"},
		{"after its log", "level=INFO msg=x\nvotived: no\n", "no", ""},
		{"before its log", "votived: no\nhint: votive doctor\nlevel=INFO msg=x\n", "no", "votive doctor"},
		{"something else", "exec format error\n\n", "exec format error", ""},
		{"the last of several", "votived: one\nhint: h\nvotived: two\n", "two", ""},
	} {
		if got := complaint([]byte(c.written)); got.Said != c.said || got.Hint != c.hint {
			t.Errorf("%s: complaint() = %q, %q, want %q, %q", c.name, got.Said, got.Hint, c.said, c.hint)
		}
	}
}
