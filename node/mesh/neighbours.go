package mesh

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	mdnsService = "_votive._udp"
	maxMet      = 16 // neighbours that wait to be dialled
)

// meetNeighbours finds the neighbours on the local network and dials them, one
// after the other.
func (m *Mesh) meetNeighbours(ctx context.Context) error {
	if !m.cfg.MDNS {
		return nil
	}
	service := mdns.NewMdnsService(m.host, mdnsService, neighbours(m.met))
	if err := service.Start(); err != nil {
		_ = service.Close() // the reason is err
		return fmt.Errorf("mesh: mDNS: %w", err)
	}
	defer func() { _ = service.Close() }() // it always returns nil
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case p := <-m.met:
			if m.host.Network().Connectedness(p.ID) == network.Connected {
				continue
			}
			if err := m.connect(ctx, p); err != nil {
				m.log.Debug("mesh: neighbour not reached", "peer", p.ID, "err", err)
			}
		}
	}
}

// neighbours is where mDNS leaves what it finds.
type neighbours chan<- peer.AddrInfo

// HandlePeerFound is called by mDNS, in a goroutine for each answer. Only
// addresses that a neighbour can have are dialled: else anybody on the local
// network could have us call an address of their choice.
func (n neighbours) HandlePeerFound(p peer.AddrInfo) {
	p.Addrs = ma.FilterAddrs(p.Addrs, func(a ma.Multiaddr) bool {
		return manet.IsPrivateAddr(a) || manet.IsIPLoopback(a) || manet.IsIP6LinkLocal(a)
	})
	if len(p.Addrs) == 0 {
		return
	}
	select {
	case n <- p:
	default: // a crowd: mDNS asks again
	}
}
