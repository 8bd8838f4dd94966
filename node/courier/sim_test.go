package courier

import (
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"votive/node/mesh"
	"votive/node/store"
	"votive/proto/votive"
)

// The network loses packets; nobody loses a frame. What a frame costs is counted
// along the way, and the goal of three copies is not met: a node that has a frame
// tells its links so, and in the time that takes most of them have sent it. Fewer
// links cost fewer copies, and take longer than TestSimReach of the mesh allows.
func TestSimLoss(t *testing.T) {
	sizes, published := []int{12}, 20
	if long() {
		sizes, published = []int{200, 100}, 60
	}
	const dials = 4
	for _, size := range sizes {
		inTown(t, 0.01, func(w *town) {
			all := w.populate(size, dials, plan{})
			for _, n := range all {
				n.heard.reset()
			}
			for _, f := range frames(t, 0, published) {
				w.announce(all[w.chance.IntN(size)].node, []votive.Frame{f})
				settle(500 * time.Millisecond)
			}
			took := w.everybody(all, published, 5*time.Minute)
			gossip, catchUp := copies(all, published)
			t.Logf("%d nodes, 1 %% loss, %d frames: all have all %v after half a second from the last; %d of %d arrivals by catch-up; "+
				"received per new frame: %.2f of a copy by gossip, %.2f by catch-up (goal in 100 nodes: 3 in all)",
				size, published, took, fetched(all), published*(size-1), gossip, catchUp)
			t.Logf("%d packets lost of %d", w.lost.Load(), w.routed.Load())
			if w.lost.Load() == 0 {
				t.Error("no packet was lost")
			}
			if most := 2.0 * dials; gossip+catchUp > most {
				t.Errorf("%.2f copies received, want at most %v: one by each connection", gossip+catchUp, most)
			}
		})
	}
}

// Nodes leave and return while frames are published.
func TestSimChurn(t *testing.T) {
	const every, away = time.Second, 20 * time.Second
	size, published := sized(10, 50), sized(40, 120)
	inTown(t, 0, func(w *town) {
		all := w.populate(size, 4, plan{})
		leavers := size / 5 // who stay publish: the outbox of these tests is not on disk
		back := make(map[int]time.Time, leavers)
		for i, f := range frames(t, 0, published) {
			w.announce(all[leavers+w.chance.IntN(size-leavers)].node, []votive.Frame{f})
			settle(every)
			if k := len(back); k < leavers && i >= k*published/2/leavers { // in the first half of the time
				all[k].stop()
				back[k] = time.Now().Add(away)
			}
			for k, at := range back {
				if !at.IsZero() && time.Now().After(at) {
					w.comeBack(all, k)
					back[k] = time.Time{}
				}
			}
		}
		for k, at := range back {
			if !at.IsZero() {
				w.comeBack(all, k)
			}
		}
		if len(back) != leavers {
			t.Errorf("%d left, want %d", len(back), leavers)
		}
		took := w.everybody(all, published, 5*time.Minute)
		t.Logf("%d nodes, of whom %d left for %v, %d frames: all have all %v after the last, %d by catch-up",
			size, leavers, away, published, took, fetched(all))
	})
}

// comeBack opens a node again with what it had.
func (w *town) comeBack(all []*townsman, k int) {
	w.t.Helper()
	all[k] = w.settleIn(plan{disk: all[k].disk}, k >= len(all)/2)
	w.join(all[k], all[len(all)/5:], 4)
}

