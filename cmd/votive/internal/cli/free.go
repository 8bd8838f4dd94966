package cli

import (
	"github.com/spf13/cobra"

	"votive/proto/localpb"
)

func (a *app) free() *cobra.Command {
	q := new(localpb.FreeRequest)
	var zone string
	cmd := &cobra.Command{
		Use:   "free",
		Short: "see when you have time",
		Long: `Lists the times at which you have nothing, soonest first, by days on your own
clock. What counts are the events that you organize or said yes to, and the
calendars that you imported; what you said maybe to, and what is not certain yet,
is named where it is. An event that says only when it begins is taken to last an
hour. Nobody is told, and nobody is asked: all of it is on this computer.`,
		Example: `  votive free
  votive free --from tomorrow --to 2027-06-30 --for 2h
  votive free --to 2027-06-30 --between 09:00-22:00 --zone Asia/Taipei`,
		Args: want(),
	}
	flags := cmd.Flags()
	flags.StringVar(&q.From, "from", "", "not before `TIME`; now, unless given")
	flags.StringVar(&q.To, "to", "", "not after `TIME`, up to a year later; a week later, unless given")
	flags.StringVar(&q.Lasting, "for", "", "only times that last at least a `DURATION` like 90m, 2h or 3d")
	flags.StringVar(&q.Between, "between", "", "only these `HOURS` of each day: 09:00-22:00")
	flags.StringVar(&zone, "zone", "", "the time `ZONE` in which you are then; yours unless given")
	flags.Uint32Var(&q.Limit, "limit", 0, "at most this `NUMBER` of times; 50 unless given")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		if q.ReaderZone = zone; zone == "" {
			q.ReaderZone = a.zoneName()
		}
		r, err := client.Free(cmd.Context(), q)
		if err != nil {
			return err
		}
		reader := a.reader()
		if len(r.GetFree()) == 0 {
			a.say("You have no such time.")
		}
		if zone != "" {
			a.say("On the clock in %s:", r.GetFrom().GetZone())
		}
		if err := a.print(r, func() string { return reader.Free(r.GetFree()) }); err != nil {
			return err
		}
		if r.GetMore() {
			a.say("\nThere are more: see --limit, --from, --to and --for.")
		}
		return nil
	}
	return cmd
}
