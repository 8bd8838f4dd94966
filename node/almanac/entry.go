package almanac

import (
	"slices"
	"time"

	"votive/proto/votive"
)

// Bounds on what others can make this node remember. What is over stays in the
// store, and is looked for again when something has changed.
const (
	maxRevisions = 65_536 // that count, of all events announced in one circle
	maxCounted   = 512    // of one event: more than honest organizers need for its depth of 128
	maxWaiting   = 256    // revisions of an event that wait for others to count
	maxRevokes   = 1_000  // of an event, by one organizer
	maxInvites   = 10_000 // to an event, that other organizers made
	maxDetails   = 16     // of an event, that no card names
	maxReplies   = 10_000 // to one invitation, by distinct guests
	maxWalkIns   = 2_000  // to an event, by distinct guests without invitation
	maxUpdates   = 256    // of one reply
	maxSealed    = 1_000  // replies of an event, of each kind, that cannot be opened here
	maxGone      = 20_000 // replies of an event that were destroyed, and of which only their places are kept
)

// Event is what this node knows of one event. What a View gives out is read
// only.
type Event struct {
	ID    votive.ID
	Known bool         // a first revision has come and counts
	State votive.Event // what the counted revisions add up to, while Known

	Learned time.Time // when the last of its counted revisions came here

	Circle votive.ID         // the circle it was found in or announced to, or zero
	Keep   *votive.KeepEvent // of the person who organizes it or accepted an invitation, or nil
	noted  time.Time         // when a Keep came that names the same revision as signed last

	Mine   *votive.KeepReply // the person's own reply, or nil
	Answer *votive.Answer    // to it, or nil

	slot    slot                            // where it stands on the agenda
	counted revisions                       // that count, with the marks that matter
	waits   []waiting                       // revisions that do not count yet
	voters  []votive.ID                     // keys that are, or were, in a roster of a revision that counts; ascending
	invited int                             // invitations that came from the desk
	inboxes map[votive.ID]*votive.Inbox     // by hash
	details map[votive.ID]*votive.Details   // by hash
	revokes map[votive.ID]*votive.Revoke    // by record id
	keys    map[votive.ID]*votive.KeepInbox // by the hash of the public half
	since   map[votive.ID]time.Time         // when each of them was made here
	sealed  []sealedReply                   // whose key is not here
	replies map[votive.ID]*Reply
	gone    map[votive.ID]gone          // what is left of replies that were destroyed, by reply id
	by      map[votive.ID]int           // how many guests replied, by invitation
	last    time.Time                   // when the last of them first did
	answers map[votive.ID]votive.Record // the newest Answer to each reply id
}

// Reply is a guest's reply as an organizer knows it.
type Reply struct {
	votive.Reply
	First  time.Time      // when this node first saw one with this id, in whole milliseconds
	Answer *votive.Answer // the newest given, or nil
	inbox  votive.ID      // that it was sealed to
	heard  int            // how often it was said, updates included
}

type sealedReply struct {
	rec votive.Record
	src source
}

// Organized reports whether the person here holds one of its event keys.
func (e *Event) Organized() bool { return e.Keep != nil && e.Keep.Nonce != [32]byte{} }

// Inbox is the one that replies are sealed to, or nil while it is not here.
func (e *Event) Inbox() *votive.Inbox { return e.inboxes[e.State.Card.Inbox] }

// Reads reports whether the replies sealed to its Inbox can be opened here. A
// restored organizer cannot, until a revision names a new one. SPEC 8.7.
func (e *Event) Reads() bool { return e.Opens(e.State.Card.Inbox) }

// Unread reports whether guests answer, and none of it can be opened here: it is
// read on another organizer's computer, which may be the same person's, or was on
// one that is gone.
func (e *Event) Unread(now time.Time) bool {
	return e.Known && e.State.Card.Answers != votive.AnswersClosed && !e.over(now) && !e.Reads()
}

// Opens reports whether the replies sealed to an Inbox can be opened here.
func (e *Event) Opens(inbox votive.ID) bool { return e.keys[inbox] != nil }

// Details are those that the card names, or nil for who was not told.
func (e *Event) Details() *votive.Details { return e.Names(e.State.Card.Details) }

// Names are the Details of that hash, or nil where they are not here.
func (e *Event) Names(details votive.ID) *votive.Details { return e.details[details] }

// Noted is when this computer was told of the revision that was signed last.
func (e *Event) Noted() time.Time { return e.noted }

// Revokes are all that have come; which of them count is for the Event's
// State to say.
func (e *Event) Revokes() []*votive.Revoke {
	all := make([]*votive.Revoke, 0, len(e.revokes))
	for _, r := range e.revokes {
		all = append(all, r)
	}
	return all
}

// Replies are those that could be opened, in the order in which they first
// came.
func (e *Event) Replies() []*Reply {
	all := make([]*Reply, 0, len(e.replies))
	for _, r := range e.replies {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Reply) int { return a.First.Compare(b.First) })
	return all
}

// Secret is the event secret, if it is known here.
func (e *Event) Secret() votive.Secret {
	if e.Keep != nil {
		return e.Keep.Secret
	}
	return votive.Secret{}
}

// Reply is the reply with that id, or nil.
func (e *Event) Reply(id votive.ID) *Reply { return e.replies[id] }
