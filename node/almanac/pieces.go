package almanac

import (
	"sync"

	"votive/proto/votive"
)

// maxPartial is how many records may be waiting for further parts: 64 of up
// to 8 frames.
const maxPartial = 64

// pieces joins records that came in several frames. When too many wait, the
// one that waited longest gives way; its frames are in the store.
type pieces struct {
	mu    sync.Mutex
	order []partialKey
	open  map[partialKey]map[int]votive.Piece
}

type partialKey struct {
	secret votive.Secret
	whole  votive.ID
	parts  int
}

// join opens a frame that w knows, and gives the record once its parts are
// all here.
func (p *pieces) join(w watched, f votive.Frame) (votive.Record, bool, error) {
	piece, err := w.Open(f)
	if err != nil {
		return votive.Record{}, false, err
	}
	all := []votive.Piece{piece}
	if piece.Parts() > 1 {
		if all = p.add(w, piece); all == nil {
			return votive.Record{}, false, nil
		}
	}
	rec, err := votive.Join(w.Reader, all...)
	return rec, err == nil, err
}

// add keeps a piece, and gives all of its record's when none is missing.
func (p *pieces) add(w watched, piece votive.Piece) []votive.Piece {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := partialKey{w.Secret(), piece.Whole(), piece.Parts()}
	have := p.open[key]
	if have == nil {
		if p.open == nil {
			p.open = make(map[partialKey]map[int]votive.Piece)
		}
		if len(p.order) >= maxPartial {
			delete(p.open, p.order[0])
			p.order = p.order[1:]
		}
		have = make(map[int]votive.Piece)
		p.open[key] = have
		p.order = append(p.order, key)
	}
	have[piece.Index()] = piece
	if len(have) < piece.Parts() {
		return nil
	}
	delete(p.open, key)
	for i, k := range p.order {
		if k == key {
			p.order = append(p.order[:i], p.order[i+1:]...)
			break
		}
	}
	all := make([]votive.Piece, 0, len(have))
	for _, piece := range have {
		all = append(all, piece)
	}
	return all
}

// clear forgets all that waits.
func (p *pieces) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.order, p.open = nil, nil
}
