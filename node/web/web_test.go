package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is a log that is read while it is written.
type journal struct {
	mu sync.Mutex
	bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.String()
}

// serving is a listener that serves its own name under /x/, and a panic.
type serving struct {
	*Web
	locked atomic.Bool
	logged journal
}

func serve(t *testing.T) *serving {
	t.Helper()
	s := new(serving)
	var err error
	if s.Web, err = Open("127.0.0.1:0", slog.New(slog.NewTextHandler(&s.logged, nil))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		done <- s.Run(ctx, s.locked.Load,
			Route{"/x/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					w.WriteHeader(http.StatusRequestEntityTooLarge)
				}
			})},
			Route{"/x/panic/", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })},
		)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run() = %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func (s *serving) ask(t *testing.T, method, path, host string, header http.Header, body io.Reader) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL()+strings.TrimPrefix(path, "/"), body)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		r.Host = host
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	return resp.StatusCode, resp.Header, string(b)
}

func TestGuard(t *testing.T) {
	s := serve(t)
	_, port, _ := net.SplitHostPort(s.Addr())
	for _, c := range []struct {
		name, path, host string
		header           http.Header
		want             int
	}{
		{"as it should be", "/x/", "", nil, 200},
		{"no such path", "/y/", "", nil, 404},
		{"a name that leads here", "/x/", "evil.example:" + port, nil, 421},
		{"localhost is a name", "/x/", "localhost:" + port, nil, 421},
		{"no port", "/x/", "127.0.0.1", nil, 421},
		{"another port", "/x/", "127.0.0.1:1", nil, 421},
		{"another loopback address", "/x/", "127.0.0.2:" + port, nil, 421},
		{"a page of ours", "/x/", "", http.Header{"Origin": {"http://" + s.Addr()}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		{"typed", "/x/", "", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		{"another page", "/x/", "", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"another port's page", "/x/", "", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"another origin", "/x/", "", http.Header{"Origin": {"https://evil.example"}}, 403},
		{"a sandboxed page", "/x/", "", http.Header{"Origin": {"null"}}, 403},
		{"two origins", "/x/", "", http.Header{"Origin": {"http://" + s.Addr(), "null"}}, 403},
		{"up and away", "/x/../../etc/passwd", "", nil, 200}, // Go's client cleans nothing; no path is a file
	} {
		code, header, _ := s.ask(t, "GET", c.path, c.host, c.header, nil)
		if code != c.want {
			t.Errorf("%s: %d, want %d", c.name, code, c.want)
			continue
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s: %s, want %s", c.name, name, got, want)
			}
		}
	}
}

func TestLocked(t *testing.T) {
	s := serve(t)
	s.locked.Store(true)
	for _, path := range []string{"/x/", "/y/", "/"} {
		if code, _, _ := s.ask(t, "GET", path, "", nil, nil); code != 503 {
			t.Errorf("GET %s = %d while locked, want 503", path, code)
		}
	}
	if code, _, _ := s.ask(t, "GET", "/x/", "evil.example", nil, nil); code != 421 {
		t.Errorf("with a wrong Host = %d while locked, want 421: nobody is told that it is", code)
	}
}

func TestBounds(t *testing.T) {
	s := serve(t)
	if code, _, _ := s.ask(t, "PUT", "/x/", "", nil, bytes.NewReader(make([]byte, MaxBody))); code != 200 {
		t.Errorf("a body of %d bytes = %d, want 200", MaxBody, code)
	}
	if code, _, _ := s.ask(t, "PUT", "/x/", "", nil, bytes.NewReader(make([]byte, MaxBody+1))); code != 413 {
		t.Errorf("a body of %d bytes = %d, want 413", MaxBody+1, code)
	}
	if code, _, _ := s.ask(t, "GET", "/x/", "", http.Header{"X": {strings.Repeat("x", 24<<10)}}, nil); code == 200 || code == 404 {
		t.Errorf("a header of 24 KiB = %d, want it refused", code)
	}
	if code, _, _ := s.ask(t, "GET", "/x/panic/", "", nil, nil); code != 0 {
		t.Errorf("a panic = %d, want the connection closed", code)
	}
	if log := s.logged.String(); !strings.Contains(log, "a request broke") || strings.Contains(log, "secret") {
		t.Errorf("log is %q, want it to say that a request broke and not why", log)
	}
}

// The server has to be done before its log is read.
func TestNoRequestIsLogged(t *testing.T) {
	s := serve(t)
	s.ask(t, "GET", "/x/secret", "", nil, nil)
	s.ask(t, "GET", "/secret", "evil.example", nil, nil)
	if log := s.logged.String(); log != "" {
		t.Errorf("log is %q, want nothing", log)
	}
}

func TestAddr(t *testing.T) {
	for _, good := range []string{"127.0.0.1:0", "127.0.0.1:8123", "[::1]:8123", "127.9.9.9:1"} {
		if _, err := ParseAddr(good); err != nil {
			t.Errorf("ParseAddr(%q) = %v", good, err)
		}
	}
	for bad, why := range map[string]string{
		"0.0.0.0:8123": "everybody", ":8123": "everybody", "[::]:1": "everybody", "192.168.1.2:1": "the neighbours",
		"localhost:8123": "a name", "127.0.0.1": "no port", "[::1%lo]:1": "a zone", "[::ffff:127.0.0.1]:1": "two forms of one", "": "nothing",
	} {
		if a, err := ParseAddr(bad); err == nil {
			t.Errorf("ParseAddr(%q) = %v, want an error: %s", bad, a, why)
		}
		if w, err := Open(bad, slog.New(slog.DiscardHandler)); err == nil {
			_ = w.Close()
			t.Errorf("Open(%q) listens, want an error: %s", bad, why)
		}
	}
}

// TestOthersAreRefused: who is another user is not even heard.
func TestOthersAreRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var logged journal
	first := true
	l := &ownOnly{Listener: listener, log: slog.New(slog.NewTextHandler(&logged, nil)), own: func(net.Conn) bool {
		mine := !first
		first = false
		return mine
	}}
	defer l.Close()
	other, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	mine, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.RemoteAddr().String(); got != mine.LocalAddr().String() {
		t.Errorf("Accept gives %s, want %s", got, mine.LocalAddr())
	}
	if _, err := other.Read(make([]byte, 1)); err == nil {
		t.Error("the other user's connection is open, want it closed")
	}
	if !strings.Contains(logged.String(), "another user") {
		t.Errorf("the log is %q", logged.String())
	}
}
