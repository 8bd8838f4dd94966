package cli

import (
	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/page"
	"votive/proto/localpb"
)

func (a *app) calendar() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calendar",
		Short: "your events in the calendars you use",
		Long: `Lists the calendars that you let programs on this computer read, or write to,
and what they deleted. An event that you organize is not called off because a
calendar deleted it, and no date of one that recurs because a calendar took that
date away: confirm it here, or keep it.`,
		Example: `  votive calendar
  votive calendar new
  votive calendar new --show busy
  votive calendar confirm candles`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.choose(cmd, args)
			}
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.ListCalendars(cmd.Context(), &localpb.ListCalendarsRequest{})
			if err != nil {
				return err
			}
			return a.calendars(r)
		},
	}
	cmd.AddCommand(a.calendarNew(), a.calendarRevoke(),
		a.calendarSettle("confirm", "call off what a calendar deleted",
			`Calls off an event that you organize and that a calendar deleted, or the dates of it
that a calendar took away. The event stays visible to others as cancelled, and
everybody who was let in learns of it.`, false),
		a.calendarSettle("keep", "keep what a calendar deleted",
			`Keeps an event that you organize and that a calendar deleted, or the dates of it
that a calendar took away. They are back in that calendar the next time it looks.`, true))
	return cmd
}

// calendars prints what there is.
func (a *app) calendars(r *localpb.CalendarsResponse) error {
	if len(r.GetCalendars()) == 0 {
		a.say("No program reads your events. votive calendar new lets one.")
	}
	if r.GetWeb() == "" && len(r.GetCalendars()) > 0 {
		a.say("The daemon serves no calendars now: see votive up -- --web.")
	}
	reader := a.reader()
	if err := a.print(r, func() string { return reader.Calendars(r.GetCalendars(), r.GetWaiting()) }); err != nil {
		return err
	}
	if len(r.GetWaiting()) > 0 {
		a.say("\nvotive calendar confirm EVENT calls that off, votive calendar keep EVENT does not.")
	}
	return nil
}

// anyUser is said where the daemon cannot tell whose program asks.
const anyUser = `note: here votive cannot tell whose program asks. While the daemon is down, another
user of this computer can listen in its place, and is sent the address of the feed
and the password by your calendar. If others use this computer, revoke this one.`

func (a *app) calendarNew() *cobra.Command {
	request := new(localpb.NewCalendarRequest)
	cmd := &cobra.Command{
		Use:   "new",
		Short: "let a program on this computer read your events",
		Long: `Lets a calendar on this computer have your events, and prints what to tell it,
once. The feed is an address to subscribe to; in place of http it may begin with
webcal. With CalDAV the calendar can write as well: what it puts into yours is
announced by you and found by invitation only, what it puts into that of a circle
is announced in the circle, ten an hour at most, and what it changes is changed
for everybody. What it deletes waits: see votive calendar.

Both are served to this computer alone. Whoever has the address of the feed, or
the password, and can run programs here, reads what is in the calendar. What the
calendar keeps is in its own files, and not in your vault.

Without --circle the feed holds what you organize and what you said you come to,
and CalDAV that and each of your circles.`,
		Example: `  votive calendar new
  votive calendar new --circle june4 --read-only
  votive calendar new --show busy`,
		Args: want(),
	}
	flags := cmd.Flags()
	flags.StringVar(&request.Show, "show", "", "`WHAT` it shows: titles and all else, or busy, when there is something\nand not what; titles unless given")
	flags.StringVar(&request.Circle, "circle", "", "only what is announced in this `CIRCLE`")
	flags.BoolVar(&request.ReadOnly, "read-only", false, "take nothing that the calendar writes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		r, err := client.NewCalendar(cmd.Context(), request)
		if err != nil {
			return err
		}
		a.understood(request.GetCircle(), r.GetChosen())
		if err := a.print(r, func() string { return page.NewCalendar(r) }); err != nil {
			return err
		}
		a.say("This is shown only now. votive calendar revoke %s ends it.", page.Short(r.GetCalendar().GetId()))
		if r.GetAnyUser() {
			a.say("%s", anyUser)
		}
		return nil
	}
	return cmd
}

func (a *app) calendarRevoke() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "no longer let a program read your events",
		Long: `Ends a calendar: its feed and its password are good for nothing at once. What the
program has read before it keeps.`,
		Example: `  votive calendar revoke 5be1d20c`,
		Args:    want("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.RevokeCalendar(cmd.Context(), &localpb.RevokeCalendarRequest{Calendar: args[0]})
			if err != nil {
				return err
			}
			a.say("Revoked.")
			return a.calendars(r)
		},
	}
}

func (a *app) calendarSettle(name, short, long string, keep bool) *cobra.Command {
	return &cobra.Command{
		Use:     name + " EVENT",
		Short:   short,
		Long:    long,
		Example: "  votive calendar " + name + " candles",
		Args:    want("EVENT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			r, err := client.SettleDeletion(cmd.Context(), &localpb.SettleDeletionRequest{Event: args[0], Keep: keep})
			if err != nil {
				return err
			}
			if !keep {
				return a.signed(args[0], r)
			}
			a.understood(args[0], r.GetChosen())
			a.say("It is kept.")
			reader := a.reader()
			return a.print(r, func() string { return reader.Card(r.GetEvent()) })
		},
	}
}
