package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"votive/cmd/votive/internal/daemon"
	"votive/cmd/votive/internal/plain"
)

// The exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitLocked      = 4
	exitNotRunning  = 5
	exitRefused     = 6
	exitInterrupted = 130
)

// fault is what went wrong, for a person: one line, and the command that helps.
type fault struct {
	code int
	what string
	hint string
}

func (f *fault) Error() string { return f.what }

// usage is a fault in what was typed.
func usage(hint, format string, args ...any) error {
	return &fault{exitUsage, fmt.Sprintf(format, args...), hint}
}

// failed is a fault of the world.
func failed(hint, format string, args ...any) error {
	return &fault{exitFailed, fmt.Sprintf(format, args...), hint}
}

// end says how a run ended, and is its exit code.
func (a *app) end(ctx context.Context, cmd *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	f := explain(err)
	if f.hint == "" {
		f.hint = cmd.CommandPath() + " --help"
	}
	fmt.Fprintf(a.Err, "votive: %s\nhint: %s\n", plain.Line(strings.TrimSpace(f.what)), plain.Line(f.hint))
	return f.code
}

// explain turns any error into a fault.
func explain(err error) *fault {
	if f := new(fault); errors.As(err, &f) {
		return f
	}
	if s := new(daemon.StartError); errors.As(err, &s) {
		code := exitFailed
		if s.Code == exitUsage { // votived has the same
			code = exitUsage
		}
		return &fault{code, s.Error(), orElse(s.Hint, "votive doctor")}
	}
	if errors.Is(err, daemon.ErrNotRunning) {
		return &fault{exitNotRunning, err.Error(), "votive up"}
	}
	if e := new(daemon.Error); errors.As(err, &e) {
		return answered(e)
	}
	return &fault{exitFailed, err.Error(), ""}
}

// answered explains an error that the daemon gave.
func answered(e *daemon.Error) *fault {
	f := &fault{code: exitFailed, what: e.Message}
	switch e.Code {
	case "internal", "unknown", "unavailable", "data_loss":
		f.hint = "votive doctor"
	case "invalid_argument":
		f.code = exitUsage
	case "not_found":
		f.code, f.hint = exitNotFound, "votive events"
	case "unauthenticated":
		f.code, f.hint = exitLocked, "votive unlock"
	case "permission_denied":
		f.code = exitRefused
	case "unimplemented":
		f.what, f.hint = "the daemon that is running is older than this votive and cannot do that", "votive down"
	}
	f.hint = orElse(e.Hint, f.hint)
	return f
}

// flagFault says what is wrong with a flag without a parser's words.
func flagFault(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help"
	if e := new(pflag.InvalidValueError); errors.As(err, &e) {
		return usage(hint, "%q is not what --%s takes: %s", e.GetValue(), e.GetFlag().Name, kinds[e.GetFlag().Value.Type()])
	}
	if e := new(pflag.NotExistError); errors.As(err, &e) {
		dashes := "--"
		if e.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		return usage(hint, "unknown flag: %s%s", dashes, e.GetSpecifiedName())
	}
	if e := new(pflag.ValueRequiredError); errors.As(err, &e) {
		return usage(hint, "--%s needs a value", e.GetFlag().Name)
	}
	return usage(hint, "%v", err)
}

// kinds are the types of flags that can be given a wrong value.
var kinds = map[string]string{
	"uint32": "a number, 0 or more",
	"bool":   "true or false",
}

// want checks the number of arguments, and names those that are missing.
func want(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return usage("", "%s takes %s: %q is too much", cmd.CommandPath(), orElse(strings.Join(names, " "), "no argument"), args[len(names)])
		}
		if len(args) < len(names) {
			return usage("", "%s needs %s", cmd.CommandPath(), strings.Join(names[len(args):], " "))
		}
		return nil
	}
}

// exclusive refuses two flags that say different things about one matter.
func exclusive(flags *pflag.FlagSet, pairs ...[2]string) error {
	for _, p := range pairs {
		if flags.Changed(p[0]) && flags.Changed(p[1]) {
			return usage("", "--%s and --%s exclude each other", p[0], p[1])
		}
	}
	return nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