// Two halves that both go on for an hour find each other by themselves, and
// bring each other what they lack.
func TestSimPartition(t *testing.T) {
	size, before, published := sized(6, 20), sized(100, 500), sized(60, 1000)
	inTown(t, 0, func(w *town) {
		all := w.populate(size, min(4, size-1), plan{have: frames(t, 0, before)})
		w.cut.Store(true)
		west, east := all[:size/2], all[size/2:]
		pause := time.Hour / time.Duration(published/2)
		for i := before; i < before+published; i += 2 {
			f := frames(t, i, i+2)
			w.announce(west[w.chance.IntN(len(west))].node, f[:1])
			w.announce(east[w.chance.IntN(len(east))].node, f[1:])
			settle(pause)
		}
		for i, n := range all {
			if got, want := n.store.Len(), before+published/2; got != want {
				t.Errorf("node %d has %d frames before the halves meet, want %d", i, got, want)
			}
			n.heard.reset()
		}
		w.cut.Store(false)
		took := w.everybody(all, before+published, 3*time.Hour)
		settle(time.Minute) // what is under way ends
		var most, sum int64
		for _, n := range all {
			bytes := n.heard.catchUp.Load()
			most, sum = max(most, bytes), sum+bytes
		}
		lacked := int64(published / 2 * votive.FrameSize)
		t.Logf("two halves of %d nodes, %d frames each in an hour: all have all %v after the line is mended; "+
			"bytes of catch-up received by a node: %d on average (%.2f of what it lacked), %d at most (%.2f)",
			size/2, published/2, took, sum/int64(size), float64(sum)/float64(int64(size)*lacked), most, float64(most)/float64(lacked))
	})
}

// One is left of all, and is enough.
func TestSimLastOne(t *testing.T) {
	if testing.Short() {
		t.Skip("much work, and nothing that others do not do at the same time")
	}
	size, published := sized(8, 20), sized(200, 1000)
	inTown(t, 0, func(w *town) {
		all := w.populate(size, 4, plan{})
		for i := range all {
			w.announce(all[i].node, frames(t, i*published/size, (i+1)*published/size))
		}
		w.everybody(all, published, 5*time.Minute)
		settle(10 * time.Second)
		for _, n := range all[1:] {
			n.stop()
		}
		settle(time.Minute)
		all = all[:1]
		for range size - 1 {
			all = append(all, w.settleIn(plan{}, false))
			w.dial(all[len(all)-1].mesh, all[0].mesh)
		}
		took := w.everybody(all, published, 10*time.Minute)
		t.Logf("%d nodes killed, %d new ones through the one that is left, %d frames: the last has everything after %v",
			size-1, size-1, published, took)
	})
}

// Who is behind a NAT and knows one keeper, as most do, is one of many there, and
// has no link to it most of the time. What they announce leaves their outboxes
// nevertheless, and reaches all others, without waiting for catch-up.
func TestSimStar(t *testing.T) {
	clients := sized(18, 50)
	for _, keepers := range []int{1, 3} {
		inTown(t, 0, func(w *town) {
			w.hidden.Store(true)
			var hubs, all []*townsman
			for i := range keepers {
				hubs = append(hubs, w.settleIn(plan{keeper: true}, false))
				w.join(hubs[i], hubs[:i], i)
			}
			for i := range clients {
				all = append(all, w.settleIn(plan{}, false))
				w.join(all[i], hubs, min(1+i%2, keepers))
			}
			all = append(all, hubs...)
			settle(time.Minute) // heartbeats, in which links are pruned
			linked := 0
			for _, n := range all[:clients] {
				if slices.ContainsFunc(n.mesh.Peers(), func(p mesh.Peer) bool { return p.InMesh }) {
					linked++
				}
				n.heard.reset()
			}
			for i, f := range frames(t, 0, clients) {
				w.announce(all[i].node, []votive.Frame{f})
				settle(100 * time.Millisecond)
			}
			full := func(n *townsman) bool { return n.shelf.waiting() > 0 }
			left, _ := within(10*time.Minute, func() bool { return !slices.ContainsFunc(all, full) })
			took := left + w.everybody(all, clients, 5*time.Minute)
			if left > time.Second {
				t.Errorf("a frame waited %v in an outbox, want it gone at once", left)
			}
			gossip, _ := copies(all, clients)
			t.Logf("%d clients of %d keepers, %d with a link: the last outbox is empty %v after the last frame, all have all after %v, "+
				"%d of %d arrivals by catch-up; %.2f of a copy received per new frame by gossip",
				clients, keepers, linked, left, took, fetched(all), clients*(len(all)-1), gossip)
			if got, most := fetched(all), uint64(clients*len(all)/10); got > most {
				t.Errorf("%d arrivals by catch-up, want at most %d of %d: it was slow", got, most, clients*(len(all)-1))
			}
		})
	}
}

