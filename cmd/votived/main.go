// Command votived is the desktop daemon of votive: it carries frames for
// everybody, and keeps, opens and answers those of its owner.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"votive/node/desktop"
)

// version is set by the linker.
var version = "dev"

func main() {
	if len(os.Args) == 2 && os.Args[1] == desktop.Flag {
		if err := desktop.Serve(os.Stdin); err != nil {
			os.Exit(exitFailed)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], stdio{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}
