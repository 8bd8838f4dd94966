package votive

import "fmt"

// Kind says which row of the table of frame secrets a secret belongs to, and
// so what counts when found under it. SPEC 3.6.
type Kind uint8

// The kinds of frame secrets.
const (
	KindCircle Kind = iota + 1
	KindEvent
	KindDesk
	KindLink
	KindReply  // replies of guests with one invitation
	KindWalkIn // replies of guests without one
	KindAnswer
	KindInbox
	KindSelf
)

// String is the kind as SPEC 3.6 calls it.
func (k Kind) String() string {
	names := [...]string{
		KindCircle: "circle",
		KindEvent:  "event",
		KindDesk:   "desk",
		KindLink:   "link",
		KindReply:  "reply",
		KindWalkIn: "walk-in",
		KindAnswer: "answer",
		KindInbox:  "inbox",
		KindSelf:   "self",
	}
	if int(k) >= len(names) || names[k] == "" {
		return fmt.Sprintf("kind %d", uint8(k))
	}
	return names[k]
}
