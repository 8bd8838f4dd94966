package mesh

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	mdnsService = "_votive._udp"
	mdnsLook    = time.Minute // how often our own addresses are looked at
	maxMet      = 16          // neighbours that wait to be dialled
)

// meetNeighbours finds the neighbours on the local network until ctx ends. A
// machine without a network, or one that moves to another, tries again.
func (m *Mesh) meetNeighbours(ctx context.Context) error {
	if !m.cfg.MDNS {
		return nil
	}
	for {
		err := m.meetHere(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue // the addresses have changed
		}
		m.deaf.Store(true)
		m.log.Debug("mesh: cannot look for neighbours", "again", mdnsLook, "err", err)
		if !pause(ctx, mdnsLook) {
			return ctx.Err()
		}
	}
}

// meetHere runs mDNS until our addresses change, and dials whom it finds, one
// after the other. mDNS goes on telling the addresses that it began with.
func (m *Mesh) meetHere(ctx context.Context) error {
	here, err := m.host.Network().InterfaceListenAddresses()
	if err != nil {
		return fmt.Errorf("mesh: own addresses: %w", err)
	}
	service := mdns.NewMdnsService(m.host, mdnsService, neighbours(m.met))
	defer func() { _ = service.Close() }() // it always returns nil
	if err := service.Start(); err != nil {
		return fmt.Errorf("mesh: mDNS: %w", err)
	}
	m.deaf.Store(false)
	look := time.NewTicker(mdnsLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			now, err := m.host.Network().InterfaceListenAddresses()
			if err == nil && !slices.EqualFunc(here, now, ma.Multiaddr.Equal) {
				return nil
			}
		case p := <-m.met:
			if m.host.Network().Connectedness(p.ID) == network.Connected {
				continue
			}
			if err := m.connect(ctx, p); err != nil {
				m.log.Debug("mesh: neighbour not reached", "peer", p.ID, "err", err)
				continue
			}
			m.origins.note(p.ID, fromNeighbours)
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
