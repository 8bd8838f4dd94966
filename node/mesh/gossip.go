package mesh

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	// queue is how many messages may wait for a peer, and for a verdict. The
	// defaults of 32 delivered 32 of a burst of 100; this holds a whole burst
	// (SPEC 2.10).
	queue = 4096

	// A gossipsub RPC is a few frames or a page of ids and addresses. Frames
	// are held to their exact size apart from this, by the validator.
	maxRPC       = 16 << 10
	maxPXPeers   = 8
	maxPXRecord  = 1 << 10 // 8 of these, with their ids, fit into maxRPC
	maxTopicSubs = 16      // subscriptions in one RPC

	// maxBackoff is for how many seconds it is remembered that a peer would not be
	// a link. gossipsub believes whatever the peer says: of ids that come, say "for a
	// thousand years" and go, it would forget none.
	maxBackoff = 3600

	// linkWait covers the second until gossipsub's next heartbeat, in which a
	// peer that has just connected becomes a link.
	linkWait = 3 * time.Second
)

// ErrNoPeers says that there is nobody to give a frame to.
var ErrNoPeers = errors.New("mesh: no peers")

// gossipProtocols leaves out what nobody here needs: floodsub, which would be
// sent everything unasked, and the extensions of version 1.3.
var gossipProtocols = []protocol.ID{pubsub.GossipSubID_v12, pubsub.GossipSubID_v11}

// openGossip starts gossipsub without joining the topic.
func (m *Mesh) openGossip() error {
	quiet := slog.New(slog.DiscardHandler) // gossipsub logs peers
	router := pubsub.DefaultGossipSubRouter(m.host)
	m.news.say = router.SendControl
	score, thresholds := m.peerScore()
	ps, err := pubsub.NewGossipSubWithRouter(m.ctx, m.host, router,
		router.WithDefaultTagTracer(),
		pubsub.WithLogger(quiet),
		pubsub.WithRPCLogger(quiet),
		pubsub.WithGossipSubProtocols(gossipProtocols, pubsub.GossipSubDefaultFeatures),
		pubsub.WithGossipSubParams(gossipParams()),
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(), // StrictNoSign alone still sends the author
		pubsub.WithMessageIdFn(m.messageID),
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(
			pubsub.NewAllowlistSubscriptionFilter(m.cfg.Topic), maxTopicSubs)),
		pubsub.WithPeerScore(score, thresholds),
		pubsub.WithPeerOutboundQueueSize(queue),
		pubsub.WithValidateQueueSize(queue),
		pubsub.WithMaxMessageSize(max(maxRPC, 2*m.cfg.FrameSize)),
		pubsub.WithMaxControlMessageSize(max(maxRPC, 2*m.cfg.FrameSize)),
		pubsub.WithFloodPublish(false), // SPEC 2.14: it would tell peers whose a frame is
		pubsub.WithPeerExchange(m.cfg.Keeper),
		pubsub.WithCustomPXRecordReducer(reducePX),
		pubsub.WithAppSpecificRpcInspector(m.inspect),
		pubsub.WithRawTracer(tracer{&m.links, &m.budget, &m.news, &m.leaves}),
	)
	if err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	m.pubsub = ps
	if err := ps.RegisterTopicValidator(m.cfg.Topic, m.judge, pubsub.WithValidatorInline(true)); err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	if m.topic, err = ps.Join(m.cfg.Topic); err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	return nil
}

// takePart makes this node one of those that pass frames on.
func (m *Mesh) takePart() error {
	// Nobody reads this: Verdict has seen the frames of others. gossipsub asks
	// the filter about all that it is about to pass on, ours and others' alike.
	noted := pubsub.WithMessageFilter(func(msg *pubsub.Message) bool { m.news.pass(msg.ID); return false })
	if _, err := m.topic.Subscribe(noted, pubsub.WithBufferSize(1)); err != nil {
		return fmt.Errorf("mesh: %w", err)
	}
	return nil
}

