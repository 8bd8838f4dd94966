package secretary

import (
	"context"
	"slices"

	"votive/proto/votive"
)

// Merge ends a conflict: of the versions of an event that exclude each other it
// is the one from now on whose revision is given. The only organizer of an event
// comes to two when they change it on two computers, each before it has heard of
// the other. SPEC 5.9.
//
// The Details of the version are those that this computer knows. Where it does
// not, there are none afterwards, and Edited says so: who organizes has to give
// them again.
func (s *Secretary) Merge(ctx context.Context, event, take votive.ID) (Edited, error) {
	return s.write(ctx, event, true, func(r *revising) error {
		versions := r.event.State.Alternatives
		if len(versions) == 0 {
			return refused("there is only one version of it")
		}
		i := slices.IndexFunc(versions, func(v *votive.Revision) bool { return v.ID() == take })
		if i < 0 {
			return refused("%v is none of its versions", take)
		}
		r.take(versions[i])
		return nil
	})
}
