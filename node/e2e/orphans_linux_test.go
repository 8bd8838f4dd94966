package e2e

import (
	"os/exec"
	"syscall"
)

// outlive keeps a process from outliving the tests, however they end.
func outlive(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
