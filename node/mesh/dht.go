package mesh

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	golog "github.com/ipfs/go-log/v2"
	kad "github.com/libp2p/go-libp2p-kad-dht"
	kadpb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p-kad-dht/records"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"github.com/multiformats/go-multihash"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
)

// DHT says in which distributed hash table a node finds peers.
type DHT string

// The choices of [Config.DHT].
const (
	DHTOff    DHT = ""       // in none
	DHTOwn    DHT = "own"    // in that of the network itself (SPEC 12.4)
	DHTPublic DHT = "public" // in the one that IPFS uses
)

const (
	kadPrefix   protocol.ID = "/votive"
	kadProtocol             = kadPrefix + "/kad/1.0.0" // SPEC 12.4

	maxBootstrap = 16

	// The DHT is opened a little after the start, which is quicker without it.
	dhtDelay = 2 * time.Second

	// While there are few peers they are looked for: at once when there is
	// somebody to ask, after a minute, then ever more rarely, and never more
	// often than the limiter lets through, whatever peers do.
	dhtAsk      = 5 * time.Second // until there is somebody to ask
	dhtFirst    = time.Minute
	dhtLast     = 30 * time.Minute
	dhtTimeout  = 30 * time.Second
	dhtFound    = 20 // peers taken from one lookup
	dhtDials    = 8  // of which so many are dialled
	dhtPerHour  = 12
	dhtAtOnce   = 4
	dhtProvide  = 3 * time.Hour // how often a keeper says that it is there
	dhtRefresh  = time.Hour     // how often a keeper's routing table is mended
	dhtValidity = 24 * time.Hour

	// Of one network, a /16 or in IPv6 a /32, so many are let into the routing
	// table, into one bucket of it, and into a day's records.
	groupTable   = 16
	groupBucket  = 8
	groupRecords = 8
	maxRecords   = 256 // providers of one day

	// What one peer may ask of a server.
	maxAskStreams        = 64
	maxAskStreamsPerPeer = 2
)

var (
	askBudget = Budget{Rate: 5, Burst: 60}

	// noSuchRequest is a type that the DHT does not know, and closes the
	// stream for.
	noSuchRequest = kadpb.Message_MessageType(-1)
)

// hushDHT stops the DHT from logging peers to stderr, and takes the addresses
// out that its package brings along: a node calls whom its person named.
var hushDHT = sync.OnceFunc(func() {
	kad.DefaultBootstrapPeers = nil
	for _, name := range []string{
		"dht", "dht.pb", "dht/RtRefreshManager", "dht/RtDiversityFilter", "dht/netsize",
		"diversityFilter", "ipns", "providers", "table",
	} {
		if err := golog.SetLogLevel(name, "fatal"); err != nil {
			panic(err) // a mistake in the level's name
		}
	}
})

// finder finds peers in a DHT. It is made by Open; the DHT under it is opened
// by Run.
type finder struct {
	m         *Mesh
	bootstrap []peer.AddrInfo
	limit     *rate.Limiter
	kad       atomic.Pointer[kad.IpfsDHT]

	mu     sync.Mutex
	budget budget               // of those who ask us
	told   map[uint16]attendees // whom a keeper may name, by day
}

// attendees are the providers of a day, and how many each network has.
type attendees struct {
	peers  map[PeerID]netip.Prefix
	groups map[netip.Prefix]int
}

// openFinder checks what was configured.
func (m *Mesh) openFinder() error {
	switch m.cfg.DHT {
	case DHTOff:
		return nil
	case DHTOwn, DHTPublic:
	default:
		return fmt.Errorf("mesh: DHT %q, want off, own or public", m.cfg.DHT)
	}
	if m.cfg.Rendezvous == nil {
		return errors.New("mesh: a DHT needs Rendezvous")
	}
	bootstrap, err := parsePeers(m.cfg.Bootstrap)
	if err != nil {
		return err
	}
	if len(bootstrap) > maxBootstrap {
		return fmt.Errorf("mesh: %d peers to begin with, want at most %d", len(bootstrap), maxBootstrap)
	}
	for _, p := range bootstrap {
		if !ed25519Peer(p.ID) {
			return fmt.Errorf("mesh: peer %s to begin with, want one with an Ed25519 key, 12D3…", p.ID)
		}
	}
	if m.cfg.DHT == DHTPublic && len(bootstrap) == 0 {
		return errors.New("mesh: the public DHT needs a peer to begin with, and votive brings none along")
	}
	m.finder = &finder{
		m: m, bootstrap: bootstrap, budget: newBudget(askBudget), told: make(map[uint16]attendees),
		limit: rate.NewLimiter(rate.Every(time.Hour/dhtPerHour), dhtAtOnce),
	}
	return nil
}