// gossipParams says how frames spread: whole to a few links, and by their ids,
// once a heartbeat, to all other peers, who ask for what they lack (SPEC 2.14).
//
// How many links is a choice between copies and time. Nodes that dial four
// others each receive so many copies of a frame (100 nodes, goal 3.0), and the
// slowest hundredth has it after so many times the longest of the shortest ways
// (1,000 nodes, goal 1.2). TestSimReach, with the least, wanted and most links:
//
//	5, 6, 12   5.8 copies   1.0      gossipsub's own choice
//	5, 6, 8    4.5          1.2      ours
//	5, 6, 6    4.3          1.2, but some wait for a heartbeat
//	4, 5, 6    3.5          1.4
//	3, 4, 5    2.7          1.6
//
// No choice meets both. Two peers who have a frame from others at the same
// moment send it to each other at the same moment: that each also says at once
// that it has it (IDONTWANT) comes too late between peers that are equally far
// from the author, by all the time that is between them. With fewer than six
// links gossipsub cannot keep two to peers that this node dialled, which a crowd
// of strangers that dial it cannot take away.
//
// Calculated for the same networks: to send to fewer at once where several have
// sent it, and to the others later, comes to 3.1 copies at 1.2. An id that runs
// ahead of its frame by the time of one link, so that all know who will have it,
// comes to 2.0 at 1.2. Built, and not kept: to wait, where several have a frame,
// for the time of one link until those who have it say so, came to 2.8 copies, 1.2,
// and 1.4 for the last. Neither is for us: by how far the id is ahead, and by how
// long the frame waits, a link sees whether it began here (SPEC 2.14). A frame of
// one's own is the one that nobody else has. Of a few nodes near each other a link
// far from them told 20 frames of 20 apart. Own frames that wait as often as
// others' do cost the time that there is not, one link more for the last.
func gossipParams() pubsub.GossipSubParams {
	params := pubsub.DefaultGossipSubParams()
	params.PrunePeers = maxPXPeers
	params.MaxPendingConnections = 32
	params.Dlo, params.D, params.Dhi, params.Dout = 5, 6, 8, 2

	// Many know one keeper and nobody else. It has links to few of them; the
	// others live by what they are told, and gossipsub tells a quarter of them
	// unless it is made to tell all. 34 bytes for each frame and heartbeat are
	// little beside the frame that everybody gets anyway.
	params.GossipFactor = 1

	// On a slow line the answer to an ask takes longer than the three seconds
	// after which gossipsub holds it against the peer, and is on its way when the
	// next heartbeat asks again: it is sent once.
	params.IWantFollowupTime = 30 * time.Second
	params.GossipRetransmission = 1
	return params
}

// messageID is the frame id (SPEC 2.3). What is no frame gets an id that no
// frame can have, made of all its bytes.
func (m *Mesh) messageID(msg *pb.Message) string {
	if len(msg.GetData()) == m.cfg.FrameSize {
		if id := m.cfg.FrameID(msg.GetData()); id != "" {
			return id
		}
	}
	sum := sha256.Sum256(msg.GetData())
	return "no frame " + string(sum[:])
}

// inspect sees an RPC before gossipsub does anything with it. It takes out what
// is over the link's budget: here, and not in the validator, because a message
// that reaches the validator counts as seen for two minutes, and a flooded link
// would make us deaf to the same frames from all others. Nobody is to blame for
// it (SPEC 2.6).
//
// Nor is a link asked for more than it may bring: of what it says that it has, the
// rest is taken out. gossipsub would ask for all of it, not be shown most of the
// answer, and hold that against the peer, which is then heard no longer, nor
// asked, for as long as that takes to be forgiven.
//
// It also cuts short for how long a peer says that it will be no link, and takes
// out fields that are not gossipsub's. They would be passed on
// with the frame, and anybody could mark frames to follow them.
func (m *Mesh) inspect(from PeerID, rpc *pubsub.RPC) error {
	kept := rpc.Publish[:0]
	for _, msg := range rpc.Publish {
		if !m.budget.take(from) {
			continue
		}
		if fields := msg.ProtoReflect(); len(fields.GetUnknown()) > 0 {
			fields.SetUnknown(nil)
		}
		kept = append(kept, msg)
	}
	clear(rpc.Publish[len(kept):])
	rpc.Publish = kept
	m.trim(from, rpc.Control.GetIhave())
	for _, prune := range rpc.Control.GetPrune() {
		if prune.GetBackoff() > maxBackoff {
			prune.Backoff = new(uint64(maxBackoff))
		}
	}
	return nil
}

