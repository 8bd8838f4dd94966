package mesh

import (
	"slices"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// maxLinkAddr is how long the binary address in a link may be (SPEC 7.5).
const maxLinkAddr = 100

// fullAddr adds /p2p/ID.
func fullAddr(a ma.Multiaddr, id PeerID) string {
	return a.String() + "/p2p/" + id.String()
}

// listening lists every address of ours, with unspecified ones resolved.
func (m *Mesh) listening() []ma.Multiaddr {
	// It fails where the system does not list its interfaces; what the host
	// knows otherwise is then all there is.
	addrs, _ := m.host.Network().InterfaceListenAddresses()
	addrs = slices.DeleteFunc(ma.Unique(append(addrs, m.host.Addrs()...)), func(a ma.Multiaddr) bool {
		ip, err := manet.ToIP(a) // none in the /p2p-circuit that stands for "by relay"
		return err != nil || ip.IsUnspecified()
	})
	slices.SortFunc(addrs, func(a, b ma.Multiaddr) int { return a.Compare(b) })
	return addrs
}

// Addrs lists the full multiaddrs at which this node listens, loopback ones
// included, as a person on this machine wants to see them.
func (m *Mesh) Addrs() []string {
	addrs := m.listening()
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = fullAddr(a, m.host.ID())
	}
	return out
}

// linkable is the best of some addresses to put into a link: public before
// local before loopback.
type linkable struct {
	addr string
	rank int
}

func (l *linkable) consider(a ma.Multiaddr, id PeerID) {
	full, r := fullAddr(a, id), reach(a)+ease(a)+1
	if raw, err := ma.NewMultiaddr(full); err == nil && len(raw.Bytes()) <= maxLinkAddr && r > l.rank {
		l.addr, l.rank = full, r
	}
}

// KeeperAddr is the full multiaddr of a keeper that we dialled, to put into a
// link, or "". Of all nodes only a keeper names itself there: a link must not say
// where its writer is.
func (m *Mesh) KeeperAddr() string {
	if m.cfg.Keeper {
		return m.OwnAddr()
	}
	var best linkable
	for _, c := range m.host.Network().Conns() {
		a := c.RemoteMultiaddr()
		if c.Stat().Direction == network.DirOutbound && !isRelayed(a) && m.isKeeper(c.RemotePeer()) {
			best.consider(a, c.RemotePeer())
		}
	}
	return best.addr
}

// OwnAddr is the full multiaddr of this node to put into a link, or "".
func (m *Mesh) OwnAddr() string {
	var best linkable
	for _, a := range m.listening() {
		best.consider(a, m.host.ID())
	}
	return best.addr
}

// reach ranks an address by how far away one can be and still use it.
func reach(a ma.Multiaddr) int {
	switch {
	case isRelayed(a), manet.IsPublicAddr(a):
		return 300
	case manet.IsIPLoopback(a):
		return 100
	case manet.IsIP6LinkLocal(a):
		return 0 // means nothing without the interface
	}
	return 200
}

// ease ranks addresses that reach equally far: direct ones first, then QUIC,
// then IPv4, which more networks carry and which is shorter.
func ease(a ma.Multiaddr) int {
	r := 0
	if !isRelayed(a) {
		r += 4
	}
	if _, err := a.ValueForProtocol(ma.P_QUIC_V1); err == nil {
		r += 2
	}
	if _, err := a.ValueForProtocol(ma.P_IP4); err == nil {
		r++
	}
	return r
}
