package disk

import "golang.org/x/sys/windows"

const (
	errOverQuota = windows.ERROR_DISK_QUOTA_EXCEEDED
	errSharing   = windows.ERROR_SHARING_VIOLATION
)
