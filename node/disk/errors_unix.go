//go:build !windows

package disk

import "syscall"

const (
	errOverQuota = syscall.EDQUOT
	errSharing   = syscall.EAGAIN
)
