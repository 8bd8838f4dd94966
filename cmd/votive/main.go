// Votive is the command line of votive: it asks the daemon of this computer,
// votived, and prints what it answers.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"votive/cmd/votive/internal/cli"
)

// version is set when votive is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, os.Args[1:], cli.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, version)
	stop()
	os.Exit(code)
}
