package page

import (
	"fmt"
	"strings"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// Reach is whether others can call this computer, and how, as far as is known.
func Reach(st *localpb.StatusResponse) string {
	m := st.GetMesh()
	var inbound uint32
	for _, c := range st.GetConnections() {
		if c.GetInbound() {
			inbound++
		}
	}
	switch {
	case m.GetReach() == "public":
		return "yes, from everywhere"
	case inbound > 0:
		return "yes, " + count(inbound, "peer has", "peers have") + " connected to this computer"
	case m.GetRelays() > 0:
		return "through " + count(m.GetRelays(), "keeper that takes", "keepers that take") + " calls for this computer"
	case strings.Contains(strings.Join(st.GetAddrs(), " "), "/p2p-circuit"):
		return "through a relay, so far"
	case m.GetReach() == "private":
		return "no: a router or firewall is in between, and no keeper takes calls for this computer"
	default:
		return "not that we know: nobody has connected to this computer yet"
	}
}

// Holes is how many peers are connected though neither side can be called.
func Holes(m *localpb.Mesh) string {
	return count(m.GetHoles(), "peer", "peers") + " through a hole in the routers on both sides"
}

// Keeper is what a keeper does right now.
func Keeper(m *localpb.Mesh) string {
	s := "relays for peers that cannot be called"
	if n := m.GetGuests(); n > 0 {
		s += "; takes calls for " + number(n) + " now"
	}
	return s
}

// Pins is how many of the peers that a person named are there.
func Pins(m *localpb.Mesh) string {
	s := fmt.Sprintf("%s of %s named by you connected", number(m.GetPinnedUp()), count(m.GetPinned(), "peer", "peers"))
	if n := m.GetDirect(); n > 0 {
		s += ", " + number(n) + " of them named you too"
	}
	return s
}

// Table is what is known in the DHT.
func Table(m *localpb.Mesh) string {
	switch m.GetDht() {
	case "own", "public":
		if m.GetTable() == 0 {
			return plain.Line(m.GetDht()) + " DHT: nobody to ask yet"
		}
		return plain.Line(m.GetDht()) + " DHT: " + number(m.GetTable()) + " to ask"
	default:
		return "DHT: off"
	}
}

// ways are the ways by which peers are found.
func ways(m *localpb.Mesh) []string {
	var all []string
	if m.GetPinned() > 0 {
		all = append(all, Pins(m))
	}
	all = append(all, count(m.GetCached(), "peer", "peers")+" remembered", Table(m))
	switch {
	case m.GetMdnsFails():
		all = append(all, "the local network: there is none to look in now")
	case m.GetMdns():
		all = append(all, "the local network")
	}
	return all
}

// origins are where the peers that are connected came from.
func origins(f *localpb.Origins) string {
	var parts []string
	for _, o := range []struct {
		n    uint32
		what string
	}{
		{f.GetPins(), "named by you"},
		{f.GetLinks(), "from links"},
		{f.GetCache(), "remembered"},
		{f.GetNeighbours(), "on the local network"},
		{f.GetDht(), "from the DHT"},
		{f.GetPeers(), "named by keepers"},
		{f.GetInbound(), "called this computer"},
	} {
		if o.n > 0 {
			parts = append(parts, number(o.n)+" "+o.what)
		}
	}
	return strings.Join(parts, ", ")
}
