package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/proto/localpb"
)

func (a *app) events() *cobra.Command {
	q := new(localpb.ListEventsRequest)
	cmd := &cobra.Command{
		Use:   "events",
		Short: "see what is coming, soonest first",
		Long: `Lists the events that you know of and that are not over, soonest first, by days on
your own clock. The eight characters at the end of a line are how to name the
event in other commands.`,
		Example: `  votive events
  votive events --circle june4 --to 2027-06-30
  votive events --search candles --limit 5`,
		Args: want(),
	}
	flags := cmd.Flags()
	flags.StringVar(&q.Circle, "circle", "", "only of this `CIRCLE`")
	flags.StringVar(&q.From, "from", "", "only what is not over before `TIME`; now, unless given")
	flags.StringVar(&q.To, "to", "", "only what begins before `TIME`")
	flags.StringVar(&q.Search, "search", "", "only what has this `TEXT` in it")
	flags.StringVar(&q.Tag, "tag", "", "only what is tagged with this `WORD`")
	flags.Uint32Var(&q.Limit, "limit", 0, "at most this `NUMBER`; 50 unless given")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		q.ReaderZone = a.zoneName()
		r, err := client.ListEvents(cmd.Context(), q)
		if err != nil {
			return err
		}
		a.understood(q.Circle, r.GetChosen())
		reader := a.reader()
		if len(r.GetEvents()) == 0 {
			a.say("Nothing is coming up that you know of. votive circle join NAME finds more.")
		}
		if err := a.print(r, func() string { return reader.Agenda(r.GetEvents()) }); err != nil {
			return err
		}
		if r.GetMore() {
			a.say("\nThere are more: see --limit, --from, --to and --search.")
		}
		return nil
	}
	return cmd
}

func (a *app) show() *cobra.Command {
	var history bool
	cmd := &cobra.Command{
		Use:   "show EVENT",
		Short: "see everything about an event, and who signed it",
		Long: `Shows everything about an event: when and where it is, who organizes and signed
it, and what you answered. EVENT is its title, or the first characters of its id.`,
		Example: `  votive show candles
  votive show 3f2a9c1b --history`,
		Args: want("EVENT"),
	}
	cmd.Flags().BoolVar(&history, "history", false, "show every version that the organizers signed")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		r, err := client.ShowEvent(cmd.Context(), &localpb.ShowEventRequest{Event: args[0], ReaderZone: a.zoneName()})
		if err != nil {
			return err
		}
		a.understood(args[0], r.GetChosen())
		reader := a.reader()
		return a.print(r, func() string {
			card := reader.Card(r.GetEvent())
			if dates := r.GetOccurrences(); len(dates) > 0 {
				card += "\nComing dates:\n\n" + reader.Dates(dates)
			}
			if parts := r.GetParts(); len(parts) > 0 {
				card += "\nEvents that say they are a part of it:\n\n" + reader.Agenda(parts)
			}
			if history {
				card += "\nVersions, oldest first:\n\n" + reader.Revisions(r.GetRevisions())
			}
			return card
		})
	}
	return cmd
}

func (a *app) watch() *cobra.Command {
	var circle string
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "see changes as they happen",
		Long: `Prints a line for everything that changes, as it happens: events, replies to you
as an organizer, answers to you as a guest, disagreements, and peers that come.
It goes on until you press Ctrl-C. With --json each line is a document.`,
		Example: `  votive watch
  votive watch --circle june4 --json`,
		Args: want(),
	}
	cmd.Flags().StringVar(&circle, "circle", "", "only events of this `CIRCLE`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		stream, err := client.Watch(cmd.Context(), &localpb.WatchRequest{Circle: circle})
		if err != nil {
			return err
		}
		defer stream.Close()
		reader := a.reader()
		for stream.Receive() {
			c := stream.Msg()
			switch {
			case a.json:
				err = a.line(c)
			case c.GetKind() == "ready":
				a.say("Watching. Ctrl-C ends it.")
			default:
				reader.Now = a.now()
				_, err = io.WriteString(a.Out, reader.Change(c))
			}
			if err != nil {
				return err
			}
		}
		if err := stream.Err(); err != nil {
			return err
		}
		return a.ended(cmd.Context(), client)
	}
	return cmd
}

// ended says why a watch is over that nobody here ended.
func (a *app) ended(ctx context.Context, client daemon.Client) error {
	status, err := client.Status(ctx, &localpb.StatusRequest{})
	switch {
	case err != nil:
		return err
	case status.GetLocked():
		return &fault{exitLocked, "the vault was locked", "votive unlock"}
	default:
		return failed("votive watch", "the daemon ended the watch")
	}
}
