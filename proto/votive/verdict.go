package votive

import (
	"fmt"
	"time"
)

// Verdict is what a node does with a message from a peer. SPEC 2.5, 2.6.
type Verdict uint8

// The verdicts. Reject counts against the peer that sent the message, Ignore
// does not.
const (
	Accept Verdict = iota
	Ignore
	Reject
)

// String is the verdict in lower case.
func (v Verdict) String() string {
	switch v {
	case Accept:
		return "accept"
	case Ignore:
		return "ignore"
	case Reject:
		return "reject"
	}
	return fmt.Sprintf("verdict %d", uint8(v))
}

// clockSlack is how far clocks may be apart before a frame is ignored.
// SPEC 2.6.
const clockSlack = 48 * time.Hour

// Judge reaches the verdict on a message from the message, the floor and the
// clock alone. A message that is not rejected is the frame's from then on, and
// must not be written to by anybody: frames come by the thousand, and are not
// copied on their way from the network to the disk. The error says why a message
// is not accepted; one that is ignored is a frame all the same. What is a matter
// of budgets and duplicates is up to the caller. SPEC 2.5, 2.6.
func Judge(b []byte, floor Rank, now time.Time) (Frame, Verdict, error) {
	f, err := frameOf(b)
	if err != nil {
		return Frame{}, Reject, err
	}
	// Only Ignore from here on: a wrong clock must not make honest peers
	// punish each other.
	expiry := f.Expiry()
	if now.Sub(expiry.Time()) > clockSlack {
		return f, Ignore, fmt.Errorf("frame died on %v, now is %v", expiry.Time(), now)
	}
	if latest := f.Lifetime().expiry(now.Add(clockSlack)); expiry > latest {
		return f, Ignore, fmt.Errorf("frame dies on %v, too far ahead for its class: want at most %v", expiry.Time(), latest.Time())
	}
	if f.Rank().Compare(floor) <= 0 {
		return f, Ignore, fmt.Errorf("frame of rank %d, dying on %v, is below the floor", f.Rank().Rank, expiry.Time())
	}
	return f, Accept, nil
}
