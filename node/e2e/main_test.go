package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// bin is the directory with the real binaries.
var bin string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "votive-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = filepath.Join(dir, "bin")
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	// No daemon finds the desktop of who runs the tests.
	os.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	os.Setenv("XDG_RUNTIME_DIR", dir)
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// raced is whether the tests run under the race detector: then the daemons do,
// and one that finds a race ends at once.
var raced bool

// build makes the binaries as a release has them, where every user of this
// computer can run them.
func build() error {
	daemon, cgo := []string{"votive/cmd/votived"}, "CGO_ENABLED=0"
	if raced {
		daemon, cgo = append([]string{"-race"}, daemon...), "CGO_ENABLED=1"
		os.Setenv("GORACE", "halt_on_error=1")
	}
	if err := compile("CGO_ENABLED=0", "votive/cmd/votive"); err != nil {
		return err
	}
	if err := compile(cgo, daemon...); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	return os.Chmod(filepath.Dir(bin), 0o755)
}

func compile(cgo string, what ...string) error {
	args := []string{"build", "-buildvcs=false", "-ldflags", "-s -w -X main.version=e2e", "-o", bin + string(filepath.Separator)}
	cmd := exec.Command("go", append(args, what...)...)
	cmd.Env = append(os.Environ(), cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s = %w\n%s", what, err, out)
	}
	return nil
}
