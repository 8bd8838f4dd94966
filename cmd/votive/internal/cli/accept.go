package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/cmd/votive/internal/qr"
	"votive/proto/localpb"
)

// waitFor is how long an invitation that is not here is waited for, in
// seconds.
const waitFor = 30

// maxOpened bounds what is read of a file or from stdin, in bytes: the largest
// invitation files have 4 MiB, and pictures are larger.
const maxOpened = 64 << 20

// opening is a link or a file on its way to being accepted.
type opening struct {
	app    *app
	client daemon.Client
	link   string // one of the two
	file   []byte
	agreed bool // the reader agrees to the peer that the link names being dialled
	retry  string
	waited time.Duration
	found  *localpb.AcceptResponse
}

// inspect finds out what is behind it and who signed that. What is not here is
// waited for; where that means to dial somebody, the reader is asked first.
func (o *opening) inspect(ctx context.Context) (err error) {
	request := &localpb.InspectRequest{Link: o.link, File: o.file}
	if o.found, err = o.client.Inspect(ctx, request); err != nil || !o.found.GetPending() {
		return err
	}
	if o.found.GetAddress() != "" && !o.agreed {
		if err := o.ask(ctx); err != nil {
			return err
		}
	}
	o.app.say("It is not here yet. Waiting up to %d seconds for it.", waitFor)
	request.Connect = o.agreed || o.found.GetAddress() == "" // nobody is named: this only waits
	request.WaitSeconds = waitFor
	before := o.app.now()
	o.found, err = o.client.Inspect(ctx, request)
	o.waited = o.app.now().Sub(before)
	return err
}

// ask has the reader agree to a connection.
func (o *opening) ask(ctx context.Context) error {
	a := o.app
	fd, ok := a.terminal()
	if !ok {
		return usage(o.retry, "what is behind this link has to be fetched from a peer, and there is nobody to ask for consent")
	}
	a.say("What is behind this link is not here yet. The link names a peer that has it:\n  %s\n"+
		"If votive connects to it, that computer learns your IP address.", plain.Line(o.found.GetAddress()))
	yes, err := a.confirm(ctx, fd, "Connect?")
	if err != nil {
		return err
	}
	if !yes {
		return failed(o.retry, "nothing was accepted, and nobody was contacted")
	}
	o.agreed = true
	return nil
}

// accept takes it, or keeps the link until it arrives.
func (o *opening) accept(ctx context.Context) (err error) {
	request := &localpb.AcceptRequest{Link: o.link, File: o.file, Connect: o.agreed}
	if !o.found.GetPending() { // the event itself may still be on its way
		request.WaitSeconds = uint32(max(1, waitFor-o.waited/time.Second))
	}
	if o.found, err = o.client.Accept(ctx, request); err == nil && o.found.GetPending() {
		o.app.say("It has not arrived yet. votive keeps the link for 30 days and takes it when it comes.")
		if o.found.GetAddress() == "" {
			o.app.say("The link names nobody to ask: it comes once you are connected to somebody who has\nit, with votive up -- --peer ADDRESS or --mdns.")
		}
	}
	return err
}

func (a *app) accept() *cobra.Command {
	var agree bool
	cmd := &cobra.Command{
		Use:   "accept LINK|FILE|PICTURE|-",
		Short: "open an invitation: a link, a file or a picture of a QR code",
		Long: `Opens an invitation and says first who signed it. It takes a votive: link, the
file that votive invite --out wrote, a PNG or JPEG picture of a QR code, or any
of these on stdin (-). Accepting tells nobody anything: votive rsvp does.

If the invitation is not here yet, votive asks before it connects to the peer
that the link names, which then learns your IP address. What does not arrive
within 30 seconds is taken when it comes, for 30 days.`,
		Example: `  votive accept votive:AFQ…
  votive accept candles.votive
  votive accept screenshot.png
  pbpaste | votive accept -`,
		Args: want("LINK|FILE|PICTURE|-"),
	}
	cmd.Flags().BoolVarP(&agree, "yes", "y", false, "connect to the peer that the link names without asking")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		link, file, err := a.read(args[0])
		if err != nil {
			return err
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		o := &opening{app: a, client: client, link: link, file: file, agreed: agree || a.json, retry: "votive accept --yes LINK"}
		if err := o.inspect(ctx); err != nil {
			return err
		}
		if err := a.write(whose(o.found)); err != nil {
			return err
		}
		if o.found.GetContact() == nil {
			if err := o.accept(ctx); err != nil {
				return err
			}
		}
		return a.accepted(o.found)
	}
	return cmd
}

