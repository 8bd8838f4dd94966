// Package cli is the commands of votive: what is typed, asked of the daemon,
// and printed, a file for each group of commands. It keeps the rules that hold
// for all of them: data on stdout and talk on stderr, one JSON document with
// --json, no prompts where nobody can answer, and a known exit code. What a
// page looks like is package page's business, how the daemon is reached
// package daemon's.
package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/cmd/votive/internal/zone"
	"votive/proto/localpb"
)

// Stdio is where a command reads and writes.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Run runs the command that args name and returns the exit code.
func Run(ctx context.Context, args []string, stdio Stdio, version string) int {
	a := &app{Stdio: stdio, version: version, now: time.Now}
	a.chosenZone = sync.OnceValue(func() string { return a.askZone(ctx) })
	root := a.root(args)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.end(ctx, cmd, err)
}

// Commands is the tree of commands, for those who write about it.
func Commands(version string) *cobra.Command {
	return (&app{Stdio: Stdio{strings.NewReader(""), io.Discard, io.Discard}, version: version, now: time.Now}).root(nil)
}

// app is one run of votive: its streams and what the global flags said.
type app struct {
	Stdio
	version string
	now     func() time.Time

	// chosenZone is the zone of the settings, or empty; asked for once. Nil: not at
	// all.
	chosenZone func() string

	home    string
	json    bool
	noInput bool
	quiet   bool
}

// The groups of the first page of help.
const (
	groupStart  = "start"
	groupEvents = "events"
	groupGuests = "guests"
	groupPeople = "people"
	groupMore   = "more"
)

// root is the tree of commands, as far as args may need it: all commands take
// longer to make than most take to run.
func (a *app) root(args []string) *cobra.Command {
	cobra.EnableCommandSorting = false // they are listed in the order in which they are needed
	root := &cobra.Command{
		Use:   "votive COMMAND",
		Short: "meetings without a company in the middle",
		Long: `votive announces meetings, finds them, invites people and takes their answers,
with no company, server or account in the middle. A program in the background,
the daemon, keeps what is yours and passes on what others announce. votive asks
the daemon on this computer.`,
		Example: `  votive init                            make your vault, once
  votive circle join june4               find what is announced in a circle
  votive events                          see what is coming
  votive announce "Candles" --at "2027-06-04 20:00" --zone Asia/Hong_Kong
  votive invite candles                  get a link to send to a guest`,
		Version:               a.version,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Args:                  cobra.ArbitraryArgs,
		RunE:                  a.choose,
		DisableFlagsInUseLine: true,
		CompletionOptions:     cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetIn(a.In)
	root.SetHelpFunc(a.help)
	root.SetFlagErrorFunc(flagFault)
	root.Flags().Bool("version", false, "say which votive this is")
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.StringVar(&a.home, "home", "", "keep everything under `DIR`; $VOTIVE_HOME says the same")
	flags.BoolVar(&a.json, "json", false, "print one JSON document, and ask nothing")
	flags.BoolVar(&a.noInput, "no-input", false, "ask nothing: fail where an answer is needed")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print nothing but data and errors")
	flags.BoolP("help", "h", false, "explain a command, with examples")
	root.AddGroup(
		&cobra.Group{ID: groupStart, Title: "Your votive:"},
		&cobra.Group{ID: groupEvents, Title: "Events:"},
		&cobra.Group{ID: groupGuests, Title: "Invitations and answers:"},
		&cobra.Group{ID: groupPeople, Title: "Circles and people:"},
		&cobra.Group{ID: groupMore, Title: "More:"},
	)
	for _, c := range a.named(args) {
		command := c.make()
		command.GroupID = c.group
		plainly(command)
		root.AddCommand(command)
	}
	root.SetHelpCommandGroupID(groupMore)
	root.SetHelpCommand(a.helpCommand())
	return root
}

// maker makes a command.
type maker struct {
	name, group string
	make        func() *cobra.Command
}

// named are the commands whose names are among args: the one that is meant is
// one of them. Where none is, or one that speaks of the others, it is all.
func (a *app) named(args []string) []maker {
	all := []maker{
		{"init", groupStart, a.init},
		{"up", groupStart, a.up},
		{"down", groupStart, a.down},
		{"status", groupStart, a.status},
		{"doctor", groupStart, a.doctor},
		{"lock", groupStart, a.lock},
		{"unlock", groupStart, a.unlock},
		{"passphrase", groupStart, a.changePassphrase},
		{"backup", groupStart, a.backup},
		{"wipe", groupStart, a.wipe},
		{"id", groupStart, a.id},
		{"announce", groupEvents, a.announce},
		{"events", groupEvents, a.events},
		{"show", groupEvents, a.show},
		{"edit", groupEvents, a.edit},
		{"cancel", groupEvents, a.cancel},
		{"merge", groupEvents, a.merge},
		{"occurrence", groupEvents, a.occurrence},
		{"watch", groupEvents, a.watch},
		{"free", groupEvents, a.free},
		{"import", groupEvents, a.importCalendar},
		{"remind", groupEvents, a.remind},
		{"invite", groupGuests, a.invite},
		{"invites", groupGuests, a.invites},
		{"revoke", groupGuests, a.revoke},
		{"accept", groupGuests, a.accept},
		{"rsvp", groupGuests, a.rsvp},
		{"guests", groupGuests, a.guests},
		{"circle", groupPeople, a.circle},
		{"contacts", groupPeople, a.contacts},
		{"ics", groupMore, a.ics},
		{"calendar", groupMore, a.calendar},
		{"bundle", groupMore, a.bundle},
		{"settings", groupMore, a.settings},
		{"completion", groupMore, a.completion},
		{"version", groupMore, a.versionCommand},
	}
	var some []maker
	for _, c := range all {
		if slices.Contains(args, c.name) {
			some = append(some, c)
		}
	}
	if len(some) == 0 || slices.ContainsFunc(args, func(arg string) bool {
		return arg == "completion" || strings.HasPrefix(arg, "__complete")
	}) {
		return all
	}
	return some
}

// plainly has a command and those below it describe their flags in our way.
func plainly(c *cobra.Command) {
	c.DisableFlagsInUseLine = true
	c.Flags().SortFlags = false
	for _, below := range c.Commands() {
		plainly(below)
	}
}

// choose is what a command does that only has commands of its own.
func (a *app) choose(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	hint := cmd.CommandPath() + " --help"
	if like := suggest(cmd, args[0]); like != "" {
		hint = like
	}
	return usage(hint, "there is no command %q", cmd.CommandPath()+" "+args[0])
}

// homeDir is where everything is, for this run.
func (a *app) homeDir() (daemon.Home, error) {
	home, err := daemon.FindHome(a.home)
	if err != nil {
		return "", usage("votive --home DIR", "%v", err)
	}
	return home, nil
}

// client asks the daemon.
func (a *app) client() (daemon.Client, error) {
	home, err := a.homeDir()
	if err != nil {
		return daemon.Client{}, err
	}
	return home.Client(), nil
}

// say talks to the person, on stderr.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.Err, format+"\n", args...)
	}
}

