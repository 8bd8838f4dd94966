package mesh

import (
	"bytes"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"google.golang.org/protobuf/proto"
)

// spoken is a stream whose other end has said everything already.
type spoken struct {
	network.Stream // nil: nothing else of it is used
	said           io.Reader
	wrote          bytes.Buffer
}

func (s *spoken) Read(p []byte) (int, error)  { return s.said.Read(p) }
func (s *spoken) Write(p []byte) (int, error) { return s.wrote.Write(p) }
func (s *spoken) SetDeadline(time.Time) error { return nil }

// FuzzPin has the fuzzer say whether it has pinned us. Whatever it says, it
// learns no more than whether we have pinned it, and only who says 1 has pinned
// us. SPEC 12.6.
func FuzzPin(f *testing.F) {
	f.Add([]byte{1}, true, true)
	f.Fuzz(func(t *testing.T, said []byte, pinned, first bool) {
		m := &Mesh{}
		want := []byte{0}
		if pinned {
			m.pins.all = map[PeerID]peer.AddrInfo{"peer": {}}
			want[0] = 1
		}
		if len(said) == 0 && !first {
			want = nil // who dialled says it first
		}
		left := bytes.NewReader(said)
		s := &spoken{said: left}
		theirs, err := m.swapPins(s, "peer", first)
		if (err == nil) != (len(said) > 0) || theirs != (len(said) > 0 && said[0] == 1) {
			t.Errorf("swapPins(%x) = %v, %v", said, theirs, err)
		}
		if !bytes.Equal(s.wrote.Bytes(), want) {
			t.Errorf("swapPins(%x), pinned %v, first %v wrote %x, want %x", said, pinned, first, s.wrote.Bytes(), want)
		}
		if read := len(said) - left.Len(); read > 1 {
			t.Errorf("swapPins(%x) read %d bytes, want 1", said, read)
		}
	})
}

// FuzzAddresses has the fuzzer name addresses, as peers do in the DHT and mDNS,
// each behind a byte that says how long it is.
func FuzzAddresses(f *testing.F) {
	f.Add(wireAddrs(f, "/ip4/1.2.3.4/tcp/4001", "/ip6/2600::1/udp/4001/quic-v1", "/ip4/127.0.0.1/tcp/1"))
	f.Fuzz(func(t *testing.T, said []byte) {
		var all []ma.Multiaddr
		for len(said) > 0 {
			n := min(int(said[0]), len(said)-1)
			if a, err := ma.NewMultiaddrBytes(said[1 : 1+n]); err == nil {
				all = append(all, a)
			}
			said = said[1+n:]
		}
		had := slices.Clone(all)
		out := callable(all)
		if len(out) > 8 || !slices.EqualFunc(had, all, ma.Multiaddr.Equal) {
			t.Errorf("callable(%v) = %d addresses, and left %v", had, len(out), all)
		}
		for _, a := range out {
			ip, err := manet.ToIP(a)
			if err != nil || !manet.IsPublicAddr(a) || ip.IsLoopback() || ip.IsPrivate() || ip.IsMulticast() || isRelayed(a) {
				t.Errorf("callable gives %v, %v, want a public address of the peer itself", a, err)
			}
			for _, named := range []int{ma.P_DNS, ma.P_DNS4, ma.P_DNS6, ma.P_DNSADDR, ma.P_P2P} {
				if _, err := a.ValueForProtocol(named); err == nil {
					t.Errorf("callable gives %v, which somebody else would have to resolve", a)
				}
			}
			if !slices.ContainsFunc(had, a.Equal) {
				t.Errorf("callable gives %v, which nobody named", a)
			}
		}
		for _, a := range tellable(all) {
			if !manet.IsPublicAddr(a) {
				t.Errorf("tellable gives %v, which is not public", a)
			}
		}
		met := make(chan peer.AddrInfo, 1)
		neighbours(met).HandlePeerFound(peer.AddrInfo{ID: "peer", Addrs: slices.Clone(all)})
		if len(met) > 0 {
			for _, a := range (<-met).Addrs {
				if manet.IsPublicAddr(a) {
					t.Errorf("a neighbour is called at %v, which is elsewhere", a)
				}
			}
		}
	})
}

