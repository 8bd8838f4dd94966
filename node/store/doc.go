// Package store holds the frames that this node carries: opaque, all alike,
// whoever they are for.
//
// It owns a directory with a database behind go-datastore (package disk), the quota
// and the floor of SPEC 2.8, the order in which frames arrived, and the
// set that catch-up compares (SPEC 10.2). It is apart from the vault so that
// what is carried for others and what is private never share a file, and so
// that nothing here can depend on what this node can read: it is given no
// secret.
//
// It refuses what is below its floor, what it has, and new frames on a disk
// that is nearly full. A frame proves itself: what is read back is parsed
// again, so a damaged one is told from a whole one without trusting the disk,
// and [Salvage] can gather whole frames from the ruins of a database.
//
// # On disk
//
// Two rows for each frame, in two ranges of keys, written in one batch:
//
//	/h/<key>   the header, 52 bytes
//	/f/<key>   the frame, 4,096 bytes
//	/floor     rank, expiry day and id of the floor, where there is one
//
// <key> is 34 bytes, expiry day and id, in the lower-case
// base32 of RFC 4648 section 7, which keeps their order: 55 bytes that
// go-datastore takes for a key of one part. Opening reads the first range
// alone, 120 bytes a frame, and the frames of a day lie and die together.
//
// # Who may touch what
//
// Any goroutine may call any method. One write runs at a time, under
// Store.writing; the index in RAM is behind a lock of its own, held for a
// change or a look and never while the disk is waited for. A write is durable
// first and in the index afterwards, so whatever the index shows is on disk.
// [Store.Close] waits for the calls that are under way.
//
// When the disk fails the store goes on reading, and every write gets the
// cause; see package disk, on which it stands.
package store
