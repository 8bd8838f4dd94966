package node

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// quiet is a daemon of which only the listener matters.
func quiet(home, addr string) Config {
	return Config{Home: home, Web: addr, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, DHT: "off", Log: slog.New(slog.DiscardHandler)}
}

func opened(t *testing.T, cfg Config) *Node {
	t.Helper()
	n, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func closed(t *testing.T, n *Node) {
	t.Helper()
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
}

// shortHome is an empty directory until the test ends.
func shortHome(t *testing.T) string {
	t.Helper()
	home, err := os.MkdirTemp("", "v") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	return home
}

func TestWebAddressIsKept(t *testing.T) {
	home := shortHome(t)
	n := opened(t, quiet(home, ""))
	first := n.webURL()
	closed(t, n)
	if !strings.HasPrefix(first, "http://127.0.0.1:") {
		t.Fatalf("the address is %q, want one of 127.0.0.1", first)
	}
	n = opened(t, quiet(home, ""))
	if got := n.webURL(); got != first {
		t.Errorf("after a restart the address is %s, want %s", got, first)
	}
	closed(t, n)

	// Somebody else has the port: the daemon starts nevertheless.
	taken, err := net.Listen("tcp", strings.TrimSuffix(strings.TrimPrefix(first, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	n = opened(t, quiet(home, ""))
	if got := n.webURL(); got != "" {
		t.Errorf("where the port is taken the address is %q, want none", got)
	}
	closed(t, n)
	// An address that was named is another matter.
	if n, err := Open(t.Context(), quiet(home, taken.Addr().String())); err == nil {
		closed(t, n)
		t.Errorf("Open with --web %v, which is taken, = nil, want an error", taken.Addr())
	}
	_ = taken.Close()

	n = opened(t, quiet(home, "off"))
	if got := n.webURL(); got != "" {
		t.Errorf("with --web off the address is %q, want none", got)
	}
	closed(t, n)
	keeper := quiet(home, "")
	keeper.Keeper = true
	n = opened(t, keeper)
	if got := n.webURL(); got != "" {
		t.Errorf("a keeper's address is %q, want none: it has no calendars", got)
	}
	closed(t, n)
	for _, bad := range []string{"0.0.0.0:8123", "localhost:8123", "on"} {
		if n, err := Open(t.Context(), quiet(home, bad)); err == nil {
			closed(t, n)
			t.Errorf("Open with --web %s = nil, want an error", bad)
		}
	}
}

func TestWebServesNothingWithoutVault(t *testing.T) {
	home, err := os.MkdirTemp("", "v")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	n := opened(t, quiet(home, "127.0.0.1:0"))
	serving := make(chan Ready, 1)
	done := make(chan error, 1)
	go func() { done <- n.Run(t.Context(), func(r Ready) { serving <- r }) }()
	r := <-serving
	resp, err := http.Get(r.Web)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("GET %s = %d without a vault, want 503", r.Web, resp.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
	close(n.stop)
	if err := <-done; err != nil {
		t.Errorf("Run() = %v", err)
	}
}
