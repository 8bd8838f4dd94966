package votive

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"votive/proto/internal/wirepb"
)

// Limits of a revision. SPEC 5.2.
const (
	maxParents = 8
	maxInstead = 16
)

// Revision is one state of an event: bytes without an author, whose hash is
// its id. Who stands behind it is in the marks of a Counted. It is read only.
// SPEC 5.2.
type Revision struct {
	id      ID
	event   ID
	genesis Genesis
	parents []ID // as a first revision has them: the event id
	instead []ID
	card    Card
	roster  []ID
	movedTo ID
	newer   bool // critical, with a field not known here. SPEC 5.12
	encoded []byte
}

// ID is the hash of the revision's bytes.
func (r *Revision) ID() ID { return r.id }

// Event is the id of the event that it is a state of.
func (r *Revision) Event() ID { return r.event }

// Genesis is what founded the event.
func (r *Revision) Genesis() Genesis { return r.genesis }

// Parents is the revisions that this one follows; the event id for a first
// revision.
func (r *Revision) Parents() []ID { return slices.Clone(r.parents) }

// Instead is the revisions that this one is meant to replace.
func (r *Revision) Instead() []ID { return slices.Clone(r.instead) }

// Card is what the revision says; read only.
func (r *Revision) Card() Card { return r.card }

// MovedTo is the event as which this one goes on, or zero. SPEC 5.15.
func (r *Revision) MovedTo() ID { return r.movedTo }

// First reports whether the revision follows the genesis. SPEC 5.3.
func (r *Revision) First() bool { return r.parents[0] == r.event }

// Draft is what a person decides of a revision; the rest follows from what is
// there.
type Draft struct {
	Card    Card
	MovedTo ID // the event as which this one goes on, or zero
}

// NewEvent is the first revision of the event that genesis founds, for every
// founder to sign. The card's organizers must be the founders. SPEC 5.3.
func NewEvent(genesis Genesis, card Card) (*Proposal, error) {
	r, err := newRevision(genesis, []ID{genesis.Event()}, nil, Draft{Card: card})
	if err != nil {
		return nil, err
	}
	return &Proposal{Revision: r}, nil
}

// newRevision encodes a revision, and reads it back as any other.
func newRevision(genesis Genesis, parents, instead []ID, draft Draft) (*Revision, error) {
	if err := draft.Card.check(); err != nil {
		return nil, err
	}
	encoded, err := marshal(&wirepb.Revision{
		Genesis: genesis.encoded,
		Parents: bytesOf(sortedSet(parents)),
		Instead: bytesOf(sortedSet(instead)),
		Card:    draft.Card.wire(),
		MovedTo: bytesOrNone(draft.MovedTo),
	})
	if err != nil {
		return nil, err
	}
	return revisionFrom(encoded)
}

func revisionFrom(encoded []byte) (*Revision, error) {
	r, ok := plainRevision(encoded)
	if !ok {
		var err error
		if r, err = wireRevision(encoded); err != nil {
			return nil, err
		}
	}
	r.id, r.encoded = digest("votive-revision-1", encoded), encoded
	r.event = r.genesis.Event()
	r.roster = r.card.roster()
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// wireRevision is plainRevision for all that a Revision can be.
func wireRevision(encoded []byte) (*Revision, error) {
	var w wirepb.Revision
	if err := unmarshal("revision", encoded, &w); err != nil {
		return nil, err
	}
	r := new(Revision)
	var err error
	if r.genesis, err = wireGenesis(w.GetGenesis()); err != nil {
		return nil, err
	}
	if r.parents, err = idsFrom("parent", w.GetParents()); err != nil {
		return nil, err
	}
	if r.instead, err = idsFrom("revision named in instead", w.GetInstead()); err != nil {
		return nil, err
	}
	if r.card, err = cardFrom(w.GetCard()); err != nil {
		return nil, err
	}
	if r.movedTo, err = optionalID("moved_to", w.GetMovedTo()); err != nil {
		return nil, err
	}
	r.newer = w.GetCritical() && (hasUnknown(&w) || hasUnknownGenesis(w.GetGenesis()))
	return r, nil
}

// hasUnknownGenesis looks into the genesis, which is encoded by itself.
func hasUnknownGenesis(encoded []byte) bool {
	var w wirepb.Genesis
	return unmarshal("genesis", encoded, &w) == nil && hasUnknown(&w)
}

// hasUnknown looks for fields that this version does not know, in a message
// and all that it holds.
func hasUnknown(m proto.Message) bool {
	var look func(protoreflect.Message) bool
	look = func(m protoreflect.Message) bool {
		found := len(m.GetUnknown()) > 0
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.Message() == nil:
			case f.IsList():
				for i := range v.List().Len() {
					found = found || look(v.List().Get(i).Message())
				}
			default:
				found = found || look(v.Message())
			}
			return !found
		})
		return found
	}
	return look(m.ProtoReflect())
}

// check is SPEC 5.2 and 5.3.
func (r *Revision) check() error {
	if err := r.genesis.check(); err != nil {
		return err
	}
	if err := checkAscending("parents", r.parents, 1, maxParents); err != nil {
		return err
	}
	if err := checkAscending("revisions named in instead", r.instead, 0, maxInstead); err != nil {
		return err
	}
	if err := r.card.check(); err != nil {
		return err
	}
	if r.card.PartOf == r.event { // SPEC 6.11
		return fmt.Errorf("event is a part of itself")
	}
	if !slices.Contains(r.parents, r.event) {
		return nil
	}
	if len(r.parents) > 1 {
		return fmt.Errorf("first revision with %d parents, want the event alone", len(r.parents))
	}
	if !slices.Equal(r.roster, r.genesis.founders) {
		return fmt.Errorf("first revision has %d organizers who are not its %d founders", len(r.roster), len(r.genesis.founders))
	}
	return nil
}

// prove checks the keys that the revision names, and adds to the claims who is
// said to hold them; the keys in proven are authors of claims. SPEC 4.4, 6.4.
func (r *Revision) prove(proven []ID, claims []claim) ([]claim, error) {
	for _, keys := range [][]ID{r.roster, r.genesis.founders} {
		for _, key := range keys {
			if slices.Contains(proven, key) {
				continue
			}
			if err := checkKey(key); err != nil {
				return nil, err
			}
			proven = append(proven, key)
		}
	}
	for _, o := range r.card.Organizers {
		if o.Attested.IsZero() {
			continue
		}
		c, err := o.attested(r.event)
		if err != nil {
			return nil, err
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// Proposal is a revision that organizers may sign. It travels on the desk.
type Proposal struct{ Revision *Revision }

func proposalFrom(encoded []byte) (*Proposal, error) {
	r, err := revisionFrom(encoded)
	if err != nil {
		return nil, err
	}
	return &Proposal{Revision: r}, nil
}

func (p *Proposal) check() error {
	if p.Revision == nil {
		return fmt.Errorf("proposal of no revision")
	}
	return p.Revision.check()
}

func (p *Proposal) prove(Kind, Secret) ([]claim, error) { return p.Revision.prove(nil, nil) }

func (p *Proposal) recordID([]byte) ID { return p.Revision.id }

func (p *Proposal) wire() *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Proposal{Proposal: p.Revision.encoded}}
}
