package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"connectrpc.com/connect"

	"votive/proto/localpb"
	"votive/proto/votive"
)

// Bundles carries frames by file.
type Bundles interface {
	// Export is the frames of a bundle, in its order, that were sealed on a day
	// or later, and how many there are.
	Export(ctx context.Context, since votive.Day) (total int, frames iter.Seq2[votive.Frame, error], err error)
	// Import takes what is whole in a bundle, and fills in what came of it.
	Import(ctx context.Context, bundle io.Reader, m *localpb.BundleResponse) error
}

// partSize is how many bytes of a bundle a message has, and at most a frame
// more.
const partSize = 64 * votive.FrameSize

// ExportBundle gives a bundle of what is carried for all, a part at a time.
func (a *API) ExportBundle(ctx context.Context, r *localpb.ExportBundleRequest, s *connect.ServerStream[localpb.BundlePart]) error {
	since, err := a.sealedSince(r)
	if err != nil {
		return err
	}
	total, frames, err := a.Bundles.Export(ctx, since)
	if err != nil {
		return err
	}
	var part bytes.Buffer
	w, err := votive.NewBundleWriter(&part)
	if err != nil {
		return err
	}
	n := 0
	send := func() error {
		defer part.Reset()
		return s.Send(&localpb.BundlePart{Bundle: part.Bytes(), Frames: uint32(n), Total: uint32(total)})
	}
	for f, err := range frames {
		if err != nil {
			return err
		}
		if err := w.Write(f); err != nil {
			return err
		}
		if n++; part.Len() >= partSize {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// sealedSince is the day of the time that was asked for. A frame tells no more
// than the day.
func (a *API) sealedSince(r *localpb.ExportBundleRequest) (votive.Day, error) {
	reader, err := zone(r.ReaderZone)
	if err != nil {
		return 0, err
	}
	since, err := a.instant(r.Since, reader, time.Time{}, false)
	if err != nil {
		return 0, err
	}
	if since.After(a.Almanac.Now()) {
		return 0, badInput(fmt.Errorf("%.40q has not come yet: nothing can have been sealed since", r.Since))
	}
	return votive.DayOf(since), nil
}

// ImportBundle takes what is whole in a bundle.
func (a *API) ImportBundle(ctx context.Context, r *localpb.ImportBundleRequest) (*localpb.BundleResponse, error) {
	m := &localpb.BundleResponse{}
	err := a.Bundles.Import(ctx, bytes.NewReader(r.Bundle), m)
	switch {
	case errors.Is(err, votive.ErrNoBundle):
		return nil, badInput(err)
	case errors.Is(err, votive.ErrGarbage):
		return nil, connect.NewError(connect.CodePermissionDenied, err)
	}
	return m, err
}
