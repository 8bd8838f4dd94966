package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/proto/localpb"
)

// vaultStatus is how a daemon is doing that has a vault, which may be locked.
func vaultStatus(status *localpb.StatusResponse, err error) (*localpb.StatusResponse, error) {
	if err == nil && !status.GetVault() {
		err = &fault{exitNotFound, "there is no vault here yet", "votive init"}
	}
	return status, err
}

// tryAgain has the hint on a wrong passphrase name the command that was typed.
func tryAgain(err error, command string) error {
	if e := new(daemon.Error); errors.As(err, &e) && e.Code == "permission_denied" {
		e.Hint = command
	}
	return err
}

func (a *app) changePassphrase() *cobra.Command {
	var file, oldFile string
	var bare bool
	cmd := &cobra.Command{
		Use:   "passphrase",
		Short: "change the passphrase of your vault, add one or remove it",
		Long: `Changes what opens your vault: another passphrase, a first one, or none any more.
You are asked for the one that there is, and twice for the new one.

Copies of this disk that were made before, backups among them, still open with
the passphrase of then. Your 24 words stay the same.`,
		Example: `  votive passphrase
  votive passphrase --no-passphrase              remove it
  votive passphrase --old-passphrase-file A --passphrase-file B`,
		Args: want(),
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "passphrase-file", "", "take the new passphrase from the first line of `FILE`")
	flags.StringVar(&oldFile, "old-passphrase-file", "", "take the one that there is from the first line of `FILE`")
	flags.BoolVar(&bare, "no-passphrase", false, "leave the vault open to whoever has this disk")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		if err := exclusive(flags, [2]string{"passphrase-file", "no-passphrase"}); err != nil {
			return err
		}
		secret, err := a.newPassphrase("votive passphrase", file, bare)
		if err != nil {
			return err
		}
		client, err := a.client()
		if err != nil {
			return err
		}
		status, err := vaultStatus(client.Status(ctx, &localpb.StatusRequest{}))
		if err != nil {
			return err
		}
		if bare && !status.GetProtected() {
			return failed("votive passphrase", "this vault has no passphrase that could be removed")
		}
		request := &localpb.ChangePassphraseRequest{NoPassphrase: bare}
		request.Old, err = a.current(ctx, status, oldFile, "votive passphrase --old-passphrase-file FILE", "The passphrase that there is:")
		if err != nil {
			return err
		}
		if request.Passphrase, err = secret(ctx); err != nil {
			return err
		}
		changed, err := client.ChangePassphrase(ctx, request)
		if err != nil {
			return tryAgain(err, "votive passphrase")
		}
		switch {
		case bare:
			a.say("This vault has no passphrase now: whoever gets hold of this disk can read all of it.")
		case !status.GetProtected():
			a.say("Your vault has a passphrase now. Copies of this disk from before open without it.")
		default:
			a.say("The passphrase is changed. Copies of this disk from before open with the old one.")
		}
		return a.print(changed, nothing)
	}
	return cmd
}

// current is the passphrase that a vault has: from a file, or asked for. A
// vault that has none needs none.
func (a *app) current(ctx context.Context, status *localpb.StatusResponse, file, hint, question string) ([]byte, error) {
	switch {
	case file != "":
		return passphraseFile(file)
	case !status.GetProtected():
		return nil, nil
	}
	return a.knownPassphrase(ctx, hint, question)
}

func (a *app) backup() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "show your 24 words again",
		Long: `Shows the 24 words that votive init showed: the backup of your identity. The vault
has to be open, and you are asked for its passphrase. Whoever reads the words can
act as you, on any computer: see that nobody looks on.`,
		Example: `  votive backup
  votive backup --passphrase-file F --json`,
		Args: want(),
	}
	cmd.Flags().StringVar(&file, "passphrase-file", "", "take the passphrase from the first line of `FILE`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		client, err := a.client()
		if err != nil {
			return err
		}
		status, err := vaultStatus(client.Status(ctx, &localpb.StatusRequest{}))
		if err != nil {
			return err
		}
		if status.GetLocked() {
			return &fault{exitLocked, "the vault is locked", "votive unlock"}
		}
		secret, err := a.current(ctx, status, file, "votive backup --passphrase-file FILE", "Passphrase:")
		if err != nil {
			return err
		}
		shown, err := client.ShowBackup(ctx, &localpb.ShowBackupRequest{Passphrase: secret})
		if err != nil {
			return tryAgain(err, "votive backup")
		}
		a.say("These 24 words are your identity. Write them on paper, in this order, and clear\n" +
			"the screen.\n")
		return a.print(shown, func() string { return page.Backup(shown.GetBackup()) })
	}
	return cmd
}

// lost is what a wipe does, and what it cannot do.
const lost = `This destroys the keys of your vault, for good: your identity, your circles,
your events and what guests answered. The 24 words bring back the identity, and
of the rest what other computers still carry; without them nobody can.

It recalls nothing that has left this computer. What you announced is carried
and read on, guests know what you told them, and nobody is told that you are
gone. If there is time, cancel your events and revoke your invitations first.

A disk may keep copies of what was overwritten, as backups do.
`

func (a *app) wipe() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "wipe [--yes]",
		Short: "destroy the keys of your vault, for good",
		Long: `Destroys your vault, locked or not: first its keys, without which the rest is
noise, then the rest. It asks before it does. The daemon is started if it does
not run, and goes on carrying what others announce.

What has left this computer cannot be recalled: announcements, invitations and
answers stay where they are. Your 24 words, if you have them on paper, bring your
identity back: votive init --restore.`,
		Example: `  votive wipe
  votive wipe --yes                              without being asked`,
		Args: want(),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		fd, asks := a.terminal()
		if !yes && !asks {
			return usage("votive wipe --yes", "what is wiped is gone for good, and there is nobody to ask")
		}
		client, status, err := a.served(ctx)
		if _, err = vaultStatus(status, err); err != nil {
			return err
		}
		if !yes {
			a.say(lost)
			if yes, err = a.confirm(ctx, fd, "Destroy it?"); err != nil {
				return err
			}
		}
		if !yes {
			return failed("votive lock", "nothing was destroyed")
		}
		wiped, err := client.Wipe(ctx, &localpb.WipeRequest{})
		if err != nil {
			return err
		}
		a.say("The keys are destroyed. What has left this computer stays where it is.\n" +
			"Left on this disk: sealed frames, everybody's alike, addresses of peers, and\n" +
			"that votive was here. votive down, and then removing its directory, takes them\n" +
			"away as well.")
		return a.print(wiped, nothing)
	}
	return cmd
}
