package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/page"
	"votive/proto/localpb"
)

func (a *app) init() *cobra.Command {
	var name, file string
	var bare, restore bool
	cmd := &cobra.Command{
		Use:   "init [--name NAME]",
		Short: "make your vault and your identity, once",
		Long: `Makes the vault, in which everything that is yours is kept encrypted, and an
identity, and starts the daemon if it does not run. You are asked for a
passphrase; without it nobody opens the vault, you included.

It prints 24 words, this once. They are the backup of your identity: write them
on paper. Whoever has them can be you, on any computer. --restore makes a vault
from such words.`,
		Example: `  votive init
  votive init --name Ming
  votive init --restore                          type the 24 words of a backup
  votive init --passphrase-file F --json         without being asked`,
		Args: want(),
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "the `NAME` that you call yourself on your contact card")
	flags.StringVar(&file, "passphrase-file", "", "take the passphrase from the first line of `FILE`")
	flags.BoolVar(&bare, "no-passphrase", false, "leave the vault open to whoever has this disk")
	flags.BoolVar(&restore, "restore", false, "make the vault from the 24 words of a backup, typed or on stdin")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		if err := exclusive(flags, [2]string{"passphrase-file", "no-passphrase"}); err != nil {
			return err
		}
		secret, err := a.newPassphrase("votive init", file, bare)
		if err != nil {
			return err
		}
		client, err := a.ready(ctx)
		if err != nil {
			return err
		}
		request := &localpb.InitRequest{Name: name, NoPassphrase: bare}
		if restore {
			if request.Restore, err = a.backupWords(ctx); err != nil {
				return err
			}
		}
		if request.Passphrase, err = secret(ctx); err != nil {
			return err
		}
		made, err := client.Init(ctx, request)
		if err != nil {
			return err
		}
		return a.made(made, bare, restore)
	}
	return cmd
}

// ready is a daemon that runs and has no vault yet.
func (a *app) ready(ctx context.Context) (daemon.Client, error) {
	client, status, err := a.served(ctx)
	if err == nil && status.GetVault() {
		err = failed("votive status", "there is a vault here already")
	}
	return client, err
}

// served is a daemon that runs, started if it did not, and how it is doing.
func (a *app) served(ctx context.Context) (daemon.Client, *localpb.StatusResponse, error) {
	client, err := a.client()
	if err != nil {
		return client, nil, err
	}
	status, err := client.Status(ctx, &localpb.StatusRequest{})
	if errors.Is(err, daemon.ErrNotRunning) {
		if _, err = a.start(ctx, nil); err != nil {
			return client, nil, err
		}
		status, err = client.Status(ctx, &localpb.StatusRequest{})
	}
	return client, status, err
}

// newPassphrase says early whether there is a way to get a passphrase for the
// command, and how to get it later.
func (a *app) newPassphrase(command, file string, bare bool) (func(context.Context) ([]byte, error), error) {
	if bare {
		return func(context.Context) ([]byte, error) { return nil, nil }, nil
	}
	if file != "" {
		secret, err := passphraseFile(file)
		return func(context.Context) ([]byte, error) { return secret, nil }, err
	}
	fd, ok := a.terminal()
	if !ok {
		return nil, usage(command+" --passphrase-file FILE",
			"there is nobody to ask for a passphrase: give --passphrase-file or --no-passphrase")
	}
	return func(ctx context.Context) ([]byte, error) {
		first, err := a.secret(ctx, fd, "A passphrase for your vault:")
		if err != nil {
			return nil, err
		}
		if len(first) == 0 {
			return nil, usage(command+" --no-passphrase", "that is no passphrase")
		}
		second, err := a.secret(ctx, fd, "The same once more:")
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(first, second) {
			return nil, usage(command, "the two passphrases differ, and nothing was done")
		}
		return first, nil
	}, nil
}

// made shows a new vault's words and says what they are for.
func (a *app) made(made *localpb.InitResponse, bare, restored bool) error {
	if bare {
		a.say("This vault has no passphrase: whoever gets hold of this disk can read all of it.\n")
	}
	if restored {
		a.say("Your identity is back. Your events come back as other computers pass them on.")
		return a.print(made, func() string { return page.Identity(made.GetIdentity(), "") })
	}
	a.say("These 24 words are your identity. Write them on paper, in this order, and keep\n" +
		"the paper where nobody finds it. Whoever has them can act as you; without them\n" +
		"and without this computer nobody can, you included. They are not shown again.\n")
	if err := a.print(made, func() string { return page.Backup(made.GetBackup()) }); err != nil {
		return err
	}
	a.say("\nNext: votive circle join NAME, or votive announce TITLE --at TIME")
	return nil
}

