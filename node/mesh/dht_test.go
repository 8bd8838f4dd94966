package mesh

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	kad "github.com/libp2p/go-libp2p-kad-dht"
	kadpb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-msgio"
	ma "github.com/multiformats/go-multiaddr"
	"google.golang.org/protobuf/proto"
)

// rendezvous is a key of the day, as SPEC 12.2 makes one.
func rendezvous(at time.Time) []byte {
	key := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/86400)))
	return append([]byte{0x12, 32}, key[:]...)
}

func inDHT(keeper bool, bootstrap ...string) func(*Config) {
	return func(cfg *Config) {
		cfg.DHT, cfg.Keeper, cfg.Bootstrap, cfg.Rendezvous = DHTOwn, keeper, bootstrap, rendezvous
	}
}

// SPEC 12.3: who knows one keeper finds the others, through the network's own
// DHT and nothing else, and is found by nobody.
func TestDHT(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.open(inDHT(true))
		keepers := []*node{first}
		for range 4 {
			keepers = append(keepers, w.open(inDHT(true, first.addr)))
		}
		settle(10 * time.Minute)
		alone := w.open(func(cfg *Config) { cfg.Cached = []string{first.addr} })
		newcomer := w.open(inDHT(false, first.addr))
		settle(time.Minute)
		for i, k := range keepers {
			if !newcomer.connected(k) {
				t.Errorf("the newcomer has not found keeper %d", i)
			}
		}
		if got, want := newcomer.State().FromDHT, len(keepers)-1; got < want {
			t.Errorf("%d peers from the DHT, want %d", got, want)
		}
		if got := newcomer.State().Table; got == 0 {
			t.Error("the newcomer's routing table is empty")
		}
		if got := len(alone.Peers()); got != 1 {
			t.Errorf("without the DHT a newcomer has %d peers, want 1", got)
		}
		other := w.open(inDHT(false, first.addr))
		settle(10 * time.Minute)
		if newcomer.connected(other) {
			t.Error("two who serve nobody have found each other")
		}
		if known, err := first.host.Peerstore().SupportsProtocols(newcomer.ID(), kadProtocol); err != nil || len(known) != 0 {
			t.Errorf("a node that is no keeper serves the DHT: %v", err)
		}
		w.publish(newcomer, frame(1))
		settle(10 * time.Second)
		if got := other.count(frame(1)); got != 1 {
			t.Errorf("the frame came %d times, want once", got)
		}
	})
}

// SPEC 12.3: clocks that differ by hours do not keep peers apart.
func TestRendezvousAcrossDays(t *testing.T) {
	f := &finder{m: &Mesh{cfg: Config{Rendezvous: rendezvous}}}
	midnight := time.Date(2027, 6, 4, 0, 0, 0, 0, time.UTC)
	for at := midnight; at.Before(midnight.Add(48 * time.Hour)); at = at.Add(time.Hour) {
		keys := f.here(at)
		if len(keys) != 2 {
			t.Errorf("at %v found under %d keys, want 2", at, len(keys))
		}
		for _, apart := range []time.Duration{0, -12*time.Hour + 1, 12*time.Hour - 1} {
			if !slices.Contains(keys, f.key(at.Add(apart))) {
				t.Errorf("at %v not found by who is %v apart", at, apart)
			}
		}
	}
	if want := rendezvous(midnight); !bytes.Equal(f.key(midnight).Hash(), want) {
		t.Errorf("key is %x, want %x", []byte(f.key(midnight).Hash()), want)
	}
}

// stranger is a bare host that speaks the DHT's protocol by hand.
type stranger struct {
	*raw
	to *node
}

func (w *world) stranger(n *node) stranger { return stranger{w.raw(n, testTopic), n} }

// ask sends a request and gives the answer, nil where there is none.
func (s stranger) ask(req *kadpb.Message) *kadpb.Message {
	s.t.Helper()
	out, err := s.NewStream(s.t.Context(), s.to.ID(), kadProtocol)
	if err != nil {
		s.t.Fatalf("NewStream() = %v", err)
	}
	defer func() { _ = out.Reset() }()
	b, err := proto.Marshal(req)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := msgio.NewVarintWriter(out).WriteMsg(b); err != nil {
		return nil
	}
	if err := out.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	b, err = msgio.NewVarintReaderSize(out, network.MessageSizeMax).ReadMsg()
	if err != nil {
		return nil
	}
	answer := new(kadpb.Message)
	if err := proto.Unmarshal(b, answer); err != nil {
		s.t.Fatal(err)
	}
	return answer
}

