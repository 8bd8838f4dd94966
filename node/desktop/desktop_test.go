//go:build unix && !darwin

package desktop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

// TestMain is the program that shows a line too.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == Flag {
		if os.Getenv("USER") == "crash" {
			panic("as a library may")
		}
		if err := Serve(os.Stdin); err != nil {
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// session is a session bus of the test's own; its address is in the environment.
func session(t *testing.T) *dbus.Conn {
	t.Helper()
	program, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon here")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--session", "--nofork", "--print-address",
		"--address=unix:dir="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("no bus: %v", err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Skipf("no bus: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	conn, err := dbus.Connect(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// screen is a desktop.
type screen struct {
	shown chan string
}

func (s *screen) Notify(app string, _ uint32, icon, summary, body string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	s.shown <- fmt.Sprintf("%s|%s|%s|%s", app, icon, summary, body)
	return 1, nil
}

func (s *screen) GetCapabilities() ([]string, *dbus.Error) { return nil, nil }

func serves(t *testing.T, conn *dbus.Conn, s *screen) {
	t.Helper()
	const where = "org.freedesktop.Notifications"
	if err := conn.Export(s, "/org/freedesktop/Notifications", where); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(where, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
}

func TestShow(t *testing.T) {
	conn := session(t)
	s := &screen{shown: make(chan string, 1)}
	serves(t, conn, s)
	if !Found() {
		t.Error("Found() = false, and there is a bus")
	}
	if err := Show(t.Context(), "Candles: begins in 1 hour"); err != nil {
		t.Fatalf("Show = %v", err)
	}
	if got, want := <-s.shown, "votive||votive|Candles: begins in 1 hour"; got != want {
		t.Errorf("the desktop shows %q, want %q", got, want)
	}
}

// A desktop that does not answer is waited for as long as ctx says.
func TestShowEndsWithContext(t *testing.T) {
	silent, err := net.Listen("unix", filepath.Join(t.TempDir(), "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+silent.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Show(ctx, "x") }()
	c, err := silent.Accept() // it is there, and waits
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Show = %v, want canceled", err)
	}
}

func TestShowFails(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	if err := Show(t.Context(), "x"); err == nil {
		t.Error("Show without a bus = nil")
	}
	t.Setenv("USER", "crash")
	if err := Show(t.Context(), "x"); err == nil {
		t.Error("Show that crashes = nil")
	}
}

// Without a bus nothing else is tried: notify-send and kdialog would have the
// line in their arguments.
func TestNothingElseIsTried(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notify-send", "kdialog", "dbus-launch"} {
		script := "#!/bin/sh\ntouch " + filepath.Join(dir, "was-run")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for _, address := range []string{"", "unix:path=" + filepath.Join(dir, "none")} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		t.Setenv("XDG_RUNTIME_DIR", dir)
		_ = Show(t.Context(), "x")
	}
	if _, err := os.Stat(filepath.Join(dir, "was-run")); err == nil {
		t.Error("another program was started with the line")
	}
}

func TestFound(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if Found() {
		t.Error("Found() = true without a bus")
	}
	l, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if want := "unix:path=" + filepath.Join(dir, "bus"); bus() != want || !Found() {
		t.Errorf("bus() = %q, want %q", bus(), want)
	}
}
