package daemon

import (
	"os"
	"os/exec"
	"syscall"
)

// detach gives the daemon no console and a process group of its own, so that
// neither Ctrl-C nor the end of the console reaches it.
func detach(cmd *exec.Cmd) {
	const detachedProcess = 0x00000008
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP}
}

func terminate(p *os.Process) { _ = p.Kill() }