func (s stranger) provide(key []byte, addrs ...string) {
	s.t.Helper()
	self := peer.AddrInfo{ID: s.ID()}
	for _, a := range addrs {
		self.Addrs = append(self.Addrs, ma.StringCast(a))
	}
	req := kadpb.NewMessage(kadpb.Message_ADD_PROVIDER, key, 0)
	req.ProviderPeers = kadpb.RawPeerInfosToPBPeers([]peer.AddrInfo{self})
	s.ask(req)
}

func (s stranger) providers(key []byte) []*kadpb.Message_Peer {
	s.t.Helper()
	return s.ask(kadpb.NewMessage(kadpb.Message_GET_PROVIDERS, key, 0)).GetProviderPeers()
}

// SPEC 12.4: a keeper keeps records of the rendezvous of days near its own, and
// nothing else that strangers would like kept.
func TestDHTRefuses(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.open(inDHT(true))
		settle(time.Minute)
		s := w.stranger(keeper)
		now := time.Now()
		const addr = "/ip4/8.8.8.8/udp/1/quic-v1"
		for _, tt := range []struct {
			name  string
			key   []byte
			taken bool
		}{
			{"today", rendezvous(now), true},
			{"a day ago", rendezvous(now.Add(-24 * time.Hour)), true},
			{"in a day", rendezvous(now.Add(24 * time.Hour)), true},
			{"three days ago", rendezvous(now.Add(-72 * time.Hour)), false},
			{"in three days", rendezvous(now.Add(72 * time.Hour)), false},
			{"anything", append([]byte{0x12, 32}, frame(1)[:32]...), false},
			{"short", []byte{1}, false},
		} {
			s.provide(tt.key, addr)
			settle(time.Second)
			found := slices.ContainsFunc(s.providers(tt.key), func(p *kadpb.Message_Peer) bool { return string(p.GetId()) == string(s.ID()) })
			if found != tt.taken {
				t.Errorf("%s: kept = %v, want %v", tt.name, found, tt.taken)
			}
		}
		req := kadpb.NewMessage(kadpb.Message_PUT_VALUE, []byte("/pk/x"), 0)
		if got := s.ask(req); got != nil {
			t.Errorf("a value was taken: %v", got)
		}
		if got := s.ask(kadpb.NewMessage(kadpb.Message_GET_VALUE, []byte("/pk/x"), 0)); got != nil {
			t.Errorf("a value was asked for, and there was an answer: %v", got)
		}
	})
}

// A peer that asks without end is not answered without end.
func TestDHTBudget(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.open(inDHT(true))
		settle(time.Minute)
		s := w.stranger(keeper)
		answered := 0
		for range 3 * askBudget.Burst {
			if s.ask(kadpb.NewMessage(kadpb.Message_PING, nil, 0)) != nil {
				answered++
			}
		}
		if answered < askBudget.Burst || answered == 3*askBudget.Burst {
			t.Errorf("%d of %d requests answered, want %d and not all", answered, 3*askBudget.Burst, askBudget.Burst)
		}
		if w.stranger(keeper).ask(kadpb.NewMessage(kadpb.Message_PING, nil, 0)) == nil {
			t.Error("another peer is not answered")
		}
	})
}

// What strangers fill of a day's records is bounded, and one network gets no
// more than its part.
func TestDHTRecordsAreBounded(t *testing.T) {
	f := &finder{m: &Mesh{cfg: Config{Rendezvous: rendezvous}}, told: make(map[uint16]attendees)}
	now := time.Date(2027, 6, 4, 12, 0, 0, 0, time.UTC)
	id := func(i int) PeerID { return PeerID(fmt.Sprint(i)) }
	enlisted := func(ip func(i int) net.IP, at time.Time) (n int) {
		for i := range 4 * maxRecords {
			if f.enlist(id(i), ip(i), rendezvous(at), at) {
				n++
			}
		}
		return n
	}
	if got := enlisted(func(i int) net.IP { return net.IPv4(1, 2, byte(i>>8), byte(i)) }, now); got != groupRecords {
		t.Errorf("%d records from one network, want %d", got, groupRecords)
	}
	if !f.enlist(id(0), net.IPv4(1, 2, 0, 0), rendezvous(now), now) {
		t.Error("who has a record may not renew it")
	}
	everywhere := func(i int) net.IP { return net.IPv4(byte(11+i%100), byte(i/100), 0, 1) }
	if got := enlisted(everywhere, now); got < maxRecords-groupRecords || got > maxRecords {
		t.Errorf("%d records, want %d at most", got, maxRecords)
	}
	for d := range 10 {
		enlisted(everywhere, now.AddDate(0, 0, d+1))
	}
	if got, most := len(f.told), 2*int(slack/(24*time.Hour))+3; got > most {
		t.Errorf("records of %d days are kept, want %d at most", got, most)
	}
}

