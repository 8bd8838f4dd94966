package cli

import (
	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/zone"
	"votive/proto/localpb"
)

const keptHelp = `What a desktop shows, others may see: over your shoulder, on a locked screen, or on
a screen that you share. Most desktops also keep a history of notifications, some
on the disk, where no passphrase of yours protects it and votive wipe does not
reach. So a notification says only that something of yours begins, and when. Even
this tells that votive runs here.`

func (a *app) remind() *cobra.Command {
	r := new(localpb.ChangeRemindersRequest)
	cmd := &cobra.Command{
		Use:   "remind [EVENT]",
		Short: "be reminded before what is yours begins",
		Long: `Shows or chooses when you are reminded: of one event, or, without EVENT, of
everything that is yours, which is what you organize and what you said you come to,
or may. Nothing reminds you until you choose so. Of an event that recurs you are
reminded on each date; one that is moved or called off takes its reminders along.

A reminder comes once. One that fell into a time in which the computer was off,
asleep or locked comes as soon as it can, unless the event is over by then; several
come as one. Of a whole day, time is counted from the midnight with which it begins.

` + keptHelp + ` votive settings notifications
chooses otherwise. Where there is no desktop the daemon's log has it, without
names. votive watch shows everything.`,
		Example: `  votive remind --before 1d --before 1h
  votive remind candles --before 30m
  votive remind candles --none
  votive remind`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return want("EVENT")(cmd, args)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&r.Before, "before", nil, "`HOW` long before it begins: 30m, 2h, 1d or 1w, up to 90d, or 0; may be repeated, up to 8 times")
	flags.BoolVar(&r.None, "none", false, "no reminders")
	flags.BoolVar(&r.Usual, "usual", false, "for an event: as for everything of yours again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := exclusive(flags, [2]string{"before", "none"}, [2]string{"before", "usual"}, [2]string{"none", "usual"}); err != nil {
			return err
		}
		if r.Usual && len(args) == 0 {
			return usage("votive remind EVENT --usual", "--usual is for one event, and none was named")
		}
		if len(args) > 0 {
			r.Event = args[0]
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		var m *localpb.RemindersResponse
		if len(r.GetBefore()) > 0 || r.GetNone() || r.GetUsual() {
			m, err = client.ChangeReminders(cmd.Context(), r)
		} else {
			m, err = client.ShowReminders(cmd.Context(), &localpb.ShowRemindersRequest{Event: r.GetEvent()})
		}
		if err != nil {
			return err
		}
		a.understood(r.GetEvent(), m.GetChosen())
		return a.print(m, func() string { return page.Reminders(m) })
	}
	return cmd
}

func (a *app) settings() *cobra.Command {
	var unset bool
	cmd := &cobra.Command{
		Use:   "settings [NAME [VALUE]]",
		Short: "choose your zone, reminders, and what notifications tell",
		Long: `Shows all settings, shows one, or sets it. They are kept in the vault, on this
computer alone: while it is locked nobody can read them, and the zone is the
system's.

zone is the time zone in which you read and type times, like Asia/Hong_Kong; the
system's unless set.

notifications is what the desktop is told: private, that something of yours begins,
full, what it is called too, or off, nothing. The alarms in calendars that you gave
to programs name it where this is full, and else not.

reminders are those before everything of yours: 1d,1h. votive remind sets them too,
and those of single events.

` + keptHelp,
		Example: `  votive settings
  votive settings zone Asia/Hong_Kong
  votive settings notifications off
  votive settings reminders 1d,1h
  votive settings zone --unset`,
		ValidArgs: []string{"zone", "notifications", "reminders"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 2 {
				return want("NAME", "VALUE")(cmd, args)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&unset, "unset", false, "take a setting back")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if unset && len(args) != 1 {
			return usage("votive settings NAME --unset", "--unset takes the name of one setting, and no value")
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		var m *localpb.SettingsResponse
		switch {
		case unset:
			m, err = client.ChangeSetting(cmd.Context(), &localpb.ChangeSettingRequest{Name: args[0], Unset: true})
		case len(args) == 2:
			m, err = client.ChangeSetting(cmd.Context(), &localpb.ChangeSettingRequest{Name: args[0], Value: args[1]})
		default:
			m, err = client.ShowSettings(cmd.Context(), &localpb.ShowSettingsRequest{})
		}
		if err != nil {
			return err
		}
		if len(args) == 1 && !unset {
			value, known := page.Setting(m, args[0])
			if !known {
				return usage("votive settings", "there is no setting %.40q, only zone, notifications and reminders", args[0])
			}
			return a.print(m, func() string { return value + "\n" })
		}
		system := ""
		if where, err := zone.Reader(); err == nil {
			system = where.String()
		}
		return a.print(m, func() string { return page.Settings(m, system) })
	}
	return cmd
}
