// Package recon finds out which frames two nodes do not both have, for fewer
// bytes than the ids of these frames, as written in section 10 of
// proto/SPEC.md.
//
// It owns the set of keys that is compared, and both sides of a session:
// bytes in, bytes out. It is apart from the courier so that it needs no
// stream, no clock and no frame, and so that what is asked for and in which
// order cannot depend on anything but keys (SPEC 2.7). It refuses peers that
// say what no honest one does or ask for too much work; silence, pace and the
// frames themselves are the courier's.
//
//	key.go       rank, expiry day and id of a frame; the Window of a node
//	set.go       the Set, which changes; 1,024 leaves by the ids' first bits
//	snapshot.go  a Set at one moment, and its fingerprint
//	short.go     the key of a session, and what is made with it
//	ranges.go    leaves taken together, to be compared and chosen
//	guess.go     how many keys differ, from what the ranges tell
//	cells.go     the table out of which the difference is solved
//	message.go   what travels
//	session.go   what both sides do: fetch, and be asked
//	ask.go       the side that opens the stream
//	offer.go     the side that is asked
//
// # How a session goes
//
// The asker says the fingerprint of its set. If it is that of the offerer's,
// both are done: 94 bytes. Otherwise the offerer answers with a tag of 2 bytes
// for each of 128 ranges of ids. From these the asker knows the ranges that
// differ, and guesses how many keys do; it asks for as many cells as that
// takes, and solves them: now it knows the short ids, of 6 bytes, of what it
// lacks and of what the offerer lacks. It asks for the frames by these, and in
// the end tells the offerer what that one lacks, which then fetches on the same
// stream. Where nearly everything differs, short ids are listed instead.
//
// A session that is cut loses what it has compared, which is cheap, and no
// frame that has come. One that is too much for one session takes a share of
// the ranges, from a random one on, so that the next finds other frames.
//
// # Why so
//
// Each choice was measured against others (bench_test.go); what counts is
// bytes first and CPU second.
//
//   - Ranges are of ids, not of days: ids are hashes, so that the newest
//     frames, which came while a node was off, are spread over the ranges as
//     evenly as scattered ones are, both cost the same, and the share of ranges
//     that differ tells how many keys do (linear counting).
//   - The table is an invertible Bloom lookup table (Eppstein, Goodrich, Uyeda,
//     Varghese: What's the Difference?, SIGCOMM 2011) with a cell in each of
//     four parts. A rateless one (Yang, Gilad, Alizadeh: Practical Rateless Set
//     Reconciliation, SIGCOMM 2024) takes as many cells for a hundred
//     differences and needs no guess, but puts each key into nine cells at
//     computed distances, for 130 ns where four parts take 5. With the tags
//     there is a guess; where it falls short, another block of cells is solved
//     together with the first.
//   - A fingerprint of keys that an adversary chose is a SHA-256 of the sorted
//     keys, by leaves. Exclusive ors and sums would fall to ids that cancel.
//   - Tags, short ids and the cells they are in depend on a key to which both
//     sides contribute, after the sets are chosen: who makes frames cannot aim
//     at them. So tags can have 10 bits and short ids 38: a frame is
//     overlooked by a session with a probability of 2^-10 where nothing else
//     changed the number of keys in its range, and found by the next one. One
//     key for all sessions of an offerer would let it keep its cells made, and
//     would let whoever learns the key aim at everybody it talks to.
//   - Part of a short id is the number of its leaf, so that a frame is found by
//     it in one leaf, with no table of short ids kept for a session.
//   - Both floors count (SPEC 10.3): a frame that one of two nodes would drop
//     again is in neither set. They are the tuples of SPEC 2.8, by which leaves
//     are sorted, so that a floor cuts a leaf in two.
//
// # Who may touch what
//
// A [Set] belongs to whoever guards it. A [Snapshot] never changes and may be
// used by any goroutine; taking one copies 8 KiB, and afterwards each leaf is
// copied once when it is changed. An [Asker] or [Offerer] belongs to one
// goroutine.
package recon
