package cli

import (
	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

func (a *app) occurrence() *cobra.Command {
	var move, zone string
	var cancel bool
	cmd := &cobra.Command{
		Use:   "occurrence EVENT DATE",
		Short: "move or call off one date of an event that recurs",
		Long: `Moves one date of an event that you organize and that recurs, or calls it off; the
others stay as they are. DATE is the one on which it would be, also when it was
moved before. Moving it to its usual time takes all this back.

` + timesHelp,
		Example: `  votive occurrence vigil 2028-06-04 --move "2028-06-03 20:00"
  votive occurrence "Reading group" "18 June" --cancel`,
		Args: want("EVENT", "DATE"),
	}
	cmd.Flags().StringVar(&move, "move", "", "the `TIME` at which it begins instead; it lasts as long as the others")
	cmd.Flags().BoolVar(&cancel, "cancel", false, "it does not take place on this date")
	cmd.Flags().StringVar(&zone, "zone", "", "the time `ZONE` of this time; that of the event unless given")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if err := exclusive(cmd.Flags(), [2]string{"move", "cancel"}, [2]string{"zone", "cancel"}); err != nil {
			return err
		}
		if cancel == (move != "") {
			return usage("", "say what becomes of this date: --move or --cancel")
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		r := &localpb.ChangeOccurrenceRequest{Event: args[0], Date: args[1], Cancel: cancel, ReaderZone: a.zoneName()}
		if move != "" {
			read, err := client.ReadTime(ctx, &localpb.ReadTimeRequest{
				At: move, Zone: zone, ReaderZone: a.zoneName(), Event: args[0], Once: true,
			})
			if err != nil {
				return err
			}
			for _, line := range read.GetEcho() {
				a.say("%s", plain.Line(line))
			}
			a.say("")
			r.Start = read.GetStart()
		}
		done, err := client.ChangeOccurrence(ctx, r)
		if err != nil {
			return err
		}
		return a.signed(args[0], done)
	}
	return cmd
}
