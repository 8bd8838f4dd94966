package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// What a bundle is made of, in bytes (SPEC 13.1), and how much of one is sent
// to the daemon at once.
const (
	bundleHead  = 16
	bundleFrame = 4096
	bundleChunk = 256 * bundleFrame
)

func (a *app) bundle() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "frames in a file, for a USB stick where there is no network",
		Long: `A bundle is a file with everything that this computer carries for itself and for
others, sealed as it is. Whoever imports it sees what they could have seen on
the network, and passes all of it on. Nobody can read more in it than you could
on any other computer that runs votive.`,
		Example: `  votive bundle export /media/stick/today.bundle
  votive bundle import /media/stick/today.bundle`,
		Args: cobra.ArbitraryArgs,
		RunE: a.choose,
	}
	cmd.AddCommand(a.bundleExport(), a.bundleImport())
	return cmd
}

func (a *app) bundleExport() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use:   "export FILE|-",
		Short: "write what this computer carries into a file",
		Long: `Writes everything that this computer carries into a file, in an order that says
nothing about when and from where it came. With - it goes to stdout. A file that
is there is not overwritten; until it is complete it is called FILE.part, and
the same command goes on where it was interrupted.

What you wrote is in it too. As long as no peer was given it, or another bundle,
who gets this one and knows where it was made can tell that it is yours.`,
		Example: `  votive bundle export /media/stick/today.bundle
  votive bundle export --since 2027-06-01 june.bundle
  votive bundle export - | ssh friend votive bundle import -`,
		Args: want("FILE|-"),
	}
	cmd.Flags().StringVar(&since, "since", "", "only what was sealed on the day of this `TIME` or later")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request := &localpb.ExportBundleRequest{Since: since, ReaderZone: a.zoneName()}
		if args[0] == "-" {
			return a.exportToStdout(cmd.Context(), request)
		}
		return a.exportToFile(cmd.Context(), request, args[0])
	}
	return cmd
}

func (a *app) exportToStdout(ctx context.Context, request *localpb.ExportBundleRequest) error {
	switch {
	case a.json:
		return usage("votive bundle export FILE --json", "--json and - both mean stdout")
	case isTerminal(a.Out):
		return usage("votive bundle export FILE", "a bundle is nothing for a terminal")
	}
	frames, err := a.export(ctx, request, func() (io.Writer, error) { return a.Out, nil })
	if err == nil {
		a.say("%s", strings.TrimSpace(page.Exported(&localpb.BundleResponse{Frames: frames, New: frames})))
	}
	return err
}

func (a *app) exportToFile(ctx context.Context, request *localpb.ExportBundleRequest, path string) error {
	if err := absent(path); err != nil {
		return err
	}
	var p *partial
	frames, err := a.export(ctx, request, func() (_ io.Writer, err error) {
		p, err = openPartial(path + ".part")
		return p, err
	})
	if p == nil {
		return err
	}
	err = errors.Join(err, p.finish(err == nil))
	if err == nil {
		err = absent(path)
	}
	if err == nil {
		err = os.Rename(p.Name(), path)
	}
	if err != nil {
		if !errors.Is(err, errForeign) {
			a.say("%s", strings.TrimSpace(filled("What was written so far is in "+plain.Line(p.Name())+
				"; the same command goes on from there.", 0)))
		}
		return unwritten(err)
	}
	r := &localpb.BundleResponse{Frames: frames, New: frames - min(p.frames(), frames)}
	return a.print(r, func() string { return page.Exported(r) })
}

// unwritten explains what went wrong with a file; what the daemon said explains
// itself.
func unwritten(err error) error {
	if e := new(fs.PathError); errors.As(err, &e) {
		return failed("", "the bundle cannot be written: %v", e)
	}
	return err
}

// absent refuses to write over a file.
func absent(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return failed("ls -l "+path, "%s is there already, and is not overwritten", path)
	}
	return nil
}

