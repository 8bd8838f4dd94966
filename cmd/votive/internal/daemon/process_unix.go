//go:build !windows

package daemon

import (
	"os"
	"os/exec"
	"syscall"
)

// detach gives the daemon a session of its own, so that neither Ctrl-C nor the
// end of the terminal reaches it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
