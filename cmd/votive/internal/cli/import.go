package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

// maxCalendar is how large a calendar may be that is read, in bytes: as much as
// the daemon takes. What is over it is not even read.
const maxCalendar = 4 << 20

// maxAnnounced is how many events are announced at once. Each is signed and
// sent, and stamped by the work of a second or so.
const maxAnnounced = 50

// importFlags are how a calendar is taken in.
type importFlags struct {
	*app
	name, forget     string
	list, announce   bool
	circle, city, by string
	agreed           bool
}

func (a *app) importCalendar() *cobra.Command {
	f := &importFlags{app: a}
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "read in a calendar, for yourself or to announce it",
		Long: `Reads in a calendar that another program wrote (a file of iCalendar text, mostly
called .ics). It is kept on this computer alone and never sent: it is there so
that votive free knows when you have time, and so that you are told when
something is at the same time as something else. Importing again under the same
name replaces what was there. With - the calendar is read from stdin.

With --announce its entries are announced as events of yours, after you have
seen each of them and agreed. Everybody who can read an event sees its title,
text, times, tags and links; its place and the links to take part are sealed, and
only guests who are let in see them. Entries that are over, cancelled or marked as
private or confidential are left out.`,
		Example: `  votive import work.ics
  curl -s https://uni.example/lectures.ics | votive import - --as lectures
  votive import --list
  votive import --forget work
  votive import program.ics --announce --circle june4 --city Taipei`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.list || f.forget != "" {
				return want()(cmd, args)
			}
			return want("FILE|-")(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "as", "", "the `NAME` under which it is kept; that of the file unless given")
	flags.BoolVar(&f.list, "list", false, "list what was imported")
	flags.StringVar(&f.forget, "forget", "", "forget what was imported under `NAME`")
	flags.BoolVar(&f.announce, "announce", false, "announce its entries as events, and keep nothing else")
	flags.StringVar(&f.circle, "circle", "", "with --announce: the `CIRCLE` in which they are announced, by name or id")
	flags.StringVar(&f.city, "city", "", "with --announce: the `CITY` of all of them, for everybody who sees them")
	flags.StringVar(&f.by, "by", "", "with --announce: the `NAME` that you announce them by; nobody can check it")
	flags.BoolVarP(&f.agreed, "yes", "y", false, "with --announce: announce them without asking")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		err := exclusive(flags, [2]string{"list", "forget"}, [2]string{"list", "announce"}, [2]string{"forget", "announce"},
			[2]string{"list", "as"}, [2]string{"forget", "as"}, [2]string{"announce", "as"})
		if err != nil {
			return err
		}
		for _, name := range []string{"circle", "city", "by", "yes"} {
			if flags.Changed(name) && !f.announce {
				return usage("", "--%s is about what is announced: --announce", name)
			}
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		switch {
		case f.list:
			r, err := client.ListImports(ctx, &localpb.ListImportsRequest{})
			return f.imports(r, err)
		case f.forget != "":
			r, err := client.ForgetImport(ctx, &localpb.ForgetImportRequest{Name: f.forget})
			return f.imports(r, err)
		case f.announce:
			return f.announceAll(ctx, client, args[0])
		default:
			return f.keep(ctx, client, args[0])
		}
	}
	return cmd
}

// imports prints what is imported.
func (f *importFlags) imports(r *localpb.ImportsResponse, err error) error {
	if err != nil {
		return err
	}
	if len(r.GetImports()) == 0 {
		f.say("Nothing is imported. votive import FILE reads in a calendar.")
	}
	reader := f.reader()
	return f.print(r, func() string { return reader.Imports(r.GetImports()) })
}

// keep imports a calendar for the person alone.
func (f *importFlags) keep(ctx context.Context, client daemon.Client, path string) error {
	name := f.name
	switch {
	case name != "":
	case path == "-":
		return usage("votive import - --as NAME", "what comes on stdin has no name: --as")
	default:
		name = filepath.Base(path)
		if ext := filepath.Ext(name); strings.EqualFold(ext, ".ics") {
			name = name[:len(name)-len(ext)]
		}
	}
	text, err := f.read(ctx, path)
	if err != nil {
		return err
	}
	r, err := client.ImportCalendar(ctx, &localpb.ImportCalendarRequest{Calendar: text, Name: name})
	if err != nil {
		return err
	}
	f.notices("", r.GetNotices(), r.GetMoreNotices())
	return f.print(r, func() string { return page.ImportedCalendar(r) })
}

