package votive

import (
	"slices"

	"pgregory.net/rapid"
)

// Revisions whose marks are not real signatures: folding and signing rules
// look at who marked, and never at the signature. That marks are signatures is
// the door's business.

// fakeKeys are ids that stand for event keys, ascending.
func fakeKeys(n int) []ID {
	keys := make([]ID, n)
	for i := range keys {
		keys[i] = digest("test key", []byte{byte(i)})
	}
	return sortedSet(keys)
}

// fakeGenesis founds an event on some keys.
func fakeGenesis(t rapid.TB, name string, founders ...ID) Genesis {
	t.Helper()
	g, err := NewGenesis(digest("test nonce", []byte(name)), founders...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// fakeCard is a card with a title and organizers, as short as can be.
func fakeCard(title string, organizers ...ID) Card {
	c := Card{Title: title, Start: Time{kind: Date, wall: 1812067200}}
	for _, key := range sortedSet(slices.Clone(organizers)) {
		c.Organizers = append(c.Organizers, Organizer{Key: key})
	}
	return c
}

// fakeMark is the mark of a key on a revision.
func fakeMark(key, revision ID) []byte {
	h := digest("test mark", key[:], revision[:])
	return append(h[:], h[:]...)
}

// fakeSign is Sign, without the signature.
func fakeSign(key, revision ID) *Signature {
	return &Signature{Author: key, Revision: revision, signed: &signed{author: key, signature: fakeMark(key, revision)}}
}

// fakeCount is a revision with the marks of some keys.
func fakeCount(r *Revision, keys ...ID) *Counted {
	c := &Counted{revision: r}
	for _, key := range sortedSet(slices.Clone(keys)) {
		c.marks = append(c.marks, mark{key: key, signature: fakeMark(key, r.id)})
	}
	return c
}

// fakeRevision is a revision of the event, with any parents.
func fakeRevision(t rapid.TB, g Genesis, card Card, instead []ID, parents ...*Counted) *Revision {
	t.Helper()
	ids := []ID{g.Event()}
	if len(parents) > 0 {
		ids = nil
	}
	for _, p := range parents {
		ids = append(ids, p.revision.id)
	}
	r, err := newRevision(g, ids, slices.Clone(instead), Draft{Card: card})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