// whose says who signed what is behind a link.
func whose(r *localpb.AcceptResponse) string {
	i := r.GetIssuer()
	if i.GetKey() == "" {
		return ""
	}
	return "Signed by " + page.Person(i.GetPetname(), i.GetName(), i.GetKey(), i.GetVerified()) + ".\n"
}

// accepted prints what was accepted and what can be done with it.
func (a *app) accepted(r *localpb.AcceptResponse) error {
	reader := a.reader()
	err := a.print(r, func() string {
		text := ""
		if c := r.GetContact(); c != nil {
			text += "\n" + page.Contact(c)
		}
		if c := r.GetCircle(); c != nil && r.GetEvent() == nil {
			text += "\n" + page.Circles([]*localpb.Circle{c})
		}
		if e := r.GetEvent(); e != nil {
			text += "\n" + reader.Card(e)
		}
		return text
	})
	switch {
	case err != nil || r.GetPending():
	case r.GetContact() != nil:
		a.say("\nThis is a contact card. To keep it: votive contacts add LINK --as NAME")
	case r.GetEvent() != nil:
		a.say("\nTo answer: votive rsvp %s yes, no or maybe", page.Short(r.GetEvent().GetId()))
	case r.GetCircle() != nil:
		a.say("\nYou are in the circle. votive events shows what is announced in it.")
	}
	return err
}

// read finds the link or the invitation file in what was given.
func (a *app) read(source string) (link string, file []byte, err error) {
	if isLink(source) {
		return tidy(source), nil, nil
	}
	content, err := a.content(source)
	if err != nil {
		return "", nil, err
	}
	if bytes.HasPrefix(content, []byte("votive-file-1\n")) { // SPEC 7.8
		return "", content, nil
	}
	name := source
	if source == "-" {
		name = "what came on stdin"
	}
	if bytes.HasPrefix(content, []byte("votive-bundle-")) { // SPEC 12.1
		return "", nil, usage("votive bundle import FILE", "%s is a bundle and no invitation", name)
	}
	if qr.IsPicture(content) {
		text, err := qr.Read(content)
		if err != nil {
			return "", nil, usage("", "%s: %v", name, err)
		}
		if !isLink(text) {
			return "", nil, usage("", "%s: the QR code in it is no votive link", name)
		}
		return tidy(text), nil, nil
	}
	var links []string
	for _, word := range strings.Fields(string(content[:min(len(content), 1<<16)])) {
		if isLink(word) {
			links = append(links, tidy(word))
		}
	}
	switch len(links) {
	case 0:
		return "", nil, usage("", "there is no votive link in %s", name)
	case 1:
		return links[0], nil, nil
	default:
		return "", nil, usage("", "there are %d votive links in %s, and one is wanted", len(links), name)
	}
}

// content is a file's, or what comes on stdin.
func (a *app) content(source string) ([]byte, error) {
	in := a.In
	if source != "-" {
		f, err := os.Open(source)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage("", "%q is neither a votive link nor a file", plain.Cut(source, 40))
		}
		if err != nil {
			return nil, usage("", "the invitation cannot be read: %v", err)
		}
		defer f.Close()
		in = f
	}
	content, err := io.ReadAll(io.LimitReader(in, maxOpened+1))
	if err != nil {
		return nil, usage("", "the invitation cannot be read: %v", err)
	}
	if len(content) > maxOpened {
		return nil, usage("", "%s is larger than any invitation", source)
	}
	return content, nil
}

// tidy is a link as the daemon takes it: the scheme in small letters.
func tidy(link string) string {
	link = strings.TrimSpace(link)
	return "votive:" + link[len("votive:"):]
}
