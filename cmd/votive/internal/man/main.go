// Man writes the manual pages of votive's commands into a directory. It is a
// program of its own so that votive does not carry what writes them.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return pages(cli.Commands(version), dir, version)
}

// pages writes the page of a command, and those of the commands below it.
func pages(cmd *cobra.Command, dir, version string) error {
	cmd.DisableAutoGenTag = true
	never := new(time.Time)
	var page bytes.Buffer
	err := doc.GenMan(cmd, &doc.GenManHeader{
		Title: strings.ToUpper(name(cmd)), Section: "1", Source: "votive " + version, Manual: "votive", Date: never,
	}, &page)
	if err != nil {
		return err
	}
	// No date: the same source gives the same pages.
	text := strings.Replace(page.String(), never.Format(`"Jan 2006"`), `""`, 1)
	if err := os.WriteFile(filepath.Join(dir, name(cmd)+".1"), []byte(text), 0o600); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if err := pages(c, dir, version); err != nil {
			return err
		}
	}
	return nil
}

func name(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}