// find opens the DHT and uses it until ctx ends.
func (f *finder) find(ctx context.Context) error {
	if f == nil || !pause(ctx, jitter(dhtDelay)) {
		return ctx.Err()
	}
	hushDHT()
	d, err := kad.New(teller{f.m.host, tellingStore{f.m.host.Peerstore(), f}}, f.options()...)
	if err != nil {
		return fmt.Errorf("mesh: DHT: %w", err)
	}
	f.kad.Store(d)
	defer func() {
		f.kad.Store(nil)
		_ = d.Close() // it says only that ctx ended
	}()
	if err := d.Bootstrap(ctx); err != nil {
		return fmt.Errorf("mesh: DHT: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return f.look(ctx, d) })
	if f.m.cfg.Keeper {
		g.Go(func() error { return f.provide(ctx, d) })
	}
	return g.Wait()
}

// options for a DHT that only asks, except for a keeper in the network's own:
// there it serves. Nobody else ever does, not even who finds that it could be
// reached: that would be for others to make us believe, and would have us listed
// without being asked.
func (f *finder) options() []kad.Option {
	opts := []kad.Option{
		kad.BootstrapPeers(f.bootstrap...),
		kad.AddressFilter(callable),
		kad.QueryFilter(func(_ any, p peer.AddrInfo) bool { return ed25519Peer(p.ID) && len(callable(p.Addrs)) > 0 }),
		kad.RoutingTablePeerDiversityFilter(kad.NewRTPeerDiversityFilter(f.m.host, groupBucket, groupTable)),
	}
	if f.m.cfg.DHT == DHTPublic {
		return append(opts, kad.Mode(kad.ModeClient), kad.DisableAutoRefresh())
	}
	opts = append(opts,
		kad.ProtocolPrefix(kadPrefix),
		kad.DisableValues(),
		kad.ProviderManagerOpts(records.ProvideValidity(dhtValidity), records.ProviderAddrTTL(dhtValidity)),
	)
	if !f.m.cfg.Keeper {
		return append(opts, kad.Mode(kad.ModeClient), kad.DisableAutoRefresh())
	}
	return append(opts, kad.Mode(kad.ModeServer), kad.RoutingTableRefreshPeriod(dhtRefresh), kad.OnRequestHook(f.admit))
}

// key is the rendezvous of a moment's day (SPEC 12.2).
func (f *finder) key(at time.Time) cid.Cid {
	return cid.NewCidV1(cid.Raw, multihash.Multihash(f.m.cfg.Rendezvous(at)))
}

// look looks for peers while there are few.
func (f *finder) look(ctx context.Context, d *kad.IpfsDHT) error {
	for wait := dhtFirst; ; {
		next := wait
		switch {
		case f.m.roster.size() >= fewPeers:
			wait, next = dhtFirst, dhtFirst
		case d.RoutingTable().Size() == 0:
			next = dhtAsk
		case f.limit.Allow():
			f.lookOnce(ctx, d)
			wait = min(2*wait, dhtLast)
		}
		if !pause(ctx, jitter(next)) {
			return ctx.Err()
		}
	}
}

func (f *finder) lookOnce(ctx context.Context, d *kad.IpfsDHT) {
	var dials errgroup.Group
	dials.SetLimit(seekAtAll)
	defer func() { _ = dials.Wait() }() // they return nothing
	ask, cancel := context.WithTimeout(ctx, dhtTimeout)
	defer cancel()
	left := dhtDials
	for p := range d.FindProvidersAsync(ask, f.key(time.Now()), dhtFound) {
		p.Addrs = callable(p.Addrs)
		if left == 0 || p.ID == f.m.host.ID() || len(p.Addrs) == 0 || !ed25519Peer(p.ID) ||
			f.m.host.Network().Connectedness(p.ID) == network.Connected {
			continue
		}
		left--
		dials.Go(func() error {
			if f.m.roster.size() >= fewPeers {
				return nil
			}
			if err := f.m.connect(ctx, p); err != nil {
				f.m.log.Debug("mesh: peer of the DHT not reached", "peer", p.ID, "err", err)
				return nil
			}
			f.m.origins.note(p.ID, fromDHT)
			return nil
		})
	}
}

// provide says that this keeper is there (SPEC 12.3).
func (f *finder) provide(ctx context.Context, d *kad.IpfsDHT) error {
	for {
		next := dhtProvide
		if d.RoutingTable().Size() == 0 {
			next = dhtFirst // there was nobody to tell yet
		}
		for _, key := range f.here(time.Now()) {
			tell, cancel := context.WithTimeout(ctx, dhtTimeout)
			err := d.Provide(tell, key, true)
			cancel()
			if err != nil {
				f.m.log.Debug("mesh: not told to the DHT", "err", err)
			}
		}
		if !pause(ctx, jitter(next)) {
			return ctx.Err()
		}
	}
}

// here is the keys to be found under.
func (f *finder) here(now time.Time) []cid.Cid {
	keys := []cid.Cid{f.key(now.Add(-12 * time.Hour)), f.key(now.Add(12 * time.Hour))}
	if keys[0] == keys[1] {
		return keys[:1]
	}
	return keys
}

// admit sees a request before the DHT does, and spoils what is not to be
// answered: the DHT then closes the stream. Called at the same time from every
// stream's goroutine.
func (f *finder) admit(_ context.Context, s network.Stream, req *kadpb.Message) {
	from := s.Conn().RemotePeer()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.budget.take(from) {
		req.Type = noSuchRequest
		return
	}
	if req.GetType() != kadpb.Message_ADD_PROVIDER {
		return
	}
	ip, err := manet.ToIP(s.Conn().RemoteMultiaddr())
	if err != nil || !f.enlist(from, ip, req.GetKey(), time.Now()) {
		req.Type = noSuchRequest
	}
}

// enlist reports whether a peer may be a provider under a key, and counts it.
// The caller holds mu.
func (f *finder) enlist(id PeerID, ip []byte, key []byte, now time.Time) bool {
	day, ok := f.open(key, now)
	if !ok {
		return false
	}
	group, ok := networkOf(ip)
	if !ok {
		return false
	}
	if _, known := day.peers[id]; known {
		return true
	}
	if len(day.peers) >= maxRecords || day.groups[group] >= groupRecords {
		return false
	}
	day.peers[id] = group
	day.groups[group]++
	return true
}

// slack is how far a provider's day may be from this clock (SPEC 12.4).
const slack = 36 * time.Hour

// open gives the attendees of the day whose key this is, if it is near enough,
// and forgets those of days that are not. The caller holds mu.
func (f *finder) open(key []byte, now time.Time) (attendees, bool) {
	near := make(map[uint16]bool)
	var found attendees
	for at := now.Add(-slack); !at.After(now.Add(slack)); at = at.Add(12 * time.Hour) {
		day := dayOf(at)
		near[day] = true
		if string(f.m.cfg.Rendezvous(at)) != string(key) {
			continue
		}
		if f.told[day].peers == nil {
			f.told[day] = attendees{make(map[PeerID]netip.Prefix), make(map[netip.Prefix]int)}
		}
		found = f.told[day]
	}
	for day := range f.told {
		if !near[day] {
			delete(f.told, day)
		}
	}
	return found, found.peers != nil
}

// dayOf numbers days, only to tell them apart.
func dayOf(t time.Time) uint16 { return uint16(t.Unix() / 86400) }

// networkOf is the part of an address that whoever has many of them shares.
func networkOf(ip []byte) (netip.Prefix, bool) {
	a, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Prefix{}, false
	}
	bits := 32
	if a = a.Unmap(); a.Is4() {
		bits = 16
	}
	p, err := a.Prefix(bits)
	return p, err == nil
}

// mayTell reports whether others may be told where a peer is (SPEC 12.4).
func (f *finder) mayTell(id PeerID) bool {
	if id == f.m.host.ID() {
		return true
	}
	if d := f.kad.Load(); d != nil && d.RoutingTable().Find(id) != "" {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, day := range f.told {
		if _, ok := day.peers[id]; ok {
			return true
		}
	}
	return false
}

// callable is the addresses at which a stranger may have us call, or that we
// may tell one: public, of the peer itself, by a transport that we have, and
// without a name to be resolved (SPEC 12.5).
func callable(addrs []ma.Multiaddr) []ma.Multiaddr {
	const most = 8
	out := make([]ma.Multiaddr, 0, min(len(addrs), most))
	for _, a := range addrs {
		if len(out) < most && plainAddr(a) && manet.IsPublicAddr(a) {
			out = append(out, a)
		}
	}
	return out
}

// plainAddr reports whether an address is IP with QUIC or TCP and nothing else.
func plainAddr(a ma.Multiaddr) bool {
	var codes []int
	for _, c := range a {
		codes = append(codes, c.Protocol().Code)
	}
	switch {
	case len(codes) < 2, codes[0] != ma.P_IP4 && codes[0] != ma.P_IP6:
		return false
	case len(codes) == 2:
		return codes[1] == ma.P_TCP
	}
	return len(codes) == 3 && codes[1] == ma.P_UDP && codes[2] == ma.P_QUIC_V1
}

// teller is the host as the DHT sees it: with a peerstore that does not give
// away what others are not to know. Asked for any peer, the DHT would name all
// addresses that we know of it, those on the local network included.
type teller struct {
	host.Host
	store tellingStore
}

func (t teller) Peerstore() peerstore.Peerstore { return t.store }

type tellingStore struct {
	peerstore.Peerstore
	f *finder
}

// PeerInfo is what the DHT tells of a peer.
func (s tellingStore) PeerInfo(id PeerID) peer.AddrInfo {
	info := s.Peerstore.PeerInfo(id)
	if !s.f.mayTell(id) {
		info.Addrs = nil
	}
	info.Addrs = callable(info.Addrs)
	return info
}

// tableSize is how many servers the DHT knows.
func (f *finder) tableSize() int {
	if f == nil {
		return 0
	}
	if d := f.kad.Load(); d != nil {
		return d.RoutingTable().Size()
	}
	return 0
}
