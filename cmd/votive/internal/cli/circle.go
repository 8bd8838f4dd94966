package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/page"
	"votive/proto/localpb"
)

func (a *app) circle() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "circle",
		Short: "circles: groups in which events are announced",
		Long: `A circle is a group of people who see each other's announcements. An open circle
has a name, and whoever knows or guesses the name is in it: treat it as public.
A closed circle is entered by a link that a member gave you.`,
		Example: `  votive circle join june4
  votive circle new "Friday readers"
  votive circle link "Friday readers"`,
		Args: cobra.ArbitraryArgs,
		RunE: a.choose,
	}
	cmd.AddCommand(a.circleNew(), a.circleJoin(), a.circleList(), a.circleLink(), a.circleLeave())
	return cmd
}

// circles prints a list of circles.
func (a *app) circles(typed string, r *localpb.CirclesResponse) error {
	a.understood(typed, r.GetChosen())
	return a.print(r, func() string {
		if len(r.GetCircles()) == 0 {
			return ""
		}
		return page.Circles(r.GetCircles())
	})
}

func (a *app) circleNew() *cobra.Command {
	return &cobra.Command{
		Use:   "new NAME",
		Short: "make a closed circle, entered by link only",
		Long: `Makes a closed circle. Only those enter it who get a link from a member, and only
they see what is announced in it.`,
		Example: `  votive circle new "Friday readers"`,
		Args:    want("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.NewCircle(cmd.Context(), &localpb.NewCircleRequest{Name: args[0]})
			if err != nil {
				return err
			}
			a.say("The circle is made, with you alone in it. votive circle link lets others in.")
			return a.circles("", r)
		},
	}
}

func (a *app) circleJoin() *cobra.Command {
	var agree bool
	cmd := &cobra.Command{
		Use:   "join NAME|LINK",
		Short: "enter an open circle by its name, or a closed one by link",
		Long: `Enters a circle. A name is that of an open circle: whoever knows or guesses it
reads what is announced there, so treat it as public. A link is one that a
member of a closed circle gave you.`,
		Example: `  votive circle join june4
  votive circle join votive:AFQ…`,
		Args: want("NAME|LINK"),
	}
	cmd.Flags().BoolVarP(&agree, "yes", "y", false, "connect to the peer that the link names without asking")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		if !isLink(args[0]) {
			r, err := client.JoinCircle(cmd.Context(), &localpb.JoinCircleRequest{Name: args[0]})
			if err != nil {
				return err
			}
			a.say("You are in. This circle is open: whoever knows or guesses its name can read what\n" +
				"is announced in it.")
			return a.circles("", r)
		}
		o := &opening{app: a, client: client, link: args[0], agreed: agree || a.json, retry: "votive circle join --yes LINK"}
		if err := o.inspect(cmd.Context()); err != nil {
			return err
		}
		if o.found.GetEvent() != nil || o.found.GetContact() != nil {
			return usage("votive accept LINK", "that link does not lead to a circle")
		}
		if err := o.accept(cmd.Context()); err != nil {
			return err
		}
		r := &localpb.CirclesResponse{Pending: o.found.GetPending()}
		if c := o.found.GetCircle(); c != nil {
			r.Circles = append(r.Circles, c)
		}
		return a.circles("", r)
	}
	return cmd
}

func (a *app) circleList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "list the circles you are in",
		Long:    "Lists the circles you are in, open and closed.",
		Example: "  votive circle list",
		Args:    want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.ListCircles(cmd.Context(), &localpb.ListCirclesRequest{})
			if err != nil {
				return err
			}
			if len(r.GetCircles()) == 0 {
				a.say("You are in no circle. votive circle join NAME enters an open one.")
			}
			return a.circles("", r)
		},
	}
}

func (a *app) circleLink() *cobra.Command {
	f := new(inviteFlags)
	cmd := &cobra.Command{
		Use:   "link CIRCLE",
		Short: "make a link that lets others into a closed circle",
		Long: `Makes a link that lets whoever has it into a closed circle. It does not give them
the right to speak for anybody. To get rid of a member later, make a new circle
and invite the others.

` + hereLong,
		Example: `  votive circle link "Friday readers"
  votive circle link friday --uses 1 --expires 7d --qr`,
		Args: want("CIRCLE"),
	}
	f.register(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.makeInvite(cmd.Context(), args[0], true, f)
	}
	return cmd
}

func (a *app) circleLeave() *cobra.Command {
	return &cobra.Command{
		Use:   "leave CIRCLE",
		Short: "leave a circle and forget its key",
		Long: `Leaves a circle: its key is forgotten, and what is announced in it is no longer
seen here. The others are not told.`,
		Example: `  votive circle leave june4`,
		Args:    want("CIRCLE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.LeaveCircle(cmd.Context(), &localpb.LeaveCircleRequest{Circle: args[0]})
			if err != nil {
				return err
			}
			a.understood(args[0], r.GetChosen())
			a.say("You have left it.")
			return a.print(r, nothing)
		},
	}
}

// isLink says whether text begins like a votive link; the scheme of a URI may
// be in capitals, as in QR codes.
func isLink(text string) bool {
	const scheme = "votive:"
	return len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme)
}
