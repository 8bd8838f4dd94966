// Package courier carries frames between the mesh, the store and the almanac.
//
// It owns the verdict on what comes by gossip (SPEC 2.5, 2.6), the way of
// one's own frames out of the outbox, and catch-up with peers (SPEC 10), which
// is what makes delivery reliable: gossip loses frames, and what was lost is
// asked for. It is apart from the mesh so that the mesh need not know what a
// frame is, and from the almanac so that nothing here can know what a frame
// says: what is forwarded, stored, asked for and offered, in what order and how
// fast, never depends on what this node can read (SPEC 2.7). No secret is
// handed in.
//
// It refuses frames that are not to be accepted; peers that lie, stall or
// flood; and to remember more about any of them than the constants say.
//
// # Who may touch what
//
// [Courier.Run] owns every goroutine that is started here, and the mesh those
// that call [Courier.Judge] and serve an offer. Run returns when all of its own
// have ended and no offer is running.
//
//   - Judge is called by gossip's workers at the same time. It looks, puts the
//     frame into a queue, and returns; it never waits for the disk.
//   - One goroutine writes what is in that queue to the almanac (gossip.go).
//   - One goroutine takes frames from the outbox, with a second one that
//     searches for their stamps (outbox.go).
//   - One goroutine decides when whom to ask, and alone touches what is held
//     for or against a peer (rounds.go). It starts one more for each ask
//     (ask.go), which fetches what is missing (fetch.go), writes it itself and
//     reports at its end.
//   - Each peer that asks us is served in a goroutine of the mesh (offer.go).
//   - A bundle is written or read in the goroutine of who calls Export or Import
//     (bundle.go), by the same ways as what peers ask for or bring.
//
// What they share, the frames in flight, what was refused, what was brought last
// and is being brought, the offers and the counts, is behind a mutex each, held for a map operation.
package courier