// trim takes out of what a peer says that it has what it will not be asked for.
func (m *Mesh) trim(from PeerID, haves []*pb.ControlIHave) {
	told := 0
	for _, have := range haves {
		told += len(have.GetMessageIDs())
	}
	if told == 0 {
		return
	}
	may := m.budget.ask(from, told)
	for _, have := range haves {
		n := min(len(have.GetMessageIDs()), may)
		if have != nil {
			have.MessageIDs = have.MessageIDs[:n]
		}
		may -= n
	}
}

// judge is gossipsub's validator: the size of SPEC 2.1 first, then the verdict
// that was handed in.
func (m *Mesh) judge(_ context.Context, from PeerID, msg *pubsub.Message) pubsub.ValidationResult {
	if len(msg.GetData()) != m.cfg.FrameSize {
		return pubsub.ValidationReject
	}
	if !m.calls.enter() {
		return pubsub.ValidationIgnore
	}
	defer m.calls.leave()
	switch m.cfg.Verdict(from, msg.GetData()) {
	case Accept:
		return pubsub.ValidationAccept
	case Reject:
		return pubsub.ValidationReject
	default:
		return pubsub.ValidationIgnore
	}
}

// Publish gives a frame of ours to the peers, who pass it on: by the ways of
// those that we pass on, and by no other (SPEC 2.14). It goes to our links, and
// where there are none to peers that are told its id and ask for it. Verdict is
// asked first, with [Mesh.ID] as from; the budget is not. Publish copies the
// frame. It waits up to three seconds for a peer and returns [ErrNoPeers] when
// there is none: then the frame went nowhere and can be published again.
// Publishing a frame again within two minutes of a success does nothing and is
// no error.
func (m *Mesh) Publish(ctx context.Context, frame []byte) error {
	if len(frame) != m.cfg.FrameSize {
		return fmt.Errorf("mesh: frame of %d bytes, want %d", len(frame), m.cfg.FrameSize)
	}
	if !m.links.any() && !m.tells() && !m.links.wait(ctx, m.ctx.Done(), linkWait) && !m.tells() {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case m.ctx.Err() != nil:
			return ErrClosed
		}
		return ErrNoPeers
	}
	id := m.cfg.FrameID(frame)
	frame = bytes.Clone(frame)
	m.leaves.begin(id, frame)
	err := m.topic.Publish(ctx, frame)
	var refused pubsub.ValidationError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("mesh: own frame refused: %s", refused.Reason)
	case m.ctx.Err() != nil:
		return ErrClosed
	}
	return err
}

// Given reports whether a frame that Publish took less than three minutes ago
// was written to a peer, whole; it waits for that until ctx ends. Where there is
// no link, nobody has a frame before it is asked for.
func (m *Mesh) Given(ctx context.Context, frame []byte) bool {
	return m.leaves.wait(ctx, m.cfg.FrameID(frame))
}

// tells reports whether there is a peer that is told the ids of what is
// published. Where there is no link, frames leave by this alone.
func (m *Mesh) tells() bool { return m.links.tells(m.topic.ListPeers()) }

// Blame counts against a peer what an invalid frame by gossip would (SPEC
// 10.5). After a few, nothing is taken from it for a while.
func (m *Mesh) Blame(id PeerID) {
	// It fails only when gossipsub has stopped, and then nothing is taken.
	_ = m.pubsub.PeerFeedback(m.cfg.Topic, id, pubsub.PeerFeedbackInvalidMessage)
}

// reducePX leaves out peers whose address nobody would learn, and records so
// long that the message would not be sent.
func reducePX(peers []*pb.PeerInfo, _ *slog.Logger, id PeerID, _ []ma.Multiaddr, env *record.Envelope) []*pb.PeerInfo {
	if env == nil {
		return peers
	}
	raw, err := env.Marshal()
	if err != nil || len(raw) > maxPXRecord {
		return peers
	}
	return append(peers, &pb.PeerInfo{PeerID: []byte(id), SignedPeerRecord: raw})
}