func (a *app) lock() *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "close the vault until you unlock it",
		Long: `Closes the vault: the daemon drops the keys and everything that they opened, and
goes on carrying what others announce. Traces may stay in this computer's memory
and in its swap space until it is switched off; a computer that may be taken from
you should be off.`,
		Example: "  votive lock",
		Args:    want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := a.client()
			if err != nil {
				return err
			}
			// What waits from now on waits until it is unlocked, and nobody can be
			// told of it any more.
			waiting := glance(cmd.Context(), client).GetWaiting() > 0
			locked, err := client.Lock(cmd.Context(), &localpb.LockRequest{})
			if err != nil {
				return err
			}
			a.say("Locked. votive unlock opens it again.")
			if waiting {
				a.say("Some of what you wrote is not sent yet. It is kept, and goes out once you unlock.")
			}
			return a.print(locked, nothing)
		},
	}
}

// glance is the status, for a word beside what was asked for: nil where there is
// none at once, since nobody waits for that.
func glance(ctx context.Context, client daemon.Client) *localpb.StatusResponse {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	status, err := client.Status(ctx, &localpb.StatusRequest{})
	if err != nil {
		return nil
	}
	return status
}

func (a *app) unlock() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "open the vault with your passphrase",
		Long: `Opens the vault. Only then does votive show what is yours, and only then can it
announce, invite and answer.`,
		Example: `  votive unlock
  votive unlock --passphrase-file F`,
		Args: want(),
	}
	cmd.Flags().StringVar(&file, "passphrase-file", "", "take the passphrase from the first line of `FILE`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		client, err := a.client()
		if err != nil {
			return err
		}
		secret, err := a.passphrase(ctx, client, file)
		if err != nil {
			return err
		}
		unlocked, err := client.Unlock(ctx, &localpb.UnlockRequest{Passphrase: secret})
		if err != nil {
			return err
		}
		a.say("Unlocked.")
		return a.print(unlocked, nothing)
	}
	return cmd
}

// passphrase asks for what opens the vault, if anything has to be asked.
func (a *app) passphrase(ctx context.Context, client daemon.Client, file string) ([]byte, error) {
	if file != "" {
		return passphraseFile(file)
	}
	status, err := client.Status(ctx, &localpb.StatusRequest{})
	if err != nil {
		return nil, err
	}
	if !status.GetVault() || !status.GetProtected() || !status.GetLocked() {
		return nil, nil // the daemon says what there is to say
	}
	return a.knownPassphrase(ctx, "votive unlock --passphrase-file FILE", "Passphrase:")
}

// knownPassphrase asks for the passphrase that there is.
func (a *app) knownPassphrase(ctx context.Context, hint, question string) ([]byte, error) {
	fd, ok := a.terminal()
	if !ok {
		return nil, usage(hint, "there is nobody to ask for the passphrase")
	}
	return a.secret(ctx, fd, question)
}

func (a *app) id() *cobra.Command {
	var code, fresh, here bool
	cmd := &cobra.Command{
		Use:   "id",
		Short: "show your contact card, to give to people",
		Long: `Shows who you are to others: a link with your contact card, to send to people you
know, and 12 words by which they can check that it is really yours, by reading
them to each other.

` + hereLong,
		Example: `  votive id
  votive id --qr`,
		Args: want(),
	}
	cmd.Flags().BoolVar(&code, "qr", false, "show the link as a QR code too")
	cmd.Flags().BoolVar(&here, "here", false, hereHelp)
	cmd.Flags().BoolVar(&fresh, "fresh", false, "make a new card; those that you gave out keep working")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		client, err := a.client()
		if err != nil {
			return err
		}
		me, err := client.ShowID(cmd.Context(), &localpb.ShowIDRequest{Fresh: fresh, Here: here})
		if err != nil {
			return err
		}
		if err := a.print(me, func() string { return page.Identity(me.GetIdentity(), me.GetCard()) }); err != nil {
			return err
		}
		if code {
			if err := a.code(me.GetCard()); err != nil {
				return err
			}
		}
		a.linked(here, me.GetAddress())
		return nil
	}
	return cmd
}

func nothing() string { return "" }

// write puts text on stdout where people read it; --json has said it all.
func (a *app) write(text string) error {
	if a.json {
		return nil
	}
	_, err := io.WriteString(a.Out, text)
	return err
}
