package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/cmd/votive/internal/plain"
	"votive/proto/localpb"
)

func (a *app) up() *cobra.Command {
	return &cobra.Command{
		Use:   "up [-- FLAGS OF VOTIVED]",
		Short: "start the daemon in the background",
		Long: `Starts the daemon, votived, in the background and waits until it serves. It goes
on when you close the terminal, until votive down. What it says is written to
votived.log in the home directory. What stands after -- is for votived.`,
		Example: `  votive up
  votive up -- --mdns                                find peers on this network
  votive up -- --peer /ip4/192.0.2.7/tcp/4001/p2p/…  connect to a peer you know`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return usage("votive up -- "+args[0], "what is for the daemon goes after --: %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ready, running, err := a.running(cmd.Context())
			if err != nil {
				return err
			}
			switch {
			case running && len(args) > 0:
				a.say("The daemon runs already, without these flags: votive down, then votive up.")
			case running:
				a.say("The daemon runs already.")
			default:
				if ready, err = a.start(cmd.Context(), args); err != nil {
					return err
				}
			}
			if a.json {
				return a.document(ready)
			}
			return nil
		},
	}
}

// running says whether a daemon serves, and what its ready line would be.
func (a *app) running(ctx context.Context) (json.RawMessage, bool, error) {
	home, err := a.homeDir()
	if err != nil {
		return nil, false, err
	}
	status, err := home.Client().Status(ctx, &localpb.StatusRequest{})
	if errors.Is(err, daemon.ErrNotRunning) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	socket, err := home.Socket()
	if err != nil {
		return nil, false, err
	}
	line, err := json.Marshal(struct {
		Ready  bool     `json:"ready"`
		PeerID string   `json:"peer_id"`
		Addrs  []string `json:"addrs"`
		Socket string   `json:"socket"`
		Web    string   `json:"web"`
		Locked bool     `json:"locked"`
	}{true, status.GetPeerId(), append([]string{}, status.GetAddrs()...), socket, "", status.GetLocked()})
	return line, true, err
}

// start starts the daemon and says so.
func (a *app) start(ctx context.Context, args []string) (json.RawMessage, error) {
	home, err := a.homeDir()
	if err != nil {
		return nil, err
	}
	ready, err := home.Start(ctx, args)
	if err != nil {
		// Somebody else may have been faster.
		if line, running, _ := a.running(ctx); running {
			a.say("The daemon runs already.")
			return line, nil
		}
		if s := new(daemon.StartError); errors.As(err, &s) || ctx.Err() != nil {
			return nil, err
		}
		return nil, failed("votive --home DIR up", "the daemon did not start: %v", err)
	}
	a.say("The daemon is running.")
	return ready, nil
}

func (a *app) down() *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "stop the daemon",
		Long: `Stops the daemon and waits until everything is written and it is gone. While it
does not run, nothing is heard, passed on or answered from this computer.`,
		Example: "  votive down",
		Args:    want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, err := a.homeDir()
			if err != nil {
				return err
			}
			_, err = home.Client().Shutdown(cmd.Context(), &localpb.ShutdownRequest{})
			switch {
			case errors.Is(err, daemon.ErrNotRunning):
				a.say("The daemon is not running.")
			case err != nil:
				return err
			default:
				if err := home.Gone(cmd.Context()); err != nil {
					return err
				}
				a.say("The daemon has stopped.")
			}
			if a.json {
				return a.document([]byte(`{"running":false}`))
			}
			return nil
		},
	}
}

func (a *app) status() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "see how your votive is doing",
		Long: `Shows on one screen whether the daemon is connected, when it last heard something,
what it still has to fetch, and whether your vault is open.`,
		Example: `  votive status
  votive status --json`,
		Args: want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			status, err := client.Status(cmd.Context(), &localpb.StatusRequest{})
			if err != nil {
				return err
			}
			return a.print(status, func() string { return page.Reader{Now: a.now()}.Status(status) })
		},
	}
}

// check is one line of doctor. What has no state is as ok says.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	State  state  `json:"state"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"`
}

type checks struct {
	Checks []check `json:"checks"`
}

func (a *app) doctor() *cobra.Command {
	var mend bool
	cmd := &cobra.Command{
		Use:   "doctor [--mend]",
		Short: "check that all is well, and say what helps",
		Long: `Checks the daemon, the disk, the vault, and each way to find and reach others, and
names for everything that is wrong the command that helps. "?" is what nothing has
shown yet to work or not to, "off" what is not used; neither is wrong. While the
daemon does not run, it reads everything that is stored. --mend puts aside what is
damaged and keeps the rest.`,
		Example: `  votive doctor
  votive doctor --mend`,
		Args: want(),
	}
	cmd.Flags().BoolVar(&mend, "mend", false, "put aside what is damaged; the daemon must not run")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		found, err := a.examine(cmd.Context(), mend)
		if err != nil {
			return err
		}
		if err := a.findings(found); err != nil {
			return err
		}
		for _, c := range found.Checks {
			if c.State == broken {
				return failed(orElse(c.Fix, "votive status"), "%s: %s", c.Name, c.Detail)
			}
		}
		return nil
	}
	return cmd
}

// examine asks the daemon that runs, or has one look that does not serve.
func (a *app) examine(ctx context.Context, mend bool) (*checks, error) {
	home, err := a.homeDir()
	if err != nil {
		return nil, err
	}
	status, err := home.Client().Status(ctx, &localpb.StatusRequest{})
	switch {
	case err == nil && mend:
		return nil, failed("votive down", "the daemon is running, and what is in use cannot be mended")
	case err == nil:
		return diagnose(status), nil
	case !errors.Is(err, daemon.ErrNotRunning):
		return nil, err
	}
	document, err := home.Check(ctx, mend)
	if err != nil {
		return nil, err
	}
	found := new(checks)
	if err := json.Unmarshal(document, found); err != nil {
		return nil, fmt.Errorf("votived answered something else than checks: %w", err)
	}
	for i, c := range found.Checks {
		found.Checks[i].State = stateOf(c.OK)
	}
	return found, nil
}

// vault is no matter of right and wrong: a keeper has none, and a lock is there
// to be used.
func vault(s *localpb.StatusResponse) string {
	switch {
	case !s.GetVault():
		return "there is none; votive init makes one"
	case s.GetLocked():
		return "locked; votive unlock opens it"
	default:
		return "open"
	}
}

func (a *app) findings(found *checks) error {
	if a.json {
		document, err := json.Marshal(found)
		if err != nil {
			return err
		}
		return a.document(document)
	}
	text := ""
	for _, c := range found.Checks {
		text += c.State.mark() + plain.Pad(plain.Line(c.Name), 10) + " " + plain.Line(c.Detail) + "\n"
		if c.Fix != "" && !c.OK {
			text += "      " + plain.Pad("", 10) + " " + plain.Line(c.Fix) + "\n"
		}
	}
	return a.write(text)
}