// wireAddrs is addresses as FuzzAddresses reads them.
func wireAddrs(f *testing.F, addrs ...string) []byte {
	f.Helper()
	var out []byte
	for _, s := range addrs {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			f.Fatal(err)
		}
		out = append(append(out, byte(len(a.Bytes()))), a.Bytes()...)
	}
	return out
}

// FuzzProvider has the fuzzer say to a keeper that it is there: under any key,
// from any address, at any time of the keeper. SPEC 12.4.
func FuzzProvider(f *testing.F) {
	now := time.Date(2027, 6, 4, 12, 0, 0, 0, time.UTC)
	f.Add(rendezvous(now), []byte(net.IPv4(1, 2, 3, 4).To4()), int32(0))
	f.Add(rendezvous(now), []byte(net.ParseIP("2600::1")), int32(3*86400))
	f.Fuzz(func(t *testing.T, key, ip []byte, later int32) {
		at := now.Add(time.Duration(later) * time.Second)
		d := &finder{m: &Mesh{cfg: Config{Rendezvous: rendezvous}}, told: make(map[uint16]attendees)}
		near := false
		for day := at.Add(-slack); !day.After(at.Add(slack)); day = day.Add(time.Hour) {
			near = near || bytes.Equal(rendezvous(day), key)
		}
		_, known := networkOf(ip)
		for range 2 {
			if got := d.enlist("peer", ip, key, at); got != (near && known) {
				t.Errorf("enlist(%x, %x) at %v = %v, want %v", ip, key, at, got, near && known)
			}
		}
		if len(d.told) > 1 || len(d.told) == 1 && !near {
			t.Errorf("enlist(%x, %x) at %v keeps %d days", ip, key, at, len(d.told))
		}
		for _, day := range d.told {
			if len(day.peers) > 1 || len(day.groups) > 1 {
				t.Errorf("enlist(%x, %x) at %v, twice, counts %d peers of %d networks", ip, key, at, len(day.peers), len(day.groups))
			}
		}
	})
}

// FuzzInspect has the fuzzer send an RPC, which the inspector sees before
// gossipsub does anything with it. SPEC 2.10.
func FuzzInspect(f *testing.F) {
	const most = 3
	var many pb.RPC
	for range most + 2 {
		many.Publish = append(many.Publish, &pb.Message{Data: frame(1)[:8]})
	}
	topic := testTopic
	many.Control = &pb.ControlMessage{Ihave: []*pb.ControlIHave{{TopicID: &topic, MessageIDs: []string{"x"}}}}
	raw, err := proto.Marshal(&many)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, said []byte) {
		var rpc pubsub.RPC
		if proto.Unmarshal(said, &rpc.RPC) != nil {
			return
		}
		m := &Mesh{budget: newBudget(Budget{Rate: 1e-9, Burst: most})}
		sent := slices.Clone(rpc.Publish)
		if err := m.inspect("peer", &rpc); err != nil {
			t.Errorf("inspect(%x) = %v, want the rest of the RPC to count", said, err)
		}
		if want := min(len(sent), most); len(rpc.Publish) != want {
			t.Errorf("inspect(%x) leaves %d of %d messages, want %d", said, len(rpc.Publish), len(sent), want)
		}
		for i, msg := range rpc.Publish {
			if msg != sent[i] {
				t.Errorf("inspect(%x) moved message %d", said, i)
			}
			if n := len(msg.ProtoReflect().GetUnknown()); n > 0 {
				t.Errorf("inspect(%x) leaves %d bytes of fields that are not gossipsub's", said, n)
			}
		}
		asked := 0
		for _, have := range rpc.GetControl().GetIhave() {
			asked += len(have.GetMessageIDs())
		}
		if left := most - min(len(sent), most); asked > left {
			t.Errorf("inspect(%x) has a link asked for %d, want at most the %d that it may bring", said, asked, left)
		}
	})
}
