//go:build !windows

package store

import "syscall"

const (
	errOverQuota = syscall.EDQUOT
	errSharing   = syscall.EAGAIN
)
