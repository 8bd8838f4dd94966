package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"votive/node/almanac"
	"votive/node/mesh"
	"votive/proto/votive"
)

// belongings are what a member keeps, and the secrets by which the member knows
// frames of every kind there is.
type belongings struct {
	keeps   []votive.Keep
	secrets map[votive.Kind]votive.Secret
	bodies  map[votive.Kind]votive.Body // one that counts there, where there is one
}

// belongingsOf makes them, for somebody who organizes one event, has answered
// to it, has a link to it and has given out a card.
func belongingsOf(t *testing.T, id votive.Identity, now time.Time, text string) belongings {
	t.Helper()
	secret := func() votive.Secret {
		s, err := votive.NewSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	nonce, err := votive.NewNonce(rand.Reader)
	check(err)
	vigil, signer := founded(t, id, nonce, text)
	about := vigil.Revision().Event()
	inv, err := votive.NewInvitation(signer, votive.Invitation{
		Event: about, Secret: secret(), Invite: secret(), Expires: now.Add(24 * time.Hour),
	})
	check(err)
	link, err := votive.NewLink(inv.LinkSecret(), nil)
	check(err)
	key, err := votive.NewInboxKey(rand.Reader)
	check(err)
	card, err := votive.NewContactCard(id.PersonKey(), "Mei", secret(), key, now)
	check(err)
	circle := &votive.KeepCircle{Secret: secret(), Name: "here", Counter: 1}
	organized := &votive.KeepEvent{
		Counter: 1, Event: about, Secret: inv.Secret, Circle: circle.Secret, Nonce: nonce, Desk: secret(), Opened: true,
	}
	mine := &votive.KeepReply{Counter: 1, Reply: votive.Reply{Event: about, Secret: secret(), Counter: 1, Status: votive.RsvpYes, Party: 1}}
	return belongings{
		keeps: []votive.Keep{
			circle, organized, mine,
			&votive.KeepInvite{Counter: 1, Invitation: inv, Made: now},
			&votive.KeepLink{Counter: 1, Link: link, Since: now},
			&votive.KeepCard{Counter: 1, Card: card, Key: key},
		},
		secrets: map[votive.Kind]votive.Secret{
			votive.KindCircle: circle.Secret, votive.KindEvent: organized.Secret, votive.KindDesk: organized.Desk,
			votive.KindLink: inv.LinkSecret(), votive.KindReply: votive.ReplySecret(inv.Invite),
			votive.KindWalkIn: votive.WalkInSecret(organized.Secret), votive.KindAnswer: mine.Reply.Secret,
			votive.KindInbox: card.Inbox, votive.KindSelf: id.Self(),
		},
		bodies: map[votive.Kind]votive.Body{
			votive.KindCircle: vigil, votive.KindEvent: vigil, votive.KindDesk: vigil, votive.KindLink: inv,
			votive.KindAnswer: &votive.Answer{Event: about, Reply: mine.Reply.ID(), Counter: 1, Heard: 1},
		},
	}
}

// founded is the first revision of an event whose only organizer is id.
func founded(t *testing.T, id votive.Identity, nonce [32]byte, text string) (*votive.Counted, votive.Signer) {
	t.Helper()
	signer := id.EventKey(nonce)
	genesis, err := votive.NewGenesis(nonce, signer.Key())
	if err != nil {
		t.Fatal(err)
	}
	start, err := votive.ParseTime("2027-06-04T20:00", "Asia/Hong_Kong")
	if err != nil {
		t.Fatal(err)
	}
	p, err := votive.NewEvent(genesis, votive.Card{
		Title: "Vigil", Text: text, Start: start, Answers: votive.AnswersClosed, Links: manyLinks(text),
		Organizers: []votive.Organizer{{Key: signer.Key()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := votive.Sign(signer, p.Revision.ID())
	if err != nil {
		t.Fatal(err)
	}
	d := votive.Desk{Event: genesis.Event(), Signatures: []*votive.Signature{s}}
	c, ok := d.Assemble(p)
	if !ok {
		t.Fatal("the revision does not count")
	}
	return c, signer
}

// manyLinks are enough for a card with a long text to need two frames.
func manyLinks(text string) (links []string) {
	if len(text) > 2000 {
		for i := range 8 {
			links = append(links, fmt.Sprintf("https://%d.example/%s", i, strings.Repeat("x", 270)))
		}
	}
	return links
}

// framesOf are frames of every kind and lifetime, those that its owner can read
// and as many of strangers by turns, and records of several parts.
func framesOf(t *testing.T, b belongings, long *votive.Counted, now time.Time) (all [][]byte, whys []string) {
	t.Helper()
	seal := func(why string, kind votive.Kind, s votive.Secret, body votive.Body, life votive.Lifetime, effort uint8) (parts int) {
		t.Helper()
		sealed, err := votive.NewReader(kind, s).Seal(body, life, effort, now, rand.Reader)
		if err != nil {
			t.Fatalf("%s: Seal = %v", why, err)
		}
		for _, u := range sealed {
			f, err := u.Stamp(t.Context())
			if err != nil {
				t.Fatalf("Stamp = %v", err)
			}
			all, whys = append(all, f.Bytes()), append(whys, why)
		}
		return len(sealed)
	}
	strange := func() votive.Secret {
		s, err := votive.NewSecret(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for kind := votive.KindCircle; kind <= votive.KindSelf; kind++ {
		under, body := kind, b.bodies[kind]
		if body == nil { // what does not count there is in a frame that looks no other
			under, body = votive.KindSelf, &votive.KeepCircle{Secret: strange(), Counter: 1}
		}
		for _, life := range []votive.Lifetime{votive.Days8, votive.Days30, votive.Days120} {
			seal(fmt.Sprintf("%v, %d days", kind, life.Days()), under, b.secrets[kind], body, life, votive.MinEffort)
			if kind == votive.KindLink || kind == votive.KindAnswer { // they are nothing under another secret
				seal(fmt.Sprintf("of strangers, %d days", life.Days()), votive.KindSelf, strange(), &votive.KeepCircle{Secret: strange(), Counter: 1}, life, votive.MinEffort)
				continue
			}
			seal(fmt.Sprintf("of strangers, %d days", life.Days()), under, strange(), body, life, votive.MinEffort)
		}
	}
	for why, s := range map[string]votive.Secret{"circle, in parts": b.secrets[votive.KindCircle], "of strangers, in parts": strange()} {
		if n := seal(why, votive.KindCircle, s, long, votive.Days8, votive.MinEffort+1); n < 2 {
			t.Fatalf("a long record takes %d frames, want several", n)
		}
	}
	return all, whys
}

// watchedDisk counts what is done with a disk.
type watchedDisk struct {
	vfs.FS
	touched atomic.Int32
}

func newWatchedDisk() *watchedDisk {
	d := new(watchedDisk)
	d.FS = errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(errorfs.Op) error { d.touched.Add(1); return nil }))
	return d
}

// member builds the node that is called so: with these belongings, with these
// and locked, or with none.
func (b *belongings) member(w *simulated, id votive.Identity, name string, quota int) (*Node, *watchedDisk) {
	t := w.t
	t.Helper()
	disk := newWatchedDisk()
	n := w.build(plan{quota: quota, vault: disk})
	if name != "stranger" {
		backup := id.Backup()
		if _, err := n.secretary.Init(t.Context(), []byte("passphrase"), backup[:]); err != nil {
			t.Fatalf("Init = %v", err)
		}
		err := n.almanac.Write(t.Context(), func(*almanac.View) (almanac.Draft, error) { return almanac.Draft{Keep: b.keeps}, nil })
		if err != nil {
			t.Fatalf("Write = %v", err)
		}
	}
	if name == "locked member" {
		if err := n.almanac.Lock(); err != nil {
			t.Fatalf("Lock = %v", err)
		}
	}
	return n, disk
}

// judges has a node that does not run judge frames, closes it, and says how often
// the disk of its vault was touched for that; what the frames say must not be
// known afterwards either, which counts as once.
func (w *simulated) judges(n *Node, disk *watchedDisk, frames [][]byte) (verdicts []mesh.Verdict, asked int32) {
	w.t.Helper()
	before := disk.touched.Load()
	for _, f := range frames {
		verdicts = append(verdicts, n.courier.Judge("somebody", f))
	}
	asked = disk.touched.Load() - before
	_ = n.almanac.View(func(v *almanac.View) error {
		for e := range v.All() {
			if e.Known {
				asked++
			}
		}
		return nil
	})
	if err := errors.Join(n.on().Close(), n.vault.Close(), n.store.Close()); err != nil {
		w.t.Errorf("Close = %v", err)
	}
	return verdicts, asked
}

// hearer is a host that notes what comes to it by gossip.
type hearer struct {
	*mesh.Mesh
	mu    sync.Mutex
	heard [][]byte
}

func (w *simulated) hearer() *hearer {
	h := new(hearer)
	h.Mesh = w.mesh(mesh.Budget{}, func(_ mesh.PeerID, b []byte) mesh.Verdict {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.heard = append(h.heard, bytes.Clone(b))
		return mesh.Accept
	})
	w.run([]func(context.Context) error{h.Run})
	return h
}

// carried is the bytes of all frames that a node has, in order.
func (n *Node) carried(t *testing.T) (all [][]byte) {
	t.Helper()
	for _, k := range n.store.Keys() {
		f, err := n.store.Get(t.Context(), k.ID)
		if err != nil {
			t.Fatalf("Get = %v", err)
		}
		all = append(all, f.Bytes())
	}
	return all
}

func same(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }

// TestForwardingIsEqualOnTheWire: what comes out of a member, of a member whose
// vault is locked, and of a node that knows nothing is the same to the byte, by
// gossip and by catch-up: for frames of every kind of secret and every lifetime,
// records of several parts, bad ones, and those below the floor of a full store.
// While the verdict is reached nothing asks the vault for anything. SPEC 2.5, 2.7.
func TestForwardingIsEqualOnTheWire(t *testing.T) {
	inSimulation(t, func(w *simulated) {
		t := w.t
		id, err := votive.NewIdentity(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b := belongingsOf(t, id, w.now(), "")
		nonce, err := votive.NewNonce(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		long, _ := founded(t, id, nonce, strings.Repeat("x", 2400))
		all, whys := framesOf(t, b, long, w.now())
		quota := len(all) - 20 // of which the 18 have to go that live for 120 days, and two more
		later, laterWhys := laterFrames(t, b, w.now())

		names := []string{"member", "locked member", "stranger"}
		type result struct {
			judged                []mesh.Verdict
			asked                 int32
			heard, carried, given [][]byte
			floor                 votive.Rank
			events                int
		}
		results := make([]result, len(names))
		for i, name := range names {
			r := &results[i]
			judge, disk := b.member(w, id, name, quota)
			r.judged, r.asked = w.judges(judge, disk, slices.Concat(all, spoiltFrames(all[0])))
			n, _ := b.member(w, id, name, quota)
			w.start(n)
			from, to := w.hearer(), w.hearer()
			w.dial(from.Mesh, n.on())
			w.dial(to.Mesh, n.on())
			settle(3 * time.Second)
			publish := func(frame []byte) {
				t.Helper()
				if err := from.Publish(t.Context(), frame); err != nil {
					t.Fatalf("Publish = %v", err)
				}
				settle(100 * time.Millisecond)
			}
			for _, f := range all {
				publish(f)
			}
			r.floor = n.store.Floor()
			for _, f := range later {
				publish(f)
			}
			settle(10 * time.Second)
			r.heard, r.carried = slices.Clone(to.heard), n.carried(t)
			late := w.open(plan{nobody: true})
			w.dial(late.on(), n.on())
			settle(time.Minute)
			r.given = late.carried(t)
			_ = n.almanac.View(func(v *almanac.View) error { r.events = v.Events(); return nil })
		}
		one := results[0]
		for i, name := range names {
			r := results[i]
			if !same(r.heard, one.heard) {
				t.Errorf("%d frames come out of the %s by gossip and %d of the member, want the same bytes in the same order", len(r.heard), name, len(one.heard))
			}
			if !same(r.carried, one.carried) || !same(r.given, one.given) || !same(r.given, r.carried) {
				t.Errorf("the %s has %d frames and gave %d, the member %d and %d, want the same bytes", name, len(r.carried), len(r.given), len(one.carried), len(one.given))
			}
			if r.floor != one.floor || r.floor == (votive.Rank{}) {
				t.Errorf("the floor of the %s is %v, of the member %v, want the same, and one", name, r.floor, one.floor)
			}
			if r.asked > 0 {
				t.Errorf("the vault of the %s was asked %d times for verdicts, or what frames said was known by then", name, r.asked)
			}
			for j, v := range r.judged {
				want := mesh.Accept
				if j >= len(all) {
					want = mesh.Reject
				}
				if v != want {
					t.Errorf("frame %d: verdict of the %s = %v, want %v", j, name, v, want)
				}
			}
			for j, f := range later {
				if low := strings.Contains(laterWhys[j], "below"); low == holds(r.heard, f) || low == holds(r.carried, f) {
					t.Errorf("%s: the %s passed it on: %t, and keeps it: %t", laterWhys[j], name, holds(r.heard, f), holds(r.carried, f))
				}
			}
		}
		for i, f := range all {
			if !holds(one.heard, f) && strings.Contains(whys[i], "8 days") {
				t.Errorf("%s: nobody passed it on", whys[i])
			}
		}
		if len(one.carried) != quota || results[0].events == 0 || results[2].events != 0 {
			t.Errorf("%d frames of %d, the member knows %d events and the stranger %d: this would else compare strangers",
				len(one.carried), quota, results[0].events, results[2].events)
		}
	})
}

func holds(all [][]byte, f []byte) bool {
	return slices.ContainsFunc(all, func(b []byte) bool { return bytes.Equal(b, f) })
}

// laterFrames come when the store is full: of less rank than the least there,
// and of more, that a member can read and that nobody can.
func laterFrames(t *testing.T, b belongings, now time.Time) (all [][]byte, whys []string) {
	t.Helper()
	for _, ours := range []bool{true, false} {
		for _, c := range []struct {
			why    string
			life   votive.Lifetime
			effort uint8
		}{{"above the floor", votive.Days8, votive.MinEffort + 2}, {"below the floor", votive.Days120, votive.MinEffort}} {
			kind, s, body := votive.KindCircle, b.secrets[votive.KindCircle], b.bodies[votive.KindCircle]
			if !ours {
				var err error
				if s, err = votive.NewSecret(rand.Reader); err != nil {
					t.Fatal(err)
				}
			}
			u, err := votive.NewReader(kind, s).Seal(body, c.life, c.effort, now, rand.Reader)
			if err != nil {
				t.Fatalf("Seal = %v", err)
			}
			f, err := u[0].Stamp(t.Context())
			if err != nil {
				t.Fatalf("Stamp = %v", err)
			}
			all, whys = append(all, f.Bytes()), append(whys, fmt.Sprintf("%s, readable: %t", c.why, ours))
		}
	}
	return all, whys
}

// spoiltFrames are a good frame with each of its bytes 0 to 4,087 altered in one
// bit, here and there, and with another length.
func spoiltFrames(good []byte) (all [][]byte) {
	for at := 0; at < votive.FrameSize-8; at += 511 {
		b := slices.Clone(good)
		b[at] ^= bits.RotateLeft8(1, at)
		all = append(all, b)
	}
	return append(all, good[:len(good)-1], append(slices.Clone(good), 0))
}
