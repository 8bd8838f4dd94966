package votive

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"votive/proto/internal/wirepb"
)

// plainBodies is Counted with every field that is read plainly, with none that
// can be left out, and of a later revision.
func plainBodies(t testing.TB) [][]byte {
	t.Helper()
	key := eventKey(t, "ana").Key()
	full := fakeCard("六四燭光晚會", key)
	full.Text, full.Status, full.City, full.Language, full.Reason = "bring a candle", Tentative, "Hong Kong", "zh-HK", "rain"
	full.Start, full.End = newYork(t, "2027-06-04T20:00:00"), newYork(t, "2027-06-04T22:00:00")
	full.Tags, full.Links = []string{"vigil", "june4"}, []string{"https://a.example/", "https://b.example/"}
	full.Capacity, full.Answers, full.PartOf = 100_000, AnswersClosed, ID{4}
	full.Inbox, full.Details = ID{5}, ID{6}
	full.Organizers[0].By = "Ana"
	genesis := fakeGenesis(t, "plain", key)
	var all [][]byte
	for _, r := range []struct {
		parents, instead []ID
		draft            Draft
	}{
		{[]ID{genesis.Event()}, nil, Draft{Card: full}},
		{[]ID{genesis.Event()}, nil, Draft{Card: fakeCard("vigil", key)}},
		{[]ID{{1}, {2}}, []ID{{3}, {4}}, Draft{Card: full, MovedTo: ID{7}}},
	} {
		revision, err := newRevision(genesis, r.parents, r.instead, r.draft)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := encodeBody(fakeCount(revision, key, ID{8}))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, whole)
	}
	return all
}

func newYork(t testing.TB, local string) Time {
	t.Helper()
	at, err := NewTime(local, "America/New_York", -4*3600)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// What writers write is read plainly, or plain reading were for nothing.
func TestPlainIsWhatIsWritten(t *testing.T) {
	for i, body := range plainBodies(t) {
		revision, _, ok := plainCounted(body)
		if !ok {
			t.Errorf("body %d: plainCounted = false, want true", i)
		}
		r, ok := plainRevision(revision)
		if !ok {
			t.Errorf("body %d: plainRevision = false, want true", i)
		}
		if _, ok := plainGenesis(r.genesis.encoded); !ok {
			t.Errorf("body %d: plainGenesis = false, want true", i)
		}
		checkPlain(t, body)
	}
}

// field is an encoded field of bytes.
func field[S ~string | ~[]byte](n protowire.Number, b S) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), []byte(b))
}

