package mesh

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of gossipsub's messages, by number, as its specification has
// them: these tests read the wire and not our own types.
const (
	rpcSubscription, rpcPublish, rpcControl = 1, 2, 3
	subOn, subTopic                         = 1, 2
	ctlIhave, ihaveTopic, ihaveIDs          = 1, 1, 2
	ctlIwant, iwantIDs                      = 2, 1
	ctlGraft, graftTopic                    = 3, 1
	ctlPrune, pruneTopic                    = 4, 1
	msgFrom, msgData, msgSeqno, msgTopic    = 1, 2, 3, 4
	msgSignature, msgKey                    = 5, 6
)

// fields is a protobuf message taken apart: what each field number holds, in
// order; varints as their bytes.
type fields map[protowire.Number][][]byte

func parse(b []byte) (fields, bool) {
	f := make(fields)
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, false
		}
		b = b[n:]
		var value []byte
		size := protowire.ConsumeFieldValue(num, kind, b)
		if size < 0 {
			return nil, false
		}
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(b)
		} else {
			value = b[:size]
		}
		f[num] = append(f[num], value)
		b = b[size:]
	}
	return f, true
}

func bytesField(num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), v)
}

func boolField(num protowire.Number) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), 1)
}

// raw is a bare libp2p host that reads and writes gossipsub by hand.
type raw struct {
	host.Host
	t    *testing.T
	out  network.Stream
	mu   sync.Mutex
	seen []fields // every RPC received

	arrived chan string // data of messages, as they come
}

// raw makes a bare host that is subscribed to topic at n, and is n's link.
func (w *world) raw(n *node, topic string) *raw {
	w.t.Helper()
	r := w.unlinked(n, topic)
	r.graft(topic)
	return r
}

// unlinked is raw that has not asked to be a link yet.
func (w *world) unlinked(n *node, topic string) *raw {
	w.t.Helper()
	addr, opts := w.place()
	return bare(w.t, n, topic, append(opts, libp2p.ListenAddrStrings(addr))...)
}

