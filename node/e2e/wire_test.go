package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	topic   = "/votive/1"         // SPEC 2.9
	catchup = "/votive/catchup/1" // SPEC 10.1
	meshsub = "/meshsub/1.1.0"
)

// The fields of gossipsub's messages, by number, as its specification has them.
const (
	rpcSubscription, rpcPublish, rpcControl = 1, 2, 3
	subOn, subTopic                         = 1, 2
	ctlGraft, graftTopic                    = 3, 1
	msgData, msgTopic                       = 2, 4
)

// stranger is a bare libp2p host that speaks gossipsub by hand.
type stranger struct {
	host.Host
	t    *testing.T
	to   peer.ID
	out  network.Stream
	rpcs chan []byte
}

// meets connects to a daemon at one of its addresses, and says that it wants
// what is published.
func meets(t *testing.T, addr string) *stranger {
	t.Helper()
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	to, err := peer.AddrInfoFromString(addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{Host: h, t: t, to: to.ID, rpcs: make(chan []byte, 1<<12)}
	h.SetStreamHandler(meshsub, s.read)
	identified, err := h.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		t.Fatal(err)
	}
	defer identified.Close()
	if err := h.Connect(t.Context(), *to); err != nil {
		t.Fatalf("Connect(%s) = %v", addr, err)
	}
	select {
	case <-identified.Out():
	case <-time.After(patience):
		t.Fatalf("%s did not say who it is within %v", addr, patience)
	}
	s.out = s.stream(meshsub)
	s.send(field(rpcSubscription, append(varint(subOn, 1), field(subTopic, []byte(topic))...)))
	s.send(field(rpcControl, field(ctlGraft, field(graftTopic, []byte(topic)))))
	return s
}

func field(num protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
}

func varint(num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
}

func (s *stranger) stream(p protocol.ID) network.Stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	st, err := s.NewStream(ctx, s.to, p)
	if err != nil {
		s.t.Fatalf("NewStream(%s) = %v", p, err)
	}
	return st
}

func (s *stranger) send(rpc []byte) {
	s.t.Helper()
	if _, err := s.out.Write(protowire.AppendBytes(nil, rpc)); err != nil {
		s.t.Fatalf("Write() = %v", err)
	}
}

// read notes every RPC on a stream.
func (s *stranger) read(st network.Stream) {
	for in := bufio.NewReader(st); ; {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		s.rpcs <- b
	}
}

// hears reads RPCs until that many messages came, and returns their data. What
// it checks is SPEC 2.1 to 2.5 and 2.9.
func (s *stranger) hears(frames int) (data [][]byte) {
	s.t.Helper()
	late := time.After(patience)
	for len(data) < frames {
		var rpc fields
		select {
		case b := <-s.rpcs:
			rpc = message(s.t, b)
		case <-late:
			s.t.Fatalf("%d frames came within %v, want %d", len(data), patience, frames)
		}
		for num := range rpc {
			if num != rpcSubscription && num != rpcPublish && num != rpcControl {
				s.t.Errorf("an RPC has field %d, want subscriptions, messages and control alone", num)
			}
		}
		for _, b := range rpc[rpcSubscription] {
			if got := string(message(s.t, b).one(s.t, subTopic)); got != topic {
				s.t.Errorf("it subscribes to %q, want %q alone", got, topic)
			}
		}
		for _, b := range rpc[rpcPublish] {
			m := message(s.t, b)
			if len(m) != 2 || string(m.one(s.t, msgTopic)) != topic {
				s.t.Fatalf("a message has the fields %v, want data, and the topic %s", m, topic)
			}
			data = append(data, m.one(s.t, msgData))
		}
	}
	for _, f := range data {
		s.sound(f)
	}
	return data
}

// sound wants 4,096 bytes that any node would Accept.
func (s *stranger) sound(f []byte) {
	s.t.Helper()
	if len(f) != frameSize || f[0] != 1 || f[1] < 16 || f[2]>>6 == 3 {
		s.t.Fatalf("a message of %d bytes begins with %x, want a frame", len(f), f[:min(len(f), 4)])
	}
	hash := sha256.Sum256(f[:4088])
	work := sha256.Sum256(append(hash[:], f[4088:]...))
	zeros := bits.LeadingZeros64(binary.BigEndian.Uint64(work[:]))
	if zeros < int(f[1]) {
		s.t.Errorf("a stamp begins with %d zero bits, want %d", zeros, f[1])
	}
}

// identity is what identify tells of somebody.
func (s *stranger) identity() (agent, version string, protocols []protocol.ID) {
	s.t.Helper()
	for key, to := range map[string]*string{"AgentVersion": &agent, "ProtocolVersion": &version} {
		v, err := s.Peerstore().Get(s.to, key)
		if err != nil {
			s.t.Fatalf("Get(%s) = %v", key, err)
		}
		*to = v.(string)
	}
	protocols, err := s.Peerstore().GetProtocols(s.to)
	if err != nil {
		s.t.Fatalf("GetProtocols() = %v", err)
	}
	slices.Sort(protocols)
	return agent, version, protocols
}

