package votive

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"votive/proto/internal/wirepb"
)

type writeGenesisIn struct {
	Nonce    octets   `json:"nonce"`
	Founders []octets `json:"founders"`
}

type writeGenesisOut struct {
	Bytes octets `json:"bytes"`
	Event octets `json:"event"`
}

func doWriteGenesis(in writeGenesisIn) (writeGenesisOut, error) {
	var founders []ID
	for _, f := range in.Founders {
		founders = append(founders, f.id32())
	}
	g, err := NewGenesis(in.Nonce.id32(), founders...)
	id := g.Event()
	return writeGenesisOut{g.encoded, id[:]}, err
}

type writeRevisionIn struct {
	Genesis    octets   `json:"genesis"`
	Parents    []octets `json:"parents"`
	Instead    []octets `json:"instead"`
	Title      string   `json:"title"`
	Local      string   `json:"local"`
	Zone       string   `json:"zone"`
	Offset     int      `json:"offset"`
	Capacity   int      `json:"capacity"`
	Tags       []string `json:"tags"`
	Organizers []octets `json:"organizers"`
}

type writeRevisionOut struct {
	Bytes octets `json:"bytes"`
	ID    octets `json:"id"`
}

func doWriteRevision(in writeRevisionIn) (writeRevisionOut, error) {
	g, err := genesisFrom(in.Genesis)
	if err != nil {
		return writeRevisionOut{}, err
	}
	card := Card{Title: in.Title, Tags: in.Tags, Capacity: in.Capacity}
	if card.Start, err = NewTime(in.Local, in.Zone, in.Offset); err != nil {
		return writeRevisionOut{}, err
	}
	for _, key := range in.Organizers {
		card.Organizers = append(card.Organizers, Organizer{Key: key.id32()})
	}
	ids := func(list []octets) []ID {
		var ids []ID
		for _, o := range list {
			ids = append(ids, o.id32())
		}
		return ids
	}
	r, err := newRevision(g, ids(in.Parents), ids(in.Instead), Draft{Card: card})
	if err != nil {
		return writeRevisionOut{}, err
	}
	return writeRevisionOut{r.encoded, r.id[:]}, nil
}

func writeRevisions(c *chapter) {
	writeWritten(c)
	writeFounders(c)
	writeParents(c)
	writeFirst(c)
	writeRosters(c)
	writeAttestations(c)
}

// writeWritten is SPEC 1.5 for who writes.
func writeWritten(c *chapter) {
	nonce := seedOf("nonce")
	for _, names := range [][]string{{"ana"}, {"ana", "ben", "cyn"}, {"ana", "ben", "cyn", "dov", "eva"}} {
		keys := keysOf(names...)
		b := fielded(nil, 1, nonce)
		for _, key := range keys {
			b = fielded(b, 2, key)
		}
		slices.Reverse(keys) // whatever their order was
		c.accept("write-genesis", fmt.Sprintf("genesis of %d founders", len(names)), "1.5 5.1",
			writeGenesisIn{nonce, octetsOf(keys)}, writeGenesisOut{b, lawDigest("votive-genesis-1", b)})
	}
	c.refuse("write-genesis", "genesis of no founders", "5.1", writeGenesisIn{nonce, []octets{}})

	f := found("nonce", "ana")
	in := writeRevisionIn{
		Genesis: f.genesis, Parents: []octets{seedOf("p"), seedOf("q")}, Instead: []octets{seedOf("r"), seedOf("s")},
		Title: "Candles", Local: "2027-06-04T20:00:00", Zone: "America/New_York", Offset: -14400, Capacity: 300,
		Tags: []string{"vigil", "june"}, Organizers: octetsOf(keysOf("ana")),
	}
	when := fielded(fielded(nil, 1, []byte(in.Local)), 2, []byte(in.Zone))
	when = append(lawVarint(when, 3<<3), 0xff, 0xe0, 0x01) // zigzag of -14,400 is 28,799
	card := fielded(fielded(nil, 1, []byte(in.Title)), 4, when)
	for _, tag := range in.Tags {
		card = fielded(card, 7, []byte(tag))
	}
	card = append(lawVarint(card, 10<<3), 0xac, 0x02)
	card = fielded(card, 15, fielded(nil, 1, keyOf("ana")))
	b := fielded(nil, 1, f.genesis)
	for _, p := range ascending(plainBytes(in.Parents)) {
		b = fielded(b, 2, p)
	}
	for _, p := range ascending(plainBytes(in.Instead)) {
		b = fielded(b, 3, p)
	}
	b = fielded(b, 4, card)
	c.accept("write-revision", "revision with fields ascending and defaults left out", "1.5 5.2", in, writeRevisionOut{b, lawDigest("votive-revision-1", b)})
}

