//go:build !windows

package daemon

import (
	"os"
	"os/exec"
	"syscall"
)

// detach gives the daemon a session of its own, so that neither Ctrl-C nor the
// end of the terminal reaches it, and none of the files that votive was given
// beyond stderr: whoever waits for their end would wait for the daemon.
func detach(cmd *exec.Cmd) {
	for fd := 3; fd < 256; fd++ {
		syscall.CloseOnExec(fd)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) }
