package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/cmd/votive/internal/qr"
	"votive/proto/localpb"
)

// inviteFlags are what can be said about an invitation.
type inviteFlags struct {
	uses    uint32
	expires string
	out     string
	code    bool
	here    bool
}

func (f *inviteFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Uint32Var(&f.uses, "uses", 0, "how many people may use it; 0 is any `NUMBER`")
	flags.StringVar(&f.expires, "expires", "", "until when it is valid: a `TIME`, or a duration like 7d")
	flags.BoolVar(&f.code, "qr", false, "show the link as a QR code too")
	flags.BoolVar(&f.here, "here", false, hereHelp)
	flags.StringVar(&f.out, "out", "", "write it to `FILE` as well: complete, to be opened without a network")
}

func (a *app) invite() *cobra.Command {
	f := new(inviteFlags)
	cmd := &cobra.Command{
		Use:   "invite EVENT|CIRCLE",
		Short: "make an invitation: a link, a QR code or a file",
		Long: `Makes a signed invitation and prints its link. Whoever has the link can see the
event and answer, so send it on a way that you trust. It is valid until the
event ends, or for 30 days if it is to a circle, unless --expires says less.

With --uses so many people are let in, and no more. They are counted on this
computer: one that was brought back by its 24 words, and any other with the same
words, counts from the start.

` + hereLong,
		Example: `  votive invite candles
  votive invite 3f2a9c1b --uses 1 --expires 7d
  votive invite candles --qr
  votive invite candles --here
  votive invite candles --out candles.votive     for a USB stick`,
		Args: want("EVENT|CIRCLE"),
	}
	f.register(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.makeInvite(cmd.Context(), args[0], false, f)
	}
	return cmd
}

func (a *app) makeInvite(ctx context.Context, to string, circle bool, f *inviteFlags) error {
	client, err := a.client()
	if err != nil {
		return err
	}
	var file *os.File
	if f.out != "" {
		if file, err = create(f.out); err != nil {
			return err
		}
	}
	var r *localpb.InviteResponse
	expires, err := a.until(ctx, client, to, circle, f.expires)
	if err == nil {
		r, err = client.Invite(ctx, &localpb.InviteRequest{
			To: to, Circle: circle, Uses: f.uses, Expires: expires, ReaderZone: a.zoneName(), File: f.out != "", Here: f.here,
		})
	}
	if file != nil {
		if err = finish(file, r.GetFile(), err); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	r.File = nil // it is where it was wanted
	a.understood(to, r.GetChosen())
	if err := a.print(r, func() string { return plain.Line(r.GetLink()) + "\n" }); err != nil {
		return err
	}
	if f.code {
		if err := a.code(r.GetQr()); err != nil {
			return err
		}
	}
	a.invited(r, f.out)
	a.linked(f.here, r.GetAddress())
	return nil
}

// until is the moment that was typed, in RFC 3339. It shows it before anything
// is signed: where the event is, in UTC, and here. Nothing typed is nothing.
func (a *app) until(ctx context.Context, client daemon.Client, to string, circle bool, typed string) (string, error) {
	if typed == "" {
		return "", nil
	}
	r := &localpb.ReadTimeRequest{Until: typed, ReaderZone: a.zoneName()}
	if !circle {
		r.Event = to
	}
	read, err := client.ReadTime(ctx, r)
	if err != nil {
		return "", err
	}
	if read.GetStart().GetUtc() == "" { // it is older than this command
		return "", failed("votive down", "the daemon does not say how it understands %q", typed)
	}
	a.say("Valid until")
	for _, line := range read.GetEcho() {
		a.say("%s", plain.Line(line))
	}
	a.say("")
	return read.GetStart().GetUtc(), nil
}

// What --here is, where links are made.
const (
	hereHelp = "have the link name this computer: it tells its internet address to whoever sees the link"
	hereLong = `A link names one keeper to ask, if this computer is connected to one, and never
this computer: with --here it does. Whoever sees such a link, in a chat or on a
telephone that was taken away, learns this computer's internet address, and that
two links with it are of one person.`
)

// linked says whom a link names.
func (a *app) linked(here bool, address string) {
	switch {
	case address == "" && here:
		a.say("The link names nobody: this computer does not know an address at which it can be\nreached. Who opens it has to be connected to votive already, with --peer.")
	case address == "":
		a.say("The link names nobody to ask, since this computer is connected to no keeper. Who\n" +
			"opens it has to be connected already (votive up -- --peer ADDRESS), or make the\n" +
			"link with --here: then it names this computer.")
	case here:
		a.say("The link names this computer. Whoever sees it learns its internet address.")
	}
}

// invited says what was made.
func (a *app) invited(r *localpb.InviteResponse, out string) {
	reader := a.reader()
	valid := "It is valid until " + reader.Stamp(r.GetExpires()) + " " + reader.Zone.String()
	switch r.GetUses() {
	case 0:
		valid += ", for any number of people"
	case 1:
		valid += ", for one person"
	default:
		valid += fmt.Sprintf(", for %d people", r.GetUses())
	}
	a.say("%s.\nvotive revoke %s takes it back.", valid, page.Short(r.GetId()))
	if out != "" {
		a.say("It is also in %s, which can be opened without a network.", out)
	}
}

// create makes a file that was not there, for its owner alone.
func create(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, failed("ls -l "+path, "%s is there already, and is not overwritten", path)
	}
	if err != nil {
		return nil, failed("", "the file cannot be written: %v", err)
	}
	return file, nil
}

// finish writes the file, or takes it away where there is nothing to write.
func finish(file *os.File, content []byte, err error) error {
	if err == nil && len(content) == 0 {
		err = failed("votive down", "the daemon gave no file")
	}
	if err == nil {
		_, err = file.Write(content)
		err = errors.Join(err, file.Sync())
	}
	err = errors.Join(err, file.Close())
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// code draws a link as a QR code, in capitals, which make it smaller.
func (a *app) code(text string) error {
	f, ok := a.Out.(*os.File)
	colour := ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == ""
	drawn, err := qr.Print(strings.ToUpper(text), colour)
	if err != nil {
		return failed("", "this link is %v", err)
	}
	return a.write(drawn)
}

func (a *app) invites() *cobra.Command {
	return &cobra.Command{
		Use:   "invites EVENT",
		Short: "list the invitations to an event, and how often each was used",
		Long: `Lists the invitations to an event that you organize, and how often each was used
as far as replies have arrived. The links themselves are in the output of --json.`,
		Example: `  votive invites candles`,
		Args:    want("EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.ListInvites(cmd.Context(), &localpb.ListInvitesRequest{Event: args[0]})
			if err != nil {
				return err
			}
			return a.invitations(args[0], r)
		},
	}
}

func (a *app) invitations(typed string, r *localpb.InvitesResponse) error {
	a.understood(typed, r.GetChosen())
	if len(r.GetInvites()) == 0 {
		a.say("There are no invitations to it yet. votive invite makes one.")
		return a.print(r, nothing)
	}
	reader := a.reader()
	return a.print(r, func() string { return reader.Invites(r.GetInvites()) })
}

func (a *app) revoke() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke INVITE",
		Short: "take an invitation back",
		Long: `Takes an invitation back: from now on it lets nobody in. Answers already given
stand. INVITE is its id, as votive invites shows it, or its link.`,
		Example: `  votive revoke 5be1d20c`,
		Args:    want("INVITE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.Revoke(cmd.Context(), &localpb.RevokeRequest{Invite: args[0]})
			if err != nil {
				return err
			}
			a.say("Revoked. Answers already given stand.")
			return a.invitations(args[0], r)
		},
	}
}
