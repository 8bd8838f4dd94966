package almanac

import (
	"time"

	"votive/proto/votive"
)

// index is all that this node can read, in memory. Only apply changes it, and
// what it comes to depends on the set of records applied, not on their order
// (the order in which replies first came apart, which is this node's own).
type index struct {
	identity votive.Identity
	circles  map[votive.ID]*Circle // by circle id
	events   map[votive.ID]*Event
	mine     map[votive.ID]*Event   // those of them that the person takes part in
	invites  map[votive.ID]*Invite  // made by this event's organizers, by the hash of the invite secret
	contacts map[votive.ID]*Contact // by identity key
	cards    []*votive.KeepCard
	links    map[votive.ID]*Pending      // by LinkID
	keeps    map[votive.ID]votive.Record // the newest about each thing
	local    map[string][]byte           // what only this computer keeps, by name
	agenda   agenda

	opened   map[votive.ID]part   // frames that were read, and what is in them
	unnamed  map[votive.ID]string // rows that name what is to be stamped, by its hash
	wanted   []watched            // frame secrets to be watched from now on
	unwanted []ringKey            // and those that no longer are
	load     map[votive.ID]int    // revisions that count, by the circle they were found in
	late     []written            // what came earlier and is worth a row now
	left     int                  // how many frames were refused since the store was last looked through
	again    map[votive.ID]bool   // the events and circles that it is to be looked through for
	loading  bool                 // rows are coming in in any order; fold when all are here
}

func newIndex(identity votive.Identity) *index {
	x := &index{
		identity: identity,
		circles:  make(map[votive.ID]*Circle),
		events:   make(map[votive.ID]*Event),
		mine:     make(map[votive.ID]*Event),
		invites:  make(map[votive.ID]*Invite),
		contacts: make(map[votive.ID]*Contact),
		links:    make(map[votive.ID]*Pending),
		keeps:    make(map[votive.ID]votive.Record),
		local:    make(map[string][]byte),
		opened:   make(map[votive.ID]part),
		unnamed:  make(map[votive.ID]string),
		load:     make(map[votive.ID]int),
	}
	x.watch(votive.KindSelf, identity.Self(), votive.ID{})
	return x
}

// Circle is a circle that the person here is in.
type Circle struct {
	ID votive.ID
	*votive.KeepCircle
}

// Invite is an invitation that was made here, or on the desk of an event
// organized here.
type Invite struct {
	*votive.Invitation
	Made    time.Time // whole seconds, as it is kept
	arrived time.Time // for the order of those made in one second
}

// ID is how people name it: the hash of its invite secret.
func (i *Invite) ID() votive.ID { return votive.InviteHash(i.Invite) }

// Contact is somebody the person here has a card of.
type Contact struct {
	Key votive.ID
	*votive.KeepContact
}

// Pending is a link whose record has not come yet, or has come and waits for
// the person to say yes.
type Pending struct {
	ID votive.ID
	*votive.KeepLink
	Found votive.Body // *votive.Invitation, *votive.ContactCard, or nil
}

// source is where a record came from.
type source struct {
	about   votive.ID // the event, circle or pending link whose secret it came under
	frame   votive.ID
	arrived time.Time
	own     bool // it was said here
}

// row is what the vault keeps of a record from here.
func (s source) row(rec votive.Record) row {
	return row{kind: rec.Kind(), arrived: s.arrived, about: s.about, frame: s.frame, body: rec.Bytes()}
}

// watch has the ring watch for a secret from now on.
func (x *index) watch(kind votive.Kind, s votive.Secret, about votive.ID) {
	if !s.IsZero() {
		x.wanted = append(x.wanted, watched{votive.NewReader(kind, s), about})
	}
}

// unwatch has the ring watch for a secret no longer.
func (x *index) unwatch(kind votive.Kind, s votive.Secret) {
	x.unwanted = append(x.unwanted, ringKey{kind, s})
}

// settle works out what was put off while rows were loading.
func (x *index) settle() {
	x.loading = false
	for id, e := range x.events {
		x.refold(e)
		if !e.Known && x.mine[id] == nil {
			delete(x.events, id)
			continue
		}
		x.openSealed(e)
	}
	x.agenda.settle()
}
