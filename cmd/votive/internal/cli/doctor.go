package cli

import (
	"fmt"

	"votive/cmd/votive/internal/page"
	"votive/proto/localpb"
)

// state is what a check came to.
type state string

const (
	works   state = "works"
	unknown state = "unknown" // nothing has shown yet that it works, nor that it does not
	off     state = "off"     // it is not used
	broken  state = "broken"
)

func stateOf(ok bool) state {
	if ok {
		return works
	}
	return broken
}

func (s state) mark() string {
	switch s {
	case works:
		return "ok    "
	case unknown:
		return "?     "
	case off:
		return "off   "
	default:
		return "WRONG "
	}
}

// is is a check of something that is so. What is off is ok: nobody wanted it.
// What is not known is not: whoever reads ok alone is not told that it works.
func is(name string, s state, detail, fix string) check {
	if s != broken {
		fix = ""
	}
	return check{Name: name, OK: s == works || s == off, State: s, Detail: detail, Fix: fix}
}

// diagnose is what a status says about the health of a daemon that runs.
func diagnose(s *localpb.StatusResponse) *checks {
	one := func(name string, ok bool, good, bad, fix string) check {
		if ok {
			return is(name, works, good, "")
		}
		return is(name, broken, bad, fix)
	}
	found := []check{
		is("daemon", works, "running", ""),
		one("writing", s.GetTrouble() == "", "the disk takes what is new", s.GetTrouble(), "votive down && votive up"),
		one("disk", s.GetDamaged() == 0, "nothing damaged was met",
			fmt.Sprintf("%d damaged entries were passed over", s.GetDamaged()), "votive down && votive doctor --mend"),
		is("vault", works, vault(s), ""),
		one("peers", s.GetPeers() > 0, fmt.Sprintf("%d connected", s.GetPeers()),
			"none is connected", "votive down && votive up -- --mdns"),
	}
	if m := s.GetMesh(); m != nil {
		found = append(found, reachable(s), punched(m), relays(m), named(m), linked(m), dht(m), remembered(m), neighbours(m), exchanged(m))
	}
	return &checks{found}
}

// reachable is whether others can call this computer. A keeper needs a port
// that its router lets through, all others need a keeper that takes their calls.
func reachable(s *localpb.StatusResponse) check {
	const name = "reachable"
	switch m := s.GetMesh(); {
	case m.GetReach() == "public", m.GetRelays() > 0 && !m.GetKeeper():
		return is(name, works, page.Reach(s), "")
	case m.GetReach() != "private" && m.GetFrom().GetInbound() > 0:
		return is(name, works, page.Reach(s), "")
	case m.GetReach() != "private":
		return is(name, unknown, page.Reach(s), "")
	case m.GetKeeper():
		return is(name, broken, "this keeper cannot be called from outside: a router or firewall is in between",
			"votive down && votive up -- --keeper --listen /ip4/0.0.0.0/udp/4001/quic-v1")
	default:
		return is(name, broken, "others cannot call this computer, and no keeper takes calls for it",
			"votive down && votive up -- --peer MULTIADDR")
	}
}

// punched is whether routers on both sides let peers through to each other.
func punched(m *localpb.Mesh) check {
	const name = "holes"
	if m.GetHoles() == 0 {
		return is(name, unknown, "no peer is connected through a hole in routers now", "")
	}
	return is(name, works, page.Holes(m), "")
}

// relays is whether a keeper takes calls for those who cannot be called.
func relays(m *localpb.Mesh) check {
	const name = "relay"
	if !m.GetKeeper() {
		return is(name, off, "this computer relays for nobody", "")
	}
	return is(name, works, page.Keeper(m), "")
}

// named are the peers that the person named.
func named(m *localpb.Mesh) check {
	const name = "named"
	if m.GetPinned() == 0 {
		return is(name, off, "you named no peer to stay connected to", "")
	}
	return is(name, stateOf(m.GetPinnedUp() > 0), page.Pins(m), "votive down && votive up -- --peer MULTIADDR")
}

// linked are the peers whose address came in an invitation or on a card.
func linked(m *localpb.Mesh) check {
	const name = "links"
	if n := m.GetFrom().GetLinks(); n > 0 {
		return is(name, works, fmt.Sprintf("%d from links that you opened connected now", n), "")
	}
	return is(name, unknown, "none from links that you opened connected now", "")
}

// dht is whether there is somebody to ask for peers. In the network's own DHT
// those are keepers that this node meets; for the public one it was told whom to
// begin with.
func dht(m *localpb.Mesh) check {
	const name = "dht"
	detail := page.Table(m)
	if n := m.GetFrom().GetDht(); n > 0 {
		detail += fmt.Sprintf(", %d found there connected now", n)
	}
	switch {
	case m.GetDht() != "own" && m.GetDht() != "public":
		return is(name, off, detail, "")
	case m.GetTable() > 0:
		return is(name, works, detail, "")
	case m.GetDht() == "public":
		return is(name, broken, detail, "votive down && votive up -- --dht public --bootstrap MULTIADDR")
	default:
		return is(name, unknown, detail, "")
	}
}

// remembered are the peers of before, who are called while there are few.
func remembered(m *localpb.Mesh) check {
	const name = "remembered"
	all, here := m.GetCached(), m.GetFrom().GetCache()
	switch {
	case here > 0:
		return is(name, works, fmt.Sprintf("%s, %d connected now for that", peers(all), here), "")
	case all == 0:
		return is(name, unknown, "nobody yet", "")
	default: // whom another way has found is not counted here
		return is(name, unknown, peers(all)+", none connected now for that", "")
	}
}

// neighbours are the peers on the local network.
func neighbours(m *localpb.Mesh) check {
	const name = "mdns"
	switch n := m.GetFrom().GetNeighbours(); {
	case !m.GetMdns():
		return is(name, off, "does not look for peers on the local network", "")
	case m.GetMdnsFails():
		return is(name, broken, "there is no local network to look in", "votive down && votive up -- --peer MULTIADDR")
	case n > 0:
		return is(name, works, fmt.Sprintf("%d found on the local network connected now", n), "")
	default:
		return is(name, unknown, "looks for peers on the local network, none connected now", "")
	}
}

// exchanged are the peers that keepers have named, who had no room.
func exchanged(m *localpb.Mesh) check {
	const name = "exchange"
	if n := m.GetFrom().GetPeers(); n > 0 {
		return is(name, works, fmt.Sprintf("%d named by keepers connected now", n), "")
	}
	return is(name, unknown, "none named by keepers connected now", "")
}

// peers is so many of them.
func peers(n uint32) string {
	if n == 1 {
		return "1 peer"
	}
	return fmt.Sprintf("%d peers", n)
}
