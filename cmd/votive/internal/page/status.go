package page

import (
	"fmt"
	"strings"
	"time"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// Status is one screen about the daemon, with what is wrong said first.
func (r Reader) Status(st *localpb.StatusResponse) string {
	s := new(sheet)
	s.para("votived " + orElse(plain.Line(st.GetVersion()), "of an unknown version") + " is running. " + vault(st))
	if st.GetTrouble() != "" {
		s.para("Nothing new can be kept: " + plain.Line(st.GetTrouble()) + ".")
	}
	if n := st.GetDamaged(); n > 0 {
		s.para("Damaged: " + count(n, "entry", "entries") + " on this disk could not be read; the rest is intact.")
	}
	s.WriteString("\n")
	s.row("Peers", peers(st))
	s.row("Reachable", Reach(st))
	if m := st.GetMesh(); m != nil {
		if from := origins(m.GetFrom()); from != "" {
			s.row("Came from", from)
		}
		s.rows("Looks in", ways(m))
		if m.GetHoles() > 0 {
			s.row("Directly", Holes(m))
		}
		if m.GetKeeper() {
			s.row("Keeper", Keeper(m))
		}
	}
	s.rows("Listens on", addresses(st.GetAddrs()))
	s.row("Last frame", r.lastFrame(st))
	if said := skew(st.GetClockSkew()); said != "" {
		s.row("Clock", said)
	}
	s.row("Catching up", catchup(st))
	s.row("Carries", carries(st))
	if st.GetVault() && !st.GetLocked() {
		s.row("Circles", number(st.GetCircles()))
		s.row("Events", number(st.GetEvents()))
	}
	if n := st.GetWaiting(); n > 0 {
		s.row("Unsent", count(n, "frame of yours waits", "frames of yours wait")+
			" to be published, kept safely until then")
		if n := st.GetUnasked(); n > 0 {
			s.row("", "Peers were told of "+number(n)+", and none has asked yet: more peers help.")
		}
	}
	if n := st.GetPending(); n > 0 {
		s.row("Awaited", count(n, "invitation that you accepted has", "invitations that you accepted have")+
			" not arrived yet")
	}
	s.row("Peer id", plain.Line(st.GetPeerId()))
	return s.String()
}

func vault(st *localpb.StatusResponse) string {
	switch {
	case !st.GetVault():
		return "There is no vault yet: it carries frames for others, and has nothing of yours."
	case st.GetLocked():
		return "It is locked: it carries frames, and nobody can read what is yours. What you wrote and was not sent waits until you unlock it."
	case !st.GetProtected():
		return "It is unlocked, and has no passphrase: who has this disk can read what is yours."
	default:
		return "It is unlocked."
	}
}

func peers(st *localpb.StatusResponse) string {
	if st.GetPeers() == 0 {
		return "none connected: nothing can be sent or heard until one is"
	}
	return number(st.GetPeers()) + " connected"
}

// addresses are shown without the peer id that all of them end with.
func addresses(addrs []string) []string {
	const most = 6
	var out []string
	for i, a := range addrs {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(addrs)-most))
			break
		}
		if at := strings.LastIndex(a, "/p2p/"); at > 0 {
			a = a[:at]
		}
		out = append(out, plain.Line(a))
	}
	return out
}

func (r Reader) lastFrame(st *localpb.StatusResponse) string {
	if st.GetLastFrame() == "" {
		return "none heard since it started"
	}
	return "heard " + r.ago(st.GetLastFrame())
}

// skew says that this computer's clock seems wrong. Peers tell days apart, and
// not the time.
func skew(c *localpb.ClockSkew) string {
	if c.GetPeers() == 0 {
		return ""
	}
	by, way := int64(c.GetHours()), "ahead"
	if by < 0 {
		by, way = -by, "behind"
	}
	amount := "an hour"
	switch {
	case by >= 48:
		amount = count(uint32(by/24), "day", "days")
	case by > 1:
		amount = count(uint32(by), "hour", "hours")
	}
	return "seems " + amount + " " + way + " or more, going by what " + count(c.GetPeers(), "peer passes", "peers pass") +
		" on: is it right?"
}

func catchup(st *localpb.StatusResponse) string {
	c := st.GetCatchup()
	switch {
	case c.GetRunning() && c.GetWant() > 0:
		return fmt.Sprintf("%s of %s frames fetched, %d%%", number(c.GetHave()), number(c.GetWant()),
			uint64(c.GetHave())*100/uint64(c.GetWant()))
	case c.GetRunning():
		return "asking a peer what is missing here"
	default:
		return "no"
	}
}

func carries(st *localpb.StatusResponse) string {
	kept := count(st.GetFrames(), "sealed frame", "sealed frames") + " for everybody"
	if f := st.GetFloor(); f.GetRank() > 0 {
		kept += fmt.Sprintf("; the store is full, and what ranks %d or less is turned away", f.GetRank())
	}
	if in := st.GetIntake(); in.GetToday() > 0 {
		kept += fmt.Sprintf("; today %s of at most %s have made room", number(in.GetToday()), number(in.GetMost()))
	}
	return kept
}

// past says whether a moment of RFC 3339 is over.
func (r Reader) past(rfc3339 string) bool {
	t, err := time.Parse(time.RFC3339, rfc3339)
	return err == nil && t.Before(r.Now)
}