// export has the daemon write a bundle into what open opens, once there is
// something to write, and returns how many frames there are in it.
func (a *app) export(ctx context.Context, request *localpb.ExportBundleRequest, open func() (io.Writer, error)) (uint32, error) {
	client, err := a.client()
	if err != nil {
		return 0, err
	}
	status, err := client.Status(ctx, &localpb.StatusRequest{})
	if err != nil {
		return 0, err
	}
	stream, err := client.ExportBundle(ctx, request)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	bar := a.progress()
	defer bar.end()
	var out io.Writer
	var frames uint32
	for stream.Receive() {
		part := stream.Msg()
		if out == nil {
			if out, err = open(); err != nil {
				return 0, err
			}
			a.warnOfOwn(status)
		}
		if _, err := out.Write(part.GetBundle()); err != nil {
			return 0, err
		}
		frames = part.GetFrames()
		bar.at(frames, part.GetTotal())
	}
	if err := stream.Err(); err != nil {
		return 0, err
	}
	if out == nil {
		return 0, failed("votive down", "the daemon gave no bundle")
	}
	return frames, nil
}

// warnOfOwn says what a bundle can give away.
func (a *app) warnOfOwn(status *localpb.StatusResponse) {
	if status.GetWaiting() > 0 {
		a.say("Some of what you wrote was given to no peer yet, and is in the bundle: who gets\n" +
			"it and knows where it was made can tell that it is yours.")
	}
}

// errForeign is about a FILE.part that is something else.
var errForeign = errors.New("not a part of a bundle")

// partial is a bundle on its way into a file. As far as the file holds the same
// already it is read and not written: sticks are slow to write.
type partial struct {
	*os.File
	same bool  // so far
	had  int64 // bytes that were the same
	size int64 // of the bundle so far
}

func openPartial(path string) (*partial, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, failed("", "the bundle cannot be written: %v", err)
	}
	return &partial{File: file, same: true}, nil
}

// Write writes what is not there.
func (p *partial) Write(b []byte) (int, error) {
	rest := b
	if p.same {
		there := make([]byte, len(b))
		n, err := io.ReadFull(p.File, there)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		same := alike(there[:n], b)
		if p.size == 0 && same < min(n, bundleHead) {
			return 0, fmt.Errorf("%s is there already, and is %w", p.Name(), errForeign)
		}
		p.had += int64(same)
		if rest = b[same:]; len(rest) > 0 {
			p.same = false
			if err := p.cut(p.had); err != nil {
				return 0, err
			}
		}
	}
	p.size += int64(len(b))
	if len(rest) == 0 {
		return len(b), nil
	}
	if _, err := p.File.Write(rest); err != nil {
		return 0, err
	}
	return len(b), nil
}

// alike is how many bytes a and b have in common from the beginning.
func alike(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// cut ends the file there.
func (p *partial) cut(size int64) error {
	_, err := p.Seek(size, io.SeekStart)
	return errors.Join(p.Truncate(size), err)
}

// finish closes the file; what is complete is on disk then.
func (p *partial) finish(complete bool) error {
	var err error
	if complete {
		err = errors.Join(p.Truncate(p.size), p.Sync())
	}
	return errors.Join(err, p.Close())
}

// frames is how many were in the file before.
func (p *partial) frames() uint32 { return uint32(max(p.had-bundleHead, 0) / bundleFrame) }

func (a *app) bundleImport() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE|-",
		Short: "take in what is in a bundle",
		Long: `Takes what is in a bundle as if the network had brought it, and passes it on. What
is here already, dead or damaged is left out, and what is whole is taken however
the bundle ends: the same command again goes on where it was interrupted. With -
the bundle is read from stdin.`,
		Example: `  votive bundle import /media/stick/today.bundle
  curl -s https://friend.example/today.bundle | votive bundle import -`,
		Args: want("FILE|-"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importBundle(cmd.Context(), args[0])
		},
	}
}