// TestWire is a votived as a stranger sees it who connects to it.
func TestWire(t *testing.T) {
	t.Parallel()
	p := newPerson(t, "host")
	p.start()
	p.does("init", "--no-passphrase")
	p.does("circle", "join", "june4")
	for _, addr := range p.ready.Addrs { // TCP and QUIC
		s := meets(t, addr)
		id := p.announces("Candlelight vigil", "--text", strings.Repeat("燭", 700))
		p.does("invite", id)
		p.settles()
		said := s.hears(1) // of those before, some were published to nobody
		var mine int
		for mine < 2 {
			mine = 0
			for _, f := range said {
				if open(t, openCircle("june4"), f) != nil {
					mine++
				}
			}
			if mine < 2 { // the revision and its Inbox
				said = append(said, s.hears(1)...)
			}
		}
		s.catchesUp(p, said)
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
}

// catchesUp asks for all frames by SPEC 10.
func (s *stranger) catchesUp(p *person, said [][]byte) {
	s.t.Helper()
	st := s.stream(catchup)
	defer st.Close()
	_ = st.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(st)
	get := func(n int) []byte {
		s.t.Helper()
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			s.t.Fatalf("catch-up ends before %d bytes: %v", n, err)
		}
		return b
	}
	put := func(b []byte) {
		s.t.Helper()
		if _, err := st.Write(b); err != nil {
			s.t.Fatalf("Write() = %v", err)
		}
	}
	hear := func(is byte) []byte { // a message: what it is, its length in 3 bytes
		s.t.Helper()
		head := get(4)
		if head[0] != is {
			s.t.Fatalf("message %d, want %d", head[0], is)
		}
		return get(int(binary.BigEndian.Uint32(head) & 0xffffff))
	}
	say := func(is byte, parts ...[]byte) {
		s.t.Helper()
		body := slices.Concat(parts...)
		put(append(binary.BigEndian.AppendUint32(nil, uint32(is)<<24|uint32(len(body))), body...))
	}
	const level = 4
	mine := bytes.Repeat([]byte{7}, 16)
	say(1, mine, make([]byte, 37), []byte{level}, make([]byte, 32)) // the fingerprint of nothing that there is
	tags := hear(4)
	theirs, n := tags[:16], int(binary.BigEndian.Uint32(tags[53:]))
	if want := 57 + 2<<level; len(tags) != want {
		s.t.Fatalf("tags of %d bytes, want %d", len(tags), want)
	}
	say(5, make([]byte, 6), bytes.Repeat([]byte{255}, 6), []byte{0, 1, 0, 0}, []byte{255, 255}) // all of a list
	list := hear(8)
	if list[0] != 0 || len(list) != 1+6*n {
		s.t.Fatalf("list of %d bytes for %d frames, more to come: %d", len(list), n, list[0])
	}
	shorts := slices.Collect(slices.Chunk(list[1:], 6))
	if !slices.IsSortedFunc(shorts, bytes.Compare) {
		s.t.Error("the short ids are not in order")
	}
	key := digest("votive-catchup-1", mine, theirs)
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		s.t.Fatal(err)
	}
	say(9, list[1:]) // fewer than 256 here
	had := make(map[string]bool)
	for _, short := range shorts {
		if got := get(1)[0]; got != 1 {
			s.t.Fatalf("frame %x is offered and not given", short)
		}
		f := get(frameSize)
		s.sound(f)
		hash := sha256.Sum256(f[:4088])
		id := sha256.Sum256(slices.Concat(f[4088:], hash[:]))
		sealed := make([]byte, 16)
		block.Encrypt(sealed, id[:16])
		const tail = 1<<38 - 1
		is := uint64(binary.BigEndian.Uint16(id[:])>>6)<<38 | binary.BigEndian.Uint64(sealed)&tail
		if want := binary.BigEndian.Uint64(append([]byte{0, 0}, short...)); is != want {
			s.t.Errorf("frame of short id %x came for %x", is, want)
		}
		had[string(f)] = true
	}
	say(11)
	for _, f := range said {
		if !had[string(f)] {
			s.t.Error("a frame that was published is not offered")
		}
	}
}

// TestIdentify: what a node says of itself does not tell what it is to anybody,
// nor which votive it is.
func TestIdentify(t *testing.T) {
	t.Parallel()
	bare, member, keeper := newPerson(t, "bare"), newPerson(t, "member"), newPerson(t, "keeper")
	bare.start()
	member.start()
	member.does("init", "--no-passphrase")
	member.does("circle", "join", "june4")
	member.announces("Candlelight vigil")
	keeper.start("--keeper")
	agent, version, protocols := meets(t, bare.ready.Addrs[0]).identity()
	if agent != "votive" || version != "votive/1" {
		t.Errorf("a node says that it is %q, %q, want votive, and the version of the topic", agent, version)
	}
	t.Logf("%q %q %v", agent, version, protocols)
	a, v, p := meets(t, member.ready.Addrs[0]).identity()
	if a != agent || v != version || !slices.Equal(p, protocols) {
		t.Errorf("a member says %q, %q, %v, and who is none %q, %q, %v, want the same", a, v, p, agent, version, protocols)
	}
	a, v, p = meets(t, keeper.ready.Addrs[0]).identity()
	serves := []protocol.ID{ // who needs them has to find them
		"/libp2p/circuit/relay/0.2.0/hop", "/libp2p/autonat/1.0.0", "/libp2p/autonat/2/dial-request", "/votive/kad/1.0.0",
	}
	p = slices.DeleteFunc(p, func(id protocol.ID) bool { return slices.Contains(serves, id) })
	if a != agent || v != version || !slices.Equal(p, protocols) {
		t.Errorf("a keeper says %q, %q, %v, want what others say, and what it serves", a, v, p)
	}
	for _, id := range protocols {
		if slices.Contains(serves, id) {
			t.Errorf("a node that is no keeper says that it serves %s", id)
		}
		known := []string{"/ipfs/id/", "/ipfs/ping/", "/meshsub/", "/floodsub/", "/libp2p/", catchup, "/votive/pin/1"}
		if !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(string(id), k) }) {
			t.Errorf("a node speaks %s, which this test does not know", id)
		}
	}
}