// odd is ways to write a body that are read, or refused, and not plainly: its
// first field, of those of the Counted, the Revision and the Card in it, and what
// could stand before or behind.
func odd(t testing.TB) map[string][]byte {
	t.Helper()
	body := plainBodies(t)[0]
	in := func(b []byte, n protowire.Number) []byte { m := plain{rest: b}; return m.bytes(n) }
	counted := in(body, 2)
	revision := in(counted, 1)
	marks := counted[len(field(1, revision)):]
	w := plain{rest: revision}
	genesis, _, _ := w.bytes(1), w.ids(2), w.ids(3)
	card := w.bytes(4)
	whole := func(revision []byte) []byte { return field(2, slices.Concat(field(1, revision), marks)) }
	with := func(card []byte) []byte {
		id := digest("votive-genesis-1", genesis)
		return whole(slices.Concat(field(1, genesis), field(2, id[:]), field(4, card)))
	}
	varint := func(n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
	}
	return map[string][]byte{
		"body twice":                  slices.Concat(body, body),
		"an unknown field":            slices.Concat(body, varint(99, 1)),
		"another kind first":          slices.Concat(field(3, revision), body),
		"another kind last":           slices.Concat(body, field(3, revision)),
		"marks in two messages":       slices.Concat(field(2, counted), field(2, marks)),
		"marks before the revision":   field(2, slices.Concat(marks, field(1, revision))),
		"two revisions":               field(2, slices.Concat(field(1, "\x01"), counted)),
		"no marks":                    field(2, field(1, revision)),
		"an empty mark":               field(2, slices.Concat(field(1, revision), field(2, ""))),
		"critical":                    whole(slices.Concat(revision, varint(5, 1))),
		"not critical":                whole(slices.Concat(revision, varint(5, 0))),
		"moved to zeros":              whole(slices.Concat(revision, field(6, make([]byte, 32)))),
		"moved to none":               whole(slices.Concat(revision, field(6, ""))),
		"two cards":                   whole(slices.Concat(revision, field(4, field(1, "x")))),
		"a short parent":              whole(slices.Concat(field(1, genesis), field(2, "\x01"), field(4, card))),
		"no genesis":                  whole(field(4, card)),
		"cut short":                   body[:len(body)-1],
		"no UTF-8":                    with(slices.Concat(field(1, "\xff"), card[len(field(1, "六四燭光晚會")):])),
		"title twice":                 with(slices.Concat(field(1, "x"), card)),
		"title last":                  with(slices.Concat(card, field(1, "x"))),
		"capacity of 2 to 32":         with(varint(10, 1<<32)),
		"status of 2 to 32":           with(slices.Concat(field(1, "x"), varint(3, 1<<32+1), card)),
		"status of 256":               with(slices.Concat(field(1, "x"), varint(3, 256))),
		"status in another wire type": with(field(3, "\x01")),
		"a place":                     with(slices.Concat(card, field(22, varint(1, 2)))),
		"a rule":                      with(slices.Concat(card, field(17, field(1, "FREQ=DAILY")))),
		"an inbox of zeros":           with(field(13, make([]byte, 32))),
		"an empty start":              with(slices.Concat(field(1, "x"), field(4, ""))),
		"a start with more in it":     with(slices.Concat(field(1, "x"), field(4, slices.Concat(field(1, "2027-06-04"), varint(9, 1))))),
		"an offset beyond 32 bits":    with(slices.Concat(field(1, "x"), field(4, slices.Concat(field(1, "2027-06-04"), varint(3, 1<<33))))),
	}
}

// What is odd is left to the generated decoder.
func TestOddIsNotPlain(t *testing.T) {
	for name, body := range odd(t) {
		revision, _, ok := plainCounted(body)
		if ok {
			_, ok = plainRevision(revision)
		}
		if ok {
			t.Errorf("%s: read plainly, want it left to the generated decoder", name)
		}
		checkPlain(t, body)
	}
}

// checkPlain holds what is read plainly to what the generated decoder reads.
func checkPlain(t *testing.T, b []byte) {
	t.Helper()
	revision, marks, ok := plainCounted(b)
	if ok {
		var w wirepb.Body
		if err := unmarshal("body", b, &w); err != nil {
			t.Fatalf("plainCounted = true, unmarshal = %v", err)
		}
		want, err := marksFrom(w.GetCounted().GetMarks())
		same := func(a, b mark) bool { return a.key == b.key && bytes.Equal(a.signature, b.signature) }
		if err != nil || !bytes.Equal(revision, w.GetCounted().GetRevision()) || !slices.EqualFunc(marks, want, same) {
			t.Fatalf("plainCounted = %x %v, want %x %v, %v", revision, marks, w.GetCounted().GetRevision(), want, err)
		}
		checkPlain(t, revision)
	}
	if got, ok := plainRevision(b); ok {
		if want, err := wireRevision(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("plainRevision = %+v, want %+v, %v", got, want, err)
		}
		checkPlain(t, got.genesis.encoded)
	}
	if got, ok := plainGenesis(b); ok {
		if want, err := wireGenesis(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("plainGenesis = %+v, want %+v, %v", got, want, err)
		}
	}
}

// FuzzPlain: what is read plainly, a Body, a Revision or a Genesis, is what the
// generated decoder reads.
func FuzzPlain(f *testing.F) {
	for _, body := range plainBodies(f) {
		revision, _, _ := plainCounted(body)
		r, _ := plainRevision(revision)
		f.Add(body)
		f.Add(revision)
		f.Add(r.genesis.encoded)
	}
	for _, body := range odd(f) {
		f.Add(body)
	}
	for _, s := range samples(f) {
		whole, err := encodeBody(s.body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Fuzz(checkPlain)
}
