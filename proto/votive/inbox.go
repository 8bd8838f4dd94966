package votive

import (
	"crypto/hpke"
	"encoding/binary"
	"fmt"
	"io"

	"votive/proto/internal/wirepb"
)

// Sizes of what is sealed to an Inbox. SPEC 8.1.
const (
	inboxKeySize = 1216
	replySize    = 1536                  // length, Reply and zeros
	sealedSize   = 1120 + replySize + 16 // encapsulated key, ciphertext, its tag
	maxReply     = replySize - 2         // an encoded Reply
)

// The suite of SPEC 8.1. Frames can be recorded today and opened by what is
// built tomorrow, so the key exchange is post-quantum from the start.
var (
	sealKEM  = hpke.MLKEM768X25519()
	sealKDF  = hpke.HKDFSHA256()
	sealAEAD = hpke.ChaCha20Poly1305()
)

// Inbox is the public key that replies to an event are sealed to. It is read
// only. SPEC 6.6.
type Inbox struct {
	Event ID

	key []byte
}

// Hash is how the card of the event names its inbox. SPEC 6.6.
func (in *Inbox) Hash() ID { return inboxHash(in.Event, in.key) }

func inboxHash(event ID, key []byte) ID { return digest("votive-inbox-1", event[:], key) }

// replyInfo binds what is sealed to the event and the inbox. SPEC 8.1.
func replyInfo(event, inbox ID) []byte {
	info := appendPrefixed(nil, []byte("votive-reply-1"))
	info = appendPrefixed(info, event[:])
	return appendPrefixed(info, inbox[:])
}

// Seal closes a reply to this event so that only the holders of the inbox can
// open it. SPEC 8.1.
func (in *Inbox) Seal(reply Reply) (*SealedReply, error) {
	if reply.Event != in.Event {
		return nil, fmt.Errorf("reply to event %v sealed to an inbox of event %v", reply.Event, in.Event)
	}
	encoded, err := reply.encode()
	if err != nil {
		return nil, err
	}
	if len(encoded) > maxReply {
		return nil, fmt.Errorf("reply of %d bytes, want at most %d", len(encoded), maxReply)
	}
	key, err := sealKEM.NewPublicKey(in.key)
	if err != nil {
		return nil, fmt.Errorf("key of an inbox: %w", err)
	}
	var plain [replySize]byte
	binary.BigEndian.PutUint16(plain[:], uint16(len(encoded)))
	copy(plain[2:], encoded)
	sealed, err := hpke.Seal(key, sealKDF, sealAEAD, replyInfo(in.Event, in.Hash()), plain[:])
	if err != nil {
		return nil, fmt.Errorf("sealing a reply: %w", err)
	}
	return &SealedReply{Inbox: in.Hash(), sealed: sealed}, nil
}

func inboxFrom(w *wirepb.Inbox) (*Inbox, error) {
	event, err := idFrom("event of an inbox", w.GetEvent())
	if err != nil {
		return nil, err
	}
	return &Inbox{Event: event, key: w.GetKey()}, nil
}

func (in *Inbox) check() error { return checkInboxKey(in.key) }

func checkInboxKey(key []byte) error {
	if len(key) != inboxKeySize {
		return fmt.Errorf("key of an inbox of %d bytes, want %d", len(key), inboxKeySize)
	}
	return nil
}

func (in *Inbox) prove(Kind, Secret) ([]claim, error) { return nil, proveInboxKey(in.key) }

// proveInboxKey refuses what is no key of this KEM. SPEC 6.6.
func proveInboxKey(key []byte) error {
	if _, err := sealKEM.NewPublicKey(key); err != nil {
		return fmt.Errorf("key of an inbox: %w", err)
	}
	return nil
}

func (in *Inbox) recordID([]byte) ID { return in.Hash() }

func (in *Inbox) wire() *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Inbox{Inbox: &wirepb.Inbox{Event: in.Event[:], Key: in.key}}}
}

// InboxKey is the private half of an Inbox: random, in no backup, and to be
// destroyed when the event is over. It never shows itself. SPEC 8.7.
type InboxKey struct {
	seed    Secret
	private hpke.PrivateKey
}

// NewInboxKey draws a key.
func NewInboxKey(random io.Reader) (InboxKey, error) {
	seed, err := NewSecret(random)
	if err != nil {
		return InboxKey{}, err
	}
	return inboxKeyFrom(seed)
}

func inboxKeyFrom(seed Secret) (InboxKey, error) {
	private, err := sealKEM.NewPrivateKey(seed.key[:])
	if err != nil {
		return InboxKey{}, fmt.Errorf("key of an inbox: %w", err)
	}
	return InboxKey{seed: seed, private: private}, nil
}

// IsZero reports whether there is no key here.
func (k InboxKey) IsZero() bool { return k.private == nil }

// Public is the inbox of that event to which replies can be sealed.
func (k InboxKey) Public(event ID) *Inbox {
	return &Inbox{Event: event, key: k.private.PublicKey().Bytes()}
}

// Open opens a reply to the event that was sealed to this key. SPEC 8.1.
func (k InboxKey) Open(event ID, s *SealedReply) (Reply, error) {
	inbox := k.Public(event).Hash()
	if s.Inbox != inbox {
		return Reply{}, fmt.Errorf("reply sealed to inbox %v, this is %v", s.Inbox, inbox)
	}
	plain, err := hpke.Open(k.private, sealKDF, sealAEAD, replyInfo(event, inbox), s.sealed)
	if err != nil {
		return Reply{}, fmt.Errorf("sealed reply does not open: %w", err)
	}
	if len(plain) != replySize {
		return Reply{}, fmt.Errorf("sealed reply of %d bytes inside, want %d", len(plain), replySize)
	}
	n := int(binary.BigEndian.Uint16(plain))
	if n > maxReply {
		return Reply{}, fmt.Errorf("reply of %d bytes, want at most %d", n, maxReply)
	}
	for _, b := range plain[2+n:] {
		if b != 0 {
			return Reply{}, fmt.Errorf("reply padded with %#x, want zeros", b)
		}
	}
	reply, err := decodeReply(plain[2 : 2+n])
	if err != nil {
		return Reply{}, err
	}
	if reply.Event != event {
		return Reply{}, fmt.Errorf("reply to event %v in an inbox of event %v", reply.Event, event)
	}
	return reply, nil
}

// Format writes a placeholder, whatever the verb.
func (k InboxKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "inbox key") }

// MarshalText writes a placeholder, for JSON and the like.
func (k InboxKey) MarshalText() ([]byte, error) { return []byte("inbox key"), nil }

// SealedReply is a Reply for the holders of one Inbox. SPEC 8.1.
type SealedReply struct {
	Inbox ID // the hash of the Inbox

	sealed []byte
	unsigned
}

func sealedReplyFrom(w *wirepb.SealedReply) (*SealedReply, error) {
	inbox, err := idFrom("inbox of a sealed reply", w.GetInbox())
	if err != nil {
		return nil, err
	}
	return &SealedReply{Inbox: inbox, sealed: w.GetSealed()}, nil
}

func (s *SealedReply) check() error {
	if n := len(s.sealed); n != sealedSize {
		return fmt.Errorf("sealed reply of %d bytes, want %d", n, sealedSize)
	}
	return nil
}

func (s *SealedReply) wire() *wirepb.Body {
	return &wirepb.Body{Kind: &wirepb.Body_Reply{Reply: &wirepb.SealedReply{Inbox: s.Inbox[:], Sealed: s.sealed}}}
}
