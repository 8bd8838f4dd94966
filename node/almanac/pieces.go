package almanac

import (
	"slices"
	"sync"

	"votive/proto/votive"
)

const (
	// maxPartial is how many records may be waiting for further parts. Only the
	// ids of their frames are kept, so that strangers who begin records and
	// never end them crowd out nobody's.
	maxPartial = 16_384
	// maxHeld is how many parts are kept as they came, for records whose parts
	// come together, as nearly all do.
	maxHeld = 64
	// Whoever sees one part can send another of the same whole that does not
	// fit. So several frames may stand for one part, the newest of them, and are
	// tried with each other, so often at most for each that comes.
	maxStandIns = 8
	maxTries    = 512
)

// pieces joins records that came in several frames.
type pieces struct {
	mu   sync.Mutex
	open map[partialKey][][]votive.ID // by part, the frames that it may be
	held map[votive.ID]votive.Piece
	last []votive.ID // in held, oldest first
}

type partialKey struct {
	secret votive.Secret
	whole  votive.ID
	parts  int
}

// joined is a record and where it is from.
type joined struct {
	rec votive.Record
	origin
}

// origin is the frames that a record came in, and what the secret it came under
// is about.
type origin struct {
	frames []votive.ID
	about  votive.ID
}

// join opens a frame that w knows, and gives what will be a record once its
// parts are all here; until then an origin without frames. read opens another
// frame that came before; it may fail.
func (p *pieces) join(w watched, f votive.Frame, read func(votive.ID) (votive.Piece, error)) (votive.Unproven, origin, error) {
	piece, err := w.Open(f)
	if err != nil {
		return votive.Unproven{}, origin{}, err
	}
	if piece.Parts() == 1 {
		u, err := votive.JoinUnproven(w.Reader, piece)
		return u, origin{[]votive.ID{f.ID()}, w.about}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := partialKey{w.Secret(), piece.Whole(), piece.Parts()}
	parts := p.add(key, piece, f.ID())
	if parts == nil || slices.ContainsFunc(parts, func(ids []votive.ID) bool { return len(ids) == 0 }) {
		return votive.Unproven{}, origin{}, nil
	}
	var done votive.Unproven
	var from origin
	tries := 0
	p.each(parts, piece.Index(), f.ID(), func(ids []votive.ID) bool {
		tries++
		u, err := p.try(w, ids, read)
		if err == nil {
			done, from = u, origin{slices.Clone(ids), w.about}
		}
		return err != nil && tries < maxTries
	})
	if from.frames != nil {
		delete(p.open, key) // the hash has said that these are the parts
	}
	return done, from, nil
}

// add notes that a frame may be a part, and gives what is known of all parts;
// nil where there is no room.
func (p *pieces) add(key partialKey, piece votive.Piece, id votive.ID) [][]votive.ID {
	parts := p.open[key]
	if parts == nil {
		if len(p.open) >= maxPartial {
			return nil
		}
		if p.open == nil {
			p.open, p.held = make(map[partialKey][][]votive.ID), make(map[votive.ID]votive.Piece)
		}
		parts = make([][]votive.ID, piece.Parts())
		p.open[key] = parts
	}
	at := &parts[piece.Index()]
	if !slices.Contains(*at, id) {
		*at = append(*at, id)
		*at = (*at)[max(0, len(*at)-maxStandIns):]
	}
	if _, held := p.held[id]; !held {
		if len(p.last) >= maxHeld {
			delete(p.held, p.last[0])
			p.last = p.last[1:]
		}
		p.held[id] = piece
		p.last = append(p.last, id)
	}
	return parts
}

// each calls try with every choice of one frame for each part, that frame for
// that part, until it says to stop.
func (p *pieces) each(parts [][]votive.ID, at int, id votive.ID, try func([]votive.ID) bool) {
	chosen := make([]votive.ID, len(parts))
	var choose func(i int) bool
	choose = func(i int) bool {
		switch {
		case i == len(parts):
			return try(chosen)
		case i == at:
			chosen[i] = id
			return choose(i + 1)
		}
		for _, one := range parts[i] {
			if chosen[i] = one; !choose(i + 1) {
				return false
			}
		}
		return true
	}
	choose(0)
}

// try joins the parts in these frames.
func (p *pieces) try(w watched, ids []votive.ID, read func(votive.ID) (votive.Piece, error)) (votive.Unproven, error) {
	all := make([]votive.Piece, len(ids))
	for i, id := range ids {
		piece, held := p.held[id]
		if !held {
			var err error
			if piece, err = read(id); err != nil {
				return votive.Unproven{}, err
			}
		}
		all[i] = piece
	}
	return votive.JoinUnproven(w.Reader, all...)
}

// clear forgets all that waits.
func (p *pieces) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.held, p.last = nil, nil, nil
}
