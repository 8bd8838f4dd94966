package votive

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"votive/proto/internal/wirepb"
)

// keepFrom reads a Keep, encoded being the body around it.
func keepFrom(w *wirepb.Keep, encoded []byte) (Body, error) {
	n := w.GetCounter()
	switch w := w.GetKind().(type) {
	case *wirepb.Keep_Circle:
		return keepCircleFrom(n, w.Circle)
	case *wirepb.Keep_Event:
		return keepEventFrom(n, w.Event)
	case *wirepb.Keep_Invite:
		return keepInviteFrom(n, w.Invite)
	case *wirepb.Keep_Reply:
		return keepReplyFrom(n, w.Reply)
	case *wirepb.Keep_Contact:
		return keepContactFrom(n, w.Contact)
	case *wirepb.Keep_Card:
		return keepCardFrom(n, w.Card)
	case *wirepb.Keep_Inbox:
		return keepInboxFrom(n, w.Inbox)
	case *wirepb.Keep_Link:
		return keepLinkFrom(n, w.Link)
	}
	return &Unknown{encoded: encoded, keep: true}, nil
}

func keepBody(k *wirepb.Keep) *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Keep{Keep: k}}
}

// encodeKeep is the body that a Keep is, its fields ascending: by itself the
// library writes the counter, which has the greatest number, before the rest.
// SPEC 1.5.
func encodeKeep(k *wirepb.Keep) ([]byte, error) {
	kind, err := marshal(&wirepb.Keep{Kind: k.GetKind()})
	if err != nil {
		return nil, err
	}
	counter, err := marshal(&wirepb.Keep{Counter: k.GetCounter()})
	if err != nil {
		return nil, err
	}
	whole := protowire.AppendTag(nil, keepField, protowire.BytesType)
	return protowire.AppendBytes(whole, append(kind, counter...)), nil
}

// keepField is the number of keep in Body.
const keepField = 8

func keepCircleFrom(n uint32, w *wirepb.KeepCircle) (*KeepCircle, error) {
	k := &KeepCircle{Counter: n, Name: w.GetName(), Open: w.GetOpen(), Left: w.GetLeft()}
	var err error
	if k.Secret, err = secretFrom("secret of a circle", w.GetSecret()); err != nil {
		return nil, err
	}
	if k.Issuer, err = optionalID("issuer", w.GetIssuer()); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *KeepCircle) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Circle{Circle: &wirepb.KeepCircle{
		Secret: k.Secret.Bytes(), Name: k.Name, Open: k.Open, Left: k.Left, Issuer: bytesOrNone(k.Issuer),
	}}})
}

func keepEventFrom(n uint32, w *wirepb.KeepEvent) (*KeepEvent, error) {
	k := &KeepEvent{Counter: n, Opened: w.GetOpened(), Attest: w.GetAttest()}
	var err error
	if k.Event, err = idFrom("event", w.GetEvent()); err != nil {
		return nil, err
	}
	if k.Secret, err = secretFrom("secret of an event", w.GetSecret()); err != nil {
		return nil, err
	}
	if k.Circle, err = optionalSecret("secret of a circle", w.GetCircle()); err != nil {
		return nil, err
	}
	nonce, err := optionalID("nonce", w.GetNonce())
	if err != nil {
		return nil, err
	}
	k.Nonce = nonce
	if k.Desk, err = optionalSecret("secret of a desk", w.GetDesk()); err != nil {
		return nil, err
	}
	if k.Details, err = optionalDetails(w.GetDetails()); err != nil {
		return nil, err
	}
	if k.Signed, err = optionalID("revision signed last", w.GetSigned()); err != nil {
		return nil, err
	}
	if len(w.GetInvitation()) > 0 {
		if k.Invitation, err = keptSigned[*Invitation](w.GetInvitation()); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *KeepEvent) wire() *wirepb.Body {
	w := &wirepb.KeepEvent{
		Event:   k.Event[:],
		Secret:  k.Secret.Bytes(),
		Circle:  secretOrNone(k.Circle),
		Nonce:   bytesOrNone(k.Nonce),
		Desk:    secretOrNone(k.Desk),
		Details: k.Details.bytes(),
		Opened:  k.Opened,
		Attest:  k.Attest,
		Signed:  bytesOrNone(k.Signed),
	}
	if k.Invitation != nil {
		w.Invitation = mustMarshal(k.Invitation.message())
	}
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Event{Event: w}})
}

