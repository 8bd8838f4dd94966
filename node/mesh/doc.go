// Package mesh is the only libp2p host of votive: the one place where bytes
// meet the network.
//
// It owns the connections (QUIC, and TCP with Noise and yamux), the one
// gossipsub topic of SPEC 2.9, the streams that catch-up runs over (SPEC
// 10.1), and the finding and keeping of peers: addresses given by a person,
// addresses remembered, peers met through keepers, neighbours by mDNS.
//
// It is apart, and imports nothing else of votive, so that it cannot know what
// it carries: what a frame is, what its id is and whether it is to be passed on
// are functions handed in through [Config]. Bytes in, bytes out.
//
// It refuses: every transport but those two; peers whose key is not Ed25519;
// every topic but one; messages that are not exactly a frame long, or that
// carry an author, a sequence number, a signature or a key; frames over the
// budget of a link (SPEC 2.10). It tells peers neither which build this is nor
// any address that is not public, and logs nothing above debug.
//
// # Who may touch what
//
// [Open] builds the host, [Mesh.Run] owns every goroutine that this package
// starts and returns when all of them, all stream handlers and all calls of
// Config.Verdict have ended. Inside, three owners:
//
//   - gossipsub's event loop calls the inspector (gossip.go) and the tracer
//     (links.go); neither may block. Only the inspector touches the budget.
//   - gossipsub's validation workers, one for each core, call Config.Verdict at
//     the same time.
//   - everything that callers read (peers, links, remembered addresses) is
//     behind a mutex of its own, held for a map operation and never while
//     calling out.
package mesh