// SPEC 12.5: no address that is not public leaves by the DHT, neither a
// keeper's own nor one it knows; nor that of a peer that only listens.
func TestDHTTellsNoLocalAddress(t *testing.T) {
	inWorld(t, func(w *world) {
		keeper := w.open(inDHT(true))
		server := w.open(inDHT(true, keeper.addr))
		client := w.open(inDHT(false, keeper.addr))
		settle(10 * time.Minute)
		local := ma.StringCast("/ip4/192.168.1.7/udp/1/quic-v1")
		for _, n := range []*node{server, client} {
			keeper.host.Peerstore().AddAddr(n.ID(), local, time.Hour)
		}
		s := w.stranger(keeper)
		s.provide(rendezvous(time.Now()), "/ip4/10.1.2.3/tcp/1", "/dns4/example.org/tcp/1", "/ip4/127.0.0.1/tcp/1")
		keeper.host.Peerstore().AddAddr(s.ID(), local, time.Hour)
		settle(time.Second)
		told := s.providers(rendezvous(time.Now()))
		for _, id := range []PeerID{server.ID(), client.ID(), keeper.ID(), s.ID()} {
			req := kadpb.NewMessage(kadpb.Message_FIND_NODE, []byte(id), 0)
			told = append(told, s.ask(req).GetCloserPeers()...)
		}
		served := false
		for _, p := range told {
			for _, a := range p.Addresses() {
				if len(callable([]ma.Multiaddr{a})) == 0 {
					t.Errorf("told %s", a)
				}
				served = served || string(p.GetId()) == string(server.ID())
				if string(p.GetId()) == string(client.ID()) {
					t.Errorf("told %s of a peer that only listens", a)
				}
			}
		}
		if !served {
			t.Error("told no address of the other keeper")
		}
	})
}

// SPEC 12.5: whatever a keeper answers, nobody calls the local network for it,
// or asks for names. SPEC 12.1: what it is asked for is the same for all.
func TestDHTDialsNoLocalAddress(t *testing.T) {
	inWorld(t, func(w *world) {
		addr, opts := w.place()
		trap := start(w.t, func(cfg *Config) { cfg.Listen, cfg.Options, cfg.NoProbe = []string{addr}, opts, true })
		victims := []ma.Multiaddr{
			ma.StringCast("/ip4/192.168.1.7/udp/1/quic-v1"),
			ma.StringCast("/ip4/127.0.0.1/tcp/1"),
			ma.StringCast("/ip4/169.254.169.254/tcp/80"),
			ma.StringCast("/ip6/fe80::1/tcp/1"),
			ma.StringCast("/dns4/example.org/udp/1/quic-v1"),
			ma.StringCast("/dnsaddr/example.org"),
		}
		ids := make([]PeerID, len(victims))
		for i := range ids {
			id, err := peer.IDFromPrivateKey(newKey(t))
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = id
		}
		answered := false
		today := rendezvous(time.Now())
		trap.host.SetStreamHandler(kadProtocol, func(s network.Stream) {
			in, out := msgio.NewVarintReaderSize(s, network.MessageSizeMax), msgio.NewVarintWriter(s)
			for {
				b, err := in.ReadMsg()
				if err != nil {
					return
				}
				req := new(kadpb.Message)
				if proto.Unmarshal(b, req) != nil {
					return
				}
				var peers []peer.AddrInfo
				for i, a := range victims {
					peers = append(peers, peer.AddrInfo{ID: ids[i], Addrs: []ma.Multiaddr{a}})
				}
				answer := kadpb.NewMessage(req.GetType(), req.GetKey(), 0)
				answer.CloserPeers = kadpb.RawPeerInfosToPBPeers(peers)
				if req.GetType() == kadpb.Message_GET_PROVIDERS {
					if !bytes.Equal(req.GetKey(), today) {
						w.t.Errorf("asked for %x, want %x", req.GetKey(), today)
					}
					answer.ProviderPeers = answer.CloserPeers
					answered = true
				}
				b, err = proto.Marshal(answer)
				if err != nil || out.WriteMsg(b) != nil {
					return
				}
			}
		})
		n := w.open(inDHT(false, trap.addr))
		for range 120 { // an address that is taken in is dialled within seconds, and forgotten in minutes
			settle(time.Second)
			for i, id := range ids {
				if got := n.host.Peerstore().Addrs(id); len(got) != 0 {
					t.Fatalf("%s was taken in as %v", victims[i], got)
				}
			}
		}
		if !answered {
			t.Fatal("the trap was not asked")
		}
	})
}

