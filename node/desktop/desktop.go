// Package desktop shows a line on the desktop of the person.
//
// It is apart because what draws on a desktop is other people's code, in other
// people's processes: the library that speaks to it waits for answers without
// end, and a fault of it would take the daemon along. So it runs in a process
// of its own, this program again, that is killed when its time is over. The
// line is handed over by a pipe: what is in arguments or in the environment
// every user of a computer can read.
package desktop

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gen2brain/beeep"
)

// Flag is the only argument of the process that shows a line.
const Flag = "--show-line"

// name is whose line it is.
const name = "votive"

// maxLine is how long a line may be, in bytes.
const maxLine = 4 << 10

// Serve shows the line that in gives, and may hang or crash.
func Serve(in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, maxLine))
	if err != nil {
		return err
	}
	beeep.AppName = name
	return beeep.Notify(name, string(b), "")
}

// Found reports whether there seems to be a desktop now.
func Found() bool {
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	}
	return bus() != ""
}

// Show shows a line. It returns when it is shown, or when ctx ends. What cannot
// be read as text alone must not be in it: how it is escaped is up to the
// desktop.
func Show(ctx context.Context, line string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	return show(ctx, program, line)
}

func show(ctx context.Context, program, line string) error {
	cmd := exec.CommandContext(ctx, program, Flag)
	cmd.Stdin = strings.NewReader(line)
	cmd.Env = environment()
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("the desktop did not take it: %w", err)
	}
	return nil
}

// environment is what the process needs to find the desktop. It has no PATH:
// where the desktop does not answer, the library would else start programs with
// the line in their arguments, and a bus of its own. A Mac is only reached in
// that way.
func environment() []string {
	var env []string
	for _, name := range []string{
		"HOME", "USER", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR",
		"SystemRoot", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP",
	} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	if runtime.GOOS == "darwin" {
		return append(env, "PATH=/usr/bin")
	}
	return append(env, "PATH=", "DBUS_SESSION_BUS_ADDRESS="+bus())
}

// bus is the address of the session bus, or empty.
func bus() string {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join("/run/user", strconv.Itoa(os.Getuid()))
	}
	path := filepath.Join(dir, "bus")
	if info, err := os.Stat(path); err != nil || info.Mode().Type() != os.ModeSocket || strings.ContainsAny(path, ",;%") {
		return ""
	}
	return "unix:path=" + path
}
