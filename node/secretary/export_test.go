package secretary

import (
	"context"
	"errors"

	"votive/node/almanac"
)

// Renewals is what Run does by itself once an hour.
type Renewals struct{ renewals }

// Renew looks once; errNothing is no error.
func (r *Renewals) Renew(ctx context.Context, book *almanac.Almanac) error {
	if err := r.renew(ctx, book); err != nil && !errors.Is(err, errNothing) {
		return err
	}
	return nil
}