func (c *chapter) proposed(name, clauses string, good bool, r *revised) {
	if good {
		c.known("desk", name, clauses, "proposal", seedOf("desk"), r.proposal(), r.id)
	} else {
		c.unfit("desk", name, clauses, seedOf("desk"), r.proposal())
	}
}

// writeFounders is SPEC 5.1.
func writeFounders(c *chapter) {
	five := []string{"ana", "ben", "cyn", "dov", "eva"}
	of := func(founders [][]byte, organizers ...string) *revised {
		return foundingOf(encoded(&wirepb.Genesis{Nonce: seedOf("nonce"), Founders: founders})).
			revise("", organizers, []*revised{revisedOf(nil)})
	}
	for n := range 6 {
		names := append(slices.Clone(five), "fay")[:n]
		c.proposed(fmt.Sprintf("event of %d founders", n), "5.1", n > 0, of(keysOf(names...), "ana"))
	}
	c.proposed("event of 6 founders", "5.1", false, of(keysOf(append(slices.Clone(five), "fay")...), "ana"))
	keys := keysOf("ana", "ben")
	c.proposed("founders descending", "5.1", false, of([][]byte{keys[1], keys[0]}, "ana"))
	c.proposed("a founder twice", "5.1", false, of([][]byte{keys[0], keys[0]}, "ana"))
	for _, bad := range []struct {
		name string
		key  []byte
	}{
		{"the neutral element", append([]byte{1}, make([]byte, 31)...)},
		{"no point", noPoint()},
		{"a point by its second name", secondName()},
	} {
		c.proposed("a founder that is "+bad.name, "4.4 5.1", false, of(ascending([][]byte{keyOf("ana"), bad.key}), "ana"))
		f := found("nonce", "ana")
		c.proposed("an organizer that is "+bad.name, "4.4", false, f.revise("", []string{"ana"}, []*revised{revisedOf(nil)}, func(w *wirepb.Revision) {
			w.Card.Organizers = append(w.Card.Organizers, &wirepb.Organizer{Key: bad.key})
			slices.SortFunc(w.Card.Organizers, func(a, b *wirepb.Organizer) int { return bytes.Compare(a.Key, b.Key) })
		}))
	}
}

// noPoint is 32 bytes with which x would have no square root.
func noPoint() []byte {
	for y := byte(2); ; y++ {
		key := append([]byte{y}, make([]byte, 31)...)
		if checkPoint(key) != nil {
			return key
		}
	}
}

// secondName is a point of high order whose y is p and a little.
func secondName() []byte {
	for i := byte(2); ; i++ {
		if checkPoint(append([]byte{i}, make([]byte, 31)...)) == nil {
			key := append(bytes.Repeat([]byte{255}, 31), 127)
			key[0] = 0xed + i
			return key
		}
	}
}

// writeParents is SPEC 5.2.
func writeParents(c *chapter) {
	f := found("nonce", "ana")
	some := func(n int) [][]byte {
		var ids [][]byte
		for i := range n {
			ids = append(ids, seedOf(fmt.Sprint("some ", i)))
		}
		return ascending(ids)
	}
	revision := func(change func(*wirepb.Revision)) *revised {
		return f.revise("", []string{"ana"}, []*revised{revisedOf(nil)}, change)
	}
	parents := func(ids [][]byte) *revised {
		return revision(func(w *wirepb.Revision) { w.Parents = ids })
	}
	instead := func(ids [][]byte) *revised {
		return revision(func(w *wirepb.Revision) { w.Instead = ids })
	}
	for _, n := range []int{0, 1, 8, 9} {
		c.proposed(fmt.Sprintf("%d parents", n), "5.2", n == 1 || n == 8, parents(some(n)))
	}
	for _, n := range []int{0, 1, 16, 17} {
		c.proposed(fmt.Sprintf("%d in instead", n), "5.2", n <= 16, instead(some(n)))
	}
	two := some(2)
	c.proposed("parents descending", "5.2", false, parents([][]byte{two[1], two[0]}))
	c.proposed("a parent twice", "5.2", false, parents([][]byte{two[0], two[0]}))
	c.proposed("instead descending", "5.2", false, instead([][]byte{two[1], two[0]}))
	c.proposed("a revision twice in instead", "5.2", false, instead([][]byte{two[0], two[0]}))
	c.proposed("moved to another event", "5.15", true, revision(func(w *wirepb.Revision) { w.MovedTo = seedOf("event") }))
	c.proposed("no genesis", "5.2", false, revision(func(w *wirepb.Revision) { w.Genesis = nil }))
	c.proposed("genesis cut short", "5.2", false, revision(func(w *wirepb.Revision) { w.Genesis = w.Genesis[:40] }))
	c.proposed("no card", "5.2 6.1", false, revision(func(w *wirepb.Revision) { w.Card = nil }))
}