// keptSigned reads a Signed that is inside of a Keep, and says of what.
func keptSigned[T Body](b []byte) (T, error) {
	var none T
	var w wirepb.Signed
	if err := unmarshal("kept statement", b, &w); err != nil {
		return none, err
	}
	body, err := statementFrom(&w, b)
	if err != nil {
		return none, err
	}
	t, ok := body.(T)
	if !ok {
		return none, fmt.Errorf("kept statement is a %T, want a %T", body, none)
	}
	return t, nil
}

func keepInviteFrom(n uint32, w *wirepb.KeepInvite) (*KeepInvite, error) {
	inv, err := keptSigned[*Invitation](w.GetSigned())
	if err != nil {
		return nil, err
	}
	return &KeepInvite{Counter: n, Invitation: inv, Made: time.Unix(w.GetMade(), 0).UTC()}, nil
}

func (k *KeepInvite) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Invite{Invite: &wirepb.KeepInvite{
		Signed: mustMarshal(k.Invitation.message()), Made: k.Made.Unix(),
	}}})
}

func keepReplyFrom(n uint32, w *wirepb.KeepReply) (*KeepReply, error) {
	k := &KeepReply{Counter: n}
	var err error
	if k.Reply, err = replyFrom(w.GetReply()); err != nil {
		return nil, err
	}
	if k.Inbox, err = optionalID("inbox of a reply", w.GetInbox()); err != nil {
		return nil, err
	}
	if k.Invite, err = optionalSecret("invite secret", w.GetInvite()); err != nil {
		return nil, err
	}
	if k.Secret, err = optionalSecret("secret of an event", w.GetSecret()); err != nil {
		return nil, err
	}
	return k, nil
}

func (k *KeepReply) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Reply{Reply: &wirepb.KeepReply{
		Reply: k.Reply.message(), Inbox: bytesOrNone(k.Inbox),
		Invite: secretOrNone(k.Invite), Secret: secretOrNone(k.Secret),
	}}})
}

func keepContactFrom(n uint32, w *wirepb.KeepContact) (*KeepContact, error) {
	card, err := keptSigned[*ContactCard](w.GetSigned())
	if err != nil {
		return nil, err
	}
	return &KeepContact{
		Counter: n, Card: card, Petname: w.GetPetname(),
		Verified: w.GetVerified(), Muted: w.GetMuted(),
	}, nil
}

func (k *KeepContact) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Contact{Contact: &wirepb.KeepContact{
		Signed: mustMarshal(k.Card.message()), Petname: k.Petname, Verified: k.Verified, Muted: k.Muted,
	}}})
}

func keepCardFrom(n uint32, w *wirepb.KeepCard) (*KeepCard, error) {
	card, err := keptSigned[*ContactCard](w.GetSigned())
	if err != nil {
		return nil, err
	}
	key, err := keptInboxKey(w.GetSeed())
	if err != nil {
		return nil, err
	}
	return &KeepCard{Counter: n, Card: card, Key: key}, nil
}

func (k *KeepCard) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Card{Card: &wirepb.KeepCard{
		Signed: mustMarshal(k.Card.message()), Seed: k.Key.seed.Bytes(),
	}}})
}

func keptInboxKey(seed []byte) (InboxKey, error) {
	s, err := secretFrom("seed of an inbox's key", seed)
	if err != nil {
		return InboxKey{}, err
	}
	return inboxKeyFrom(s)
}

func keepInboxFrom(n uint32, w *wirepb.KeepInbox) (*KeepInbox, error) {
	event, err := idFrom("event of an inbox", w.GetEvent())
	if err != nil {
		return nil, err
	}
	key, err := keptInboxKey(w.GetSeed())
	if err != nil {
		return nil, err
	}
	return &KeepInbox{Counter: n, Event: event, Key: key}, nil
}

func (k *KeepInbox) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Inbox{Inbox: &wirepb.KeepInbox{
		Event: k.Event[:], Seed: k.Key.seed.Bytes(),
	}}})
}

func keepLinkFrom(n uint32, w *wirepb.KeepLink) (*KeepLink, error) {
	link, err := LinkFrom(w.GetLink())
	if err != nil {
		return nil, err
	}
	return &KeepLink{Counter: n, Link: link, Since: time.Unix(w.GetSince(), 0).UTC()}, nil
}

func (k *KeepLink) wire() *wirepb.Body {
	return keepBody(&wirepb.Keep{Counter: k.Counter, Kind: &wirepb.Keep_Link{Link: &wirepb.KeepLink{
		Link: k.Link.Bytes(), Since: k.Since.Unix(),
	}}})
}