// notices says what was not taken, or not as it was.
func (f *importFlags) notices(indent string, notices []string, more uint32) {
	for _, n := range notices {
		for i, line := range plain.Wrap("note: "+plain.Line(n), plain.Columns-len(indent)) {
			f.say("%s%s", indent+strings.Repeat("  ", min(i, 1)), line)
		}
	}
	if more > 0 {
		f.say("%snote: and %d more like these", indent, more)
	}
}

// read reads a calendar, and no more than may be in one.
func (f *importFlags) read(ctx context.Context, path string) ([]byte, error) {
	in, name := f.In, plain.Cut(plain.Line(path), 40)
	if path == "-" {
		if name = "what came on stdin"; isTerminal(f.In) {
			return nil, usage("votive import FILE", "there is nothing on stdin but your keyboard")
		}
	} else {
		file, err := os.Open(path)
		if err != nil {
			return nil, usage("", "the calendar cannot be read: %v", err)
		}
		defer file.Close()
		in = file
	}
	type result struct {
		text []byte
		err  error
	}
	got := make(chan result, 1)
	go func() { // a pipe that nobody writes to must not keep Ctrl-C waiting
		text, err := io.ReadAll(io.LimitReader(in, maxCalendar+1))
		got <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-got:
		if r.err != nil {
			return nil, usage("", "the calendar cannot be read: %v", r.err)
		}
		if len(r.text) > maxCalendar {
			return nil, usage("", "%s has more than %d MiB, want at most that: export fewer events to a file", name, maxCalendar>>20)
		}
		return r.text, nil
	}
}

// announceAll announces what is in a calendar, once the person has seen it.
func (f *importFlags) announceAll(ctx context.Context, client daemon.Client, path string) error {
	text, err := f.read(ctx, path)
	if err != nil {
		return err
	}
	read, err := client.ReadCalendar(ctx, &localpb.ReadCalendarRequest{Calendar: text, ReaderZone: f.zoneName()})
	if err != nil {
		return err
	}
	f.notices("", read.GetNotices(), read.GetMoreNotices())
	var drafts []*localpb.Draft
	for _, e := range read.GetEntries() {
		d := e.GetDraft()
		if f.city != "" {
			d.City = &f.city
		}
		if f.by != "" {
			d.By = &f.by
		}
		if why := e.GetWhyNot(); why != "" {
			f.say("left out: %s: %s", plain.Line(d.GetTitle()), plain.Line(why))
			continue
		}
		f.say("%s", strings.TrimSuffix(page.Draft(e), "\n"))
		f.notices("  ", e.GetNotices(), 0)
		drafts = append(drafts, d)
	}
	switch n := len(drafts); {
	case n == 0:
		f.say("There is nothing in it to announce.")
		return f.print(new(localpb.EventsResponse), nothing)
	case n > maxAnnounced:
		return usage("", "%d events are to be announced, want at most %d at once: put fewer into a file", n, maxAnnounced)
	default:
		if agreed, err := f.agrees(ctx, n); err != nil || !agreed {
			return err
		}
	}
	done := new(localpb.EventsResponse)
	for _, d := range drafts {
		r, err := client.Announce(ctx, &localpb.AnnounceRequest{Draft: d, Circle: f.circle, ReaderZone: f.zoneName()})
		if err != nil {
			if len(done.GetEvents()) > 0 {
				f.say("%d of %d are announced, and stay so; this one is not: %s", len(done.GetEvents()), len(drafts), plain.Line(d.GetTitle()))
			}
			return err
		}
		f.clashes(r.GetClashes(), r.GetMoreClashes())
		done.Events = append(done.Events, r.GetEvent())
	}
	reader := f.reader()
	return f.print(done, func() string { return reader.Agenda(done.GetEvents()) })
}

// agrees asks whether so many events are to be announced.
func (f *importFlags) agrees(ctx context.Context, n int) (bool, error) {
	if f.agreed || f.json {
		return true, nil
	}
	fd, asks := f.terminal()
	if !asks {
		return false, usage("votive import FILE --announce --yes", "nothing is announced without your word: --yes")
	}
	whom := "found by invitation only"
	if f.circle != "" {
		whom = "in the circle " + plain.Line(f.circle)
	}
	agreed, err := f.confirm(ctx, fd, fmt.Sprintf("Announce %d of these, %s?", n, whom))
	if err == nil && !agreed {
		f.say("Nothing was announced.")
	}
	return agreed, err
}

// clashes warns of what else the person has at the time. Nobody else is told.
func (a *app) clashes(all []*localpb.Taken, more uint32) {
	if len(all) == 0 {
		return
	}
	reader := a.reader()
	a.say("warning: at that time you have something else, as only you are told:")
	for _, line := range reader.Taken(all, more) {
		a.say("  %s", line)
	}
}