func bare(t *testing.T, n *node, topic string, opts ...libp2p.Option) *raw {
	t.Helper()
	h, err := libp2p.New(append(opts, libp2p.DisableRelay(), libp2p.DisableIdentifyAddressDiscovery(), libp2p.DisableMetrics())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	r := &raw{Host: h, t: t, arrived: make(chan string, 8192)}
	for _, version := range []protocol.ID{"/meshsub/1.1.0", "/meshsub/1.2.0", "/meshsub/1.3.0"} {
		h.SetStreamHandler(version, r.read) // it hears all that n has to say
	}
	to, err := peer.AddrInfoFromString(n.addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Connect(t.Context(), *to); err != nil {
		t.Fatalf("Connect(%s) = %v", n.addr, err)
	}
	if r.out, err = h.NewStream(t.Context(), to.ID, "/meshsub/1.1.0"); err != nil {
		t.Fatalf("NewStream(%s) = %v", n.addr, err)
	}
	r.send(bytesField(rpcSubscription, append(boolField(subOn), bytesField(subTopic, []byte(topic))...)))
	return r
}

// graft makes it n's link.
func (r *raw) graft(topic string) {
	r.t.Helper()
	r.send(bytesField(rpcControl, bytesField(ctlGraft, bytesField(graftTopic, []byte(topic)))))
}

func (r *raw) send(rpc []byte) {
	r.t.Helper()
	if _, err := r.out.Write(protowire.AppendBytes(nil, rpc)); err != nil {
		r.t.Fatalf("Write() = %v", err)
	}
}

// publish sends data as a message of the topic, with further fields.
func (r *raw) publish(topic string, data []byte, more ...[]byte) {
	r.t.Helper()
	msg := append(bytesField(msgData, data), bytesField(msgTopic, []byte(topic))...)
	r.send(bytesField(rpcPublish, append(msg, slices.Concat(more...)...)))
}

// prune ends being n's link.
func (r *raw) prune(topic string) {
	r.t.Helper()
	r.send(bytesField(rpcControl, bytesField(ctlPrune, bytesField(pruneTopic, []byte(topic)))))
}

// have says that it has some messages, want asks for some.
func (r *raw) have(topic string, ids ...string) {
	r.t.Helper()
	all := bytesField(ihaveTopic, []byte(topic))
	for _, id := range ids {
		all = append(all, bytesField(ihaveIDs, []byte(id))...)
	}
	r.send(bytesField(rpcControl, bytesField(ctlIhave, all)))
}

func (r *raw) want(ids ...string) {
	r.t.Helper()
	var all []byte
	for _, id := range ids {
		all = append(all, bytesField(iwantIDs, []byte(id))...)
	}
	r.send(bytesField(rpcControl, bytesField(ctlIwant, all)))
}

// told is how often it was told that n has a message.
func (r *raw) told(id string) int { return r.named(ctlIhave, ihaveIDs, id) }

// asked reports whether n has asked for a message.
func (r *raw) asked(id string) bool { return r.named(ctlIwant, iwantIDs, id) > 0 }

// named counts an id in one kind of control message.
func (r *raw) named(kind, field protowire.Number, id string) (n int) {
	for _, ctl := range r.inner(rpcControl) {
		for _, b := range ctl[kind] {
			inner, ok := parse(b)
			if !ok {
				r.t.Errorf("not a protobuf message: %x", b)
			}
			for _, got := range inner[field] {
				if string(got) == id {
					n++
				}
			}
		}
	}
	return n
}

// read notes every RPC on a stream.
func (r *raw) read(s network.Stream) {
	in := bufio.NewReader(s)
	for {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		rpc, ok := parse(b)
		if !ok {
			r.t.Errorf("not a protobuf message: %x", b)
			return
		}
		r.mu.Lock()
		r.seen = append(r.seen, rpc)
		r.mu.Unlock()
		for _, b := range rpc[rpcPublish] {
			if m, ok := parse(b); ok {
				r.arrived <- string(bytes.Join(m[msgData], nil))
			}
		}
	}
}

// inner lists every message of one field number in every RPC so far.
func (r *raw) inner(num protowire.Number) []fields {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []fields
	for _, rpc := range r.seen {
		for _, b := range rpc[num] {
			f, ok := parse(b)
			if !ok {
				r.t.Errorf("not a protobuf message: %x", b)
			}
			out = append(out, f)
		}
	}
	return out
}

// about lists, in order, what it was sent because of a frame: the frame, and
// control messages that name it.
func (r *raw) about(f []byte) (what []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rpc := range r.seen {
		for _, num := range []protowire.Number{rpcControl, rpcPublish} {
			for _, b := range rpc[num] {
				switch {
				case bytes.Contains(b, f):
					what = append(what, "the frame")
				case bytes.Contains(b, []byte(frameID(f))):
					kind, _, _ := protowire.ConsumeTag(b)
					what = append(what, fmt.Sprintf("control %d", kind))
				}
			}
		}
	}
	return what
}

// received lists the data of all messages so far.
func (r *raw) received() []string {
	var out []string
	for _, m := range r.inner(rpcPublish) {
		for _, d := range m[msgData] {
			out = append(out, string(d))
		}
	}
	return out
}

// SPEC 2.1, 2.9: one topic; data of 4,096 bytes, topic and nothing else in a
// message; and a burst arrives whole.
func TestWire(t *testing.T) {
	inWorld(t, func(w *world) {
		n := w.open(nil)
		r := w.raw(n, testTopic)
		settle(3 * time.Second)
		const burst = 100
		want := make(map[string]bool)
		for i := range burst {
			f := frame(i)
			want[string(f)] = true
			w.publish(n, f)
		}
		settle(10 * time.Second)

		subs := r.inner(rpcSubscription)
		if len(subs) != 1 {
			t.Errorf("%d subscriptions, want 1", len(subs))
		}
		for _, s := range subs {
			if got := string(s[subTopic][0]); got != testTopic {
				t.Errorf("subscribed to %q, want %q", got, testTopic)
			}
		}
		for _, m := range r.inner(rpcPublish) {
			if len(m) != 2 || len(m[msgData]) != 1 || len(m[msgTopic]) != 1 {
				t.Fatalf("message with %d fields, want data and topic once each", len(m))
			}
			if got := string(m[msgTopic][0]); got != testTopic {
				t.Errorf("message of topic %q, want %q", got, testTopic)
			}
			if got := len(m[msgData][0]); got != testSize {
				t.Errorf("message of %d bytes, want %d", got, testSize)
			}
			delete(want, string(m[msgData][0]))
		}
		if len(want) != 0 {
			t.Errorf("%d of %d frames did not arrive", len(want), burst)
		}
	})
}
