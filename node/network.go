package node

import (
	"context"

	"votive/node/mesh"
	"votive/proto/localpb"
)

// network is what the API may know of the mesh and the courier.
type network struct{ n *Node }

// Status fills in who this node is connected to, and how far catch-up is.
func (w network) Status(m *localpb.StatusResponse) {
	m.PeerId = w.n.mesh.ID().String()
	m.Addrs = w.n.mesh.Addrs()
	for _, p := range w.n.mesh.Peers() {
		if p.Votive {
			m.Connections = append(m.Connections, connection(p))
		}
	}
	m.Peers = uint32(len(m.Connections))
	p := w.n.courier.Status()
	m.Catchup.Running, m.Catchup.Have, m.Catchup.Want = p.Running, uint32(p.Have), uint32(p.Want)
}

func connection(p mesh.Peer) *localpb.Connection {
	return &localpb.Connection{Peer: p.ID.String(), Addr: p.Addr, Inbound: p.Direction == "inbound"}
}

// Peers gives those that connect from now on, until ctx ends.
func (w network) Peers(ctx context.Context) <-chan *localpb.Connection {
	out := make(chan *localpb.Connection)
	go func() {
		defer close(out)
		for id := range w.n.mesh.Connected(ctx) {
			for _, p := range w.n.mesh.Peers() {
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
	}()
	return out
}
