// Package e2e holds the tests that see votive as its users do: the real
// binaries, built once, in processes of their own, with real sockets on
// loopback and real disks. It has no code but tests, and imports nothing of
// ours: what it knows is on the command line's pages and on the wire.
//
// The scripts in testdata/script read like a terminal with several people at
// it; script_test.go says which words they have. What a script cannot say well
// is Go: bad input as a table, broken disks, seized ones, processes that die,
// and a peer that speaks gossipsub by hand.
//
// Nothing here sleeps. A test waits for a line of `votive watch --json`, or
// asks again, a process each time, where a node has nothing to tell.
package e2e
