// Package almanac is what this node knows, and the only door to it: Receive
// takes frames from others, Write what the person here says, View is for
// reading and Watch tells what changed.
//
// It is apart so that what can be read meets what is merely carried in one
// place. A frame goes to the store whether it can be read or not, and nothing
// that the network sees waits for the reading of it.
//
// Who owns what:
//
//   - The index, all that can be read, lives in memory behind mu. It is rebuilt
//     from the vault's rows at unlock and gone at lock. Applying a record to it
//     is the same whether the record was just written, received or loaded:
//     index.apply does not know where it came from.
//   - Only Write's caller, one at a time (writing), changes what the person
//     said; it is acknowledged when the vault has it on disk.
//   - The opener goroutine (Run) opens what Show hands it. It lags behind at
//     worst; it catches up from the store, where every frame is.
//   - What cannot be used now, because what it follows is not here or there is
//     no room, is not kept: its frame stays unread in the store, and is looked
//     for again when something has changed (again.go).
//   - Rows in the vault are named by what they say (row.go), so that writing
//     one twice changes nothing.
//
// Everybody in an open circle is a stranger, and can send whatever they like.
// Every map here that they can fill has a bound (entry.go), and no such bound
// ever refuses a revision that counts, an organizer's word, a guest who is
// invited, or what the person here says.
package almanac