// understood says what a prefix or a title was taken for.
func (a *app) understood(typed, chosen string) {
	if chosen != "" && chosen != typed {
		a.say("“%s” is understood as “%s”.", plain.Line(typed), plain.Line(chosen))
	}
}

// reader is for whom pages are written. Where neither the settings nor the system
// say where they are, times are UTC, and that is said.
func (a *app) reader() page.Reader {
	r := page.Reader{Now: a.now(), Zone: time.UTC}
	where, err := a.where()
	if err != nil {
		a.say("Times are shown in UTC, because %v.", err)
		return r
	}
	r.Zone = where
	return r
}

// zoneName is the reader's zone for the daemon, empty where it is not known.
func (a *app) zoneName() string {
	where, err := a.where()
	if err != nil {
		return ""
	}
	return where.String()
}

// where is the zone of the settings, else the system's.
func (a *app) where() (*time.Location, error) {
	if a.chosenZone != nil {
		if name := a.chosenZone(); name != "" && name != "Local" {
			if chosen, err := time.LoadLocation(name); err == nil {
				return chosen, nil
			}
		}
	}
	return zone.Reader()
}

// askZone asks for the zone of the settings. It is empty where none is set, and
// where nobody can say: the vault is locked, the daemon does not run, or it is
// older. The system's does then.
func (a *app) askZone(ctx context.Context) string {
	client, err := a.client()
	if err != nil {
		return ""
	}
	r, err := client.ShowSettings(ctx, &localpb.ShowSettingsRequest{})
	if err != nil {
		return ""
	}
	return r.GetSettings().GetZone()
}
