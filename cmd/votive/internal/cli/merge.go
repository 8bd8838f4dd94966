package cli

import (
	"github.com/spf13/cobra"

	"votive/proto/localpb"
)

func (a *app) merge() *cobra.Command {
	var take string
	cmd := &cobra.Command{
		Use:   "merge EVENT --take REVISION",
		Short: "choose one of several versions of an event you organize",
		Long: `Ends a disagreement about an event that you organize. It comes about when you
change the event on two computers, each before it has heard of the other: then
there are two versions, and everybody sees that there are. votive show lists
them. The one that you take is the event from now on, for everybody.`,
		Example: `  votive show candles
  votive merge candles --take 3f2a9c1b`,
		Args: want("EVENT"),
	}
	cmd.Flags().StringVar(&take, "take", "", "the `REVISION` that is to count, as votive show names it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if take == "" {
			return usage("votive show EVENT", "--take REVISION is missing: it says which version is to count")
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		r, err := client.MergeEvent(cmd.Context(), &localpb.MergeEventRequest{Event: args[0], Take: take})
		if err != nil {
			return err
		}
		if err := a.signed(args[0], r); err != nil {
			return err
		}
		if r.GetBare() {
			a.say("\nThe place of that version is not known on this computer, and nobody is told one\nnow. Give it again: votive edit EVENT --place, --join")
		}
		return nil
	}
	return cmd
}
