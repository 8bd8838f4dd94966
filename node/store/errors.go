package store

import (
	"errors"

	"votive/node/disk"
)

// What callers branch on. The errors that methods return wrap these and say
// which directory, frame or cause it is about.
var (
	// ErrNotFound means that the store does not have the frame.
	ErrNotFound = errors.New("no such frame")
	// ErrClosed means that Close was called.
	ErrClosed = errors.New("store is closed")
	// ErrDamaged means that bytes on disk are not what was written. Of a
	// frame, all others are still there; of a store, Salvage helps.
	ErrDamaged = disk.ErrDamaged
	// ErrFull means that the disk has no room for more frames.
	ErrFull = disk.ErrFull
	// ErrInUse means that another store has the directory open.
	ErrInUse = disk.ErrInUse
)
