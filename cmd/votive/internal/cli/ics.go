package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

func (a *app) ics() *cobra.Command {
	var all bool
	var out string
	cmd := &cobra.Command{
		Use:   "ics EVENT|--all",
		Short: "write an event, or all of them, as iCalendar text",
		Long: `Writes an event as iCalendar text (RFC 5545), which other calendars read, on
stdout or into a file. With --all it writes every event that you know of, past
and cancelled ones too.

The text holds what you can see of an event, its exact place among it if you were
told. Who organizes it and who comes is never in it.`,
		Example: `  votive ics candles --out candles.ics
  votive ics --all > everything.ics`,
		Args: func(cmd *cobra.Command, args []string) error {
			if all && len(args) > 0 {
				return usage("", "--all and an event were both given, give one")
			}
			if all {
				return nil
			}
			return want("EVENT|--all")(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&all, "all", false, "every event that you know of")
	flags.StringVar(&out, "out", "", "write it into `FILE`, which must not be there yet")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request := &localpb.WriteCalendarRequest{All: all}
		if !all {
			request.Event = args[0]
		}
		return a.writeCalendar(cmd.Context(), request, out)
	}
	return cmd
}

func (a *app) writeCalendar(ctx context.Context, request *localpb.WriteCalendarRequest, out string) error {
	client, err := a.client()
	if err != nil {
		return err
	}
	var file *os.File
	if out != "" {
		if file, err = create(out); err != nil {
			return err
		}
	}
	r, err := client.WriteCalendar(ctx, request)
	if file != nil {
		if err = finish(file, []byte(r.GetIcs()), err); err != nil {
			return err
		}
		r.Ics = "" // it is where it was wanted
	}
	if err != nil {
		return err
	}
	a.understood(request.GetEvent(), r.GetChosen())
	if r.GetEvents() == 0 {
		a.say("You know of no event. votive circle join NAME finds some.")
	}
	return a.print(r, func() string {
		if isTerminal(a.Out) {
			return plain.Text(r.GetIcs())
		}
		return r.GetIcs()
	})
}
