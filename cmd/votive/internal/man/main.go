// Man writes the manual pages of votive's commands into a directory. It is a
// program of its own so that votive does not carry what writes them.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"votive/cmd/votive/internal/cli"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "man: want a directory and a version\nhint: make man")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

func write(dir, version string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root := cli.Commands(version)
	quiet(root)
	// No date: the same source gives the same pages.
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "votive " + version, Manual: "votive", Date: new(time.Time)}, dir)
}

// quiet leaves out the footer with the date of generation.
func quiet(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	for _, c := range cmd.Commands() {
		quiet(c)
	}
}