// writeFirst is SPEC 5.3.
func writeFirst(c *chapter) {
	f := found("nonce", "ana", "ben")
	c.proposed("first revision by its founders", "5.3", true, f.revise("", []string{"ana", "ben"}, nil))
	c.proposed("first revision without one founder", "5.3", false, f.revise("", []string{"ana"}, nil))
	c.proposed("first revision with one more", "5.3", false, f.revise("", []string{"ana", "ben", "cyn"}, nil))
	c.proposed("first revision by others", "5.3", false, f.revise("", []string{"cyn", "dov"}, nil))
	c.proposed("event id and another revision as parents", "5.3", false, f.revise("", []string{"ana", "ben"}, []*revised{{id: f.id}, {id: seedOf("x")}}))
	other := found("another nonce", "ana", "ben")
	c.proposed("id of another event as parent", "5.3", true, f.revise("", []string{"cyn"}, []*revised{{id: other.id}}))
}

// writeRosters is SPEC 6.1 for organizers.
func writeRosters(c *chapter) {
	f := found("nonce", "ana")
	six := []string{"ana", "ben", "cyn", "dov", "eva", "fay"}
	later := []*revised{revisedOf(nil)}
	for n := range 7 {
		c.proposed(fmt.Sprintf("%d organizers", n), "6.1", n >= 1 && n <= 5, f.revise("", six[:n], later))
	}
	with := func(change func(*wirepb.Card)) *revised {
		return f.revise("", six[:2], later, func(w *wirepb.Revision) { change(w.Card) })
	}
	c.proposed("organizers descending", "6.1", false, with(func(w *wirepb.Card) {
		w.Organizers[0], w.Organizers[1] = w.Organizers[1], w.Organizers[0]
	}))
	c.proposed("an organizer twice", "6.1", false, with(func(w *wirepb.Card) { w.Organizers[1] = w.Organizers[0] }))
	c.proposed("answered by the last organizer", "6.1", true, with(func(w *wirepb.Card) { w.AnsweredBy = 1 }))
	c.proposed("answered by nobody", "6.1", false, with(func(w *wirepb.Card) { w.AnsweredBy = 2 }))
	c.proposed("answered by a great number", "6.1", false, with(func(w *wirepb.Card) { w.AnsweredBy = 1<<32 - 1 }))
	c.proposed("by of 100 bytes", "6.1", true, with(func(w *wirepb.Card) { w.Organizers[1].By = text(100) }))
	c.proposed("by of 101 bytes", "6.1", false, with(func(w *wirepb.Card) { w.Organizers[1].By = text(101) }))
}

// writeAttestations is SPEC 6.4.
func writeAttestations(c *chapter) {
	f := found("nonce", "ana")
	first := f.revise("", []string{"ana"}, nil, func(w *wirepb.Revision) {
		w.Card.Organizers[0].Attestation = attestation("ana", f.id, keyOf("ana"))
	})
	c.known("circle", "organizer with an attestation", "6.4", "counted", seedOf("circle"), first.counted("ana"), first.id)
	for _, a := range []struct {
		name string
		att  *wirepb.Attestation
	}{
		{"attestation for another event", attestation("ana", seedOf("event"), keyOf("ana"))},
		{"attestation for another key", attestation("ana", f.id, keyOf("ben"))},
		{"attestation by another identity", &wirepb.Attestation{
			Identity: lawKey(identitySeed("ben")), Signature: attestation("ana", f.id, keyOf("ana")).Signature,
		}},
		{"attestation without a signature", &wirepb.Attestation{Identity: lawKey(identitySeed("ana"))}},
		{"attestation cut short", &wirepb.Attestation{
			Identity: lawKey(identitySeed("ana")), Signature: attestation("ana", f.id, keyOf("ana")).Signature[:63],
		}},
		{"attestation by the neutral element", &wirepb.Attestation{
			Identity: append([]byte{1}, make([]byte, 31)...), Signature: append(append([]byte{1}, make([]byte, 31)...), make([]byte, 32)...),
		}},
	} {
		r := f.revise("", []string{"ana"}, nil, func(w *wirepb.Revision) { w.Card.Organizers[0].Attestation = a.att })
		c.unfit("circle", a.name, "6.4", seedOf("circle"), r.counted("ana"))
		c.proposed(a.name+", proposed", "6.4", false, r)
	}
}

// Times.

type instantIn struct {
	Local  string `json:"local"`
	Zone   string `json:"zone"`
	Offset int    `json:"offset"`
	Reader string `json:"reader"`
}

type instantOut struct {
	Form    string    `json:"form"`
	Instant time.Time `json:"instant"`
}

func doInstant(in instantIn) (instantOut, error) {
	reader, err := time.LoadLocation(in.Reader)
	if err != nil {
		return instantOut{}, badVector{err}
	}
	t, err := NewTime(in.Local, in.Zone, in.Offset)
	return instantOut{t.Kind().String(), t.Instant(reader).UTC()}, err
}
