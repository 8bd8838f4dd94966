//go:build unix && !linux

package main

import "golang.org/x/sys/unix"

// noDumps keeps what is in memory out of core dumps.
func noDumps() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
