// Package mesh is the only libp2p host of votive: the one place where bytes
// meet the network.
//
// It owns the connections (QUIC, and TCP with Noise and yamux), the one
// gossipsub topic of SPEC 2.9, the streams that catch-up runs over (SPEC
// 10.1), and the finding and keeping of peers.
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
// # How peers are found
//
// No one way is needed, and none depends on what a person takes part in (SPEC
// 12.1). [Mesh.State] says which of them work.
//
//   - Pins (dial.go, pins.go): peers that a person named. They are kept
//     connected and never trimmed; two who pinned each other are direct peers
//     of gossipsub (SPEC 12.6).
//   - Links: the address in an invitation, dialled once its reader agreed.
//   - Remembered peers (peers.go), while there are few.
//   - Neighbours (neighbours.go), by choice: mDNS tells everybody on the local
//     network that votive runs here.
//   - Peer exchange (gossip.go): a keeper that has no room names others, by
//     their signed peer records alone. Only peers that a person chose are
//     heard: strangers would choose our peers for us.
//   - A DHT (dht.go), while there are few, under the one key of the day.
//
// Of the choices of [Config.DHT], the daemon's default is the network's own:
// what is asked there is asked of keepers, who learn no more than that somebody
// runs votive, which every peer learns. Off, a network whose keepers are taken
// away falls into pieces that no longer find each other. The public DHT shows
// to strangers all over the world who runs votive, and is for whom nothing else
// works. Only keepers serve and provide: who provides is on a list that anybody
// can ask for, and nobody is put on it by what peers say of their address.
//
// # How peers are reached
//
// Who cannot be called asks up to two keepers to take calls (circuit relay v2);
// a relayed connection is for a minute and 64 KiB, in which the two arrange a
// direct one (DCUtR). Where that fails frames go by gossip through the keeper
// itself. AutoNAT says whether this is needed. Relaying, and calling addresses
// on behalf of others for AutoNAT, is done by keepers alone.
//
// Addresses that are not public are told to nobody (SPEC 12.5): they would help
// to tell who and where somebody is. What identify, peer exchange, AutoNAT and
// relays tell goes through tellable (host.go); hole punching tells public
// addresses by itself; the DHT tells what passes callable (dht.go), and reads
// its peers through a peerstore that shows it no others.
//
// # Who may touch what
//
// [Open] builds the host, [Mesh.Run] owns every goroutine that this package
// starts and returns when all of them, all stream handlers and all calls of
// Config.Verdict have ended. Inside, four owners:
//
//   - gossipsub's event loop calls the inspector (gossip.go), the filter that
//     notes the news (gossip.go), and the tracer (links.go), which tells them to
//     new links (news.go); none of them may block. Only the inspector touches the budget.
//   - gossipsub's validation workers, one for each core, call Config.Verdict at
//     the same time.
//   - every stream of the DHT has a goroutine of its own, which calls the
//     finder's admit; what that touches is behind the finder's mutex.
//   - everything that callers read (peers, links, remembered addresses) is
//     behind a mutex of its own, held for a map operation and never while
//     calling out.
package mesh
