// Package store holds the frames that this node carries: opaque, all alike,
// whoever they are for.
//
// It owns a directory with files of frames and a database of where each is, behind
// go-datastore (package disk), the quota and the floor of SPEC 2.8, the order in
// which frames arrived, and the set that catch-up compares (SPEC 10.2). It is apart from the vault so that
// what is carried for others and what is private never share a file, and so
// that nothing here can depend on what this node can read: it is given no
// secret.
//
// It refuses what is below its floor, what it has, and new frames on a disk
// that is nearly full. A frame proves itself: what is read back is parsed
// again, so a damaged one is told from a whole one without trusting the disk,
// and [Salvage] can gather whole frames from the ruins of a store.
//
// # On disk
//
// Frames are in files of slots (slots.go), as they are, 4,096 bytes each and
// nothing between them. A database would write each of them twice, and those
// that stay a few times more:
//
//	frames-<n>.data   slots 16,384 n and following; 64 MiB at most
//
// Where a frame is, and which slots are free, says the database beside them:
//
//	/h/<key>   the header, 52 bytes, and the number of the slot, 4 bytes
//	/floor     rank, expiry day and id of the floor, where there is one
//
// <key> is 34 bytes, expiry day and id, in the lower-case base32 of RFC 4648
// section 7, which keeps their order: 55 bytes that go-datastore takes for a key
// of one part. Opening reads the rows, 120 bytes a frame, and no frame.
//
// What is new goes to slots that no row names, and is synced; then the rows of
// the new frames are written, and those of dropped ones deleted, and that is
// synced; then the index knows; and only then the slots of what was dropped are
// free. So no crash leaves a row whose frame is not there, nor a frame in the
// slot of another. What is dropped while it is read is told by that it no longer
// proves itself, and looked up again. What has expired is overwritten with
// zeros, as far as its file is not removed; that is not synced, and not done
// again after a crash, so some of it may stay until its slot is given to
// another. A log that bit rot has shortened may bring deleted rows back: of two
// that name one slot, what is in it says which is right, and the other is
// deleted, like one whose slot is in no file.
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
