package votive

import (
	"fmt"
	"io"
	"slices"

	"votive/proto/internal/wirepb"
)

// Genesis founds an event: its hash is the event id, so that nobody else can
// be the event's first organizers. It is read only. SPEC 5.1.
type Genesis struct {
	nonce    [32]byte
	founders []ID
	encoded  []byte
}

// NewNonce draws what tells an event key, and a genesis, from all others.
// SPEC 5.1.
func NewNonce(random io.Reader) ([32]byte, error) {
	var nonce [32]byte
	if _, err := io.ReadFull(random, nonce[:]); err != nil {
		return nonce, fmt.Errorf("random source: %w", err)
	}
	return nonce, nil
}

// NewGenesis founds an event on 1 to 5 distinct event keys, in any order.
// SPEC 5.1.
func NewGenesis(nonce [32]byte, founders ...ID) (Genesis, error) {
	w := wirepb.Genesis{Nonce: nonce[:], Founders: bytesOf(sortedSet(slices.Clone(founders)))}
	encoded, err := marshal(&w)
	if err != nil {
		return Genesis{}, err
	}
	return genesisFrom(encoded)
}

// Event is the event id.
func (g Genesis) Event() ID { return digest("votive-genesis-1", g.encoded) }

// Founders is the founding event keys, ascending.
func (g Genesis) Founders() []ID { return slices.Clone(g.founders) }

func genesisFrom(encoded []byte) (Genesis, error) {
	g, ok := plainGenesis(encoded)
	if !ok {
		var err error
		if g, err = wireGenesis(encoded); err != nil {
			return Genesis{}, err
		}
	}
	if err := g.check(); err != nil {
		return Genesis{}, err
	}
	return g, nil
}

// wireGenesis is plainGenesis for all that a Genesis can be.
func wireGenesis(encoded []byte) (Genesis, error) {
	var w wirepb.Genesis
	if err := unmarshal("genesis", encoded, &w); err != nil {
		return Genesis{}, err
	}
	nonce, err := idFrom("genesis' nonce", w.GetNonce())
	if err != nil {
		return Genesis{}, err
	}
	founders, err := idsFrom("founder", w.GetFounders())
	if err != nil {
		return Genesis{}, err
	}
	return Genesis{nonce: nonce, founders: founders, encoded: encoded}, nil
}

// check is SPEC 5.1.
func (g Genesis) check() error { return checkAscending("founders", g.founders, 1, 5) }
