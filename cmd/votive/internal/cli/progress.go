package cli

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
)

// progressEvery is how often progress is said where nobody looks at a terminal,
// in frames: every 64 MiB.
const progressEvery = 1 << 14

// progress says how far something is: on a terminal in one line that is written
// over, elsewhere in a line now and then.
type progress struct {
	out   io.Writer // nil: nobody wants to know
	live  bool
	shown string // what is on the line now
	next  uint32 // what is worth another line
}

func (a *app) progress() *progress {
	if a.quiet {
		return new(progress)
	}
	return &progress{out: a.Err, live: isTerminal(a.Err), next: progressEvery}
}

// at says that so many frames are done, of so many, or 0 where that is unknown.
func (p *progress) at(done, total uint32) {
	switch text := page.Progress(done, total); {
	case p.out == nil:
	case p.live && text != p.shown:
		fmt.Fprint(p.out, "\r"+plain.Pad(text, plain.Width(p.shown)))
		p.shown = text
	case !p.live && done >= p.next:
		fmt.Fprintln(p.out, text)
		p.next = done + progressEvery
	}
}

// end leaves the line empty for what comes next.
func (p *progress) end() {
	if p.shown != "" {
		fmt.Fprint(p.out, "\r"+plain.Pad("", plain.Width(p.shown))+"\r")
		p.shown = ""
	}
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
