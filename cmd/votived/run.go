package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"votive/node"
)

// Exit codes. The command line's contract has more; a daemon needs these.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

type stdio struct{ out, err io.Writer }

// flags is what was said on the command line.
type flags struct {
	node.Config
	passphraseFile string
	logLevel       string
	json           bool
	check, mend    bool
	version        bool
}

// list is a flag that may be given many times.
type list struct{ to *[]string }

func (l list) String() string { return "" }

func (l list) Set(s string) error {
	*l.to = append(*l.to, s)
	return nil
}

func parse(args []string, out io.Writer) (flags, error) {
	var f flags
	set := flag.NewFlagSet("votived", flag.ContinueOnError)
	set.SetOutput(io.Discard) // what is wrong is said once, by the caller
	set.Usage = func() {
		fmt.Fprint(set.Output(), usage)
		set.PrintDefaults()
	}
	effort := set.Uint("effort", node.DefaultEffort, "`bits` of work on frames that live 8 days (2 and 4 more for 30 and 120 days):\n"+
		"16, 20 or 24. It can be read in every frame: all that is sent with another than the\n"+
		"default is seen to come from one of the few who changed it")
	set.StringVar(&f.Home, "home", defaultHome(), "`directory` under which everything is kept")
	set.Var(list{&f.Listen}, "listen", "`multiaddr` to listen on; may be repeated")
	set.Var(list{&f.Peers}, "peer", "`multiaddr` of a peer to stay connected to; may be repeated. Two that name each other\npass everything straight on")
	set.BoolVar(&f.MDNS, "mdns", false, "find peers on the local network")
	set.StringVar(&f.DHT, "dht", node.DefaultDHT, "look for peers in the network's `own` DHT, in the public one of IPFS, which shows strangers\nthat you run votive, or in none: off, own or public")
	set.Var(list{&f.Bootstrap}, "bootstrap", "`multiaddr` of a peer of the DHT to ask first; may be repeated")
	set.BoolVar(&f.Keeper, "keeper", false, "run for others: a stable address, relaying")
	set.IntVar(&f.Quota, "quota", node.DefaultQuota, "`frames` of 4 KiB to carry at most")
	set.StringVar(&f.Web, "web", "", "loopback `address` to serve calendars on, such as 127.0.0.1:8123, or off. Unless given it is\none on any port that is kept; off for a keeper")
	set.StringVar(&f.passphraseFile, "passphrase-file", "", "`file` that holds the vault's passphrase")
	set.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	set.BoolVar(&f.json, "json", false, "print the ready line, and --check, as JSON")
	set.BoolVar(&f.check, "check", false, "check the home and print what is wrong, then stop")
	set.BoolVar(&f.mend, "mend", false, "mend what --check finds, losing nothing that is whole, then stop")
	set.BoolVar(&f.version, "version", false, "print the version, then stop")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			set.SetOutput(out)
			set.Usage()
		}
		return f, err
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("votived takes flags only, not %q", set.Arg(0))
	}
	if *effort > 255 {
		return f, fmt.Errorf("effort %d, want one of %v", *effort, node.Efforts)
	}
	f.Effort, f.Version = uint8(*effort), version
	return f, nil
}

const usage = `votived carries sealed frames between peers, and keeps what its owner can read.
The command line starts it: votive up. It runs until it gets SIGTERM or SIGINT.

  votived --mdns
  votived --keeper --home /var/lib/votive --listen /ip4/0.0.0.0/udp/4001/quic-v1

`

func run(ctx context.Context, args []string, io stdio) int {
	f, err := parse(args, io.err)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return complain(io, exitUsage, err, "votived --help")
	case f.version:
		fmt.Fprintln(io.out, "votived", f.Version)
		return exitOK
	case f.check || f.mend:
		return check(ctx, f, io)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel)); err != nil {
		return complain(io, exitUsage, fmt.Errorf("log level %q, want debug, info, warn or error", f.logLevel), "votived --help")
	}
	f.Log = slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: level, ReplaceAttr: brief}))
	if err := noDumps(); err != nil {
		f.Log.Warn("a crash may leave a copy of the memory on the disk", "err", err)
	}
	if f.passphraseFile != "" {
		b, err := os.ReadFile(f.passphraseFile)
		if err != nil {
			return complain(io, exitUsage, fmt.Errorf("passphrase file: %w", err), "")
		}
		f.Passphrase = bytes.TrimRight(b, "\r\n")
	}
	n, err := node.Open(ctx, f.Config)
	if err != nil {
		return complain(io, exitCode(err), err, cmp.Or(node.Hint(err), "votived --help"))
	}
	if err := n.Run(ctx, func(r node.Ready) { announce(io.out, r, f.json) }); err != nil {
		return complain(io, exitFailed, err, "")
	}
	return exitOK
}

// exitCode tells a wrong command line from what could not be done.
func exitCode(err error) int {
	if node.IsBadConfig(err) {
		return exitUsage
	}
	return exitFailed
}

// brief has an error logged as what it says: some carry pages of stack traces
// that slog would write out.
func brief(_ []string, a slog.Attr) slog.Attr {
	if err, ok := a.Value.Any().(error); ok {
		a.Value = slog.StringValue(err.Error())
	}
	return a
}

// announce says on one line that the daemon serves.
func announce(out io.Writer, r node.Ready, asJSON bool) {
	if !asJSON {
		fmt.Fprintln(out, "ready")
		return
	}
	_ = json.NewEncoder(out).Encode(r)
}

// check prints what is wrong with a home, and with --mend puts it right.
func check(ctx context.Context, f flags, io stdio) int {
	checks, err := node.Check(ctx, f.Config, f.mend)
	if err != nil {
		return complain(io, exitCode(err), err, cmp.Or(node.Hint(err), "votived --help"))
	}
	code := exitOK
	for _, c := range checks {
		if !c.OK {
			code = exitFailed
		}
	}
	if f.json {
		_ = json.NewEncoder(io.out).Encode(map[string]any{"checks": checks})
		return code
	}
	for _, c := range checks {
		mark := "ok"
		if !c.OK {
			mark = "NOT OK"
		}
		fmt.Fprintf(io.out, "%-8s %-7s %s\n", c.Name, mark, c.Detail)
		if c.Fix != "" {
			fmt.Fprintf(io.out, "%17s%s\n", "", c.Fix)
		}
	}
	return code
}

// complain says what was wrong on one line, and what helps on another.
func complain(io stdio, code int, err error, hint string) int {
	fmt.Fprintf(io.err, "votived: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	if hint != "" {
		fmt.Fprintf(io.err, "hint: %s\n", hint)
	}
	return code
}

// defaultHome is $VOTIVE_HOME, else votive's directory where the system keeps
// what programs keep for a user.
func defaultHome() string {
	if h := os.Getenv("VOTIVE_HOME"); h != "" {
		return h
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(user, "Library", "Application Support", "votive")
	case "windows":
		if d := os.Getenv("LOCALAPPDATA"); d != "" {
			return filepath.Join(d, "votive")
		}
		return filepath.Join(user, "AppData", "Local", "votive")
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "votive")
	}
	return filepath.Join(user, ".local", "share", "votive")
}