// storesHold is what so many stores have in memory with their disks, when these
// frames were put there, so many at a time.
func (w *world) storesHold(n int, all []votive.Frame, batch int) int64 {
	w.t.Helper()
	before := heap()
	var stores []*store.Store
	for range n {
		s, err := store.Open("store", store.Options{FS: vfs.NewMem(), Now: w.now})
		if err != nil {
			w.t.Fatalf("store.Open() = %v", err)
		}
		for some := range slices.Chunk(all, batch) {
			if _, err := s.Put(w.t.Context(), some...); err != nil {
				w.t.Fatalf("Put() = %v", err)
			}
		}
		stores = append(stores, s)
	}
	held := heap() - before
	for _, s := range stores {
		if err := s.Close(); err != nil {
			w.t.Errorf("Close() = %v", err)
		}
	}
	return held
}

// More comes to one node at once than one link may bring, and each of its links
// is within its budget. One of the others is not: all that the node forwards
// comes to it over one link. Frames in flight are few, however many came before,
// and what nodes hold afterwards is what stores hold, and less than a copy more.
func TestSimLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("much work, and nothing that others do not do at the same time")
	}
	const links, second = 10, 200
	seconds := sized(5, 60)
	published := seconds * second
	inTown(t, 0, func(w *town) {
		all := frames(t, 0, published)
		stores := w.storesHold(links+1, all, second/links/2)
		hub := w.settleIn(plan{}, false)
		var sources []*townsman
		for i := range links {
			p := plan{}
			if i == 0 {
				p.budget = mesh.Budget{Burst: 200}
			}
			sources = append(sources, w.settleIn(p, false))
			w.dial(sources[i].mesh, hub.mesh)
		}
		settle(10 * time.Second)
		before := heap()
		flying := 0
		for i := range seconds {
			for j, s := range sources {
				at := i*second + j*second/links
				w.announce(s.node, all[at:at+second/links])
			}
			for range 20 {
				settle(50 * time.Millisecond)
				flying = max(flying, len(hub.intake.all()))
			}
		}
		took := w.complete("the hub", hub.node, published, time.Minute)
		s := hub.Status()
		t.Logf("%d frames a second for %d s over %d links: complete %v after the last, %d missed, %d by catch-up, "+
			"at most %d frames in flight",
			second, seconds, links, took, s.Missed, s.Fetched, flying)
		// Those who are no links of the hub tell it ids, and catch-up may be there
		// before the next heartbeat.
		if s.Missed > 0 || s.Fetched > uint64(published/100) || took > 3*time.Second {
			t.Errorf("%d missed, %d by catch-up, the last after %v, want none, few and soon: each link is within its budget",
				s.Missed, s.Fetched, took)
		}
		if flying > second {
			t.Errorf("%d frames in flight, want at most the %d of a second", flying, second)
		}
		took = w.everybody(sources, published, 10*time.Minute)
		over, others := sources[0].Status(), sources[1].Status()
		t.Logf("over its budget: %d missed, %d by catch-up (another one: %d and %d); all have all %v after the hub",
			over.Missed, over.Fetched, others.Missed, others.Fetched, took)
		// As a link it is brought too much; else it is told of more than it asks for.
		if over.Missed == 0 || over.Fetched < uint64(published/4) {
			t.Errorf("%d missed and %d by catch-up of %d over the narrow link, want more: it was not too narrow",
				over.Missed, over.Fetched, published)
		}
		settle(3 * time.Minute) // gossipsub has forgotten what it repeats for a while
		for i, n := range append(sources, hub) {
			if held := len(n.intake.all()) + len(n.intake.queue) + n.shelf.waiting(); held > 0 {
				t.Errorf("node %d has %d frames in flight when all is quiet, want 0", i, held)
			}
		}
		held, copies := heap()-before, int64((links+1)*published*votive.FrameSize)
		t.Logf("%d nodes hold %d bytes, as many stores %d, the frames of all are %d", links+1, held, stores, copies)
		if !testing.Short() && held-stores > copies/2 {
			t.Errorf("%d nodes hold %d bytes when all is quiet, want what as many stores do, %d, and at most half of %d: frames are held besides",
				links+1, held, stores, copies)
		}
	})
}
