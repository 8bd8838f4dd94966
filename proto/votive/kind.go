package votive

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
