package votive

import "votive/proto/internal/wirepb"

// Revoke ends an invitation; answers already given stand. It is made by
// NewRevoke and then read only. SPEC 7.6.
type Revoke struct {
	Author ID // an event key
	Event  ID
	Invite ID // the hash of the invite secret

	*signed
}

// NewRevoke signs, with an event key, the end of all invitations to the event
// with this invite secret.
func NewRevoke(s Signer, event ID, invite Secret) (*Revoke, error) {
	r := &Revoke{Author: s.Key(), Event: event, Invite: InviteHash(invite)}
	signed, err := newSigned(s, &wirepb.Statement{Kind: &wirepb.Statement_Revoke{
		Revoke: &wirepb.Revoke{Event: r.Event[:], Invite: r.Invite[:]},
	}})
	if err != nil {
		return nil, err
	}
	r.signed = signed
	return r, nil
}

func revokeFrom(s *signed, w *wirepb.Revoke) (*Revoke, error) {
	event, err := idFrom("event of a revoke", w.GetEvent())
	if err != nil {
		return nil, err
	}
	invite, err := idFrom("invite of a revoke", w.GetInvite())
	if err != nil {
		return nil, err
	}
	return &Revoke{Author: s.author, Event: event, Invite: invite, signed: s}, nil
}
