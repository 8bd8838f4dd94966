package store

import (
	"context"
	"errors"

	"votive/proto/votive"
)

// Report is what Check or Salvage found.
type Report struct {
	Whole   int    // frames that are what was put there
	Damaged int    // frames known to be lost
	Aside   string // Salvage: where the damaged store is now
}

// Check reads every frame. It may take as long as reading the whole store.
func (s *Store) Check(ctx context.Context) (Report, error) {
	var r Report
	for _, k := range s.Keys() {
		switch _, err := s.Get(ctx, k.ID); {
		case err == nil:
			r.Whole++
		case errors.Is(err, ErrDamaged):
			r.Damaged++
		case !errors.Is(err, ErrNotFound): // dropped meanwhile
			return r, err
		}
	}
	return r, nil
}

// forget takes a damaged frame out of the index, and out of it alone: its row
// stays until it is put again, or is found damaged again, and its slot is not
// given to another before the store is opened again.
func (x *index) forget(id votive.ID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(id)
}
