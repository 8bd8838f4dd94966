package node

import (
	"context"
	"time"

	"votive/node/mesh"
	"votive/proto/localpb"
)

// network is what the API may know of the mesh and the courier.
type network struct{ n *Node }

// Status fills in who this node is connected to, and how far catch-up is.
func (w network) Status(m *localpb.StatusResponse) {
	on := w.n.on()
	m.PeerId = on.ID().String()
	m.Addrs = on.Addrs()
	for _, p := range on.Peers() {
		if p.Votive {
			m.Connections = append(m.Connections, connection(p))
		}
	}
	m.Peers = uint32(len(m.Connections))
	m.Mesh = meshState(on.State())
	p := w.n.courier.Status()
	m.Unasked = uint32(p.Unasked)
	if p.SkewPeers > 0 {
		m.ClockSkew = &localpb.ClockSkew{Hours: int32(p.Skew / time.Hour), Peers: uint32(p.SkewPeers)}
	}
	m.Catchup.Running, m.Catchup.Have, m.Catchup.Want = p.Running, uint32(p.Have), uint32(p.Want)
}

func meshState(s mesh.State) *localpb.Mesh {
	dht := "off"
	if s.DHT != mesh.DHTOff {
		dht = string(s.DHT)
	}
	return &localpb.Mesh{
		Reach: string(s.Reach), Relays: uint32(s.Relays), Holes: uint32(s.Holes), Keeper: s.Relay, Guests: uint32(s.Guests),
		Pinned: uint32(s.Pinned), PinnedUp: uint32(s.PinnedUp), Direct: uint32(s.Direct),
		Cached: uint32(s.Cached), Mdns: s.MDNS, MdnsFails: s.MDNSFails, Dht: dht, Table: uint32(s.Table),
		From: &localpb.Origins{
			Pins: uint32(s.FromPins), Links: uint32(s.FromLinks), Cache: uint32(s.FromCache),
			Neighbours: uint32(s.FromNeighbours), Dht: uint32(s.FromDHT),
			Peers: uint32(s.FromPeers), Inbound: uint32(s.Inbound),
		},
	}
}

func connection(p mesh.Peer) *localpb.Connection {
	return &localpb.Connection{Peer: p.ID.String(), Addr: p.Addr, Inbound: p.Direction == "inbound"}
}

// Peers gives those that connect from now on, until ctx ends.
func (w network) Peers(ctx context.Context) <-chan *localpb.Connection {
	out := make(chan *localpb.Connection)
	go func() {
		defer close(out)
		for ctx.Err() == nil {
			m, taken := w.n.mesh.get()
			for id := range m.Connected(ctx) {
				for _, p := range m.Peers() {
					if p.ID != id {
						continue
					}
					select {
					case out <- connection(p):
					case <-ctx.Done():
						return
					}
				}
			}
			select {
			case <-taken:
			case <-ctx.Done():
			}
		}
	}()
	return out
}
