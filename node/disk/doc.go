// Package disk is a Pebble database behind go-datastore that can be lived
// with: it says in words why it does not open, and a full or broken disk ends
// no process.
//
// It is apart from the store and the vault, which share nothing but this: each
// opens one of its own, in a directory of its own.
//
// Pebble answers a failed write by ending the process. Here it never learns of
// one: the first failure freezes the disk as a loss of power would (guard.go),
// reading goes on, and every write gets the cause.
//
// A damaged database is left as it is, and says so. Salvage makes one of every
// row that is whole (version.go, manifest.go), or Rebuild has its owner do it.
// What Pebble takes for the end of its last log and is none (log.go) is written
// again when the database is opened.
//
// go-datastore writes without syncing. Write syncs, and only when it returns
// nil is what it wrote on disk.
package disk