func (a *app) importBundle(ctx context.Context, path string) error {
	i := &importing{name: plain.Cut(plain.Line(path), 40), sum: new(localpb.BundleResponse), in: a.In}
	if path == "-" {
		if i.name = "what came on stdin"; isTerminal(a.In) {
			return usage("votive bundle import FILE", "there is nothing on stdin but your keyboard")
		}
	} else {
		file, err := os.Open(path)
		if err != nil {
			return usage("", "the bundle cannot be read: %v", err)
		}
		defer file.Close()
		i.in = file
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			i.total = uint32(max(info.Size()-bundleHead, 0) / bundleFrame)
		}
	}
	client, err := a.client()
	if err != nil {
		return err
	}
	bar := a.progress()
	err = i.run(ctx, client, bar)
	bar.end()
	if err != nil {
		if i.sum.GetNew() > 0 {
			a.say("%sWhat was taken stays; the same command goes on from there.", page.Imported(i.sum))
		}
		return err
	}
	return a.imported(i)
}

// imported says what came of it. Where there was not one whole frame and
// something was wrong with them, that was no bundle worth the name.
func (a *app) imported(i *importing) error {
	lost := page.Lost(i.sum)
	if i.sum.GetFrames() == 0 && i.sum.GetDamaged() > 0 {
		return &fault{exitRefused, i.name + ": " + lost[0] + ", and none is whole", "votive bundle export FILE"}
	}
	for _, l := range lost {
		fmt.Fprint(a.Err, filled("warning: "+l+".", 0))
	}
	if len(lost) > 0 {
		a.say("All that is whole was taken. Another copy of the bundle may have the rest.")
	}
	return a.print(i.sum, func() string { return page.Imported(i.sum) })
}

// importing is a bundle on its way to the daemon.
type importing struct {
	name  string // for people
	in    io.Reader
	total uint32 // frames that there may be, 0 where that is not known
	sum   *localpb.BundleResponse
}

// run gives the daemon the bundle in pieces that are bundles themselves. What
// it answers for is on disk.
func (i *importing) run(ctx context.Context, client daemon.Client, bar *progress) error {
	piece := make([]byte, bundleHead+bundleChunk)
	head, err := i.read(ctx, piece[:bundleHead])
	if err != nil {
		return err
	}
	if bytes.HasPrefix(piece[:head], []byte("votive-file-1\n")) { // SPEC 7.8
		return usage("votive accept FILE", "%s is an invitation and no bundle", i.name)
	}
	for done := uint32(0); ; {
		n := 0
		if head == bundleHead { // else it is cut short, and the daemon says so
			if n, err = i.read(ctx, piece[bundleHead:]); err != nil {
				return err
			}
		}
		r, err := client.ImportBundle(ctx, &localpb.ImportBundleRequest{Bundle: piece[:head+n]})
		if err != nil {
			return i.refused(err)
		}
		i.add(r)
		done += uint32(n / bundleFrame)
		bar.at(done, i.total)
		if n < bundleChunk {
			return nil
		}
	}
}

func (i *importing) add(r *localpb.BundleResponse) {
	i.sum.Frames += r.GetFrames()
	i.sum.New += r.GetNew()
	i.sum.Ignored += r.GetIgnored()
	i.sum.Damaged += r.GetDamaged()
	i.sum.Cut += r.GetCut()
}

// refused explains what the daemon says about a bundle.
func (i *importing) refused(err error) error {
	if e := new(daemon.Error); errors.As(err, &e) {
		switch e.Code {
		case "invalid_argument":
			return usage("votive bundle export FILE", "%s is %s", i.name, e.Message)
		case "permission_denied":
			return &fault{exitRefused, "the rest of " + i.name + " is " + e.Message, "votive bundle export FILE"}
		}
	}
	return err
}

// read fills b as far as there is something to fill it with. It waits for it
// no longer than until ctx ends; then the read itself ends with the process.
func (i *importing) read(ctx context.Context, b []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	got := make(chan result, 1)
	go func() {
		n, err := io.ReadFull(i.in, b)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
		got <- result{n, err}
	}()
	select {
	case r := <-got:
		if r.err != nil {
			return 0, usage("", "the bundle cannot be read: %v", r.err)
		}
		return r.n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
