package store

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"votive/proto/recon"
	"votive/proto/votive"
)

// Entry is what the store knows of a frame without reading it: enough to know
// whether a votive.Reader opens it.
type Entry struct {
	ID     votive.ID
	Header votive.Header
}

// Key is where the entry is among all keys.
func (e *Entry) Key() Key { return Key{e.Header.Expiry(), e.ID} }

// compared is the key by which catch-up compares. SPEC 10.2.
func (e *Entry) compared() recon.Key {
	return recon.MakeKey(e.Rank().Rank, uint16(e.Header.Expiry()), e.ID)
}

// Rank is what the frame is worth. SPEC 2.8.
func (e *Entry) Rank() votive.Rank { return e.Header.Rank(e.ID) }

// arrival is an entry with its number: 1 for the first frame of this run, and
// one more for each that follows. No number is given twice.
type arrival struct {
	number uint64
	Entry
	slot slot // where the frame is
}

// index is all entries, in RAM: some 130 bytes a frame. Its lock is held for a
// look or a change, never while the disk is waited for.
type index struct {
	mu       sync.RWMutex
	arrivals []arrival // by number, with the places of some that have gone
	at       places    // in arrivals
	last     uint64    // number given last
	floor    votive.Rank
	buried   votive.Day // the dead up to this day had to make room
	earliest votive.Day // no frame is of an earlier expiry day

	intake intake
	set    *recon.Set // what catch-up compares; made when it is first asked for

	// least is a heap of the ranks of all frames, and of some that have gone.
	// It is built when first something has to make room, and belongs to who
	// holds Store.writing.
	least rankHeap
}

// newIndex is an index without entries and with room for so many.
func newIndex(room int) *index {
	return &index{
		arrivals: make([]arrival, 0, room),
		at:       newPlaces(room),
		earliest: math.MaxUint16,
	}
}

func (x *index) has(id votive.ID) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, ok := x.at.find(id, x.arrivals)
	return ok
}

// find is the arrival of this id, if it is there.
func (x *index) find(id votive.ID) (arrival, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	at, ok := x.at.find(id, x.arrivals)
	if !ok {
		return arrival{}, false
	}
	return x.arrivals[at], true
}

func (x *index) len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.at.n
}

// add appends e, which is not there, and is in that slot. x.mu is held.
func (x *index) add(e Entry, in slot) {
	x.last++
	x.arrivals = append(x.arrivals, arrival{x.last, e, in})
	x.at.put(len(x.arrivals)-1, x.arrivals)
	x.earliest = min(x.earliest, e.Header.Expiry())
	if x.set != nil {
		x.set.Insert(e.compared())
	}
}

// remove takes out the frame with this id, if it is there, and says in which
// slot it is. x.mu is held.
func (x *index) remove(id votive.ID) (in slot, ok bool) {
	at, ok := x.at.find(id, x.arrivals)
	if !ok {
		return 0, false
	}
	in = x.arrivals[at].slot
	if x.set != nil {
		x.set.Remove(x.arrivals[at].compared())
	}
	x.at.remove(at, x.arrivals)
	x.arrivals[at].Entry = Entry{}
	if len(x.arrivals) > 2*x.at.n+1024 {
		x.compact()
	}
	return in, true
}

// removeIn takes out the frame that is in this slot, if one is, by looking at
// all of them, and gives its key.
func (x *index) removeIn(in slot) (k Key, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.arrivals {
		if a := &x.arrivals[i]; !a.gone() && a.slot == in {
			k = a.Key()
			x.remove(a.ID)
			return k, true
		}
	}
	return Key{}, false
}

func (a *arrival) gone() bool { return a.ID.IsZero() }

// compact lets go of the places of what has gone. x.mu is held.
func (x *index) compact() {
	there := make([]arrival, 0, x.at.n+x.at.n/8)
	for i := range x.arrivals {
		if a := &x.arrivals[i]; !a.gone() {
			there = append(there, *a)
		}
	}
	x.arrivals, x.at = there, newPlaces(len(there))
	for i := range there {
		x.at.put(i, there)
	}
}

// after appends to some the frames of a number greater than since, as many as
// there is room for.
func (x *index) after(since uint64, some []arrival) []arrival {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for i := x.position(since + 1); i < len(x.arrivals) && len(some) < cap(some); i++ {
		if !x.arrivals[i].gone() {
			some = append(some, x.arrivals[i])
		}
	}
	return some
}

// position is where in arrivals the first with this number or a greater one is,
// or was. x.mu is held.
func (x *index) position(number uint64) int {
	at, _ := slices.BinarySearchFunc(x.arrivals, number, func(a arrival, number uint64) int {
		return cmp.Compare(a.number, number)
	})
	return at
}

// each calls f for every entry. x.mu is held.
func (x *index) each(f func(*Entry)) {
	for i := range x.arrivals {
		if a := &x.arrivals[i]; !a.gone() {
			f(&a.Entry)
		}
	}
}

// snapshot is what catch-up compares, as it is now.
func (x *index) snapshot() *recon.Snapshot {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.set == nil {
		x.set = recon.NewSet(func(yield func(recon.Key) bool) {
			more := true
			x.each(func(e *Entry) { more = more && yield(e.compared()) })
		})
	}
	return x.set.Snapshot()
}

// keys is those of all frames, ascending.
func (x *index) keys() []Key {
	x.mu.RLock()
	keys := make([]Key, 0, x.at.n)
	x.each(func(e *Entry) { keys = append(keys, e.Key()) })
	x.mu.RUnlock()
	slices.SortFunc(keys, Key.Compare)
	return keys
}

// rankHeap is a container/heap with the least rank on top.
type rankHeap []votive.Rank

func (h rankHeap) Len() int           { return len(h) }
func (h rankHeap) Less(i, j int) bool { return h[i].Compare(h[j]) < 0 }
func (h rankHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *rankHeap) Push(r any)        { *h = append(*h, r.(votive.Rank)) }

func (h *rankHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
