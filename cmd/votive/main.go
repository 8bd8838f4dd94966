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
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	go func() { // beside the rest: it takes a while to begin
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		<-signals
		cancel()
	}()
	os.Exit(cli.Run(ctx, os.Args[1:], cli.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, version))
}
