package cli

import (
	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/page"
	"votive/proto/localpb"
)

func (a *app) rsvp() *cobra.Command {
	var party uint32
	var name, note, invite string
	var agree bool
	cmd := &cobra.Command{
		Use:   "rsvp EVENT yes|no|maybe",
		Short: "answer an invitation",
		Long: `Sends the organizers your answer, sealed so that they alone can read it. You may
give a name, or none; you sign nothing, and nobody can prove that you answered.
Answering again replaces what you said before.`,
		Example: `  votive rsvp candles yes
  votive rsvp candles yes --party 2 --name "Ming" --note "We come by bicycle"
  votive rsvp 3f2a9c1b no`,
		Args: want("EVENT", "yes|no|maybe"),
	}
	flags := cmd.Flags()
	flags.Uint32Var(&party, "party", 1, "the `NUMBER` of people who come, you included; 1 unless given")
	flags.StringVar(&name, "name", "", "the `NAME` by which the organizers may call you")
	flags.StringVar(&note, "note", "", "a `NOTE` to the organizers")
	flags.StringVar(&invite, "invite", "", "accept this invitation first: a `LINK`, as votive accept takes it")
	flags.BoolVarP(&agree, "yes", "y", false, "with --invite: connect to the peer that the link names without asking")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		client, err := a.client()
		if err != nil {
			return err
		}
		if invite != "" {
			link, file, err := a.read(invite)
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
			if err := o.accept(ctx); err != nil {
				return err
			}
		}
		request := &localpb.RsvpRequest{Event: args[0], Status: args[1], ReaderZone: a.zoneName()}
		if flags.Changed("party") {
			request.Party = &party
		}
		if flags.Changed("name") {
			request.Name = &name
		}
		if flags.Changed("note") {
			request.Note = &note
		}
		r, err := client.Rsvp(ctx, request)
		if err != nil {
			return err
		}
		a.understood(args[0], r.GetChosen())
		a.say("Sealed to the organizers: %s.", page.Answered(r.GetReply()))
		if st := glance(ctx, client); st != nil && st.GetPeers() == 0 {
			a.say("Nobody is connected: it goes out when somebody is, or with votive bundle export.")
		}
		a.clashes(r.GetClashes(), r.GetMoreClashes())
		return a.print(r, nothing)
	}
	return cmd
}

func (a *app) guests() *cobra.Command {
	return &cobra.Command{
		Use:   "guests EVENT",
		Short: "see who answered, if you organize it",
		Long: `Lists the answers to an event that you organize. They are for the organizers
alone: no guest ever sees another one here.`,
		Example: `  votive guests candles`,
		Args:    want("EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.ListGuests(cmd.Context(), &localpb.ListGuestsRequest{Event: args[0]})
			if err != nil {
				return err
			}
			a.understood(args[0], r.GetChosen())
			switch {
			case r.GetUnread():
				a.say("What guests answer now cannot be read on this computer: it is sealed to another\none that organizes it, or to one that is gone. Change the event here, and they\nanswer to this one: votive edit --help")
			case len(r.GetGuests()) == 0:
				a.say("Nobody has answered yet.")
			}
			return a.print(r, func() string { return page.Guests(r.GetGuests(), r.GetCounts()) })
		},
	}
}
