package node

import (
	"context"
	"io"
	"iter"

	"votive/proto/localpb"
	"votive/proto/votive"
)

// bundles is what the API may have the courier do with files.
type bundles struct{ n *Node }

// Export is the frames of a bundle.
func (b bundles) Export(ctx context.Context, since votive.Day) (int, iter.Seq2[votive.Frame, error], error) {
	return b.n.courier.Export(ctx, since, b.n.almanac.Unpublished())
}

// Import takes a bundle, and says what came of it.
func (b bundles) Import(ctx context.Context, bundle io.Reader, m *localpb.BundleResponse) error {
	got, err := b.n.courier.Import(ctx, bundle)
	m.Frames, m.New, m.Ignored = uint32(got.Frames), uint32(got.New), uint32(got.Ignored)
	m.Damaged, m.Cut = uint32(got.Damaged), uint32(got.Cut)
	return err
}