func TestCallable(t *testing.T) {
	for _, tt := range []struct {
		addr string
		want bool
	}{
		{"/ip4/8.8.8.8/udp/1/quic-v1", true},
		{"/ip6/2001:4860:4860::8888/tcp/1", true},
		{"/ip4/8.8.8.8/tcp/1/ws", false},
		{"/ip4/8.8.8.8/udp/1/quic-v1/webtransport", false},
		{"/ip4/8.8.8.8/udp/1", false},
		{"/ip4/8.8.8.8", false},
		{"/ip4/8.8.8.8/udp/1/quic-v1/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5/p2p-circuit", false},
		{"/ip6zone/eth0/ip6/fe80::1/tcp/1", false},
		{"/ip4/192.168.1.7/tcp/1", false},
		{"/dns4/example.org/tcp/1", false},
	} {
		if got := len(callable([]ma.Multiaddr{ma.StringCast(tt.addr)})) == 1; got != tt.want {
			t.Errorf("callable(%s) = %v, want %v", tt.addr, got, tt.want)
		}
	}
	many := slices.Repeat([]ma.Multiaddr{ma.StringCast("/ip4/8.8.8.8/tcp/1")}, 100)
	if got := len(callable(many)); got != 8 {
		t.Errorf("%d addresses of one peer, want 8", got)
	}
}

// Nobody is called whom no person named: the public DHT needs peers to begin
// with, and the addresses that its package brings along are taken out.
func TestDHTBringsNoAddress(t *testing.T) {
	hushDHT()
	if n := len(kad.DefaultBootstrapPeers); n != 0 {
		t.Errorf("%d peers are compiled in", n)
	}
	rsa := "/ip4/192.0.2.7/tcp/1/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN"
	var many []string
	for i := range maxBootstrap + 1 {
		id, err := peer.IDFromPrivateKey(newKey(t))
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, fmt.Sprintf("/ip4/192.0.2.7/tcp/%d/p2p/%v", i+1, id))
	}
	for _, tt := range []struct {
		name   string
		change func(*Config)
	}{
		{"public, nobody to begin with", func(c *Config) { c.DHT = DHTPublic }},
		{"unknown", func(c *Config) { c.DHT = "tor" }},
		{"no rendezvous", func(c *Config) { c.DHT, c.Rendezvous = DHTOwn, nil }},
		{"no address", func(c *Config) { c.DHT, c.Bootstrap = DHTOwn, []string{"x"} }},
		{"RSA", func(c *Config) { c.DHT, c.Bootstrap = DHTOwn, []string{rsa} }},
		{"too many", func(c *Config) { c.DHT, c.Bootstrap = DHTOwn, many }},
	} {
		cfg := Config{
			Topic: testTopic, FrameSize: testSize, FrameID: frameID, Verdict: (&heard{}).verdict, NoProbe: true,
			Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Rendezvous: rendezvous,
		}
		tt.change(&cfg)
		if m, err := Open(cfg); err == nil {
			t.Errorf("%s: Open() = nil, want an error", tt.name)
			m.Close()
		}
	}
}

// In the public DHT a node asks, and serves nobody, keeper or not.
func TestPublicDHT(t *testing.T) {
	inWorld(t, func(w *world) {
		addr, opts := w.place()
		trap := start(w.t, func(cfg *Config) { cfg.Listen, cfg.Options, cfg.NoProbe = []string{addr}, opts, true })
		ipfs, err := kad.New(trap.host, kad.Mode(kad.ModeServer))
		if err != nil {
			t.Fatal(err)
		}
		defer ipfs.Close()
		public := func(keeper bool) *node {
			return w.open(func(cfg *Config) {
				inDHT(keeper, trap.addr)(cfg)
				cfg.DHT = DHTPublic
			})
		}
		keeper := public(true)
		settle(10 * time.Minute)
		n := public(false)
		settle(10 * time.Minute)
		if !n.connected(keeper) {
			t.Error("the keeper was not found in the public DHT")
		}
		if known, err := serves(trap.host, keeper.ID(), kad.DefaultPrefix+"/kad/1.0.0"); err != nil || known {
			t.Errorf("a keeper serves the public DHT: %v", err)
		}
	})
}

func serves(h host.Host, id PeerID, proto ...protocol.ID) (bool, error) {
	known, err := h.Peerstore().SupportsProtocols(id, proto...)
	return len(known) > 0, err
}
