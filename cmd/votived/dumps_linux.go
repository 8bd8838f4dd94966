package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// noDumps keeps what is in memory out of core dumps, also of those that the
// system pipes to a program, and out of reach of the user's other processes:
// prctl(2), PR_SET_DUMPABLE.
func noDumps() error {
	return errors.Join(
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
	)
}
